/* tasks: every process the engine starts goes through here. One pool of CPU tokens; stage 1 has a cap of its own and goes first: a
 * unit is built only when somebody's link waits for it.
 */
#ifndef SKETCH_TASKS_H
#define SKETCH_TASKS_H

#include <stdbool.h>
#include <uv.h>

struct engine_slots;
struct error;
struct proc_result;
struct strv;
struct task;
struct tasks;

enum stage { STAGE_FRAMEWORK, STAGE_SKETCH };

/* `r` is NULL when the task was cancelled before it ran or could not be started (then `why` says it). Borrowed. */
typedef void task_done_fn(void *ctx, const struct proc_result *r, const char *why);

struct task_spec {
	const struct strv *argv; /* copied */
	const char *cwd; /* NULL: the engine's */
	enum stage stage;
	double timeout; /* seconds from its start, 0 none */
	void (*started)(
		void *ctx); /* called when it has got its token and slot; NULL: nobody asks */
};

/* `reproducible` pins SOURCE_DATE_EPOCH for the children unless the user has set one. */
struct tasks *tasks_new(
	uv_loop_t *loop, int tokens, int framework_jobs, bool reproducible, struct error *err);
/* Kills what runs; no callback comes any more. Handles close on the next loop turn. */
void tasks_free(struct tasks *t);
/* From now on a process needs one of the machine's slots too (copied); while none is free, or others were there first, it is tried again
 * from time to time. Before the first task_submit. */
void tasks_share(struct tasks *t, const struct engine_slots *slots);
void tasks_set_limits(struct tasks *t, int tokens, int framework_jobs);
unsigned long tasks_started(const struct tasks *t);

/* Queues a process. The callback comes from the loop, never from within this call. */
struct task *task_submit(
	struct tasks *t, const struct task_spec *spec, task_done_fn *done, void *ctx);
/* Drops a queued task, kills a running one; the callback comes with r NULL. */
void task_cancel(struct task *k);
/* Why the failure of a command of this pool says nothing of what it was given (see fault.h). NULL when it does, or did not fail; new
 * string. */
char *task_fault(struct tasks *t, const struct strv *argv, const struct proc_result *r);

#endif
