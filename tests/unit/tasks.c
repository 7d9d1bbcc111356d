/* The token pool with real processes: caps, order, cancelling, environment, time limits, the machine's slots. */
#include "sketch/tasks.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include "common/proc.h"
#include "common/strv.h"
#include "common/timing.h"
#include "sketch/engine.h"
#include "unit/store_util.h"

struct pool {
	uv_loop_t loop;
	uv_timer_t guard;
	struct tasks *t;
	struct buf order; /* names of what has ended */
};

struct job {
	struct pool *p;
	const char *name;
	struct task *task;
	bool ended, has_result, timed_out;
	int status, starts;
	char *out, *why;
	struct job *cancels, *then;
};

static void too_long(uv_timer_t *t)
{
	(void)t;
	printf("Bail out! waited too long\n");
	exit(99);
}

static void open_pool(struct pool *p, int tokens, int framework_jobs, bool reproducible)
{
	struct error err = ERROR_INIT;
	uv_loop_init(&p->loop);
	uv_timer_init(&p->loop, &p->guard);
	uv_timer_start(&p->guard, too_long, 60000, 0);
	uv_unref((uv_handle_t *)&p->guard);
	p->t = tasks_new(&p->loop, tokens, framework_jobs, reproducible, &err);
	must(p->t, err.text);
}

static bool close_pool(struct pool *p)
{
	tasks_free(p->t);
	uv_close((uv_handle_t *)&p->guard, NULL);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	buf_release(&p->order);
	return uv_loop_close(&p->loop) == 0;
}

static void submit(struct job *j, enum stage stage, double timeout, const char *script);

static void on_start(void *ctx)
{
	((struct job *)ctx)->starts++;
}

static void on_done(void *ctx, const struct proc_result *r, const char *why)
{
	struct job *j = ctx;
	j->task = NULL;
	j->ended = true;
	j->has_result = r;
	j->why = xstrdup(why);
	if (r) {
		j->status = r->exit_status;
		j->timed_out = r->timed_out;
		j->out = xstrdup(buf_str(&r->out));
	}
	buf_addf(&j->p->order, "%s", j->name);
	if (j->cancels && j->cancels->task)
		task_cancel(j->cancels->task);
	if (j->then)
		submit(j->then, STAGE_SKETCH, 0, "exit 0");
}

static void submit_argv(
	struct job *j, enum stage stage, double timeout, const struct strv *argv, const char *cwd)
{
	struct task_spec s = {
		.argv = argv, .cwd = cwd, .stage = stage, .timeout = timeout, .started = on_start};
	j->task = task_submit(j->p->t, &s, on_done, j);
}

static void submit(struct job *j, enum stage stage, double timeout, const char *script)
{
	struct strv argv = STRV_INIT;
	strv_push(&argv, "/bin/sh");
	strv_push(&argv, "-c");
	strv_push(&argv, script);
	submit_argv(j, stage, timeout, &argv, NULL);
	strv_release(&argv);
}

static void until(struct job *j)
{
	while (!j->ended)
		uv_run(&j->p->loop, UV_RUN_ONCE);
}

static void release(struct job *j)
{
	free(j->out);
	free(j->why);
	j->out = j->why = NULL;
}

