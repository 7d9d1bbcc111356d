/* context: from a board's properties to what a build needs. The recipes are expanded once here; per
 * compile only the per-sketch keys are left to fill in.
 */
#include "sketch/context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utlist.h>
#include "common/buf.h"
#include "common/fs.h"
#include "common/tmp.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/defer.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/size.h"
#include "sketch/toolchain_internal.h"
#include "sketch/units.h"

/* That no run uses, kept in case a job asks soon. A library index each, so not too many. */
#define MAX_IDLE 32

#define MIN_ROOM (UINT64_C(64) << 20) /* bytes of disk */

static const char *const recipe_key[LANG_COUNT] = {
	[LANG_C] = "recipe.c.o.pattern",
	[LANG_CXX] = "recipe.cpp.o.pattern",
	[LANG_ASM] = "recipe.S.o.pattern",
};

static void tell_note(void *ctx)
{
	struct shared *s = ctx;
	s->events.note(s->events.ctx, s->notes.v[s->n_told++]);
}

void shared_note(struct shared *s, const char *line)
{
	if (!strv_push_unique(&s->notes, line) || !s->events.note)
		return;
	if (s->defer)
		defer_call(s->defer, tell_note, s);
	else
		tell_note(s);
}

static bool has_room(const char *dir)
{
	struct statvfs v;
	return statvfs(dir, &v) < 0 || (uint64_t)v.f_bavail * v.f_frsize >= MIN_ROOM;
}

/* Units are built below the cache, so that they are hard-linked from there; a cache that cannot be written, or that soon could not
 * be, gives way to TMPDIR. */
const char *shared_scratch(struct shared *s, struct error *err)
{
	if (s->scratch)
		return s->scratch;
	s->scratch = xasprintf("%s/tmp/run-%d", s->config.cache_dir, (int)getpid());
	if (has_room(s->config.cache_dir) && fs_remove_tree(s->scratch, NULL) == 0 &&
		fs_mkdirs(s->scratch, NULL) == 0)
		return s->scratch;
	free(s->scratch);
	s->scratch = tmp_new_dir("boardman", err);
	return s->scratch;
}

enum language language_of(const char *path)
{
	const char *ext = path_ext(path);
	if (!strcmp(ext, ".c"))
		return LANG_C;
	if (!strcmp(ext, ".S") || !strcmp(ext, ".s"))
		return LANG_ASM;
	return LANG_CXX;
}

enum tool_role language_role(enum language l)
{
	static const enum tool_role role[LANG_COUNT] = {
		[LANG_C] = TOOL_C, [LANG_CXX] = TOOL_CXX, [LANG_ASM] = TOOL_ASM};
	return role[l];
}

struct props *context_overlay(const char *build_dir, const char *project, const char *sketch_dir)
{
	struct props *p = props_new();
	props_set_text(p, "build.path", build_dir);
	props_set_text(p, "build.project_name", project);
	props_set_text(p, "build.source.path", sketch_dir);
	return p;
}

void includes_text(const struct strv *dirs, struct buf *out)
{
	for (size_t i = 0; i < dirs->n; i++)
		buf_addf(out, "%s\"-I%s\"", i ? " " : "", dirs->v[i]);
}

/* Quotes one argument for pasting: as it is when only harmless bytes are in it. */
static void quote(const char *arg, struct buf *out)
{
	if (*arg && strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+"
				"=:,./-") == strlen(arg)) {
		buf_addstr(out, arg);
		return;
	}
	buf_addch(out, '\'');
	for (const char *p = arg; *p; p++) {
		if (*p == '\'')
			buf_addstr(out, "'\\''");
		else
			buf_addch(out, *p);
	}
	buf_addch(out, '\'');
}

void command_text(const struct strv *argv, struct buf *out)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (i)
			buf_addch(out, ' ');
		quote(argv->v[i], out);
	}
	buf_addch(out, '\n');
}

