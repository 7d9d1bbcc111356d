/* names: which names a git tree can hold. For this room only. */
#ifndef GIT_NAMES_H
#define GIT_NAMES_H

#include <stdbool.h>

/* False for what is no name of a file, and for one that git takes for its own directory on some file system (".GIT", "git~1"): no
 * checkout would write it. */
bool name_fits(const char *name, bool symlink);

#endif
