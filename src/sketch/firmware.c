/* firmware: the link's inputs and outputs as files. It runs nothing. */
#include "sketch/firmware.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/bootloader.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/precompiled.h"
#include "sketch/props.h"
#include "sketch/run.h"
#include "sketch/size.h"
#include "sketch/store.h"
#include "sketch/toolchain.h"
#include "sketch/unit.h"

/* Over this many characters of object names the reference links one archive per directory. Counted with a build path of the
 * reference's usual length, so that the same sketch links alike wherever it is built. */
#define MAX_OBJECT_NAMES 30000
#define USUAL_BUILD_PATH 56

static bool is_archive(const char *name)
{
	return !strcmp(path_ext(name), ".a");
}

typedef void object_fn(void *ctx, const char *name, const char *path, const struct digest *d);

static void each_of_sketch(struct run *r, object_fn *fn, void *ctx)
{
	for (size_t i = 0; i < r->group.n; i++)
		fn(ctx, r->group.v[i].name, r->group.v[i].out.object, &r->group.v[i].out.digest);
}

/* But not core.a. */
static void each_of_unit(const struct unit *u, object_fn *fn, void *ctx)
{
	for (size_t k = 0; k < u->n_files - (u->library ? 0 : 1); k++)
		fn(ctx, u->files[k].name, u->files[k].path, &u->files[k].digest);
}

/* Calls for each file of the link that was compiled, in its order. */
static void each_object(struct run *r, object_fn *fn, void *ctx)
{
	each_of_sketch(r, fn, ctx);
	for (size_t i = 0; i < r->n_units; i++)
		each_of_unit(r->units[i], fn, ctx);
}

static const struct unit_file *core_archive(const struct run *r)
{
	const struct unit *core = r->units[r->n_units - 1];
	return &core->files[core->n_files - 1];
}

/* ---- the command line ---- */

struct names {
	struct buf text;
	size_t length; /* with a build path of usual length */
	struct strv all;
	const char *build_dir;
};

static void add_path(struct names *n, const char *name)
{
	char *path = path_join(n->build_dir, name);
	buf_addf(&n->text, "%s\"%s\"", n->text.len ? " " : "", path);
	free(path);
}

/* An absolute name is a file that lies elsewhere. */
static void add_name(void *ctx, const char *name, const char *path, const struct digest *d)
{
	struct names *n = ctx;
	(void)path, (void)d;
	add_path(n, name);
	n->length += (*name == '/' ? 0 : USUAL_BUILD_PATH + 1) + strlen(name) + (n->all.n ? 3 : 2);
	strv_push(&n->all, name);
}

/* In link order; a library's own archives stand before what is compiled of it. */
static void add_names(struct run *r, struct names *n, struct buf *ldflags)
{
	each_of_sketch(r, add_name, n);
	for (size_t i = 0; i < r->n_units; i++) {
		const struct unit *u = r->units[i];
		struct strv archives = STRV_INIT;
		if (u->library)
			precompiled_link(r->context->board, u->library, &archives, ldflags);
		for (size_t k = 0; k < archives.n; k++)
			add_name(n, archives.v[k], NULL, NULL);
		strv_release(&archives);
		each_of_unit(u, add_name, n);
	}
}

/* The reference's way out of too long a command: archives there already, then one objs.a per directory. */
static void add_archives(struct names *n)
{
	struct strv archives = STRV_INIT;
	for (size_t i = 0; i < n->all.n; i++)
		if (is_archive(n->all.v[i]))
			strv_push(&archives, n->all.v[i]);
	for (size_t i = 0; i < n->all.n; i++) {
		char *dir = path_dir(n->all.v[i]), *objs = path_join(dir, "objs.a");
		if (!is_archive(n->all.v[i]))
			strv_push_unique(&archives, objs);
		free(dir);
		free(objs);
	}
	buf_clear(&n->text);
	buf_addstr(&n->text, "-Wl,--whole-archive");
	for (size_t i = 0; i < archives.n; i++)
		add_path(n, archives.v[i]);
	buf_addstr(&n->text, " -Wl,--no-whole-archive");
	strv_release(&archives);
}

/* The objs.a are made by the platform's archiver before the link, with r->steps. */
static int add_archive_steps(struct run *r, const struct names *n, struct error *err)
{
	struct props *over = props_clone(r->overlay);
	int ret = 0;
	for (size_t i = 0; i < n->all.n && ret == 0; i++) {
		struct strv argv = STRV_INIT;
		if (!is_archive(n->all.v[i])) {
			char *object = path_join(n->build_dir, n->all.v[i]),
			     *dir = path_dir(object);
			char *objs = path_join(dir, "objs.a");
			props_set_text(over, "archive_file", "objs.a");
			props_set_text(over, "archive_file_path", objs);
			props_set_text(over, "object_file", object);
			ret = context_recipe_argv(
				r->context, over, "recipe.ar.pattern", &argv, err);
			if (ret == 0)
				run_add_step(r, &argv);
			free(object);
			free(dir);
			free(objs);
		}
		strv_release(&argv);
	}
	props_free(over);
	return ret;
}