/* -r: the time of day is no input. Old compilers know no SOURCE_DATE_EPOCH. */
static void pin_time(struct strv *argv)
{
	strv_push(argv, "-Wno-builtin-macro-redefined");
	strv_push(argv, "-D__DATE__=\"Jan  1 1970\"");
	strv_push(argv, "-D__TIME__=\"00:00:00\"");
	strv_push(argv, "-D__TIMESTAMP__=\"Thu Jan  1 00:00:00 1970\"");
}

/* -MMD leaves system headers out of the dependency file; we want them in. */
static void want_all_deps(struct strv *argv, const char *depfile)
{
	bool have = false;
	for (size_t i = 0; i < argv->n; i++) {
		if (!strcmp(argv->v[i], "-MMD"))
			argv->v[i][2] = 'D', argv->v[i][3] = '\0';
		have |= !strcmp(argv->v[i], "-MD");
		if (!strcmp(argv->v[i], "-MF") && i + 1 < argv->n) {
			free(strv_take(argv, i));
			free(strv_take(argv, i));
			i--;
		}
	}
	if (!have)
		strv_push(argv, "-MD");
	strv_push(argv, "-MF");
	strv_push(argv, depfile);
}

int context_compile_argv(const struct context *c, struct props *overlay, enum language l,
	const struct strv *dirs, const char *source, const char *object, const char *depfile,
	struct strv *argv, struct error *err)
{
	struct buf inc = BUF_INIT;
	if (!c->recipe[l])
		return board_recipe_missing(c->board, recipe_key[l], err);
	includes_text(dirs, &inc);
	props_set_text(overlay, "includes", buf_str(&inc));
	props_set_text(overlay, "source_file", source);
	props_set_text(overlay, "object_file", object);
	char *text = props_expand(overlay, NULL, c->recipe[l], false);
	int r = board_recipe_split(c->board, recipe_key[l], text, argv, err);
	if (r == 0)
		want_all_deps(argv, depfile);
	if (r == 0 && c->shared->config.reproducible && l != LANG_ASM)
		pin_time(argv);
	free(text);
	buf_release(&inc);
	return r;
}

static void drop_deps(struct strv *argv)
{
	for (size_t i = argv->n; i-- > 0;)
		if (!strcmp(argv->v[i], "-MMD") || !strcmp(argv->v[i], "-MD"))
			free(strv_take(argv, i));
}

int context_preproc_argv(const struct context *c, struct props *overlay, const struct strv *dirs,
	const char *source, const char *out, const char *depfile, struct strv *argv,
	struct error *err)
{
	struct buf inc = BUF_INIT;
	includes_text(dirs, &inc);
	props_set_text(overlay, "includes", buf_str(&inc));
	props_set_text(overlay, "source_file", source);
	props_set_text(overlay, "preprocessed_file_path", out);
	char *text = props_expand(overlay, NULL, c->preproc, true);
	int r = board_recipe_split(c->board, "recipe.preproc.macros", text, argv, err);
	if (r == 0) {
		drop_deps(argv);
		if (depfile) {
			strv_push(argv, "-MD");
			strv_push(argv, "-MF");
			strv_push(argv, depfile);
		}
	}
	free(text);
	buf_release(&inc);
	return r;
}

int context_recipe_argv(const struct context *c, const struct props *overlay, const char *key,
	struct strv *argv, struct error *err)
{
	char *text = props_expand(c->board->props, overlay, props_str(c->board->props, key), false);
	int r = board_recipe_split(c->board, key, text, argv, err);
	if (r == 0 && argv->n == 0)
		r = board_recipe_missing(c->board, key, err);
	free(text);
	return r;
}

int context_ctags(const struct context *c, struct strv *argv, struct error *err)
{
	const char *dir = props_get(c->board->props, "runtime.tools.ctags.path");
	char *own = dir ? path_join(dir, "ctags") : NULL;
	char *tool = own ? toolchain_in_path(own) : NULL;
	free(own);
	if (!tool)
		tool = toolchain_in_path("arduino-ctags");
	if (!tool)
		return error_set(err,
			"no program 'arduino-ctags', which finds the functions that need a "
			"prototype; cure: run 'apt install arduino-ctags', or 'arduino-cli core "
			"update-index', which brings one");
	strv_push_take(argv, tool);
	return 0;
}

