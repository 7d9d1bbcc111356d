/* campaign: see campaign.h. All that reacts happens in the pump, on the loop's next turn: a message that
 * arrives only changes tables.
 */
#include "boss/campaign.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "boss/campaign_internal.h"
#include "boss/machine.h"
#include "boss/matrix.h"
#include "boss/outtree.h"
#include "boss/report/progress.h"
#include "boss/rundoc.h"
#include "common/timing.h"
#include "common/error.h"
#include "common/log.h"
#include "common/xalloc.h"

#define LOCAL_NAME "local"
#define MAX_BATCH 256 /* jobs in one message */

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

static void pump(uv_idle_t *h);
static void tell_stop(struct campaign *c);

static void wake(void *ctx)
{
	struct campaign *c = ctx;
	if (!c->ended)
		uv_idle_start(&c->pump, pump);
}

void campaign_stop(struct campaign *c, enum campaign_stop why)
{
	if (c->stop == STOP_NONE || (why == STOP_INTERRUPT && c->stop == STOP_FAILURES)) {
		c->stop = why;
		c->told_stop = false;
	}
	sched_stop(c->sched);
	wake(c);
}

/* ---- what the machine says ---- */

static void on_ready(void *ctx, struct machine *m, unsigned slots)
{
	struct campaign *c = ctx;
	sched_machine_ready(c->sched, machine_index(m), slots);
	wake(c);
}

static void on_unit(struct campaign *c, struct machine *m, const struct unit_report *u)
{
	rundoc_unit(c->doc, machine_name(m), u);
}

static void on_said(void *ctx, struct machine *m, const struct response *r)
{
	struct campaign *c = ctx;
	struct sched_pick p = {r->job, r->attempt};
	switch (r->kind) {
	case RESP_STARTED:
		if (sched_started(c->sched, machine_index(m), p, rundoc_clock(c->doc)))
			campaign_job_started(c, r->job);
		break;
	case RESP_UNIT: on_unit(c, m, r->unit); break;
	case RESP_NOTE:
		if (c->config->note)
			c->config->note(c->config->note_ctx, r->msg);
		break;
	case RESP_BUILD_RESULT:
		if (!campaign_job_result(c, r->result))
			rundoc_log(c->doc, "a late result was dropped");
		if (c->stop == STOP_NONE && sched_stopped(c->sched)) {
			campaign_stop(c, STOP_FAILURES);
			tell_stop(c); /* before the machine begins with the next one */
		}
		break;
	case RESP_CANCELLED: sched_cancelled(c->sched, machine_index(m), p); break;
	default: break;
	}
	wake(c);
}

static void on_infra(void *ctx, uint32_t id)
{
	struct campaign *c = ctx;
	campaign_job_end(c, id, VERDICT_INFRA, c->fault);
}

/* The only machine is gone: nobody is left to build. */
static void on_lost(void *ctx, struct machine *m, const char *why)
{
	struct campaign *c = ctx;
	free(c->fault);
	c->fault = xasprintf("%s: %s", machine_name(m), why);
	sched_machine_lost(c->sched, machine_index(m), on_infra, c);
	if (c->stop != STOP_INTERRUPT)
		c->stop = STOP_MACHINES;
	sched_stop(c->sched);
}

static void on_gone(void *ctx, struct machine *m)
{
	struct campaign *c = ctx;
	/* After a kill its jobs never came back. */
	sched_machine_lost(c->sched, machine_index(m), on_infra, c);
	wake(c);
}

static void on_log(void *ctx, const char *line)
{
	struct campaign *c = ctx;
	rundoc_log(c->doc, line);
}

/* ---- the pump ---- */

static void dispatch(struct campaign *c)
{
	struct sched_pick picks[MAX_BATCH];
	struct job jobs[MAX_BATCH];
	size_t n = sched_take(c->sched, machine_index(c->machine), picks, MAX_BATCH);
	for (size_t i = 0; i < n; i++)
		campaign_job_command(c, picks[i], &jobs[i]);
	if (n)
		machine_build(c->machine, jobs, n);
}

