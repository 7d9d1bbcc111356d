/* sched_pick: the next job for a machine. Longest first, with three thoughts more:
 *
 * A job is left to others when they would end it earlier, as far as that is known: when all that is queued is
 * handed out and a fast machine has built it before this one had.
 * Boards that are open here go first, and the next one is opened while there is still work in them for as long as its stage 1
 * takes; then one job waits for it and not every slot.
 * A job so long that it decides the end goes before all others, open or not.
 */
#include "boss/sched_internal.h"

#include <math.h>

#define CRITICAL 0.7 /* of what is left: a job that takes so long is started now */
#define FASTER 1.25 /* than this one: what counts as such */
#define UNSEEN_DOUBT 3 /* a machine that has shown nothing may be so much slower than it seems */

/* One decision. */
struct view {
	double now;
	double speed; /* of the machine */
	bool unseen; /* nothing came of it yet */
	bool alone; /* nobody has a job */
	double wait; /* until it has a slot */
	double horizon, end; /* until all that is queued is handed out; until all is done */
	double fast, others; /* the speed of faster machines; when they could take a job */
	double busy; /* it will be, with boards it has open */
};

/* The best job of a board, for the machine. */
struct offer {
	size_t board;
	uint32_t id; /* NO_JOB */
	double idle; /* seconds in which a slot only waits for stage 1 */
	double length; /* seconds it will probably need wherever it goes, stage 1 of a new board included */
	double drain; /* until those that have the board open are through with it */
};

static const struct offer no_offer = {.id = NO_JOB};

unsigned sched_prefetch(const struct sched *s, const struct pool_machine *m)
{
	double mean = s->longest > 0 ? s->mean_guess / m->speed : 1;
	double flight = m->slots * s->config.round_trip / fmax(mean, 1e-3);
	unsigned most = 4 * m->slots, want = (unsigned)fmin(ceil(flight), most);
	return want > s->config.prefetch ? want : s->config.prefetch;
}

/* The longest job that does not hold up the end, else the shortest: a machine that may be slow must not begin what
 * would be the last to end. */
static uint32_t fitting(const struct sched *s, const struct board *b, const struct view *v)
{
	double limit = (v->end - v->wait) * v->speed;
	if (v->unseen)
		limit /= UNSEEN_DOUBT;
	else if (v->alone || v->speed >= v->fast)
		limit = INFINITY;
	uint32_t id = sched_queue_peek(s, b, limit);
	return id != NO_JOB ? id : sched_queue_shortest(s, b);
}

static struct offer look(
	const struct sched *s, const struct pool_machine *m, const struct view *v, size_t board)
{
	const struct board *b = &s->boards[board];
	const struct cell *c = &m->cells[board];
	struct offer o = {.board = board, .id = NO_JOB};
	if (c->forbidden || !sched_queue_count(b))
		return o;
	double lead = c->open ? sched_lead(s, m, board, v->now) : v->wait + b->cost / v->speed;
	double first = b->rate > 0 ? fmax(b->ready - v->now, 0) : b->cost / v->fast;
	o.drain = b->rate > 0 ? first + sched_queue_work(b) / b->rate : INFINITY;
	double others = v->others;
	if (!c->open && b->rate > 0)
		others = fmax(others, o.drain);
	o.id = fitting(s, b, v);
	double work = sched_work_of(s, o.id), mine = v->wait + work / v->speed;
	if (fmax(mine, lead) > fmax(fmax(others + work / v->fast, first), v->end) && !v->alone)
		o.id = NO_JOB;
	o.idle = fmax(lead - mine, 0);
	o.length = fmax(work / v->fast, first);
	return o;
}

static bool better_open(const struct view *v, const struct offer *a, const struct offer *b)
{
	if (b->id == NO_JOB)
		return true;
	bool ca = a->length >= CRITICAL * v->horizon, cb = b->length >= CRITICAL * v->horizon;
	if (ca || cb)
		return a->length > b->length;
	return a->drain > b->drain;
}

static bool better_new(const struct offer *a, const struct offer *b)
{
	if (b->id == NO_JOB || a->drain != b->drain)
		return b->id == NO_JOB || a->drain > b->drain;
	return a->length > b->length;
}

