/* The worker's session, spoken to as a boss would: its states, the whole way of a job, cancelling, what a result becomes on
 * the wire.
 */
#include "worker/session.h"

#include "lib/tiny.h"
#include "unit/store_util.h"
#include "worker/machine.h"

struct boss {
	uv_loop_t loop;
	uv_timer_t guard;
	struct session *session;
	struct command_sink to;
	struct settings settings;
	struct buf trace; /* one word a response */
	char *msg; /* of the last note or error */
	bool fatal, closed;
	int threads, slots;
	/* the last result */
	uint32_t job, attempt;
	enum verdict verdict;
	bool unchanged;
	char *key, *reason, *err;
	struct sizes sizes;
	uint64_t artifact_size, file_size;
	int results;
};

static void on_result(struct boss *b, const struct build_result *r)
{
	free(b->key);
	free(b->reason);
	free(b->err);
	b->job = r->job;
	b->attempt = r->attempt;
	b->verdict = r->verdict;
	b->unchanged = r->unchanged;
	b->key = xstrdup(r->key);
	b->reason = xstrdup(r->reason);
	b->err = xstrdup(buf_str(&r->err));
	b->sizes = r->sizes;
	b->artifact_size = b->file_size = 0;
	if (r->key)
		put("deps", buf_str(&r->deps));
	if (r->n_artifacts) {
		char *text = slurp(r->artifacts[0].path);
		b->artifact_size = r->artifacts[0].size;
		b->file_size = strlen(text);
		free(text);
	}
	b->results++;
}

static void on_response(void *ctx, const struct response *r)
{
	static const char *const names[RESP_COUNT] = {
		[RESP_READY] = "ready",
		[RESP_CONFIGURE_DONE] = "configured",
		[RESP_BUILD_PREPARE_DONE] = "prepared",
		[RESP_STARTED] = "started",
		[RESP_UNIT] = "unit",
		[RESP_NOTE] = "note",
		[RESP_BUILD_RESULT] = "result",
		[RESP_CANCELLED] = "cancelled",
		[RESP_BUILD_DONE] = "build-done",
		[RESP_QUIT_ACK] = "quit",
		[RESP_ERROR] = "error",
	};
	struct boss *b = ctx;
	if (names[r->kind] && r->kind != RESP_NOTE)
		buf_addf(&b->trace, "%s%s", b->trace.len ? " " : "", names[r->kind]);
	if (r->kind == RESP_STARTED || r->kind == RESP_CANCELLED)
		buf_addf(&b->trace, ":%u.%u", r->job, r->attempt);
	if (r->kind == RESP_READY || r->kind == RESP_BUILD_PREPARE_DONE) {
		b->threads = r->threads;
		b->slots = r->slots;
	}
	if (r->kind == RESP_ERROR) {
		free(b->msg);
		b->msg = xstrdup(r->msg);
		b->fatal = r->fatal;
	}
	if (r->kind == RESP_UNIT)
		buf_addf(&b->trace, ":%s:%s:%s", r->unit->name,
			r->unit->kind == UNIT_CORE ? "core" : "library",
			verdict_name(r->unit->verdict));
	if (r->kind == RESP_BUILD_RESULT) {
		buf_addf(&b->trace, ":%u.%u", r->result->job, r->result->attempt);
		on_result(b, r->result);
	}
}

static void too_long(uv_timer_t *t)
{
	(void)t;
	printf("Bail out! waited too long\n");
	exit(99);
}

static void open_boss(struct boss *b)
{
	const struct session_config config = {
		.loop = &b->loop,
		.to_boss = {on_response, b},
		.version = "1",
	};
	uv_loop_init(&b->loop);
	uv_timer_init(&b->loop, &b->guard);
	uv_timer_start(&b->guard, too_long, 60000, 0);
	uv_unref((uv_handle_t *)&b->guard);
	b->session = session_new(&config);
	b->to = session_commands(b->session);
	b->settings.cache_dir = xstrdup(at("cache"));
	strv_push(&b->settings.libraries_dirs, at("libraries"));
}

static void on_closed(void *ctx)
{
	((struct boss *)ctx)->closed = true;
}

