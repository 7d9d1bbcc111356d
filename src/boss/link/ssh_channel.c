/* ssh_channel: see conn_ssh_internal.h. libssh calls back from within most of its calls, so its callbacks only note what has come; users'
 * events are called, and libssh is called, from the step alone. What libssh gives is always taken, but for a paused channel: that
 * stays in libssh, whose window then closes, and is fetched when it goes on.
 */
#include "boss/link/conn_ssh_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/xalloc.h"

#define WRITE_SIZE 65536
#define READ_SIZE 65536
/* Larger memory is not kept for what comes next. */
#define KEEP 65536
/* After its status was told and its output has fallen silent. */
#define GRACE_MS 2000

/* libssh's callbacks */

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
	int is_stderr, void *ctx)
{
	struct ssh_chan *ch = ctx;
	struct ssh_conn *c = (struct ssh_conn *)ch->base.conn;
	(void)session;
	(void)channel;
	ch->quiet_since = uv_now(c->loop);
	if (ch->silent)
		return (int)len;
	if (ch->paused)
		return 0;
	buf_add(&ch->in[is_stderr != 0], data, len);
	return (int)len;
}

static void note_status(struct ssh_chan *ch, int status)
{
	struct ssh_conn *c = (struct ssh_conn *)ch->base.conn;
	ch->status = status;
	ch->quiet_since = uv_now(c->loop);
	ssh_look_again(c, GRACE_MS);
}

static void on_exit_status(ssh_session session, ssh_channel channel, int status, void *ctx)
{
	(void)session;
	(void)channel;
	note_status(ctx, status);
}

static int signal_number(const char *name)
{
	for (int sig = 1; sig < NSIG; sig++) {
		const char *abbreviation = sigabbrev_np(sig);
		if (abbreviation && strcmp(abbreviation, name) == 0)
			return sig;
	}
	return 0;
}

static void on_exit_signal(ssh_session session, ssh_channel channel, const char *name, int core,
	const char *text, const char *lang, void *ctx)
{
	(void)session;
	(void)channel;
	(void)core;
	(void)text;
	(void)lang;
	note_status(ctx, 128 + signal_number(name ? name : ""));
}

static void on_close(ssh_session session, ssh_channel channel, void *ctx)
{
	(void)session;
	(void)channel;
	((struct ssh_chan *)ctx)->got_close = true;
}

/* The life of one */

struct ssh_chan *ssh_chan_new(
	struct ssh_conn *c, const char *script, const struct channel_events *ev)
{
	struct buf line = BUF_INIT;
	struct ssh_chan *ch = xcalloc(1, sizeof *ch);
	ch->base = (struct channel){&c->base, *ev};
	shell_wrap(&line, script);
	ch->line = buf_detach(&line);
	ch->status = -1;
	ch->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = ch,
		.channel_data_function = on_data,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal,
		.channel_close_function = on_close,
	};
	ssh_callbacks_init(&ch->callbacks);
	DL_APPEND(c->channels, ch);
	return ch;
}

static void free_chan(struct ssh_chan *ch)
{
	outq_release(&ch->queue);
	buf_release(&ch->in[0]);
	buf_release(&ch->in[1]);
	free(ch->line);
	free(ch->refused);
	free(ch);
}

static void refuse(struct ssh_chan *ch, const struct ssh_conn *c, const char *what)
{
	ch->refused = xasprintf("%s: %s", what, ssh_get_error(c->session));
	ch->state = CHAN_CLOSING;
}

/* libssh's words for it are numbers. */
static void refuse_session(struct ssh_chan *ch)
{
	ch->refused = xstrdup("the machine refuses one more session on this connection; cure: "
			      "MaxSessions 2 or more in its sshd_config");
	ch->state = CHAN_CLOSING;
}

static void open_step(struct ssh_conn *c, struct ssh_chan *ch)
{
	if (!ch->channel) {
		if (ch->silent) { /* closed before it was begun */
			ch->state = CHAN_OVER;
			return;
		}
		ch->channel = xcheck(ssh_channel_new(c->session));
		ssh_set_channel_callbacks(ch->channel, &ch->callbacks);
	}
	int ret = ssh_channel_open_session(ch->channel);
	ch->opened = ret == SSH_OK;
	if (ch->opened)
		ch->state = ch->silent ? CHAN_CLOSING : CHAN_ASKING;
	else if (ret != SSH_AGAIN)
		refuse_session(ch);
}

