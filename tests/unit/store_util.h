/* store_util: small helpers of the store's, the file index's and the toolchain's tests: files with known content in the test's
 * own directory. Every failure ends the test at once.
 */
#ifndef UNIT_STORE_UTIL_H
#define UNIT_STORE_UTIL_H

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "unit/tap.h"

TAP_FN void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	exit(99);
}

/* Path below the test's directory. A few are alive at a time. */
TAP_FN const char *at(const char *name)
{
	static char paths[16][4200];
	static unsigned next;
	char *p = paths[next++ % 16];
	snprintf(p, sizeof paths[0], "%s/%s", test_tmpdir(), name);
	return p;
}

/* Writes in place (same inode), making directories. `name` is below the test's directory. */
TAP_FN const char *put(const char *name, const char *text)
{
	const char *path = at(name);
	char *dir = path_dir(path);
	struct error err = ERROR_INIT;
	must(fs_mkdirs(dir, &err) == 0, err.text);
	free(dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
	return path;
}

TAP_FN char *slurp(const char *path)
{
	struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	must(fs_read(path, 0, &b, &err) == 0, err.text);
	return buf_detach(&b);
}

/* Turns over one bit of the byte at `offset` (negative: from the end). */
TAP_FN void flip(const char *path, long offset)
{
	chmod(path, 0644);
	FILE *f = fopen(path, "r+b");
	must(f && fseek(f, offset, offset < 0 ? SEEK_END : SEEK_SET) == 0, path);
	int c = fgetc(f);
	must(c != EOF && fseek(f, -1, SEEK_CUR) == 0 && fputc(c ^ 1, f) != EOF, path);
	must(fclose(f) == 0, path);
}

TAP_FN bool is_digest_of(const struct digest *d, const char *text)
{
	struct digest want;
	digest_bytes(&want, text, strlen(text));
	return digest_equal(d, &want);
}

#endif
