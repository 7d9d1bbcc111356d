/* fs_tree: the parts of fs.h that take files to other names and trees away. Never follows a symlink
 * while it removes, and gives up on a tree deeper than anything that was made on purpose.
 */
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs_internal.h"

/* One descriptor is held for each level. */
#define MAX_DEPTH 256
/* Some file systems skip entries while others are removed, and a dying process may still write. */
#define MAX_PASSES 3
#define COPY_SIZE 65536

static int remove_dir(int at, const char *name, int depth);

static int remove_entry(int at, const struct dirent *e, int depth)
{
	if (e->d_type != DT_DIR) {
		if (unlinkat(at, e->d_name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR)
			return -1;
	}
	return remove_dir(at, e->d_name, depth + 1);
}

static int remove_children(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -1;
	}
	int reason = 0;
	while (!reason) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e) {
			reason = errno;
			break;
		}
		if (!fs_is_dots(e->d_name) && remove_entry(dirfd(dir), e, depth) < 0)
			reason = errno;
	}
	closedir(dir);
	errno = reason;
	return reason ? -1 : 0;
}

static int remove_dir(int at, const char *name, int depth)
{
	if (depth > MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	for (int pass = 0; pass < MAX_PASSES; pass++) {
		int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT ? 0 : -1;
		if (remove_children(fd, depth) < 0)
			return -1;
		if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -1;
	}
	return -1;
}

int fs_remove_tree(const char *path, struct error *err)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno == EISDIR && remove_dir(AT_FDCWD, path, 0) == 0)
		return 0;
	return error_errno(err, "cannot remove '%s'", path);
}

unsigned long long fs_tree_size(const char *path)
{
	struct fs_list list = {0};
	struct stat st;
	unsigned long long size = 0;
	if (fs_list(path, &list, NULL) < 0)
		return 0;
	for (size_t i = 0; i < list.n; i++) {
		char *entry = path_join(path, list.v[i].name);
		bool there = lstat(entry, &st) == 0;
		if (there && S_ISDIR(st.st_mode))
			size += fs_tree_size(entry);
		else if (there && S_ISREG(st.st_mode))
			size += (unsigned long long)st.st_size;
		free(entry);
	}
	fs_list_release(&list);
	return size;
}

static int copy_bytes(int from, int to)
{
	char chunk[COPY_SIZE];
	for (;;) {
		ssize_t n = fs_read_some(from, chunk, sizeof chunk);
		if (n <= 0)
			return (int)n;
		if (fs_write_all(to, chunk, (size_t)n) < 0)
			return -1;
	}
}

int fs_copy(const char *from, const char *to, struct error *err)
{
	struct stat st;
	int in = fs_open_regular(from, &st, err);
	if (in < 0)
		return -1;
	char *temp;
	int ret = -1, out = fs_temp_open(to, 0600, &temp, err);
	if (out >= 0) {
		int copied = copy_bytes(in, out);
		if (copied == 0)
			copied = fchmod(out, st.st_mode & 0777);
		ret = fs_temp_commit(out, copied, temp, to, err);
		free(temp);
	}
	close(in);
	return ret;
}

/* Links under a name of its own first, since link(2) replaces nothing. */
static int link_over(const char *from, const char *to)
{
	char *temp = fs_temp_name(to);
	int ret = linkat(AT_FDCWD, from, AT_FDCWD, temp, AT_SYMLINK_FOLLOW);
	if (ret == 0) {
		ret = rename(temp, to);
		/* rename of two names of one file does nothing and says so with success. */
		unlink(temp);
	}
	free(temp);
	return ret;
}

int fs_link_or_copy(const char *from, const char *to, struct error *err)
{
	if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno == EEXIST && link_over(from, to) == 0)
		return 0;
	return fs_copy(from, to, err);
}
