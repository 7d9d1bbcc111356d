/* sched_queue: what is queued of a board. The order of a board's jobs is made once; what is queued is a bit per
 * job, so that one is taken from anywhere and put back to its place at the cost of looking at a few words. What came
 * back has bits of its own and goes first.
 */
#include "boss/sched_internal.h"

#include <stdlib.h>
#include "common/xalloc.h"

#define WORD 64

static bool is_timed(const struct entry *j)
{
	return j->expected >= 0;
}

static struct lane *lane_of(struct sched *s, const struct entry *j)
{
	struct board *b = &s->boards[j->board];
	return is_timed(j) ? &b->timed : &b->untimed;
}

double sched_work_of(const struct sched *s, uint32_t id)
{
	const struct entry *j = &s->jobs[id];
	return is_timed(j) ? j->expected : s->boards[j->board].mean;
}

/* ---- marks ---- */

static void mark(struct marks *m, uint32_t place)
{
	size_t word = place / WORD;
	m->bits[word] |= UINT64_C(1) << place % WORD;
	m->n++;
	if (m->top <= word)
		m->top = word + 1;
}

static bool unmark(struct marks *m, uint32_t place)
{
	uint64_t bit = UINT64_C(1) << place % WORD;
	if (!(m->bits[place / WORD] & bit))
		return false;
	m->bits[place / WORD] &= ~bit;
	m->n--;
	while (m->top && !m->bits[m->top - 1])
		m->top--;
	return true;
}

/* The last one below `end`; `end` when there is none. */
static size_t last_mark(const struct marks *m, size_t end)
{
	size_t word = (end + WORD - 1) / WORD;
	uint64_t mask = end % WORD ? (UINT64_C(1) << end % WORD) - 1 : UINT64_MAX;
	if (word > m->top) {
		word = m->top;
		mask = UINT64_MAX;
	}
	for (; m->n && word; word--, mask = UINT64_MAX) {
		uint64_t bits = m->bits[word - 1] & mask;
		if (bits)
			return word * WORD - 1 - (size_t)__builtin_clzll(bits);
	}
	return end;
}

/* ---- order ---- */

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

static void finish_lane(struct sched *s, struct lane *l)
{
	size_t words = l->n / WORD + 1;
	l->front.bits = xcalloc(words, sizeof *l->front.bits);
	l->rest.bits = xcalloc(words, sizeof *l->rest.bits);
	if (l->n > 1)
		qsort_r(l->v, l->n, sizeof *l->v, by_expected, s);
	for (size_t i = 0; i < l->n; i++) {
		s->jobs[l->v[i]].place = (uint32_t)i;
		sched_queue_put(s, l->v[i], false);
	}
}

void sched_queue_build(struct sched *s)
{
	if (s->sorted)
		return;
	s->sorted = true;
	for (size_t i = 0; i < s->n; i++) {
		struct lane *l = lane_of(s, &s->jobs[i]);
		GROW(l->v, l->n, l->cap);
		l->v[l->n++] = (uint32_t)i;
	}
	for (size_t i = 0; i < s->n_boards; i++) {
		finish_lane(s, &s->boards[i].timed);
		finish_lane(s, &s->boards[i].untimed);
	}
}

static void release_lane(struct lane *l)
{
	free(l->v);
	free(l->front.bits);
	free(l->rest.bits);
}

void sched_queue_release(struct board *b)
{
	release_lane(&b->timed);
	release_lane(&b->untimed);
}

void sched_queue_put(struct sched *s, uint32_t id, bool front)
{
	struct entry *j = &s->jobs[id];
	struct lane *l = lane_of(s, j);
	mark(front ? &l->front : &l->rest, j->place);
	if (is_timed(j))
		s->boards[j->board].timed_left += j->expected;
}

void sched_queue_remove(struct sched *s, uint32_t id)
{
	struct entry *j = &s->jobs[id];
	struct lane *l = lane_of(s, j);
	struct board *b = &s->boards[j->board];
	if (!unmark(&l->front, j->place))
		unmark(&l->rest, j->place);
	if (is_timed(j))
		b->timed_left = l->front.n + l->rest.n ? b->timed_left - j->expected : 0;
}

/* ---- looking ---- */

/* How many of the lane are not longer. */
static size_t up_to(const struct sched *s, const struct lane *l, double limit)
{
	size_t low = 0, high = l->n;
	if (!high || s->jobs[l->v[high - 1]].expected <= limit)
		return high;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->jobs[l->v[mid]].expected <= limit)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint32_t peek(const struct sched *s, const struct board *b, bool front, double limit)
{
	const struct lane *t = &b->timed, *u = &b->untimed;
	const struct marks *tm = front ? &t->front : &t->rest, *um = front ? &u->front : &u->rest;
	size_t end = tm->n ? up_to(s, t, limit) : 0, i = last_mark(tm, end);
	uint32_t best = i < end ? t->v[i] : NO_JOB;
	if (!um->n || b->mean > limit || (best != NO_JOB && s->jobs[best].expected > b->mean))
		return best;
	return u->v[last_mark(um, u->n)];
}

uint32_t sched_queue_peek(const struct sched *s, const struct board *b, double limit)
{
	uint32_t id = peek(s, b, true, limit);
	return id != NO_JOB ? id : peek(s, b, false, limit);
}

/* The first one; `n` when there is none. */
static size_t first_mark(const struct marks *m, size_t n)
{
	for (size_t word = 0; m->n && word < m->top; word++)
		if (m->bits[word])
			return word * WORD + (size_t)__builtin_ctzll(m->bits[word]);
	return n;
}

uint32_t sched_queue_shortest(const struct sched *s, const struct board *b)
{
	const struct lane *t = &b->timed, *u = &b->untimed;
	const struct marks *tm = t->front.n ? &t->front : &t->rest;
	const struct marks *um = u->front.n ? &u->front : &u->rest;
	size_t i = first_mark(tm, t->n);
	if (i < t->n && (!um->n || s->jobs[t->v[i]].expected < b->mean))
		return t->v[i];
	return um->n ? u->v[last_mark(um, u->n)] : NO_JOB;
}

size_t sched_queue_count(const struct board *b)
{
	return b->timed.front.n + b->timed.rest.n + b->untimed.front.n + b->untimed.rest.n;
}

bool sched_queue_came_back(const struct board *b)
{
	return b->timed.front.n + b->untimed.front.n > 0;
}

double sched_queue_work(const struct board *b)
{
	double left = b->timed_left > 0 ? b->timed_left : 0;
	return left + b->mean * (double)(b->untimed.front.n + b->untimed.rest.n);
}

double sched_queue_all_work(const struct sched *s)
{
	double sum = 0;
	for (size_t i = 0; i < s->n_boards; i++)
		sum += sched_queue_work(&s->boards[i]);
	return sum;
}
