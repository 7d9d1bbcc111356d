/* The link to a far worker over a connection that the test plays: probe, equipping, the worker's bytes, and every way in which it ends. */
#include "boss/link/remote.h"

#include "boss/link/conn.h"
#include "common/strv.h"
#include "git/push.h"
#include "unit/store_util.h"
#include "wire/job.h"

#define COMMIT "1234567890123456789012345678901234567890"
#define FACTS \
	PUSH_MARK "\nsystem Linux\narch x86_64\nglibc glibc 2.36\ngit git version 2.39.2\n" \
		  "dir /far/dir\ndisk 1000000\n"
#define READY \
	"BM> {\"resp\":\"ready\",\"protocol\":1,\"version\":\"0.1\",\"arch\":\"x86_64\"," \
	"\"threads\":2,\"slots\":2}\n"
#define LONG_WHILE 40 /* pings, of which three are a silence */

static uv_loop_t loop;
static const char *spool_dir = "spool";

/* ---- a connection of the test's ---- */

static struct {
	struct conn conn;
	struct channel channel; /* one at a time is enough */
	bool open; /* the channel is */
	int closed_channels;
	char *script; /* that runs in it */
	struct buf written;
} far;

static void far_open(struct conn *c)
{
	(void)c;
}

static struct channel *far_exec(
	struct conn *c, const char *script, const struct channel_events *events)
{
	must(!far.open, "one channel at a time");
	far.open = true;
	far.channel = (struct channel){c, *events};
	free(far.script);
	far.script = xstrdup(script);
	buf_clear(&far.written);
	return &far.channel;
}

static void far_write(struct channel *ch, const void *data, size_t len)
{
	(void)ch;
	buf_add(&far.written, data, len);
}

static size_t far_pending(const struct channel *ch)
{
	(void)ch;
	return 0;
}

static void far_end_input(struct channel *ch)
{
	(void)ch;
}

static void far_pause(struct channel *ch, bool pause)
{
	(void)ch;
	(void)pause;
}

static void far_close(struct channel *ch)
{
	(void)ch;
	far.open = false;
	far.closed_channels++;
}

static void far_free(struct conn *c, void (*closed)(void *ctx), void *ctx)
{
	(void)c;
	closed(ctx);
}

static const struct conn_ops far_ops = {
	.open = far_open,
	.exec = far_exec,
	.write = far_write,
	.pending = far_pending,
	.end_input = far_end_input,
	.pause = far_pause,
	.close = far_close,
	.free = far_free,
};

static void prints(const char *text)
{
	far.channel.events.out(far.channel.events.ctx, text, strlen(text));
}

static void prints_much(size_t len)
{
	char *text = xcalloc(1, len + 1);
	memset(text, 'x', len);
	prints(text);
	free(text);
}

static void complains(const char *text)
{
	far.channel.events.err(far.channel.events.ctx, text, strlen(text));
}

static void ends(int status, const char *why)
{
	far.open = false;
	far.channel.events.ended(far.channel.events.ctx, status, why);
}

static bool runs(const char *part)
{
	return far.open && strstr(far.script, part) != NULL;
}

/* ---- the boss's end ---- */

static struct {
	struct link link;
	int kinds[RESP_COUNT]; /* how many of each were heard */
	bool fatal;
	enum ending ending;
	char *why; /* of the last error */
	char *content; /* of the last result's first file */
	struct strv noise;
	char *pushed; /* why a push came to nothing, "" when it was done; NULL: not told */
	bool closed;
} boss;

static void on_response(void *ctx, const struct response *r)
{
	(void)ctx;
	boss.kinds[r->kind]++;
	uv_stop(&loop);
	if (r->kind == RESP_ERROR) {
		boss.fatal |= r->fatal;
		boss.ending = r->ending;
		free(boss.why);
		boss.why = xstrdup(r->msg);
	}
	if (r->kind == RESP_BUILD_RESULT && r->result->n_artifacts &&
		r->result->artifacts[0].path) {
		free(boss.content);
		boss.content = slurp(r->result->artifacts[0].path);
	}
}

static void on_noise(void *ctx, const char *line)
{
	(void)ctx;
	strv_push(&boss.noise, line);
}

static void on_pushed(void *ctx, const char *why)
{
	(void)ctx;
	free(boss.pushed);
	boss.pushed = xstrdup(why ? why : "");
}

static void on_closed(void *ctx)
{
	(void)ctx;
	boss.closed = true;
}

static void tell(const struct command *c)
{
	struct command_sink to = boss.link.ops->commands(boss.link.impl);
	to.send(to.ctx, c);
}

