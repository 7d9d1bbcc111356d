/* sources: see sources.h. First the directories that sketches and libraries lie in, by their real paths; then what the sketches can reach of the
 * folders of libraries; then what follows from these.
 */
#include "cli/sources.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "cli/plan.h"
#include "cli/source_links.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/snapshot.h"
#include "git/worktree.h"
#include "sketch/board.h"
#include "sketch/platform.h"
#include "sketch/reach.h"

/* Bytes: a platform that holds its own toolchain is better installed there. */
#define MAX_PLATFORM (512ull << 20)

/* Real paths, but for the folders, which are as they were named. */
struct finding {
	struct sources *s;
	const struct plan *p;
	struct strv sketches, trees, libraries, folders;
	struct strv platforms; /* the user's own, as they were named */
	struct strv tops; /* what is to be sent, before those that lie in others are taken out */
	struct reach reach;
};

static void push_real(struct strv *to, const char *path)
{
	char *real = source_real(path);
	strv_push_unique(to, real);
	free(real);
}

static bool beneath_any(const struct strv *dirs, const char *path)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (path_beneath(path, dirs->v[i]))
			return true;
	return false;
}

static bool has_git(const char *dir)
{
	char *git = path_join(dir, ".git");
	bool has = fs_exists(git);
	free(git);
	return has;
}

/* ---- what the plan names ---- */

static void list_libraries(struct finding *f)
{
	const struct selection *sel = &f->p->selection;
	for (size_t i = 0; i < f->p->settings.library_dirs.n; i++)
		push_real(&f->libraries, f->p->settings.library_dirs.v[i]);
	for (size_t i = 0; i < sel->n; i++) {
		const struct matrix_sketch *m = &sel->v[i];
		if (m->tree_library)
			push_real(&f->trees, m->tree_library);
		for (size_t k = 0; k < m->library_dirs.n; k++)
			push_real(&f->libraries, m->library_dirs.v[k]);
	}
}

static void list_folders(struct finding *f)
{
	const char *user = f->p->setup.dirs.user_dir;
	strv_push_all(&f->folders, &f->p->settings.libraries_dirs);
	if (user)
		strv_push_take(&f->folders, path_join(user, "libraries"));
}

static void list_platform(struct finding *f, const struct platform *p)
{
	if (arduino_dirs_own(&f->p->setup.dirs, p->dir))
		strv_push_unique(&f->platforms, p->dir);
}

static void list_platforms(struct finding *f)
{
	for (size_t i = 0; i < f->p->n_boards; i++) {
		const struct board *b = f->p->boards[i]->here;
		if (!b)
			continue;
		list_platform(f, b->platform);
		list_platform(f, b->core_platform);
	}
}

/* ---- what is sent ---- */

/* The top of the sketch's work tree, else its library, when it lies in it, else itself. New string. */
static char *top_of_sketch(const char *real, const char *tree_library)
{
	char *top = worktree_top(real), *library = NULL;
	if (!top && tree_library)
		library = source_real(tree_library);
	if (library && path_beneath(real, library)) {
		top = library;
		library = NULL;
	}
	free(library);
	return top ? top : xstrdup(real);
}

static void add_sketches(struct finding *f)
{
	const struct selection *sel = &f->p->selection;
	for (size_t i = 0; i < sel->n; i++) {
		char *real = source_real(sel->v[i].dir);
		char *top = top_of_sketch(real, sel->v[i].tree_library);
		strv_push_unique(&f->tops, top);
		free(top);
		strv_push_take(&f->sketches, real);
	}
}

/* Of one that is only used nothing else of its work tree, unless that is the tree that is worked on. */
static void add_libraries(struct finding *f)
{
	for (size_t i = 0; i < f->trees.n; i++) {
		char *top = worktree_top(f->trees.v[i]);
		strv_push_unique(&f->tops, top ? top : f->trees.v[i]);
		free(top);
	}
	for (size_t i = 0; i < f->libraries.n; i++) {
		char *top = worktree_top(f->libraries.v[i]);
		bool whole = top && strv_contains(&f->tops, top);
		strv_push_unique(&f->tops, whole ? top : f->libraries.v[i]);
		free(top);
	}
}

static void add_platforms(struct finding *f)
{
	for (size_t i = 0; i < f->platforms.n; i++) {
		char *real = source_real(f->platforms.v[i]);
		if (fs_tree_size(real) <= MAX_PLATFORM)
			strv_push_unique(&f->tops, real);
		free(real);
	}
}

static void push_below(struct strv *to, const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	strv_push_unique(to, path);
	free(path);
}

