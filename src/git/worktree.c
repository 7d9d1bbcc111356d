/* worktree: looks for .git, as git itself does, and never asks what is in it. GIT_DIR and the like are
 * not heeded: where results go must not depend on a hook's environment.
 */
#include "git/worktree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "common/fs.h"
#include "common/xalloc.h"

static bool has_git(const char *dir)
{
	char *path = path_join(dir, ".git");
	bool has = fs_exists(path);
	free(path);
	return has;
}

char *worktree_top(const char *dir)
{
	char *top = xstrdup(dir);
	while (!has_git(top)) {
		char *slash = strrchr(top, '/');
		if (!slash || !top[1]) {
			free(top);
			return NULL;
		}
		slash[slash == top] = '\0';
	}
	return top;
}
