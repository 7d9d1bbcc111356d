/* unit: one thing stage 1 makes: core.a with the variant's objects, or one library's objects, for one board and its flags. Built on
 * demand, once per key in this run, and once per key on this machine (a lock, waited for off the loop); shared by all sketches
 * whose include list it suits. units.h finds and counts them.
 */
#ifndef SKETCH_UNIT_H
#define SKETCH_UNIT_H

#include <stdbool.h>
#include "common/buf.h"
#include "common/strv.h"
#include "sketch/compile.h"

struct library;
struct lock_request;
struct waiter;

enum unit_state { UNIT_NEW, UNIT_LOCKING, UNIT_COMPILING, UNIT_ARCHIVING, UNIT_READY, UNIT_FAILED };

/* A file that a link takes from a unit. */
struct unit_file {
	char *name; /* below build.path: "libraries/Wire/Wire.cpp.o", "core/core.a" */
	char *path; /* where it lies */
	struct digest digest;
};

struct unit {
	/* what it is */
	struct context *context;
	const struct library *library; /* NULL: the core */
	struct digest kind; /* of library and commands, without include list and paths */
	char *place; /* the build.path that it reads in and that it is for alone; "" when that is gone; NULL: for all */
	struct strv dirs; /* -I, the library's own utility/ last */
	struct digest key; /* of what came of it */

	/* who has it */
	unsigned users; /* who asked and has not put it back */
	struct waiter *waiters;
	bool over; /* the end has been told to all who waited for it */
	bool stale; /* distrusted: nobody gets it any more */
	struct unit *prev, *next; /* of the context, the least recently used first */

	/* how it is made; gone when it is over */
	enum unit_state state;
	struct include_list *includes;
	struct group group;
	size_t n_variant; /* the core: how many of the group are the variant's */
	char *scratch; /* directory of what is made, if anything is */
	int64_t since; /* its directories were looked at: it uses nothing before */
	int lock;
	struct lock_request *locking;
	struct strv *commands; /* of archiving, in order */
	size_t n_commands, next_command;
	struct digest archive_key;

	/* what came of it */
	struct unit_file
		*files; /* in link order; of the core: variant's objects, then core.a last */
	size_t n_files;
	struct strv sources; /* of a library */
	struct strv *foreign; /* per source: what it read of other libraries */
	size_t cursor; /* where unit_deps_of looks first */
	char *deps; /* rows "root\tpath\tdigest\n" of all that was read; made when ready */
	struct buf err, log; /* of the compilers */
	bool uses_time; /* good for this run only */
	bool reused;
	double start, seconds;
	char *reason; /* failed: "Wire.cpp does not compile" */
	bool timed_out, infra;
	bool lost; /* failed: an object went from the cache before it was archived */
};

/* Calls back from the loop when it is ready or failed; at once (but from the loop) when it is already. */
void unit_wait(struct unit *u, void (*fn)(void *ctx, struct unit *u), void *ctx);
/* Takes back a wait. */
void unit_unwait(struct unit *u, void *ctx);
/* A sketch failed with it: who asks from now on gets another, made anew unless this run has done so. */
void unit_distrust(struct unit *u);
/* What its source `path` read of *other* libraries, in order: all that discovery asks of a library's source. NULL when that is not
 * one of its sources or not known. */
const struct strv *unit_deps_of(struct unit *u, const char *path);

#endif
