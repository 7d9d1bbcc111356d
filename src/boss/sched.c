/* sched: see sched.h. It trusts no message: each names job and attempt, and what does not fit the table is
 * refused. It never looks at a clock and never sends anything.
 */
#include "boss/sched.h"

#include <assert.h>
#include <stdlib.h>
#include "common/xalloc.h"

#define NOBODY SIZE_MAX
#define DEFAULT_STRIKES 2

struct entry {
	size_t board;
	double expected; /* seconds; a guess once sorted */
	enum sched_state state;
	uint32_t attempt;
	size_t machine; /* who holds it; NOBODY */
	unsigned strikes;
	double started;
};

struct board_queue {
	uint32_t *v; /* ids, the next one last */
	size_t n, cap;
	double left; /* expected seconds of what is queued */
	unsigned open; /* machines that have it open */
};

struct pool_machine {
	unsigned slots; /* 0: not ready */
	unsigned held;
	bool had_batch;
	bool *open; /* by board */
	size_t n_open;
};

struct sched {
	struct sched_config config;
	struct entry *jobs;
	size_t n, cap;
	struct board_queue *boards;
	size_t n_boards;
	struct pool_machine *machines;
	size_t n_machines, cap_machines;
	uint32_t *front; /* ids that came back, the next one last */
	size_t n_front, cap_front;
	bool sorted, stopped;
	size_t count[SCHED_DONE + 1];
	size_t failed;
	double left, done_expected, done_seconds; /* seconds */
};

struct sched *sched_new(const struct sched_config *c)
{
	struct sched *s = xcalloc(1, sizeof *s);
	s->config = *c;
	if (!s->config.max_strikes)
		s->config.max_strikes = DEFAULT_STRIKES;
	return s;
}

void sched_free(struct sched *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_boards; i++)
		free(s->boards[i].v);
	for (size_t i = 0; i < s->n_machines; i++)
		free(s->machines[i].open);
	free(s->boards);
	free(s->machines);
	free(s->front);
	free(s->jobs);
	free(s);
}

static void set_state(struct sched *s, struct entry *j, enum sched_state state)
{
	s->count[j->state]--;
	s->count[state]++;
	j->state = state;
}

uint32_t sched_add(struct sched *s, size_t board, double expected)
{
	assert(!s->sorted);
	GROW(s->jobs, s->n, s->cap);
	s->jobs[s->n] = (struct entry){.board = board, .expected = expected, .machine = NOBODY};
	s->count[SCHED_QUEUED]++;
	if (board >= s->n_boards) {
		s->boards = xreallocarray(s->boards, board + 1, sizeof *s->boards);
		for (; s->n_boards <= board; s->n_boards++)
			s->boards[s->n_boards] = (struct board_queue){0};
	}
	return (uint32_t)s->n++;
}

size_t sched_add_machine(struct sched *s)
{
	GROW(s->machines, s->n_machines, s->cap_machines);
	s->machines[s->n_machines] = (struct pool_machine){0};
	return s->n_machines++;
}

void sched_machine_ready(struct sched *s, size_t machine, unsigned slots)
{
	s->machines[machine].slots = slots ? slots : 1;
}

/* ---- order ---- */

/* A job nobody has timed is taken for an average one. */
static void guess(struct sched *s)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (s->jobs[i].expected >= 0) {
			sum += s->jobs[i].expected;
			known++;
		}
	}
	double mean = known ? sum / (double)known : 1;
	for (size_t i = 0; i < s->n; i++) {
		if (s->jobs[i].expected < 0)
			s->jobs[i].expected = mean;
		s->left += s->jobs[i].expected;
	}
}

/* The longest last, where it is taken from; of equals the one that was added first. */
static int by_expected(const void *a, const void *b, void *ctx)
{
	const struct sched *s = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double dx = s->jobs[x].expected, dy = s->jobs[y].expected;
	if (dx != dy)
		return dx < dy ? -1 : 1;
	return x > y ? -1 : 1;
}

static void sort_queues(struct sched *s)
{
	if (s->sorted)
		return;
	s->sorted = true;
	guess(s);
	for (size_t i = 0; i < s->n; i++) {
		struct board_queue *q = &s->boards[s->jobs[i].board];
		GROW(q->v, q->n, q->cap);
		q->v[q->n++] = (uint32_t)i;
		q->left += s->jobs[i].expected;
	}
	for (size_t i = 0; i < s->n_boards; i++) {
		struct board_queue *q = &s->boards[i];
		if (q->n > 1)
			qsort_r(q->v, q->n, sizeof *q->v, by_expected, s);
	}
}

static bool is_open(const struct pool_machine *m, size_t board)
{
	return board < m->n_open && m->open[board];
}

static void open_board(struct sched *s, struct pool_machine *m, size_t board)
{
	if (is_open(m, board))
		return;
	if (board >= m->n_open) {
		m->open = xreallocarray(m->open, s->n_boards, sizeof *m->open);
		for (; m->n_open < s->n_boards; m->n_open++)
			m->open[m->n_open] = false;
	}
	m->open[board] = true;
	s->boards[board].open++;
}

/* Opening a board costs its stage 1: one that is open here first, then one that nobody has, then the one where most work
 * is left for each that has it. NULL when nothing is queued. */
static struct board_queue *best_board(struct sched *s, const struct pool_machine *m)
{
	struct board_queue *best = NULL;
	bool best_here = false;
	double best_left = 0;
	for (size_t i = 0; i < s->n_boards; i++) {
		struct board_queue *q = &s->boards[i];
		bool here = is_open(m, i);
		double left = q->left / (here ? 1 : 1 + q->open);
		if (!q->n || (best && best_here && !here))
			continue;
		if (!best || here != best_here || left > best_left) {
			best = q;
			best_here = here;
			best_left = left;
		}
	}
	return best;
}

