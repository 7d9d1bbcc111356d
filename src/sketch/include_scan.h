/* include_scan: a C or C++ text cut down to what decides which files it includes: #include, #define and conditional lines, as one array.
 *
 * Comments, strings and raw strings are told apart as a compiler does. Nothing is evaluated here. A text over the limits gives
 * the items up to them.
 */
#ifndef SKETCH_INCLUDE_SCAN_H
#define SKETCH_INCLUDE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/buf.h"

enum scan_op {
	SCAN_INCLUDE, /* text is the name, form tells how it stands there */
	SCAN_IF, /* text is the condition */
	SCAN_IFDEF,
	SCAN_IFNDEF, /* macro */
	SCAN_ELIF,
	SCAN_ELSE,
	SCAN_ENDIF,
	SCAN_DEFINE, /* macro, text its body, params */
	SCAN_UNDEF,
	SCAN_LINE, /* text is the file named by #line */
};

enum scan_form { SCAN_ANGLE, SCAN_QUOTED, SCAN_COMPUTED };

/* What a walk knows of a macro at one moment. */
enum macro_state { MACRO_UNDEFINED, MACRO_DEFINED, MACRO_MAYBE };

struct scan;
struct scan_item;
struct tree_file;

/* One name, shared by all texts. The state belongs to the walk whose number `pass` is. */
struct macro;
struct macro_table {
	struct macro *head;
};

struct macro_value {
	uint64_t pass;
	enum macro_state state;
	const struct scan *in; /* of its definition */
	const struct scan_item *item;
};

struct scan_item {
	uint8_t op, form;
	bool next; /* include_next */
	bool function; /* the macro takes arguments */
	uint32_t
		skip; /* of a conditional: index of the next #elif, #else or #endif of its level, or the number of items */
	uint32_t text, params; /* offsets in the scan's pool */
	struct macro *macro;
	/* Where the include led in the search of that number; set by the walk. */
	uint32_t search;
	uint8_t found;
	struct tree_file *target;
};

struct scan {
	struct scan_item *v;
	size_t n, cap;
	struct buf pool;
	bool once; /* #pragma once, or wholly inside its include guard */
};

void scan_text(struct scan *s, struct macro_table *names, const char *text, size_t len);
void scan_release(struct scan *s);
static inline const char *scan_string(const struct scan *s, uint32_t at)
{
	return s->pool.data + at;
}

/* The macro of that name; made when `make`, else NULL when no text ever named it. */
struct macro *macro_named(struct macro_table *t, const char *name, size_t len, bool make);
const char *macro_name(const struct macro *m);
struct macro_value *macro_value(struct macro *m);
void macro_table_release(struct macro_table *t);

#endif
