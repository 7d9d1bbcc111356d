/* sched: see sched.h. It trusts no message: each names job and attempt, and what does not fit the table is
 * refused. It never looks at a clock and never sends anything.
 */
#include "boss/sched_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "common/xalloc.h"

#define DEFAULT_STRIKES 2
#define DEFAULT_ROUND_TRIP 0.1

struct sched *sched_new(const struct sched_config *c)
{
	struct sched *s = xcalloc(1, sizeof *s);
	s->config = *c;
	if (!s->config.max_strikes)
		s->config.max_strikes = DEFAULT_STRIKES;
	if (s->config.round_trip <= 0)
		s->config.round_trip = DEFAULT_ROUND_TRIP;
	return s;
}

void sched_free(struct sched *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_boards; i++)
		sched_queue_release(&s->boards[i]);
	for (size_t i = 0; i < s->n_machines; i++) {
		for (size_t k = 0; k < s->machines[i].n_held; k++)
			free(s->machines[i].held[k]);
		free(s->machines[i].held);
		free(s->machines[i].free);
		free(s->machines[i].cells);
	}
	free(s->boards);
	free(s->machines);
	free(s->cancels);
	free(s->retries);
	free(s->plan.v);
	free(s->plan.todo);
	free(s->jobs);
	free(s);
}

static void grow_boards(struct sched *s, size_t board)
{
	if (board < s->n_boards)
		return;
	s->boards = xreallocarray(s->boards, board + 1, sizeof *s->boards);
	for (; s->n_boards <= board; s->n_boards++)
		s->boards[s->n_boards] = (struct board){0};
}

uint32_t sched_add(struct sched *s, size_t board, double expected)
{
	assert(!s->sorted);
	GROW(s->jobs, s->n, s->cap);
	s->jobs[s->n] = (struct entry){.board = board, .expected = expected};
	s->count[SCHED_QUEUED]++;
	grow_boards(s, board);
	return (uint32_t)s->n++;
}

void sched_board_cost(struct sched *s, size_t board, double seconds)
{
	grow_boards(s, board);
	s->boards[board].cost = seconds;
	s->boards[board].cost_given = true;
	sched_stale(s);
}

/* ---- machines ---- */

size_t sched_add_machine(struct sched *s)
{
	GROW(s->machines, s->n_machines, s->cap_machines);
	s->machines[s->n_machines] = (struct pool_machine){.speed = 1};
	return s->n_machines++;
}

struct cell *sched_cell(struct sched *s, struct pool_machine *m, size_t board)
{
	grow_boards(s, board);
	size_t want = s->n_boards;
	if (board >= m->n_cells) {
		m->cells = xreallocarray(m->cells, want, sizeof *m->cells);
		for (; m->n_cells < want; m->n_cells++)
			m->cells[m->n_cells] = (struct cell){.forbidden = m->forbids};
	}
	return &m->cells[board];
}

void sched_machine_ready(struct sched *s, size_t machine, unsigned slots)
{
	s->machines[machine].slots = slots ? slots : 1;
	sched_stale(s);
	sched_replan(s);
}

/* What it may not build, or has no claim to. */
static void take_back_unstarted(struct sched *s, struct pool_machine *m)
{
	for (size_t i = 0; i < m->n_held; i++) {
		struct attempt *t = m->held[i];
		const struct entry *j = &s->jobs[t->job];
		bool unwanted = m->on_hold && !j->retry.wanted;
		if (t->state == SCHED_SENT && !t->asked &&
			(unwanted || sched_cell(s, m, j->board)->forbidden))
			sched_ask_back(s, t, CANCEL_UNSTARTED);
	}
}

void sched_hold(struct sched *s, size_t machine, bool hold)
{
	s->machines[machine].on_hold = hold;
	sched_replan(s);
	if (hold)
		take_back_unstarted(s, &s->machines[machine]);
}

void sched_machine_board(struct sched *s, size_t machine, size_t board, bool allowed)
{
	struct pool_machine *m = &s->machines[machine];
	if (board == SCHED_EVERY_BOARD) {
		m->forbids = !allowed;
		for (size_t i = 0; i < m->n_cells; i++)
			m->cells[i].forbidden = !allowed;
	} else {
		sched_cell(s, m, board)->forbidden = !allowed;
	}
	if (!allowed)
		take_back_unstarted(s, m);
	sched_stale(s);
	sched_replan(s);
}

bool sched_may_build(const struct pool_machine *m, size_t board)
{
	return board < m->n_cells ? !m->cells[board].forbidden : !m->forbids;
}

