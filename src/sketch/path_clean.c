/* path_clean: see path_clean.h. Looks at the disk only where the text holds "." or ".." components; follows no symlink for
 * good, so that a link which comes to point elsewhere is still seen.
 */
#include "sketch/path_clean.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/xalloc.h"

static int same_file(const char *a, const char *b)
{
	struct stat x, y;
	if (stat(a, &x) < 0)
		return stat(b, &y) < 0;
	return stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

char *path_clean(const char *path)
{
	size_t len = strlen(path);
	if (path[0] == '/' && path[len - 1] != '/' && !strstr(path, "/.") && !strstr(path, "//"))
		return xstrdup(path);
	char *text = path_absolute(path);
	if (path[0] != '/' || !strstr(path, "/..") || same_file(path, text))
		return text;
	free(text);
	return xstrdup(path);
}
