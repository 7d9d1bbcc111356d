/* source_links: see source_links.h. A name is followed as the kernel does. A symlink in a root goes with it; one outside is made anew,
 * not where it lies here (/home may be one, and workers have a /home of their own) but as deep as possible: where the name enters what
 * workers show.
 */
#include "cli/source_links.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/sources.h"
#include "common/fs.h"
#include "common/xalloc.h"

enum { MAX_CHAIN = 40 }; /* as the kernel's */

/* Along a name: what it is here, and how the worker comes there. The two differ between a symlink and the place it leads to. */
struct follow {
	struct sources *s;
	char *real, *shown;
	bool off;
};

char *source_real(const char *path)
{
	char *real = path_real(path, NULL);
	if (real || !strcmp(path, "/"))
		return real ? real : xstrdup(path);
	char *dir = path_dir(path), *real_dir = source_real(dir);
	real = path_join(real_dir, path_base(path));
	free(dir);
	free(real_dir);
	return real;
}

static bool beneath_any(const struct strv *dirs, const char *path)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (path_beneath(path, dirs->v[i]))
			return true;
	return false;
}

static void add_link(struct sources *s, const char *path, const char *target)
{
	for (size_t i = 0; i < s->n_links; i++)
		if (!strcmp(s->links[i].path, path))
			return;
	GROW(s->links, s->n_links, s->cap_links);
	s->links[s->n_links++] = (struct source_link){xstrdup(path), xstrdup(target)};
}

static void take(char **to, char *path)
{
	free(*to);
	*to = path;
}

/* What the symlink at `path`, which lies in `dir`, says; NULL when it is none. New string. */
static char *link_end(const char *path, const char *dir)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n < 0)
		return NULL;
	target[n] = '\0';
	char *joined = path_join(dir, target), *end = path_absolute(joined);
	free(joined);
	return end;
}

static void add_name(struct sources *s, const char *named, int left);

/* One step of the name. */
static void step(struct follow *f, const char *name, int left)
{
	bool in_root = beneath_any(&f->s->roots, f->real);
	char *next = path_join(f->real, name), *end = link_end(next, f->real);
	f->off |= end && !in_root;
	if (f->off)
		take(&f->shown, path_join(f->shown, name));
	if (end && in_root)
		add_name(f->s, end, left);
	if (end)
		take(&next, source_real(next));
	take(&f->real, next);
	free(end);
	if (f->off && (beneath_any(&f->s->roots, f->real) || beneath_any(&f->s->empty, f->real))) {
		add_link(f->s, f->shown, f->real);
		f->off = false;
	}
	if (!f->off)
		take(&f->shown, xstrdup(f->real));
}

static void add_name(struct sources *s, const char *named, int left)
{
	struct follow f = {s, xstrdup("/"), xstrdup("/"), false};
	struct strv names = STRV_INIT;
	char *real = source_real(named);
	if (left && strcmp(real, named) != 0)
		strv_split(&names, named, "/");
	for (size_t i = 0; i < names.n; i++)
		step(&f, names.v[i], left - 1);
	strv_release(&names);
	free(real);
	free(f.real);
	free(f.shown);
}

void source_links_add(struct sources *s, const char *named)
{
	add_name(s, named, MAX_CHAIN);
}

static int by_path(const void *a, const void *b)
{
	const struct source_link *x = a, *y = b;
	return strcmp(x->path, y->path);
}

void source_links_sort(struct sources *s)
{
	if (s->n_links)
		qsort(s->links, s->n_links, sizeof *s->links, by_path);
}
