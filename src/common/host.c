/* host: see host.h. machine-id(5); a container may have an empty one, or one that is shared with its image: its host name then. */
#include "common/host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

#define ID_LEN 32 /* hex digits of a machine-id */

static char *machine_id(void)
{
	struct buf text = BUF_INIT;
	char *id = NULL;
	if (fs_read("/etc/machine-id", 4096, &text, NULL) == 0 &&
		strspn(buf_str(&text), "0123456789abcdef") == ID_LEN)
		id = xstrndup(text.data, ID_LEN);
	buf_release(&text);
	return id;
}

/* The machine's name with every byte that has no place in a file's name as '_'. */
static char *name_id(void)
{
	char name[256] = "";
	if (gethostname(name, sizeof name - 1) < 0 || !*name)
		return xstrdup("unnamed");
	for (char *p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *p))
			*p = '_';
	return xstrdup(name);
}

char *host_id(void)
{
	char *id = machine_id();
	return id ? id : name_id();
}

/* What is there must be ours alone to change: what lies in it is run. A file there is a cache that cannot be written, no more. */
static int check_own(const char *dir, const char *variable, struct error *err)
{
	struct stat st;
	if (lstat(dir, &st) < 0)
		return 0;
	const char *what = S_ISLNK(st.st_mode)	    ? "is a symlink"
			   : st.st_uid != geteuid() ? "belongs to another user"
			   : st.st_mode & S_IWOTH   ? "can be changed by everybody"
						    : NULL;
	if (!what)
		return 0;
	return error_set(err, "'%s' %s; cure: remove it, or set %s to a directory of yours", dir,
		what, variable);
}

static int check_both(const char *dir, const char *variable, struct error *err)
{
	char *above = path_dir(dir);
	int ret = check_own(above, variable, err);
	free(above);
	return ret < 0 ? ret : check_own(dir, variable, err);
}

int host_dir_make(const char *dir, struct error *err)
{
	char *above = path_dir(dir), *home = path_dir(above);
	int ret = fs_mkdirs(home, err);
	if (ret == 0 && mkdir(above, 0700) < 0 && !fs_is_dir(above))
		ret = error_errno(err, "cannot make directory '%s'", above);
	if (ret == 0 && mkdir(dir, 0700) < 0 && !fs_is_dir(dir))
		ret = error_errno(err, "cannot make directory '%s'", dir);
	free(above);
	free(home);
	return ret;
}

/* $VARIABLE/boardman/<id>, else ~/FALLBACK/boardman/<id>. */
static char *own_dir(
	const char *variable, const char *fallback, const char *what, struct error *err)
{
	const char *xdg = getenv(variable), *home = getenv("HOME");
	char *id = host_id(), *dir = NULL;
	if (xdg && *xdg == '/')
		dir = xasprintf("%s/boardman/%s", xdg, id);
	else if (home && *home == '/')
		dir = xasprintf("%s/%s/boardman/%s", home, fallback, id);
	else
		error_set(err, "no place for %s; cure: set HOME or %s", what, variable);
	free(id);
	if (dir && check_both(dir, variable, err) == 0)
		return dir;
	free(dir);
	return NULL;
}

char *host_cache_dir(struct error *err)
{
	return own_dir("XDG_CACHE_HOME", ".cache", "the cache", err);
}

char *host_state_dir(struct error *err)
{
	return own_dir("XDG_STATE_HOME", ".local/state", "what is to be remembered", err);
}
