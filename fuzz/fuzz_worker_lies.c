/* fuzz_worker_lies: a worker that says what it likes, in any order, to the boss's side of a link and its machine. The input is a script: a letter for
 * each step (`steps`), with arguments behind it. Whatever it says: nothing that the boss is handed lies outside of the directory for files in
 * transit, nothing comes from a machine that was lost, and at the end nothing is left.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "boss/link/conn.h"
#include "boss/link/remote.h"
#include "boss/machine.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/tmp.h"
#include "common/xalloc.h"
#include "git/push.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JOBS 8 /* and attempts of each */
#define DIGEST_OF_XXX "cd2eb0837c9b4c962c22d2ff8b5441b7b45805887f051d39bf133b583baf6860"

struct wire { /* instead of a connection */
	struct conn base;
	struct channel *channel; /* the one that is open; NULL */
	bool opens, closes; /* due on the next turn */
	void (*closed)(void *ctx);
	void *closed_ctx;
};

struct play {
	const uint8_t *at, *end; /* the script */
	uv_loop_t loop;
	struct wire *wire; /* NULL: freed */
	struct machine *machine;
	bool given[JOBS][JOBS],
		over[JOBS][JOBS]; /* over: what comes of it is late, and the boss drops it */
	bool lost, gone;
	uint64_t now;
	struct settings settings;
	struct strv boards;
};

static char *scratch;

/* ---- the wire ---- */

static void wire_open(struct conn *c)
{
	((struct wire *)c)->opens = true;
}

static struct channel *wire_exec(
	struct conn *c, const char *script, const struct channel_events *ev)
{
	struct wire *w = (struct wire *)c;
	assert(!w->channel && *script);
	w->channel = xcalloc(1, sizeof *w->channel);
	*w->channel = (struct channel){c, *ev};
	return w->channel;
}

static void wire_write(struct channel *ch, const void *data, size_t len)
{
	assert(ch && len && memchr(data, '\n', len));
}

static size_t wire_pending(const struct channel *ch)
{
	(void)ch;
	return 0;
}

static void wire_end_input(struct channel *ch)
{
	(void)ch;
}

static void wire_pause(struct channel *ch, bool pause)
{
	(void)ch;
	(void)pause;
}

static void wire_close(struct channel *ch)
{
	((struct wire *)ch->conn)->channel = NULL;
	free(ch);
}

static void wire_free(struct conn *c, void (*closed)(void *ctx), void *ctx)
{
	struct wire *w = (struct wire *)c;
	free(w->channel);
	w->channel = NULL;
	w->closes = true;
	w->closed = closed;
	w->closed_ctx = ctx;
}

static const struct conn_ops wire_ops = {
	.open = wire_open,
	.exec = wire_exec,
	.write = wire_write,
	.pending = wire_pending,
	.end_input = wire_end_input,
	.pause = wire_pause,
	.close = wire_close,
	.free = wire_free,
};

/* ---- the boss ---- */

/* Whether the boss waits for it; not any more after this. */
static bool is_awaited(struct play *p, uint32_t job, uint32_t attempt)
{
	if (job >= JOBS || attempt >= JOBS || !p->given[job][attempt] || p->over[job][attempt])
		return false;
	p->over[job][attempt] = true;
	return true;
}

static void check_files(const struct build_result *r)
{
	struct stat st;
	for (size_t i = 0; i < r->n_artifacts; i++) {
		const struct artifact *a = &r->artifacts[i];
		assert(artifact_name_ok(a->name));
		assert(path_beneath(a->path, scratch) && !strstr(a->path, "/../"));
		assert(lstat(a->path, &st) == 0 && S_ISREG(st.st_mode));
		assert((uint64_t)st.st_size == a->size);
		for (size_t k = 0; k < i; k++)
			assert(!path_beneath(a->name, r->artifacts[k].name) &&
				!path_beneath(r->artifacts[k].name, a->name));
	}
}

