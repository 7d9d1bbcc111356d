/* fs: see fs.h. Reads and writes whole files, lists and makes directories. Opens nothing but regular
 * files (a FIFO in a sketch must not hang us), and a file that it writes appears whole or not at all.
 */
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs_internal.h"
#include "common/xalloc.h"

int fs_open_regular(const char *path, struct stat *st, struct error *err)
{
	/* O_NONBLOCK: the open of a FIFO without a writer would wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (fstat(fd, st) < 0) {
		error_errno(err, "cannot stat '%s'", path);
		close(fd);
		return -1;
	}
	if (!S_ISREG(st->st_mode)) {
		close(fd);
		return error_set(err, "'%s' is not a regular file", path);
	}
	return fd;
}

ssize_t fs_read_some(int fd, void *data, size_t len)
{
	ssize_t n;
	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Reads to the end. One byte more than the size is asked for, so an answer of just the size is the end,
 * without another call. Gives -1 and errno, EFBIG when there is more than `max`. */
static int read_all(int fd, size_t size, size_t max, struct buf *out)
{
	size_t start = out->len;
	for (;;) {
		size_t got = out->len - start;
		size_t want = got < size ? size - got + 1 : 4096;
		ssize_t n = fs_read_some(fd, buf_reserve(out, want), want);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		got += (size_t)n;
		if (max && got > max) {
			errno = EFBIG;
			return -1;
		}
		if (n == 0 || got == size)
			return 0;
	}
}

int fs_read(const char *path, size_t max, struct buf *out, struct error *err)
{
	struct stat st;
	int fd = fs_open_regular(path, &st, err);
	if (fd < 0)
		return -1;
	size_t start = out->len, size = (size_t)st.st_size;
	int ret = -1;
	errno = EFBIG;
	if (!max || size <= max)
		ret = read_all(fd, size, max, out);
	if (ret < 0 && errno == EFBIG)
		error_set(err, "'%s' is too large (more than %zu bytes)", path, max);
	else if (ret < 0)
		error_errno(err, "cannot read '%s'", path);
	if (ret < 0)
		buf_truncate(out, start);
	close(fd);
	return ret;
}

#define TEMP_PREFIX ".boardman-"

char *fs_temp_name(const char *path)
{
	uint64_t bits = 0;
	if (getrandom(&bits, sizeof bits, 0) != sizeof bits) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		bits = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)getpid();
	}
	/* Not derived from the name: that may already be as long as a name can be. */
	int dir_len = (int)(path_base(path) - path);
	return xasprintf("%.*s" TEMP_PREFIX "%016llx", dir_len, path, (unsigned long long)bits);
}

int fs_temp_open(const char *path, mode_t mode, char **temp, struct error *err)
{
	for (int tries = 0; tries < 100; tries++) {
		char *name = fs_temp_name(path);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0) {
			*temp = name;
			return fd;
		}
		free(name);
		if (errno != EEXIST)
			break;
	}
	return error_errno(err, "cannot write '%s'", path);
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_temp_commit(int fd, int written, const char *temp, const char *path, struct error *err)
{
	/* A full disk may be told at close only. */
	int reason = written < 0 ? errno : 0;
	if (close(fd) < 0 && !reason)
		reason = errno;
	if (!reason && rename(temp, path) == 0)
		return 0;
	if (!reason)
		reason = errno;
	unlink(temp);
	errno = reason;
	return error_errno(err, "cannot write '%s'", path);
}

int fs_write(const char *path, const void *data, size_t len, struct error *err)
{
	char *temp;
	int fd = fs_temp_open(path, 0666, &temp, err);
	if (fd < 0)
		return -1;
	int ret = fs_temp_commit(fd, fs_write_all(fd, data, len), temp, path, err);
	free(temp);
	return ret;
}

/* The slash before the last component; NULL when nothing but the root or the cwd is above it. */
static char *parent_slash(char *p)
{
	char *slash = strrchr(p, '/');
	while (slash && slash > p && slash[-1] == '/')
		slash--;
	return slash == p ? NULL : slash;
}

/* Something that stands there already is fine here. Changes and restores `p`. */
static int make_dirs(char *p)
{
	if (mkdir(p, 0777) == 0 || errno == EEXIST)
		return 0;
	char *slash = parent_slash(p);
	if (errno != ENOENT || !slash)
		return -1;
	*slash = '\0';
	int ret = make_dirs(p);
	*slash = '/';
	if (ret < 0)
		return -1;
	return mkdir(p, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

int fs_mkdirs(const char *path, struct error *err)
{
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && fs_is_dir(path)))
		return 0;
	char *p = xstrdup(path);
	size_t len = strlen(p);
	while (len > 1 && p[len - 1] == '/')
		p[--len] = '\0';
	int ret = make_dirs(p);
	if (ret == 0 && !fs_is_dir(p)) {
		errno = ENOTDIR;
		ret = -1;
	}
	free(p);
	return ret < 0 ? error_errno(err, "cannot make directory '%s'", path) : 0;
}

void fs_let_tick(void)
{
	struct timespec left = {.tv_nsec = 2 * FS_TICK_MS * 1000000L};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

bool fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_mode : 0;
}

bool fs_is_dir(const char *path)
{
	return S_ISDIR(mode_of(path));
}

bool fs_is_file(const char *path)
{
	return S_ISREG(mode_of(path));
}

static char entry_type(int dir, const struct dirent *e)
{
	struct stat st;
	switch (e->d_type) {
	case DT_DIR: return 'd';
	case DT_REG: return 'f';
	case DT_LNK:
	case DT_UNKNOWN: break;
	default: return 'o';
	}
	if (fstatat(dir, e->d_name, &st, 0) < 0)
		return 'o';
	return S_ISDIR(st.st_mode) ? 'd' : S_ISREG(st.st_mode) ? 'f' : 'o';
}

bool fs_is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct fs_entry *)a)->name, ((const struct fs_entry *)b)->name);
}

int fs_list(const char *path, struct fs_list *out, struct error *err)
{
	struct fs_list l = {0};
	size_t cap = 0;
	DIR *dir = opendir(path);
	if (!dir)
		return error_errno(err, "cannot list '%s'", path);
	const struct dirent *e;
	while (errno = 0, (e = readdir(dir))) {
		if (fs_is_dots(e->d_name))
			continue;
		GROW(l.v, l.n, cap);
		l.v[l.n].name = xstrdup(e->d_name);
		l.v[l.n++].type = entry_type(dirfd(dir), e);
	}
	int reason = errno;
	closedir(dir);
	if (reason) {
		fs_list_release(&l);
		errno = reason;
		return error_errno(err, "cannot list '%s'", path);
	}
	if (l.n > 1)
		qsort(l.v, l.n, sizeof *l.v, by_name);
	*out = l;
	return 0;
}

void fs_list_release(struct fs_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
	*l = (struct fs_list){0};
}

bool fs_is_temporary(const char *name)
{
	return strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0;
}

void fs_remove_temporaries(const char *dir)
{
	struct fs_list l = {0};
	if (fs_list(dir, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (!fs_is_temporary(l.v[i].name))
			continue;
		char *path = path_join(dir, l.v[i].name);
		unlink(path);
		free(path);
	}
	fs_list_release(&l);
}
