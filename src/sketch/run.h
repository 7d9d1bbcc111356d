/* run: one sketch for one board, from its files to its firmware: a state machine over tasks, units and the store.
 *
 *   load -> (prebuild hooks) -> (prototypes) -> compile <-> correct the libraries -> wait for units -> link -> ended
 */
#ifndef SKETCH_RUN_H
#define SKETCH_RUN_H

#include <stdbool.h>
#include "common/buf.h"
#include "common/strv.h"
#include "sketch/compile.h"
#include "sketch/context.h"
#include "sketch/discover.h"
#include "sketch/engine.h"
#include "sketch/source.h"

struct exact;
struct proc_result;
struct props;
struct task;
struct unit;

struct run {
	struct shared *shared;
	struct context *context;
	struct engine_job job; /* own copies */
	int slot;
	struct run *prev, *next; /* the engine's list */

	/* what it is */
	struct sketch sketch;
	int64_t since; /* its files were looked at: nothing is used before (ns of CLOCK_REALTIME) */
	struct merged merged;
	struct props *overlay;
	struct strv sources; /* absolute, of the sketch, for discovery */
	char *sketch_build_dir; /* build.path/sketch */
	char *main_cpp; /* build.path/sketch/X.ino.cpp */
	struct buf text; /* its text */

	/* what it found */
	struct library_list libraries;
	struct strv dirs; /* -I */
	struct include_list *includes;
	bool confirmed, is_exact;
	int attempts;
	struct exact *exact;
	struct buf why; /* what the last exact pass said on stderr */

	/* what it does */
	bool with_prototypes; /* the text has gone through the preprocessor and ctags */
	struct timespec preproc_started;
	bool staged; /* the platform has hooks between the stages: they go one after the other */
	size_t stage;
	struct group group; /* the sketch's own sources */
	struct unit **units; /* libraries in order, then the core */
	size_t n_units, units_left;
	struct task *task; /* a hook, the preprocessor, ctags, a link step */
	struct strv command; /* that it runs */
	void (*after)(struct run *r, const struct proc_result *p); /* whose result goes here */
	struct strv *steps; /* commands */
	size_t n_steps, next_step;
	void (*after_steps)(struct run *r);
	uv_timer_t *timer;
	double left; /* seconds of its time limit */
	uint64_t timer_started;
	bool ended, retried;

	/* what came of it */
	bool compile_failed; /* the sketch's own sources; not told before the libraries are known to be right */
	struct strv link_inputs; /* files beside objects that the link may read */
	size_t link_err, link_log; /* where in the result's texts those of the link begin */
	struct digest link_key;
	struct engine_result result;
	uint64_t started, phase_started;
	void (*done)(struct run *r);
	void *owner;
};

/* A job with copies of its own; run_start takes it, or run_job_release frees it. */
struct engine_job run_job_copy(const struct engine_job *from);
void run_job_release(struct engine_job *j);
/* Starts it; `done` comes from the loop. Takes what `job` holds. */
struct run *run_start(struct shared *s, struct context *c, const struct engine_job *job, int slot,
	void (*done)(struct run *r), void *owner);
/* Ends it soon with this verdict; what it runs is killed. */
void run_stop(struct run *r, enum build_verdict verdict, const char *reason);
void run_free(struct run *r);

/* ---- between the files of run: run.c, run_discover.c, run_link.c ---- */

/* Ends it; takes `reason`. */
void run_end(struct run *r, enum build_verdict verdict, char *reason);
/* It no longer wants any unit. */
void run_drop_units(struct run *r);
/* Once per run: distrusts its units and starts over. False when that was done already, or it has none yet. */
bool run_retry(struct run *r);
/* --fallback-mrproper: the same, where a unit comes from an earlier run: what this one made is trusted. */
bool run_fall_back(struct run *r);
/* Runs one command; `after` gets its outcome. A machine's fault ends the run instead. */
void run_command(struct run *r, const struct strv *argv,
	void (*after)(struct run *r, const struct proc_result *p));
/* Adds the commands of all recipes PREFIX*.pattern to the steps. */
int run_add_recipes(struct run *r, const char *prefix, struct error *err);
void run_add_step(struct run *r, const struct strv *argv);
/* Runs the steps in order, then `after`; a failing step fails the sketch. */
void run_steps(struct run *r, void (*after)(struct run *r));
/* Reports the end once nothing of it runs any more; for callbacks that find the run ended. */
void run_maybe_report(struct run *r);
/* Seconds since the last call. */
double run_phase(struct run *r);
/* Text of a command into the result, for `cmd`. */
void run_show(struct run *r, const struct strv *argv);
/* The clock of the time limit: it runs while a process of this run does, and stands still while others are waited for. */
void run_clock(struct run *r, bool runs);

/* run_discover.c: sets libraries and includes, then goes on with run_compile. */
void run_discover(struct run *r);
/* The reference's own passes, then `run_compile`, or a failure that is the sketch's. */
void run_discover_exactly(struct run *r);
/* All is compiled: are these the right libraries? Goes on with run_link, or compiles again. */
void run_confirm(struct run *r);
void run_set_libraries(struct run *r, const struct library_list *l);
void run_release_discovery(struct run *r);

/* run_prototypes.c: makes the text, then run_sources. */
void run_compile(struct run *r);

/* run_compile.c: the sketch's own sources beside the units it needs, then run_confirm. */
void run_sources(struct run *r);
/* Ends the run with the failure that its own sources gave. */
void run_compile_failed(struct run *r);

/* run_link.c */
void run_link(struct run *r);
/* Into the result, once all is compiled: what the compilers said, before what is there already; how many warnings; the units; the
 * time since the link began. */
void run_gather(struct run *r);

#endif