static void turn(struct pool *p, int times)
{
	for (int i = 0; i < times; i++) {
		uv_run(&p->loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
}

/* Each touches run.N and waits for the file go.N, or for ever. */
static char *waiting(int i)
{
	return xasprintf("touch %s/run.%d; while ! test -e %s/go.%d; do sleep 0.01; done",
		test_tmpdir(), i, test_tmpdir(), i);
}

static const char *file(const char *kind, int i)
{
	static char name[32];
	snprintf(name, sizeof name, "%s.%d", kind, i);
	return name;
}

static int running(int from, int to)
{
	int n = 0;
	for (int i = from; i <= to; i++)
		n += fs_exists(at(file("run", i))) && !fs_exists(at(file("go", i)));
	return n;
}

static void caps(void)
{
	struct pool p = {0};
	struct job j[9];
	open_pool(&p, 3, 1, false);
	for (int i = 0; i < 9; i++) {
		j[i] = (struct job){.p = &p, .name = "."};
		char *script = waiting(i);
		submit(&j[i], i < 4 ? STAGE_FRAMEWORK : STAGE_SKETCH, 0, script);
		free(script);
	}
	is_int((long long)tasks_started(p.t), 0, "nothing starts from within submit");
	while (running(0, 8) < 3)
		turn(&p, 1);
	turn(&p, 10);
	is_int((long long)tasks_started(p.t), 3, "as many processes as tokens");
	is_int(running(0, 3), 1, "one unit, for that is its cap");
	is_int(running(4, 8), 2, "the others are sketches");
	is_int(j[0].starts + j[4].starts + j[5].starts, 3, "they were told of it");
	is_int(j[1].starts + j[6].starts, 0, "those that wait were not");
	for (int i = 4; i < 9; i++)
		put(file("go", i), "");
	for (int i = 4; i < 9; i++)
		until(&j[i]);
	turn(&p, 10);
	is_int((long long)tasks_started(p.t), 6, "all sketches and one unit");
	is_int(running(0, 8), 1, "the cap of stage 1 holds with tokens to spare");
	tasks_set_limits(p.t, 3, 2);
	while (running(0, 3) < 2)
		turn(&p, 1);
	ok(true, "until it is raised");
	turn(&p, 10);
	is_int((long long)tasks_started(p.t), 7, "by one");
	tasks_set_limits(p.t, 0, -1);
	for (int i = 0; i < 4; i++)
		put(file("go", i), "");
	for (int i = 0; i < 9; i++) {
		until(&j[i]);
		release(&j[i]);
	}
	is_int((long long)tasks_started(p.t), 9, "limits of nothing mean one");
	ok(close_pool(&p), "no handle is left");
}

/* One token: the order of ending is that of starting. */
static void order(void)
{
	static const struct {
		const char *name;
		enum stage stage;
	} t[] = {
		{"A", STAGE_FRAMEWORK},
		{"b", STAGE_SKETCH},
		{"C", STAGE_FRAMEWORK},
		{"d", STAGE_SKETCH},
		{"E", STAGE_FRAMEWORK},
	};
	struct pool p = {0};
	struct job j[ARRAY_LEN(t)];
	open_pool(&p, 1, 1, false);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		j[i] = (struct job){.p = &p, .name = t[i].name};
		submit(&j[i], t[i].stage, 0, "exit 0");
	}
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		until(&j[i]);
		release(&j[i]);
	}
	is_str(buf_str(&p.order), "ACEbd", "units, then sketches; each kind in order");
	ok(close_pool(&p), "closed");
}

static void cancel(void)
{
	struct pool p = {0};
	struct job run = {.p = &p, .name = "r"}, queued = {.p = &p, .name = "q"},
		   next = {.p = &p, .name = "n"};
	open_pool(&p, 1, 1, false);
	submit(&run, STAGE_SKETCH, 0, "sleep 100 & sleep 100");
	submit(&queued, STAGE_SKETCH, 0, "exit 0");
	submit(&next, STAGE_SKETCH, 0, "exit 3");
	while (tasks_started(p.t) < 1)
		turn(&p, 1);
	task_cancel(queued.task);
	task_cancel(queued.task);
	ok(!queued.ended, "a queued task does not end from within cancel");
	until(&queued);
	ok(!queued.has_result && !strcmp(queued.why, "cancelled"), "but from the loop");
	is_int(queued.starts, 0, "nobody says that it started");
	is_int((long long)tasks_started(p.t), 1, "and never starts");
	ok(!run.ended, "the running one is not hit");
	task_cancel(run.task);
	ok(!run.ended, "nor does a running one end from within");
	task_cancel(run.task);
	until(&run);
	ok(!run.has_result && !strcmp(run.why, "cancelled"), "it ends without a result");
	until(&next);
	ok(next.has_result && next.status == 3, "its token goes to the next");
	is_str(buf_str(&p.order), "qrn", "each ended once");
	release(&run);
	release(&queued);
	release(&next);
	ok(close_pool(&p), "closed");
}

static void from_callbacks(void)
{
	struct pool p = {0};
	struct job c = {.p = &p, .name = "c"}, b = {.p = &p, .name = "b"},
		   a = {.p = &p, .name = "a", .cancels = &b, .then = &c};
	open_pool(&p, 1, 1, false);
	submit(&a, STAGE_SKETCH, 0, "exit 0");
	submit(&b, STAGE_SKETCH, 0, "exit 0");
	until(&c);
	is_str(buf_str(&p.order), "abc", "a callback may cancel and submit");
	ok(!b.has_result && c.has_result, "with effect");
	release(&a);
	release(&b);
	release(&c);
	ok(close_pool(&p), "closed");
}

