/* library_internal: what the files of the library index share. Outside them only discover looks at library_queue.
 */
#ifndef SKETCH_LIBRARY_INTERNAL_H
#define SKETCH_LIBRARY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include "common/digest.h"
#include "common/strmap.h"
#include "common/strv.h"
#include "sketch/library.h"

/* A library as the index keeps it. `lib` comes first: the two pointers are one. */
struct library_entry {
	struct library lib;
	char *key_name, *key_folder; /* as the resolver compares them */
	struct strv headers; /* names in src_dir that an #include finds */
	struct strv sources, queue; /* memo of library_sources and library_queue */
	bool have_sources, have_queue;
};

/* What a header name leads to. `v` is in index order; `ranked` (best first) is made when first asked for. */
struct header_entry {
	struct library_entry **v;
	size_t n, cap;
	const struct library **ranked;
};

struct libraries {
	struct library_entry **v; /* in order of search: given, user, platform, core, built-in */
	size_t n, cap;
	struct strmap headers; /* name -> struct header_entry */
	struct strmap dirs; /* real path -> struct library_entry, borrowed */
	struct strv notes;
	char *arch;
	bool builder_compat;
	char digest[DIGEST_HEX_LEN + 1];
};

enum library_loaded { LIBRARY_NONE, LIBRARY_LOADED, LIBRARY_BROKEN };

/* Loads the library in `real`, found as `folder`. LIBRARY_NONE: the directory is none; LIBRARY_BROKEN: err says why. */
enum library_loaded library_load(const char *real, const char *folder, enum library_place place,
	struct library_entry **out, struct error *err);
void library_entry_free(struct library_entry *e);

/* Sorts a header's candidates, best first. */
void library_rank(const struct libraries *ls, const char *header, struct header_entry *h);
/* A name as the resolver compares it: letters lowered, what is not a letter, digit, '-' or '.' made '_'. New string. */
char *library_key_name(const char *name);

/* The library's files in the order in which discovery looks at them. Memoised, borrowed. NULL and err when unreadable. */
const struct strv *library_queue(
	struct libraries *ls, const struct library *lib, struct error *err);

#endif
