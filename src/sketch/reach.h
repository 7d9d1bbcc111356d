/* reach: which libraries some sketches could use, whatever the board: a closure over the texts. Every name that an #include or a
 * __has_include has, no matter what stands in #if, reaches every library that offers it; so does depends=. All candidates count, not
 * only the one that would be chosen. Too much rather than too little; no process is started.
 */
#ifndef SKETCH_REACH_H
#define SKETCH_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct error;

#define REACH_MAX_FILES 100000
#define REACH_MAX_FILE_BYTES (8u << 20) /* what a larger one includes is not looked at */

/* Lists may be NULL. What is not there, or is no library, is passed over: it is for others to complain. */
struct reach_search {
	const struct strv *sketches; /* their directories */
	const struct strv *
		sources; /* directories that are compiled whatever a sketch says: cores, variants */
	const struct strv *given; /* one library each */
	const struct strv *folders; /* of libraries */
	const struct strv *
		installed; /* folders of libraries that come with platforms: looked through, never an answer */
};

struct reached_library {
	char *dir; /* absolute, symlinks resolved */
	bool recursive; /* its sources are src/ and below; else they lie at its top and in utility/ */
	struct strv
		places; /* where the folders have it, as FOLDER/NAME: FOLDER's symlinks are resolved, NAME may be one */
};

struct reach {
	struct reached_library *v; /* each once, in the order of `given`, then of `folders` */
	size_t n, cap;
	size_t files; /* how many were read */
};

/* -1 and err: more than REACH_MAX_FILES. */
int reach_find(struct reach *r, const struct reach_search *s, struct error *err);
void reach_release(struct reach *r);

#endif