int firmware_properties(struct run *r, struct error *err)
{
	struct names n = {.build_dir = r->job.build_dir};
	struct buf ldflags = BUF_INIT;
	int ret = 0;
	add_names(r, &n, &ldflags);
	if (n.length > MAX_OBJECT_NAMES) {
		add_archives(&n);
		ret = add_archive_steps(r, &n, err);
	}
	char *core = path_join(r->job.build_dir, "core/core.a");
	props_set_text(r->overlay, "object_files", buf_str(&n.text));
	props_set_text(r->overlay, "archive_file", "core/core.a");
	props_set_text(r->overlay, "archive_file_path", core);
	if (ldflags.len)
		props_setf(r->overlay, "compiler.libraries.ldflags", "%s%s",
			props_str(r->context->board->props, "compiler.libraries.ldflags"),
			buf_str(&ldflags));
	free(core);
	buf_release(&n.text);
	buf_release(&ldflags);
	strv_release(&n.all);
	return ret;
}

/* ---- placing ---- */

struct placing {
	const char *build_dir;
	struct error *err;
	char *last_dir;
	int failed;
};

static void place(void *ctx, const char *name, const char *path, const struct digest *d)
{
	struct placing *p = ctx;
	(void)d;
	char *to = path_join(p->build_dir, name), *dir = path_dir(to);
	if (!p->failed && strcmp(path, to)) {
		if (!p->last_dir || strcmp(p->last_dir, dir))
			p->failed = fs_mkdirs(dir, p->err);
		if (!p->failed)
			p->failed = fs_link_or_copy(path, to, p->err);
	}
	free(p->last_dir);
	p->last_dir = dir;
	free(to);
}

/* Some platforms name single core objects in their link recipe. */
static void place_core_objects(struct run *r, struct placing *p)
{
	const struct unit *core = r->units[r->n_units - 1];
	if (!strstr(props_str(r->context->board->props, "recipe.c.combine.pattern"),
		    "{build.path}/core/"))
		return;
	for (size_t i = core->n_variant; i < core->group.n; i++)
		place(p, core->group.v[i].name, core->group.v[i].out.object, NULL);
}

int firmware_place_objects(struct run *r, struct error *err)
{
	struct placing p = {.build_dir = r->job.build_dir, .err = err};
	const struct unit_file *core = core_archive(r);
	each_object(r, place, &p);
	place(&p, core->name, core->path, &core->digest);
	place_core_objects(r, &p);
	free(p.last_dir);
	return p.failed;
}

/* ---- the key ---- */

struct keying {
	struct run *run;
	struct digester *d;
};

static void add_object(void *ctx, const char *name, const char *path, const struct digest *d)
{
	struct keying *k = ctx;
	(void)path;
	digester_addstr(k->d, name);
	digester_add_digest(k->d, d);
}

static bool is_own(const struct run *r, const char *path)
{
	const struct board *b = r->context->board;
	return path_beneath(path, b->platform->dir) || path_beneath(path, b->core_platform->dir) ||
	       libraries_owner(r->context->libraries, path) || path_beneath(path, r->sketch.dir);
}

static void add_input(struct keying *k, const char *path)
{
	const struct file_facts *f = file_index_get(k->run->shared->files, path);
	if (!f || (f->flags & FILE_IS_DIR))
		return;
	digester_add_digest(k->d, &f->digest);
	strv_push_unique(&k->run->link_inputs, path);
}

/* A linker script, an object, a script that a hook runs: whatever file a token names; of the platform's and the libraries' directories
 * what lies in them. */
static void add_named(struct keying *k, const char *token)
{
	const char *start = strchr(token, '/');
	struct fs_list l = {0};
	if (!start || strstr(token, k->run->job.build_dir))
		return;
	char *path = xstrndup(start, strcspn(start, ",\""));
	if (!fs_is_dir(path))
		add_input(k, path);
	else if (is_own(k->run, path) && fs_list(path, &l, NULL) == 0) {
		for (size_t i = 0; i < l.n; i++) {
			char *file = path_join(path, l.v[i].name);
			if (l.v[i].type == 'f')
				add_input(k, file);
			free(file);
		}
		fs_list_release(&l);
	}
	free(path);
}

