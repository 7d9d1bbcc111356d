/* workplace: see workplace.h. Beneath the directory: git (pushed to), trees/N (a snapshot each, held by one worker at a time), run/PID (this
 * process's own, gone with it), workers/PID (its record). What dead workers left in run is removed by the next one; git is begun anew by one that is
 * alone with it, when it has grown too large.
 */
#include "worker/workplace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "git/checkout.h"
#include "git/repo.h"
#include "sketch/platform.h"
#include "wire/job.h"
#include "worker/roll.h"
#include "worker/view.h"

struct workplace {
	char *dir, *git_dir, *trees, *run_dir;
	struct repo_hold *hold; /* of the repository, from setup on */
	unsigned long long objects; /* bytes that were in it then */
	struct slot *slot;
	struct view *view; /* NULL: this machine lets us have none */
	struct roll *roll;
	unsigned n_empty;
};

/* ---- open and close ---- */

/* The paths of this machine that no path of the boss's may hide. */
static void find_kept(const struct workplace *w, struct strv *kept)
{
	static const char *const system[] = {"/bin", "/dev", "/etc", "/lib", "/proc", "/usr"};
	struct arduino_dirs dirs = {0};
	for (size_t i = 0; i < ARRAY_LEN(system); i++)
		strv_push(kept, system[i]);
	strv_push(kept, w->dir);
	if (arduino_dirs_find(&dirs, NULL) == 0 && dirs.data_dir)
		strv_push(kept, dirs.data_dir);
	arduino_dirs_release(&dirs);
}

static int open_view(struct workplace *w, struct error *err)
{
	struct strv kept = STRV_INIT;
	char *mounts = path_join(w->run_dir, "mounts");
	int ret = fs_mkdirs(mounts, err);
	if (ret == 0) {
		find_kept(w, &kept);
		w->view = view_new(mounts, &kept);
	}
	strv_release(&kept);
	free(mounts);
	return ret;
}

struct workplace *workplace_open(bool private_view, struct error *err)
{
	char *dir = host_cache_dir(err);
	if (!dir)
		return NULL;
	struct workplace *w = xcalloc(1, sizeof *w);
	w->dir = dir;
	w->git_dir = path_join(dir, WORKPLACE_GIT);
	w->trees = path_join(dir, WORKPLACE_TREES);
	w->run_dir = xasprintf("%s/run/%ld", dir, (long)getpid());
	if (host_dir_make(dir, err) < 0 || fs_mkdirs(w->run_dir, err) < 0 ||
		!(w->roll = roll_sign(dir, err)) || (private_view && open_view(w, err) < 0)) {
		workplace_free(w);
		return NULL;
	}
	roll_sweep(dir);
	return w;
}

void workplace_free(struct workplace *w)
{
	if (!w)
		return;
	view_free(w->view);
	slot_free(w->slot);
	repo_let_go(w->hold);
	/* A directory with a mount of ours in it goes when that has gone with us. */
	if (fs_remove_tree(w->run_dir, NULL) < 0 && w->roll)
		roll_abandon(w->roll);
	else
		roll_leave(w->roll);
	free(w->dir);
	free(w->git_dir);
	free(w->trees);
	free(w->run_dir);
	free(w);
}

bool workplace_has_view(const struct workplace *w)
{
	return w->view != NULL;
}

const char *workplace_dir(const struct workplace *w)
{
	return w->dir;
}

const char *workplace_git_dir(const struct workplace *w)
{
	return w->git_dir;
}

int workplace_setup(struct workplace *w, const char *run, const char *boss, struct error *err)
{
	if (!w->hold && !(w->hold = repo_hold(w->git_dir, err)))
		return -1;
	w->objects = repo_size(w->git_dir);
	return roll_tell(w->roll, run, boss, err);
}

char *workplace_build_dir(const struct workplace *w, const struct job *j)
{
	return xasprintf("%s/build/%u.%u", w->run_dir, j->id, j->attempt);
}

/* ---- sources ---- */

/* What was pushed since the setup. Others may have pushed, too: it is an estimate. */
static void note_growth(struct workplace *w)
{
	unsigned long long now = repo_size(w->git_dir);
	if (now > w->objects)
		repo_note_written(w->git_dir, now - w->objects, slot_bytes(w->slot));
	w->objects = now;
}

int workplace_checkout(struct workplace *w, const struct commit *c, struct error *err)
{
	if (!w->slot && !(w->slot = slot_take(w->trees, c->tree, err)))
		return -1;
	if (slot_checkout(w->slot, w->git_dir, c->ref, c->tree, err) < 0)
		return -1;
	note_growth(w);
	return 0;
}

static int no_view(struct error *err)
{
	return error_set(err,
		"this machine lets no process have mounts of its own; cure: allow user namespaces "
		"(sysctl kernel.unprivileged_userns_clone=1)");
}

/* What is to appear where; a parent stands before what lies in it. */
struct showing {
	char *dir;
	const char *path;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct showing *)a)->path, ((const struct showing *)b)->path);
}

static int show_all(struct workplace *w, struct showing *all, size_t n, struct error *err)
{
	qsort(all, n, sizeof *all, by_path);
	for (size_t i = 0; i < n; i++)
		if (workplace_bind(w, all[i].dir, all[i].path, err) < 0)
			return -1;
	return 0;
}

/* A root that holds no file has no directory in the tree. */
static int add_root(
	struct workplace *w, struct showing *s, const struct root *root, struct error *err)
{
	*s = (struct showing){path_join(slot_path(w->slot), root->dir), root->path};
	return fs_mkdirs(s->dir, err);
}

static int add_empty(struct workplace *w, struct showing *s, const char *path, struct error *err)
{
	*s = (struct showing){xasprintf("%s/empty/%u", w->run_dir, w->n_empty++), path};
	return fs_mkdirs(s->dir, err);
}

static int show_links(struct workplace *w, const struct scenery *s, struct error *err)
{
	for (size_t i = 0; i < s->n_links; i++) {
		if (!w->view)
			return no_view(err);
		if (view_link(w->view, s->links[i].target, s->links[i].path, err) < 0)
			return -1;
	}
	return 0;
}

int workplace_show(
	struct workplace *w, const struct commit *c, const struct scenery *s, struct error *err)
{
	size_t n = 0;
	struct showing *all = xcalloc(c->n_roots + s->empty.n + 1, sizeof *all);
	int ret = 0;
	for (size_t i = 0; ret == 0 && i < c->n_roots; i++)
		ret = add_root(w, &all[n++], &c->roots[i], err);
	for (size_t i = 0; ret == 0 && i < s->empty.n; i++)
		ret = add_empty(w, &all[n++], s->empty.v[i], err);
	if (ret == 0)
		ret = show_all(w, all, n, err);
	if (ret == 0)
		ret = show_links(w, s, err);
	for (size_t i = 0; i < n; i++)
		free(all[i].dir);
	free(all);
	return ret;
}

int workplace_bind(struct workplace *w, const char *dir, const char *path, struct error *err)
{
	if (!dir || !path || !strcmp(dir, path))
		return 0;
	if (!w->view)
		return no_view(err);
	return view_bind(w->view, dir, path, err);
}
