/* tasks: the token pool. Queued tasks lie in one list per stage. Starting is
 * done from an idle turn of the loop, so that no callback ever comes from within task_submit.
 */
#include "sketch/tasks.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "common/error.h"
#include "common/proc.h"
#include "common/strv.h"
#include "common/timing.h"
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "sketch/fault.h"
#include "sketch/tool_env.h"

struct task {
	struct tasks *pool;
	struct strv argv;
	char *cwd;
	enum stage stage;
	bool cancelled;
	double timeout;
	void (*started)(void *ctx);
	task_done_fn *done;
	void *ctx;
	struct proc *proc; /* NULL while queued */
	int slot; /* of the machine; -1 none */
	struct task *prev, *next;
};

struct tasks {
	uv_loop_t *loop;
	uv_idle_t *kick; /* active while something may be started or reported */
	struct procs *procs;
	struct strv env;
	int tokens, framework_jobs;
	int running, running_framework;
	struct task *queue[2]; /* by stage */
	struct task *active;
	struct engine_slots slots;
	uv_timer_t *again; /* active while we wait for a slot; NULL: they are not shared */
	bool waits; /* the others know it */
	long oom_kills; /* of our control group when last looked at; -1 not yet, or it does not tell */
	bool gave; /* a slot was put back since we last looked who wants it */
};

static void task_free(struct task *k)
{
	strv_release(&k->argv);
	free(k->cwd);
	free(k);
}

static void report(struct task *k, const struct proc_result *r, const char *why)
{
	k->done(k->ctx, r, why);
	task_free(k);
}

static void kick(struct tasks *t);

/* ---- the machine's slots ---- */

static void on_again(uv_timer_t *h)
{
	kick(h->data);
}

/* Who already waits looks again before we do. */
static void wait_for_slot(struct tasks *t)
{
	if (!t->waits)
		t->slots.wait(t->slots.ctx, true);
	t->waits = true;
	uv_update_time(t->loop);
	uv_timer_start(t->again, on_again, timing_ms(TIMING_SLOT), 0);
}

static void stop_waiting(struct tasks *t)
{
	if (!t->waits)
		return;
	uv_timer_stop(t->again);
	t->slots.wait(t->slots.ctx, false);
	t->waits = false;
}

/* Whether the task may start now. What we have put back is first for others. */
static bool take_slot(struct tasks *t, struct task *k)
{
	if (!t->again)
		return true;
	bool gave = t->gave;
	t->gave = false;
	if (!gave && uv_is_active((uv_handle_t *)t->again))
		return false;
	if (!gave || !t->slots.wanted(t->slots.ctx))
		k->slot = t->slots.take(t->slots.ctx);
	if (k->slot < 0)
		wait_for_slot(t);
	return k->slot >= 0;
}

static void put_slot(struct tasks *t, struct task *k)
{
	if (k->slot < 0)
		return;
	t->slots.put(t->slots.ctx, k->slot);
	k->slot = -1;
	t->gave = true;
}

/* ---- processes ---- */

static void on_exit_of(struct proc *p, const struct proc_result *r, void *ctx)
{
	(void)p;
	struct task *k = ctx;
	struct tasks *t = k->pool;
	DL_DELETE(t->active, k);
	t->running--;
	t->running_framework -= k->stage == STAGE_FRAMEWORK;
	put_slot(t, k);
	kick(t);
	if (k->cancelled)
		report(k, NULL, "cancelled");
	else
		report(k, r, NULL);
}

static void start(struct tasks *t, struct task *k)
{
	struct error err = ERROR_INIT;
	struct proc_spec spec = {
		.argv = k->argv.v,
		.envp = t->env.v,
		.cwd = k->cwd,
		.timeout = k->timeout,
	};
	if (!tasks_started(t))
		t->oom_kills = fault_oom_kills("");
	if (k->started)
		k->started(k->ctx);
	k->proc = proc_start(t->procs, &spec, on_exit_of, k, &err);
	if (!k->proc) {
		put_slot(t, k);
		report(k, NULL, err.text);
		return;
	}
	DL_APPEND(t->active, k);
	t->running++;
	t->running_framework += k->stage == STAGE_FRAMEWORK;
}

