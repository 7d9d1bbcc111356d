/* view: see view.h. A path that is not there needs a directory that we may write: its deepest existing parent is covered by a
 * tmpfs in which everything that was there is bound again. For the root directory that means a chroot. Cf. mount_namespaces(7),
 * user_namespaces(7); bubblewrap builds its sandboxes alike.
 */
#include "worker/view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define MAX_ENTRIES 4096 /* of a directory that is covered */

struct view {
	char *scratch;
	struct strv kept;
	struct strv bound; /* where something of ours was made to appear */
	dev_t *covers; /* the tmpfs that cover directories */
	size_t n_covers, cap_covers;
};

/* ---- entering ---- */

static int write_map(const char *path, const char *text, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int reason = errno;
	if (fd >= 0)
		close(fd);
	errno = reason;
	return n < 0 ? error_errno(err, "cannot write '%s'", path) : 0;
}

/* As the user that we are: files keep their owner, and nobody gains a right. */
static int map_ids(uid_t uid, gid_t gid, struct error *err)
{
	char *users = xasprintf("%u %u 1", (unsigned)uid, (unsigned)uid);
	char *groups = xasprintf("%u %u 1", (unsigned)gid, (unsigned)gid);
	int ret = write_map("/proc/self/setgroups", "deny", err);
	if (ret == 0)
		ret = write_map("/proc/self/uid_map", users, err);
	if (ret == 0)
		ret = write_map("/proc/self/gid_map", groups, err);
	free(users);
	free(groups);
	return ret;
}

int view_enter(struct error *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			return error_errno(err, "no mount namespace of our own");
		if (map_ids(uid, gid, err) < 0)
			return -1;
	}
	if (mount("none", "/", "none", MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot keep our mounts to ourselves");
	return 0;
}

/* ---- covering ---- */

static int bind(const char *from, const char *to, struct error *err)
{
	if (mount(from, to, "none", MS_BIND | MS_REC, NULL) < 0)
		return error_errno(err, "cannot make '%s' appear at '%s'", from, to);
	return 0;
}

static int make_file(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot make '%s'", path);
	close(fd);
	return 0;
}

static int copy_link(const char *from, const char *to, struct error *err)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof target - 1);
	if (n < 0)
		return error_errno(err, "cannot read '%s'", from);
	target[n] = '\0';
	return symlink(target, to) < 0 ? error_errno(err, "cannot make '%s'", to) : 0;
}

/* Something that went away or that we may not even see is left out. */
static int repeat_entry(const char *from, const char *to, struct error *err)
{
	struct stat st;
	if (lstat(from, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, err);
	if (S_ISDIR(st.st_mode) ? mkdir(to, 0700) < 0 : make_file(to, err) < 0)
		return error_errno(err, "cannot make '%s'", to);
	return bind(from, to, err);
}

static int repeat_entries(const char *dir, const char *into, struct error *err)
{
	struct fs_list l = {0};
	int ret = fs_list(dir, &l, err);
	if (ret == 0 && l.n > MAX_ENTRIES)
		ret = error_set(err, "'%s' has too many entries", dir);
	for (size_t i = 0; ret == 0 && i < l.n; i++) {
		char *from = path_join(dir, l.v[i].name), *to = path_join(into, l.v[i].name);
		ret = repeat_entry(from, to, err);
		free(from);
		free(to);
	}
	fs_list_release(&l);
	return ret;
}

static int show_cover(const char *cover, const char *dir, struct error *err)
{
	if (strcmp(dir, "/") != 0)
		return bind(cover, dir, err);
	if (chroot(cover) < 0 || chdir("/") < 0)
		return error_errno(err, "cannot work in a root directory of our own");
	return 0;
}

/* Lays over `dir` a directory with the same content that we may write. */
static int cover(struct view *v, const char *dir, struct error *err)
{
	struct stat st;
	char *over = xasprintf("%s/%zu", v->scratch, v->n_covers);
	int ret = fs_mkdirs(over, err);
	if (ret == 0 && mount("tmpfs", over, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		ret = error_errno(err, "cannot mount a tmpfs at '%s'", over);
	if (ret == 0)
		ret = repeat_entries(dir, over, err);
	if (ret == 0 && stat(over, &st) < 0)
		ret = error_errno(err, "cannot look at '%s'", over);
	if (ret == 0)
		ret = show_cover(over, dir, err);
	if (ret == 0) {
		GROW(v->covers, v->n_covers, v->cap_covers);
		v->covers[v->n_covers++] = st.st_dev;
	}
	free(over);
	return ret;
}

/* ---- mount points ---- */

/* True when making a directory in `dir` leaves no trace on this machine's disk but in what is ours. */
static bool is_ours(const struct view *v, const char *dir)
{
	struct stat st;
	for (size_t i = 0; i < v->bound.n; i++)
		if (path_beneath(dir, v->bound.v[i]))
			return true;
	if (stat(dir, &st) == 0)
		for (size_t i = 0; i < v->n_covers; i++)
			if (v->covers[i] == st.st_dev)
				return true;
	return false;
}

/* The deepest directory at or above `path` that exists. New string. */
static char *existing(const char *path)
{
	char *at = xstrdup(path);
	while (!fs_is_dir(at)) {
		char *up = path_dir(at);
		free(at);
		at = up;
	}
	return at;
}

static int make_point(struct view *v, const char *path, struct error *err)
{
	char *parent = existing(path);
	int ret = 0;
	if (strcmp(parent, path) != 0) {
		if (!is_ours(v, parent))
			ret = cover(v, parent, err);
		if (ret == 0)
			ret = fs_mkdirs(path, err);
	}
	free(parent);
	return ret;
}

static int check_kept(const struct view *v, const char *path, struct error *err)
{
	for (size_t i = 0; i < v->kept.n; i++)
		if (path_beneath(v->kept.v[i], path))
			return error_set(err,
				"the boss's path '%s' would hide '%s' of this machine", path,
				v->kept.v[i]);
	return 0;
}

int view_bind(struct view *v, const char *dir, const char *path, struct error *err)
{
	if (!strcmp(dir, path))
		return 0;
	if (check_kept(v, path, err) < 0 || make_point(v, path, err) < 0 ||
		bind(dir, path, err) < 0)
		return -1;
	strv_push(&v->bound, path);
	return 0;
}

static int link_in(
	struct view *v, const char *parent, const char *target, const char *path, struct error *err)
{
	if (make_point(v, parent, err) < 0 || (!is_ours(v, parent) && cover(v, parent, err) < 0))
		return -1;
	return symlink(target, path) < 0 ? error_errno(err, "cannot make '%s'", path) : 0;
}

int view_link(struct view *v, const char *target, const char *path, struct error *err)
{
	struct stat st;
	if (lstat(path, &st) == 0)
		return view_bind(v, target, path, err);
	char *parent = path_dir(path);
	int ret = link_in(v, parent, target, path, err);
	free(parent);
	return ret;
}

/* ---- life ---- */

struct view *view_new(const char *scratch, const struct strv *kept)
{
	struct view *v = xcalloc(1, sizeof *v);
	v->scratch = xstrdup(scratch);
	strv_push_all(&v->kept, kept);
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	free(v->scratch);
	strv_release(&v->kept);
	strv_release(&v->bound);
	free(v->covers);
	free(v);
}
