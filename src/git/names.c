/* names: see names.h. The rules are those of git's core.protectHFS and core.protectNTFS, which hold for whoever writes the tree out;
 * here they are drawn a little wider: every byte beyond ASCII counts as one that HFS+ leaves out.
 */
#include "git/names.h"

#include <git2.h>
#include <git2/sys/path.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_dot_git(const char *name)
{
	char plain[8];
	size_t n = 0;
	for (; *name && *name != ':' && *name != '\\'; name++) {
		if ((unsigned char)*name >= 0x80)
			continue;
		/* Longer than any of the names, unless the rest are blanks and dots, which NTFS leaves out. */
		if (n == sizeof plain - 1) {
			if (*name != ' ' && *name != '.')
				return false;
			continue;
		}
		plain[n++] = *name;
	}
	while (n && (plain[n - 1] == ' ' || plain[n - 1] == '.'))
		n--;
	plain[n] = '\0';
	return strcasecmp(plain, ".git") == 0 || strcasecmp(plain, "git~1") == 0;
}

bool name_fits(const char *name, bool symlink)
{
	bool plain =
		*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
	return plain && !is_dot_git(name) &&
	       !(symlink && git_path_is_gitfile(name, strlen(name), GIT_PATH_GITFILE_GITMODULES,
				    GIT_PATH_FS_GENERIC));
}
