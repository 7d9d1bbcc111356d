/* sched_plan: who builds what when jobs are scarce. It is what one would do who knows everything, with what is known now: of all that
 * is not done the longest job first, each where it ends earliest, stage 1 counted. The plan is made anew as time goes,
 * and a machine gets only what it begins at once: what it would hold up is not sent there.
 *
 * A job that others hold is planned as well: it stays where it is unless another machine will end it earlier even if it
 * is longer than expected. One that waits there for a slot is taken back, one that runs is built twice. Slots that are idle after
 * that build the last ones twice at the least hope, for it costs nothing.
 */
#include "boss/sched_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "common/xalloc.h"

#define FRESH 0.02 /* of the time that is planned: so long a plan stays */
#define DOUBT 1.3 /* a job may take so many times longer than expected */
#define BLIND_DOUBT 2 /* one that was never timed */
#define GAIN 0.9 /* another attempt must need so much less than those that run … */
#define SECOND_GAIN 0.8 /* … if there are two already … */
#define IDLE_GAIN 1 /* … if the slot would idle */

/* ---- what is busy ---- */

static void sink(double *v, size_t n, double x)
{
	size_t i = 0;
	for (size_t k; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && v[k + 1] < v[k])
			k++;
		if (v[k] >= x)
			break;
		v[i] = v[k];
	}
	v[i] = x;
}

/* Slots that run something; the others are free now. */
static void plan_running(const struct sched *s, struct pool_machine *m, double now)
{
	size_t busy = 0;
	for (size_t i = 0; i < m->slots; i++)
		m->free[i] = now;
	for (size_t i = 0; i < m->n_held && busy < m->slots; i++) {
		const struct attempt *t = m->held[i];
		if (t->state != SCHED_RUNNING)
			continue;
		sink(m->free, m->slots,
			now + (t->doomed ? s->config.round_trip : sched_left(s, t, now, 1)));
		busy++;
	}
}

/* What was sent and waits for a slot. */
static void plan_sent(const struct sched *s, struct pool_machine *m)
{
	for (size_t i = 0; i < m->n_held; i++) {
		struct attempt *t = m->held[i];
		size_t board = s->jobs[t->job].board;
		t->ends = INFINITY;
		if (t->state != SCHED_SENT || t->doomed || t->asked)
			continue;
		t->ends = fmax(m->free[0] + sched_work_of(s, t->job) / sched_pace(m),
			m->cells[board].ready);
		sink(m->free, m->slots, t->ends);
	}
}

static void plan_machine(struct sched *s, struct pool_machine *m, double now)
{
	m->first = m->last = NOWHERE;
	for (size_t b = 0; m->slots && b < s->n_boards; b++) {
		struct cell *c = sched_cell(s, m, b);
		c->ready = c->open ? now + sched_lead(s, m, b, now) : -1;
	}
	m->free = xreallocarray(m->free, m->slots + 1, sizeof *m->free);
	plan_running(s, m, now);
	plan_sent(s, m);
}

/* ---- one job ---- */

/* What another attempt of a job must beat. */
struct rival {
	double doubt; /* the job takes so many times as long */
	double until; /* when it must have ended */
};

/* When those that hold it are done with it; INFINITY when nobody does. */
static double held_until(const struct sched *s, const struct entry *j, double doubt, double now)
{
	double first = INFINITY;
	for (const struct attempt *t = j->tries; t; t = t->next) {
		bool runs = t->state == SCHED_RUNNING;
		if (!t->doomed)
			first = fmin(first, runs ? now + sched_left(s, t, now, doubt) : t->ends);
	}
	return first;
}

static size_t attempts_of(const struct entry *j)
{
	size_t n = 0;
	for (const struct attempt *t = j->tries; t; t = t->next)
		n += !t->doomed;
	return n;
}

static struct rival rival_of(const struct sched *s, const struct entry *j, double now, bool idle)
{
	struct rival r = {.doubt = 1, .until = INFINITY};
	if (!j->tries)
		return r;
	r.doubt = idle && j->expected < 0 ? BLIND_DOUBT : DOUBT;
	double gain = attempts_of(j) > 1 ? SECOND_GAIN : idle ? IDLE_GAIN : GAIN;
	r.until = now + (held_until(s, j, r.doubt, now) - now) * gain - s->config.round_trip;
	return r;
}

static bool may_begin(const struct sched *s, size_t machine, const struct entry *j)
{
	const struct pool_machine *m = &s->machines[machine];
	if (!m->slots || m->on_hold || m->cells[j->board].forbidden)
		return false;
	if (j->retry.wanted && j->retry.not_on == machine)
		return false;
	for (const struct attempt *t = j->tries; t; t = t->next)
		if (t->machine == machine)
			return false;
	return true;
}

/* When stage 1 of the board is through there, for a job that starts then. */
static double ready_at(
	const struct sched *s, const struct pool_machine *m, size_t board, double start)
{
	double ready = m->cells[board].ready;
	return ready >= 0 ? ready : start + s->boards[board].cost / sched_pace(m);
}

static void append(struct sched *s, struct pool_machine *m, uint32_t id)
{
	size_t at = s->plan.n++;
	s->plan.v[at] = (struct planned){id, s->jobs[id].attempt, m->free[0], NOWHERE};
	if (m->last == NOWHERE)
		m->first = at;
	else
		s->plan.v[m->last].next = at;
	m->last = at;
}

