/* blobs: see blobs.h. For each root a git index in REPO/stat remembers (path, stat data) -> blob. A file that was young when it was read is
 * remembered without a time, so that it is read again: it could have changed once more without a sign. An index is written under a name of
 * its own and renamed: the last writer wins, and nobody waits.
 */
#include "git/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/files.h"
#include "git/lib.h"

/* Reads of a file that changes all the while. */
#define MAX_READS 8
/* The coarsest time stamps of file systems in use, in nanoseconds. */
#define YOUNG 2000000000ll
#define SECOND 1000000000ll

struct blobs {
	git_repository *repo;
	git_odb *
		odb; /* loose objects alone: asking for packs first would look for new ones each time */
	struct buf content;
	unsigned long long read;
};

/* ---- open and close ---- */

struct blobs *blobs_open(git_repository *repo, struct error *err)
{
	struct blobs *b = xcalloc(1, sizeof *b);
	char *dir = path_join(git_repository_path(repo), "objects");
	git_odb_backend *loose = NULL;
	b->repo = repo;
	int ret = git_odb_new(&b->odb);
	if (ret == 0)
		ret = git_odb_backend_loose(&loose, dir, -1, 0, 0, 0);
	if (ret == 0 && (ret = git_odb_add_backend(b->odb, loose, 1)) < 0)
		loose->free(loose);
	if (ret < 0) {
		lib_error(err, "cannot open '%s'", dir);
		blobs_free(b);
		b = NULL;
	}
	free(dir);
	return b;
}

void blobs_free(struct blobs *b)
{
	if (!b)
		return;
	git_odb_free(b->odb);
	buf_release(&b->content);
	free(b);
}

unsigned long long blobs_read(const struct blobs *b)
{
	return b->read;
}

/* ---- one file ---- */

static bool same_stat(const struct file *a, const struct file *b)
{
	return a->mode == b->mode && a->size == b->size && a->dev == b->dev && a->ino == b->ino &&
	       a->mtime == b->mtime && a->ctime == b->ctime;
}

