/* tmp: see tmp.h. A relative TMPDIR is refused: tools run in directories of their own.
 */
#include "common/tmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

#define FULL 1000000u /* bytes */
#define CURE "cure: unset TMPDIR, or set it to a directory that you may write to"

/* NULL when it is not set. */
static const char *named_dir(void)
{
	const char *dir = getenv("TMPDIR");
	return dir && *dir ? dir : NULL;
}

int tmp_check(struct error *err)
{
	const char *named = named_dir(), *dir = named ? named : "/tmp";
	const char *what = dir[0] != '/'		  ? "is not an absolute path"
			   : !fs_exists(dir)		  ? "does not exist"
			   : !fs_is_dir(dir)		  ? "is not a directory"
			   : access(dir, W_OK | X_OK) < 0 ? "cannot be written to"
							  : NULL;
	if (!what)
		return 0;
	if (named)
		return error_set(err, "TMPDIR '%s' %s; " CURE, dir, what);
	return error_set(
		err, "'%s' %s; cure: set TMPDIR to a directory that you may write to", dir, what);
}

bool tmp_is_full(void)
{
	const char *named = named_dir();
	struct statvfs s;
	if (statvfs(named ? named : "/tmp", &s) < 0)
		return false;
	return (s.f_blocks && s.f_bavail < FULL / (s.f_frsize ? s.f_frsize : 1)) ||
	       (s.f_files && !s.f_favail);
}

char *tmp_new_dir(const char *prefix, struct error *err)
{
	const char *named = named_dir();
	if (tmp_check(err) < 0)
		return NULL;
	char *dir = xasprintf("%s/%s-XXXXXX", named ? named : "/tmp", prefix);
	if (mkdtemp(dir))
		return dir;
	error_set(err, "cannot make a directory '%s': %s; " CURE, dir, strerror(errno));
	free(dir);
	return NULL;
}