static bool close_boss(struct boss *b)
{
	session_free(b->session, on_closed, b);
	while (!b->closed)
		uv_run(&b->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&b->guard, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	settings_release(&b->settings);
	buf_release(&b->trace);
	free(b->msg);
	free(b->key);
	free(b->reason);
	free(b->err);
	return uv_loop_close(&b->loop) == 0;
}

static void say(struct boss *b, struct command c)
{
	b->to.send(b->to.ctx, &c);
}

static void configure(struct boss *b)
{
	say(b, (struct command){.kind = CMD_CONFIGURE, .settings = &b->settings});
}

static void build(struct boss *b, uint32_t id, uint32_t attempt, const char *board, const char *key)
{
	char *sketch = xstrdup(at("sketches/Blink")), *dir = xstrdup(at("build"));
	char *deps = xstrdup(at("deps"));
	struct job j = {.id = id,
		.attempt = attempt,
		.board = (char *)board,
		.sketch = sketch,
		.build_dir = dir,
		.known_key = (char *)key,
		.known_deps = key ? deps : NULL};
	say(b, (struct command){.kind = CMD_BUILD_SKETCHES, .jobs = &j, .n_jobs = 1});
	free(sketch);
	free(dir);
	free(deps);
}

static void run_until(struct boss *b, int results)
{
	while (b->results < results)
		uv_run(&b->loop, UV_RUN_ONCE);
}

static void turn(struct boss *b)
{
	for (int i = 0; i < 50; i++) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
}

static void whole_way(void)
{
	struct boss b = {0};
	open_boss(&b);
	is_str(buf_str(&b.trace), "", "nothing is said from within session_new");
	uv_run(&b.loop, UV_RUN_ONCE);
	is_str(buf_str(&b.trace), "ready", "it says that it is ready");
	is_int(b.threads, machine_threads(), "with its threads");
	configure(&b);
	say(&b, (struct command){.kind = CMD_BUILD_PREPARE});
	is_str(buf_str(&b.trace), "ready configured prepared", "two more answers");
	is_int(b.slots, machine_threads(), "a slot for each thread");
	buf_clear(&b.trace);
	build(&b, 5, 3, "tiny:tiny:one", NULL);
	run_until(&b, 1);
	is_str(buf_str(&b.trace), "started:5.3 unit:core:core:ok result:5.3",
		"started, the unit, the result");
	is_int(b.verdict, VERDICT_OK, "it is good");
	ok(b.artifact_size > 0 && b.artifact_size == b.file_size, "the artefact's size is right");
	is_int(b.sizes.flash_max, 100000, "the board's flash");
	is_int(b.sizes.ram_max, 2000, "and RAM");
	ok(b.key && !b.unchanged, "a key");
	char *key = xstrdup(b.key);
	build(&b, 6, 1, "tiny:tiny:one", key);
	run_until(&b, 2);
	ok(b.unchanged && b.verdict == VERDICT_NONE, "the same again: unchanged, no verdict");
	ok(b.job == 6 && b.attempt == 1, "its number");
	build(&b, 4000000000u, 4000000001u, "tiny:tiny:none", NULL);
	run_until(&b, 3);
	ok(b.job == 4000000000u && b.attempt == 4000000001u, "large numbers come back");
	is_int(b.verdict, VERDICT_INFRA, "an unknown board");
	buf_clear(&b.trace);
	say(&b, (struct command){.kind = CMD_BUILD_DONE});
	say(&b, (struct command){.kind = CMD_BUILD_PREPARE, .max_sketches = 1});
	is_int(b.slots, 1, "prepared again, for one sketch at a time");
	say(&b, (struct command){.kind = CMD_BUILD_PREPARE, .max_sketches = 1000});
	is_int(b.slots, machine_threads(), "never more than its own");
	say(&b, (struct command){.kind = CMD_QUIT});
	is_str(buf_str(&b.trace), "build-done prepared prepared quit", "till the end");
	free(key);
	ok(close_boss(&b), "no handle is left");
}

static void wrong_states(void)
{
	static const struct {
		struct command c;
		const char *want;
	} t[] =
		{
			{{.kind = CMD_BUILD_PREPARE}, "command 'build_prepare' in state 'new'"},
			{{.kind = CMD_BUILD_SKETCHES}, "command 'build_sketches' in state 'new'"},
			{{.kind = CMD_CANCEL}, "command 'cancel' in state 'new'"},
			{{.kind = CMD_BUILD_DONE}, "command 'build_done' in state 'new'"},
		},
	  later[] =
		  {
			  {{.kind = CMD_CONFIGURE}, "command 'configure' in state 'configured'"},
			  {{.kind = CMD_BUILD_SKETCHES},
				  "command 'build_sketches' in state 'configured'"},
			  {{.kind = CMD_CANCEL}, "command 'cancel' in state 'configured'"},
			  {{.kind = CMD_BUILD_DONE}, "command 'build_done' in state 'configured'"},
		  },
	  last[] = {
		  {{.kind = CMD_CONFIGURE}, "command 'configure' in state 'done'"},
		  {{.kind = CMD_BUILD_PREPARE}, "command 'build_prepare' in state 'done'"},
		  {{.kind = CMD_QUIT}, "command 'quit' in state 'done'"},
	  };
	struct boss b = {0};
	open_boss(&b);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		say(&b, t[i].c);
		is_str(b.msg, t[i].want, t[i].want);
	}
	ok(!b.fatal, "such an error is not fatal");
	configure(&b);
	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		say(&b, later[i].c);
		is_str(b.msg, later[i].want, later[i].want);
	}
	say(&b, (struct command){.kind = CMD_QUIT});
	for (size_t i = 0; i < ARRAY_LEN(last); i++) {
		say(&b, last[i].c);
		is_str(b.msg, last[i].want, last[i].want);
	}
	is_str(buf_str(&b.trace),
		"error error error error configured error error error error quit error error error",
		"every command got one answer");
	ok(close_boss(&b), "closed");
}

