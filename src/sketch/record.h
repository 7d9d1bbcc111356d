/* record: the proof of a result: what it was made of, and whether that still is so. */
#ifndef SKETCH_RECORD_H
#define SKETCH_RECORD_H

#include <stdbool.h>

struct context;
struct run;
struct strv;

/* True when the result with this key, whose deps file lies at `deps`, would come out the same today: same settings, and every file
 * and directory as recorded. No process, no hash unless stat data say so. NULLs give false. */
bool record_is_current(const struct context *c, const char *key, const char *deps);
/* The same for a sketch that wants headers nobody has: `deps` are what it reads, missing ones as bare names. */
void record_missing(struct run *r, const struct strv *deps);
/* Fills deps and key of the run's result. */
void record_make(struct run *r);

#endif