static void cancel(struct campaign *c, enum sched_state state, enum cancel_mode mode)
{
	struct sched_pick *picks = xcalloc(c->n_jobs + 1, sizeof *picks);
	size_t n = sched_held(c->sched, machine_index(c->machine), state, picks, c->n_jobs);
	struct job *jobs = xcalloc(n + 1, sizeof *jobs);
	for (size_t i = 0; i < n; i++) {
		jobs[i].id = picks[i].id;
		jobs[i].attempt = picks[i].attempt;
	}
	machine_cancel(c->machine, jobs, n, mode);
	free(picks);
	free(jobs);
}

/* What was sent comes back; what runs is let end, unless its result is not wanted or cannot be kept. */
static void tell_stop(struct campaign *c)
{
	bool kill = c->stop == STOP_INTERRUPT || c->stop == STOP_DISK;
	if (c->stop == STOP_NONE || c->told_stop)
		return;
	c->told_stop = true;
	cancel(c, SCHED_SENT, kill ? CANCEL_KILL : CANCEL_UNSTARTED);
	if (kill)
		cancel(c, SCHED_RUNNING, CANCEL_KILL);
}

static void close_handles(struct campaign *c)
{
	c->ended = true;
	uv_close((uv_handle_t *)&c->pump, NULL);
	uv_close((uv_handle_t *)&c->tick, NULL);
	uv_close((uv_handle_t *)&c->deadline, NULL);
	for (size_t i = 0; i < ARRAY_LEN(c->signals); i++)
		uv_close((uv_handle_t *)&c->signals[i], NULL);
}

static void pump(uv_idle_t *h)
{
	struct campaign *c = h->data;
	uv_idle_stop(h);
	machine_pump(c->machine);
	if (machine_state(c->machine) == MACHINE_BUILDING) {
		dispatch(c);
		tell_stop(c);
		if (sched_finished(c->sched))
			machine_quit(c->machine);
	} else if (c->stop != STOP_NONE && machine_state(c->machine) < MACHINE_BUILDING) {
		machine_quit(c->machine);
	}
	if (machine_state(c->machine) == MACHINE_GONE)
		close_handles(c);
}

/* ---- time and signals ---- */

static void on_tick(uv_timer_t *t)
{
	struct campaign *c = t->data;
	struct sched_counts n;
	campaign_jobs_age(c);
	machine_check(c->machine, uv_now(c->config->loop));
	rundoc_flush(c->doc);
	sched_count(c->sched, &n);
	const struct progress_counts shown = {
		.total = n.total,
		.done = n.done,
		.failed = n.failed,
		.running = n.running,
		.eta = sched_eta(c->sched),
	};
	if (c->config->progress)
		progress_status(c->config->progress, &shown, rundoc_clock(c->doc));
}

static void on_deadline(uv_timer_t *t)
{
	struct campaign *c = t->data;
	machine_kill(c->machine);
}

static void on_signal(uv_signal_t *h, int number)
{
	struct campaign *c = h->data;
	(void)number;
	if (c->result->interrupted) {
		c->result->abandoned = true;
		/* Closing the link kills what runs; nobody waits for its end. */
		machine_kill(c->machine);
		machine_pump(c->machine);
		uv_stop(c->config->loop);
		return;
	}
	c->result->interrupted = true;
	log_note("interrupted: stopping; once more stops at once");
	uv_timer_start(&c->deadline, on_deadline, timing_ms(TIMING_KILL), 0);
	campaign_stop(c, STOP_INTERRUPT);
}

/* ---- life ---- */

static void open_handles(struct campaign *c)
{
	uv_loop_t *loop = c->config->loop;
	uv_idle_init(loop, &c->pump);
	uv_timer_init(loop, &c->tick);
	uv_timer_init(loop, &c->deadline);
	c->pump.data = c->tick.data = c->deadline.data = c;
	uv_timer_start(&c->tick, on_tick, timing_ms(TIMING_TICK), timing_ms(TIMING_TICK));
	for (size_t i = 0; i < ARRAY_LEN(c->signals); i++) {
		uv_signal_init(loop, &c->signals[i]);
		c->signals[i].data = c;
		uv_signal_start(&c->signals[i], on_signal, stop_signals[i]);
	}
}

