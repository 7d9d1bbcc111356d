/* files: see files.h. A directory is walked in one of three ways: all of it goes; git is asked about each entry; or it is ignored, and only
 * what is tracked or needed goes. Each nested repository, submodules among them, answers for its own files.
 */
#include "git/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "common/xalloc.h"
#include "git/names.h"
#include "git/notes.h"
#include "git/offenders.h"
#include "git/rules.h"

/* One descriptor is held for each level. */
#define MAX_DEPTH 256

enum take { TAKE_ALL, TAKE_BY_RULES, TAKE_IGNORED };

/* What does not change during the walk, and what it gathers. */
struct walk {
	const struct files_config *c;
	struct file_list *list;
	struct notes *notes;
	struct excluded {
		dev_t dev;
		ino_t ino;
	} * excluded;
	size_t n_excluded;
	struct buf path; /* of the directory at hand, absolute, with a slash at its end */
	size_t root_len;
	struct error *err;
};

/* A directory on the way. */
struct level {
	const struct path_rules *rules; /* NULL: no work tree */
	size_t top_len; /* bytes of walk.path that are the top of that work tree */
	enum take take;
	bool top; /* all its files go, whatever they are */
	unsigned depth;
};

static int walk_dir(struct walk *w, int fd, const struct level *l);

/* ---- one file ---- */

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

void file_set(struct file *f, const struct stat *st)
{
	f->mode = S_ISLNK(st->st_mode) ? 0120000 : st->st_mode & S_IXUSR ? 0100755 : 0100644;
	f->size = (uint64_t)st->st_size;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->mtime = nanoseconds(&st->st_mtim);
	f->ctime = nanoseconds(&st->st_ctim);
}

/* Where the link at `path` leads, by text. */
static char *link_end(const char *path, const char *target)
{
	char *dir = path_dir(path);
	char *joined = path_join(dir, target);
	char *end = path_absolute(joined);
	free(joined);
	free(dir);
	return end;
}

static void note_link(struct walk *w, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	char *end = link_end(path, target);
	bool inside = path_beneath(end, w->c->root);
	for (size_t i = 0; w->c->inside && i < w->c->inside->n && !inside; i++)
		inside = path_beneath(end, w->c->inside->v[i]);
	if (!inside)
		notes_add(w->notes, "'%s' is a symlink to '%s', which is not sent", path, target);
	free(end);
}

static int refuse_name(const struct walk *w)
{
	struct buf text = BUF_INIT;
	utf8_add(&text, w->path.data, w->path.len);
	error_set(w->err, "the name '%s' is not UTF-8; cure: rename it, or have git ignore it",
		buf_str(&text));
	buf_release(&text);
	return -1;
}

/* Its path is in w->path. */
static int take_file(struct walk *w, const struct stat *st)
{
	struct file_list *l = w->list;
	const char *path = w->path.data + w->root_len;
	if (!utf8_valid(path, strlen(path)))
		return refuse_name(w);
	if (S_ISLNK(st->st_mode))
		note_link(w, w->path.data);
	GROW(l->v, l->n, l->cap);
	struct file *f = &l->v[l->n++];
	f->path = xstrdup(path);
	file_set(f, st);
	l->bytes += f->size;
	bool fits = l->n + w->c->before_files <= w->c->max_files &&
		    l->bytes + w->c->before_bytes <= w->c->max_bytes;
	return fits ? 0 : offenders_tell(l, w->c, w->err);
}

/* ---- one directory ---- */

static bool is_excluded(const struct walk *w, const struct stat *st)
{
	for (size_t i = 0; i < w->n_excluded; i++) {
		if (w->excluded[i].dev == st->st_dev && w->excluded[i].ino == st->st_ino)
			return true;
	}
	return false;
}

/* Whether w->path is at or beneath a needed directory; or, with `towards`, one of those lies beneath it. */
static bool needed(const struct walk *w, bool towards)
{
	const struct strv *n = w->c->needed, *tops = w->c->tops;
	for (size_t i = 0; n && i < n->n; i++) {
		if (towards ? path_beneath(n->v[i], w->path.data)
			    : path_beneath(w->path.data, n->v[i]))
			return true;
	}
	for (size_t i = 0; towards && tops && i < tops->n; i++)
		if (path_beneath(tops->v[i], w->path.data))
			return true;
	return false;
}

/* Whether the files in the directory w->path go, whatever git says; it may have its slash. */
static bool is_top(const struct walk *w)
{
	const struct strv *tops = w->c->tops;
	size_t len = w->path.len;
	if (len > 1 && w->path.data[len - 1] == '/')
		len--;
	for (size_t i = 0; tops && i < tops->n; i++)
		if (strlen(tops->v[i]) == len && !memcmp(tops->v[i], w->path.data, len))
			return true;
	return false;
}

/* The path as the rules have it. */
static const char *in_tree(const struct walk *w, const struct level *l)
{
	return w->path.data + l->top_len;
}

/* How the directory w->path is to be walked; false: not at all. A nested repository is none of the rules' business beyond this. */
static bool choose(const struct walk *w, const struct level *up, enum take *take)
{
	const char *path = in_tree(w, up);
	*take = up->take;
	if (up->take == TAKE_ALL || needed(w, false)) {
		*take = TAKE_ALL;
		return true;
	}
	if (up->take == TAKE_BY_RULES && path_rules_ignored(up->rules, path))
		*take = TAKE_IGNORED;
	if (up->rules && path_rules_tracked(up->rules, path)) /* a submodule */
		*take = TAKE_BY_RULES;
	return *take != TAKE_IGNORED || needed(w, true) ||
	       path_rules_tracked_beneath(up->rules, path);
}

