/* sched: order, batches, states, strikes, stopping. */
#include "tap.h"

#include "boss/sched.h"

static struct sched *new_sched(unsigned max_failures, unsigned prefetch)
{
	struct sched_config c = {.max_failures = max_failures, .prefetch = prefetch};
	return sched_new(&c);
}

static size_t add_machine(struct sched *s, unsigned slots)
{
	size_t m = sched_add_machine(s);
	sched_machine_ready(s, m, slots);
	return m;
}

/* Ids taken, as text. */
static const char *take(struct sched *s, size_t m, size_t max)
{
	static char text[256];
	struct sched_pick p[32];
	size_t n = sched_take(s, m, 0, p, max), at = 0;
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%u", i ? " " : "", p[i].id);
	return text;
}

static bool finish(struct sched *s, size_t m, uint32_t id, enum verdict v)
{
	return sched_result(s, m, (struct sched_pick){id, 1}, v, 1);
}

static int ended;
static void on_ended(void *ctx, uint32_t id)
{
	ended += 1 + (int)id;
	*(uint32_t *)ctx = id;
}

/* One machine with one slot, to the end: what it got, in order. */
static const char *all_in_order(struct sched *s, size_t m)
{
	static char text[256];
	size_t at = 0;
	text[0] = '\0';
	for (const char *got; *(got = take(s, m, 1));) {
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? " " : "", got);
		finish(s, m, (uint32_t)strtoul(got, NULL, 10), VERDICT_OK);
	}
	return text;
}

static void order(void)
{
	struct sched *s = new_sched(0, 0);
	for (int i = 0; i < 4; i++)
		sched_add(s, 0, i == 3 ? -1 : 1 + i * i);
	size_t m = add_machine(s, 1);
	is_str(all_in_order(s, m), "2 3 1 0",
		"longest first; one that was never timed counts as average");
	ok(sched_finished(s), "finished");
	sched_free(s);
	s = new_sched(0, 0);
	for (int i = 0; i < 3; i++)
		sched_add(s, 0, 1);
	m = add_machine(s, 1);
	is_str(all_in_order(s, m), "0 1 2", "of equals the one that was added first");
	sched_free(s);
}

static void two_machines(void)
{
	struct sched *s = new_sched(0, 2);
	struct sched_pick p[32];
	for (int i = 0; i < 8; i++)
		sched_add(s, 0, 1);
	size_t a = add_machine(s, 8), b = add_machine(s, 8);
	is_int((long long)sched_take(s, a, 0, p, 32), 4, "the first batch is a fair share");
	is_int((long long)sched_take(s, b, 0, p, 32), 4, "and the other machine gets the rest");
	sched_free(s);
}

static void boards(void)
{
	struct sched *s = new_sched(0, 0);
	struct sched_pick p[4];
	size_t nobody[4];
	uint32_t who = 99;
	sched_add(s, 0, 1);
	sched_add(s, 1, 9);
	size_t a = add_machine(s, 4), b = add_machine(s, 4);
	sched_machine_board(s, a, 1, false);
	sched_machine_board(s, a, 7, true);
	is_int((long long)sched_take(s, a, 0, p, 4), 1,
		"a machine gets no job of a board that it may not build");
	is_int(p[0].id, 0, "but the other");
	sched_machine_board(s, b, SCHED_EVERY_BOARD, false);
	is_int((long long)sched_take(s, b, 0, p, 4), 0, "one that may build nothing gets nothing");
	is_int((long long)sched_unbuildable(s, nobody, 4), 1,
		"a board that nobody may build is told");
	is_int((long long)nobody[0], 1, "by its number");
	sched_end_board(s, 1, on_ended, &who);
	is_int(who, 1, "and its jobs can be ended");
	ended = 0;
	sched_free(s);
}

