/* outtree: the output directory: where it is, that it is ours, that one run at a time has it, and the names
 * in it. Names are made by one injective function; readers take names from `done`, never from a path.
 */
#ifndef BOSS_OUTTREE_H
#define BOSS_OUTTREE_H

#include <stdbool.h>

struct error;
struct outtree;

/* A board's ':' becomes '.', a sketch's '/' becomes '+'. */
enum name_kind { NAME_BOARD, NAME_SKETCH };

/* New string: one path component. Bytes other than A-Za-z0-9_=,@- (and '.' inside a part of a sketch's path) become %XX. NULL and err
 * for an empty text, one that is not UTF-8, and one that would be too long for a file name. */
char *outtree_encode(enum name_kind kind, const char *text, struct error *err);
/* The inverse: new string, or NULL for what outtree_encode never gives. */
char *outtree_decode(enum name_kind kind, const char *name);

/* Where results go when nobody says: boardman-out at the top of the git work tree that holds `cwd`, else in `cwd`. New string. */
char *outtree_default(const char *cwd);
/* True when there is such a directory and it is an output directory. */
bool outtree_is_ours(const char *path);

/* Makes it when it is not there and locks it for this process. Refuses a non-empty directory that is not ours and one that another
 * run has. NULL and err. */
struct outtree *outtree_open(const char *path, struct error *err);
const char *outtree_path(const struct outtree *o);
/* Gives the lock back. */
void outtree_close(struct outtree *o);

#endif
