/* sched_sim: how good the schedule is, on many labs of all sizes, beside that of one who knows everything. */
#include "tap.h"

#include <stdio.h>
#include "sched_lab.h"

/* 1 to 256 machines of 1 to 32 slots, one to eight times as fast; 1 to 40 boards. */
static void make_lab(struct lab *lab, uint64_t seed)
{
	struct chance c = {seed * 7919 + 1};
	*lab = (struct lab){.untimed = seed % 10 == 3, .costs_known = chance_below(&c, 2)};
	lab->n_machines = (size_t)chance_ratio(&c, 1, 256.99);
	lab->n_boards = (size_t)chance_ratio(&c, 1, 40.99);
	lab->machines = xcalloc(lab->n_machines, sizeof *lab->machines);
	unsigned slots = 0, most = 1 + (unsigned)chance_below(&c, 32);
	for (size_t i = 0; i < lab->n_machines; i++) {
		lab->machines[i].slots = 1 + (unsigned)chance_below(&c, most);
		lab->machines[i].speed = chance_between(&c, 1, 8);
		slots += lab->machines[i].slots;
	}
	lab->costs = xcalloc(lab->n_boards, sizeof *lab->costs);
	double scale[64];
	for (size_t i = 0; i < lab->n_boards; i++) {
		scale[i] = chance_ratio(&c, 0.7, 1.4);
		lab->costs[i] = chance_ratio(&c, 2, 20);
	}
	double mean = chance_ratio(&c, 2, 20), spread = chance_ratio(&c, 1.2, 2);
	lab->n_jobs = (size_t)(slots * chance_ratio(&c, 1, 20)) + 1;
	lab->jobs = xcalloc(lab->n_jobs, sizeof *lab->jobs);
	for (size_t i = 0; i < lab->n_jobs; i++) {
		struct lab_job *j = &lab->jobs[i];
		j->board = chance_below(&c, lab->n_boards);
		j->work = mean * scale[j->board] * chance_ratio(&c, 1 / spread, spread);
	}
	lab->chance = c;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

enum { PLENTY, PLENTY_UNTIMED, FEW, KINDS };

/* What the schedule takes, over what that of one who knows everything takes. */
struct ratios {
	const char *name;
	double *v;
	size_t n;
	double median, p95, worst; /* at most */
};

static void judged(struct ratios *r)
{
	if (!r->n)
		return;
	qsort(r->v, r->n, sizeof *r->v, by_size);
	double median = r->v[r->n / 2], p95 = r->v[r->n * 95 / 100], worst = r->v[r->n - 1];
	ok(median <= r->median, "%s, %zu labs: median %.3f <= %.2f", r->name, r->n, median,
		r->median);
	ok(p95 <= r->p95, "%s: 95th percentile %.3f <= %.2f", r->name, p95, r->p95);
	ok(worst <= r->worst, "%s: worst %.3f <= %.2f", r->name, worst, r->worst);
	free(r->v);
}

int main(void)
{
	const char *more = getenv("BOARDMAN_SOAK");
	size_t seeds = more ? 10 * strtoul(more, NULL, 10) : 12, slots, lost = 0;
	struct ratios kinds[KINDS] = {
		[PLENTY] = {"four jobs a slot and more", .median = seeds < 100 ? 1.1 : 1.05,
			.p95 = 1.15, .worst = 1.3},
		[PLENTY_UNTIMED] = {"the same, never timed", .median = 1.2, .p95 = 1.25,
			.worst = 1.3},
		[FEW] = {"fewer", .median = 1.2, .p95 = 1.5, .worst = 1.7},
	};
	for (int i = 0; i < KINDS; i++)
		kinds[i].v = xcalloc(seeds, sizeof *kinds[i].v);
	for (uint64_t seed = 0; seed < seeds; seed++) {
		struct lab lab;
		struct lab_sim sim;
		make_lab(&lab, seed);
		double best = lab_clairvoyant(&lab);
		lab_run(&lab, &sim);
		slots = 0;
		for (size_t i = 0; i < lab.n_machines; i++)
			slots += lab.machines[i].slots;
		for (size_t i = 0; i < lab.n_jobs; i++)
			lost += sim.ended[i] != 1;
		struct ratios *r = &kinds[lab.n_jobs < 4 * slots ? FEW
					  : lab.untimed		 ? PLENTY_UNTIMED
								 : PLENTY];
		r->v[r->n++] = sim.end / best;
		lab_sim_release(&sim);
		lab_release(&lab);
	}
	is_int((long long)lost, 0, "every job ended once");
	for (int i = 0; i < KINDS; i++)
		judged(&kinds[i]);
	return done_testing();
}