static void list_installed(const struct plan *p, struct strv *folders, struct strv *sources)
{
	for (size_t i = 0; i < p->n_boards; i++) {
		const struct board *b = p->boards[i]->here;
		if (!b)
			continue;
		push_below(folders, b->platform->dir, "libraries");
		push_below(folders, b->core_platform->dir, "libraries");
		strv_push_unique(sources, b->core_dir);
		if (b->variant_dir)
			strv_push_unique(sources, b->variant_dir);
	}
	if (p->setup.dirs.data_dir)
		push_below(folders, p->setup.dirs.data_dir, "libraries");
}

static int add_reached(struct finding *f, struct error *err)
{
	struct strv installed = STRV_INIT, sources = STRV_INIT, given = STRV_INIT;
	strv_push_all(&given, &f->trees);
	strv_push_all(&given, &f->libraries);
	list_installed(f->p, &installed, &sources);
	const struct reach_search search = {
		.sketches = &f->sketches,
		.sources = &sources,
		.given = &given,
		.folders = &f->folders,
		.installed = &installed,
	};
	int ret = reach_find(&f->reach, &search, err);
	for (size_t i = 0; ret == 0 && i < f->reach.n; i++)
		strv_push_unique(&f->tops, f->reach.v[i].dir);
	strv_release(&installed);
	strv_release(&sources);
	strv_release(&given);
	return ret;
}

/* Sorted, what holds others comes before them. */
static int choose_roots(struct finding *f, struct error *err)
{
	struct strv *roots = &f->s->roots;
	strv_sort(&f->tops);
	for (size_t i = 0; i < f->tops.n; i++)
		if (!beneath_any(roots, f->tops.v[i]))
			strv_push(roots, f->tops.v[i]);
	if (roots->n > SNAPSHOT_MAX_ROOTS)
		return error_set(err,
			"the sketches and their libraries lie in %zu directories, more than the %d "
			"that can be sent; cure: 'git init' in a directory that holds them all",
			roots->n, SNAPSHOT_MAX_ROOTS);
	return 0;
}

/* ---- what is refused ---- */

static int refuse(const char *dir, const char *what, bool sent, struct error *err)
{
	const char *cure = "keep libraries in a directory of their own";
	if (sent)
		cure = has_git(dir) ? "'git init' in the directory of the sketches, which makes "
				      "that their work tree"
				    : "keep sketches and libraries in directories of their own";
	return error_set(err, "'%s' cannot be %s other machines: it %s; cure: %s", dir,
		sent ? "sent to" : "a folder of libraries on", what, cure);
}

static int check_dir(const char *dir, const char *home, bool sent, struct error *err)
{
	if (!strcmp(dir, "/"))
		return refuse(dir, "is the root directory", sent, err);
	if (home && !strcmp(home, dir))
		return refuse(dir, "is your home directory", sent, err);
	if (home && path_beneath(home, dir))
		return refuse(dir, "holds your home directory", sent, err);
	return 0;
}

static int check_list(
	const struct strv *dirs, const char *home, const char *cache, bool sent, struct error *err)
{
	for (size_t i = 0; i < dirs->n; i++) {
		if (check_dir(dirs->v[i], home, sent, err) < 0)
			return -1;
		if (path_beneath(cache, dirs->v[i]))
			return error_set(err,
				"'%s' cannot be shown on other machines: it holds boardman's cache "
				"'%s'; cure: let XDG_CACHE_HOME name a directory outside of it",
				dirs->v[i], cache);
	}
	return 0;
}

static int check_dirs(const struct finding *f, struct error *err)
{
	const char *named = getenv("HOME");
	char *home = named && *named == '/' ? source_real(named) : NULL;
	char *cache = source_real(f->p->setup.cache_dir);
	int ret = check_list(&f->s->roots, home, cache, true, err);
	if (ret == 0)
		ret = check_list(&f->s->empty, home, cache, false, err);
	free(home);
	free(cache);
	return ret;
}

/* ---- what follows ---- */

static void find_empty(struct finding *f, const char *out_dir)
{
	push_real(&f->s->excluded, out_dir);
	strv_push_all(&f->s->empty, &f->s->excluded);
	for (size_t i = 0; i < f->folders.n; i++) {
		char *real = source_real(f->folders.v[i]);
		if (!beneath_any(&f->s->roots, real))
			strv_push_unique(&f->s->empty, real);
		free(real);
	}
	strv_sort(&f->s->empty);
}

/* Whether git may ignore what lies at the path: elsewhere all goes. */
static bool is_in_tree(const struct sources *s, const char *path)
{
	size_t i = 0;
	while (i < s->roots.n && !path_beneath(path, s->roots.v[i]))
		i++;
	return i < s->roots.n && has_git(s->roots.v[i]);
}

