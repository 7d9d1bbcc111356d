/* pack: the objects that a commit has and a base has not, as one git pack in memory. It blocks: run it off the loop.
 */
#ifndef GIT_PACK_H
#define GIT_PACK_H

#include <stdbool.h>

struct buf;
struct error;

/* Adds a pack of `commit` (hex, in our repository `repo`) without what `base` (hex; NULL none) has. While the snapshot that made the
 * commit is not released, its objects stay; those of `base` are asked for by pack_has. An object that cannot be read marks the repository, so that the
 * next run begins it anew. */
int pack_make(
	struct buf *out, const char *repo, const char *commit, const char *base, struct error *err);
/* True when our repository has that commit, whole: it may be a base. */
bool pack_has(const char *repo, const char *commit);

#endif