static uint32_t choose(struct sched *s, struct pool_machine *m, struct view *v)
{
	struct offer open = no_offer, fresh = no_offer, join = no_offer;
	bool opening = false;
	v->busy = 0;
	for (size_t i = 0; i < s->n_boards; i++) {
		struct offer o = look(s, m, v, i);
		if (o.id == NO_JOB)
			continue;
		if (!m->cells[i].open) {
			if (better_new(&o, &fresh))
				fresh = o;
			continue;
		}
		v->busy += o.drain;
		if (o.idle > s->config.round_trip) {
			opening = true;
			if (join.id == NO_JOB || o.idle < join.idle)
				join = o;
		} else if (better_open(v, &o, &open)) {
			open = o;
		}
	}
	if (open.id == NO_JOB)
		return fresh.id != NO_JOB ? fresh.id : join.id;
	if (fresh.id == NO_JOB)
		return open.id;
	if (fresh.length >= CRITICAL * v->horizon && fresh.length > open.length)
		return fresh.id;
	double cost = s->boards[fresh.board].cost / v->speed;
	return v->busy < cost && !opening && m->slots > 1 ? fresh.id : open.id;
}

static void open_board(struct sched *s, struct pool_machine *m, size_t board, double now)
{
	struct cell *c = sched_cell(s, m, board);
	if (c->open)
		return;
	c->open = true;
	c->since = now;
	sched_count_open(s, m, board);
}

static void look_around(const struct sched *s, struct view *v)
{
	double rate = 0, squares = 0, soonest = INFINITY;
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		if (!m->slots || m->speed <= FASTER * v->speed)
			continue;
		rate += m->slots * m->speed;
		squares += m->slots * m->speed * m->speed;
		soonest = fmin(soonest, m->free_at - v->now);
	}
	v->fast = rate > 0 ? squares / rate : v->speed;
	v->others = rate > 0 ? fmax(v->horizon, soonest) + s->config.round_trip : INFINITY;
}

static struct view view_of(const struct sched *s, const struct pool_machine *m, double now)
{
	struct view v = {.now = now,
		.speed = m->speed,
		.unseen = s->n_machines > 1 && !m->results,
		.alone = s->n_machines == 1 || (!s->count[SCHED_SENT] && !s->count[SCHED_RUNNING])};
	if (m->n_held >= m->slots) {
		double mean = m->held_work / (double)m->n_held / v.speed;
		v.wait = (double)(m->n_held - m->slots + 1) * mean / m->slots;
	}
	v.horizon = sched_queue_all_work(s) / s->rate;
	v.end = v.horizon + s->held_work / s->rate;
	look_around(s, &v);
	return v;
}

/* How many it may get. Its first batch is a fair share, so that one machine does not take all of a small run. */
static size_t room_of(const struct sched *s, const struct pool_machine *m)
{
	size_t want = m->slots + (m->results ? sched_prefetch(s, m) : 0), all = 0;
	if (m->n_held >= want)
		return 0;
	size_t room = want - m->n_held, queued = s->count[SCHED_QUEUED];
	for (size_t i = 0; i < s->n_machines; i++)
		all += s->machines[i].had_batch ? 0 : s->machines[i].slots;
	size_t share = m->had_batch ? queued : (queued * m->slots + all - 1) / all;
	return room < share ? room : share;
}

/* What others could not build. */
static size_t take_retries(
	struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	size_t n = 0;
	uint32_t id;
	while (n < max && (id = sched_retry_take(s, machine)) != NO_JOB) {
		open_board(s, &s->machines[machine], s->jobs[id].board, now);
		out[n++] = sched_give(s, machine, id, now);
	}
	return n;
}

size_t sched_take(struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max)
{
	struct pool_machine *m = &s->machines[machine];
	size_t n = 0, room;
	sched_queue_build(s);
	if (!m->slots || s->stopped)
		return 0;
	sched_refresh(s);
	sched_watch(s, now);
	room = room_of(s, m);
	n = take_retries(s, machine, now, out, room < max ? room : max);
	if (m->on_hold)
		return n;
	while (n < room && n < max && s->count[SCHED_QUEUED]) {
		struct view v = view_of(s, m, now);
		uint32_t id = v.end * s->slowest < 2 * s->longest
				      ? sched_relief(s, machine, now, v.wait, v.end)
				      : NO_JOB;
		if (id != NO_JOB) {
			open_board(s, m, s->jobs[id].board, now);
			out[n++] = sched_give(s, machine, id, now);
			continue;
		}
		id = choose(s, m, &v);
		if (id == NO_JOB)
			break;
		sched_queue_remove(s, id);
		open_board(s, m, s->jobs[id].board, now);
		out[n++] = sched_give(s, machine, id, now);
	}
	m->had_batch |= n > 0;
	while (n < max && m->n_held < m->slots) {
		uint32_t id = sched_relief(s, machine, now, 0, 0);
		if (id == NO_JOB)
			break;
		open_board(s, m, s->jobs[id].board, now);
		out[n++] = sched_give(s, machine, id, now);
	}
	return n;
}
