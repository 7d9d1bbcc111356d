/* sched_learn: how fast machines are, how long jobs take that nobody has timed, what stage 1 costs. A machine's
 * speed is what its results were expected to take by what they took. Of untimed jobs the board's mean is learnt: means and
 * speeds explain each other, so they are fitted in turns, from sums per machine and board.
 */
#include "boss/sched_internal.h"

#include <math.h>

#define DEFAULT_COST 5 /* reference seconds of a stage 1 that nobody knows anything of */
#define DEFAULT_MEAN 1 /* of a job */
#define MIN_MEAN 1e-3
#define PRIOR 0.1 /* results that a guess weighs */
#define SWEEPS 3 /* after so many turns means and speeds hardly change */
#define UNSEEN 3 /* so many times slower may be what has shown nothing: the fast have */
#define CREEP 4 /* what is overdue needs so many times less than it took so far … */
#define LEAD_CREEP 8 /* … and a stage 1 whose cost is known */
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
	if (!c->open)
		return;
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

double sched_pace(const struct pool_machine *m)
{
	return m->results ? m->speed : m->speed / UNSEEN;
}

double sched_lead(const struct sched *s, const struct pool_machine *m, size_t board, double now)
{
	const struct cell *c = &m->cells[board];
	if (c->through)
		return 0;
	double speed = c->told ? m->speed : sched_pace(m);
	double gone = now - c->since, left = s->boards[board].cost / speed - gone;
	bool known = s->boards[board].opened || s->boards[board].cost_given;
	return fmax(left, c->told ? 0 : known ? gone / LEAD_CREEP : gone);
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
	double all = s->anchored ? s->mean_guess : fmax(sum / (double)s->blind, MIN_MEAN);
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
	s->rate = 0;
	s->ready = s->slots = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		s->ready += m->slots > 0;
		s->slots += m->slots;
		s->rate += m->slots * m->speed;
	}
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
	for (size_t b = 0; b < s->n_boards; b++)
		s->boards[b].rate = 0;
	for (size_t i = 0; i < s->n_machines; i++) {
		struct pool_machine *m = &s->machines[i];
		for (size_t b = 0; m->slots && b < s->n_boards; b++)
			if (sched_cell(s, m, b)->open)
				sched_count_open(s, m, b);
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

/* What the attempt is expected to need there in all, reference seconds. */
static double need_of(const struct sched *s, const struct pool_machine *m, const struct attempt *t)
{
	size_t board = s->jobs[t->job].board;
	double work = sched_work_of(s, t->job);
	return m->cells[board].through ? work : fmax(work, s->boards[board].cost);
}

/* What ends first is what is short or was expected too long: what should have ended and runs on counts too. */
static double speed_seen(const struct sched *s, const struct pool_machine *m, double now)
{
	double expected = m->expected, seconds = m->seconds, fit = expected / seconds;
	for (size_t i = 0; i < m->n_held; i++) {
		const struct attempt *t = m->held[i];
		double gone = now - t->since, need = need_of(s, m, t);
		if (t->state != SCHED_RUNNING || gone * fit <= need)
			continue;
		expected += need;
		seconds += gone;
	}
	return bounded(expected / seconds);
}

/* Reference seconds that are left of what the machine holds and nobody held before. */
static double work_held(const struct sched *s, const struct pool_machine *m, double now)
{
	double sum = 0;
	for (size_t i = 0; i < m->n_held; i++) {
		const struct attempt *t = m->held[i];
		if (!t->next && !t->doomed)
			sum += fmin(sched_left(s, t, now, 1) * m->speed, sched_work_of(s, t->job));
	}
	return sum;
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
		s->held_work += work_held(s, m, now);
	}
}

/* ---- the end ---- */

double sched_left(const struct sched *s, const struct attempt *t, double now, double doubt)
{
	const struct pool_machine *m = &s->machines[t->machine];
	double gone = t->state == SCHED_RUNNING ? now - t->since : 0;
	double build = doubt * sched_work_of(s, t->job) / sched_pace(m) - gone;
	double least = m->results ? gone / CREEP : gone;
	return fmax(fmax(build, least), sched_lead(s, m, s->jobs[t->job].board, now));
}

static double last_left(const struct sched *s, const struct pool_machine *m, double now)
{
	double last = 0;
	for (size_t i = 0; i < m->n_held; i++)
		if (!m->held[i]->doomed && !m->held[i]->next)
			last = fmax(last, sched_left(s, m->held[i], now, 1));
	return last;
}

double sched_eta(const struct sched *s, double now)
{
	double work = sched_queue_all_work(s), last = 0;
	if (!s->results || s->rate <= 0)
		return -1;
	for (size_t i = 0; i < s->n_machines; i++) {
		work += work_held(s, &s->machines[i], now);
		last = fmax(last, last_left(s, &s->machines[i], now));
	}
	return fmax(work / s->rate, last);
}