/* The build path is taken out: the same link elsewhere is the same link. */
static void add_token(struct keying *k, const char *token)
{
	const char *build = k->run->job.build_dir, *at;
	size_t n = strlen(build);
	add_named(k, token);
	while ((at = strstr(token, build))) {
		digester_add(k->d, token, (size_t)(at - token));
		digester_addstr(k->d, "{build.path}");
		token = at + n;
	}
	digester_addstr(k->d, token);
}

/* The program itself, wherever it lies: of the link's alone, link_role knows. */
static void add_tool(struct keying *k, const char *tool)
{
	struct strv argv = STRV_INIT;
	struct digest d;
	strv_push(&argv, tool);
	if (toolchain_digest(k->run->shared->toolchains, &argv, TOOL_OTHER, &d, NULL) == 0)
		digester_add_digest(k->d, &d);
	strv_release(&argv);
}

static void add_command(struct keying *k, const struct strv *argv)
{
	add_tool(k, argv->v[0]);
	digester_addstr(k->d, argv->v[0]);
	for (size_t i = 1; i < argv->n; i++)
		add_token(k, argv->v[i]);
}

/* What comes after the link and is kept with it: hooks, what is said of the sizes, the bootloader. */
static void add_finish(struct keying *k)
{
	const struct run *r = k->run;
	const char *size = size_recipe(r->context->size);
	struct strv keys = STRV_INIT, argv = STRV_INIT;
	char *boot = bootloader_file(r->context->board);
	context_recipes(r->context, "recipe.hooks.postbuild", ".pattern", &keys);
	strv_push(&keys, size ? size : "recipe.size.pattern");
	for (size_t i = 0; i < keys.n; i++) {
		strv_clear(&argv);
		if (context_recipe_argv(r->context, r->overlay, keys.v[i], &argv, NULL) == 0)
			add_command(k, &argv);
	}
	digester_addstr(k->d, boot);
	digester_addstr(k->d, props_str(r->context->board->props, "upload.maximum_size"));
	if (boot)
		add_input(k, boot);
	free(boot);
	strv_release(&keys);
	strv_release(&argv);
}

/* What hooks have put into build.path by now: the link may read it, or it is part of the result. */
static void add_hook_files(struct keying *k)
{
	const char *dir = k->run->job.build_dir;
	struct fs_list l = {0};
	struct digest d;
	if (fs_list(dir, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		char *path = path_join(dir, l.v[i].name);
		if (l.v[i].type == 'f' && digest_file(&d, path, NULL) == 0)
			add_object(k, l.v[i].name, NULL, &d);
		free(path);
	}
	fs_list_release(&l);
}

void firmware_key(struct run *r, struct digest *out)
{
	struct keying k = {r, digester_new()};
	const struct unit_file *core = core_archive(r);
	digester_addstr(k.d, "link");
	int flags[] = {ENGINE_VERSION, r->shared->config.keep};
	digester_add(k.d, flags, sizeof flags);
	digester_add_digest(k.d, &r->context->link_role);
	each_object(r, add_object, &k);
	add_object(&k, core->name, NULL, &core->digest);
	for (size_t i = 0; i < r->n_steps; i++)
		add_command(&k, &r->steps[i]);
	add_finish(&k);
	add_hook_files(&k);
	digester_finish(k.d, out);
	digester_free(k.d);
}

/* ---- the result ---- */

/* Cores append what the file is of: X.ino_atmega328p_16000000L.lst. */
static bool bears_name(const char *name, const char *project)
{
	size_t n = strlen(project);
	return !strncmp(name, project, n) && (name[n] == '.' || name[n] == '_');
}

static bool is_for_debugging(const char *name)
{
	static const char *const exts[] = {".elf", ".lst", ".map"};
	for (size_t i = 0; i < ARRAY_LEN(exts); i++)
		if (!strcmp(path_ext(name), exts[i]))
			return true;
	return false;
}

int firmware_files(const struct run *r, struct strv *names, struct error *err)
{
	struct fs_list l = {0};
	const char *project = props_str(r->overlay, "build.project_name");
	if (fs_list(r->job.build_dir, &l, err) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		const char *name = l.v[i].name;
		if (l.v[i].type == 'f' && bears_name(name, project) &&
			(r->shared->config.keep || !is_for_debugging(name)))
			strv_push(names, name);
	}
	fs_list_release(&l);
	return 0;
}

int firmware_unpack(const struct run *r, const struct bundle *b, struct error *err)
{
	for (size_t i = 0; i < b->n; i++) {
		char *to = path_join(r->job.build_dir, b->v[i].name);
		int ret = fs_copy(b->v[i].path, to, err);
		if (ret == 0 && chmod(to, 0644) < 0) /* the cache's own copy is read-only */
			ret = error_errno(err, "cannot change the mode of '%s'", to);
		free(to);
		if (ret < 0)
			return -1;
	}
	return 0;
}
