/* store_file: how files come into the cache and out of it. A file appears whole or not at all and is never written again; what
 * a crash or a bad disk left is found by its digest or sum, removed, and taken for absent.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/sum64.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/fileindex_internal.h"
#include "sketch/store_internal.h"

char *store_path(
	const struct store *st, const char *kind, const struct digest *key, const char *ext)
{
	char hex[DIGEST_HEX_LEN + 1];
	digest_hex(key, hex);
	return xasprintf("%s/%s/%.2s/%s%s", st->dir, kind, hex, hex, ext);
}

static int open_temp(struct store *st, char **temp, int mode, struct error *err)
{
	for (int tries = 0;; tries++) {
		char *name = xasprintf("%s/tmp/%ld-%lx-%lu", st->dir, (long)getpid(),
			(unsigned long)file_index_now(), st->temp_count++);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode | 0200);
		if (fd >= 0) {
			*temp = name;
			return fd;
		}
		free(name);
		if (tries == 8 || (errno != EEXIST && errno != ENOENT))
			return error_errno(err, "cannot write in '%s/tmp'", st->dir);
		char *dir = path_join(st->dir, "tmp");
		(void)mkdir(dir, 0700); /* somebody cleared the cache */
		free(dir);
	}
}

/* rename, making the directories that are missing. */
static int put_in_place(const struct store *st, const char *temp, const char *path)
{
	if (rename(temp, path) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	char *dir = path_dir(path), *kind = path_dir(dir);
	(void)mkdir(st->dir, 0700);
	(void)mkdir(kind, 0700);
	(void)mkdir(dir, 0700);
	free(dir);
	free(kind);
	return rename(temp, path);
}

int store_write(struct store *st, const char *path, const void *data, size_t len, int mode,
	struct error *err)
{
	char *temp = NULL;
	int fd = open_temp(st, &temp, mode, err);
	if (fd < 0)
		return -1;
	int r = fs_write_all(fd, data, len);
	if (r == 0)
		r = fchmod(fd, (mode_t)mode);
	int reason = errno;
	if (close(fd) < 0 && r == 0) {
		r = -1;
		reason = errno;
	}
	if (r == 0 && (r = put_in_place(st, temp, path)) < 0)
		reason = errno;
	if (r < 0) {
		unlink(temp);
		errno = reason;
		error_errno(err, "cannot keep '%s'", path);
	}
	free(temp);
	return r;
}

void store_touch(const char *path, const struct timespec *mtime)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - mtime->tv_sec > STORE_DAY)
		(void)utimensat(AT_FDCWD, path, NULL, 0);
}

bool store_object_ok(struct store *st, const char *path, const struct digest *digest)
{
	struct stat s;
	struct timespec now;
	if (stat(path, &s) < 0) {
		file_index_forget(st->ix, path);
		return false;
	}
	if (!file_index_still(st->ix, path))
		file_index_forget(st->ix, path);
	const struct file_facts *f = file_index_get(st->ix, path);
	if (!f || !digest_equal(&f->digest, digest)) {
		log_debug("'%s' is damaged; removed", path);
		unlink(path);
		file_index_forget(st->ix, path);
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - s.st_mtim.tv_sec > STORE_DAY) {
		store_touch(path, &s.st_mtim);
		file_index_put(st->ix, path, digest);
	}
	return true;
}

char *store_publish(struct store *st, const void *data, size_t len, const struct digest *digest,
	const char *ext, struct error *err)
{
	char *path = store_path(st, "objects", digest, ext);
	struct stat s;
	if (stat(path, &s) == 0 && store_object_ok(st, path, digest))
		return path;
	if (store_write(st, path, data, len, 0444, err) < 0) {
		free(path);
		return NULL;
	}
	file_index_put(st->ix, path, digest);
	return path;
}

/* ---- what was left behind ---- */

/* A run's scratch directory is named after its process; it may run for days. */
static bool is_run(const char *name)
{
	return strncmp(name, "run-", 4) == 0;
}

static bool owner_lives(const char *name)
{
	long pid = is_run(name) ? strtol(name + 4, NULL, 10) : 0;
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static void clean_tmp(const char *cache_dir, time_t age, bool runs_only)
{
	struct fs_list l = {0};
	struct stat s;
	time_t now = time(NULL);
	char *tmp = path_join(cache_dir, "tmp");
	if (fs_list(tmp, &l, NULL) < 0)
		l.n = 0;
	for (size_t i = 0; i < l.n; i++) {
		if (runs_only && !is_run(l.v[i].name))
			continue;
		char *path = path_join(tmp, l.v[i].name);
		if (lstat(path, &s) == 0 && now - s.st_mtime >= age && !owner_lives(l.v[i].name))
			(void)fs_remove_tree(path, NULL);
		free(path);
	}
	fs_list_release(&l);
	free(tmp);
}

void store_clean_tmp(const char *cache_dir, time_t age)
{
	clean_tmp(cache_dir, age, false);
}

void store_sweep(const char *cache_dir)
{
	clean_tmp(cache_dir, 0, true);
}

/* ---- sealed texts ---- */

static void seal(const char *kind, const void *data, size_t len, struct buf *out)
{
	buf_addf(out, "boardman-%s 1 %016llx\n", kind,
		(unsigned long long)sum64(SUM64_START, data, len));
}

bool store_read_sealed(struct store *st, const char *path, const char *kind, struct buf *out)
{
	struct buf all = BUF_INIT, head = BUF_INIT;
	struct stat s;
	bool good = false;
	(void)st;
	if (stat(path, &s) < 0 || fs_read(path, STORE_MAX_OBJECT, &all, NULL) < 0)
		return false;
	const char *end = all.len ? memchr(all.data, '\n', all.len) : NULL;
	if (end) {
		size_t n = (size_t)(end + 1 - all.data);
		seal(kind, end + 1, all.len - n, &head);
		good = head.len == n && !memcmp(head.data, all.data, n);
		if (good)
			buf_add(out, end + 1, all.len - n);
	}
	if (good)
		store_touch(path, &s.st_mtim);
	else
		unlink(path);
	buf_release(&all);
	buf_release(&head);
	return good;
}

int store_write_sealed(struct store *st, const char *path, const char *kind, const void *data,
	size_t len, struct error *err)
{
	struct buf out = BUF_INIT;
	seal(kind, data, len, &out);
	buf_add(&out, data, len);
	int r = store_write(st, path, out.data, out.len, 0600, err);
	buf_release(&out);
	return r;
}
