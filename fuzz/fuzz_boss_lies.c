/* fuzz_boss_lies: a boss that commands what it likes, in any order, and a worker's session. The input is a script: a letter for each step, with digits behind
 * it. All paths lie in a directory of the test's own, where no platform is, so that no tool is ever started. Whatever it commands: each job that was given
 * ends at most once, what was not given is not heard of, every answer can be sent, and at the end nothing is left.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/tmp.h"
#include "common/xalloc.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "worker/session.h"
#include "worker/workplace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JOBS 8 /* and attempts of each */

struct play {
	const uint8_t *at, *end; /* the script */
	uv_loop_t loop;
	struct session *session;
	struct workplace *place;
	unsigned given[JOBS][JOBS], started[JOBS][JOBS], ended[JOBS][JOBS];
	bool closed;
};

static char *scratch;

/* ---- the worker ---- */

static void check_sendable(const struct response *r)
{
	struct message_response m;
	struct buf line = BUF_INIT;
	const size_t skip = strlen(WIRE_PREFIX);
	message_put_response(&line, r);
	assert(message_get_response(&m, line.data + skip, line.len - skip - 1, NULL) == 0);
	assert(m.r.kind == r->kind);
	message_response_release(&m);
	buf_release(&line);
}

/* One more of what comes once for each time that a job was given. */
static void count(const struct play *p, unsigned seen[JOBS][JOBS], uint32_t job, uint32_t attempt)
{
	assert(job < JOBS && attempt < JOBS);
	seen[job][attempt]++;
	assert(seen[job][attempt] <= p->given[job][attempt]);
}

static void on_response(void *ctx, const struct response *r)
{
	struct play *p = ctx;
	check_sendable(r);
	if (r->kind == RESP_STARTED)
		count(p, p->started, r->job, r->attempt);
	else if (r->kind == RESP_CANCELLED)
		count(p, p->ended, r->job, r->attempt);
	else if (r->kind == RESP_BUILD_RESULT)
		count(p, p->ended, r->result->job, r->result->attempt);
	/* There is no compiler. */
	assert(r->kind != RESP_BUILD_RESULT || r->result->verdict != VERDICT_OK);
}

static void on_closed(void *ctx)
{
	((struct play *)ctx)->closed = true;
}

/* ---- the boss ---- */

static void command(struct play *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void command(struct play *p, const char *fmt, ...)
{
	struct message_command m;
	struct error err = ERROR_INIT;
	bool unknown;
	va_list ap;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap), *line = xasprintf("{\"cmd\":%s}", text);
	va_end(ap);
	if (message_get_command(&m, line, strlen(line), &unknown, &err) == 0) {
		struct command_sink to = session_commands(p->session);
		to.send(to.ctx, &m.c);
		message_command_release(&m);
	}
	free(text);
	free(line);
}

/* A small number: a digit, or the low bits of anything. */
static unsigned number(struct play *p)
{
	return p->at < p->end ? *p->at++ % JOBS : 0;
}

static void configure(struct play *p)
{
	static const char *const more[JOBS] = {"", ",\"timeout\":1", ",\"keep\":true",
		",\"check_only\":true", ",\"framework_jobs\":1,\"sketch_jobs\":1",
		",\"build_properties\":[\"a={a}{b}\",\"build.path=/\"]", ",\"reproducible\":true",
		",\"warnings\":\"all\",\"no_firmware\":true"};
	command(p,
		"\"configure\",\"settings\":{\"libraries_dirs\":[\"%s/"
		"libraries\"],\"user_dir\":\"%s/user\"%s}",
		scratch, scratch, more[number(p)]);
}

static void prepare(struct play *p)
{
	static const char tree[] = "0123456789012345678901234567890123456789";
	unsigned how = number(p), slots = number(p);
	if (how < 4)
		command(p, "\"build_prepare\",\"commits\":[],\"max_sketches\":%u", slots);
	else
		command(p,
			"\"build_prepare\",\"commits\":[{\"id\":\"current\",\"tree\":\"%s\","
			"\"ref\":"
			"\"refs/bm/x\",\"roots\":[{\"dir\":\"r\",\"path\":\"%s/"
			"root\"}]}],\"empty\":[\"%s/"
			"empty\"],\"links\":[{\"path\":\"%s/link\",\"target\":\"/\"}]",
			tree, scratch, scratch, scratch);
}