static void add_machine(struct campaign *c)
{
	const struct machine_events events = {
		.ready = on_ready,
		.said = on_said,
		.lost = on_lost,
		.gone = on_gone,
		.wake = wake,
		.log = on_log,
		.ctx = c,
	};
	const struct machine_config config = {
		.name = LOCAL_NAME,
		.settings = c->config->settings,
		.max_sketches = c->config->local_max_sketches,
		.link = c->config->local,
		.index = sched_add_machine(c->sched),
	};
	c->machine = machine_new(&config, &events);
}

static void open_doc(struct campaign *c)
{
	struct error err = ERROR_INIT;
	const struct rundoc_head head = {
		.version = c->config->version,
		.engine = c->config->engine,
		.boards = c->config->matrix->boards,
		.platforms = c->config->platforms,
	};
	c->doc = rundoc_open(outtree_path(c->config->out), &head, &err);
	if (*err.text)
		log_warning("%s", err.text);
}

/* Whatever has no verdict yet gets the reason for which it was not built. */
static void end_rest(struct campaign *c)
{
	static const char *const reasons[] = {
		[STOP_NONE] = "it was never handed out",
		[STOP_FAILURES] = "stopped after --max-failures",
		[STOP_INTERRUPT] = "interrupted",
		[STOP_DISK] = "disk full",
		[STOP_MACHINES] = NULL,
	};
	bool infra = c->stop == STOP_MACHINES;
	for (size_t i = 0; i < c->n_jobs; i++)
		if (c->result->rows[c->jobs[i].row].verdict == VERDICT_NONE)
			campaign_job_end(c, (uint32_t)i, infra ? VERDICT_INFRA : VERDICT_NOT_RUN,
				infra ? c->fault : reasons[c->stop]);
}

static void count(struct campaign *c)
{
	struct run_totals *t = &c->result->totals;
	run_totals_count(t, c->result->rows, c->result->n);
	t->machines = 1;
	t->seconds = rundoc_clock(c->doc);
	t->stage1 = rundoc_stage1(c->doc);
}

static void tell_trouble(struct campaign *c)
{
	struct campaign_result *r = c->result;
	r->disk_full = c->stop == STOP_DISK;
	if (r->disk_full && c->fault)
		r->trouble = xasprintf(
			"%s; cure: make room and run again: what was built is kept", c->fault);
	else if (r->disk_full)
		r->trouble =
			xasprintf("the disk of '%s' is full; cure: make room and run again: what "
				  "was built is kept",
				outtree_path(c->config->out));
	else if (c->stop == STOP_MACHINES)
		r->trouble = xstrdup(c->fault);
}

void campaign_run(const struct campaign_config *config, struct campaign_result *out)
{
	struct campaign *c = xcalloc(1, sizeof *c);
	struct error err = ERROR_INIT;
	*out = (struct campaign_result){.n = config->matrix->n};
	out->rows = xcalloc(out->n + 1, sizeof *out->rows);
	c->config = config;
	c->result = out;
	open_doc(c);
	campaign_load(c);
	add_machine(c);
	open_handles(c);
	machine_connect(c->machine);
	uv_run(config->loop, UV_RUN_DEFAULT);
	end_rest(c);
	count(c);
	tell_trouble(c);
	if (rundoc_end(c->doc, out->rows, out->n, &out->totals, out->interrupted, &err) < 0)
		log_warning("%s", err.text);
	rundoc_free(c->doc);
	/* Handles are still on the loop then, and the worker may hold what is ours. */
	if (out->abandoned)
		return;
	machine_free(c->machine);
	campaign_unload(c);
	free(c->fault);
	free(c);
}

void campaign_result_release(struct campaign_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		run_row_release(&r->rows[i]);
	free(r->rows);
	free(r->trouble);
	*r = (struct campaign_result){0};
}
