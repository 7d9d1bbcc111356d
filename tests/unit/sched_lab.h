/* sched_lab: a lab in virtual time for the scheduler's tests: machines with speeds and slots that obey the protocol, a boss that
 * knows only what they say, and a clairvoyant list schedule to compare with. Seeded and deterministic. Header only.
 *
 * A message is half a round trip under way. A board's stage 1 begins with its first job on a machine and holds up the ends of
 * jobs, not their compiling. Whoever says `started`, `cancelled` or a result has freed or taken a slot at that time.
 */
#ifndef UNIT_SCHED_LAB_H
#define UNIT_SCHED_LAB_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boss/sched.h"
#include "common/xalloc.h"

#define LAB_FN __attribute__((unused)) static

#define LAB_HALF_TRIP 0.025 /* seconds */
#define LAB_TICK 0.1 /* the boss looks at least so often */
#define LAB_BATCH 256
#define LAB_LEAST 0.7 /* a duration that is known is known so well */
#define LAB_MOST 1.3

/* ---- chance ---- */

struct chance {
	uint64_t x;
};

LAB_FN uint64_t chance_bits(struct chance *c)
{
	uint64_t z = (c->x += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

LAB_FN double chance_between(struct chance *c, double low, double high)
{
	return low + (high - low) * (double)(chance_bits(c) >> 11) * 0x1p-53;
}

/* Every factor is as likely as another. */
LAB_FN double chance_ratio(struct chance *c, double low, double high)
{
	return exp(chance_between(c, log(low), log(high)));
}

LAB_FN size_t chance_below(struct chance *c, size_t n)
{
	return n ? (size_t)(chance_bits(c) % n) : 0;
}

/* ---- a lab ---- */

struct lab_job {
	size_t board;
	double work; /* true reference seconds */
};

struct lab_run {
	struct sched_pick pick;
	double work;
	uint32_t serial; /* 0: the slot is free */
};

struct lab_machine {
	double speed;
	unsigned slots;
	/* as the simulation goes */
	bool up;
	uint32_t life; /* messages of an earlier one are void */
	double *ready; /* by board, when stage 1 is through; negative: not begun */
	struct lab_run *runs; /* by slot */
	struct sched_pick *queue;
	size_t n_queue, cap_queue;
};

struct lab {
	struct lab_machine *machines;
	struct lab_job *jobs;
	double *costs; /* by board, reference seconds */
	size_t n_machines, n_jobs, n_boards;
	bool untimed, costs_known;
	struct chance chance;
};

enum lab_what {
	LAB_ORDER, /* to the machine: a job */
	LAB_CANCEL, /* to the machine */
	LAB_END, /* on the machine: a run */
	LAB_UNIT, /* on the machine: stage 1 is through */
	LAB_SAY, /* to the boss */
	LAB_LOSE, /* a machine */
	LAB_JOIN,
	LAB_WAKE, /* the boss */
};

struct lab_event {
	double at;
	uint64_t serial; /* equal times: in their order */
	enum lab_what what;
	size_t machine;
	uint32_t life;
	enum response_kind kind; /* LAB_SAY */
	enum cancel_mode mode;
	struct sched_pick pick;
	size_t board;
	uint32_t run;
	double seconds;
};

struct lab_sim {
	struct lab *lab;
	struct sched *s;
	struct lab_event *heap;
	size_t n_heap, cap_heap;
	uint64_t serial;
	uint32_t run;
	double now, end;
	size_t *ended; /* by job: how often the scheduler took it for done */
	size_t sent, twice, stages; /* jobs sent; built for nothing; stages 1 */
	double fault; /* chance of trouble per message; 0 none */
	struct chance chance;
};

/* ---- events, the earliest first ---- */

LAB_FN bool lab_before(const struct lab_event *a, const struct lab_event *b)
{
	return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

LAB_FN void lab_push(struct lab_sim *sim, struct lab_event e)
{
	GROW(sim->heap, sim->n_heap, sim->cap_heap);
	size_t i = sim->n_heap++;
	e.serial = sim->serial++;
	for (; i && lab_before(&e, &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		sim->heap[i] = sim->heap[(i - 1) / 2];
	sim->heap[i] = e;
}

LAB_FN struct lab_event lab_pop(struct lab_sim *sim)
{
	struct lab_event top = sim->heap[0], last = sim->heap[--sim->n_heap];
	size_t i = 0;
	for (size_t k; (k = 2 * i + 1) < sim->n_heap; i = k) {
		if (k + 1 < sim->n_heap && lab_before(&sim->heap[k + 1], &sim->heap[k]))
			k++;
		if (!lab_before(&sim->heap[k], &last))
			break;
		sim->heap[i] = sim->heap[k];
	}
	sim->heap[i] = last;
	return top;
}

/* ---- a machine ---- */

LAB_FN void lab_say(struct lab_sim *sim, size_t m, enum response_kind kind, struct sched_pick p,
	size_t board, double seconds)
{
	lab_push(sim, (struct lab_event){
			      .at = sim->now + LAB_HALF_TRIP,
			      .what = LAB_SAY,
			      .machine = m,
			      .life = sim->lab->machines[m].life,
			      .kind = kind,
			      .pick = p,
			      .board = board,
			      .seconds = seconds,
		      });
}

LAB_FN void lab_begin_stage(struct lab_sim *sim, size_t mi, size_t board)
{
	struct lab_machine *m = &sim->lab->machines[mi];
	double seconds = sim->lab->costs[board] / m->speed;
	if (m->ready[board] >= 0)
		return;
	m->ready[board] = sim->now + seconds;
	sim->stages++;
	lab_push(sim, (struct lab_event){
			      .at = m->ready[board],
			      .what = LAB_UNIT,
			      .machine = mi,
			      .life = m->life,
			      .board = board,
			      .seconds = seconds,
		      });
}

LAB_FN void lab_start(struct lab_sim *sim, size_t mi, struct lab_run *slot, struct sched_pick p)
{
	struct lab_machine *m = &sim->lab->machines[mi];
	const struct lab_job *j = &sim->lab->jobs[p.id];
	double seconds = j->work / m->speed;
	*slot = (struct lab_run){.pick = p, .work = j->work, .serial = ++sim->run};
	lab_begin_stage(sim, mi, j->board);
	lab_say(sim, mi, RESP_STARTED, p, 0, 0);
	lab_push(sim, (struct lab_event){
			      .at = fmax(sim->now + seconds, m->ready[j->board]),
			      .what = LAB_END,
			      .machine = mi,
			      .life = m->life,
			      .pick = p,
			      .run = slot->serial,
			      .seconds = seconds,
		      });
}

LAB_FN void lab_fill_slots(struct lab_sim *sim, size_t mi)
{
	struct lab_machine *m = &sim->lab->machines[mi];
	size_t at = 0;
	for (unsigned i = 0; i < m->slots && at < m->n_queue; i++)
		if (!m->runs[i].serial)
			lab_start(sim, mi, &m->runs[i], m->queue[at++]);
	m->n_queue -= at;
	memmove(m->queue, m->queue + at, m->n_queue * sizeof *m->queue);
}

LAB_FN bool lab_same(struct sched_pick a, struct sched_pick b)
{
	return a.id == b.id && a.attempt == b.attempt;
}

/* Of what is neither queued nor runs the result is under way. */
LAB_FN void lab_cancel(struct lab_sim *sim, const struct lab_event *e)
{
	struct lab_machine *m = &sim->lab->machines[e->machine];
	for (size_t i = 0; i < m->n_queue; i++) {
		if (!lab_same(m->queue[i], e->pick))
			continue;
		m->n_queue--;
		memmove(&m->queue[i], &m->queue[i + 1], (m->n_queue - i) * sizeof *m->queue);
		lab_say(sim, e->machine, RESP_CANCELLED, e->pick, 0, 0);
		return;
	}
	for (unsigned i = 0; e->mode == CANCEL_KILL && i < m->slots; i++) {
		if (!m->runs[i].serial || !lab_same(m->runs[i].pick, e->pick))
			continue;
		m->runs[i].serial = 0;
		lab_say(sim, e->machine, RESP_CANCELLED, e->pick, 0, 0);
		lab_fill_slots(sim, e->machine);
	}
}

LAB_FN void lab_end_run(struct lab_sim *sim, const struct lab_event *e)
{
	struct lab_machine *m = &sim->lab->machines[e->machine];
	for (unsigned i = 0; i < m->slots; i++) {
		if (m->runs[i].serial != e->run)
			continue;
		m->runs[i].serial = 0;
		lab_say(sim, e->machine, RESP_BUILD_RESULT, e->pick, 0, e->seconds);
		lab_fill_slots(sim, e->machine);
	}
}

LAB_FN void lab_up(struct lab_sim *sim, size_t mi)
{
	struct lab_machine *m = &sim->lab->machines[mi];
	m->up = true;
	m->n_queue = 0;
	if (!m->runs) {
		m->runs = xcalloc(m->slots, sizeof *m->runs);
		m->ready = xcalloc(sim->lab->n_boards, sizeof *m->ready);
	}
	memset(m->runs, 0, m->slots * sizeof *m->runs);
	for (size_t i = 0; i < sim->lab->n_boards; i++)
		m->ready[i] = -1;
	sched_machine_ready(sim->s, mi, m->slots);
}

/* ---- the boss ---- */

LAB_FN void lab_hear(struct lab_sim *sim, const struct lab_event *e)
{
	switch (e->kind) {
	case RESP_STARTED: sched_started(sim->s, e->machine, e->pick, sim->now); break;
	case RESP_CANCELLED: sched_cancelled(sim->s, e->machine, e->pick); break;
	case RESP_UNIT: sched_unit(sim->s, e->machine, e->board, e->seconds); break;
	default:
		if (sched_result(sim->s, e->machine, e->pick, VERDICT_OK, e->seconds)) {
			sim->ended[e->pick.id]++;
			sim->end = sim->now;
		} else {
			sim->twice++;
		}
	}
}

LAB_FN void lab_tell(struct lab_sim *sim, size_t m, enum lab_what what, struct sched_pick p,
	enum cancel_mode mode)
{
	lab_push(sim, (struct lab_event){
			      .at = sim->now + LAB_HALF_TRIP,
			      .what = what,
			      .machine = m,
			      .life = sim->lab->machines[m].life,
			      .pick = p,
			      .mode = mode,
		      });
}

LAB_FN void lab_pump(struct lab_sim *sim)
{
	struct sched_pick p[LAB_BATCH];
	struct sched_cancel c[LAB_BATCH];
	size_t n;
	for (size_t m = 0; m < sim->lab->n_machines; m++) {
		while ((n = sched_take(sim->s, m, sim->now, p, LAB_BATCH))) {
			sim->sent += n;
			for (size_t i = 0; i < n; i++)
				lab_tell(sim, m, LAB_ORDER, p[i], 0);
		}
	}
	while ((n = sched_reclaim(sim->s, c, LAB_BATCH)))
		for (size_t i = 0; i < n; i++)
			lab_tell(sim, c[i].machine, LAB_CANCEL, c[i].pick, c[i].mode);
}

/* ---- the run ---- */

LAB_FN void lab_happen(struct lab_sim *sim, const struct lab_event *e)
{
	struct lab_machine *m = &sim->lab->machines[e->machine];
	if (e->life != m->life)
		return;
	switch (e->what) {
	case LAB_ORDER:
		GROW(m->queue, m->n_queue, m->cap_queue);
		m->queue[m->n_queue++] = e->pick;
		lab_fill_slots(sim, e->machine);
		break;
	case LAB_CANCEL: lab_cancel(sim, e); break;
	case LAB_END: lab_end_run(sim, e); break;
	case LAB_UNIT: lab_say(sim, e->machine, RESP_UNIT, e->pick, e->board, e->seconds); break;
	case LAB_SAY: lab_hear(sim, e); break;
	default: break;
	}
}

/* A scheduler that knows what a boss would. */
LAB_FN struct sched *lab_sched(struct lab *lab)
{
	const struct sched_config config = {.prefetch = 2, .round_trip = 2 * LAB_HALF_TRIP};
	struct sched *s = sched_new(&config);
	for (size_t i = 0; i < lab->n_jobs; i++)
		sched_add(s, lab->jobs[i].board,
			lab->untimed ? -1
				     : lab->jobs[i].work *
					       chance_between(&lab->chance, LAB_LEAST, LAB_MOST));
	for (size_t i = 0; i < lab->n_boards && lab->costs_known; i++)
		sched_board_cost(
			s, i, lab->costs[i] * chance_between(&lab->chance, LAB_LEAST, LAB_MOST));
	for (size_t i = 0; i < lab->n_machines; i++)
		sched_add_machine(s);
	return s;
}

/* Runs to the end; sim->end is the time of the last result. */
LAB_FN void lab_run(struct lab *lab, struct lab_sim *sim)
{
	double next = 0;
	*sim = (struct lab_sim){.lab = lab, .s = lab_sched(lab)};
	sim->ended = xcalloc(lab->n_jobs + 1, sizeof *sim->ended);
	for (size_t i = 0; i < lab->n_machines; i++)
		lab_up(sim, i);
	lab_pump(sim);
	while (!sched_finished(sim->s) && sim->n_heap) {
		bool boss = false;
		sim->now = sim->heap[0].at;
		if (sim->now > next) {
			sim->now = next;
			next += LAB_TICK;
			lab_pump(sim);
			continue;
		}
		while (sim->n_heap && sim->heap[0].at <= sim->now) {
			struct lab_event e = lab_pop(sim);
			boss |= e.what == LAB_SAY;
			lab_happen(sim, &e);
		}
		if (boss)
			lab_pump(sim);
	}
}

LAB_FN void lab_sim_release(struct lab_sim *sim)
{
	sched_free(sim->s);
	free(sim->heap);
	free(sim->ended);
}

LAB_FN void lab_release(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_machines; i++) {
		free(lab->machines[i].ready);
		free(lab->machines[i].runs);
		free(lab->machines[i].queue);
	}
	free(lab->machines);
	free(lab->jobs);
	free(lab->costs);
}

/* ---- the clairvoyant ---- */

LAB_FN int lab_longer(const void *a, const void *b)
{
	double x = ((const struct lab_job *)a)->work, y = ((const struct lab_job *)b)->work;
	return x > y ? -1 : x < y;
}

/* A heap of times at which slots are free: the earliest first. */
LAB_FN void lab_sink(double *v, size_t n)
{
	double x = v[0];
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

/* Longest first, each where it ends earliest, everything known, no message under way: the time of the last end. */
LAB_FN double lab_clairvoyant(const struct lab *lab)
{
	struct lab_job *jobs = xcalloc(lab->n_jobs, sizeof *jobs);
	double **slots = xcalloc(lab->n_machines, sizeof *slots), end = 0;
	double *ready = xcalloc(lab->n_machines * lab->n_boards, sizeof *ready);
	memcpy(jobs, lab->jobs, lab->n_jobs * sizeof *jobs);
	qsort(jobs, lab->n_jobs, sizeof *jobs, lab_longer);
	for (size_t i = 0; i < lab->n_machines; i++)
		slots[i] = xcalloc(lab->machines[i].slots, sizeof **slots);
	for (size_t i = 0; i < lab->n_machines * lab->n_boards; i++)
		ready[i] = -1;
	for (size_t j = 0; j < lab->n_jobs; j++) {
		size_t best = 0;
		double best_end = INFINITY;
		for (size_t i = 0; i < lab->n_machines; i++) {
			const struct lab_machine *m = &lab->machines[i];
			double r = ready[i * lab->n_boards + jobs[j].board];
			if (r < 0)
				r = slots[i][0] + lab->costs[jobs[j].board] / m->speed;
			double e = fmax(slots[i][0] + jobs[j].work / m->speed, r);
			if (e < best_end) {
				best_end = e;
				best = i;
			}
		}
		double *r = &ready[best * lab->n_boards + jobs[j].board];
		if (*r < 0)
			*r = slots[best][0] + lab->costs[jobs[j].board] / lab->machines[best].speed;
		slots[best][0] = best_end;
		lab_sink(slots[best], lab->machines[best].slots);
		end = fmax(end, best_end);
	}
	for (size_t i = 0; i < lab->n_machines; i++)
		free(slots[i]);
	free(slots);
	free(ready);
	free(jobs);
	return end;
}

#endif