size_t sched_unbuildable(const struct sched *s, size_t *boards, size_t max)
{
	size_t n = 0;
	for (size_t b = 0; s->sorted && b < s->n_boards && n < max; b++) {
		bool can = !sched_queue_count(&s->boards[b]);
		for (size_t i = 0; i < s->n_machines && !can; i++)
			can = sched_may_build(&s->machines[i], b);
		if (!can)
			boards[n++] = b;
	}
	return n;
}

/* ---- states ---- */

static void set_state(struct sched *s, struct entry *j, enum sched_state state)
{
	s->count[j->state]--;
	s->count[state]++;
	j->state = state;
}

/* Of a job that is not done. */
static void derive_state(struct sched *s, struct entry *j)
{
	enum sched_state state = SCHED_QUEUED;
	for (const struct attempt *t = j->tries; t; t = t->next)
		if (t->state > state)
			state = t->state;
	set_state(s, j, state);
}

struct sched_pick sched_give(struct sched *s, size_t machine, uint32_t id, double now)
{
	struct pool_machine *m = &s->machines[machine];
	struct entry *j = &s->jobs[id];
	struct attempt *t = xmalloc(sizeof *t);
	*t = (struct attempt){
		.next = j->tries,
		.job = id,
		.attempt = ++j->attempt,
		.machine = machine,
		.state = SCHED_SENT,
		.since = now,
		.work = sched_work_of(s, id),
	};
	j->tries = t;
	GROW(m->held, m->n_held, m->cap_held);
	m->held[m->n_held++] = t;
	m->held_work += t->work;
	derive_state(s, j);
	return (struct sched_pick){id, t->attempt};
}

struct attempt *sched_find(const struct sched *s, size_t machine, struct sched_pick p)
{
	struct attempt *t = p.id < s->n ? s->jobs[p.id].tries : NULL;
	while (t && (t->attempt != p.attempt || t->machine != machine))
		t = t->next;
	return t;
}

void sched_drop_try(struct sched *s, struct attempt *t)
{
	struct pool_machine *m = &s->machines[t->machine];
	struct attempt **at = &s->jobs[t->job].tries;
	size_t i = 0;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	while (m->held[i] != t)
		i++;
	m->n_held--;
	memmove(&m->held[i], &m->held[i + 1], (m->n_held - i) * sizeof *m->held);
	m->held_work = m->n_held ? m->held_work - t->work : 0;
	free(t);
}

void sched_give_up(struct sched *s, struct entry *j)
{
	derive_state(s, j);
	if (j->state != SCHED_QUEUED)
		return;
	if (j->retry.wanted)
		sched_retry_put(s, (uint32_t)(j - s->jobs));
	else
		sched_queue_put(s, (uint32_t)(j - s->jobs), true);
}

void sched_ask_back(struct sched *s, struct attempt *t, enum cancel_mode mode)
{
	GROW(s->cancels, s->n_cancels, s->cap_cancels);
	s->cancels[s->n_cancels++] = (struct sched_cancel){
		.machine = t->machine,
		.pick = {t->job, t->attempt},
		.mode = mode,
	};
	t->asked = true;
}

/* ---- what machines say ---- */

bool sched_started(struct sched *s, size_t machine, struct sched_pick p, double now)
{
	struct attempt *t = sched_find(s, machine, p);
	if (!t || t->doomed || t->state != SCHED_SENT)
		return false;
	struct entry *j = &s->jobs[p.id];
	struct cell *c = sched_cell(s, &s->machines[machine], j->board);
	t->since = now;
	t->state = SCHED_RUNNING;
	derive_state(s, j);
	if (!c->begun)
		c->since = now;
	c->begun = true;
	return true;
}

void sched_finish(struct sched *s, struct entry *j)
{
	set_state(s, j, SCHED_DONE);
	for (struct attempt *t = j->tries; t; t = t->next) {
		t->doomed = true;
		sched_ask_back(s, t, CANCEL_KILL);
	}
}

static bool is_failure(enum verdict v)
{
	return v == VERDICT_FAILED || v == VERDICT_TIMEOUT || v == VERDICT_BLOCKED;
}

