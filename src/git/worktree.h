/* worktree: where the git work tree that holds a directory begins. */
#ifndef GIT_WORKTREE_H
#define GIT_WORKTREE_H

/* The nearest directory at or above `dir` (absolute) that has a .git, directory or file. New string; NULL when there is none. */
char *worktree_top(const char *dir);

#endif
