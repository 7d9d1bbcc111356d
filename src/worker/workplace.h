/* workplace: where a worker that a boss started works on its machine: a directory per machine and user, the repository that sources are pushed
 * to, the snapshots on disk and where they appear, and the record by which the worker is found and ended.
 */
#ifndef WORKER_WORKPLACE_H
#define WORKER_WORKPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

/* In the machine's directory: the repository, and the snapshots on disk, a slot each. */
#define WORKPLACE_GIT "git"
#define WORKPLACE_TREES "trees"

struct commit;
struct error;
struct job;
struct path_link;
struct workplace;

/* `private_view`: view_enter succeeded. NULL and err. */
struct workplace *workplace_open(bool private_view, struct error *err);
/* Removes what belongs to this process alone. */
void workplace_free(struct workplace *w);
/* Whether it can show anything at the boss's paths. */
bool workplace_has_view(const struct workplace *w);
/* The machine's directory, which is the cache too, and the repository in it. Borrowed. */
const char *workplace_dir(const struct workplace *w);
const char *workplace_git_dir(const struct workplace *w);
/* Tells whose worker this is, for those who look. */
int workplace_setup(struct workplace *w, const char *run, const char *boss, struct error *err);
/* Where to build a job for which the boss names no directory; gone with this process. New string. */
char *workplace_build_dir(const struct workplace *w, const struct job *j);
/* Puts a snapshot on disk. Blocks: for a thread of its own. */
int workplace_checkout(struct workplace *w, const struct commit *c, struct error *err);
/* What else of the boss's paths is shown beside a snapshot's roots. */
struct scenery {
	struct strv empty; /* an empty directory of ours at each */
	struct path_link *links;
	size_t n_links;
};

/* Makes the snapshot's roots and the scenery appear where the boss has them; on the loop's thread, after the checkout. Once. */
int workplace_show(
	struct workplace *w, const struct commit *c, const struct scenery *s, struct error *err);
/* Makes a directory of this machine appear at the boss's path; NULLs and equal paths are nothing. */
int workplace_bind(struct workplace *w, const char *dir, const char *path, struct error *err);

#endif
