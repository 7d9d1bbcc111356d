/* sched_relief: what an idle machine does for the others near the end. It gets the job that would be the last to end where it
 * is, if it can end it earlier: one that waits there for a slot is taken back, one that runs is built twice.
 */
#include "boss/sched_internal.h"

#include <math.h>

#define LATE 2 /* a job counts as late when it ends so many times after the rest */
#define DOUBT 1.3 /* a job may take so much longer than expected */
#define SECOND_GAIN 0.7 /* if it was duplicated before */
#define IN_TIME 0.5 /* of the time that the rest takes: help must end between that and all of it */
#define GAIN 0.9 /* it must end within this part of what it needs where it is */

struct relief {
	const struct sched *s;
	size_t machine;
	double now;
};

/* Seconds until the machine, which has a free slot, has built the job. */
static double here(const struct relief *r, const struct attempt *t)
{
	const struct sched *s = r->s;
	const struct pool_machine *m = &s->machines[r->machine];
	size_t board = s->jobs[t->job].board;
	double lead = m->cells[board].open ? sched_lead(s, m, board, r->now)
					   : s->boards[board].cost / m->speed;
	return fmax(DOUBT * t->work / m->speed, lead) + s->config.round_trip;
}

static bool may_help(const struct relief *r, const struct attempt *t)
{
	const struct entry *j = &r->s->jobs[t->job];
	if (t->doomed || t != j->tries || (j->retry.wanted && j->retry.not_on == r->machine) ||
		r->s->machines[r->machine].cells[j->board].forbidden)
		return false;
	for (const struct attempt *o = j->tries; o; o = o->next)
		if (o->machine == r->machine)
			return false;
	return true;
}

/* Two at a time are enough: the worst of more is given up. */
static void give_up_worst(struct sched *s, const struct entry *j, double now)
{
	struct attempt *worst = NULL;
	size_t n = 0;
	double most = 0;
	for (struct attempt *t = j->tries; t; t = t->next) {
		double left = sched_left(s, t, now, DOUBT);
		if (t->doomed || t->asked)
			continue;
		n++;
		if (!worst || left > most) {
			worst = t;
			most = left;
		}
	}
	if (n < MAX_TRIES)
		return;
	worst->doomed = true;
	sched_ask_back(s, worst, CANCEL_KILL);
}

static double left_of(const struct sched *s, const struct attempt *t, double now)
{
	double left = sched_left(s, t, now, DOUBT);
	for (const struct attempt *o = t->next; o; o = o->next)
		if (o->state == SCHED_RUNNING && !o->doomed)
			left = fmin(left, sched_left(s, o, now, DOUBT));
	return left;
}

static void insert(struct sched *s, const struct attempt *t, double left)
{
	size_t i = MAX_LATE - 1;
	if (s->n_late < MAX_LATE)
		i = s->n_late++;
	else if (s->late[i].left >= left)
		return;
	for (; i && s->late[i - 1].left < left; i--)
		s->late[i] = s->late[i - 1];
	s->late[i] = (struct late){{t->job, t->attempt}, t->machine, left};
}

/* What is sent begins when what runs makes room, in its order. */
static void look_at(struct sched *s, const struct pool_machine *m, double now)
{
	double ahead = 0;
	for (size_t i = 0; i < m->n_held; i++) {
		struct attempt *t = m->held[i];
		double left = sched_left(s, t, now, DOUBT);
		double wait = i < m->slots ? 0 : ahead / m->slots;
		ahead += t->doomed ? 0 : left;
		if (!t->doomed && s->jobs[t->job].tries == t)
			insert(s, t, t->next ? left_of(s, t, now) : left + wait);
	}
}

static void look(struct sched *s, double now)
{
	if (s->n_late && now < s->looked + s->config.round_trip / 4)
		return;
	s->looked = now;
	s->n_late = 0;
	for (size_t i = 0; i < s->n_machines; i++)
		look_at(s, &s->machines[i], now);
}

uint32_t sched_relief(struct sched *s, size_t machine, double now, double wait, double beyond)
{
	struct relief r = {.s = s, .machine = machine, .now = now};
	look(s, now);
	for (size_t i = 0; i < s->n_late && s->late[i].left > LATE * beyond; i++) {
		struct attempt *t = sched_find(s, s->late[i].machine, s->late[i].pick);
		if (!t || !may_help(&r, t))
			continue;
		double gain = t->next ? SECOND_GAIN : GAIN;
		double mine = wait + here(&r, t);
		if (mine > gain * s->late[i].left ||
			(beyond > 0 && (mine < IN_TIME * beyond || mine > beyond)))
			continue;
		if (t->state == SCHED_SENT && !t->asked)
			sched_ask_back(s, t, CANCEL_UNSTARTED);
		give_up_worst(s, &s->jobs[t->job], now);
		return t->job;
	}
	return NO_JOB;
}
