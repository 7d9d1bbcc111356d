/* select: see select.h. Searching itself is sketch/source.h's; here are the places, the names and the trees. */
#include "cli/select.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "cli/options.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "git/worktree.h"
#include "sketch/source.h"

void selection_release(struct selection *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].dir);
		free(s->v[i].name);
		free(s->v[i].tree_library);
		strv_release(&s->v[i].library_dirs);
	}
	free(s->v);
	strmap_release(&s->bare);
	free(s->top);
	free(s->searched);
	strv_release(&s->warnings);
	*s = (struct selection){0};
}

static bool has_file(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	bool has = fs_is_file(path);
	free(path);
	return has;
}

static bool is_sketch(const char *dir)
{
	char *ino = xasprintf("%s.ino", path_base(dir)), *pde = xasprintf("%s.pde", path_base(dir));
	bool is = has_file(dir, ino) || has_file(dir, pde);
	free(ino);
	free(pde);
	return is;
}

static bool is_library(const char *dir)
{
	return has_file(dir, "library.properties");
}

/* The nearest directory at or above `dir` that `is` something, not above `top`. New string, or NULL. */
static char *nearest_above(const char *dir, const char *top, bool (*is)(const char *dir))
{
	char *at = xstrdup(dir);
	for (;;) {
		if (is(at))
			return at;
		char *slash = strrchr(at, '/');
		if (!slash || !at[1] || (top && !strcmp(at, top)))
			break;
		slash[slash == at] = '\0';
	}
	free(at);
	return NULL;
}

/* ---- where to look ---- */

/* With nothing named: pushes what to search. `tree` is git's, NULL outside. */
static void default_places(const char *cwd, const char *tree, struct strv *out)
{
	char *sketch = nearest_above(cwd, tree, is_sketch);
	char *library = sketch ? NULL : nearest_above(cwd, NULL, is_library);
	char *examples = library ? path_join(library, "examples") : NULL;
	if (sketch)
		strv_push(out, sketch);
	else if (examples && fs_is_dir(examples))
		strv_push(out, examples);
	else
		strv_push(out, cwd);
	free(sketch);
	free(library);
	free(examples);
}

static void note_searched(struct selection *s, const struct strv *places, const char *cwd)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < places->n; i++) {
		char *shown = path_relative(places->v[i], cwd);
		buf_addf(&b, "%s'%s'", i ? ", " : "", shown);
		free(shown);
	}
	s->searched = buf_detach(&b);
}

/* ---- what was found ---- */

static bool is_excluded(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->exclude.n; i++) {
		const char *glob = o->exclude.v[i];
		if (!fnmatch(glob, name, 0) ||
			(!strchr(glob, '/') && !fnmatch(glob, path_base(name), 0)))
			return true;
	}
	return false;
}

/* From the top of the tree; the top itself goes by its own name, what lies elsewhere by its whole path. */
static char *name_of(const char *dir, const char *top)
{
	if (!strcmp(dir, top))
		return xstrdup(path_base(dir));
	return path_relative(dir, top);
}

struct naming {
	const char *cwd;
	struct strmap names; /* taken */
	struct strmap libraries; /* directory to the library it is or lies in, "" none */
};

static const char *library_of(const struct selection *s, struct naming *n, const char *dir)
{
	const char *known = strmap_get(&n->libraries, dir);
	if (known)
		return known;
	char *parent = path_dir(dir), *found;
	if (!strmap_get(&s->bare, dir) && is_library(dir))
		found = xstrdup(dir);
	else
		found = xstrdup(strcmp(parent, dir) ? library_of(s, n, parent) : "");
	strmap_set(&n->libraries, dir, found);
	free(parent);
	return found;
}

/* Its own, else that of the current directory. New string; NULL none. */
static char *tree_library(const struct selection *s, struct naming *n, const char *dir)
{
	const char *own = library_of(s, n, dir);
	const char *library = *own ? own : library_of(s, n, n->cwd);
	return *library ? xstrdup(library) : NULL;
}

static void add(struct selection *s, struct naming *n, const struct options *o, const char *dir)
{
	char *name = name_of(dir, s->top);
	if (is_excluded(o, name)) {
		s->excluded++;
		free(name);
		return;
	}
	if (strmap_get(&n->names, name)) {
		free(name);
		name = xstrdup(dir);
	}
	strmap_set(&n->names, name, s);
	GROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct matrix_sketch){
		.dir = xstrdup(dir), .name = name, .tree_library = tree_library(s, n, dir)};
}

static void add_all(
	struct selection *s, const struct options *o, struct strv *dirs, const char *cwd)
{
	struct naming n = {cwd, STRMAP_INIT(NULL), STRMAP_INIT(free)};
	strv_sort(dirs);
	for (size_t i = 0; i < dirs->n; i++)
		if (!i || strcmp(dirs->v[i], dirs->v[i - 1]) != 0)
			add(s, &n, o, dirs->v[i]);
	strmap_release(&n.names);
	strmap_release(&n.libraries);
}

int select_sketches(struct selection *s, const struct options *o, const struct strv *args,
	const char *cwd, struct error *err)
{
	struct strv places = STRV_INIT, dirs = STRV_INIT;
	int ret = 0;
	char *tree = worktree_top(cwd);
	*s = (struct selection){.top = xstrdup(tree ? tree : cwd)};
	for (size_t i = 0; i < args->n; i++)
		strv_push_take(&places, path_absolute(args->v[i]));
	if (!args->n)
		default_places(cwd, tree, &places);
	note_searched(s, &places, cwd);
	for (size_t i = 0; ret == 0 && i < places.n; i++)
		ret = sketch_find(places.v[i], &dirs, &s->bare, &s->warnings, err);
	if (ret == 0)
		add_all(s, o, &dirs, cwd);
	strv_release(&places);
	strv_release(&dirs);
	free(tree);
	return ret;
}