/* A new link, on its way to the machine. `boardman` as in remote_config; `bundle`: one may be sent. */
static void start(const char *boardman, bool bundle)
{
	struct error err = ERROR_INIT;
	memset(&boss, 0, sizeof boss);
	far.conn.ops = &far_ops;
	far.closed_channels = 0;
	const struct remote_config config = {
		.loop = &loop,
		.conn = &far.conn,
		.bundle_commit = bundle ? COMMIT : NULL,
		.bundle_id = bundle ? "abcd" : NULL,
		.loader = "/lib/ld.so",
		.arch = bundle ? "x86_64" : NULL,
		.glibc = bundle ? "2.34" : NULL,
		.boardman = boardman,
		.spool = at(spool_dir),
		.options = " -D",
		.noise = on_noise,
	};
	boss.link = link_remote(&config);
	must(boss.link.ops->open(boss.link.impl, (struct response_sink){on_response, NULL}, &err) ==
			0,
		"open");
}

static void opens(void)
{
	far.conn.events.open(far.conn.events.ctx);
}

static void fails(enum conn_fault fault, const char *why, const char *cure)
{
	far.open = false;
	far.conn.events.failed(far.conn.events.ctx, fault, why, cure);
}

/* Until the worker is to say READY. */
static void start_worker(const char *boardman)
{
	start(boardman, false);
	opens();
	prints(FACTS "done\n");
	ends(0, NULL);
}

static void start_serving(void)
{
	start_worker("/far/boardman");
	prints("\n" READY);
}

static void end(void)
{
	boss.link.ops->close(boss.link.impl, on_closed, NULL);
	must(boss.closed && !far.open, "closed");
	boss.link.ops->free(boss.link.impl);
	uv_run(&loop, UV_RUN_DEFAULT);
	strv_release(&boss.noise);
	free(boss.why);
	free(boss.content);
	free(boss.pushed);
}

/* It has ended, once, with that to tell. */
static void ended(const char *want)
{
	is_str(boss.why, want, want);
	ok(boss.fatal && boss.kinds[RESP_ERROR] == 1, "… which is fatal, and told once");
	end();
}

static void ended_like(const char *part)
{
	ok(boss.why && strstr(boss.why, part), "%s", part);
	ok(boss.fatal && boss.kinds[RESP_ERROR] == 1, "… which is fatal, and told once");
	end();
}

/* Runs the loop until a deadline has passed: the error is told. */
static void wait_for_error(void)
{
	while (!boss.kinds[RESP_ERROR])
		uv_run(&loop, UV_RUN_ONCE);
}

/* ---- the way to the worker ---- */

static void connecting(void)
{
	start("/far/boardman", false);
	fails(CONN_UNREACHABLE, "cannot connect", "wait");
	ended("cannot connect; cure: wait");
	start("/far/boardman", false);
	fails(CONN_LOST, "it is lost", NULL);
	ended("it is lost");
}

static void probing(void)
{
	start("/far/boardman", false);
	opens();
	ok(runs("uname -m"), "a script looks at the machine");
	prints("Welcome!\nunfinished " FACTS "done\n");
	ends(0, NULL);
	ok(runs("exec '/far/boardman' worker -D"), "its own boardman is started");
	prints("a greeting\n");
	complains("a word\n");
	prints(READY);
	is_int(boss.kinds[RESP_READY], 1, "it is ready");
	ok(boss.noise.n == 2 && strv_contains(&boss.noise, "a greeting") &&
			strv_contains(&boss.noise, "a word"),
		"what it says besides is noise");
	end();
	is_int(far.closed_channels, 1, "its end closes the channel");
}

static void probe_ends(const char *output, int status, const char *why, const char *want)
{
	start("/far/boardman", false);
	opens();
	prints(output);
	ends(status, why);
	ended(want);
}

static void probes_that_fail(void)
{
	probe_ends("", -1, "it refuses; cure: ask", "it refuses; cure: ask");
	probe_ends("hello\n", 0, NULL, "it has no POSIX shell; cure: 'sh' must be one there");
	probe_ends("", 1, NULL,
		"its shell cannot be run: status 1; cure: 'sh -c true' must work there");
	probe_ends(PUSH_MARK "\nsystem Linux\n", 0, NULL,
		"its shell did not answer as a POSIX shell does; cure: 'sh' must be one there");
	probe_ends(PUSH_MARK "\nsystem Linux\narch a\nglibc \ngit \ndone\n", 0, NULL,
		"no git; cure: install git there");
}