bool sched_result(
	struct sched *s, size_t machine, struct sched_pick p, enum verdict v, double seconds)
{
	struct attempt *t = sched_find(s, machine, p);
	if (!t)
		return false;
	struct entry *j = &s->jobs[p.id];
	struct pool_machine *m = &s->machines[machine];
	bool late = t->doomed;
	sched_drop_try(s, t);
	if (late)
		return false;
	if (seconds >= 0 && (v == VERDICT_OK || v == VERDICT_FAILED))
		sched_learn(s, m, j, seconds);
	if (seconds >= 0 && v == VERDICT_OK)
		sched_cell(s, m, j->board)->through = true;
	sched_finish(s, j);
	s->failed += is_failure(v);
	if (s->config.max_failures && s->failed >= s->config.max_failures)
		s->stopped = true;
	return true;
}

bool sched_cancelled(struct sched *s, size_t machine, struct sched_pick p)
{
	struct attempt *t = sched_find(s, machine, p);
	if (!t)
		return false;
	bool late = t->doomed;
	sched_drop_try(s, t);
	if (!late)
		sched_give_up(s, &s->jobs[p.id]);
	return !late;
}

static void close_boards(struct pool_machine *m)
{
	for (size_t i = 0; i < m->n_cells; i++) {
		struct cell *c = &m->cells[i];
		c->open = c->begun = c->told = c->through = false;
	}
}

void sched_machine_lost(struct sched *s, size_t machine, sched_ended *ended, void *ctx)
{
	struct pool_machine *m = &s->machines[machine];
	while (m->n_held) {
		struct attempt *t = m->held[m->n_held - 1];
		struct entry *j = &s->jobs[t->job];
		bool ran = t->state == SCHED_RUNNING, doomed = t->doomed;
		sched_drop_try(s, t);
		if (doomed)
			continue;
		j->strikes += ran;
		if (!j->tries && j->strikes >= s->config.max_strikes) {
			sched_finish(s, j);
			ended(ctx, (uint32_t)(j - s->jobs));
		} else {
			sched_give_up(s, j);
		}
	}
	m->slots = 0;
	m->had_batch = false;
	close_boards(m);
	sched_stale(s);
	sched_replan(s);
}

void sched_end_board(struct sched *s, size_t board, sched_ended *ended, void *ctx)
{
	sched_queue_build(s);
	for (uint32_t id; (id = sched_queue_peek(s, &s->boards[board], INFINITY)) != NO_JOB;) {
		sched_queue_remove(s, id);
		sched_finish(s, &s->jobs[id]);
		ended(ctx, id);
	}
	sched_retry_end_board(s, board, ended, ctx);
}

size_t sched_reclaim(struct sched *s, struct sched_cancel *out, size_t max)
{
	size_t n = 0, seen = 0;
	for (; seen < s->n_cancels && n < max; seen++) {
		const struct sched_cancel *c = &s->cancels[seen];
		if (sched_find(s, c->machine, c->pick))
			out[n++] = *c;
	}
	s->n_cancels -= seen;
	if (s->n_cancels)
		memmove(s->cancels, s->cancels + seen, s->n_cancels * sizeof *s->cancels);
	return n;
}

/* ---- looking ---- */

void sched_stop(struct sched *s)
{
	s->stopped = true;
}

bool sched_stopped(const struct sched *s)
{
	return s->stopped;
}

bool sched_finished(const struct sched *s)
{
	bool held = s->count[SCHED_SENT] || s->count[SCHED_RUNNING];
	return s->count[SCHED_DONE] == s->n || (s->stopped && !held);
}

size_t sched_held(const struct sched *s, size_t machine, enum sched_state state,
	struct sched_pick *out, size_t max)
{
	const struct pool_machine *m = &s->machines[machine];
	size_t n = 0;
	for (size_t i = 0; i < m->n_held && n < max; i++) {
		const struct attempt *t = m->held[i];
		if (t->state == state && !t->doomed)
			out[n++] = (struct sched_pick){t->job, t->attempt};
	}
	return n;
}

enum sched_state sched_state_of(const struct sched *s, uint32_t id)
{
	return s->jobs[id].state;
}

double sched_started_at(const struct sched *s, size_t machine, struct sched_pick p)
{
	const struct attempt *t = sched_find(s, machine, p);
	return t && t->state == SCHED_RUNNING ? t->since : -1;
}

void sched_count(const struct sched *s, struct sched_counts *out)
{
	*out = (struct sched_counts){
		.total = s->n,
		.queued = s->count[SCHED_QUEUED],
		.sent = s->count[SCHED_SENT],
		.running = s->count[SCHED_RUNNING],
		.done = s->count[SCHED_DONE],
		.failed = s->failed,
	};
}

double sched_machine_speed(const struct sched *s, size_t machine)
{
	return s->machines[machine].speed;
}
