/* discover: which libraries a sketch uses, in which order, without asking the compiler first.
 *
 * The reference runs the preprocessor until no header is missing. We predict by reading the #include lines of the sketch and of
 * every library file it can reach, compile with that list, and let the compiler's own dependency files confirm or correct it.
 * Only when neither settles it, the reference's passes are run (exact).
 */
#ifndef SKETCH_DISCOVER_H
#define SKETCH_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct error;
struct file_index;
struct libraries;
struct library;

/* One library of a sketch and why it is there. */
struct used_library {
	const struct library *lib; /* borrowed from the index */
	char *header; /* the header that pulled it in */
	char *from; /* the file with that #include */
};
/* In order of discovery = order of -I. */
struct library_list {
	struct used_library *v;
	size_t n, cap;
};
void library_list_release(struct library_list *l);
void library_list_copy(struct library_list *to, const struct library_list *from);
bool library_list_same(const struct library_list *a,
	const struct library_list *b); /* same libraries, same order */

/* What discovery needs of a board; borrowed. */
struct discover_context {
	struct libraries *libraries;
	const char *core_dir;
	const char *variant_dir; /* NULL none */
	const char *arch; /* "avr"; NULL: macros of architectures are not known */
	const struct strv
		*argv; /* a C++ compile command, for its -D, -U and -mmcu; NULL: not known */
	const struct strv
		*system_dirs; /* the C++ compiler's own; NULL: whatever no library has is there */
	struct include_scanner *scanner;
};

/* Memo of #include scans by path, content checked by stat; one per engine. */
struct include_scanner *include_scanner_new(void);
/* Has the index (borrowed) look at what is read: what a compiler reads soon after is known from before, however new it is. */
void include_scanner_look(struct include_scanner *s, struct file_index *files);
void include_scanner_free(struct include_scanner *s);

/* The sketch's files as discovery sees them. */
struct discover_sources {
	const char *merged; /* text of the merged .ino */
	size_t merged_len;
	const char *sketch_dir; /* for quoted includes */
	const struct strv *
		sources; /* the other files to compile, absolute, in queue order (root, then src/ recursively) */
};

/* Predicts. `sure` is false where a text scan can't know and a compile could not tell either: __has_include asked for a library
 * before it came in by other ways, or one that came in on a condition of unknown value; a computed include in the sketch's own files. */
int discover_predict(const struct discover_context *c, const struct discover_sources *s,
	struct library_list *out, bool *sure, struct error *err);

/* Works out the list that the reference would have found from what the compiler read. `deps(ctx, source)` gives the files
 * that source read, in order (source itself first), for "" the merged .ino; NULL when not known, then -1 is returned.
 * `out` is the corrected list; library_list_same(predicted, out) means confirmed. */
int discover_from_deps(const struct discover_context *c, const struct discover_sources *s,
	const struct library_list *predicted,
	const struct strv *(*deps)(void *ctx, const char *source), void *ctx,
	struct library_list *out);

/* The reference's own loop, driven by the caller who runs the preprocessor. */
struct exact;
struct exact *exact_new(const struct discover_context *c, const struct discover_sources *s);
void exact_free(struct exact *x);
enum exact_step { EXACT_RUN, EXACT_DONE, EXACT_FAILED };
/* EXACT_RUN: preprocess *source ("" is the merged .ino) with the include directories of exact_list plus *extra (NULL none),
 * then call exact_result. EXACT_DONE: exact_list is the answer. EXACT_FAILED: a missing header has no library, or
 * the preprocessor failed otherwise; exact_list is what was found so far, *source the file. */
enum exact_step exact_next(struct exact *x, const char **source, const char **extra);
/* `status` of the preprocessor and its stderr (LC_ALL=C), in which the missing header is looked for. */
void exact_result(struct exact *x, int status, const char *stderr_text);
const struct library_list *exact_list(const struct exact *x);
/* The header that no library provides, or NULL. */
const char *exact_missing(const struct exact *x);

/* core, variant, then the list's src_dirs; pushes absolute paths. */
void discover_include_dirs(
	const struct discover_context *c, const struct library_list *l, struct strv *out);

#endif
