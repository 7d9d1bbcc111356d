/* skeleton: the text behind source_skeleton's digest, for those who want to see it. */
#ifndef SKETCH_SKELETON_H
#define SKETCH_SKELETON_H

#include <stddef.h>

struct buf;

/* Adds, line by line, '+' and the line where it counts, '-' and how many lines were left out where
 * not; or '=' and all of the text. Equal results get the same prototypes at the same line. */
void skeleton_text(const char *text, size_t len, struct buf *out);

#endif
