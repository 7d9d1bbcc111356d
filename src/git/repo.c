/* repo: made under a temporary name and renamed, so that nobody meets a half-made one. The lock lies beside the repository: PATH.lock, shared by
 * all who hold it. In it: "written", a line per snapshot; "damaged" when an object could not be read.
 */
#include "git/repo.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/lib.h"

/* Lines of "written" are short: so many bytes of them are a sign of old age too. */
#define MAX_WRITTEN_FILE (1u << 20)

struct repo_hold {
	int fd;
};

/* ---- make and open ---- */

static int init(const char *path, struct error *err)
{
	git_repository_init_options opt;
	git_repository *repo = NULL;
	git_repository_init_options_init(&opt, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	opt.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH |
		    GIT_REPOSITORY_INIT_NO_REINIT;
	if (git_repository_init_ext(&repo, path, &opt) < 0)
		return lib_error(err, "cannot make a repository at '%s'", path);
	git_repository_free(repo);
	return 0;
}

int repo_make(const char *path, struct error *err)
{
	char *head = path_join(path, "HEAD");
	bool there = fs_exists(head);
	free(head);
	if (there)
		return 0;
	lib_init();
	char *made = xasprintf("%s.%ld", path, (long)getpid());
	int ret = init(made, err);
	if (ret == 0 && rename(made, path) < 0 && !fs_is_dir(path))
		ret = error_errno(err, "cannot make '%s'", path);
	fs_remove_tree(made, NULL);
	free(made);
	return ret;
}

git_repository *repo_open(const char *path, struct error *err)
{
	git_repository *repo = NULL;
	lib_init();
	if (git_repository_open_bare(&repo, path) < 0) {
		lib_error(err, "cannot open the repository '%s'", path);
		return NULL;
	}
	return repo;
}

/* ---- what a repository of snapshots is told ---- */

void repo_note_written(const char *path, unsigned long long written, unsigned long long live)
{
	char *file = path_join(path, "written");
	char *line = xasprintf("%llu %llu\n", written, live);
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	/* Only an estimate: a line that cannot be written is no reason to stop. */
	if (fd >= 0 && write(fd, line, strlen(line)) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
	free(line);
	free(file);
}

unsigned long long repo_size(const char *path)
{
	char *objects = path_join(path, "objects");
	unsigned long long size = fs_tree_size(objects);
	free(objects);
	return size;
}

void repo_note_damaged(const char *path)
{
	char *file = path_join(path, "damaged");
	fs_write(file, "", 0, NULL);
	free(file);
}

/* ---- tidying, by one who is alone ---- */

static bool grown(const char *path)
{
	struct buf text = BUF_INIT;
	unsigned long long sum = 0, live = 0, limit = REPO_MAX_BYTES;
	char *file = path_join(path, "written");
	bool old = fs_exists(file) && fs_read(file, MAX_WRITTEN_FILE, &text, NULL) < 0;
	const char *p = buf_str(&text);
	for (char *end; *p; p = *end ? end + 1 : end) {
		sum += strtoull(p, &end, 10);
		live = strtoull(end, &end, 10);
		end += strcspn(end, "\n");
	}
	if (live > limit / 4)
		limit = live * 4;
	buf_release(&text);
	free(file);
	return old || sum > limit;
}

static bool has(const char *path, const char *name)
{
	char *file = path_join(path, name);
	bool there = fs_exists(file);
	free(file);
	return there;
}

/* What processes that were killed left half written. */
static void remove_leftovers(const char *path, const char *sub, const char *prefix)
{
	struct fs_list list = {0};
	char *dir = path_join(path, sub);
	if (fs_is_dir(dir) && fs_list(dir, &list, NULL) == 0) {
		for (size_t i = 0; i < list.n; i++) {
			if (strncmp(list.v[i].name, prefix, strlen(prefix)) == 0) {
				char *file = path_join(dir, list.v[i].name);
				unlink(file);
				free(file);
			}
		}
		fs_list_release(&list);
	}
	free(dir);
}

/* Git's own, of processes that were killed: it waits for each of them in vain. None is among the objects. */
static void remove_locks(const char *dir)
{
	struct fs_list list = {0};
	if (fs_list(dir, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		char *path = path_join(dir, list.v[i].name);
		if (list.v[i].type == 'd' && strcmp(list.v[i].name, "objects") != 0)
			remove_locks(path);
		else if (list.v[i].type == 'f' && !strcmp(path_ext(path), ".lock"))
			unlink(path);
		free(path);
	}
	fs_list_release(&list);
}

static int tidy(const char *path, struct error *err)
{
	if (has(path, "damaged") || grown(path))
		return fs_remove_tree(path, err);
	remove_leftovers(path, "objects", "tmp_");
	remove_leftovers(path, "stat", "tmp-");
	remove_locks(path);
	return 0;
}

/* ---- holding ---- */

static int lock_file(int fd, int how)
{
	int ret;
	do
		ret = flock(fd, how);
	while (ret < 0 && errno == EINTR);
	return ret;
}

static int open_lock(const char *path, struct error *err)
{
	char *dir = path_dir(path);
	char *lock = xasprintf("%s.lock", path);
	int fd = -1;
	if (fs_mkdirs(dir, err) == 0 && (fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) < 0)
		error_errno(err, "cannot open '%s'", lock);
	free(lock);
	free(dir);
	return fd;
}

struct repo_hold *repo_hold(const char *path, struct error *err)
{
	int fd = open_lock(path, err);
	if (fd < 0)
		return NULL;
	int ret = lock_file(fd, LOCK_EX | LOCK_NB) == 0 ? tidy(path, err) : 0;
	/* Between the two locks another one may tidy: so it is made after the second. */
	if (ret == 0 && lock_file(fd, LOCK_SH) < 0)
		ret = error_errno(err, "cannot lock '%s.lock'", path);
	if (ret < 0 || repo_make(path, err) < 0) {
		close(fd);
		return NULL;
	}
	struct repo_hold *h = xcalloc(1, sizeof *h);
	h->fd = fd;
	return h;
}

void repo_let_go(struct repo_hold *h)
{
	if (!h)
		return;
	close(h->fd);
	free(h);
}

bool repo_discard(const char *path)
{
	int fd = fs_is_dir(path) ? open_lock(path, NULL) : -1;
	if (fd < 0)
		return false;
	bool gone = lock_file(fd, LOCK_EX | LOCK_NB) == 0 && fs_remove_tree(path, NULL) == 0;
	close(fd);
	return gone;
}
