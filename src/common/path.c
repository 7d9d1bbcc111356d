/* path: the path names of fs.h, by text. Only path_absolute (the current directory) and path_real ask
 * the system. Nothing here looks whether a name exists.
 */
#include "common/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || !dir[0])
		return xstrdup(name);
	size_t dir_len = strlen(dir), name_len = strlen(name);
	size_t slash = name_len && dir[dir_len - 1] != '/';
	char *path = xmalloc(dir_len + slash + name_len + 1);
	memcpy(path, dir, dir_len);
	if (slash)
		path[dir_len] = '/';
	memcpy(path + dir_len + slash, name, name_len + 1);
	return path;
}

char *path_dir(const char *path)
{
	const char *end = strrchr(path, '/');
	if (!end)
		return xstrdup(".");
	while (end > path && end[-1] == '/')
		end--;
	return end == path ? xstrdup("/") : xstrndup(path, (size_t)(end - path));
}

/* Where the text without its last component ends; never above `floor`, which is "" or "/". */
static size_t parent_end(const struct buf *b, size_t floor)
{
	size_t end = b->len;
	while (end > floor && b->data[end - 1] != '/')
		end--;
	return end > floor ? end - 1 : floor;
}

static bool last_is_dotdot(const struct buf *b)
{
	const char *base = path_base(buf_str(b));
	return strcmp(base, "..") == 0;
}

/* Adds the components of `path` to `out`, which holds "/", or nothing for a relative result. */
static void add_components(struct buf *out, const char *path, size_t floor)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		bool up = len == 2 && memcmp(path, "..", 2) == 0;
		if (up && (floor || (out->len && !last_is_dotdot(out)))) {
			buf_truncate(out, parent_end(out, floor));
		} else if (len && !(len == 1 && path[0] == '.')) {
			if (out->len > floor)
				buf_addch(out, '/');
			buf_add(out, path, len);
		}
		path += len;
		path += strspn(path, "/");
	}
}

char *path_absolute(const char *path)
{
	struct buf out = BUF_INIT;
	char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	/* With the current directory gone the result stays relative, so that it names nothing else. */
	size_t floor = path[0] == '/' || cwd;
	if (floor)
		buf_addch(&out, '/');
	if (cwd)
		add_components(&out, cwd, floor);
	add_components(&out, path, floor);
	if (!out.len)
		buf_addch(&out, '.');
	free(cwd);
	return buf_detach(&out);
}

char *path_real(const char *path, struct error *err)
{
	char *real = realpath(path, NULL);
	if (!real)
		error_errno(err, "cannot resolve '%s'", path);
	return real;
}

/* What follows `dir` and its slashes in `path`; NULL when it does not lie beneath. */
static const char *beneath(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (!len || strncmp(path, dir, len) != 0)
		return NULL;
	const char *rest = path + len;
	if (*rest && *rest != '/' && dir[len - 1] != '/')
		return NULL;
	return rest + strspn(rest, "/");
}

char *path_relative(const char *path, const char *base)
{
	const char *rest = beneath(path, base);
	if (!rest)
		return xstrdup(path);
	return xstrdup(*rest ? rest : ".");
}

bool path_beneath(const char *path, const char *dir)
{
	return beneath(path, dir) != NULL;
}

/* Whether a path may begin after this byte. */
static bool before_path(char c)
{
	return strchr(" \t'\"`(<[=:,", c) != NULL;
}

size_t path_find(const char *line, size_t len, size_t from, const char *dir)
{
	size_t n = strlen(dir);
	for (size_t i = from; n > 1 && i + n < len; i++)
		if (!memcmp(line + i, dir, n) && line[i + n] == '/' &&
			(!i || before_path(line[i - 1])))
			return i;
	return len;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *path_ext(const char *path)
{
	const char *base = path_base(path);
	const char *dot = strrchr(base, '.');
	return dot ? dot : base + strlen(base);
}
