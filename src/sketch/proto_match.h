/* proto_match: compares what ctags said of a function with the sketch's own lines, as the reference
 * does, with its oddities: which functions get a prototype, and at which line, hangs on them.
 */
#ifndef SKETCH_PROTO_MATCH_H
#define SKETCH_PROTO_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "sketch/source.h"

struct tag;
struct tags;

struct source_line {
	const char *s;
	size_t len;
};
struct source_lines {
	struct source_line *v;
	size_t n, cap;
	bool known;
};

/* The lines of the sketch's .ino files, found in the merged text. */
struct source_view {
	const struct sketch *sketch; /* borrowed, as is the text */
	const struct merged *merged;
	struct source_lines *files; /* beside sketch->ino */
};

void source_view_init(struct source_view *v, const struct sketch *s, const struct merged *m);
void source_view_release(struct source_view *v);

/* False for a function whose prototype does not stand in the code: a macro made it, or ctags
 * misread it. May correct the line. */
bool proto_matches(struct source_view *v, struct tag *t);
/* A function template's declaration, "template <class T> T f(T a);", from its code or the lines
 * above. New string. */
char *proto_of_template(struct source_view *v, const struct tag *t);
/* Puts extern "C" to the modifiers of functions on lines with C linkage. */
void proto_add_c_linkage(struct source_view *v, struct tags *tags);

#endif
