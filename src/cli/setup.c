/* setup: see setup.h. It only looks: nothing is made here, not even the cache's directory.
 */
#include "cli/setup.h"

#include <stdlib.h>
#include <string.h>
#include "cli/options.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/toolchain.h"

#define COMPAT "boardman.compat=arduino-builder"

void setup_absolute(const struct strv *paths, struct strv *out)
{
	for (size_t i = 0; i < paths->n; i++)
		strv_push_take(out, path_absolute(paths->v[i]));
}

static int check_dirs(const struct strv *paths, const char *option, struct error *err)
{
	for (size_t i = 0; i < paths->n; i++)
		if (!fs_is_dir(paths->v[i]))
			return error_set(err, "--%s '%s' is not a directory", option, paths->v[i]);
	return 0;
}

/* A folder of platforms that holds none would be passed over in silence. */
static int check_platforms(const struct setup *s, struct error *err)
{
	const struct strv *given = &s->options->platforms, *dirs = &s->dirs.platform_dirs;
	for (size_t i = 0; i < given->n; i++)
		if (!platforms_has_place(s->platforms, dirs->v[dirs->n - given->n + i]))
			return error_set(err,
				"--platforms '%s' holds no platform; cure: name the folder that "
				"has VENDOR/ARCH/boards.txt in it",
				given->v[i]);
	return 0;
}

static int check_folders(const struct strv *folders, struct error *err)
{
	int ret = check_dirs(folders, "libraries", err);
	for (size_t i = 0; ret == 0 && i < folders->n; i++) {
		char *path = path_join(folders->v[i], "library.properties");
		if (fs_is_file(path))
			ret = error_set(err,
				"--libraries '%s' is a library itself; cure: name it with "
				"--library",
				folders->v[i]);
		free(path);
	}
	return ret;
}

int setup_open(struct setup *s, const struct options *o, struct error *err)
{
	*s = (struct setup){.options = o};
	if (check_dirs(&o->platforms, "platforms", err) < 0 ||
		check_dirs(&o->library, "library", err) < 0 ||
		check_folders(&o->libraries, err) < 0)
		return -1;
	s->cache_dir = host_cache_dir(err);
	if (!s->cache_dir || arduino_dirs_find(&s->dirs, err) < 0)
		return -1;
	setup_absolute(&o->platforms, &s->dirs.platform_dirs);
	s->platforms = platforms_open(&s->dirs, err);
	return s->platforms ? check_platforms(s, err) : -1;
}

void setup_release(struct setup *s)
{
	if (s->toolchains)
		toolchains_free(s->toolchains);
	if (s->files)
		file_index_free(s->files);
	if (s->platforms)
		platforms_free(s->platforms);
	arduino_dirs_release(&s->dirs);
	free(s->cache_dir);
	strv_release(&s->told);
	*s = (struct setup){0};
}

void setup_note(void *setup, const char *line)
{
	struct setup *s = setup;
	if (!s->options->quiet && strv_push_unique(&s->told, line))
		log_note("%s", line);
}

bool setup_compat(const struct options *o)
{
	return strv_contains(&o->build_property, COMPAT);
}

const char *setup_warnings(const struct options *o)
{
	static const char *const names[] = {"none", "default", "more", "all"};
	return o->werror && !o->warnings ? "default" : names[o->warnings];
}

static const char *compiler_version(void *ctx, const char *compiler)
{
	struct setup *s = ctx;
	if (!s->toolchains) {
		s->files = file_index_open(s->cache_dir);
		s->toolchains = toolchains_open(s->cache_dir, s->files);
	}
	return toolchain_version(s->toolchains, compiler);
}

struct board *setup_board(struct setup *s, const char *text, struct error *err)
{
	const struct board_options opt = {
		.build_properties = &s->options->build_property,
		.warnings = setup_warnings(s->options),
		.no_lto = s->options->no_lto,
		.builder_compat = setup_compat(s->options),
	};
	return board_resolve(s->platforms, text, &opt, compiler_version, s, err);
}

char *setup_compiler_text(struct setup *s, const struct board *b)
{
	return board_compiler_text(b, s->platforms, compiler_version, s);
}

bool setup_has_platform(struct setup *s, const char *fqbn)
{
	const char *colon = strchr(fqbn, ':'), *second = colon ? strchr(colon + 1, ':') : NULL;
	const struct platform *p;
	for (size_t i = 0; second && (p = platforms_at(s->platforms, i)); i++) {
		char *name = xasprintf("%s:%s:", p->vendor, p->arch);
		bool same = !strncmp(fqbn, name, strlen(name));
		free(name);
		if (same)
			return true;
	}
	return !second;
}

int setup_board_names(const struct options *o, struct strv *out, struct error *err)
{
	for (size_t i = 0; i < o->boards.n; i++)
		if (board_list_parse(o->boards.v[i], out, err) < 0)
			return -1;
	return 0;
}

struct libraries *setup_libraries(struct setup *s, const struct board *b, const char *tree_library,
	const struct strv *own, struct error *err)
{
	struct strv given = STRV_INIT, folders = STRV_INIT;
	if (own)
		strv_push_all(&given, own);
	setup_absolute(&s->options->library, &given);
	setup_absolute(&s->options->libraries, &folders);
	if (s->dirs.user_dir)
		strv_push_take(&folders, path_join(s->dirs.user_dir, "libraries"));
	char *builtin = s->dirs.data_dir ? path_join(s->dirs.data_dir, "libraries") : NULL;
	struct library_search search = {
		.given = &given,
		.tree_library = tree_library,
		.folders = &folders,
		.builtin_dir = builtin,
		.builder_compat = setup_compat(s->options),
	};
	if (b) {
		search.platform_dir = b->platform->dir;
		search.core_platform_dir =
			b->core_platform == b->platform ? NULL : b->core_platform->dir;
		search.arch = b->platform->arch;
	}
	struct libraries *ls = libraries_open(&search, err);
	strv_release(&given);
	strv_release(&folders);
	free(builtin);
	return ls;
}
