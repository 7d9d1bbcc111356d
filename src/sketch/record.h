/* record: the proof of a result: what it was made of, and whether that still is so. */
#ifndef SKETCH_RECORD_H
#define SKETCH_RECORD_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct context;
struct file_index;
struct run;
struct strv;

/* True when the result with this key, whose deps file lies at `deps`, would come out the same today: same settings, and every file
 * and directory as recorded. No process, no hash unless stat data say so. NULLs give false. */
bool record_is_current(const struct context *c, const char *key, const char *deps);
/* The same for a sketch that wants headers nobody has: `deps` are what it reads, missing ones as bare names. */
void record_missing(struct run *r, const struct strv *deps);
/* Makes of the deps of a result that another machine has made by the same rules what they would be if it had been made here: this machine's
 * digest of the settings (hex), and its listings of directories, of which that machine has not got all. One that has changed since the moment
 * `since` (ns of the kernel's coarse clock) stays as it was there. `out` is empty; *key is new. False, and nothing is done, when nothing can be made of it. */
bool record_adopt(const char *settings, struct file_index *ix, int64_t since, const char *deps,
	struct buf *out, char **key);
/* Fills deps and key of the run's result. */
void record_make(struct run *r);

#endif