static void probes_that_say_much(void)
{
	start("/far/boardman", false);
	opens();
	complains("sh: not found\n");
	ends(127, NULL);
	ended_like("its shell cannot be run: status 127: sh: not found; cure: ");
	start("/far/boardman", false);
	opens();
	for (int i = 0; i < 100 && !boss.why; i++)
		prints_much(65536);
	ended_like("its login prints without end; cure: ");
	start("/far/boardman", false);
	opens();
	prints(PUSH_MARK "\n");
	prints_much(65537);
	prints("more");
	ended_like("its shell says too much; cure: ");
	start("/far/boardman", false);
	opens();
	wait_for_error();
	ended("no answer while looking at it; cure: log in by hand: its shell must not wait for "
	      "anybody");
}

/* ---- sending boardman ---- */

static void sent_already(void)
{
	start(NULL, true);
	opens();
	ok(runs("/boardman/abcd/bin/boardman"), "it is asked for ours");
	prints(FACTS "bundle yes\ndone\n");
	ends(0, NULL);
	ok(runs("exec '/lib/ld.so' --library-path '/far/dir/boardman/abcd/lib' "
		"'/far/dir/boardman/abcd/bin/boardman' worker --bundle '/far/dir/boardman/abcd' "
		"-D"),
		"the one that was sent before is started");
	complains("ld.so: too old\n");
	ends(127, NULL);
	ended_like("the boardman that was sent cannot be run: ld.so: too old; cure: ");
}

static void begin_push(void)
{
	start(NULL, true);
	opens();
	prints(FACTS "done\n");
	ends(0, NULL);
	ok(runs("receive-pack"), "boardman is pushed");
}

static void sending(void)
{
	begin_push();
	complains(PUSH_MARK "\nfatal: it is ours\n");
	ends(1, NULL);
	ok(runs("checkout -q -f " COMMIT), "when git refuses it another boss may have sent it");
	ends(0, NULL);
	ok(runs("worker --bundle"), "… so that it is started");
	end();
	begin_push();
	complains(PUSH_MARK "\nfatal: it is ours\n");
	ends(1, NULL);
	ends(1, NULL);
	ended_like("git there says: fatal: it is ours; cure: ");
	begin_push();
	fails(CONN_LOST, "the line is cut", "mend it");
	ended("the line is cut; cure: mend it");
}

static void unsendable(void)
{
	start(NULL, false);
	opens();
	prints(FACTS "done\n");
	ends(0, NULL);
	ended_like("this boardman is not there; cure: ");
	start(NULL, true);
	opens();
	prints(PUSH_MARK "\nsystem Linux\narch s390\nglibc glibc 2.36\ngit git version 2\ndir /d\n"
			 "disk 1000000\ndone\n");
	ends(0, NULL);
	ended_like("other architecture: s390, here it is x86_64; cure: ");
}

/* ---- the worker ---- */

static void worker_ends(int status, const char *why, const char *want)
{
	start_worker("/far/boardman");
	ends(status, why);
	ended(want);
}

static void workers_that_end(void)
{
	worker_ends(127, NULL,
		"no boardman at '/far/boardman' there; cure: correct boardman_path, or leave it "
		"out");
	worker_ends(-1, "nobody knows", "the worker ended: nobody knows");
	start_serving();
	complains("first\nboardman: \x1b[2J it is late\n");
	ends(3, NULL);
	ended("the worker ended with status 3: boardman: \\x1b[2J it is late; cure: -D shows what "
	      "it "
	      "says");
	start_worker("/far/boardman");
	wait_for_error();
	ended("no answer while starting the worker; cure: run 'boardman worker' there: it should "
	      "say "
	      "ready");
	start_serving();
	wait_for_error();
	ended_like("nothing heard for ");
}

static void worker_says(const char *text, const char *want)
{
	start_serving();
	prints(text);
	prints(READY); /* of no use any more */
	ends(1, NULL);
	ended_like(want);
}

static void workers_that_lie(void)
{
	start_worker("/far/boardman");
	prints("BM> {\"resp\":\"ready\",\"protocol\":2,\"version\":\"9\",\"arch\":\"x\","
	       "\"threads\":1,\"slots\":1}\n");
	ended_like("its boardman 9 speaks another protocol; cure: ");
	worker_says("BM> {\n", "the worker speaks nonsense: ");
	worker_says("BM> {\"resp\":\"shutdown\"}\n", "the worker speaks nonsense: ");
	start_serving();
	prints_much((1u << 20) + 1);
	ended_like("the worker speaks nonsense: ");
}

#define PIECE(seq, data) \
	"BM> {\"resp\":\"artifact\",\"job\":7,\"attempt\":1,\"name\":\"S.hex\",\"seq\":" seq \
	",\"data\":\"" data "\"}\n"