/* The next job for the machine; there is one. */
static uint32_t next_job(struct sched *s, const struct pool_machine *m)
{
	if (s->n_front)
		return s->front[--s->n_front];
	struct board_queue *q = best_board(s, m);
	uint32_t id = q->v[--q->n];
	q->left = q->n ? q->left - s->jobs[id].expected : 0;
	return id;
}

/* Of what is queued, by slots among the machines that have had nothing yet: the machine, which has slots, is one of these. */
static size_t fair_share(const struct sched *s, const struct pool_machine *m)
{
	size_t all = m->slots;
	for (size_t i = 0; i < s->n_machines; i++)
		if (&s->machines[i] != m && !s->machines[i].had_batch)
			all += s->machines[i].slots;
	return (s->count[SCHED_QUEUED] * m->slots + all - 1) / all;
}

/* How many it may get. Its first batch is a fair share, so that one machine does not take all of a small run. */
static size_t room_of(const struct sched *s, const struct pool_machine *m)
{
	size_t want = (size_t)m->slots + s->config.prefetch;
	if (!m->slots || s->stopped || m->held >= want)
		return 0;
	size_t room = want - m->held, queued = s->count[SCHED_QUEUED];
	size_t share = m->had_batch ? queued : fair_share(s, m);
	if (room > share)
		room = share;
	return room < queued ? room : queued;
}

size_t sched_take(struct sched *s, size_t machine, struct sched_pick *out, size_t max)
{
	struct pool_machine *m = &s->machines[machine];
	size_t n = 0, room;
	sort_queues(s);
	room = room_of(s, m);
	for (; n < room && n < max; n++) {
		uint32_t id = next_job(s, m);
		struct entry *j = &s->jobs[id];
		open_board(s, m, j->board);
		j->machine = machine;
		set_state(s, j, SCHED_SENT);
		out[n] = (struct sched_pick){id, ++j->attempt};
	}
	m->held += (unsigned)n;
	m->had_batch |= n > 0;
	return n;
}

/* ---- what machines say ---- */

/* The entry, if the machine holds that attempt. */
static struct entry *held_by(struct sched *s, size_t machine, struct sched_pick p)
{
	if (p.id >= s->n)
		return NULL;
	struct entry *j = &s->jobs[p.id];
	bool held = j->state == SCHED_SENT || j->state == SCHED_RUNNING;
	return held && j->machine == machine && j->attempt == p.attempt ? j : NULL;
}

static void let_go(struct sched *s, struct entry *j)
{
	s->machines[j->machine].held--;
	j->machine = NOBODY;
}

static void to_front(struct sched *s, struct entry *j)
{
	let_go(s, j);
	set_state(s, j, SCHED_QUEUED);
	GROW(s->front, s->n_front, s->cap_front);
	s->front[s->n_front++] = (uint32_t)(j - s->jobs);
}

static void finish(struct sched *s, struct entry *j)
{
	let_go(s, j);
	set_state(s, j, SCHED_DONE);
	s->left -= j->expected;
}

bool sched_started(struct sched *s, size_t machine, struct sched_pick p, double now)
{
	struct entry *j = held_by(s, machine, p);
	if (!j || j->state != SCHED_SENT)
		return false;
	j->started = now;
	set_state(s, j, SCHED_RUNNING);
	return true;
}

bool sched_result(
	struct sched *s, size_t machine, struct sched_pick p, enum verdict v, double seconds)
{
	struct entry *j = held_by(s, machine, p);
	if (!j)
		return false;
	if (seconds >= 0) {
		s->done_expected += j->expected;
		s->done_seconds += seconds;
	}
	finish(s, j);
	if (v == VERDICT_FAILED || v == VERDICT_TIMEOUT || v == VERDICT_BLOCKED)
		s->failed++;
	if (s->config.max_failures && s->failed >= s->config.max_failures)
		s->stopped = true;
	return true;
}

bool sched_cancelled(struct sched *s, size_t machine, struct sched_pick p)
{
	struct entry *j = held_by(s, machine, p);
	if (!j)
		return false;
	to_front(s, j);
	return true;
}

void sched_machine_lost(
	struct sched *s, size_t machine, void (*ended)(void *ctx, uint32_t id), void *ctx)
{
	struct pool_machine *m = &s->machines[machine];
	for (size_t i = 0; i < s->n && m->held; i++) {
		struct entry *j = &s->jobs[i];
		if (j->machine != machine)
			continue;
		if (j->state == SCHED_RUNNING && ++j->strikes >= s->config.max_strikes) {
			finish(s, j);
			ended(ctx, (uint32_t)i);
		} else {
			to_front(s, j);
		}
	}
	m->slots = 0;
	m->had_batch = false;
	for (size_t i = 0; i < m->n_open; i++) {
		s->boards[i].open -= m->open[i];
		m->open[i] = false;
	}
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
	size_t n = 0;
	for (size_t i = 0; i < s->n && n < max; i++) {
		const struct entry *j = &s->jobs[i];
		if (j->machine == machine && j->state == state)
			out[n++] = (struct sched_pick){(uint32_t)i, j->attempt};
	}
	return n;
}

enum sched_state sched_state_of(const struct sched *s, uint32_t id)
{
	return s->jobs[id].state;
}

double sched_started_at(const struct sched *s, uint32_t id)
{
	return s->jobs[id].started;
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

double sched_eta(const struct sched *s)
{
	unsigned slots = 0;
	for (size_t i = 0; i < s->n_machines; i++)
		slots += s->machines[i].slots;
	if (!slots || s->done_expected <= 0)
		return -1;
	double left = s->left > 0 ? s->left : 0;
	return left * (s->done_seconds / s->done_expected) / slots;
}