static void on_probe(void *ctx, struct machine *m, const struct probe *probe)
{
	(void)ctx;
	(void)m;
	assert(probe->threads >= 0);
}

static void on_ready(void *ctx, struct machine *m, unsigned slots)
{
	(void)ctx;
	assert(slots && machine_state(m) == MACHINE_BUILDING);
}

static void on_said(void *ctx, struct machine *m, const struct response *r)
{
	struct play *p = ctx;
	const struct build_result *b = r->result;
	(void)m;
	assert(!p->lost && !p->gone);
	if (r->kind == RESP_CANCELLED)
		is_awaited(p, r->job, r->attempt);
	if (r->kind != RESP_BUILD_RESULT)
		return;
	assert(!b->unchanged && b->log.len <= WIRE_MAX_LONG_TEXT);
	if (is_awaited(p, b->job, b->attempt))
		check_files(b);
}

static void on_lost(void *ctx, struct machine *m, const char *why)
{
	struct play *p = ctx;
	(void)m;
	assert(!p->lost && *why);
	p->lost = true;
}

static void on_gone(void *ctx, struct machine *m)
{
	struct play *p = ctx;
	(void)m;
	assert(!p->gone);
	p->gone = true;
}

static void on_no_room(void *ctx, const char *why)
{
	(void)ctx;
	(void)why;
	assert(!"a worker's lie is no matter of our disk");
}

static void on_wake(void *ctx)
{
	(void)ctx;
}

/* Lets the boss do what is due. */
static void turn(struct play *p)
{
	struct wire *w = p->wire;
	machine_pump(p->machine);
	if (w->opens && !w->closes) {
		w->opens = false;
		w->base.events.open(w->base.events.ctx);
	}
	machine_pump(p->machine);
	if (w->closes) {
		p->wire = NULL;
		w->closed(w->closed_ctx);
		free(w);
	}
}

/* ---- the worker ---- */

static void say(struct play *p, const char *bytes, size_t len)
{
	const struct channel *ch = p->wire->channel;
	if (ch && len)
		ch->events.out(ch->events.ctx, bytes, len);
}

static void sayf(struct play *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void sayf(struct play *p, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap), *line = xasprintf("BM> {\"resp\":%s}\n", text);
	va_end(ap);
	say(p, line, strlen(line));
	free(text);
	free(line);
}

static void end_channel(struct play *p, int status)
{
	struct channel *ch = p->wire->channel;
	if (!ch)
		return;
	p->wire->channel = NULL;
	ch->events.ended(ch->events.ctx, status, status < 0 ? "it is unknown" : NULL);
	free(ch);
}

static const char ready[] =
	"\"ready\",\"protocol\":1,\"version\":\"v\",\"arch\":\"x\",\"threads\":2,\"slots\":2";
static const char probe_done[] = "\"probe_done\",\"threads\":2,\"load\":0,\"memory\":1,\"disk\":1,"
				 "\"held\":[],\"platforms\":[],\"boards\":[]";
static const char setup_done[] = "\"setup_done\",\"work_dir\":\"/w\",\"git_dir\":\"/w/git\"";
static const char prepared[] = "\"build_prepare_done\",\"threads\":2,\"slots\":2";

/* What a worker that does not lie would say now. */
static void truth(struct play *p)
{
	static const char facts[] = PUSH_MARK "\nsystem Linux\narch x86_64\nglibc glibc 2.36\n"
					      "git git version 2.39\ndir /d\ndisk 9999999\ndone\n";
	static const char *const answers[MACHINE_STATES] = {
		[MACHINE_CONNECTING] = ready,
		[MACHINE_PROBING] = probe_done,
		[MACHINE_SETTING_UP] = setup_done,
		[MACHINE_CONFIGURING] = "\"configure_done\"",
		[MACHINE_PREPARING] = prepared,
		[MACHINE_LOOKING] = probe_done,
		[MACHINE_FINISHING] = "\"build_done\",\"exceptions\":0",
		[MACHINE_QUITTING] = "\"quit_ack\"",
	};
	const char *answer = answers[machine_state(p->machine)];
	/* The first channel is a script's, which looks at the machine. */
	bool looks = answer == ready && p->now == 0;
	if (looks) {
		p->now = 1;
		say(p, facts, strlen(facts));
		end_channel(p, 0);
	} else if (answer) {
		sayf(p, "%s", answer);
	}
}

