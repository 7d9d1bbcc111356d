/* archive: objects into one .a by the platform's recipe.ar.pattern, kept by content. */
#ifndef SKETCH_ARCHIVE_H
#define SKETCH_ARCHIVE_H

#include "common/strv.h"

struct context;
struct digest;
struct error;
struct props;
struct tu;

/* Puts the objects in place under their own names (so that members are called as the reference calls them) and gives the commands:
 * one for all objects where the recipe allows it, else one each. */
int archive_commands(struct context *c, const struct props *overlay, struct tu *const *objects,
	size_t n, const char *archive, struct strv **commands, size_t *n_commands,
	struct error *err);
/* Key of the result. */
void archive_key(struct context *c, struct tu *const *objects, size_t n, struct digest *out);

#endif
