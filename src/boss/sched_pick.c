/* sched_pick: the next job for a machine.
 *
 * While there are plenty: of the boards that are open on the machine the one that will be done last, and of that the longest job;
 * what came back before all else. The next board is opened while there is still work in those for as long as its stage 1
 * takes; then one job waits for it and not every slot.
 * When fewer jobs are queued than there are slots, all goes by the plan: see sched_plan.
 * A machine that has shown nothing may be slow. It begins with jobs that it would end in time even so, or that are no
 * longer than the stage 1 they wait for; its first batch is a fair share, and nothing waits there for a slot.
 */
#include "boss/sched_internal.h"

#include <math.h>

#define MAX_PREFETCH 4 /* jobs a slot: more would only be taken back */

/* One decision. Seconds from now. */
struct view {
	double now, speed;
	double wait; /* until it has a slot */
	double limit; /* reference seconds: the longest job that it is to begin */
};

/* The best job of a board, for the machine. */
struct offer {
	size_t board;
	uint32_t id; /* NO_JOB */
	double idle; /* seconds for which a slot would only wait for stage 1 */
	double length; /* reference seconds, of its stage 1 if that is longer */
	double drain; /* seconds until those that have the board open are through with it */
};

/* What a board offers is one of these. */
struct offers {
	struct offer open, fresh, join; /* ready to be linked; to be opened; being opened */
	double busy; /* seconds that the open boards will do */
	bool opening;
};

unsigned sched_prefetch(const struct sched *s, const struct pool_machine *m)
{
	double flight = m->slots * s->config.round_trip * m->speed / s->mean_guess;
	unsigned want = (unsigned)fmin(ceil(flight), MAX_PREFETCH * m->slots);
	return want > s->config.prefetch ? want : s->config.prefetch;
}

/* Nothing came of it yet, and there are others. */
static bool is_unseen(const struct sched *s, const struct pool_machine *m)
{
	return !m->results && s->ready > 1;
}

static struct view view_of(const struct sched *s, const struct pool_machine *m, double now)
{
	struct view v = {.now = now, .speed = m->speed, .limit = INFINITY};
	if (m->n_held >= m->slots) {
		double mean = m->held_work / (double)m->n_held / v.speed;
		v.wait = (double)(m->n_held - m->slots + 1) * mean / m->slots;
	}
	if (is_unseen(s, m)) {
		double end = (sched_queue_all_work(s) + s->held_work) / s->rate;
		v.limit = (end - v.wait) * sched_pace(m);
	}
	return v;
}

/* ---- a board ---- */

static struct offer look(
	const struct sched *s, const struct pool_machine *m, const struct view *v, size_t board)
{
	const struct board *b = &s->boards[board];
	const struct cell *c = &m->cells[board];
	struct offer o = {.board = board, .id = NO_JOB};
	if (c->forbidden || !sched_queue_count(b))
		return o;
	double lead = c->open ? sched_lead(s, m, board, v->now) : v->wait + b->cost / v->speed;
	o.id = sched_queue_peek(s, b, fmax(v->limit, lead * v->speed));
	if (o.id == NO_JOB)
		o.id = sched_queue_shortest(s, b);
	double work = sched_work_of(s, o.id);
	o.idle = fmax(lead - v->wait - work / v->speed, 0);
	o.length = fmax(work, b->cost);
	o.drain = INFINITY;
	if (c->open && sched_queue_came_back(b))
		return o;
	if (b->rate > 0)
		o.drain = fmax(b->ready - v->now, 0) + sched_queue_work(b) / b->rate;
	return o;
}

static bool is_better(const struct offer *a, const struct offer *b)
{
	if (b->id == NO_JOB || a->drain != b->drain)
		return b->id == NO_JOB || a->drain > b->drain;
	return a->length > b->length;
}

