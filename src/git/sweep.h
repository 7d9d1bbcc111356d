/* sweep: takes away what a tree does not hold. For this room only. */
#ifndef GIT_SWEEP_H
#define GIT_SWEEP_H

#include <git2.h>

struct error;

/* Removes everything beneath `dir` that has no entry of its name and kind in the tree: ignored and nested repositories too, which
 * libgit2 would leave. Follows no symlink. */
int sweep(const char *dir, git_repository *repo, const git_tree *tree, struct error *err);

#endif
