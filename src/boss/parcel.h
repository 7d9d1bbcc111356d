/* parcel: what boardman sends to a machine that has none of the same version: this very program, the shared libraries it runs with other than glibc's,
 * its data and arduino-ctags; as a commit in our repository, named by its content.
 */
#ifndef BOSS_PARCEL_H
#define BOSS_PARCEL_H

#include "git/snapshot.h"

struct error;

struct parcel {
	struct snapshot files; /* keeps its objects */
	const char *commit; /* hex; borrowed from `files` */
	const char *id; /* of its tree: equal content, equal id; borrowed */
	char *loader; /* path of the dynamic loader it is started with */
	char *glibc; /* the version it needs, "2.34" */
	char *arch; /* as uname -m has it */
};

/* Blocks: it reads and stores some 20 MB when they are new. `fixes` is the file of platform fixes, `ctags` the program;
 * either may be NULL. */
int parcel_make(struct parcel *b, const char *repo, const char *fixes, const char *ctags,
	struct error *err);
void parcel_release(struct parcel *b);

#endif
