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
#include "boss/trace.h"
#include "common/timing.h"
#include "common/error.h"
#include "common/log.h"
#include "common/xalloc.h"

#define MAX_BATCH 256 /* jobs in one message */

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

static void pump(uv_idle_t *h);
static void tell_stop(struct campaign *c);

void campaign_wake(void *campaign)
{
	struct campaign *c = campaign;
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
	campaign_wake(c);
}

void campaign_stop_for_disk(struct campaign *c, const char *why)
{
	if (!c->disk_fault)
		c->disk_fault = xstrdup(why);
	campaign_stop(c, STOP_DISK);
}

/* ---- what machines say ---- */

/* Reported at its end, for the scheduler learns stage 1's cost by what was built. */
static void on_unit(struct campaign *c, struct lab_machine *lm, const struct unit_report *u)
{
	const struct strv *boards = c->config->matrix->boards;
	rundoc_unit(c->doc, lm->spec->name, u);
	trace_span(c->trace, lm->spec->name, LANE_UNITS, "unit", u->name,
		rundoc_clock(c->doc) - u->seconds, u->seconds);
	for (size_t b = 0; !u->reused && b < boards->n; b++)
		if (!strcmp(boards->v[b], u->board))
			sched_unit(c->sched, lab_index(lm), b, u->seconds);
}

static void on_result(struct campaign *c, struct lab_machine *lm, const struct build_result *r)
{
	if (!campaign_job_result(c, lm, r))
		rundoc_log(c->doc, "a late result was dropped");
	if (c->stop == STOP_NONE && sched_stopped(c->sched)) {
		campaign_stop(c, STOP_FAILURES);
		tell_stop(c); /* before the machine begins with the next one */
	}
}

void campaign_said(struct campaign *c, struct lab_machine *lm, const struct response *r)
{
	struct sched_pick p = {r->job, r->attempt};
	switch (r->kind) {
	case RESP_STARTED:
		if (sched_started(c->sched, lab_index(lm), p, rundoc_clock(c->doc)))
			campaign_job_started(c, r->job, r->slot);
		break;
	case RESP_UNIT: on_unit(c, lm, r->unit); break;
	case RESP_NOTE:
		if (c->config->note)
			c->config->note(c->config->note_ctx, r->msg);
		break;
	case RESP_BUILD_RESULT: on_result(c, lm, r->result); break;
	case RESP_CANCELLED: sched_cancelled(c->sched, lab_index(lm), p); break;
	default: break;
	}
	campaign_wake(c);
}

/* ---- the pump ---- */

static bool is_building(const struct lab_machine *lm)
{
	return lm->m && machine_state(lm->m) == MACHINE_BUILDING;
}

static void dispatch(struct campaign *c, struct lab_machine *lm)
{
	struct sched_pick picks[MAX_BATCH];
	struct job jobs[MAX_BATCH];
	size_t n = sched_take(c->sched, lab_index(lm), rundoc_clock(c->doc), picks, MAX_BATCH);
	for (size_t i = 0; i < n; i++)
		campaign_job_command(c, lm, picks[i], &jobs[i]);
	if (n)
		machine_build(lm->m, jobs, n);
}

/* What one machine has, and another will have sooner. */
static void reclaim(struct campaign *c)
{
	struct sched_cancel v[MAX_BATCH];
	size_t n = sched_reclaim(c->sched, v, MAX_BATCH);
	for (size_t i = 0; i < n; i++) {
		const struct job j = {.id = v[i].pick.id, .attempt = v[i].pick.attempt};
		if (is_building(&c->machines[v[i].machine]))
			machine_cancel(c->machines[v[i].machine].m, &j, 1, v[i].mode);
	}
}

