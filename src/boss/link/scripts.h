/* scripts: what the boss has a machine's shell do, before there is a boardman. POSIX shell and git are all they need. Each prints PUSH_MARK first: what
 * stands before it is a chatty login's.
 */
#ifndef BOSS_LINK_SCRIPTS_H
#define BOSS_LINK_SCRIPTS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct error;

/* What a machine says of itself before anything was sent to it. */
struct facts {
	char *system, *arch; /* uname */
	char *glibc; /* "2.36"; "" none */
	char *git; /* its version; "" none */
	char *dir; /* boardman's directory there; NULL: it is not ours */
	char *unwritable; /* that directory, where nothing can be written to it; NULL: it can */
	int64_t disk; /* bytes free there; -1 unknown */
	bool bundle; /* what the boss would send is there */
};

void facts_release(struct facts *f);

/* `bundle` is the id of what the boss would send. */
void script_probe(struct buf *out, const char *bundle);
/* Reads its output, which begins after the mark. -1 and err: it is not what the script prints. */
int facts_parse(struct facts *f, const char *text, struct error *err);
/* Whether a boardman of this boss can run there; -1 and err, which says why not and gives the cure. `glibc` is the version it needs. */
int facts_check(const struct facts *f, const char *arch, const char *glibc, struct error *err);
/* Makes the repository dir/git when there is none, and receives a push. */
void script_receive(struct buf *out, const char *dir);
/* Unpacks a commit of dir/git as dir/boardman/<bundle>, unless that is there. */
void script_unpack(struct buf *out, const char *dir, const char *commit, const char *bundle);
/* Runs the worker: an installed `boardman`, or (NULL) the bundle through the dynamic loader `loader`. */
void script_worker(struct buf *out, const char *boardman, const char *dir, const char *bundle,
	const char *loader, const char *options);

#endif
