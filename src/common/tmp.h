/* tmp: where temporary files go: $TMPDIR, else /tmp. What is wrong with it is told with its name, since the tools that
 * use it say little.
 */
#ifndef COMMON_TMP_H
#define COMMON_TMP_H

#include <stdbool.h>

struct error;

/* Whether files can be made there; -1 and err, which names TMPDIR and the cure. Nothing is made. */
int tmp_check(struct error *err);
/* Whether its disk has no room for one more: less than 1 MB, or no file. False when that is not known. */
bool tmp_is_full(void);
/* Makes a directory "PREFIX-XXXXXX" there, for its owner alone. New string; NULL and err. */
char *tmp_new_dir(const char *prefix, struct error *err);

#endif