struct recipe_search {
	const char *prefix, *suffix;
	struct strv *keys;
};

static void match_recipe(void *ctx, const char *key, const char *value)
{
	struct recipe_search *s = ctx;
	size_t n = strlen(key), p = strlen(s->prefix), x = strlen(s->suffix);
	if (*value && n > p + x && !strncmp(key, s->prefix, p) && !strcmp(key + n - x, s->suffix))
		strv_push(s->keys, key);
}

void context_recipes(
	const struct context *c, const char *prefix, const char *suffix, struct strv *keys)
{
	struct recipe_search s = {prefix, suffix, keys};
	size_t before = keys->n;
	props_each(c->board->props, match_recipe, &s);
	if (keys->n > before) {
		strv_sort(keys);
		return;
	}
	char *exact = xasprintf("%s%s", prefix, suffix);
	if (*props_str(c->board->props, exact))
		strv_push(keys, exact);
	free(exact);
}

/* Platforms set some of these for the sake of old programs; the values of a build go before theirs. */
static void leave_open(struct props *over)
{
	static const char *const of_build[] = {"build.path", "build.project_name",
		"build.source.path", "includes", "object_file", "preprocessed_file_path",
		"source_file"};
	for (size_t i = 0; i < ARRAY_LEN(of_build); i++)
		props_setf(over, of_build[i], "{%s}", of_build[i]);
}

static void make_recipes(struct context *c)
{
	struct board *b = c->board;
	struct props *over = props_new();
	leave_open(over);
	for (int l = 0; l < LANG_COUNT; l++) {
		const char *text = props_get(b->props, recipe_key[l]);
		c->recipe[l] = text && *text ? board_expand(b, over, text) : NULL;
	}
	if (!props_get(b->props, "preproc.macros.flags"))
		props_set(over, "preproc.macros.flags", "-w -x c++ -E -CC");
	props_set(over, "build.library_discovery_phase", "1");
	const char *text = props_get(b->props, "recipe.preproc.macros");
	if (text && *text) {
		c->preproc = board_expand(b, over, text);
	} else {
		/* Made of the compile recipe, as the specification has it. */
		props_set(over, "object_file", "{preprocessed_file_path}");
		props_set(over, "compiler.cpp.flags",
			"{preproc.saved.cpp.flags} {preproc.macros.flags}");
		props_set(
			over, "preproc.saved.cpp.flags", props_str(b->props, "compiler.cpp.flags"));
		c->preproc = board_expand(b, over, props_str(b->props, "recipe.cpp.o.pattern"));
	}
	props_free(over);
}

static const char *version_of(void *ctx, const char *compiler)
{
	struct shared *s = ctx;
	return toolchain_version(s->toolchains, compiler);
}

static int resolve_board(struct context *c)
{
	struct shared *s = c->shared;
	struct board_options opt = {
		.build_properties = &s->config.build_properties,
		.warnings = s->config.warnings,
		.no_lto = s->config.no_lto,
		.builder_compat = s->compat,
	};
	c->board = board_resolve(s->platforms, c->board_text, &opt, version_of, s, &c->error);
	if (!c->board)
		return -1;
	for (size_t i = 0; i < c->board->notes.n; i++)
		shared_note(s, c->board->notes.v[i]);
	return 0;
}

static int open_libraries(struct context *c)
{
	struct shared *s = c->shared;
	const struct platform *p = c->board->platform, *cp = c->board->core_platform;
	struct strv given = STRV_INIT, folders = STRV_INIT;
	strv_push_all(&given, &c->library_dirs);
	strv_push_all(&given, &s->config.library_dirs);
	strv_push_all(&folders, &s->config.libraries_dirs);
	if (s->config.dirs.user_dir)
		strv_push_take(&folders, path_join(s->config.dirs.user_dir, "libraries"));
	char *builtin =
		s->config.dirs.data_dir ? path_join(s->config.dirs.data_dir, "libraries") : NULL;
	struct library_search search = {
		.given = &given,
		.tree_library = c->tree_library,
		.folders = &folders,
		.platform_dir = p->dir,
		.core_platform_dir = cp == p ? NULL : cp->dir,
		.builtin_dir = builtin,
		.arch = p->arch,
		.builder_compat = s->compat,
	};
	c->libraries = libraries_open(&search, &c->error);
	strv_release(&given);
	strv_release(&folders);
	free(builtin);
	c->is_users_fault = !c->libraries;
	if (!c->libraries)
		return -1;
	const struct strv *notes = libraries_notes(c->libraries);
	for (size_t i = 0; i < notes->n; i++)
		shared_note(s, notes->v[i]);
	c->discover = (struct discover_context){
		.libraries = c->libraries,
		.core_dir = c->board->core_dir,
		.variant_dir = c->board->variant_dir,
		.arch = p->arch,
		.scanner = s->scanner,
	};
	return 0;
}

