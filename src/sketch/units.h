/* units: the units of a context: found by what they suit, counted by their users, and freed when nobody has used them for long. So what a run
 * holds grows with the sketches at once, not with the sketches.
 */
#ifndef SKETCH_UNITS_H
#define SKETCH_UNITS_H

#include <stdbool.h>
#include "common/digest.h"

struct context;
struct error;
struct library;
struct props;
struct strv;
struct unit;

/* What a sketch asks with. */
struct unit_ask {
	const struct strv *dirs; /* its -I directories; borrowed */
	struct props *overlay; /* its properties; borrowed */
	const char *place; /* see unit_place */
	struct digest flavor; /* of unit_flavor */
	struct digest kind; /* set by unit_get */
};

/* For as long as its properties and the argument files they name stay as they are. */
void unit_ask_init(struct unit_ask *a, const struct context *c, const struct strv *dirs,
	struct props *overlay);
/* The unit of `library` (NULL: the core) for this include list: one made before when it suits, else a new one, started. The
 * caller uses it until unit_put. NULL and err when its sources cannot be listed. */
struct unit *unit_get(struct context *c, const struct library *library, const struct unit_ask *ask,
	struct error *err);
void unit_put(struct unit *u);
/* That build.path goes: nobody gets what reads there any more. */
void units_leave(struct context *c, const char *build_dir);
/* True when nobody uses any and none is being made. */
bool units_idle(const struct context *c);
/* The engine closes: nothing calls back any more. Their tasks are gone already. */
void units_abandon(struct context *c);
void units_free(struct context *c);

#endif
