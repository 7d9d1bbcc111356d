/* conn_case: what the tests of conns share: a loop that runs until something is true, and channels that remember. */
#ifndef UNIT_CONN_CASE_H
#define UNIT_CONN_CASE_H

#include <uv.h>

#include "boss/link/conn.h"
#include "common/buf.h"
#include "tap.h"

/* Long: what is waited for comes, or the test has failed. */
#define PATIENCE_MS 60000

static uv_loop_t loop;

struct seen_conn {
	int opened, failed, closed;
	int told; /* opened or failed */
	enum conn_fault fault;
	char why[2048], cure[2048];
};

struct seen {
	struct channel *ch;
	struct buf out, err;
	int ended, drained, status;
	char why[2048];
	size_t pause_at; /* of stdout; 0 never */
};

/* Each event ends the turn of the loop, which else would go on to wait for another. */
static void case_on_open(void *ctx)
{
	uv_stop(&loop);
	((struct seen_conn *)ctx)->opened++;
	((struct seen_conn *)ctx)->told++;
}

static void case_on_failed(void *ctx, enum conn_fault fault, const char *why, const char *cure)
{
	struct seen_conn *s = ctx;
	uv_stop(&loop);
	s->failed++;
	s->told++;
	s->fault = fault;
	snprintf(s->why, sizeof s->why, "%s", why);
	snprintf(s->cure, sizeof s->cure, "%s", cure ? cure : "(null)");
}

static void case_on_closed(void *ctx)
{
	uv_stop(&loop);
	((struct seen_conn *)ctx)->closed++;
}

static void case_on_out(void *ctx, const char *data, size_t len)
{
	struct seen *s = ctx;
	uv_stop(&loop);
	buf_add(&s->out, data, len);
	if (s->pause_at && s->out.len >= s->pause_at) {
		channel_pause(s->ch, true);
		s->pause_at = 0;
	}
}

static void case_on_err(void *ctx, const char *data, size_t len)
{
	buf_add(&((struct seen *)ctx)->err, data, len);
}

static void case_on_drained(void *ctx)
{
	uv_stop(&loop);
	((struct seen *)ctx)->drained++;
}

static void case_on_ended(void *ctx, int status, const char *why)
{
	struct seen *s = ctx;
	uv_stop(&loop);
	s->ended++;
	s->status = status;
	snprintf(s->why, sizeof s->why, "%s", why ? why : "");
}

static void case_on_patience(uv_timer_t *t)
{
	uv_stop(&loop);
	*(bool *)t->data = true;
}

static void case_on_timer_closed(uv_handle_t *h)
{
	uv_stop(&loop);
	*(bool *)h->data = false;
}

/* Runs the loop until `n` is at least `want`, at most for `ms`; false when that was not enough. */
TAP_FN bool wait_at_most(unsigned ms, const int *n, int want)
{
	uv_timer_t timer;
	bool over = false, open = true;
	uv_timer_init(&loop, &timer);
	timer.data = &over;
	uv_update_time(&loop);
	uv_timer_start(&timer, case_on_patience, ms, 0);
	while (*n < want && !over)
		uv_run(&loop, UV_RUN_ONCE);
	timer.data = &open;
	uv_close((uv_handle_t *)&timer, case_on_timer_closed);
	while (open)
		uv_run(&loop, UV_RUN_ONCE);
	return !over;
}

TAP_FN bool wait_for(const int *n, int want)
{
	return wait_at_most(PATIENCE_MS, n, want);
}

/* Lets the loop run for so long. */
TAP_FN void run_for(unsigned ms)
{
	int never = 0;
	wait_at_most(ms, &never, 1);
}

TAP_FN void open_conn(struct conn *c, struct seen_conn *s)
{
	struct conn_events ev = {case_on_open, case_on_failed, s};
	conn_open(c, &ev);
}

TAP_FN void free_conn(struct conn *c, struct seen_conn *s)
{
	conn_free(c, case_on_closed, s);
	wait_for(&s->closed, 1);
}

TAP_FN void exec_on(struct conn *c, const char *script, struct seen *s)
{
	struct channel_events ev = {case_on_out, case_on_err, case_on_drained, case_on_ended, s};
	s->ch = conn_exec(c, script, &ev);
}

TAP_FN void forget(struct seen *s)
{
	buf_release(&s->out);
	buf_release(&s->err);
	*s = (struct seen){0};
}

