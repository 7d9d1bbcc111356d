/* campaign: whole runs against a worker of the test's own: results, reuse, stopping, losses, interruption. The worker
 * answers from the loop, some of it within the command, as a real one does.
 */
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <uv.h>
#include "boss/campaign.h"
#include "boss/link/local.h"
#include "boss/matrix.h"
#include "boss/outtree.h"
#include "boss/record.h"
#include "boss/results.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"

#define MAX_JOBS 64

/* What the worker does, by the sketch's name: Fail…, Hang…, Time…, Same… (unchanged if known), Oom… (killed at the first try), Odd…
 * (infra), else ok. */
struct worker {
	uv_loop_t *loop;
	struct response_sink boss;
	uv_timer_t timer;
	struct held {
		uint32_t id, attempt;
		char *sketch, *build_dir, *known;
		bool started;
	} held[MAX_JOBS];
	size_t n;
	int slots;
	int limits; /* that it was told */
	const char *refuse; /* fatal error at configure */
	int die_after; /* results, then a fatal error; 0 never */
	int raise_after; /* results, then SIGINT; 0 never */
	bool deaf; /* to cancel; asks to be interrupted again then */
	bool stopped; /* its link was closed */
	bool evil; /* messages for jobs that it was never given */
	int results, cancelled, built;
	char *order; /* names in the order of dispatch */
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void say(struct worker *w, const struct response *r)
{
	w->boss.send(w->boss.ctx, r);
}

static void forget(struct worker *w, size_t i)
{
	free(w->held[i].sketch);
	free(w->held[i].build_dir);
	free(w->held[i].known);
	memmove(&w->held[i], &w->held[i + 1], (w->n - i - 1) * sizeof w->held[0]);
	w->n--;
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char *path = path_join(dir, name);
	if (fs_mkdirs(dir, NULL) == 0)
		fs_write(path, text, strlen(text), NULL);
	free(path);
}

static void finish(struct worker *w, size_t i)
{
	struct held h = w->held[i];
	const char *name = path_base(h.sketch);
	struct build_result r = {.job = h.id,
		.attempt = h.attempt,
		.verdict = VERDICT_OK,
		.key = xasprintf("key-%s", name),
		.sizes = {10, 100, 1, 10},
		.times.total = 0.5};
	buf_addstr(&r.deps, "deps\n");
	if (!strncmp(name, "Fail", 4)) {
		r.verdict = VERDICT_FAILED;
		buf_addstr(&r.err, "x.ino:1:1: error: no\n");
	} else if (!strncmp(name, "Time", 4)) {
		r.verdict = VERDICT_TIMEOUT;
	} else if (!strncmp(name, "Odd", 3) || (!strncmp(name, "Oom", 3) && h.attempt == 1)) {
		r.verdict = VERDICT_INFRA;
		r.fault = name[1] == 'o' ? FAULT_OOM : FAULT_OTHER;
		r.reason = xstrdup("killed");
	} else if (!strncmp(name, "Same", 4) && h.known) {
		r.unchanged = true;
		r.verdict = VERDICT_NONE;
	} else {
		put_file(h.build_dir, "x.hex", name);
		r.artifacts = xcalloc(1, sizeof *r.artifacts);
		r.n_artifacts = 1;
		r.artifacts[0].name = xstrdup("x.hex");
		r.artifacts[0].path = path_join(h.build_dir, "x.hex");
	}
	w->results++;
	w->built += !r.unchanged;
	say(w, &(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
	if (w->evil)
		say(w, &(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
	build_result_release(&r);
	forget(w, i);
}

static bool hangs(const struct held *h)
{
	return !strncmp(path_base(h->sketch), "Hang", 4);
}

/* One step a turn: something starts, or something ends. */
static void step(uv_timer_t *t)
{
	struct worker *w = t->data;
	for (size_t i = 0; i < w->n && (int)i < w->slots; i++) {
		if (w->held[i].started)
			continue;
		w->held[i].started = true;
		say(w, &(struct response){.kind = RESP_STARTED,
			       .job = w->held[i].id,
			       .attempt = w->held[i].attempt});
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		if (!w->held[i].started || hangs(&w->held[i]))
			continue;
		finish(w, i);
		break;
	}
	if (w->die_after && w->results >= w->die_after) {
		uv_timer_stop(t);
		say(w, &(struct response){
			       .kind = RESP_ERROR, .msg = "out of steam", .fatal = true});
	}
	if (w->raise_after && w->results >= w->raise_after) {
		w->raise_after = 0;
		raise(SIGINT);
	}
}

static void take_jobs(struct worker *w, const struct command *c)
{
	for (size_t i = 0; i < c->n_jobs; i++) {
		const struct job *j = &c->jobs[i];
		char *order = w->order;
		w->held[w->n++] = (struct held){j->id, j->attempt, xstrdup(j->sketch),
			xstrdup(j->build_dir), xstrdup(j->known_key), false};
		w->order = xasprintf(
			"%s%s%s", order ? order : "", order ? " " : "", path_base(j->sketch));
		free(order);
	}
}

static void give_back(struct worker *w, const struct command *c)
{
	for (size_t k = 0; k < c->n_jobs; k++) {
		for (size_t i = 0; i < w->n; i++) {
			if (w->held[i].id != c->jobs[k].id ||
				(c->mode == CANCEL_UNSTARTED && w->held[i].started))
				continue;
			struct response r = {.kind = RESP_CANCELLED,
				.job = w->held[i].id,
				.attempt = w->held[i].attempt};
			forget(w, i);
			w->cancelled++;
			say(w, &r);
			break;
		}
	}
}

static void on_command(void *ctx, const struct command *c)
{
	struct worker *w = ctx;
	struct unit_report unit = {.board = (char *)"v:a:b",
		.name = (char *)"core",
		.verdict = VERDICT_OK,
		.seconds = 0.25,
		.start = 0.1};
	switch (c->kind) {
	case CMD_CONFIGURE:
		if (w->refuse)
			say(w, &(struct response){
				       .kind = RESP_ERROR, .msg = w->refuse, .fatal = true});
		else
			say(w, &(struct response){.kind = RESP_CONFIGURE_DONE});
		break;
	case CMD_BUILD_PREPARE:
		if (w->order) {
			w->limits++;
			w->slots = c->max_sketches;
		}
		say(w, &(struct response){.kind = RESP_BUILD_PREPARE_DONE, .slots = w->slots});
		break;
	case CMD_BUILD_SKETCHES:
		if (!w->order)
			say(w, &(struct response){.kind = RESP_UNIT, .unit = &unit});
		take_jobs(w, c);
		uv_timer_start(&w->timer, step, 0, 1);
		break;
	case CMD_CANCEL:
		if (w->deaf)
			raise(SIGINT);
		else
			give_back(w, c);
		break;
	case CMD_BUILD_DONE: say(w, &(struct response){.kind = RESP_BUILD_DONE}); break;
	case CMD_QUIT: say(w, &(struct response){.kind = RESP_QUIT_ACK}); break;
	default: break;
	}
}

static void ready(uv_timer_t *t)
{
	struct worker *w = t->data;
	say(w, &(struct response){.kind = RESP_READY, .threads = 2, .slots = 2});
}

static void *start(void *ctx, struct response_sink boss, struct error *err)
{
	struct worker *w = ctx;
	(void)err;
	w->boss = boss;
	uv_timer_init(w->loop, &w->timer);
	w->timer.data = w;
	uv_timer_start(&w->timer, ready, 0, 0);
	return w;
}

static struct command_sink commands(void *worker)
{
	return (struct command_sink){on_command, worker};
}

static void on_closed(uv_handle_t *h)
{
	struct worker *w = h->data;
	w->closed(w->closed_ctx);
}

static void stop(void *worker, void (*closed)(void *ctx), void *ctx)
{
	struct worker *w = worker;
	w->stopped = true;
	w->closed = closed;
	w->closed_ctx = ctx;
	while (w->n)
		forget(w, 0);
	uv_close((uv_handle_t *)&w->timer, on_closed);
}

/* ---- one run ---- */

struct test {
	struct worker worker;
	struct settings settings;
	unsigned max_failures;
	bool rebuild_failed;
	struct campaign_result result;
	struct strv notes;
};

static char *out_dir;

static enum matrix_answer skip_some(void *ctx, size_t board, size_t sketch, char **why)
{
	const struct matrix_sketch *s = ctx;
	(void)board;
	if (strncmp(s[sketch].name, "Skip", 4) != 0)
		return MATRIX_BUILD;
	*why = xstrdup("a rule");
	return MATRIX_SKIP;
}

static struct link connect_local(
	void *ctx, const struct campaign_machine *m, struct noise_sink noise)
{
	(void)m;
	(void)noise;
	return link_local(ctx);
}

static void run(struct test *t, const char *names)
{
	struct strv words = STRV_INIT, boards = STRV_INIT;
	struct error err = ERROR_INIT;
	struct matrix_sketch sketches[MAX_JOBS];
	struct matrix m;
	uv_loop_t loop;
	strv_split(&words, names, " ");
	strv_push(&boards, "v:a:b");
	for (size_t i = 0; i < words.n; i++)
		sketches[i] = (struct matrix_sketch){
			.dir = xasprintf("/t/%s", words.v[i]), .name = words.v[i]};
	matrix_build(&m, &boards, sketches, words.n, skip_some, sketches, &err);
	uv_loop_init(&loop);
	t->worker.loop = &loop;
	if (!t->worker.slots)
		t->worker.slots = 2;
	struct outtree *out = outtree_open(out_dir, &err);
	struct local_worker worker = {start, commands, stop, &t->worker};
	const struct campaign_machine local = {
		.name = "local", .local = true, .connect = connect_local, .ctx = &worker};
	const struct campaign_config c = {
		.loop = &loop,
		.matrix = &m,
		.settings = &t->settings,
		.out = out,
		.machines = &local,
		.n_machines = 1,
		.max_failures = t->max_failures,
		.rebuild_failed = t->rebuild_failed,
		.engine = 1,
		.version = "0",
		.platforms = &t->notes,
	};
	campaign_run(&c, &t->result);
	if (!t->result.abandoned)
		is_int(uv_loop_close(&loop), 0, "the loop is left empty");
	outtree_close(out);
	matrix_release(&m);
	for (size_t i = 0; i < words.n; i++)
		free(sketches[i].dir);
	strv_release(&words);
	strv_release(&boards);
}

static void done(struct test *t)
{
	campaign_result_release(&t->result);
	free(t->worker.order);
	*t = (struct test){0};
}

static const char *verdicts(const struct test *t)
{
	static char text[1024];
	size_t at = 0;
	text[0] = '\0';
	for (size_t i = 0; i < t->result.n; i++) {
		const struct run_row *r = &t->result.rows[i];
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s", i ? " " : "",
			verdict_name(r->verdict), r->unchanged ? "*" : "");
	}
	return text;
}

static bool on_disk(const char *sketch, const char *file)
{
	char *path = xasprintf("%s/current/v.a.b/%s/%s", out_dir, sketch, file);
	bool is = fs_exists(path);
	free(path);
	return is;
}

/* ---- tests ---- */

static void plain(void)
{
	struct test t = {0};
	run(&t, "A Fail1 Skip1 B Time1");
	is_str(verdicts(&t), "ok failed skipped ok timeout", "every row has its verdict");
	is_str(t.result.rows[2].reason, "a rule", "the skipped one its rule");
	is_int((long long)t.result.built, 4, "four results were written");
	ok(on_disk("A", "done") && on_disk("A", "firmware/x.hex"), "a result is on disk");
	ok(on_disk("Fail1", "err") && !on_disk("Fail1", "firmware"), "a failure too");
	ok(!on_disk("Skip1", "."), "a skipped one has no directory");
	ok(t.result.totals.stage1 > 0.24 && t.result.totals.stage1 < 0.26, "stage 1 was timed");
	is_int((long long)t.result.totals.by[VERDICT_OK], 2, "totals");
	is_str(t.result.rows[0].machine, "local", "who built it");
	struct buf text = BUF_INIT;
	char *path = path_join(out_dir, "run.json");
	fs_read(path, 0, &text, NULL);
	struct json *doc = json_parse(buf_str(&text), text.len, NULL);
	is_str(json_str(doc, "state", ""), "ended", "run.json says it ended");
	const struct json *jobs = json_get(doc, "jobs");
	is_str(json_str(json_next(json_next(json_child(jobs))), "reason", ""), "a rule",
		"and names what has no directory");
	json_free(doc);
	free(path);
	path = path_join(out_dir, "phases.tsv");
	buf_clear(&text);
	fs_read(path, 0, &text, NULL);
	ok(strstr(buf_str(&text), "stage1_archives\tlocal\tv:a:b\tcore\tok\tno\t0.100\t0.250\n"),
		"phases.tsv has the unit");
	ok(strstr(buf_str(&text), "stage2_sketches\tlocal\tv:a:b\tB\tok\tno\t"),
		"and the sketches");
	buf_release(&text);
	free(path);
	done(&t);
}

static void reuse(void)
{
	struct test t = {0};
	run(&t, "Same1 Same2 Time2");
	is_str(verdicts(&t), "ok ok timeout", "the first time all is built");
	done(&t);
	run(&t, "Same1 Same2 Time2");
	is_str(verdicts(&t), "ok* ok* timeout", "the second time what stands is reused");
	is_int((long long)t.result.built, 1, "the rest is built");
	ok(t.result.rows[0].seconds == 0.5 && t.result.rows[0].n_files == 1,
		"with what was recorded");
	done(&t);
	t.settings.clean = true;
	run(&t, "Same1");
	is_str(verdicts(&t), "ok", "-f offers nothing");
	done(&t);
	char *hex = xasprintf("%s/current/v.a.b/Same1/firmware/x.hex", out_dir);
	unlink(hex);
	run(&t, "Same1");
	is_str(verdicts(&t), "ok", "a missing artefact is built again");
	ok(fs_exists(hex), "and is there again");
	free(hex);
	done(&t);
}

/* What is slow to be found unchanged has lost its `done` meanwhile. */
static void slow_reuse(void)
{
	struct test t = {0};
	run(&t, "SameSlow");
	done(&t);
	char *dir = xasprintf("%s/current/v.a.b/SameSlow", out_dir);
	struct record before, after;
	record_read(&before, dir, NULL);
	setenv("BOARDMAN_TIME_DIVISOR", "50", 1);
	run(&t, "SameSlow");
	unsetenv("BOARDMAN_TIME_DIVISOR");
	ok(record_read(&after, dir, NULL) == 0, "an unchanged result has its record");
	is_str(after.key, before.key, "the same");
	record_release(&before);
	record_release(&after);
	free(dir);
	done(&t);
}

static void put_past(const char *name, double seconds)
{
	char *dir = xasprintf("%s/current/v.a.b/%s", out_dir, name);
	struct record rec = {.engine = 1,
		.host = xstrdup("x"),
		.boot = xstrdup(""),
		.commit = xstrdup("current"),
		.board = xstrdup("v:a:b"),
		.sketch = xstrdup(name),
		.sketch_dir = xasprintf("/t/%s", name)};
	struct build_result r = {.verdict = VERDICT_TIMEOUT, .times.total = seconds};
	results_publish(dir, &rec, &r, false, NULL);
	record_release(&rec);
	free(dir);
}

static void longest_first(void)
{
	struct test t = {.worker.slots = 1};
	put_past("L1", 1);
	put_past("L2", 30);
	run(&t, "L0 L1 L2 L3");
	is_str(t.worker.order, "L2 L0 L3 L1", "past durations decide, unknown ones are average");
	done(&t);
}

static void max_failures(void)
{
	struct test t = {.max_failures = 2, .worker.slots = 1};
	run(&t, "FailA FailB F3 F4 F5 F6 F7 F8");
	is_int((long long)t.result.totals.by[VERDICT_FAILED], 2, "two failures");
	is_int((long long)t.result.totals.by[VERDICT_NOT_RUN], 6, "and the rest is not run");
	ok(t.worker.cancelled > 0, "what was sent was taken back");
	is_str(t.result.rows[7].reason, "stopped after --max-failures", "with the reason");
	ok(!t.result.interrupted && !t.result.trouble, "that is no trouble");
	done(&t);
	t.max_failures = 1;
	run(&t, "FailA G2");
	ok(t.result.totals.by[VERDICT_FAILED] == 1, "a failure that is not new counts too");
	done(&t);
}

static void losses(void)
{
	struct test t = {.worker.refuse = "no such cache"};
	run(&t, "X1 X2");
	is_str(verdicts(&t), "infra infra", "a worker that refuses: a machine's fault");
	is_str(t.result.rows[0].reason, "local: no such cache", "with its words");
	is_str(t.result.trouble, "local: no such cache", "told to the user");
	ok(!on_disk("X1", "done"), "nothing is called built");
	done(&t);
	t.worker.die_after = 2;
	run(&t, "D1 D2 D3 D4 D5");
	is_int((long long)t.result.totals.by[VERDICT_OK], 2,
		"what was built before it died is kept");
	is_int((long long)t.result.totals.by[VERDICT_INFRA], 3, "the rest is the machine's fault");
	done(&t);
	t.worker.evil = true;
	run(&t, "E1 E2 E3");
	is_str(verdicts(&t), "ok ok ok", "a second result changes nothing");
	is_int((long long)t.result.built, 3, "and is not written");
	done(&t);
}

static void faults(void)
{
	struct test t = {.worker.slots = 4};
	run(&t, "Oom1 A B C Oom2");
	is_str(verdicts(&t), "ok ok ok ok ok", "what was killed is tried again");
	is_int(t.worker.slots, t.worker.limits == 1 ? 2 : 1, "with half as many at once");
	done(&t);
	t.worker.slots = 1;
	run(&t, "Oom3");
	is_str(verdicts(&t), "ok", "also where there is only one at once");
	is_int(t.worker.limits, 0, "which is not made less");
	done(&t);
	run(&t, "Odd1 A");
	is_str(verdicts(&t), "infra ok", "another fault is not tried again by the only machine");
	is_int(t.worker.built, 2, "… not once");
	done(&t);
}

static void interrupted(void)
{
	struct test t = {.worker.raise_after = 1};
	run(&t, "I1 Hang1 I3 I4 I5 I6 I7");
	ok(t.result.interrupted && !t.result.abandoned, "it was interrupted, once");
	is_str(t.result.rows[1].reason, "interrupted", "what ran was killed");
	is_int(t.result.rows[1].verdict, VERDICT_NOT_RUN, "and not run");
	is_int((long long)t.result.totals.by[VERDICT_OK] +
			(long long)t.result.totals.by[VERDICT_NOT_RUN],
		7, "every job has a verdict");
	ok(t.result.totals.by[VERDICT_OK] >= 1, "what was built is kept");
	ok(signal(SIGINT, SIG_DFL) == SIG_DFL, "the signal is as it was");
	done(&t);
}

/* In a process of its own: what such a run leaves on the loop ends with it. */
static void interrupted_twice(void)
{
	int status = -1;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct test t = {.worker.raise_after = 1, .worker.deaf = true};
		run(&t, "J1 Hang1 Hang2");
		_exit(t.result.abandoned && t.worker.stopped &&
					!strcmp(verdicts(&t), "ok not_run not_run")
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "a second time: the worker is ended, its answer not waited for");
}

/* A file where a directory should be. */
static void unwritable(void)
{
	struct test t = {0};
	char *dir = xasprintf("%s/current/v.a.b/N1", out_dir);
	struct error err = ERROR_INIT;
	fs_write(dir, "x", 1, &err);
	run(&t, "N1 N2");
	is_str(verdicts(&t), "infra ok", "what cannot be written is no result; the rest goes on");
	unlink(dir);
	free(dir);
	done(&t);
}

int main(void)
{
	out_dir = path_join(test_tmpdir(), "out");
	plain();
	reuse();
	slow_reuse();
	longest_first();
	max_failures();
	losses();
	faults();
	interrupted();
	interrupted_twice();
	unwritable();
	free(out_dir);
	return done_testing();
}