static void states(void)
{
	struct sched *s = new_sched(0, 0);
	struct sched_pick p[4], other;
	struct sched_counts n;
	sched_add(s, 0, 1);
	sched_add(s, 0, 1);
	size_t m = sched_add_machine(s), z = add_machine(s, 4);
	is_int((long long)sched_take(s, m, 0, p, 4), 0, "a machine that is not ready gets nothing");
	sched_machine_ready(s, m, 1);
	is_int((long long)sched_take(s, m, 0, p, 4), 1, "a ready one does");
	is_int(sched_state_of(s, p[0].id), SCHED_SENT, "sent");
	is_int(p[0].attempt, 1, "its first attempt");
	ok(!sched_started(s, z, p[0], 5), "another machine cannot start it");
	other = (struct sched_pick){p[0].id, 2};
	ok(!sched_started(s, m, other, 5), "nor another attempt");
	ok(sched_started(s, m, p[0], 5), "the one that has it can");
	ok(sched_started_at(s, m, p[0]) == 5, "the clock begins then");
	ok(!sched_started(s, m, p[0], 6), "only once");
	sched_count(s, &n);
	ok(n.total == 2 && n.queued == 1 && n.running == 1 && !n.sent && !n.done, "counted");
	is_int((long long)sched_held(s, m, SCHED_RUNNING, p, 4), 1, "it is held there, running");
	ok(sched_result(s, m, p[0], VERDICT_FAILED, 1), "the first result counts");
	ok(!sched_result(s, m, p[0], VERDICT_OK, 1), "a second one does not");
	ok(!sched_cancelled(s, m, p[0]), "nor can it be given back");
	ok(!sched_result(s, m, (struct sched_pick){77, 1}, VERDICT_OK, 1), "no such job");
	sched_count(s, &n);
	ok(n.failed == 1 && n.done == 1, "a failure is counted");
	sched_free(s);
}

static void losses(void)
{
	struct sched *s = new_sched(0, 1);
	struct sched_pick p[4];
	uint32_t who = 99;
	for (int i = 0; i < 3; i++)
		sched_add(s, 0, 3 - i);
	size_t m = add_machine(s, 1), z;
	is_int((long long)sched_take(s, m, 0, p, 4), 1, "one is held");
	sched_started(s, m, p[0], 1);
	sched_machine_lost(s, m, on_ended, &who);
	is_int(ended, 0, "one strike ends nothing");
	is_int(sched_state_of(s, 0), SCHED_QUEUED, "what ran is queued again");
	z = add_machine(s, 4);
	is_int((long long)sched_take(s, z, 0, p, 4), 3, "another machine gets it with the rest");
	ok(!sched_result(s, m, (struct sched_pick){0, 1}, VERDICT_OK, 1),
		"the lost attempt is dropped");
	sched_started(s, z, (struct sched_pick){0, 2}, 2);
	sched_machine_lost(s, z, on_ended, &who);
	is_int(ended, 1, "the second strike ends it");
	is_int(who, 0, "the one that was running");
	is_int(sched_state_of(s, 0), SCHED_DONE, "as done");
	is_int(sched_state_of(s, 1), SCHED_QUEUED, "one that was only sent has no strike");
	sched_machine_ready(s, m, 1);
	ok(sched_take(s, m, 0, p, 4) > 0, "a machine that came back gets work");
	sched_free(s);
}

/* Two machines with a slot each that have shown the same speed. */
static struct sched *two_seen(int jobs, unsigned prefetch, size_t *a, size_t *b)
{
	struct sched *s = new_sched(0, prefetch);
	struct sched_pick p;
	for (int i = 0; i < jobs; i++)
		sched_add(s, 0, 10);
	size_t m[] = {add_machine(s, 1), add_machine(s, 1)};
	for (int i = 0; i < 2; i++) {
		sched_take(s, m[i], 0, &p, 1);
		sched_started(s, m[i], p, 0);
		sched_result(s, m[i], p, VERDICT_OK, 10);
	}
	*a = m[0];
	*b = m[1];
	return s;
}

static void came_back(void)
{
	struct sched *s = new_sched(0, 0);
	struct sched_pick p;
	uint32_t who, brief;
	for (int i = 0; i < 3; i++)
		sched_add(s, 0, 10);
	brief = sched_add(s, 1, 1);
	size_t a = add_machine(s, 1), b = add_machine(s, 4);
	sched_machine_board(s, a, 0, false);
	sched_take(s, b, 0, &p, 1);
	sched_result(s, b, p, VERDICT_OK, 10);
	sched_take(s, a, 10, &p, 1);
	is_int(p.id, brief, "one machine has the short job");
	sched_machine_lost(s, a, on_ended, &who);
	sched_take(s, b, 10, &p, 1);
	is_int(p.id, brief, "it is lost: the job goes before the long ones");
	sched_free(s);
}

