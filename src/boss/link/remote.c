/* remote: see remote.h. One state at a time, each with its deadline; whatever goes wrong ends in `fail`, once. It is freed only by its owner, never
 * from within what it tells.
 */
#include "boss/link/remote.h"

#include <stdlib.h>
#include <string.h>
#include "boss/link/conn.h"
#include "boss/link/ends.h"
#include "boss/link/pusher.h"
#include "boss/link/scripts.h"
#include "boss/link/spool.h"
#include "common/error.h"
#include "common/timing.h"
#include "common/utf8.h"
#include "common/visible.h"
#include "common/xalloc.h"
#include "git/push.h"
#include "wire/frame.h"
#include "wire/message.h"

#define MAX_SCRIPT_OUTPUT (64u << 10)
#define MAX_CHATTER (4u << 20) /* of a login, before a script's mark */
#define CURE_VERSION "; cure: have this version there, or leave out boardman_path"
#define CURE_SHELL "; cure: keep its ~/.bashrc and ~/.profile quiet where nobody looks"

enum state {
	STATE_NEW,
	STATE_CONNECTING,
	STATE_PROBING,
	STATE_EQUIPPING, /* boardman is being pushed */
	STATE_UNPACKING,
	STATE_STARTING, /* the worker */
	STATE_SERVING,
	STATE_DEAD
};

/* What each waits for is late after, and what helps then; conn and pusher have deadlines of their own. */
static const struct {
	const char *name;
	bool has_deadline;
	enum timing deadline;
	const char *cure;
} states[] = {
	[STATE_NEW] = {"new", false, 0, NULL},
	[STATE_CONNECTING] = {"connecting", false, 0, NULL},
	[STATE_PROBING] = {"looking at it", true, TIMING_PROBE,
		"log in by hand: its shell must not wait for anybody"},
	[STATE_EQUIPPING] = {"sending boardman", false, 0, NULL},
	[STATE_UNPACKING] = {"unpacking boardman", true, TIMING_STALL,
		"look at its disk: it is slow, or full"},
	[STATE_STARTING] = {"starting the worker", true, TIMING_PROBE,
		"run 'boardman worker' there: it should say ready"},
	[STATE_SERVING] = {"serving", true, TIMING_SILENCE,
		"look whether it hangs, or its network does"},
	[STATE_DEAD] = {"dead", false, 0, NULL},
};

