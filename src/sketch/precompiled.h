/* precompiled: libraries that bring an archive for a processor (precompiled=true | full in library.properties).
 *
 * Source: the library specification and arduino-cli's rules: src/<mcu>/<fpu>-<float abi>, then src/<mcu>.
 */
#ifndef SKETCH_PRECOMPILED_H
#define SKETCH_PRECOMPILED_H

#include <stdbool.h>

struct board;
struct buf;
struct library;
struct strv;

/* The directory with the library's archives for this board, or NULL (not precompiled, none for it, or the platform does not
 * support it). New string. */
char *precompiled_dir(const struct board *b, const struct library *lib);
/* True when the library's sources are not compiled for this board because its archive stands for them. */
bool precompiled_replaces_sources(const struct board *b, const struct library *lib);
/* Adds what the link needs: -L, -l and the library's own flags to `ldflags`; the paths of archives not called lib*.a to
 * `objects`. */
void precompiled_link(const struct board *b, const struct library *lib, struct strv *objects,
	struct buf *ldflags);

#endif
