/* unit_kind: what a run knows of units whatever their include lists: which kept objects it distrusts, and of what the user has been told.
 * A kind is a library, or a board's core, with the commands that it is compiled by.
 */
#ifndef SKETCH_UNIT_KIND_H
#define SKETCH_UNIT_KIND_H

#include <stdbool.h>
#include "common/strmap.h"

struct digest;

/* All zero is one that knows nothing. */
struct unit_kinds {
	struct strmap trust; /* hex of the kind -> one of two marks */
	struct strmap told; /* board and name */
};

/* May kept objects be taken? `distrust` is the answer for those that nothing is known of (-m). */
bool unit_kinds_may_take(const struct unit_kinds *k, const struct digest *kind, bool distrust);
/* A sketch failed with kept objects: the next unit of the kind is made anew. Nothing where this run has made them already. */
void unit_kinds_distrust(struct unit_kinds *k, const struct digest *kind);
/* This run made them anew: they are trusted from now on. */
void unit_kinds_made(struct unit_kinds *k, const struct digest *kind);
/* True when it is the first call for this board and directory. */
bool unit_kinds_tell(struct unit_kinds *k, const char *board, const char *dir);
void unit_kinds_release(struct unit_kinds *k);

#endif