#define RESULT(size) \
	"BM> {\"resp\":\"build_result\",\"job\":7,\"attempt\":1,\"verdict\":\"ok\"," \
	"\"artifacts\":[{\"name\":\"S.hex\",\"size\":" size ",\"sha256\":\"2cf24dba5fb0a30e26e8" \
	"3b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}]}\n"

static void give_job(const char *spool)
{
	const struct job j = {.id = 7,
		.attempt = 1,
		.commit = (char *)"c",
		.board = (char *)"a:b:c",
		.sketch = (char *)"/s"};
	spool_dir = spool;
	start_serving();
	tell(&(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = &j, .n_jobs = 1});
	ok(strstr(buf_str(&far.written), "\"cmd\":\"build_sketches\""), "a job is sent");
}

static void results(void)
{
	give_job("spool");
	prints(PIECE("0", "aGVs") PIECE("1", "bG8="));
	is_int(boss.kinds[RESP_ARTIFACT], 0, "pieces are kept back");
	prints(RESULT("5"));
	is_int(boss.kinds[RESP_BUILD_RESULT], 1, "the result comes");
	is_str(boss.content, "hello", "… with its file, whole");
	prints(PIECE("0", "aGVs") RESULT("5"));
	is_int(boss.kinds[RESP_BUILD_RESULT], 2, "so does a late one");
	is_str(boss.content, "hello", "… but not its file");
	is_str(boss.why, NULL, "… which is no fault");
	end();
	give_job("spool");
	prints(PIECE("0", "aGVs") RESULT("5"));
	is_int(boss.kinds[RESP_BUILD_RESULT], 0, "half a file makes no result");
	ended("'S.hex' is not what the worker said it sent");
	give_job("spool");
	prints(PIECE("1", "aGVs"));
	ended_like("out of order");
}

static void no_room(void)
{
	put("no-directory", "");
	give_job("no-directory");
	prints(PIECE("0", "aGVs"));
	prints(READY);
	ok(boss.why && strstr(boss.why, at("no-directory")), "a disk of ours that takes nothing");
	ok(boss.fatal && boss.ending == ENDING_NO_ROOM && boss.kinds[RESP_ERROR] == 1,
		"… is not the machine's fault, and told once");
	spool_dir = "spool";
	end();
}

static int pings(void)
{
	int n = 0;
	for (const char *p = buf_str(&far.written); (p = strstr(p, "\"ping\"")); p++)
		n++;
	return n;
}

/* The first look at a toolchain takes long; no silence counts then. */
static void patience(void)
{
	struct strv boards = STRV_INIT;
	strv_push(&boards, "a:b:c");
	start_serving();
	const struct settings settings = {0};
	tell(&(struct command){.kind = CMD_PROBE, .boards = &boards, .settings = &settings});
	prints("BM> {\"resp\":\"heartbeat\",\"running\":0,\"load\":0}\n");
	while (!boss.why && pings() < LONG_WHILE)
		uv_run(&loop, UV_RUN_ONCE);
	is_str(boss.why, NULL, "a worker that looks at toolchains may be silent for long");
	prints("BM> {\"resp\":\"probe_done\",\"threads\":1,\"load\":0,\"memory\":1,\"disk\":1,"
	       "\"held\":[],\"platforms\":[],\"boards\":[]}\n");
	is_int(boss.kinds[RESP_PROBE_DONE], 1, "… until it answers");
	buf_clear(&far.written);
	prints("BM> {\"resp\":\"heartbeat\",\"running\":0,\"load\":0}\n");
	wait_for_error();
	ok(pings() < LONG_WHILE, "… then it may not");
	ended_like("nothing heard for ");
	strv_release(&boards);
}

static void pushing(void)
{
	start_serving();
	far.open = false; /* the worker's; the test has room for one */
	boss.link.ops->push(boss.link.impl, COMMIT, "refs/bm/me/1", on_pushed, NULL);
	ok(runs("receive-pack") && runs("/far/dir"), "sources are pushed");
	complains(PUSH_MARK "\nerror: No space left on device\n");
	ends(1, NULL);
	is_str(boss.pushed, "git there says: error: No space left on device; cure: make room there",
		"a push that fails is told");
	is_str(boss.why, NULL, "… and is no end of the link");
	end();
}

int main(void)
{
	setenv("BOARDMAN_TIME_DIVISOR", "50", 1);
	uv_loop_init(&loop);
	connecting();
	probing();
	probes_that_fail();
	probes_that_say_much();
	sent_already();
	sending();
	unsendable();
	workers_that_end();
	workers_that_lie();
	results();
	no_room();
	patience();
	pushing();
	uv_loop_close(&loop);
	free(far.script);
	buf_release(&far.written);
	return done_testing();
}