static void sort_in(const struct sched *s, const struct pool_machine *m, struct offers *all,
	const struct offer *o)
{
	if (!m->cells[o->board].open) {
		if (is_better(o, &all->fresh))
			all->fresh = *o;
		return;
	}
	all->busy += o->drain;
	if (o->idle <= s->config.round_trip) {
		if (is_better(o, &all->open))
			all->open = *o;
		return;
	}
	all->opening = true;
	if (all->join.id == NO_JOB || o->idle < all->join.idle)
		all->join = *o;
}

/* ---- the choice ---- */

static uint32_t choose(const struct sched *s, const struct pool_machine *m, double now)
{
	struct view v = view_of(s, m, now);
	struct offers all = {.open.id = NO_JOB, .fresh.id = NO_JOB, .join.id = NO_JOB};
	for (size_t i = 0; i < s->n_boards; i++) {
		struct offer o = look(s, m, &v, i);
		if (o.id != NO_JOB)
			sort_in(s, m, &all, &o);
	}
	if (all.open.id == NO_JOB)
		return all.fresh.id != NO_JOB ? all.fresh.id : all.join.id;
	if (all.fresh.id == NO_JOB)
		return all.open.id;
	bool runs_out = all.busy < s->boards[all.fresh.board].cost / v.speed;
	return runs_out && !all.opening && m->slots > 1 ? all.fresh.id : all.open.id;
}

/* How many it may get from the queue. */
static size_t room_of(const struct sched *s, const struct pool_machine *m)
{
	size_t want = m->slots + (m->results ? sched_prefetch(s, m) : 0);
	if (m->n_held >= want)
		return 0;
	size_t room = want - m->n_held, queued = s->count[SCHED_QUEUED];
	if (m->had_batch)
		return room;
	size_t all = m->slots;
	for (const struct pool_machine *other = s->machines; other < s->machines + s->n_machines;
		other++)
		all += other == m || other->had_batch ? 0 : other->slots;
	size_t share = (queued * m->slots + all - 1) / all;
	return room < share ? room : share;
}

/* ---- handing out ---- */

static struct sched_pick hand_out(struct sched *s, size_t machine, uint32_t id, double now)
{
	struct pool_machine *m = &s->machines[machine];
	size_t board = s->jobs[id].board;
	struct cell *c = sched_cell(s, m, board);
	if (!c->open) {
		c->open = true;
		c->since = now;
		sched_count_open(s, m, board);
	}
	m->had_batch = true;
	return sched_give(s, machine, id, now);
}

/* What others could not build. */
static size_t take_retries(
	struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	size_t n = 0;
	uint32_t id;
	while (n < max && (id = sched_retry_take(s, machine)) != NO_JOB)
		out[n++] = hand_out(s, machine, id, now);
	return n;
}

static size_t take_queued(
	struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	size_t n = 0;
	uint32_t id;
	while (n < max && (id = choose(s, &s->machines[machine], now)) != NO_JOB) {
		sched_queue_remove(s, id);
		out[n++] = hand_out(s, machine, id, now);
	}
	return n;
}

static size_t take_planned(
	struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	size_t n = 0;
	uint32_t id;
	while (n < max && (id = sched_planned(s, machine, now)) != NO_JOB) {
		if (s->jobs[id].state == SCHED_QUEUED)
			sched_queue_remove(s, id);
		else
			sched_relieve(s, id, now);
		out[n++] = hand_out(s, machine, id, now);
	}
	return n;
}

size_t sched_take(struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	struct pool_machine *m = &s->machines[machine];
	if (!m->slots || s->stopped)
		return 0;
	sched_queue_build(s);
	sched_refresh(s);
	sched_watch(s, now);
	size_t room = room_of(s, m);
	size_t n = take_retries(s, machine, now, out, room < max ? room : max);
	if (m->on_hold)
		return n;
	room = room > n ? room - n : 0;
	bool scarce = s->count[SCHED_QUEUED] < s->slots, unseen = is_unseen(s, m);
	if (!scarce || unseen)
		n += take_queued(s, machine, now, out + n, room < max - n ? room : max - n);
	if (unseen ? !s->count[SCHED_QUEUED] : scarce)
		n += take_planned(s, machine, now, out + n, max - n);
	return n;
}