static int ask_toolchain(struct context *c)
{
	struct toolchains *tc = c->shared->toolchains;
	struct props *over = context_overlay("/b", "x.ino", "/s");
	struct strv none = STRV_INIT, argv = STRV_INIT;
	int r = 0;
	for (int l = 0; l < LANG_COUNT && r == 0; l++) {
		if (!c->recipe[l])
			continue;
		strv_clear(&argv);
		r = context_compile_argv(
			c, over, l, &none, "/b/x", "/b/x.o", "/b/x.d", &argv, &c->error);
		if (r == 0)
			r = toolchain_digest(tc, &argv, language_role(l), &c->role[l], &c->error);
		if (r == 0)
			c->system_dirs[l] = toolchain_system_dirs(tc, &argv, language_role(l));
		if (r == 0 && l == LANG_CXX)
			strv_push_all(&c->sample, &argv);
		if (l == LANG_CXX)
			c->form_is_safe = !strv_contains(&argv, "-Wimplicit-fallthrough=1") &&
					  !strv_contains(&argv, "-C") &&
					  !strv_contains(&argv, "-CC") &&
					  !strv_contains(&argv, "-trigraphs");
	}
	strv_clear(&argv);
	if (r == 0)
		r = context_recipe_argv(c, over, "recipe.c.combine.pattern", &argv, &c->error);
	if (r == 0)
		r = toolchain_digest(tc, &argv, TOOL_LINK, &c->link_role, &c->error);
	/* It is missed by those sketches alone that need it. */
	strv_clear(&argv);
	if (context_ctags(c, &argv, NULL) == 0)
		toolchain_digest(tc, &argv, TOOL_OTHER, &c->ctags, NULL);
	strv_release(&argv);
	props_free(over);
	return r;
}

struct settings_walk {
	struct context *c;
	struct digester *d;
};

static bool decides_results(const char *key)
{
	return !strncmp(key, "recipe.", 7) || !strncmp(key, "upload.maximum_", 15) ||
	       !strncmp(key, "bootloader.", 11) || !strcmp(key, "build.warn_data_percentage");
}

static void add_setting(void *ctx, const char *key, const char *value)
{
	struct settings_walk *w = ctx;
	if (!decides_results(key))
		return;
	char *text = board_expand(w->c->board, NULL, value);
	digester_addstr(w->d, key);
	digester_addstr(w->d, text);
	free(text);
}

/* A script that a hook runs, a table that it reads. */
static void add_named_file(struct settings_walk *w, const char *token)
{
	const struct file_facts *f =
		*token == '/' ? file_index_get(w->c->shared->files, token) : NULL;
	if (f && !(f->flags & FILE_IS_DIR))
		digester_add_digest(w->d, &f->digest);
}

/* The own files of what neither compiles nor links, and of what hooks run. */
static void add_tools(struct settings_walk *w)
{
	struct strv keys = STRV_INIT, argv = STRV_INIT;
	context_recipes(w->c, "recipe.objcopy", ".pattern", &keys);
	context_recipes(w->c, "recipe.hooks.", ".pattern", &keys);
	strv_push(&keys, "recipe.ar.pattern");
	strv_push(&keys, "recipe.size.pattern");
	strv_push(&keys, "recipe.advanced_size.pattern");
	for (size_t i = 0; i < keys.n; i++) {
		struct digest d;
		strv_clear(&argv);
		if (context_recipe_argv(w->c, NULL, keys.v[i], &argv, NULL) == 0 &&
			toolchain_digest(w->c->shared->toolchains, &argv, TOOL_OTHER, &d, NULL) ==
				0)
			digester_add_digest(w->d, &d);
		for (size_t a = 1; a < argv.n; a++)
			add_named_file(w, argv.v[a]);
	}
	strv_release(&keys);
	strv_release(&argv);
}

