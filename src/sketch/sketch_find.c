/* sketch_find: the sketches beneath a directory. A directory is looked at once, however many
 * symlinks lead to it. What is nearly a sketch, or cannot be read, becomes a warning and not an
 * error: one odd example must not stop the others.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/source_internal.h"

#define MAX_DIRECTORIES 100000

struct search {
	struct strv found, warnings;
	struct strmap *bare; /* NULL: nobody asks */
	struct strmap seen; /* "dev:ino" of directories */
	size_t directories;
	int depth;
};

/* False when the directory was looked at before, or is gone. */
static bool first_visit(struct search *f, const char *dir)
{
	static char mark;
	struct stat st;
	if (stat(dir, &st) < 0)
		return false;
	char *key = xasprintf(
		"%llx:%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	bool first = !strmap_get(&f->seen, key);
	if (first)
		strmap_set(&f->seen, key, &mark);
	free(key);
	return first;
}

static bool is_searched(const char *name, bool in_sketch)
{
	if (name[0] == '.' || strcmp(name, "build") == 0 || strcmp(name, "node_modules") == 0)
		return false;
	return !in_sketch || (strcmp(name, "src") != 0 && strcmp(name, "data") != 0);
}

static bool has_file(const struct fs_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].type == 'f' && strcmp(list->v[i].name, name) == 0)
			return true;
	return false;
}

/* The plain case needs no further look at the disk: NAME.ino is there and NAME.pde is not. */
static bool is_plain_sketch(const struct fs_list *list, const char *dir)
{
	char *ino = xasprintf("%s.ino", path_base(dir)), *pde = xasprintf("%s.pde", path_base(dir));
	bool plain = has_file(list, ino) && !has_file(list, pde);
	free(ino);
	free(pde);
	return plain;
}

/* Its main file may bear the name of the directory that a symlink leads to. */
static int look_for_main(const char *dir, bool *found, struct error *err)
{
	char *main_file = NULL, *real = NULL;
	int rc = sketch_main_file(dir, &main_file, err);
	if (rc == 0 && !main_file && (real = path_real(dir, err)))
		rc = sketch_main_file(real, &main_file, err);
	*found = rc == 0 && main_file;
	free(main_file);
	free(real);
	return rc;
}

static int search_dir(struct search *f, const char *dir, const char *shown, struct error *err);

static int search_entries(struct search *f, const struct fs_list *list, const char *dir,
	const char *shown, bool in_sketch, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; i < list->n && rc == 0; i++) {
		const char *name = list->v[i].name;
		if (list->v[i].type != 'd' || !is_searched(name, in_sketch))
			continue;
		char *sub = path_join(dir, name), *sub_shown = path_join(shown, name);
		rc = search_dir(f, sub, sub_shown, err);
		free(sub);
		free(sub_shown);
	}
	return rc;
}

static bool has_sketch_file(const struct fs_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].type == 'f' && sketch_is_ino(list->v[i].name))
			return true;
	return false;
}

/* Of what else may say how it is built. */
static bool is_bare(const struct fs_list *list)
{
	static const char *const names[] = {"library.properties", "sketch.yaml", "sketch.yml"};
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (strcmp(list->v[i].name, names[k]) == 0)
				return false;
	return true;
}

/* What the directory itself is. */
static bool note_sketch(
	struct search *f, const struct fs_list *list, const char *dir, const char *shown)
{
	struct error why = ERROR_INIT;
	if (!has_sketch_file(list))
		return false;
	bool found = is_plain_sketch(list, dir);
	if (!found && look_for_main(dir, &found, &why) < 0) {
		strv_push(&f->warnings, why.text);
		return true;
	}
	if (found) {
		strv_push(&f->found, dir);
		if (f->bare && is_bare(list))
			strmap_set(f->bare, dir, f->bare);
		return true;
	}
	char *stray = sketch_stray_file(dir);
	if (stray)
		strv_pushf(&f->warnings, "%s has %s but no %s.ino: not a sketch", shown, stray,
			path_base(dir));
	free(stray);
	return false;
}

static int search_dir(struct search *f, const char *dir, const char *shown, struct error *err)
{
	struct error why = ERROR_INIT;
	struct fs_list list = {0};
	if (!first_visit(f, dir))
		return 0;
	if (++f->directories > MAX_DIRECTORIES)
		return error_set(err,
			"more than %d directories beneath the one to search; cure: name the "
			"sketches",
			MAX_DIRECTORIES);
	if (f->depth == SKETCH_MAX_DEPTH || sketch_check_name(dir, &why) < 0 ||
		fs_list(dir, &list, &why) < 0) {
		if (f->depth == SKETCH_MAX_DEPTH)
			error_set(&why, "%s lies too deep: not searched", shown);
		strv_push(&f->warnings, why.text);
		return 0;
	}
	int rc = 0;
	if (f->depth == 0 || !has_file(&list, "CACHEDIR.TAG")) {
		bool in_sketch = note_sketch(f, &list, dir, shown);
		f->depth++;
		rc = search_entries(f, &list, dir, shown, in_sketch, err);
		f->depth--;
	}
	fs_list_release(&list);
	return rc;
}

/* A directory that was named and is only nearly a sketch is an error, unless there are sketches
 * beneath it. */
static int check_named(const struct search *f, const char *dir, struct error *err)
{
	char *stray = f->found.n ? NULL : sketch_stray_file(dir);
	int rc = 0;
	if (stray)
		rc = error_set(err,
			"'%s' has %s but no %s.ino: not a sketch; cure: rename one of them", dir,
			stray, path_base(dir));
	free(stray);
	return rc;
}

static int search_beneath(const char *dir, const char *shown, struct strv *out, struct strmap *bare,
	struct strv *warnings, struct error *err)
{
	struct search f = {.bare = bare};
	int rc = search_dir(&f, dir, shown, err);
	if (rc == 0)
		rc = check_named(&f, dir, err);
	if (rc == 0) {
		strv_sort(&f.found);
		strv_push_all(out, &f.found);
		if (warnings)
			strv_push_all(warnings, &f.warnings);
	}
	strv_release(&f.found);
	strv_release(&f.warnings);
	strmap_release(&f.seen);
	return rc;
}

int sketch_find(const char *path, struct strv *out, struct strmap *bare, struct strv *warnings,
	struct error *err)
{
	char *text = path_absolute(path);
	bool found = false;
	int rc = 0;
	if (!fs_exists(text)) {
		rc = error_set(err, "no such file or directory: '%s'", path);
	} else if (!fs_is_dir(text)) {
		struct sketch s;
		rc = sketch_load(&s, path, err);
		if (rc == 0) {
			strv_push(out, s.dir);
			sketch_release(&s);
		}
	} else if ((rc = sketch_check_name(text, err)) == 0 &&
		   (rc = look_for_main(text, &found, err)) == 0) {
		if (found)
			strv_push(out, text);
		else
			rc = search_beneath(text, path, out, bare, warnings, err);
	}
	free(text);
	return rc;
}
