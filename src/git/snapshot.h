/* snapshot: the working tree as it is now, as one parentless commit in a repository of our own; the user's index, refs and objects are
 * read, never written. It blocks: run it off the loop.
 *
 * A snapshot holds roots: directories of the boss. Of a git work tree (a directory with a .git of its own) it takes tracked and untracked
 * files, submodules and nested repositories too; ignored files only where `needed` and `tops` say so. Of any other directory it takes all. Bytes go
 * as they are on disk: no filter, no line-end conversion, no hook. Symlinks and exec bits survive; what git cannot hold (FIFO, socket,
 * device, a name like .GIT) is left out with a note. Empty directories are lost.
 */
#ifndef GIT_SNAPSHOT_H
#define GIT_SNAPSHOT_H

#include <stddef.h>
#include "common/strv.h"

struct error;
struct repo_hold;

#define SNAPSHOT_MAX_FILES 1000000
#define SNAPSHOT_MAX_BYTES (4ull << 30)
#define SNAPSHOT_MAX_ROOTS 4096

/* One directory to take. */
struct snapshot_root {
	const char *path; /* absolute, as it was named */
	const struct strv
		*needed; /* absolute directories beneath it whose ignored files go too; NULL none */
	const struct strv *
		tops; /* likewise, but of those only the files in them, not the directories; NULL none */
};

struct snapshot_config {
	const char *repo; /* our bare repository; made when absent. Shared by runs: safe at the same
			     time. Never part of a snapshot */
	const struct snapshot_root *roots; /* none lies beneath another */
	size_t n_roots;
	const struct strv *excluded; /* absolute directories that never go: the output directory;
					NULL none */
	size_t max_files; /* 0: SNAPSHOT_MAX_FILES */
	unsigned long long max_bytes; /* 0: SNAPSHOT_MAX_BYTES */
};

struct snapshot {
	char *commit, *tree; /* hex ids; equal content in roots of equal names has equal ids */
	struct strv dirs; /* the name in the tree of each root, in order: "0-FastLED" */
	struct strv notes; /* lines for the user: what was left out */
	size_t files;
	unsigned long long bytes;
	struct repo_hold
		*hold; /* keeps the objects: nobody prunes the repository before snapshot_release */
};

/* Fills *s. -1 and err: what cannot be read, a name that is not UTF-8, more than the limits, a work tree that git does not trust. The repository
 * is begun anew now and then (git/repo.h): what was in it before is then gone, as pack_has tells. */
int snapshot_make(struct snapshot *s, const struct snapshot_config *c, struct error *err);
/* A zeroed one is fine. */
void snapshot_release(struct snapshot *s);
/* Makes a commit of files as they are, for sending: `names` (plain or dir/name) in the tree, `paths` where they lie; symlinks are followed. */
int snapshot_files(struct snapshot *s, const char *repo, const struct strv *names,
	const struct strv *paths, struct error *err);

#endif