static void cancel(
	struct campaign *c, struct lab_machine *lm, enum sched_state state, enum cancel_mode mode)
{
	struct sched_pick *picks = xcalloc(c->n_jobs + 1, sizeof *picks);
	size_t n = sched_held(c->sched, lab_index(lm), state, picks, c->n_jobs);
	struct job *jobs = xcalloc(n + 1, sizeof *jobs);
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct job){.id = picks[i].id, .attempt = picks[i].attempt};
	machine_cancel(lm->m, jobs, n, mode);
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
	for (size_t i = 0; i < c->n_machines; i++) {
		if (!is_building(&c->machines[i]))
			continue;
		cancel(c, &c->machines[i], SCHED_SENT, kill ? CANCEL_KILL : CANCEL_UNSTARTED);
		if (kill)
			cancel(c, &c->machines[i], SCHED_RUNNING, CANCEL_KILL);
	}
}

static void close_handles(struct campaign *c)
{
	c->ended = true;
	c->result->totals.seconds = rundoc_clock(c->doc);
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
	lab_pump(c);
	for (size_t i = 0; i < c->n_machines; i++)
		if (is_building(&c->machines[i]))
			dispatch(c, &c->machines[i]);
	reclaim(c);
	tell_stop(c);
	if (sched_finished(c->sched))
		lab_quit(c, false);
	if (lab_is_gone(c) && (c->stop != STOP_NONE || sched_finished(c->sched)))
		close_handles(c);
}

/* ---- time and signals ---- */

static void on_tick(uv_timer_t *t)
{
	struct campaign *c = t->data;
	struct sched_counts n;
	campaign_jobs_age(c);
	lab_tick(c);
	rundoc_flush(c->doc);
	sched_count(c->sched, &n);
	const struct progress_counts shown = {
		.total = n.total,
		.done = n.done,
		.failed = n.failed,
		.running = n.running,
		.eta = sched_eta(c->sched, rundoc_clock(c->doc)),
		.machines = lab_building(c),
		.all_machines = c->lab ? c->n_machines : 0,
	};
	if (c->config->progress)
		progress_status(c->config->progress, &shown, rundoc_clock(c->doc));
}

static void on_deadline(uv_timer_t *t)
{
	lab_quit(t->data, true);
}

static void on_signal(uv_signal_t *h, int number)
{
	struct campaign *c = h->data;
	(void)number;
	if (c->result->interrupted) {
		c->result->abandoned = true;
		/* Closing the link kills what runs; nobody waits for its end. */
		lab_quit(c, true);
		lab_pump(c);
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
	for (size_t i = 0; i < c->n_machines; i++)
		t->machines += c->machines[i].served;
	if (!c->ended) /* abandoned */
		t->seconds = rundoc_clock(c->doc);
	t->stage1 = rundoc_stage1(c->doc);
}

static void tell_trouble(struct campaign *c)
{
	struct campaign_result *r = c->result;
	r->disk_full = c->stop == STOP_DISK;
	if (r->disk_full && c->disk_fault)
		r->trouble = xasprintf(
			"%s; cure: make room and run again: what was built is kept", c->disk_fault);
	else if (r->disk_full)
		r->trouble =
			xasprintf("the disk of '%s' is full; cure: make room and run again: what "
				  "was built is kept",
				outtree_path(c->config->out));
	else if (c->stop == STOP_MACHINES && c->lab) /* each one's reason was told */
		r->trouble = xstrdup("no machine is left to build on; cure: see what 'boardman "
				     "machines' says of each");
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
	c->trace = trace_new();
	campaign_load(c);
	open_handles(c);
	lab_open(c);
	campaign_wake(c);
	uv_run(config->loop, UV_RUN_DEFAULT);
	end_rest(c);
	count(c);
	tell_trouble(c);
	lab_record(c);
	if (rundoc_end(c->doc, out->rows, out->n, &out->totals, out->interrupted, &err) < 0)
		log_warning("%s", err.text);
	if (trace_write(c->trace, outtree_path(config->out), &err) < 0)
		log_warning("%s", err.text);
	rundoc_free(c->doc);
	trace_free(c->trace);
	/* Handles are still on the loop then, and the worker may hold what is ours. */
	if (out->abandoned)
		return;
	lab_free(c);
	campaign_unload(c);
	free(c->fault);
	free(c->disk_fault);
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
