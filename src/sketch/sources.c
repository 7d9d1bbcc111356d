/* sources: which files of a directory are compiled, and in which order. There are three orders: objects as arduino-cli links them
 * (by full path), objects as arduino-builder links them (by kind, then subdirectories), and the order in which both look for missing
 * headers (a directory's entries by name). Refuses directories that contain themselves and trees that never end.
 */
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/library.h"
#include "sketch/library_internal.h"

enum { MAX_DEPTH = 64, MAX_SOURCES = 100000 };

/* In the order in which arduino-builder compiles a directory; it knows the first three only. */
static const char *const EXTENSION[] = {".S", ".c", ".cpp", ".cc", ".cxx"};
enum { BUILDER_EXTENSIONS = 3 };

/* What one walk is about. `parents` holds the real directories we are in. */
struct walk {
	bool recursive, by_kind, builder;
	struct strv *out;
	struct strv parents;
	struct error *err;
};

static bool skipped(const char *name)
{
	return name[0] == '.' || strcmp(name, "CVS") == 0 || strcmp(name, "RCS") == 0;
}

/* The index in EXTENSION, -1 for other files. */
static int kind_of(const char *name, bool builder)
{
	size_t n = strlen(name);
	size_t kinds = builder ? BUILDER_EXTENSIONS : ARRAY_LEN(EXTENSION);
	for (size_t i = 0; i < kinds; i++) {
		size_t e = strlen(EXTENSION[i]);
		if (n >= e && strcmp(name + n - e, EXTENSION[i]) == 0)
			return (int)i;
	}
	return -1;
}

static int add_file(struct walk *w, const char *dir, const char *name)
{
	if (w->out->n >= MAX_SOURCES)
		return error_set(w->err, "more than %d source files below '%s'", MAX_SOURCES, dir);
	strv_push_take(w->out, path_join(dir, name));
	return 0;
}

static int walk_dir(struct walk *w, const char *dir);

static int enter(struct walk *w, const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	int r = walk_dir(w, path);
	free(path);
	return r;
}

static int walk_by_kind(struct walk *w, const char *dir, const struct fs_list *l)
{
	for (int kind = 0; kind < BUILDER_EXTENSIONS; kind++) {
		for (size_t i = 0; i < l->n; i++) {
			const struct fs_entry *e = &l->v[i];
			if (e->type == 'f' && !skipped(e->name) && kind_of(e->name, true) == kind &&
				add_file(w, dir, e->name) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < l->n && w->recursive; i++) {
		const struct fs_entry *e = &l->v[i];
		if (e->type == 'd' && !skipped(e->name) && enter(w, dir, e->name) < 0)
			return -1;
	}
	return 0;
}

static int walk_by_name(struct walk *w, const char *dir, const struct fs_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct fs_entry *e = &l->v[i];
		int r = 0;
		if (skipped(e->name))
			continue;
		if (e->type == 'd' && w->recursive)
			r = enter(w, dir, e->name);
		else if (e->type == 'f' && kind_of(e->name, w->builder) >= 0)
			r = add_file(w, dir, e->name);
		if (r < 0)
			return -1;
	}
	return 0;
}

static int walk_list(struct walk *w, const char *dir)
{
	struct fs_list l;
	if (fs_list(dir, &l, w->err) < 0)
		return -1;
	int r = w->by_kind ? walk_by_kind(w, dir, &l) : walk_by_name(w, dir, &l);
	fs_list_release(&l);
	return r;
}

static int walk_dir(struct walk *w, const char *dir)
{
	if (!w->recursive)
		return walk_list(w, dir);
	char *real = path_real(dir, w->err);
	if (!real)
		return -1;
	int r = 0;
	if (w->parents.n >= MAX_DEPTH || strv_contains(&w->parents, real))
		r = error_set(w->err,
			"directory '%s' contains itself through a symlink, or is too deep", dir);
	strv_push_take(&w->parents, real);
	if (r == 0)
		r = walk_list(w, dir);
	free(strv_take(&w->parents, w->parents.n - 1));
	return r;
}

/* As if ".o" stood behind each, as it does when objects are sorted. */
static int by_object_path(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t nx = strlen(x), ny = strlen(y), n = nx < ny ? nx : ny;
	int r = memcmp(x, y, n);
	if (r || nx == ny)
		return r;
	return nx < ny ? strcmp(".o", y + n) : strcmp(x + n, ".o");
}

static int walk_all(struct walk *w, const char *dir)
{
	struct strv found = STRV_INIT, *out = w->out;
	w->out = &found;
	int r = walk_dir(w, dir);
	if (r == 0 && !w->by_kind && !w->builder && found.n > 1)
		qsort(found.v, found.n, sizeof *found.v, by_object_path);
	if (r == 0)
		strv_push_all(out, &found);
	strv_release(&found);
	strv_release(&w->parents);
	return r;
}

int sources_in(
	const char *dir, bool recursive, bool builder_order, struct strv *out, struct error *err)
{
	struct walk w = {.recursive = recursive,
		.by_kind = builder_order,
		.builder = builder_order,
		.out = out,
		.err = err};
	return walk_all(&w, dir);
}

int sources_queue(
	const char *dir, bool recursive, bool builder_compat, struct strv *out, struct error *err)
{
	struct strv found = STRV_INIT;
	struct walk w = {
		.recursive = recursive, .builder = builder_compat, .out = &found, .err = err};
	int r = walk_dir(&w, dir);
	if (r == 0)
		strv_push_all(out, &found);
	strv_release(&found);
	strv_release(&w.parents);
	return r;
}