/* Plans the job where it ends earliest, if that is early enough. With `idle` only slots that are free now count. */
static bool plan_job(struct sched *s, uint32_t id, double now, bool idle)
{
	const struct entry *j = &s->jobs[id];
	struct rival r = rival_of(s, j, now, idle);
	double work = r.doubt * sched_work_of(s, id), end = r.until;
	struct pool_machine *best = NULL;
	for (size_t i = 0; i < s->n_machines; i++) {
		struct pool_machine *m = &s->machines[i];
		if (!may_begin(s, i, j) || (idle && m->free[0] > now))
			continue;
		double start = m->free[0];
		double mine = fmax(start + work / sched_pace(m), ready_at(s, m, j->board, start));
		if (mine < end) {
			end = mine;
			best = m;
		}
	}
	if (!best)
		return false;
	best->cells[j->board].ready = ready_at(s, best, j->board, best->free[0]);
	append(s, best, id);
	sink(best->free, best->slots, end);
	return true;
}

/* ---- all jobs ---- */

static int by_rank(const void *a, const void *b)
{
	const struct todo *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* What came back goes first. The first job of a board is as long as its stage 1. */
static double rank_of(const struct sched *s, uint32_t id)
{
	const struct entry *j = &s->jobs[id];
	const struct board *b = &s->boards[j->board];
	double work = sched_work_of(s, id);
	if (j->tries)
		return work;
	if (j->attempt)
		return INFINITY;
	return b->rate <= 0 && sched_queue_peek(s, b, INFINITY) == id ? fmax(work, b->cost) : work;
}

/* sched_retry has it. */
static bool is_elsewhere(const struct entry *j)
{
	return j->retry.wanted && j->state == SCHED_QUEUED;
}

static size_t list_all(struct sched *s, struct todo *v)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *j = &s->jobs[i];
		if (j->state != SCHED_DONE && !is_elsewhere(j))
			v[n++] = (struct todo){(uint32_t)i, rank_of(s, (uint32_t)i)};
	}
	qsort(v, n, sizeof *v, by_rank);
	return n;
}

/* Of `n`: held, and to stay so; what may end last first. */
static size_t list_held(const struct sched *s, struct todo *v, size_t n, double now)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		const struct entry *j = &s->jobs[v[i].id];
		double doubt = j->expected < 0 ? BLIND_DOUBT : DOUBT;
		if (j->tries)
			v[kept++] = (struct todo){v[i].id, held_until(s, j, doubt, now)};
	}
	qsort(v, kept, sizeof *v, by_rank);
	return kept;
}

/* Plans them in their order, and keeps those that were not. How many. */
static size_t plan_todo(struct sched *s, struct todo *v, size_t n, double now, bool idle)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!plan_job(s, v[i].id, now, idle))
			v[kept++] = v[i];
	return kept;
}

static double last_start(const struct plan *p, double now)
{
	double last = now;
	for (size_t i = 0; i < p->n; i++)
		last = fmax(last, p->v[i].start);
	return last;
}

static void make_plan(struct sched *s, double now)
{
	struct plan *p = &s->plan;
	if (!p->v) {
		p->v = xcalloc(s->n, sizeof *p->v);
		p->todo = xcalloc(s->n, sizeof *p->todo);
	}
	p->n = 0;
	for (size_t i = 0; i < s->n_machines; i++)
		plan_machine(s, &s->machines[i], now);
	size_t left = plan_todo(s, p->todo, list_all(s, p->todo), now, false);
	plan_todo(s, p->todo, list_held(s, p->todo, left, now), now, true);
	p->until = now + fmax(s->config.round_trip, (last_start(p, now) - now) * FRESH);
}

void sched_replan(struct sched *s)
{
	s->plan.until = -INFINITY;
}

uint32_t sched_planned(struct sched *s, size_t machine, double now)
{
	struct pool_machine *m = &s->machines[machine];
	if (!s->plan.v || now >= s->plan.until)
		make_plan(s, now);
	if (m->n_held >= m->slots)
		return NO_JOB;
	for (; m->first != NOWHERE; m->first = s->plan.v[m->first].next) {
		const struct planned *p = &s->plan.v[m->first];
		const struct entry *j = &s->jobs[p->id];
		if (j->state == SCHED_DONE || j->attempt != p->attempt || is_elsewhere(j))
			continue;
		m->first = p->next;
		return p->id;
	}
	return NO_JOB;
}

/* ---- taking it from those that hold it ---- */

static struct attempt *worst_of(const struct sched *s, const struct entry *j, double now, size_t *n)
{
	struct attempt *worst = NULL;
	double most = -1;
	*n = 0;
	for (struct attempt *t = j->tries; t; t = t->next) {
		double left = sched_left(s, t, now, DOUBT);
		if (t->doomed || t->asked)
			continue;
		++*n;
		if (left > most) {
			worst = t;
			most = left;
		}
	}
	return worst;
}

void sched_relieve(struct sched *s, uint32_t id, double now)
{
	struct entry *j = &s->jobs[id];
	size_t n;
	if (!j->tries)
		return;
	if (j->tries->state == SCHED_SENT && !j->tries->asked)
		sched_ask_back(s, j->tries, CANCEL_UNSTARTED);
	struct attempt *worst = worst_of(s, j, now, &n);
	if (n < MAX_TRIES)
		return;
	worst->doomed = true;
	sched_ask_back(s, worst, CANCEL_KILL);
}
