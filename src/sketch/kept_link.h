/* kept_link: what an earlier link of the same inputs made and said. */
#ifndef SKETCH_KEPT_LINK_H
#define SKETCH_KEPT_LINK_H

#include <stdbool.h>

struct buf;
struct run;

/* Puts the result kept under r->link_key in build.path, adds what was said to r->result, and what the size recipe said to
 * `size`. False when there is none, or not whole: then r->result and `size` are unchanged. */
bool kept_link_take(struct run *r, struct buf *size);
/* Keeps the result that lies in build.path. Failing is a debug line. */
void kept_link_keep(struct run *r, const struct buf *size);

#endif