static void build(struct play *p)
{
	static const char *const sketches[] = {"Good", "Missing", "Empty", "Good/Good.ino"};
	static const char *const boards[] = {"no:such:board", "a:b:c:d=e", "uno", ":::"};
	unsigned job = number(p), attempt = number(p), what = number(p);
	p->given[job][attempt]++;
	command(p,
		"\"build_sketches\",\"jobs\":[{\"job\":%u,\"attempt\":%u,\"commit\":\"current\","
		"\"board\":"
		"\"%s\",\"sketch\":\"%s/%s\",\"build_dir\":\"%s/build\"%s}]",
		job, attempt, boards[what % 4], scratch, sketches[what / 2], scratch,
		what & 1 ? ",\"known_key\":\"00\",\"known_deps\":\"/dev/null\"" : "");
}

static void cancel(struct play *p)
{
	unsigned job = number(p), attempt = number(p), how = number(p);
	command(p, "\"cancel\",\"jobs\":[{\"job\":%u,\"attempt\":%u}],\"mode\":\"%s\"", job,
		attempt, how & 1 ? "kill" : "unstarted");
}

/* s setup, p probe, P probe of boards, c configure, k prepare, j a job, x cancel, o board_open, i ping, d build_done, q quit, h hold, t the loop turns. */
static void step(struct play *p)
{
	static const char steps[] = "spPckjxoidqht";
	unsigned char c = *p->at++;
	switch (strchr(steps, c) && c ? c : steps[c % (sizeof steps - 1)]) {
	case 's':
		command(p, "\"setup\",\"protocol\":%u,\"run\":\"r-1\",\"boss\":\"a@b\"",
			1 + number(p) / 4);
		break;
	case 'p': command(p, "\"probe\""); break;
	case 'P': command(p, "\"probe\",\"boards\":[\"no:such:board\",\"x\"]"); break;
	case 'c': configure(p); break;
	case 'k': prepare(p); break;
	case 'j': build(p); break;
	case 'x': cancel(p); break;
	case 'o': command(p, "\"board_open\",\"commit\":\"current\",\"board\":\"a:b:c\""); break;
	case 'i': command(p, "\"ping\""); break;
	case 'd': command(p, "\"build_done\""); break;
	case 'q': command(p, "\"quit\""); break;
	case 'h': session_hold(p->session, number(p) & 1); break;
	default: uv_run(&p->loop, UV_RUN_NOWAIT); break;
	}
}

/* ---- life ---- */

static void remove_scratch(void)
{
	fs_remove_tree(scratch, NULL);
	free(scratch);
}

static void put_sketch(void)
{
	static const char text[] = "void setup() {}\nvoid loop() {}\n";
	char *good = path_join(scratch, "Good"), *ino = path_join(good, "Good.ino"),
	     *empty = path_join(scratch, "Empty");
	int ret = fs_mkdirs(good, NULL) | fs_mkdirs(empty, NULL) |
		  fs_write(ino, text, sizeof text - 1, NULL);
	assert(ret == 0);
	free(good);
	free(ino);
	free(empty);
}

/* Nothing of this machine's is seen but an empty home. */
static void make_scratch(void)
{
	static const char *const names[] = {"HOME", "XDG_CACHE_HOME", "BOARDMAN_SYSTEM_HARDWARE",
		"BOARDMAN_SLOTS_DIR", "ARDUINO_DIRECTORIES_DATA", "ARDUINO_DIRECTORIES_USER"};
	struct error err = ERROR_INIT;
	scratch = tmp_new_dir("fuzz-boss-lies", &err);
	assert(scratch);
	atexit(remove_scratch);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *dir = path_join(scratch, names[i]);
		setenv(names[i], dir, 1);
		free(dir);
	}
	put_sketch();
}

static void open_play(struct play *p)
{
	struct error err = ERROR_INIT;
	uv_loop_init(&p->loop);
	p->place = workplace_open(false, &err);
	assert(p->place);
	const struct session_config config = {
		.loop = &p->loop, .to_boss = {on_response, p}, .place = p->place, .version = "v"};
	p->session = session_new(&config);
}

static void close_play(struct play *p)
{
	session_free(p->session, on_closed, p);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	assert(p->closed);
	workplace_free(p->place);
	int ret = uv_loop_close(&p->loop);
	assert(ret == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = {.at = data, .end = data + size};
	if (!scratch)
		make_scratch();
	open_play(&p);
	while (p.at < p.end)
		step(&p);
	close_play(&p);
	return 0;
}