/* Its directory may be the whole work tree: only what is compiled of it. */
static void need_library(struct sources *s, const struct reached_library *lib)
{
	char *below = path_join(lib->dir, lib->recursive ? "src" : "utility");
	strv_push_unique(&s->needed_tops, lib->dir);
	if (fs_is_dir(below))
		strv_push_unique(&s->needed, below);
	free(below);
}

/* A symlink in a folder of libraries may be ignored as well. */
static void need_places(struct sources *s, const struct reached_library *lib)
{
	for (size_t i = 0; i < lib->places.n; i++) {
		char *folder = path_dir(lib->places.v[i]);
		if (strcmp(lib->places.v[i], lib->dir) != 0 && is_in_tree(s, folder))
			strv_push_unique(&s->needed_tops, folder);
		free(folder);
	}
}

static void need_platform(struct sources *s, const char *named)
{
	char *real = source_real(named);
	if (is_in_tree(s, real))
		strv_push_unique(&s->needed, real);
	free(real);
}

static void find_needed(struct finding *f)
{
	struct sources *s = f->s;
	for (size_t i = 0; i < f->sketches.n; i++)
		if (is_in_tree(s, f->sketches.v[i]))
			strv_push(&s->needed, f->sketches.v[i]);
	for (size_t i = 0; i < f->reach.n; i++) {
		if (is_in_tree(s, f->reach.v[i].dir))
			need_library(s, &f->reach.v[i]);
		need_places(s, &f->reach.v[i]);
	}
	for (size_t i = 0; i < f->platforms.n; i++)
		need_platform(s, f->platforms.v[i]);
	strv_sort(&s->needed);
	strv_sort(&s->needed_tops);
}

static void find_platforms(struct finding *f)
{
	for (size_t i = 0; i < f->platforms.n; i++) {
		const char *named = f->platforms.v[i];
		char *real = source_real(named);
		if (beneath_any(&f->s->roots, real))
			source_links_add(f->s, named);
		else
			strv_pushf(&f->s->notes,
				"the platform in '%s' is not sent to other machines: it has more "
				"than %llu MB; cure: install it there",
				named, MAX_PLATFORM >> 20);
		free(real);
	}
}

static void add_links(struct sources *s, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		source_links_add(s, names->v[i]);
}

static void find_links(struct finding *f, const char *out_dir)
{
	const struct selection *sel = &f->p->selection;
	source_links_add(f->s, out_dir);
	add_links(f->s, &f->folders);
	add_links(f->s, &f->p->settings.library_dirs);
	for (size_t i = 0; i < sel->n; i++) {
		source_links_add(f->s, sel->v[i].dir);
		if (sel->v[i].tree_library)
			source_links_add(f->s, sel->v[i].tree_library);
		add_links(f->s, &sel->v[i].library_dirs);
	}
	for (size_t i = 0; i < f->reach.n; i++)
		add_links(f->s, &f->reach.v[i].places);
	source_links_sort(f->s);
}

/* ---- the whole ---- */

static void finding_release(struct finding *f)
{
	strv_release(&f->sketches);
	strv_release(&f->trees);
	strv_release(&f->libraries);
	strv_release(&f->folders);
	strv_release(&f->platforms);
	strv_release(&f->tops);
	reach_release(&f->reach);
}

int sources_find(struct sources *s, const struct plan *p, const char *out_dir, struct error *err)
{
	struct finding f = {.s = s, .p = p};
	char *out = path_absolute(out_dir);
	*s = (struct sources){0};
	list_libraries(&f);
	list_folders(&f);
	list_platforms(&f);
	add_sketches(&f);
	add_libraries(&f);
	add_platforms(&f);
	int ret = add_reached(&f, err);
	if (ret == 0)
		ret = choose_roots(&f, err);
	if (ret == 0) {
		find_empty(&f, out);
		ret = check_dirs(&f, err);
	}
	if (ret == 0) {
		find_needed(&f);
		find_platforms(&f);
		find_links(&f, out);
	}
	finding_release(&f);
	free(out);
	return ret;
}

void sources_release(struct sources *s)
{
	for (size_t i = 0; i < s->n_links; i++) {
		free(s->links[i].path);
		free(s->links[i].target);
	}
	free(s->links);
	strv_release(&s->roots);
	strv_release(&s->needed);
	strv_release(&s->needed_tops);
	strv_release(&s->excluded);
	strv_release(&s->empty);
	strv_release(&s->notes);
	*s = (struct sources){0};
}
