/* rules: what git says of the files of one work tree: which are tracked, which are ignored. The user's repository is only read: neither its
 * index nor anything else in it is written. For this room only.
 */
#ifndef GIT_RULES_H
#define GIT_RULES_H

#include <stdbool.h>

struct error;
struct path_rules;
struct notes;

/* Opens the work tree at `dir` (absolute), which has a .git of its own. *out is NULL, and a note tells why, when that is none that can be
 * read. -1 and err when git's ownership rule forbids it. */
int path_rules_open(
	struct path_rules **out, const char *dir, struct notes *notes, struct error *err);
void path_rules_free(struct path_rules *r);
/* `path` from the top of the work tree, without a slash at its end. */
bool path_rules_tracked(const struct path_rules *r, const char *path);
/* Whether anything beneath the directory is tracked. */
bool path_rules_tracked_beneath(const struct path_rules *r, const char *dir);
/* By the rules alone, and asked only when no directory above it is ignored. */
bool path_rules_ignored(const struct path_rules *r, const char *path);

#endif
