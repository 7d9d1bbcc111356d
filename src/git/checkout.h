/* checkout: a snapshot's files on a worker's disk. It blocks: run it off the loop. No filter, no hook, no attribute of the tree is
 * honoured: the bytes are those of the boss.
 */
#ifndef GIT_CHECKOUT_H
#define GIT_CHECKOUT_H

#include <stdbool.h>

struct error;

#define SLOT_MAX 256

/* A directory that holds one tree at a time, and belongs to one process at a time. */
struct slot;

/* Takes the first slot beneath `dir` (dir/0, dir/1, …; made when absent) that no live process holds (flock); prefers one that holds `tree`
 * (hex) already, then any that is free. NULL and err. */
struct slot *slot_take(const char *dir, const char *tree, struct error *err);
/* Lets it go; its files stay for the next run. NULL is fine. */
void slot_free(struct slot *s);
/* Removes the files of the slot (<dir>/<number>), unless a process holds it: false. */
bool slot_discard(const char *slot);
/* The directory of files: <slot>/src. Borrowed. */
const char *slot_path(const struct slot *s);
/* Bytes of the files that the last slot_checkout put there, or found. */
unsigned long long slot_bytes(const struct slot *s);
/* Makes src hold exactly `tree` (hex) of the bare repository `repo`, one of ours: what `ref` points to must be a commit with that tree. Files that are
 * equal keep their times; all others go, whether of an earlier tree or left by a build. An interrupted one is recovered by the next. A tree with
 * names that git does not allow is refused. -1 and err: src may then be anything between the two. */
int slot_checkout(
	struct slot *s, const char *repo, const char *ref, const char *tree, struct error *err);

#endif