static void cannot_start(void)
{
	struct pool p = {0};
	struct strv argv = STRV_INIT;
	struct job j = {.p = &p, .name = "x"}, k = {.p = &p, .name = "y"};
	open_pool(&p, 1, 1, false);
	strv_push(&argv, at("no-such-compiler"));
	submit_argv(&j, STAGE_FRAMEWORK, 0, &argv, NULL);
	submit(&k, STAGE_SKETCH, 0, "exit 0");
	ok(!j.ended, "also a program that is not there is told from the loop");
	until(&j);
	ok(!j.has_result && strstr(j.why, "no-such-compiler"), "with a reason (%s)", j.why);
	until(&k);
	ok(k.has_result, "its token is free");
	release(&j);
	release(&k);
	unsigned long before = tasks_started(p.t);
	j = (struct job){.p = &p, .name = "x", .cancels = &k};
	k = (struct job){.p = &p, .name = "y"};
	submit_argv(&j, STAGE_FRAMEWORK, 0, &argv, NULL);
	submit(&k, STAGE_SKETCH, 0, "exit 0");
	until(&k);
	ok(!k.has_result && tasks_started(p.t) == before, "what it cancels does not start");
	release(&j);
	release(&k);
	strv_release(&argv);
	ok(close_pool(&p), "closed");
}

static void timeouts(void)
{
	struct pool p = {0};
	struct job j = {.p = &p, .name = "x"};
	open_pool(&p, 1, 1, false);
	submit(&j, STAGE_SKETCH, 0.2, "sleep 100");
	until(&j);
	ok(j.has_result && j.timed_out, "over its time: a result that says so");
	is_int(j.status, 128 + SIGKILL, "killed");
	release(&j);
	ok(close_pool(&p), "closed");
}

static char *env_of(bool reproducible, const char *cwd)
{
	struct pool p = {0};
	struct strv argv = STRV_INIT, lines = STRV_INIT;
	struct buf b = BUF_INIT;
	struct job j = {.p = &p, .name = "x"};
	strv_push(&argv, cwd ? "pwd" : "/usr/bin/env");
	open_pool(&p, 1, 1, reproducible);
	submit_argv(&j, STAGE_SKETCH, 0, &argv, cwd);
	until(&j);
	strv_split(&lines, j.out ? j.out : "", "\n");
	strv_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", lines.v[i]);
	release(&j);
	strv_release(&argv);
	strv_release(&lines);
	close_pool(&p);
	return buf_detach(&b);
}

static void is_env(bool reproducible, const char *want, const char *name)
{
	char *got = env_of(reproducible, NULL);
	is_str(got, want, name);
	free(got);
}

static void environment(void)
{
	char *old = xstrdup(getenv("PATH")), *asan = xstrdup(getenv("ASAN_OPTIONS"));
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("CPATH", "/evil", 1);
	setenv("GCC_EXEC_PREFIX", "/evil", 1);
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("LD_PRELOAD", "", 1);
	is_env(false, "LC_ALL=C PATH=/usr/bin:/bin", "nothing passes but what is allowed");
	is_env(true, "LC_ALL=C PATH=/usr/bin:/bin SOURCE_DATE_EPOCH=0", "-r pins the epoch");
	setenv("SOURCE_DATE_EPOCH", "12345", 1);
	is_env(true, "LC_ALL=C PATH=/usr/bin:/bin SOURCE_DATE_EPOCH=12345", "but not the user's");
	is_env(false, "LC_ALL=C PATH=/usr/bin:/bin SOURCE_DATE_EPOCH=12345", "which always passes");
	unsetenv("SOURCE_DATE_EPOCH");
	setenv("HOME", "/h", 1);
	setenv("USER", "u", 1);
	setenv("LOGNAME", "l", 1);
	setenv("TMPDIR", "/t", 1);
	setenv("TMP", "/t2", 1);
	setenv("TZ", "UTC", 1);
	is_env(false,
		"HOME=/h LC_ALL=C LOGNAME=l PATH=/usr/bin:/bin TMP=/t2 TMPDIR=/t TZ=UTC USER=u",
		"all that is allowed");
	char *dir = env_of(false, "/usr");
	is_str(dir, "/usr", "the directory that was asked for");
	free(dir);
	setenv("PATH", old, 1);
	if (asan)
		setenv("ASAN_OPTIONS", asan, 1);
	free(old);
	free(asan);
}

