/* sched_retry: what a machine could not build goes to another, before all else; who may try it, and when nobody may. */
#include "boss/sched.h"

#include "tap.h"

static struct sched *s;
static size_t a, b;

static size_t add_machine(unsigned slots)
{
	size_t m = sched_add_machine(s);
	sched_machine_ready(s, m, slots);
	return m;
}

static void begin(int jobs)
{
	const struct sched_config c = {.prefetch = 0};
	s = sched_new(&c);
	for (int i = 0; i < jobs; i++)
		sched_add(s, 0, 1);
	a = add_machine(1);
	b = add_machine(1);
}

/* The one job that the machine gets now. */
static struct sched_pick take(size_t m, const char *name)
{
	struct sched_pick p = {0};
	ok(sched_take(s, m, 0, &p, 1) == 1, "%s", name);
	return p;
}

static struct sched_pick take_this(size_t m, uint32_t id, const char *name)
{
	struct sched_pick p = {0};
	ok(sched_take(s, m, 0, &p, 1) == 1 && p.id == id, "%s", name);
	return p;
}

static void take_none(size_t m, const char *name)
{
	struct sched_pick p;
	is_int((long long)sched_take(s, m, 0, &p, 1), 0, name);
}

static void end(size_t m, struct sched_pick p)
{
	sched_result(s, m, p, VERDICT_OK, 1);
}

static long long ended;
static void on_ended(void *ctx, uint32_t id)
{
	(void)ctx;
	ended = id;
}

static void elsewhere(void)
{
	begin(4);
	struct sched_pick bad = take(a, "a job"), other = take(b, "another one");
	sched_started(s, a, bad, 0);
	ok(sched_wants(s, a, bad) && !sched_wants(s, b, bad), "it is that machine's");
	ok(sched_retry(s, a, bad, false), "which could not build it");
	is_int(sched_strikes(s, bad.id), 1, "a strike");
	ok(!sched_wants(s, a, bad) && !sched_retry(s, a, bad, false), "once");
	is_int(sched_state_of(s, bad.id), SCHED_QUEUED, "it is queued again");
	struct sched_pick third = take(a, "the machine gets a job");
	ok(third.id != bad.id, "a third one");
	end(b, other);
	struct sched_pick again = take_this(b, bad.id, "the other machine tries the first");
	is_int(again.attempt, 2, "for the second time");
	ok(sched_cancelled(s, b, again), "given back");
	end(a, third);
	third = take(a, "there is one more job");
	ok(third.id != bad.id, "it is still not for the first machine");
	again = take_this(b, bad.id, "but for the other");
	end(a, third);
	take_none(a, "nor is it duplicated there");
	end(b, again);
	ok(sched_finished(s), "all is done");
	sched_free(s);
}

static void here(void)
{
	begin(1);
	sched_retry(s, a, take(a, "a job"), true);
	take_none(a, "where another may build it, that one is to try");
	sched_machine_board(s, b, 0, false);
	ok(!sched_others(s, a, 0), "it may not any more");
	struct sched_pick p = take(a, "then the first one tries again");
	sched_retry(s, a, p, false);
	is_int(sched_strikes(s, 0), 2, "two strikes");
	take_none(a, "unless it must not");
	ended = -1;
	sched_end_stranded(s, on_ended, NULL);
	is_int(ended, 0, "what nobody may try is ended");
	ok(sched_finished(s), "all is done");
	sched_free(s);
}

static void ends(void)
{
	begin(1);
	sched_retry(s, a, take(a, "a job"), false);
	ended = -1;
	sched_end_stranded(s, on_ended, NULL);
	is_int(ended, -1, "what somebody may try is not ended");
	sched_end_board(s, 0, on_ended, NULL);
	is_int(ended, 0, "with its board it is");
	ok(sched_finished(s), "all is done");
	sched_free(s);
}

static void hold(void)
{
	struct sched_pick p[4];
	struct sched_cancel c[4];
	begin(4);
	sched_machine_ready(s, a, 2);
	is_int((long long)sched_take(s, a, 0, p, 4), 2, "two jobs");
	sched_started(s, a, p[0], 0);
	sched_hold(s, a, true);
	is_int((long long)sched_reclaim(s, c, 4), 1, "on hold: one is taken back");
	is_int(c[0].pick.id, p[1].id, "that which has not begun");
	sched_cancelled(s, a, c[0].pick);
	take_none(a, "it gets nothing new");
	struct sched_pick bad = take(b, "another one does");
	sched_retry(s, b, bad, false);
	end(a, take_this(a, bad.id, "but what another could not build, it tries"));
	take_none(a, "and nothing else");
	sched_hold(s, a, false);
	take(a, "no more on hold");
	sched_free(s);
}

/* Another one builds it already. */
static void twice(void)
{
	struct sched_pick second = {0};
	begin(1);
	struct sched_pick p = take(a, "a job");
	sched_started(s, a, p, 0);
	is_int((long long)sched_take(s, b, 100, &second, 1), 1, "late, it is built twice");
	ok(sched_retry(s, a, p, false), "the first fails");
	take_none(a, "nobody else gets it");
	is_int(sched_state_of(s, 0), SCHED_SENT, "the second goes on");
	ok(sched_result(s, b, second, VERDICT_OK, 1), "and counts");
	sched_free(s);
}

int main(void)
{
	elsewhere();
	here();
	ends();
	hold();
	twice();
	return done_testing();
}
