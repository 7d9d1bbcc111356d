/* rules: see rules.h.
 */
#include "git/rules.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/lib.h"
#include "git/notes.h"

struct path_rules {
	git_repository *repo;
	git_index *index; /* NULL: cannot be read */
};

static const char *reason(void)
{
	const git_error *e = git_error_last();
	return e && e->message ? e->message : "unknown error";
}

/* Without any safe.directory in the configuration libgit2 1.5 tells only that it misses that. */
static bool owner_refused(int ret)
{
	return ret == GIT_EOWNER || (ret == GIT_ENOTFOUND && strstr(reason(), "safe.directory"));
}

static int refuse_owner(const char *dir, struct error *err)
{
	return error_set(err,
		"git does not trust '%s', which belongs to another user; cure: git config --global "
		"--add safe.directory '%s'",
		dir, dir);
}

/* Whatever core.worktree and core.bare say: the rules are asked about what lies here. libgit2 1.5 leaks when told what it knows already. */
static int set_top(git_repository *repo, const char *dir)
{
	const char *top = git_repository_workdir(repo);
	char *real = path_real(dir, NULL);
	size_t len = real ? strlen(real) : 0;
	bool there = top && real && strncmp(top, real, len) == 0 && !strcmp(top + len, "/");
	free(real);
	return there ? 0 : git_repository_set_workdir(repo, dir, 0);
}

int path_rules_open(
	struct path_rules **out, const char *dir, struct notes *notes, struct error *err)
{
	git_repository *repo = NULL;
	lib_init();
	*out = NULL;
	int ret = git_repository_open_ext(&repo, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	if (owner_refused(ret))
		return refuse_owner(dir, err);
	if (ret < 0 || set_top(repo, dir) < 0) {
		notes_add(notes, "'%s' is taken as a plain directory: its .git cannot be read: %s",
			dir, reason());
		git_repository_free(repo);
		return 0;
	}
	struct path_rules *r = xcalloc(1, sizeof *r);
	r->repo = repo;
	if (git_repository_index(&r->index, repo) < 0)
		notes_add(notes,
			"files of '%s' that are tracked and ignored stay here: its index cannot be "
			"read: %s",
			dir, reason());
	*out = r;
	return 0;
}

void path_rules_free(struct path_rules *r)
{
	if (!r)
		return;
	git_index_free(r->index);
	git_repository_free(r->repo);
	free(r);
}

bool path_rules_tracked(const struct path_rules *r, const char *path)
{
	size_t at;
	return r->index && git_index_find(&at, r->index, path) == 0;
}

bool path_rules_tracked_beneath(const struct path_rules *r, const char *dir)
{
	if (!r->index)
		return false;
	size_t at;
	char *prefix = xasprintf("%s/", dir);
	bool found = git_index_find_prefix(&at, r->index, prefix) == 0;
	free(prefix);
	return found;
}

bool path_rules_ignored(const struct path_rules *r, const char *path)
{
	int ignored = 0;
	return git_ignore_path_is_ignored(&ignored, r->repo, path) == 0 && ignored;
}
