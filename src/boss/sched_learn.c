/* sched_learn: how fast machines are, how long jobs take that nobody has timed, what stage 1 costs. A machine's
 * speed is what its results were expected to take by what they took. Of untimed jobs the board's mean is learnt: means and
 * speeds explain each other, so they are fitted in turns, from sums per machine and board.
 */
#include "boss/sched_internal.h"

#include <math.h>

#define DEFAULT_COST 5 /* reference seconds of a stage 1 that nobody knows anything of */
#define DEFAULT_MEAN 1 /* of a job */
#define PRIOR 0.1 /* results that a guess weighs */
#define SWEEPS 3
#define MIN_SPEED 1e-3
#define MAX_SPEED 1e3

static double bounded(double speed)
{
	return fmin(fmax(speed, MIN_SPEED), MAX_SPEED);
}

void sched_stale(struct sched *s)
{
	s->fresh_until = 0;
}

void sched_learn(struct sched *s, struct pool_machine *m, const struct entry *j, double seconds)
{
	m->results++;
	s->results++;
	if (j->expected >= 0) {
		m->timed_expected += j->expected;
		m->timed_seconds += seconds;
	} else {
		struct cell *c = sched_cell(s, m, j->board);
		c->n++;
		c->seconds += seconds;
		s->blind++;
	}
}

/* ---- stage 1 ---- */

void sched_unit(struct sched *s, size_t machine, size_t board, double seconds)
{
	struct cell *c = sched_cell(s, &s->machines[machine], board);
	c->units = c->told ? c->units + seconds : seconds;
	c->told = true;
	sched_stale(s);
}

static void fit_cost(struct sched *s, size_t board)
{
	struct board *b = &s->boards[board];
	double sum = 0;
	b->opened = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		if (board >= m->n_cells || !m->cells[board].told)
			continue;
		sum += m->cells[board].units * m->speed;
		b->opened++;
	}
	if (b->opened)
		b->cost = sum / b->opened;
}

/* The mean of the boards that are known, for the others. */
static void guess_costs(struct sched *s)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < s->n_boards; i++) {
		struct board *b = &s->boards[i];
		fit_cost(s, i);
		if (b->opened || b->cost_given) {
			sum += b->cost;
			known++;
		}
	}
	for (size_t i = 0; i < s->n_boards; i++)
		if (!s->boards[i].opened && !s->boards[i].cost_given)
			s->boards[i].cost = known ? sum / (double)known : DEFAULT_COST;
}

double sched_lead(const struct sched *s, const struct pool_machine *m, size_t board, double now)
{
	const struct cell *c = &m->cells[board];
	if (c->through)
		return 0;
	double speed = m->results || c->told ? m->speed : m->speed / 2;
	double gone = now - c->since, left = s->boards[board].cost / speed - gone;
	bool known = s->boards[board].opened || s->boards[board].cost_given;
	return fmax(left, c->told ? 0 : known ? gone / 8 : gone);
}

/* ---- means and speeds ---- */

/* Before anything was measured: the mean of the jobs that were timed in earlier runs. */
static void first_guess(struct sched *s)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (s->jobs[i].expected < 0)
			continue;
		sum += s->jobs[i].expected;
		known++;
		s->longest = fmax(s->longest, s->jobs[i].expected);
	}
	s->mean_guess = known && sum > 0 ? sum / (double)known : DEFAULT_MEAN;
	s->anchored = known > 0;
	for (size_t i = 0; i < s->n_boards; i++)
		s->boards[i].mean = s->mean_guess;
}

static void fit_means(struct sched *s)
{
	double sum = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		for (size_t b = 0; b < m->n_cells; b++)
			sum += m->cells[b].seconds * m->speed;
	}
	double all = s->anchored ? s->mean_guess : sum / (double)s->blind;
	for (size_t b = 0; b < s->n_boards; b++) {
		double took = all, n = 1;
		for (size_t i = 0; i < s->n_machines; i++) {
			const struct pool_machine *m = &s->machines[i];
			if (b >= m->n_cells)
				continue;
			took += m->cells[b].seconds * m->speed;
			n += (double)m->cells[b].n;
		}
		s->boards[b].mean = took / n;
	}
	s->mean_guess = all;
}

static double expected_of(const struct sched *s, const struct pool_machine *m, double *seconds)
{
	double expected = m->timed_expected;
	*seconds = m->timed_seconds;
	for (size_t b = 0; s->blind && b < m->n_cells; b++) {
		expected += (double)m->cells[b].n * s->boards[b].mean;
		*seconds += m->cells[b].seconds;
	}
	return expected;
}

/* The mean of the machines that have shown theirs, for the others. */
static double usual_speed(const struct sched *s)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		if (!m->results)
			continue;
		sum += m->speed;
		n++;
	}
	return n > 0 ? sum / n : 1;
}

static void fit_speeds(struct sched *s)
{
	double usual = usual_speed(s), doubt = PRIOR * s->mean_guess;
	for (size_t i = 0; i < s->n_machines; i++) {
		struct pool_machine *m = &s->machines[i];
		m->expected = expected_of(s, m, &m->seconds) + doubt;
		m->seconds += doubt / usual;
		m->speed = bounded(m->expected / m->seconds);
	}
}