static int read_bytes(struct blobs *b, int fd, uint64_t size)
{
	char *to = buf_reserve(&b->content, size + 1); /* one more, to see it grow */
	while (b->content.len <= size) {
		ssize_t n = read(fd, to + b->content.len, size + 1 - b->content.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		b->content.len += (size_t)n;
	}
	return 0;
}

/* 0 read; 1 changed meanwhile; -1 and errno. */
static int read_file(struct blobs *b, struct file *f, const char *path)
{
	struct stat before, after;
	struct file then = *f;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? 1 : -1;
	int ret = fstat(fd, &before);
	if (ret == 0 && !S_ISREG(before.st_mode))
		ret = 1;
	if (ret == 0)
		ret = read_bytes(b, fd, (uint64_t)before.st_size);
	if (ret == 0 && (ret = fstat(fd, &after)) == 0) {
		file_set(&then, &before);
		file_set(f, &after);
		ret = !same_stat(&then, f) || b->content.len != f->size;
	}
	int reason = errno;
	close(fd);
	errno = reason;
	return ret;
}

/* As read_file, for a symlink. */
static int read_link(struct blobs *b, struct file *f, const char *path)
{
	struct stat before, after;
	struct file then = *f;
	char *to = buf_reserve(&b->content, PATH_MAX);
	if (lstat(path, &before) < 0)
		return -1;
	ssize_t n = readlink(path, to, PATH_MAX);
	if (n < 0)
		return errno == EINVAL ? 1 : -1;
	b->content.len = (size_t)n;
	if (lstat(path, &after) < 0)
		return -1;
	file_set(&then, &before);
	file_set(f, &after);
	return !same_stat(&then, f) || b->content.len != f->size;
}

int blobs_write(struct blobs *b, git_oid *id, struct file *f, const char *path, struct error *err)
{
	int ret = 1;
	for (int i = 0; i < MAX_READS && ret == 1; i++) {
		buf_clear(&b->content);
		/* A file can become a link, and a link a file. */
		ret = (f->mode == 0120000) == !(i & 1) ? read_link(b, f, path)
						       : read_file(b, f, path);
	}
	if (ret < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (ret < 0)
		return error_errno(err, "cannot read '%s'", path);
	if (ret > 0)
		return error_set(
			err, "'%s' changes while it is read; cure: wait for what writes it", path);
	b->read += f->size;
	if (git_odb_write(id, b->odb, buf_str(&b->content), b->content.len, GIT_OBJECT_BLOB) < 0)
		return lib_error(err, "cannot keep '%s'", path);
	return 0;
}

/* ---- what is remembered ---- */

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static git_index_time index_time(int64_t t)
{
	git_index_time it = {(int32_t)(t / SECOND), (uint32_t)(t % SECOND)};
	return it;
}

/* `path` is borrowed. */
static git_index_entry entry_of(const struct file *f, const git_oid *id)
{
	git_index_entry e = {
		.ctime = index_time(f->ctime),
		.mtime = index_time(f->mtime),
		.dev = (uint32_t)f->dev,
		.ino = (uint32_t)f->ino,
		.mode = f->mode,
		.file_size = (uint32_t)f->size,
		.id = *id,
		.path = f->path,
	};
	return e;
}

static bool same_time(git_index_time a, git_index_time b)
{
	return a.seconds == b.seconds && a.nanoseconds == b.nanoseconds;
}

/* The entry that still holds for the file, or NULL. */
static const git_index_entry *remembered(git_index *old, const struct file *f)
{
	const git_index_entry *o = old ? git_index_get_bypath(old, f->path, 0) : NULL;
	git_index_entry e = entry_of(f, &(git_oid){{0}});
	bool holds = o && o->mode == e.mode && o->file_size == e.file_size && o->dev == e.dev &&
		     o->ino == e.ino && same_time(o->mtime, e.mtime) &&
		     same_time(o->ctime, e.ctime);
	return holds ? o : NULL;
}

static bool all_remembered(git_index *old, const struct file_list *l)
{
	if (!old || git_index_entrycount(old) != l->n)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		if (!remembered(old, &l->v[i]))
			return false;
	}
	return true;
}

/* ---- a tree ---- */

/* 0; 1 when the file is gone; -1 and err. */
static int add_file(struct blobs *b, git_index *new, git_index *old, struct file *f,
	const char *root, struct error *err)
{
	const git_index_entry *known = remembered(old, f);
	git_index_entry e;
	if (known) {
		e = *known;
	} else {
		git_oid id;
		int64_t start = now();
		char *path = path_join(root, f->path);
		int ret = blobs_write(b, &id, f, path, err);
		free(path);
		if (ret)
			return ret;
		e = entry_of(f, &id);
		if ((f->mtime > f->ctime ? f->mtime : f->ctime) > start - YOUNG)
			e.mtime = e.ctime = index_time(0);
	}
	if (git_index_add(new, &e) < 0)
		return lib_error(err, "cannot add '%s/%s'", root, f->path);
	return 0;
}

/* Sorted files, so that each goes to the end. */
static int add_files(struct blobs *b, git_index *new, git_index *old, struct file_list *l,
	const char *root, struct error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		if (add_file(b, new, old, &l->v[i], root, err) < 0)
			return -1;
	}
	return 0;
}

static int write_tree(struct blobs *b, git_oid *tree, git_index *index, struct error *err)
{
	if (git_index_write_tree_to(tree, index, b->repo) < 0)
		return lib_error(err, "cannot write a tree to '%s'", git_repository_path(b->repo));
	return 0;
}

static char *memory_path(const struct blobs *b, const char *root)
{
	struct digest d;
	char hex[DIGEST_HEX_LEN + 1];
	digest_bytes(&d, root, strlen(root));
	return xasprintf("%sstat/%.32s", git_repository_path(b->repo), digest_hex(&d, hex));
}

static int make_tree(struct blobs *b, git_oid *tree, git_index *old, const char *memory,
	const char *root, struct file_list *l, struct error *err)
{
	git_index *new = NULL;
	char *dir = path_dir(memory);
	char *temp = xasprintf("%s/tmp-%ld-%s", dir, (long)getpid(), path_base(memory));
	int ret = fs_mkdirs(dir, err);
	unlink(temp);
	if (ret == 0 && git_index_open(&new, temp) < 0)
		ret = lib_error(err, "cannot open '%s'", temp);
	if (ret == 0)
		ret = add_files(b, new, old, l, root, err);
	if (ret == 0)
		ret = write_tree(b, tree, new, err);
	/* Without it the next one reads more: no reason to stop. */
	if (ret == 0 && (git_index_write(new) < 0 || rename(temp, memory) < 0))
		unlink(temp);
	git_index_free(new);
	free(temp);
	free(dir);
	return ret;
}

int blobs_tree(
	struct blobs *b, git_oid *tree, const char *root, struct file_list *l, struct error *err)
{
	git_index *old = NULL;
	char *memory = memory_path(b, root);
	if (git_index_open(&old, memory) < 0)
		old = NULL; /* damaged: as if there were none */
	int ret = all_remembered(old, l) ? write_tree(b, tree, old, err)
					 : make_tree(b, tree, old, memory, root, l, err);
	git_index_free(old);
	free(memory);
	return ret;
}
