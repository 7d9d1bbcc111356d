/* unit: one thing stage 1 makes: core.a with the variant's objects, or one library's objects, for one board and its flags. Built on
 * demand, once per key in this run, and once per key on this machine (a lock, waited for off the loop); shared by all sketches
 * whose include list it suits.
 */
#ifndef SKETCH_UNIT_H
#define SKETCH_UNIT_H

#include <stdbool.h>
#include "common/buf.h"
#include "common/strv.h"
#include "sketch/compile.h"

struct library;
struct strv;

enum unit_state { UNIT_NEW, UNIT_LOCKING, UNIT_COMPILING, UNIT_ARCHIVING, UNIT_READY, UNIT_FAILED };

/* A file that a link takes from a unit. */
struct unit_file {
	char *name; /* below build.path: "libraries/Wire/Wire.cpp.o", "core/core.a" */
	char *path; /* where it lies */
	struct digest digest;
};

struct waiter;

struct unit {
	struct context *context;
	const struct library *library; /* NULL: the core */
	char *flavor; /* commands without include list and paths: what makes two units differ */
	char *place; /* the build.path that it reads in and that it is for alone; "" when that is gone; NULL: for all */
	struct include_list *includes;
	struct group group;
	struct strv *foreign; /* per source of a library: what it read of other libraries */
	size_t cursor; /* where unit_deps_of looks first */
	char *dir; /* scratch directory of the objects */
	size_t n_variant; /* the core: how many of the group are the variant\'s */
	enum unit_state state;
	bool stale;
	struct unit_file
		*files; /* in link order; of the core: variant's objects, then core.a last */
	size_t n_files;
	char *reason; /* failed: "Wire.cpp does not compile" */
	bool timed_out, infra;
	bool lost; /* failed: an object went from the cache before it was archived */
	struct buf err, log; /* of the compilers */
	char *deps; /* rows "root\tpath\tdigest\n" of all that was read; made when ready */
	bool uses_time; /* good for this run only */
	int64_t since; /* its directories were looked at: it uses nothing before */
	bool reused;
	struct digest key; /* of what it is */
	double start, seconds;
	int lock;
	struct lock_request *locking;
	struct task *archiving;
	struct strv *commands; /* of archiving, in order */
	size_t n_commands, next_command;
	struct digest archive_key;
	struct waiter *waiters;
	struct unit *next;
};

/* The unit of `library` (NULL: the core) for this include list: one made before when it suits, else a new one, started. `overlay` holds the
 * per-sketch properties of the job that asks first. NULL and err when its sources cannot be listed. */
struct unit *unit_get(struct context *c, const struct library *library, const struct strv *dirs,
	struct props *overlay, struct error *err);
/* Calls back from the loop when it is ready or failed; at once (but from the loop) when it is already. */
void unit_wait(struct unit *u, void (*fn)(void *ctx, struct unit *u), void *ctx);
/* Takes back a wait. */
void unit_unwait(struct unit *u, void *ctx);
/* That build.path goes: nobody gets what reads there any more. */
void units_leave(struct unit *list, const char *build_dir);
/* What its source `path` read of *other* libraries, in order: all that discovery asks of a library's source. NULL when that is not
 * one of its sources or not known. */
const struct strv *unit_deps_of(struct unit *u, const char *path);
/* The engine closes: nothing calls back any more. Their tasks are gone already. */
void units_abandon(struct unit *list);
void units_free(struct unit *list);

#endif
