/* checkout: a snapshot's files on a worker's disk. It blocks: run it off the loop. No filter, no hook, no attribute of the tree is
 * honoured: the bytes are those of the boss.
 */
#ifndef GIT_CHECKOUT_H
#define GIT_CHECKOUT_H

struct error;

/* A directory that holds one tree at a time, and belongs to one process at a time. */
struct slot;

/* Takes the first slot beneath `dir` (dir/0, dir/1, …; made when absent) that no live process holds (flock); prefers one that holds `tree` (hex)
 * already, then any that is free. NULL and err. */
struct slot *slot_take(const char *dir, const char *tree, struct error *err);
/* Lets it go; its files stay for the next run. */
void slot_free(struct slot *s);
/* The directory of files: <slot>/src. Borrowed. */
const char *slot_path(const struct slot *s);
/* Makes src hold exactly `tree` of the bare repository `repo`: what `ref` points to must be a commit with that tree. Files that are equal keep their
 * times; others of an earlier tree go. An interrupted one is recovered by the next. */
int slot_checkout(
	struct slot *s, const char *repo, const char *ref, const char *tree, struct error *err);

#endif