/* ---- the script ---- */

/* A small number: a digit, or the low bits of anything. */
static unsigned number(struct play *p)
{
	return p->at < p->end ? *p->at++ % JOBS : 0;
}

static void lie(struct play *p)
{
	static const char *const names[JOBS] = {
		"f.hex", "log", "deps", "../x", "/etc/x", "objects/a", "objects/a/b", "objects"};
	unsigned what = p->at < p->end ? *p->at++ : 0;
	unsigned job = number(p), attempt = number(p), seq = number(p);
	const char *name = names[number(p)];
	switch (what) {
	case 'a':
		sayf(p,
			"\"artifact\",\"job\":%u,\"attempt\":%u,\"name\":\"%s\",\"seq\":%u,"
			"\"data\":"
			"\"eHh4\"",
			job, attempt, name, seq);
		break;
	case 'd':
		sayf(p,
			"\"build_result\",\"job\":%u,\"attempt\":%u,\"verdict\":\"ok\","
			"\"artifacts\":[{"
			"\"name\":\"%s\",\"size\":%u,\"sha256\":\"" DIGEST_OF_XXX "\"}]",
			job, attempt, name, seq);
		break;
	case 'e':
		sayf(p,
			"\"build_result\",\"job\":%u,\"attempt\":%u,\"verdict\":\"ok\","
			"\"artifacts\":[{"
			"\"name\":\"%s\",\"size\":3,\"sha256\":\"" DIGEST_OF_XXX
			"\"},{\"name\":\"%s\",\"size\":3,\"sha256\":\"" DIGEST_OF_XXX "\"}]",
			job, attempt, name, names[seq]);
		break;
	case 'f':
		sayf(p, "\"build_result\",\"job\":%u,\"attempt\":%u,\"verdict\":\"failed\"", job,
			attempt);
		break;
	case 'u':
		sayf(p, "\"build_result\",\"job\":%u,\"attempt\":%u,\"unchanged\":true", job,
			attempt);
		break;
	case 's':
		sayf(p, "\"started\",\"job\":%u,\"attempt\":%u,\"slot\":%u", job, attempt, seq);
		break;
	case 'c': sayf(p, "\"cancelled\",\"job\":%u,\"attempt\":%u", job, attempt); break;
	case 'o': sayf(p, "\"error\",\"msg\":\"no\",\"fatal\":%s", seq ? "true" : "false"); break;
	case 'n': sayf(p, "\"note\",\"msg\":\"\\u001b[2J::error::x\""); break;
	case 'y': sayf(p, "%s", ready); break;
	case 'p': sayf(p, "%s", probe_done); break;
	case 'z': sayf(p, "%s", setup_done); break;
	case 'w': sayf(p, "%s", prepared); break;
	case 'q': sayf(p, "\"quit_ack\""); break;
	default: sayf(p, "\"heartbeat\",\"running\":%u,\"load\":0", seq); break;
	}
}

/* The rest of the script's line. */
static void speak(struct play *p, bool response, bool aloud)
{
	const struct channel *ch = p->wire->channel;
	const uint8_t *nl = p->at < p->end ? memchr(p->at, '\n', (size_t)(p->end - p->at)) : NULL;
	const uint8_t *stop = nl ? nl : p->end;
	struct buf text = BUF_INIT;
	buf_addstr(&text, response ? "BM> " : "");
	buf_add(&text, p->at, (size_t)(stop - p->at));
	buf_addstr(&text, response ? "\n" : "");
	p->at = nl ? nl + 1 : p->end;
	if (aloud)
		say(p, text.data, text.len);
	else if (ch && text.len)
		ch->events.err(ch->events.ctx, text.data, text.len);
	buf_release(&text);
}