static void last_runner(void)
{
	size_t a, b;
	struct sched_pick p, q;
	struct sched_cancel c[4];
	struct sched *s = two_seen(3, 0, &a, &b);
	is_int((long long)sched_take(s, a, 20, &p, 1), 1, "the last job runs");
	sched_started(s, a, p, 20);
	is_int((long long)sched_take(s, b, 20, &q, 1), 0,
		"the other machine would not end it earlier");
	is_int((long long)sched_take(s, b, 100, &q, 1), 1, "it is long overdue: now it would");
	ok(q.id == p.id && q.attempt == 2, "the same job, for the second time");
	ok(sched_result(s, b, q, VERDICT_OK, 10), "its result counts");
	is_int((long long)sched_reclaim(s, c, 4), 1, "the first attempt is to stop");
	ok(c[0].machine == a && c[0].mode == CANCEL_KILL, "where it runs");
	ok(!sched_result(s, a, p, VERDICT_OK, 90), "if it ends it is late");
	ok(sched_finished(s), "finished");
	sched_free(s);
}

static void taken_back(void)
{
	size_t a, b;
	struct sched_pick p[2], q;
	struct sched_cancel c[4];
	struct sched *s = two_seen(5, 1, &a, &b);
	is_int((long long)sched_take(s, a, 10, p, 2), 2, "a job waits for the slot");
	sched_started(s, a, p[0], 10);
	is_int((long long)sched_take(s, b, 10, &q, 1), 1, "another slot is free earlier");
	is_int((long long)sched_reclaim(s, c, 4), 1, "the job is taken back");
	ok(c[0].machine == a && c[0].mode == CANCEL_UNSTARTED, "unless it has begun");
	ok(c[0].pick.id == p[1].id && q.id == p[1].id, "the one that waited");
	sched_free(s);
}

static void stopping(void)
{
	struct sched *s = new_sched(2, 0);
	for (int i = 0; i < 5; i++)
		sched_add(s, 0, 1);
	size_t m = add_machine(s, 3);
	take(s, m, 32);
	finish(s, m, 0, VERDICT_INFRA);
	finish(s, m, 1, VERDICT_BLOCKED);
	ok(!sched_stopped(s), "a machine's fault is no failure");
	is_str(take(s, m, 32), "3 4", "work goes on");
	finish(s, m, 2, VERDICT_TIMEOUT);
	ok(sched_stopped(s), "the second failure stops");
	ok(!sched_finished(s), "but not what is held");
	ok(sched_cancelled(s, m, (struct sched_pick){3, 1}), "one comes back unbuilt");
	is_str(take(s, m, 32), "", "and is not handed out again");
	finish(s, m, 4, VERDICT_OK);
	ok(sched_finished(s), "finished with one in the queue");
	is_int(sched_state_of(s, 3), SCHED_QUEUED, "which was never built");
	sched_free(s);

	s = new_sched(0, 0);
	ok(sched_finished(s), "nothing to do is finished");
	sched_add(s, 0, 1);
	ok(!sched_finished(s), "something is not");
	sched_stop(s);
	ok(sched_finished(s), "unless it is stopped");
	sched_free(s);
}

static void eta(void)
{
	struct sched *s = new_sched(0, 0);
	for (int i = 0; i < 4; i++)
		sched_add(s, 0, 10);
	size_t m = add_machine(s, 2);
	take(s, m, 32);
	ok(sched_eta(s, 0) < 0, "nothing is known before the first result");
	sched_result(s, m, (struct sched_pick){0, 1}, VERDICT_OK, 5);
	double left = sched_eta(s, 0);
	ok(left > 5 && left < 30, "then a guess: %.1f s", left);
	sched_free(s);
}

int main(void)
{
	order();
	boards();
	two_machines();
	states();
	losses();
	came_back();
	last_runner();
	taken_back();
	stopping();
	eta();
	return done_testing();
}
