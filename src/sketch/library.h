/* library: the Arduino libraries a build may use, and how a header finds its library.
 *
 * Source: the library specification and arduino-cli's resolver (additive priority, closest match, name).
 */
#ifndef SKETCH_LIBRARY_H
#define SKETCH_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct error;
struct props;

/* Where a library was found, weakest first; the order is the resolver's. */
enum library_place {
	LIBRARY_BUILTIN, /* data directory's or IDE's own */
	LIBRARY_CORE, /* the referenced (core's) platform */
	LIBRARY_PLATFORM, /* the board's platform */
	LIBRARY_USER, /* the sketchbook, --libraries */
	LIBRARY_GIVEN, /* --library, the tree's own */
};

struct library {
	char *name; /* library.properties' name, else the folder's */
	char *folder; /* base name of the directory as it was found, a symlink's own */
	char *dir; /* absolute, symlinks resolved */
	char *src_dir; /* what goes on -I: dir/src (layout 1.5) or dir */
	char *utility_dir; /* layout 1.0 with utility/: on -I for the library's own files only; NULL */
	char *version; /* "" when unknown */
	struct props *props; /* library.properties; empty when there is none */
	enum library_place place;
	bool recursive; /* src/ and below is compiled; else only dir and utility/ */
	bool dot_a_linkage; /* linked as an archive */
	bool precompiled, precompiled_full; /* precompiled=true | full */
	char *ldflags; /* "" when none */
	struct strv architectures; /* "*" when any */
	struct strv depends; /* names from depends= */
};

struct libraries; /* an index of what one board of one run can see */

struct library_search {
	const struct strv *given; /* library directories, --library */
	const char *tree_library; /* may be NULL */
	const struct strv *folders; /* --libraries, then the user's libraries folder */
	const char *platform_dir; /* its libraries/ */
	const char *core_platform_dir; /* NULL when the same */
	const char *builtin_dir; /* may be NULL */
	const char *arch; /* "avr" */
	bool builder_compat; /* arduino-builder 1.3.25's priorities */
};

/* Builds the index. A directory without library.properties and without headers is no library. The same directory by
 * two ways counts once. Broken library.properties are warned about and left out. */
struct libraries *libraries_open(const struct library_search *s, struct error *err);
void libraries_free(struct libraries *ls);
/* Digest text (hex) of all names, places, priorities and top headers: two equal indexes resolve equally. Borrowed. */
const char *libraries_digest(const struct libraries *ls);
/* Lines for the user: which given library hides which installed one. Borrowed. */
const struct strv *libraries_notes(const struct libraries *ls);

/* The library that provides `header`, or NULL. A bare name only; "foo/bar.h" is found in a given library (not in compat mode). `losers` (may be NULL) gets the
 * other candidates, best first; the array is the caller's to free, its entries borrowed. */
const struct library *libraries_resolve(const struct libraries *ls, const char *header,
	const struct library ***losers, size_t *n_losers);
/* The one whose name or folder is `name`, or NULL (for depends=). */
const struct library *libraries_by_name(const struct libraries *ls, const char *name);
/* The one whose dir holds `path`, or NULL. */
const struct library *libraries_owner(const struct libraries *ls, const char *path);

/* Files to compile, absolute, in arduino-cli's order (by full path), or arduino-builder's (per directory .S, .c, .cpp, then
 * subdirectories). Memoised in the index, borrowed. Whether a precompiled archive stands for them is not asked here. */
const struct strv *library_sources(
	struct libraries *ls, const struct library *lib, struct error *err);
/* All regular files beneath `dir` that compile (.S .c .cpp .cc .cxx), `recursive` or not; hidden and SCM directories skipped. */
int sources_in(
	const char *dir, bool recursive, bool builder_order, struct strv *out, struct error *err);
/* The same files in the order in which the reference looks for missing headers: a directory's entries by name, a subdirectory's files
 * at its place. For discover_sources. */
int sources_queue(
	const char *dir, bool recursive, bool builder_compat, struct strv *out, struct error *err);

#endif