static void give(struct play *p, bool cancel)
{
	unsigned job = number(p), attempt = number(p);
	const struct job j = {.id = job,
		.attempt = attempt,
		.commit = (char *)"current",
		.board = (char *)"a:b:c",
		.sketch = (char *)"/s"};
	if (machine_state(p->machine) != MACHINE_BUILDING)
		return;
	if (cancel) {
		machine_cancel(p->machine, &j, 1, CANCEL_KILL);
	} else if (!p->given[job][attempt]) {
		p->given[job][attempt] = true;
		machine_build(p->machine, &j, 1);
	}
}

static void fail_wire(struct play *p)
{
	struct wire *w = p->wire;
	if (w->closes || !w->base.events.failed)
		return;
	free(w->channel);
	w->channel = NULL;
	w->base.events.failed(w->base.events.ctx, CONN_LOST, "it was cut", NULL);
}

/* t truth, r a response of the table, l a line behind the prefix, x bytes, e bytes of stderr, q the command's end, b a job given, c one taken back, g
 * goodbye, k time passes, f the connection fails. */
static void step(struct play *p)
{
	static const char steps[] = "trlxeqbcgkf";
	unsigned char c = *p->at++;
	switch (strchr(steps, c) && c ? c : steps[c % (sizeof steps - 1)]) {
	case 't': truth(p); break;
	case 'r': lie(p); break;
	case 'l': speak(p, true, true); break;
	case 'x': speak(p, false, true); break;
	case 'e': speak(p, false, false); break;
	case 'q': end_channel(p, (int)number(p) - 1); break;
	case 'b': give(p, false); break;
	case 'c': give(p, true); break;
	case 'g': machine_quit(p->machine); break;
	case 'k': machine_check(p->machine, p->now += 40000); break;
	default: fail_wire(p); break;
	}
}

/* ---- life ---- */

static void remove_scratch(void)
{
	fs_remove_tree(scratch, NULL);
	free(scratch);
}

static void make_scratch(void)
{
	struct error err = ERROR_INIT;
	scratch = tmp_new_dir("fuzz-worker-lies", &err);
	assert(scratch);
	atexit(remove_scratch);
}

static void open_play(struct play *p, const char *spool)
{
	const struct machine_events events = {
		.probed = on_probe,
		.looked = on_probe,
		.ready = on_ready,
		.said = on_said,
		.lost = on_lost,
		.gone = on_gone,
		.no_room = on_no_room,
		.wake = on_wake,
		.ctx = p,
	};
	uv_loop_init(&p->loop);
	strv_push(&p->boards, "a:b:c");
	p->wire = xcalloc(1, sizeof *p->wire);
	p->wire->base.ops = &wire_ops;
	const struct remote_config remote = {
		.loop = &p->loop,
		.conn = &p->wire->base,
		.boardman = "/opt/boardman",
		.spool = spool,
		.options = "",
	};
	const struct machine_config config = {
		.name = "m1",
		.settings = &p->settings,
		.boards = &p->boards,
		.probe = true,
		.link = link_remote(&remote),
	};
	p->machine = machine_new(&config, &events);
	machine_connect(p->machine);
}

static void close_play(struct play *p)
{
	machine_kill(p->machine);
	while (!p->gone)
		turn(p);
	machine_free(p->machine);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	int ret = uv_loop_close(&p->loop);
	assert(ret == 0);
	strv_release(&p->boards);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = {.at = data, .end = data + size};
	if (!scratch)
		make_scratch();
	char *spool = path_join(scratch, "spool");
	open_play(&p, spool);
	turn(&p);
	while (p.at < p.end && !p.gone) {
		step(&p);
		turn(&p);
	}
	close_play(&p);
	assert(!fs_exists(spool));
	free(spool);
	return 0;
}
