/* select: which sketches a command line means, how they are called, and which library they belong to. */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include <stddef.h>
#include "boss/matrix.h"
#include "common/strmap.h"
#include "common/strv.h"

struct error;
struct options;

struct selection {
	struct matrix_sketch *v; /* sorted by directory, each once */
	size_t n, cap;
	struct strmap bare; /* directories of sketches, see sketch_find */
	char *top; /* of the work tree, else the cwd: names are paths from here */
	char *searched; /* where they were looked for, for people */
	struct strv warnings; /* directories that nearly are sketches */
	size_t excluded;
};

/* `args` names sketches, .ino files and directories to search; with none: the sketch that `cwd` (absolute) lies in, else examples/ of the
 * library that it lies in, else what is below. Nothing found is no error here: look at n. */
int select_sketches(struct selection *s, const struct options *o, const struct strv *args,
	const char *cwd, struct error *err);
void selection_release(struct selection *s);

#endif