static void freeing(void)
{
	struct pool p = {0};
	struct job run = {.p = &p, .name = "r"}, queued = {.p = &p, .name = "q"};
	open_pool(&p, 1, 1, false);
	submit(&run, STAGE_SKETCH, 0, "sleep 100");
	submit(&queued, STAGE_SKETCH, 0, "exit 0");
	while (tasks_started(p.t) < 1)
		turn(&p, 1);
	ok(close_pool(&p), "freed while one runs and one waits");
	ok(!run.ended && !queued.ended, "nobody is called back");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "and no child is left");
	tasks_free(NULL);
}

/* ---- the machine's slots ---- */

struct machine {
	int n, used; /* slots, and how many are ours */
	int takes, puts, waits;
	bool waiting, wanted;
	uint64_t put_at; /* ns */
	double gap; /* ms from the last put to the last take */
};

static int m_take(void *ctx)
{
	struct machine *m = ctx;
	m->takes++;
	if (m->used >= m->n)
		return -1;
	m->gap = (double)(uv_hrtime() - m->put_at) / 1e6;
	return m->used++;
}

static void m_put(void *ctx, int slot)
{
	struct machine *m = ctx;
	(void)slot;
	m->used--;
	m->puts++;
	m->put_at = uv_hrtime();
}

static bool m_wanted(void *ctx)
{
	return ((struct machine *)ctx)->wanted;
}

static void m_wait(void *ctx, bool waits)
{
	struct machine *m = ctx;
	ok(m->waiting != waits, "the others are told only of a change");
	m->waiting = waits;
	m->waits += waits;
}

static void open_shared(struct pool *p, int tokens, struct machine *m)
{
	struct engine_slots s = {m_take, m_put, m_wanted, m_wait, m};
	open_pool(p, tokens, tokens, false);
	tasks_share(p->t, &s);
}

static void slots_cap(void)
{
	struct pool p = {0};
	struct machine m = {.n = 2};
	struct job j[5];
	open_shared(&p, 4, &m);
	turn(&p, 3);
	is_int(m.takes, 0, "without a process nothing is asked for");
	for (int i = 0; i < 5; i++) {
		j[i] = (struct job){.p = &p, .name = "."};
		char *script = waiting(20 + i);
		submit(&j[i], STAGE_SKETCH, 0, script);
		free(script);
	}
	while (running(20, 24) < 2)
		turn(&p, 1);
	int takes = m.takes;
	while (m.takes < takes + 4)
		uv_run(&p.loop, UV_RUN_ONCE);
	is_int((long long)tasks_started(p.t), 2, "no more processes than slots");
	is_int(j[0].starts + j[1].starts + j[2].starts, 2, "nor does another say it started");
	ok(m.waiting, "the others know that we want more");
	m.n = 3;
	while (running(20, 24) < 3)
		turn(&p, 1);
	is_int((long long)tasks_started(p.t), 3, "a slot that is free is found");
	m.n = 9;
	while (running(20, 24) < 4)
		turn(&p, 1);
	turn(&p, 20);
	is_int((long long)tasks_started(p.t), 4, "no more than our own tokens");
	is_int(m.used, 4, "nor slots");
	ok(!m.waiting, "and then we want no more");
	for (int i = 0; i < 5; i++)
		put(file("go", 20 + i), "");
	for (int i = 0; i < 5; i++) {
		until(&j[i]);
		release(&j[i]);
	}
	is_int(m.puts, 5, "each was put back");
	is_int(m.used, 0, "none is left");
	ok(close_pool(&p), "no handle is left");
}

