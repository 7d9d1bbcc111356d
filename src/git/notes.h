/* notes: the lines of a snapshot for the user, a bounded number of them. For this room only. */
#ifndef GIT_NOTES_H
#define GIT_NOTES_H

#include <stddef.h>
#include "common/strv.h"

struct notes {
	struct strv lines;
	size_t more; /* not kept */
};

void notes_add(struct notes *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Pushes the lines to `out`, and one that tells how many there were more. */
void notes_finish(struct notes *n, struct strv *out);

#endif