static void ask_step(struct ssh_conn *c, struct ssh_chan *ch)
{
	int ret = ssh_channel_request_exec(ch->channel, ch->line);
	if (ret == SSH_OK)
		ch->state = CHAN_RUNNING;
	else if (ret != SSH_AGAIN)
		refuse(ch, c, "the machine refuses to run a command");
}

/* What libssh kept while it was paused. */
static void fetch(struct ssh_chan *ch)
{
	ch->resumed = false;
	for (int is_stderr = 0; is_stderr < 2; is_stderr++) {
		struct buf *to = &ch->in[is_stderr];
		int n;
		do {
			/* Its callback may add to the same buffer meanwhile. */
			char *chunk = xmalloc(READ_SIZE);
			n = ssh_channel_read_nonblocking(ch->channel, chunk, READ_SIZE, is_stderr);
			if (n > 0)
				buf_add(to, chunk, (size_t)n);
			free(chunk);
		} while (n > 0);
	}
}

static bool may_write(const struct ssh_conn *c, const struct ssh_chan *ch)
{
	return outq_len(&ch->queue) && ssh_channel_window_size(ch->channel) &&
	       !(ssh_get_status(c->session) & SSH_WRITE_PENDING);
}

static void note_drained(struct ssh_chan *ch)
{
	ch->drained = true;
	if (ch->ending)
		ch->eof_sent = ch->channel && ssh_channel_send_eof(ch->channel) != SSH_AGAIN;
}

/* True when something was written. */
static bool write_step(struct ssh_conn *c, struct ssh_chan *ch)
{
	if (ch->ending && !ch->eof_sent && !outq_len(&ch->queue))
		ch->eof_sent = ssh_channel_send_eof(ch->channel) != SSH_AGAIN;
	if (!may_write(c, ch))
		return false;
	size_t len = outq_len(&ch->queue), window = ssh_channel_window_size(ch->channel);
	len = len < window ? len : window;
	int n = ssh_channel_write(ch->channel, outq_head(&ch->queue),
		(uint32_t)(len < WRITE_SIZE ? len : WRITE_SIZE));
	/* When nobody reads it any more it is as good as read. */
	outq_sent(&ch->queue, n < 0 ? outq_len(&ch->queue) : (size_t)n);
	if (!outq_len(&ch->queue))
		note_drained(ch);
	return n > 0;
}

/* Until our word of the end is on its way the machine counts it as a session. */
static void close_step(struct ssh_chan *ch)
{
	if (ch->opened && ssh_channel_close(ch->channel) == SSH_AGAIN)
		return;
	if (ch->channel) {
		ssh_remove_channel_callbacks(ch->channel, &ch->callbacks);
		ssh_channel_free(ch->channel);
	}
	ch->channel = NULL;
	ch->state = CHAN_OVER;
}

static bool run_step(struct ssh_conn *c, struct ssh_chan *ch)
{
	if (ch->resumed && !ch->paused)
		fetch(ch);
	bool wrote = write_step(c, ch);
	if (ch->silent || (ch->got_close && !ch->paused && !ch->resumed))
		ch->state = CHAN_CLOSING;
	return wrote;
}

static bool step(struct ssh_conn *c, struct ssh_chan *ch)
{
	bool wrote = false;
	if (ch->state == CHAN_OPENING)
		open_step(c, ch);
	if (ch->state == CHAN_ASKING)
		ask_step(c, ch);
	if (ch->state == CHAN_RUNNING)
		wrote = run_step(c, ch);
	if (ch->state == CHAN_CLOSING)
		close_step(ch);
	return wrote;
}

void ssh_chans_step(struct ssh_conn *c)
{
	struct ssh_chan *last = c->channels ? c->channels->prev : NULL;
	struct ssh_chan *ch = c->channels;
	while (ch) {
		struct ssh_chan *next = ch == last ? NULL : ch->next;
		if (step(c, ch)) {
			/* The others go first when there is room again. */
			DL_DELETE(c->channels, ch);
			DL_APPEND(c->channels, ch);
		}
		ch = next;
	}
}

void ssh_chans_close_quiet(struct ssh_conn *c)
{
	struct ssh_chan *ch;
	uint64_t now = uv_now(c->loop), left = 0;
	DL_FOREACH (c->channels, ch) {
		if (ch->state != CHAN_RUNNING || ch->status < 0 || ch->got_close)
			continue;
		uint64_t until = ch->quiet_since + GRACE_MS;
		if (until <= now && !ch->paused) {
			ch->got_close = true;
			ssh_kick(c);
		} else if (!left || until - now < left) {
			left = until > now ? until - now : GRACE_MS;
		}
	}
	if (left)
		ssh_look_again(c, left);
}