static void cannot_configure(void)
{
	struct boss b = {0};
	open_boss(&b);
	char *good = b.settings.cache_dir, *tmp = xstrdup(getenv("TMPDIR"));
	b.settings.cache_dir = xstrdup(put("a-file", ""));
	setenv("TMPDIR", at("no-such"), 1);
	configure(&b);
	if (tmp)
		setenv("TMPDIR", tmp, 1);
	else
		unsetenv("TMPDIR");
	free(tmp);
	ok(b.fatal && b.msg, "no place for a cache: a fatal error (%s)", b.msg);
	say(&b, (struct command){.kind = CMD_BUILD_PREPARE});
	is_str(b.msg, "command 'build_prepare' in state 'new'", "it is not configured");
	free(b.settings.cache_dir);
	b.settings.cache_dir = good;
	configure(&b);
	ok(strstr(buf_str(&b.trace), "configured"), "but can be, rightly");
	ok(close_boss(&b), "closed");
}

static void cancelling(void)
{
	struct boss b = {.settings.sketch_jobs = 1};
	struct job j[] = {{.id = 1, .attempt = 2}, {.id = 2, .attempt = 1}};
	open_boss(&b);
	char *text =
		xasprintf("// tiny: touch %s/runs\n// tiny: hang\nvoid setup(){}\nvoid loop(){}\n",
			test_tmpdir());
	put("sketches/Blink/Blink.ino", text);
	free(text);
	configure(&b);
	say(&b, (struct command){.kind = CMD_BUILD_PREPARE});
	buf_clear(&b.trace);
	build(&b, 1, 2, "tiny:tiny:one", NULL);
	build(&b, 2, 1, "tiny:tiny:one", NULL);
	while (!fs_exists(at("runs"))) {
		uv_run(&b.loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	say(&b, (struct command){.kind = CMD_CANCEL, .jobs = j, .n_jobs = 2});
	turn(&b);
	ok(strstr(buf_str(&b.trace), "started:1.2") && strstr(buf_str(&b.trace), "cancelled:2.1"),
		"the unstarted one goes");
	ok(!strstr(buf_str(&b.trace), "cancelled:1.2"), "the running one stays");
	j[0].attempt = 1;
	say(&b, (struct command){.kind = CMD_CANCEL, .mode = CANCEL_KILL, .jobs = j, .n_jobs = 1});
	turn(&b);
	ok(!strstr(buf_str(&b.trace), "cancelled:1"), "another attempt is another job");
	j[0].attempt = 2;
	say(&b, (struct command){.kind = CMD_CANCEL, .mode = CANCEL_KILL, .jobs = j, .n_jobs = 1});
	while (!strstr(buf_str(&b.trace), "cancelled:1.2"))
		uv_run(&b.loop, UV_RUN_ONCE);
	is_int(b.results, 0, "what was cancelled has no result");
	ok(close_boss(&b), "closed");
}

/* -E wants warnings to be told at all. */
static void warnings(void)
{
	static const struct {
		bool errors;
		enum warnings level;
		enum verdict want;
	} t[] = {
		{false, WARNINGS_NONE, VERDICT_OK},
		{false, WARNINGS_DEFAULT, VERDICT_OK},
		{true, WARNINGS_DEFAULT, VERDICT_FAILED},
		{true, WARNINGS_NONE, VERDICT_FAILED},
	};
	put("sketches/Blink/Blink.ino", "// tiny: warn odd\nvoid setup(){}\nvoid loop(){}\n");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct boss b = {.settings.warnings = t[i].level,
			.settings.warnings_are_errors = t[i].errors};
		open_boss(&b);
		configure(&b);
		say(&b, (struct command){.kind = CMD_BUILD_PREPARE});
		build(&b, 1, 1, "tiny:tiny:one", NULL);
		run_until(&b, 1);
		is_int(b.verdict, t[i].want, "a warning, by -W and -E");
		is_int(strstr(b.err, "odd") != NULL, t[i].errors || t[i].level != WARNINGS_NONE,
			"it is told or not");
		ok(close_boss(&b), "closed");
	}
}

static void early_end(void)
{
	struct boss b = {0}, c = {0};
	open_boss(&b);
	ok(close_boss(&b), "a session that has said nothing yet");
	open_boss(&c);
	configure(&c);
	say(&c, (struct command){.kind = CMD_BUILD_PREPARE});
	build(&c, 1, 1, "tiny:tiny:one", NULL);
	ok(close_boss(&c), "one with a job at hand");
}

int main(void)
{
	tiny_install(test_tmpdir());
	setenv("BOARDMAN_SYSTEM_HARDWARE", at("hardware"), 1);
	setenv("BOARDMAN_SLOTS_DIR", at("slots"), 1);
	setenv("ARDUINO_DIRECTORIES_USER", at("user"), 1);
	setenv("ARDUINO_DIRECTORIES_DATA", at("data"), 1);
	put("sketches/Blink/Blink.ino", "void setup(){}\nvoid loop(){}\n");
	whole_way();
	wrong_states();
	cannot_configure();
	cancelling();
	warnings();
	early_end();
	return done_testing();
}