/* Walks a directory that has a .git of its own; w->path has its slash. */
static int walk_nested(struct walk *w, int fd, const struct level *up, enum take take)
{
	struct path_rules *rules = NULL;
	struct level l = {up->rules, up->top_len, take, is_top(w), up->depth + 1};
	char *dir = xstrndup(w->path.data, w->path.len - 1);
	int ret = path_rules_open(&rules, dir, w->notes, w->err);
	free(dir);
	if (rules) {
		l.rules = rules;
		l.top_len = w->path.len;
	} else if (!l.rules) {
		l.take = TAKE_ALL;
	}
	if (ret == 0)
		ret = walk_dir(w, fd, &l);
	else
		close(fd);
	path_rules_free(rules);
	return ret;
}

/* Takes fd; w->path has its slash. */
static int walk_below(struct walk *w, int fd, const struct level *up, enum take take)
{
	struct level l = {up->rules, up->top_len, take, is_top(w), up->depth + 1};
	if (take == TAKE_BY_RULES && faccessat(fd, ".git", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return walk_nested(w, fd, up, take);
	return walk_dir(w, fd, &l);
}

static int enter(struct walk *w, int at, const char *name, const struct level *up)
{
	enum take take;
	if (!choose(w, up, &take))
		return 0;
	if (up->depth == MAX_DEPTH)
		return error_set(
			w->err, "'%s' is more than %d directories deep", w->path.data, MAX_DEPTH);
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0; /* gone meanwhile */
	if (fd < 0 && errno != EACCES)
		return error_errno(w->err, "cannot open '%s'", w->path.data);
	if (fd < 0) {
		notes_add(w->notes, "left out '%s': %s", w->path.data, strerror(errno));
		return 0;
	}
	buf_addch(&w->path, '/');
	return walk_below(w, fd, up, take);
}

/* ---- the walk ---- */

static bool goes(const struct walk *w, const struct level *l)
{
	const char *path = in_tree(w, l);
	return l->take == TAKE_ALL || l->top || path_rules_tracked(l->rules, path) ||
	       (l->take == TAKE_BY_RULES && !path_rules_ignored(l->rules, path));
}

static const char *kind(mode_t mode)
{
	return S_ISFIFO(mode) ? "a FIFO" : S_ISSOCK(mode) ? "a socket" : "a device";
}

/* Its path is in w->path. */
static int walk_entry(struct walk *w, int at, const char *name, const struct level *l)
{
	struct stat st;
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_errno(w->err, "cannot look at '%s'", w->path.data);
	}
	bool fits = name_fits(name, S_ISLNK(st.st_mode));
	if (S_ISDIR(st.st_mode) && fits)
		return is_excluded(w, &st) ? 0 : enter(w, at, name, l);
	if (!S_ISDIR(st.st_mode) && !goes(w, l))
		return 0;
	if (fits && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		return take_file(w, &st);
	notes_add(w->notes, "left out '%s': %s", w->path.data,
		fits ? kind(st.st_mode) : "git allows no such name");
	return 0;
}

/* Takes fd. */
static int walk_dir(struct walk *w, int fd, const struct level *l)
{
	DIR *dir = fdopendir(fd);
	if (!dir) {
		error_errno(w->err, "cannot read '%s'", w->path.data);
		close(fd);
		return -1;
	}
	size_t len = w->path.len;
	int ret = 0;
	while (ret == 0) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e) {
			if (errno)
				ret = error_errno(w->err, "cannot read '%s'", w->path.data);
			break;
		}
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			!strcmp(e->d_name, ".git"))
			continue;
		buf_addstr(&w->path, e->d_name);
		ret = walk_entry(w, fd, e->d_name, l);
		buf_truncate(&w->path, len);
	}
	closedir(dir);
	return ret;
}

static void find_excluded(struct walk *w)
{
	const struct strv *x = w->c->excluded;
	w->excluded = x && x->n ? xcalloc(x->n, sizeof *w->excluded) : NULL;
	for (size_t i = 0; x && i < x->n; i++) {
		struct stat st;
		if (stat(x->v[i], &st) == 0)
			w->excluded[w->n_excluded++] = (struct excluded){st.st_dev, st.st_ino};
	}
}

static int by_path(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int walk_root(struct walk *w)
{
	const struct level none = {.take = TAKE_ALL};
	int fd = open(w->c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(w->err, "cannot open '%s'", w->c->root);
	bool tree = faccessat(fd, ".git", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	buf_addstr(&w->path, w->c->root);
	bool all = needed(w, false);
	if (w->path.data[w->path.len - 1] != '/')
		buf_addch(&w->path, '/');
	w->root_len = w->path.len;
	return walk_below(w, fd, &none, tree && !all ? TAKE_BY_RULES : TAKE_ALL);
}

int files_find(
	struct file_list *l, const struct files_config *c, struct notes *notes, struct error *err)
{
	struct walk w = {.c = c, .list = l, .notes = notes, .err = err};
	find_excluded(&w);
	int ret = walk_root(&w);
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, by_path);
	buf_release(&w.path);
	free(w.excluded);
	return ret;
}

void files_release(struct file_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct file_list){0};
}