/* The next task that may start now, or NULL. */
static struct task *pick(struct tasks *t)
{
	if (t->running >= t->tokens)
		return NULL;
	if (t->queue[STAGE_FRAMEWORK] && t->running_framework < t->framework_jobs)
		return t->queue[STAGE_FRAMEWORK];
	return t->queue[STAGE_SKETCH];
}

static struct task *first_cancelled(struct tasks *t)
{
	for (int s = 0; s < 2; s++) {
		struct task *k;
		DL_FOREACH (t->queue[s], k)
			if (k->cancelled)
				return k;
	}
	return NULL;
}

static void on_kick(uv_idle_t *h)
{
	struct tasks *t = h->data;
	struct task *k;
	uv_idle_stop(h);
	/* A report may cancel others, and so may one that cannot start. */
	while ((k = first_cancelled(t)) || ((k = pick(t)) && take_slot(t, k))) {
		DL_DELETE(t->queue[k->stage], k);
		if (k->cancelled)
			report(k, NULL, "cancelled");
		else
			start(t, k);
	}
	if (!k)
		stop_waiting(t);
}

static void kick(struct tasks *t)
{
	if (!uv_is_active((uv_handle_t *)t->kick))
		uv_idle_start(t->kick, on_kick);
}

struct tasks *tasks_new(
	uv_loop_t *loop, int tokens, int framework_jobs, bool reproducible, struct error *err)
{
	struct procs *procs = procs_new(loop, err);
	if (!procs)
		return NULL;
	struct tasks *t = xcalloc(1, sizeof *t);
	t->loop = loop;
	t->procs = procs;
	t->kick = xcalloc(1, sizeof *t->kick);
	uv_idle_init(loop, t->kick);
	t->kick->data = t;
	tool_env(&t->env, reproducible);
	tasks_set_limits(t, tokens, framework_jobs);
	return t;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

void tasks_free(struct tasks *t)
{
	struct task *k, *next;
	if (!t)
		return;
	procs_free(t->procs);
	for (int s = 0; s < 2; s++)
		DL_FOREACH_SAFE(t->queue[s], k, next)
	task_free(k);
	DL_FOREACH_SAFE(t->active, k, next)
	{
		put_slot(t, k);
		task_free(k);
	}
	stop_waiting(t);
	if (t->again)
		uv_close((uv_handle_t *)t->again, free_handle);
	uv_idle_stop(t->kick);
	uv_close((uv_handle_t *)t->kick, free_handle);
	strv_release(&t->env);
	free(t);
}

void tasks_share(struct tasks *t, const struct engine_slots *slots)
{
	t->slots = *slots;
	if (!slots->take)
		return;
	t->again = xcalloc(1, sizeof *t->again);
	uv_timer_init(t->loop, t->again);
	t->again->data = t;
}

void tasks_set_limits(struct tasks *t, int tokens, int framework_jobs)
{
	t->tokens = tokens > 0 ? tokens : 1;
	t->framework_jobs = framework_jobs > 0 ? framework_jobs : 1;
	kick(t);
}

unsigned long tasks_started(const struct tasks *t)
{
	return procs_started(t->procs);
}

struct task *task_submit(
	struct tasks *t, const struct task_spec *spec, task_done_fn *done, void *ctx)
{
	struct task *k = xcalloc(1, sizeof *k);
	k->pool = t;
	strv_push_all(&k->argv, spec->argv);
	k->cwd = xstrdup(spec->cwd);
	k->stage = spec->stage;
	k->slot = -1;
	k->timeout = spec->timeout;
	k->started = spec->started;
	k->done = done;
	k->ctx = ctx;
	DL_APPEND(t->queue[k->stage], k);
	kick(t);
	return k;
}

void task_cancel(struct task *k)
{
	if (k->cancelled)
		return;
	k->cancelled = true;
	if (k->proc)
		proc_kill(k->proc, 9);
	else
		kick(k->pool);
}

char *task_fault(struct tasks *t, const struct strv *argv, const struct proc_result *r)
{
	if (!r->exit_status || r->timed_out)
		return NULL;
	long before = t->oom_kills;
	t->oom_kills = fault_oom_kills("");
	return fault_of(argv, r, before >= 0 && t->oom_kills > before);
}
