/* sweep: see sweep.h. It looks at what is on disk and asks the tree, never the other way round: no name of the tree becomes a path here.
 */
#include "git/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "git/lib.h"

/* One descriptor is held for each level. */
#define MAX_DEPTH 256

struct sweeper {
	git_repository *repo;
	struct buf path; /* of the directory at hand, with a slash at its end */
	struct error *err;
};

static int sweep_dir(struct sweeper *w, int fd, const git_tree *tree, unsigned depth);

/* The kind that stands in a mode: S_IFDIR, … */
static mode_t kind_on_disk(int at, const char *name)
{
	struct stat st;
	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & S_IFMT : 0;
}

static mode_t kind_in_tree(const git_tree_entry *e)
{
	switch (git_tree_entry_filemode(e)) {
	case GIT_FILEMODE_TREE: return S_IFDIR;
	case GIT_FILEMODE_LINK: return S_IFLNK;
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE: return S_IFREG;
	default: return 0;
	}
}

/* Goes into the directory w->path, which the entry stands for. */
static int sweep_below(
	struct sweeper *w, int at, const char *name, const git_tree_entry *e, unsigned depth)
{
	git_tree *tree = NULL;
	if (depth == MAX_DEPTH)
		return error_set(
			w->err, "'%s' is more than %d directories deep", w->path.data, MAX_DEPTH);
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(w->err, "cannot open '%s'", w->path.data);
	if (git_tree_lookup(&tree, w->repo, git_tree_entry_id(e)) < 0) {
		close(fd);
		return lib_error(w->err, "cannot read the tree of '%s'", w->path.data);
	}
	buf_addch(&w->path, '/');
	int ret = sweep_dir(w, fd, tree, depth + 1);
	git_tree_free(tree);
	return ret;
}

/* Its path is in w->path. */
static int sweep_entry(
	struct sweeper *w, int at, const char *name, const git_tree *tree, unsigned depth)
{
	const git_tree_entry *e = git_tree_entry_byname(tree, name);
	mode_t kind = e ? kind_on_disk(at, name) : 0;
	if (!kind || kind != kind_in_tree(e))
		return fs_remove_tree(w->path.data, w->err);
	return kind == S_IFDIR ? sweep_below(w, at, name, e, depth) : 0;
}

/* Takes fd. */
static int sweep_dir(struct sweeper *w, int fd, const git_tree *tree, unsigned depth)
{
	size_t len = w->path.len;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		error_errno(w->err, "cannot read '%s'", w->path.data);
		close(fd);
		return -1;
	}
	int ret = 0;
	while (ret == 0) {
		errno = 0;
		const struct dirent *d = readdir(dir);
		if (!d) {
			if (errno)
				ret = error_errno(w->err, "cannot read '%s'", w->path.data);
			break;
		}
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		buf_addstr(&w->path, d->d_name);
		ret = sweep_entry(w, fd, d->d_name, tree, depth);
		buf_truncate(&w->path, len);
	}
	closedir(dir);
	return ret;
}

int sweep(const char *dir, git_repository *repo, const git_tree *tree, struct error *err)
{
	struct sweeper w = {.repo = repo, .err = err};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open '%s'", dir);
	buf_addf(&w.path, "%s/", dir);
	int ret = sweep_dir(&w, fd, tree, 0);
	buf_release(&w.path);
	return ret;
}