struct remote {
	struct remote_config config;
	char *bundle_commit, *bundle_id, *loader, *arch, *glibc, *boardman;
	struct response_sink to_boss;
	enum state state;
	struct facts facts;
	struct channel *channel; /* of the script or worker that runs; NULL none */
	struct buf output; /* of a script */
	size_t chatter; /* bytes before its mark that were let go */
	struct frame lines, noise;
	struct spool *spool;
	struct pusher *pusher;
	void (*pushed)(void *ctx, const char *why);
	void *pushed_ctx;
	char *unsent; /* why boardman could not be pushed; NULL: it could */
	char *last_words; /* the last line that the worker printed beside the protocol */
	bool patient; /* it was asked what takes it long: no silence counts until it answers */
	bool overdue; /* the deadline is over; what has come since the last look is still to be read */
	uv_timer_t *deadline, *ping;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void on_deadline(uv_timer_t *t);

/* ---- states ---- */

static void go(struct remote *r, enum state to)
{
	r->state = to;
	r->overdue = false;
	enum timing deadline = r->patient ? TIMING_CHECKOUT : states[to].deadline;
	if (states[to].has_deadline)
		uv_timer_start(r->deadline, on_deadline, timing_ms(deadline), 0);
	else
		uv_timer_stop(r->deadline);
}

static void end(struct remote *r, enum ending ending, const char *why)
{
	if (r->state == STATE_DEAD)
		return;
	go(r, STATE_DEAD);
	uv_timer_stop(r->ping);
	r->to_boss.send(r->to_boss.ctx,
		&(struct response){
			.kind = RESP_ERROR, .msg = why, .fatal = true, .ending = ending});
}

static void fail(struct remote *r, const char *why)
{
	end(r, ENDING_LOSS, why);
}

/* Takes `why`. */
static void fail_told(struct remote *r, char *why)
{
	fail(r, why);
	free(why);
}

static void fail_spool(struct remote *r, const char *why)
{
	end(r, spool_is_broken(r->spool) ? ENDING_NO_ROOM : ENDING_LIE, why);
}

/* Timers go first: where the boss was stopped, or did not get to run for long, the answer is there and not yet read. */
static void on_deadline(uv_timer_t *t)
{
	struct remote *r = t->data;
	if (!r->overdue) {
		r->overdue = true;
		uv_timer_start(t, on_deadline, 1, 0);
		return;
	}
	const char *cure = states[r->state].cure;
	char *why = r->state == STATE_SERVING ? xasprintf("nothing heard for %u s; cure: %s",
							timing_ms(TIMING_SILENCE) / 1000, cure)
					      : xasprintf("no answer while %s; cure: %s",
							states[r->state].name, cure);
	fail_told(r, why);
}

/* ---- scripts ---- */

/* What stands after the mark; NULL when there is none. */
static const char *after_mark(const struct remote *r)
{
	const char *text = buf_str(&r->output), *mark = PUSH_MARK "\n";
	const char *at = memmem(text, r->output.len, mark, strlen(mark));
	return at ? at + strlen(mark) : NULL;
}

/* What a login prints before the mark is let go but for its end, in which the mark may have begun. */
static void forget_chatter(struct remote *r)
{
	size_t keep = strlen(PUSH_MARK) + 1;
	if (r->output.len <= keep || after_mark(r))
		return;
	r->chatter += r->output.len - keep;
	memmove(r->output.data, r->output.data + r->output.len - keep, keep);
	buf_truncate(&r->output, keep);
}

static void on_output(void *ctx, const char *data, size_t len)
{
	struct remote *r = ctx;
	if (r->state == STATE_DEAD)
		return;
	buf_add(&r->output, data, len);
	forget_chatter(r);
	if (r->output.len > MAX_SCRIPT_OUTPUT)
		fail(r, "its shell says too much" CURE_SHELL);
	else if (r->chatter > MAX_CHATTER)
		fail(r, "its login prints without end" CURE_SHELL);
}

static void on_noise(void *ctx, const char *data, size_t len);

/* Takes `script`. */
static void run_script(struct remote *r, enum state state, struct buf *script,
	void (*ended)(void *ctx, int status, const char *why))
{
	const struct channel_events events = {
		.out = on_output, .err = on_noise, .ended = ended, .ctx = r};
	buf_clear(&r->output);
	r->chatter = 0;
	go(r, state);
	r->channel = conn_exec(r->config.conn, buf_str(script), &events);
	buf_release(script);
}

static void start_worker(struct remote *r);

static void on_unpacked(void *ctx, int status, const char *why)
{
	struct remote *r = ctx;
	r->channel = NULL;
	if (status == 0)
		start_worker(r);
	else if (r->unsent)
		fail(r, r->unsent);
	else
		fail(r, why ? why
			    : "boardman cannot be unpacked there; cure: make room in its "
			      "~/.cache");
}

static void on_equipped(void *ctx, const char *why)
{
	struct remote *r = ctx;
	struct buf script = BUF_INIT;
	r->pusher = NULL;
	/* Another boss may have pushed the same meanwhile, so that git would not take it twice. */
	free(r->unsent);
	r->unsent = xstrdup(why);
	script_unpack(&script, r->facts.dir, r->bundle_commit, r->bundle_id);
	run_script(r, STATE_UNPACKING, &script, on_unpacked);
}

static void equip(struct remote *r)
{
	char *ref = xasprintf("refs/bm/boardman/%s", r->bundle_id);
	const struct pusher_config config = {
		.loop = r->config.loop,
		.conn = r->config.conn,
		.packs = r->config.packs,
		.dir = r->facts.dir,
		.commit = r->bundle_commit,
		.ref = ref,
		.done = on_equipped,
		.ctx = r,
	};
	go(r, STATE_EQUIPPING);
	r->pusher = pusher_start(&config);
	free(ref);
}

static void on_probed(void *ctx, int status, const char *why)
{
	struct remote *r = ctx;
	struct error err = ERROR_INIT;
	const char *text = after_mark(r);
	r->channel = NULL;
	if (r->state == STATE_DEAD)
		return;
	if (!text && why)
		fail(r, why);
	else if (!text)
		fail_told(r, end_of_shell(status, r->last_words));
	else if (facts_parse(&r->facts, text, &err) < 0 ||
		 facts_check(&r->facts, r->boardman ? NULL : r->arch, r->glibc, &err) < 0)
		fail(r, err.text);
	else if (r->boardman || r->facts.bundle)
		start_worker(r);
	else if (r->bundle_commit)
		equip(r);
	else
		fail(r, "this boardman is not there; cure: leave out --no-send-worker, or name one "
			"that is there by boardman_path");
}

static void on_open(void *ctx)
{
	struct remote *r = ctx;
	struct buf script = BUF_INIT;
	script_probe(&script, r->bundle_id ? r->bundle_id : "none");
	run_script(r, STATE_PROBING, &script, on_probed);
}

static void on_conn_failed(void *ctx, enum conn_fault fault, const char *why, const char *cure)
{
	struct remote *r = ctx;
	char *text = cure ? xasprintf("%s; cure: %s", why, cure) : xstrdup(why);
	(void)fault;
	r->channel = NULL;
	if (r->pusher) {
		pusher_cancel(r->pusher);
		r->pusher = NULL;
	}
	fail_told(r, text);
}

/* ---- the worker's words ---- */

#define MAX_LAST_WORDS 400 /* bytes: for a message */

static char *quoted(const char *line, size_t len)
{
	struct buf text = BUF_INIT;
	visible_add(&text, line, len);
	buf_truncate(&text, utf8_cut(buf_str(&text), text.len, MAX_LAST_WORDS));
	return buf_detach(&text);
}

static bool on_noise_line(void *ctx, const char *line, size_t len)
{
	struct remote *r = ctx;
	if (len) {
		free(r->last_words);
		r->last_words = quoted(line, len);
	}
	if (len && r->config.noise)
		r->config.noise(r->config.ctx, line);
	return true;
}

static void on_noise(void *ctx, const char *data, size_t len)
{
	struct remote *r = ctx;
	/* A line without end is dropped; what comes after it is heard again. */
	if (frame_feed(&r->noise, data, len, on_noise_line, r, NULL) < 0)
		frame_release(&r->noise);
}

static void on_result(struct remote *r, const struct build_result *result)
{
	struct build_result whole;
	struct error err = ERROR_INIT;
	if (result->unchanged)
		end(r, ENDING_LIE, "the worker calls unchanged what it was never shown");
	else if (spool_complete(r->spool, result, &whole, &err) < 0)
		fail_spool(r, err.text);
	else
		r->to_boss.send(r->to_boss.ctx,
			&(struct response){.kind = RESP_BUILD_RESULT, .result = &whole});
	spool_drop(r->spool, result->job, result->attempt);
}

static void on_response(struct remote *r, const struct response *m)
{
	struct error err = ERROR_INIT;
	if (m->kind == RESP_READY && r->state == STATE_STARTING) {
		go(r, STATE_SERVING);
		if (m->protocol != WIRE_PROTOCOL) {
			error_set(&err, "its boardman %s speaks another protocol" CURE_VERSION,
				m->version);
			fail(r, err.text);
			return;
		}
	}
	if (m->kind == RESP_PROBE_DONE)
		r->patient = false;
	if (m->kind == RESP_ARTIFACT) {
		if (spool_piece(r->spool, m->piece, &err) < 0)
			fail_spool(r, err.text);
		return;
	}
	if (m->kind == RESP_BUILD_RESULT) {
		on_result(r, m->result);
		return;
	}
	r->to_boss.send(r->to_boss.ctx, m);
	if (m->kind == RESP_CANCELLED)
		spool_drop(r->spool, m->job, m->attempt);
}

/* A stream that is broken, or broken before the worker is there, may be the fault of what lies between. */
static void fail_nonsense(struct remote *r, const char *what, bool whole_line)
{
	char *why = xasprintf("the worker speaks nonsense: %s" CURE_VERSION, what);
	end(r, whole_line && r->state == STATE_SERVING ? ENDING_LIE : ENDING_LOSS, why);
	free(why);
}

static bool on_line(void *ctx, const char *line, size_t len)
{
	struct remote *r = ctx;
	struct message_response m;
	struct error err = ERROR_INIT;
	const size_t prefix = strlen(WIRE_PREFIX);
	if (strncmp(line, WIRE_PREFIX, prefix) != 0)
		return on_noise_line(r, line, len);
	if (message_get_response(&m, line + prefix, len - prefix, &err) < 0) {
		fail_nonsense(r, err.text, true);
		return false;
	}
	on_response(r, &m.r);
	message_response_release(&m);
	return r->state != STATE_DEAD;
}

static void on_words(void *ctx, const char *data, size_t len)
{
	struct remote *r = ctx;
	struct error err = ERROR_INIT;
	if (r->state == STATE_DEAD)
		return;
	if (r->state == STATE_SERVING)
		go(r, STATE_SERVING); /* it lives */
	if (frame_feed(&r->lines, data, len, on_line, r, &err) < 0)
		fail_nonsense(r, err.text, false);
}

static void on_worker_ended(void *ctx, int status, const char *why)
{
	struct remote *r = ctx;
	r->channel = NULL;
	char *text = why ? xasprintf("the worker ended: %s", why)
			 : end_of_worker(status, r->last_words, r->boardman);
	end(r, why || status ? ENDING_LOSS : ENDING_DONE, text);
	free(text);
}

static void say(struct remote *r, const struct command *c)
{
	struct buf line = BUF_INIT;
	struct error err = ERROR_INIT;
	if (!r->channel || r->state == STATE_DEAD)
		return;
	if (message_put_command(&line, c, &err) < 0)
		fail(r, err.text);
	else
		channel_write(r->channel, line.data, line.len);
	buf_release(&line);
}

static void on_ping(uv_timer_t *t)
{
	say(t->data, &(struct command){.kind = CMD_PING});
}

static void start_worker(struct remote *r)
{
	const struct channel_events events = {
		.out = on_words, .err = on_noise, .ended = on_worker_ended, .ctx = r};
	struct buf script = BUF_INIT;
	script_worker(
		&script, r->boardman, r->facts.dir, r->bundle_id, r->loader, r->config.options);
	go(r, STATE_STARTING);
	r->channel = conn_exec(r->config.conn, buf_str(&script), &events);
	uv_timer_start(r->ping, on_ping, timing_ms(TIMING_PING), timing_ms(TIMING_PING));
	buf_release(&script);
}

/* ---- the link ---- */

static int remote_open(void *impl, struct response_sink to_boss, struct error *err)
{
	struct remote *r = impl;
	const struct conn_events events = {on_open, on_conn_failed, r};
	(void)err;
	r->to_boss = to_boss;
	go(r, STATE_CONNECTING);
	conn_open(r->config.conn, &events);
	return 0;
}

static void send_command(void *ctx, const struct command *c)
{
	struct remote *r = ctx;
	for (size_t i = 0; c->kind == CMD_BUILD_SKETCHES && i < c->n_jobs; i++)
		spool_expect(r->spool, c->jobs[i].id, c->jobs[i].attempt);
	if (c->kind == CMD_PROBE && c->boards)
		r->patient = true;
	say(r, c);
}

static struct command_sink remote_commands(void *impl)
{
	return (struct command_sink){send_command, impl};
}

static void on_pushed(void *ctx, const char *why)
{
	struct remote *r = ctx;
	r->pusher = NULL;
	r->pushed(r->pushed_ctx, why);
}

static void remote_push(void *impl, const char *commit, const char *ref,
	void (*done)(void *ctx, const char *why), void *ctx)
{
	struct remote *r = impl;
	char *drop = xstrndup(ref, (size_t)(strrchr(ref, '/') - ref) + 1);
	const struct pusher_config config = {
		.loop = r->config.loop,
		.conn = r->config.conn,
		.packs = r->config.packs,
		.dir = r->facts.dir,
		.commit = commit,
		.ref = ref,
		.drop = drop,
		.done = on_pushed,
		.ctx = r,
	};
	r->pushed = done;
	r->pushed_ctx = ctx;
	r->pusher = pusher_start(&config);
	free(drop);
}

static void on_conn_closed(void *ctx)
{
	struct remote *r = ctx;
	r->closed(r->closed_ctx);
}

static void remote_close(void *impl, void (*closed)(void *ctx), void *ctx)
{
	struct remote *r = impl;
	go(r, STATE_DEAD);
	uv_timer_stop(r->ping);
	pusher_cancel(r->pusher);
	r->pusher = NULL;
	channel_close(r->channel);
	r->channel = NULL;
	r->closed = closed;
	r->closed_ctx = ctx;
	conn_free(r->config.conn, on_conn_closed, r);
	r->config.conn = NULL;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void remote_free(void *impl)
{
	struct remote *r = impl;
	uv_close((uv_handle_t *)r->deadline, free_handle);
	uv_close((uv_handle_t *)r->ping, free_handle);
	spool_free(r->spool);
	facts_release(&r->facts);
	frame_release(&r->lines);
	frame_release(&r->noise);
	buf_release(&r->output);
	free(r->bundle_commit);
	free(r->bundle_id);
	free(r->loader);
	free(r->arch);
	free(r->glibc);
	free(r->boardman);
	free(r->last_words);
	free(r->unsent);
	free(r);
}

static const struct link_ops ops = {
	.open = remote_open,
	.commands = remote_commands,
	.push = remote_push,
	.close = remote_close,
	.free = remote_free,
};

static uv_timer_t *new_timer(struct remote *r)
{
	uv_timer_t *t = xcalloc(1, sizeof *t);
	uv_timer_init(r->config.loop, t);
	t->data = r;
	return t;
}

struct link link_remote(const struct remote_config *c)
{
	struct remote *r = xcalloc(1, sizeof *r);
	r->config = *c;
	r->bundle_commit = xstrdup(c->bundle_commit);
	r->bundle_id = xstrdup(c->bundle_id);
	r->loader = xstrdup(c->loader);
	r->arch = xstrdup(c->arch);
	r->glibc = xstrdup(c->glibc);
	r->boardman = xstrdup(c->boardman);
	r->spool = spool_new(c->spool);
	r->deadline = new_timer(r);
	r->ping = new_timer(r);
	return (struct link){&ops, r};
}