/* While nothing is free the loop sleeps. */
static void slots_idle(void)
{
	struct pool p = {0};
	struct machine m = {0};
	struct job j = {.p = &p, .name = "x"}, k = {.p = &p, .name = "y"};
	int turns = 0;
	open_shared(&p, 2, &m);
	submit(&j, STAGE_SKETCH, 0, "exit 0");
	for (; m.takes < 6; turns++)
		uv_run(&p.loop, UV_RUN_ONCE);
	ok(turns <= 6 * 4, "few turns for six looks (%d)", turns);
	is_int(m.waits, 1, "it was said once");
	submit(&k, STAGE_SKETCH, 0, "exit 0");
	int takes = m.takes;
	uv_run(&p.loop, UV_RUN_ONCE);
	is_int(m.takes, takes, "a new task does not look sooner");
	task_cancel(j.task);
	until(&j);
	ok(m.waiting, "one is left that waits");
	task_cancel(k.task);
	until(&k);
	turn(&p, 1);
	ok(!m.waiting, "all cancelled: nobody waits");
	takes = m.takes;
	for (uint64_t end = uv_hrtime() + 60000000; uv_hrtime() < end;)
		turn(&p, 1);
	is_int(m.takes, takes, "and nobody looks");
	release(&j);
	release(&k);
	ok(close_pool(&p), "closed");
}

static void is_late(const struct machine *m, const char *name)
{
	ok(m->gap > timing_ms(TIMING_SLOT) - 2, "%s (%.1f ms)", name, m->gap);
}

static void slots_are_fair(void)
{
	struct pool p = {0};
	struct machine m = {.n = 1};
	struct job b = {.p = &p, .name = "b"}, a = {.p = &p, .name = "a", .then = &b},
		   c = {.p = &p, .name = "c"};
	open_shared(&p, 4, &m);
	submit(&a, STAGE_SKETCH, 0, "exit 0");
	until(&b);
	is_int(m.waits, 0, "nobody else: the next task takes the slot at once");
	release(&a);
	release(&b);
	a = (struct job){.p = &p, .name = "a", .then = &b};
	b = (struct job){.p = &p, .name = "b"};
	m.wanted = true;
	submit(&a, STAGE_SKETCH, 0, "exit 0");
	while (!a.ended)
		uv_run(&p.loop, UV_RUN_ONCE);
	while (!b.starts)
		uv_run(&p.loop, UV_RUN_ONCE);
	is_late(&m, "wanted: others can look first");
	is_int(m.waits, 2, "so has the first, for it has run before");
	until(&b);
	release(&a);
	release(&b);
	/* One runs, one waits and would look soon; the slot of the first is for others all the same. */
	m.wanted = false;
	a = (struct job){.p = &p, .name = "a"};
	char *script = waiting(30);
	submit(&a, STAGE_SKETCH, 0, script);
	submit(&c, STAGE_SKETCH, 0, "exit 0");
	free(script);
	while (!a.starts || !m.waiting)
		uv_run(&p.loop, UV_RUN_ONCE);
	turn(&p, 5);
	m.wanted = true;
	put(file("go", 30), "");
	until(&c);
	is_late(&m, "also when we were about to look");
	release(&a);
	release(&c);
	ok(close_pool(&p), "closed");
}

static void slots_go_back(void)
{
	struct pool p = {0};
	struct machine m = {.n = 2};
	struct strv argv = STRV_INIT;
	struct job run = {.p = &p, .name = "r"}, odd = {.p = &p, .name = "o"},
		   held = {.p = &p, .name = "h"}, queued = {.p = &p, .name = "q"};
	open_shared(&p, 3, &m);
	submit(&run, STAGE_SKETCH, 0, "sleep 100");
	while (!run.starts)
		turn(&p, 1);
	task_cancel(run.task);
	until(&run);
	is_int(m.used, 0, "a cancelled one's is free");
	strv_push(&argv, at("no-such-compiler"));
	submit_argv(&odd, STAGE_SKETCH, 0, &argv, NULL);
	until(&odd);
	ok(m.takes == 2 && m.used == 0, "so is that of what could not start");
	m.n = 1;
	submit(&held, STAGE_SKETCH, 0, "sleep 100");
	submit(&queued, STAGE_SKETCH, 0, "exit 0");
	while (!held.starts || !m.waiting)
		turn(&p, 1);
	ok(close_pool(&p), "freed while one runs and one waits");
	ok(m.used == 0 && !m.waiting, "nothing is held, nobody waits");
	ok(!held.ended && !queued.ended, "nobody is called back");
	release(&run);
	release(&odd);
	strv_release(&argv);
}

int main(void)
{
	caps();
	order();
	cancel();
	from_callbacks();
	cannot_start();
	timeouts();
	environment();
	freeing();
	slots_cap();
	slots_idle();
	slots_are_fair();
	slots_go_back();
	return done_testing();
}
