/* include_walk: goes through one translation unit as a preprocessor would and stops at the first header that is missing and that a
 * library has.
 */
#ifndef SKETCH_INCLUDE_WALK_H
#define SKETCH_INCLUDE_WALK_H

#include <stdbool.h>
#include "common/strmap.h"
#include "common/strv.h"
#include "sketch/discover.h"
#include "sketch/include_macros.h"
#include "sketch/include_tree.h"

/* One order of include directories, and what was concluded for it. */
struct search {
	uint32_t id;
	struct tree_dir **dirs;
	size_t n;
	struct strmap clean; /* units that miss nothing -> struct strv of their has_include tests */
};

struct include_scanner {
	struct tree tree;
	struct strmap searches; /* key -> struct search */
	uint32_t last_search;
	uint64_t pass;
};

/* The state of one prediction. */
struct walk {
	const struct discover_context *c;
	struct include_scanner *scanner;
	struct tree_root *sketch;
	struct macro_profile profile;
	struct scan prologue;
	char *prologue_text;
	const struct library_list *list;
	struct search *search; /* the last one asked for… */
	size_t searched; /* …for a list of that length… */
	const char *extra; /* …and this directory */
	bool as_c; /* without what only C++ defines */
	bool computed; /* an include in the sketch's own files that cannot be known */

	/* Of the unit under way. */
	struct tree_dir *dir; /* of the file under way */
	const char *file; /* its name as the user knows it */
	struct strv
		tests; /* "+x.h" or "-x.h": __has_include of a library's header, and what it found */
	unsigned long steps;

	/* What stopped it. */
	const struct library *missing;
	char *header, *from;
	bool uncertain;
};

void walk_init(struct walk *w, const struct discover_context *c, const char *sketch_dir);
void walk_release(struct walk *w);
/* Sets w->search to that of core, variant, the list's libraries and `extra` (NULL none); belongs to the scanner. */
void walk_search(struct walk *w, const char *extra);
/* Walks the unit, `name` its name in messages. True when it misses nothing; else w->missing, header, from (the caller's to
 * free) and uncertain say what. */
bool walk_unit(struct walk *w, struct scan *unit, struct tree_dir *dir, const char *name);

#endif