/* Where no job was timed before, only ratios are known: the usual machine is the reference. */
static void set_scale(struct sched *s)
{
	double usual = usual_speed(s);
	for (size_t i = 0; i < s->n_machines && !s->anchored; i++)
		s->machines[i].speed = bounded(s->machines[i].speed / usual);
}

/* ---- what follows from them ---- */

static void count_rates(struct sched *s)
{
	double squares = 0;
	s->rate = 0;
	s->slowest = MAX_SPEED;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		s->rate += m->slots * m->speed;
		squares += m->slots * m->speed * m->speed;
		if (m->slots)
			s->slowest = fmin(s->slowest, m->speed);
	}
	s->fast = s->rate > 0 ? squares / s->rate : 1;
}

void sched_count_open(struct sched *s, const struct pool_machine *m, size_t board)
{
	struct board *b = &s->boards[board];
	const struct cell *c = &m->cells[board];
	double ready = c->through ? 0 : c->since + b->cost / m->speed;
	b->ready = b->rate > 0 ? fmin(b->ready, ready) : ready;
	b->rate += m->slots * m->speed;
}

static void count_boards(struct sched *s)
{
	for (size_t b = 0; b < s->n_boards; b++) {
		s->boards[b].rate = 0;
		s->boards[b].may_rate = 0;
		s->longest = fmax(s->longest, s->boards[b].mean);
	}
	for (size_t i = 0; i < s->n_machines; i++) {
		struct pool_machine *m = &s->machines[i];
		for (size_t b = 0; m->slots && b < s->n_boards; b++) {
			const struct cell *c = sched_cell(s, m, b);
			if (c->open)
				sched_count_open(s, m, b);
			if (!c->forbidden)
				s->boards[b].may_rate += m->slots * m->speed;
		}
	}
}

void sched_refresh(struct sched *s)
{
	if (s->fresh_until > s->results)
		return;
	s->fresh_until = s->results + s->results / 50 + 1;
	if (s->mean_guess <= 0)
		first_guess(s);
	for (int i = 0; i < SWEEPS; i++) {
		if (s->blind)
			fit_means(s);
		fit_speeds(s);
		set_scale(s);
	}
	guess_costs(s);
	count_rates(s);
	count_boards(s);
}

/* What ends first is what is short or was expected too long: what should have ended and runs on counts too. */
static double speed_seen(const struct sched *s, const struct pool_machine *m, double now)
{
	double expected = m->expected, seconds = m->seconds, fit = expected / seconds;
	for (size_t i = 0; i < m->n_held; i++) {
		const struct attempt *t = m->held[i];
		size_t board = s->jobs[t->job].board;
		double gone = now - t->since, work = t->work;
		if (!m->cells[board].through)
			work = fmax(work, s->boards[board].cost);
		if (t->state != SCHED_RUNNING || gone * fit <= work)
			continue;
		expected += work;
		seconds += gone;
	}
	return bounded(expected / seconds);
}

/* When its next slot is free. */
static double free_at(const struct sched *s, const struct pool_machine *m, double now)
{
	double soonest = INFINITY;
	if (m->n_held < m->slots)
		return now;
	for (size_t i = 0; i < m->n_held; i++)
		if (m->held[i]->state == SCHED_RUNNING)
			soonest = fmin(soonest, sched_left(s, m->held[i], now, 1));
	return now + (soonest < INFINITY ? soonest : 0);
}

void sched_watch(struct sched *s, double now)
{
	if (now < s->watched + s->config.round_trip / 4)
		return;
	s->watched = now;
	s->held_work = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		struct pool_machine *m = &s->machines[i];
		m->speed = speed_seen(s, m, now);
		m->free_at = free_at(s, m, now);
		for (size_t k = 0; k < m->n_held; k++)
			if (!m->held[k]->next && !m->held[k]->doomed)
				s->held_work += fmin(sched_left(s, m->held[k], now, 1) * m->speed,
					m->held[k]->work);
	}
}

/* ---- the end ---- */

double sched_left(const struct sched *s, const struct attempt *t, double now, double doubt)
{
	const struct pool_machine *m = &s->machines[t->machine];
	double gone = t->state == SCHED_RUNNING ? now - t->since : 0;
	double speed = m->results ? m->speed : m->speed / 2;
	double build = fmax(doubt * t->work / speed - gone, m->results ? gone / 4 : gone);
	return fmax(build, sched_lead(s, m, s->jobs[t->job].board, now));
}

double sched_eta(const struct sched *s, double now)
{
	double work = sched_queue_all_work(s), last = 0;
	if (!s->results || s->rate <= 0)
		return -1;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		for (size_t k = 0; k < m->n_held; k++) {
			const struct attempt *t = m->held[k];
			if (t->doomed || t->next)
				continue;
			double left = sched_left(s, t, now, 1);
			work += fmin(left * m->speed, t->work);
			last = fmax(last, left);
		}
	}
	return fmax(work / s->rate, last);
}
