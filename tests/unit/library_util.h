/* library_util: what the tests of libraries and discovery share: files in the test's directory, an index over them. */
#ifndef UNIT_LIBRARY_UTIL_H
#define UNIT_LIBRARY_UTIL_H

#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/library.h"
#include "unit/tap.h"

/* The real path of `rel` in the test's directory; a few at a time. */
TAP_FN const char *at(const char *rel)
{
	static char path[8][4096];
	static unsigned turn;
	static char *top;
	if (!top)
		top = realpath(test_tmpdir(), NULL);
	char *p = path[turn++ % 8];
	snprintf(p, sizeof path[0], "%s%s%s", top, *rel ? "/" : "", rel);
	return p;
}

TAP_FN void put(const char *rel, const char *text)
{
	char *dir = path_dir(at(rel));
	struct error err = ERROR_INIT;
	if (fs_mkdirs(dir, &err) < 0 || fs_write(at(rel), text, strlen(text), &err) < 0)
		diag("%s", err.text);
	free(dir);
}

/* A library with that library.properties (NULL none) and one header in its source directory. */
TAP_FN void put_library(const char *dir, const char *properties, const char *header)
{
	char *path = xasprintf("%s/library.properties", dir);
	if (properties)
		put(path, properties);
	free(path);
	path = xasprintf("%s/%s", dir, header);
	put(path, "");
	free(path);
}

/* Names relative to the test's directory, joined by blanks. New string. */
TAP_FN char *joined(const struct strv *sv)
{
	size_t top = strlen(at("")) + 1;
	char *s = xstrdup("");
	for (size_t i = 0; i < sv->n; i++) {
		bool below = path_beneath(sv->v[i], at(""));
		char *next = xasprintf("%s%s%s", s, i ? " " : "", sv->v[i] + (below ? top : 0));
		free(s);
		s = next;
	}
	return s;
}

TAP_FN void is_strv(const struct strv *got, const char *want, const char *name)
{
	char *s = joined(got);
	is_str(s, want, name);
	free(s);
}

/* The index over "user/", "platform/", "core/" and "builtin/" of the test's directory. */
TAP_FN struct libraries *open_index(const char *given, const char *tree, bool builder)
{
	struct strv folders = STRV_INIT, dirs = STRV_INIT;
	struct error err = ERROR_INIT;
	char *platform = xstrdup(at("platform")), *core = xstrdup(at("core")),
	     *builtin = xstrdup(at("builtin"));
	strv_push(&folders, at("user"));
	if (given)
		strv_push(&dirs, at(given));
	struct library_search s = {.given = &dirs,
		.tree_library = tree ? at(tree) : NULL,
		.folders = &folders,
		.platform_dir = platform,
		.core_platform_dir = core,
		.builtin_dir = builtin,
		.arch = "avr",
		.builder_compat = builder};
	struct libraries *ls = libraries_open(&s, &err);
	if (!ls)
		diag("%s", err.text);
	strv_release(&folders);
	strv_release(&dirs);
	free(platform);
	free(core);
	free(builtin);
	return ls;
}

#endif
