/* sources: which directories of this machine the others of a lab need for a plan, and what they see at the paths that jobs and settings
 * name. It looks only; sending is git/snapshot.h's, showing worker/view.h's.
 *
 * All paths are absolute. Nothing but the paths of links has a symlink in it: a worker that shows the roots at their paths and makes the
 * links resolves every name of the plan to the path that it has here, so that __FILE__, messages and dependencies are the same.
 */
#ifndef CLI_SOURCES_H
#define CLI_SOURCES_H

#include <stddef.h>
#include "common/strv.h"

struct error;
struct plan;

/* A name of the plan that goes through a symlink which is in no root. */
struct source_link {
	char *path; /* beneath no root and no other link */
	char *target; /* a root, an empty directory, or what lies beneath one */
};

struct sources {
	struct strv roots; /* sorted; none lies beneath another; at most SNAPSHOT_MAX_ROOTS */
	struct strv needed; /* directories at or beneath roots: their ignored files go too */
	/* Likewise, but only files that lie in the directory itself, not those below: a library's top, whose build directories must not go. */
	struct strv needed_tops;
	struct strv excluded; /* never go: the output directory */
	struct strv
		empty; /* workers show a directory of their own there: the output directory, and folders of libraries, in which
			    * roots and links appear then. To be shown before what lies beneath: sorted by path, with the roots, will do */
	struct source_link *
		links; /* sorted by path. Where a worker can make no symlink, the target shown there too is second best */
	size_t n_links, cap_links;
	struct strv notes; /* lines for the user: what is not sent */
};

/* `out_dir` need not exist. -1 and err: a root would be the root directory, the home directory, or hold boardman's cache; too many roots. Release
 * it in either case. */
int sources_find(struct sources *s, const struct plan *p, const char *out_dir, struct error *err);
void sources_release(struct sources *s);

#endif
