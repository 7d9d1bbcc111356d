/* unit_sources: what a unit compiles and with which commands. */
#ifndef SKETCH_UNIT_SOURCES_H
#define SKETCH_UNIT_SOURCES_H

struct context;
struct error;
struct library;
struct props;
struct unit;

/* The commands with paths and includes taken out, and argument files by content: two units of one library with equal flavors
 * differ by their include list only. New string. */
char *unit_flavor(const struct context *c, const struct props *overlay);
/* The build.path in which commands for units read, so that nobody else can have them: an argument file, an -I. NULL: they name none.
 * Borrowed from `overlay`. */
const char *unit_place(const struct context *c, const struct props *overlay);
/* Fills the unit's group: one tu per source, commands made with `overlay`. */
int unit_fill(struct unit *u, struct props *overlay, struct error *err);

#endif