/* Events */

static void give(struct ssh_conn *c, struct ssh_chan *ch, int stream)
{
	const struct channel_events *ev = &ch->base.events;
	void (*taker)(void *, const char *, size_t) = stream ? ev->err : ev->out;
	if (ch->silent || ch->paused || !ch->in[stream].len)
		return;
	/* A pause while this is given holds for what comes after. */
	struct buf got = ch->in[stream];
	ch->in[stream] = c->spare;
	c->spare = (struct buf)BUF_INIT;
	if (taker)
		taker(ev->ctx, got.data, got.len);
	if (c->spare.cap || got.cap > KEEP) {
		buf_release(&got);
		return;
	}
	buf_clear(&got);
	c->spare = got;
}

static void tell_drained(struct ssh_chan *ch)
{
	const struct channel_events *ev = &ch->base.events;
	bool drained = ch->drained;
	ch->drained = false;
	if (drained && !ch->silent && ev->drained)
		ev->drained(ev->ctx);
}

static void tell_end(struct ssh_chan *ch)
{
	const struct channel_events *ev = &ch->base.events;
	if (ch->state != CHAN_OVER || ch->silent || ch->in[0].len || ch->in[1].len)
		return;
	ch->silent = true;
	const char *why = ch->refused	   ? ch->refused
			  : ch->status < 0 ? "its end was not told"
					   : NULL;
	if (ev->ended)
		ev->ended(ev->ctx, why ? -1 : ch->status, why);
}

static void free_over(struct ssh_conn *c)
{
	struct ssh_chan *ch, *next;
	DL_FOREACH_SAFE(c->channels, ch, next)
	{
		if (ch->state != CHAN_OVER || !ch->silent)
			continue;
		DL_DELETE(c->channels, ch);
		free_chan(ch);
	}
}

void ssh_chans_deliver(struct ssh_conn *c)
{
	struct ssh_chan *ch;
	/* Each may start and close others, whose memory stays until the end, and free the conn, which ends it all. */
	DL_FOREACH (c->channels, ch) {
		give(c, ch, 0);
		give(c, ch, 1);
		tell_drained(ch);
		tell_end(ch);
	}
	if (c->state == SSH_OPEN)
		free_over(c);
}

void ssh_chans_lose(struct ssh_conn *c)
{
	struct ssh_chan *ch;
	DL_FOREACH (c->channels, ch) {
		if (ch->channel)
			ssh_remove_channel_callbacks(ch->channel, &ch->callbacks);
		ch->channel = NULL; /* ssh_free frees it */
		ch->state = CHAN_OVER;
		ch->silent = true;
	}
}

void ssh_chans_free(struct ssh_conn *c)
{
	struct ssh_chan *ch, *next;
	DL_FOREACH_SAFE(c->channels, ch, next)
	{
		DL_DELETE(c->channels, ch);
		free_chan(ch);
	}
}

/* What channels do */

void ssh_chan_write(struct channel *base, const void *data, size_t len)
{
	struct ssh_chan *ch = (struct ssh_chan *)base;
	if (ch->silent || ch->ending || ch->got_close || !len)
		return;
	outq_add(&ch->queue, data, len);
	ssh_kick((struct ssh_conn *)base->conn);
}

size_t ssh_chan_pending(const struct channel *base)
{
	return outq_len(&((const struct ssh_chan *)base)->queue);
}

void ssh_chan_end_input(struct channel *base)
{
	struct ssh_chan *ch = (struct ssh_chan *)base;
	ch->ending = true;
	ssh_kick((struct ssh_conn *)base->conn);
}

void ssh_chan_pause(struct channel *base, bool pause)
{
	struct ssh_chan *ch = (struct ssh_chan *)base;
	if (ch->paused == pause)
		return;
	ch->paused = pause;
	ch->resumed = !pause;
	ssh_kick((struct ssh_conn *)base->conn);
}

void ssh_chan_close(struct channel *base)
{
	struct ssh_chan *ch = (struct ssh_chan *)base;
	ch->silent = true;
	outq_sent(&ch->queue, outq_len(&ch->queue));
	ssh_kick((struct ssh_conn *)base->conn);
}