/* Bytes that differ from their neighbours, so that a lost or doubled one shows. */
TAP_FN void fill(struct buf *b, size_t n)
{
	unsigned x = 1;
	char *to = buf_reserve(b, n);
	for (size_t i = 0; i < n; i++)
		to[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
	b->len += n;
}

TAP_FN bool same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/* What is true of every kind of conn; `c` is open. */
TAP_FN void test_status(struct conn *c)
{
	struct seen s = {0};
	exec_on(c, "echo out; echo err >&2; exit 3", &s);
	ok(!s.ended && !s.out.len, "no event before conn_exec returns");
	ok(wait_for(&s.ended, 1), "it ends");
	is_int(s.status, 3, "the exit status");
	is_str(s.why, "", "and nothing was wrong");
	is_str(buf_str(&s.out), "out\n", "stdout");
	is_str(buf_str(&s.err), "err\n", "stderr");
	forget(&s);
	exec_on(c, "kill -TERM $$", &s);
	wait_for(&s.ended, 1);
	is_int(s.status, 128 + 15, "a signal is as a shell has it");
	forget(&s);
	exec_on(c, "", &s);
	wait_for(&s.ended, 1);
	is_int(s.status, 0, "an empty script");
	forget(&s);
	exec_on(c, "no-such-command-here 2>/dev/null", &s);
	wait_for(&s.ended, 1);
	is_int(s.status, 127, "a command that is not there");
	forget(&s);
	exec_on(c, "printf '%s' \"a'b!\" '$x' \\\\ \"`echo q`\" '%'; printf '\\n.\n'", &s);
	wait_for(&s.ended, 1);
	is_str(buf_str(&s.out), "a'b!$x\\q%\n.\n", "a script with every kind of quote");
	forget(&s);
}

TAP_FN void test_input(struct conn *c)
{
	struct seen s = {0};
	exec_on(c, "cat; echo end", &s);
	channel_write(s.ch, "one\n", 4);
	is_int((long long)channel_pending(s.ch), 4, "what is queued counts as pending");
	ok(wait_for(&s.drained, 1), "and is told when it is on its way");
	is_int((long long)channel_pending(s.ch), 0, "nothing is pending then");
	ok(!s.ended, "stdin stays open");
	channel_write(s.ch, "two\n", 4);
	channel_end_input(s.ch);
	channel_write(s.ch, "late\n", 5);
	ok(wait_for(&s.ended, 1), "it ends after the end of its stdin");
	is_str(buf_str(&s.out), "one\ntwo\nend\n", "and has read all of it");
	forget(&s);
}

TAP_FN void test_big(struct conn *c, size_t n)
{
	struct seen s = {0};
	struct buf data = BUF_INIT;
	fill(&data, n);
	exec_on(c, "cat", &s);
	channel_write(s.ch, data.data, data.len);
	channel_end_input(s.ch);
	ok(wait_for(&s.ended, 1), "much data goes both ways");
	ok(same_bytes(&s.out, &data), "byte by byte");
	is_int(s.status, 0, "and the command ends well");
	forget(&s);
	/* Both sides would wait for each other if one of them waited. */
	exec_on(c, "cat >&2", &s);
	channel_write(s.ch, data.data, data.len);
	channel_end_input(s.ch);
	ok(wait_for(&s.ended, 1) && same_bytes(&s.err, &data), "much data over stderr");
	forget(&s);
	buf_release(&data);
}

TAP_FN void test_many(struct conn *c, int n)
{
	struct seen s[64] = {0};
	int good = 0;
	for (int i = 0; i < n; i++) {
		char script[128];
		snprintf(script, sizeof script, "read x; echo %d $x; exit %d", i, i);
		exec_on(c, script, &s[i]);
	}
	/* The last first: none waits for another. */
	for (int i = n; i-- > 0;) {
		channel_write(s[i].ch, "go\n", 3);
		channel_end_input(s[i].ch);
	}
	for (int i = 0; i < n; i++) {
		char want[32];
		snprintf(want, sizeof want, "%d go\n", i);
		wait_for(&s[i].ended, 1);
		good += s[i].status == i && !strcmp(buf_str(&s[i].out), want);
		forget(&s[i]);
	}
	is_int(good, n, "several channels at the same time");
}

TAP_FN void test_pause(struct conn *c)
{
	struct seen s = {.pause_at = 1};
	size_t total = (size_t)20 << 20;
	exec_on(c, "head -c 20971520 /dev/zero", &s);
	run_for(200);
	size_t stopped = s.out.len;
	ok(stopped > 0 && stopped < total && !s.ended, "a paused channel stops: %zu bytes",
		stopped);
	run_for(100);
	ok(s.out.len == stopped, "and nothing more comes");
	channel_pause(s.ch, false);
	ok(wait_for(&s.ended, 1) && s.out.len == total, "all comes when it goes on: %zu",
		s.out.len);
	forget(&s);
	s.pause_at = 1;
	exec_on(c, "echo a; echo b >&2; exit 4", &s);
	run_for(300);
	ok(!s.ended, "one that ended while paused is not told ended");
	channel_pause(s.ch, false);
	ok(wait_for(&s.ended, 1) && s.status == 4 && !strcmp(buf_str(&s.out), "a\n") &&
			!strcmp(buf_str(&s.err), "b\n"),
		"until it goes on");
	forget(&s);
}

#endif