static void digest_settings(struct context *c)
{
	const struct engine_config *g = &c->shared->config;
	struct settings_walk w = {c, digester_new()};
	int flags[] = {ENGINE_VERSION, g->warnings_are_errors, g->check_only, g->config_only,
		g->reproducible, g->keep, g->no_firmware, c->shared->compat};
	digester_add(w.d, flags, sizeof flags);
	digester_addstr(w.d, c->board->fqbn);
	digester_addstr(w.d, c->board->core_dir);
	digester_addstr(w.d, c->board->variant_dir);
	digester_addstr(w.d, c->preproc);
	for (int l = 0; l < LANG_COUNT; l++)
		digester_add_digest(w.d, &c->role[l]);
	digester_add_digest(w.d, &c->link_role);
	digester_add_digest(w.d, &c->ctags);
	props_each(c->board->props, add_setting, &w);
	add_tools(&w);
	digester_finish(w.d, &c->rules);
	digester_free(w.d);
	struct digester *d = digester_new();
	digester_add_digest(d, &c->rules);
	digester_addstr(d, libraries_digest(c->libraries));
	digester_finish(d, &c->settings);
	digester_free(d);
}

static struct context *context_new(struct shared *s, const char *board, const char *tree_library,
	const struct strv *library_dirs)
{
	struct context *c = xcalloc(1, sizeof *c);
	c->shared = s;
	c->board_text = xstrdup(board);
	c->tree_library = xstrdup(tree_library);
	if (library_dirs)
		strv_push_all(&c->library_dirs, library_dirs);
	if (resolve_board(c) < 0 || open_libraries(c) < 0)
		return c;
	make_recipes(c);
	if (ask_toolchain(c) < 0)
		return c;
	c->discover.system_dirs = c->system_dirs[LANG_CXX];
	c->discover.argv = &c->sample;
	c->size = size_rules_new(c->board, &c->error);
	if (c->size)
		digest_settings(c);
	return c;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_list(const struct strv *a, const struct strv *b)
{
	size_t i = 0;
	while (b && i < a->n && i < b->n && !strcmp(a->v[i], b->v[i]))
		i++;
	return i == a->n && i == (b ? b->n : 0);
}

static void context_free(struct context *c)
{
	units_free(c);
	size_rules_free(c->size);
	libraries_free(c->libraries);
	board_free(c->board);
	for (int l = 0; l < LANG_COUNT; l++)
		free(c->recipe[l]);
	free(c->preproc);
	strv_release(&c->sample);
	free(c->board_text);
	free(c->tree_library);
	strv_release(&c->library_dirs);
	free(c);
}

/* All but the first, which is about to be used. */
static void trim(struct context **list)
{
	struct context *c, *next;
	size_t idle = 0;
	DL_FOREACH_SAFE((*list)->next, c, next)
	{
		if (c->users || !units_idle(c) || ++idle <= MAX_IDLE)
			continue;
		DL_DELETE(*list, c);
		context_free(c);
	}
}

struct context *context_get(struct context **list, struct shared *s, const char *board,
	const char *tree_library, const struct strv *library_dirs)
{
	struct context *c;
	DL_FOREACH (*list, c)
		if (!strcmp(c->board_text, board) && same_text(c->tree_library, tree_library) &&
			same_list(&c->library_dirs, library_dirs))
			break;
	if (c)
		DL_DELETE(*list, c);
	else
		c = context_new(s, board, tree_library, library_dirs);
	DL_PREPEND(*list, c);
	trim(list);
	return c;
}

void context_list_free(struct context *list)
{
	struct context *c, *next;
	DL_FOREACH_SAFE(list, c, next)
	context_free(c);
}
