/* conn_command: see conn_command.h. A channel is one child of ours with three pipes. As in common/proc it stays a zombie until its
 * pipes are done, so that its group's number cannot pass to a stranger that we would kill; what it leaves behind and holds a pipe
 * is killed after a grace. There is nothing to connect: open only looks whether the program is there.
 */
#include "boss/link/conn_command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

#include "boss/link/children.h"
#include "boss/link/conn.h"
#include "boss/link/outq.h"
#include "common/error.h"
#include "common/spawn.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define READ_SIZE 65536
#define READS_A_TURN 16
/* What a grandchild that kept a pipe gets after the child's end. */
#define GRACE_MS 200

struct stream {
	uv_poll_t poll;
	int fd; /* -1: closed */
};

struct command_channel {
	struct channel base;
	struct command_channel *prev, *next;
	pid_t pid; /* 0: reaped, or never started */
	char *refused; /* why it never started */
	bool exited; /* but not reaped */
	bool closed; /* no more events; memory goes with the last handle */
	bool paused;
	bool ending; /* stdin is closed when the queue is empty */
	struct stream in, out, err;
	uv_timer_t timer; /* looks after the end: at once, then after the grace */
	int handles; /* not yet closed */
	struct outq queue; /* for stdin */
};

struct command_conn {
	struct conn base;
	uv_loop_t *loop;
	struct strv argv;
	struct children *children;
	struct children_watcher *watcher; /* while there are channels */
	uv_timer_t opening;
	int handles; /* not yet closed, and channels not yet freed */
	struct command_channel *first;
	void (*closed)(void *ctx);
	void *closed_ctx;
	char chunk[READ_SIZE];
};

static struct command_conn *conn_of(const struct command_channel *ch)
{
	return (struct command_conn *)ch->base.conn;
}

/* Memory */

static void unhold_conn(struct command_conn *c)
{
	if (--c->handles > 0)
		return;
	void (*closed)(void *) = c->closed;
	void *ctx = c->closed_ctx;
	strv_release(&c->argv);
	free(c);
	if (closed)
		closed(ctx);
}

static void on_conn_handle_closed(uv_handle_t *h)
{
	unhold_conn(h->data);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct command_channel *ch = h->data;
	struct command_conn *c = conn_of(ch);
	if (--ch->handles > 0)
		return;
	outq_release(&ch->queue);
	free(ch->refused);
	free(ch);
	unhold_conn(c);
}

static void close_stream(struct stream *s)
{
	if (s->fd < 0)
		return;
	uv_close((uv_handle_t *)&s->poll, on_handle_closed);
	close(s->fd);
	s->fd = -1;
}

static void look_at_children(void *ctx);

static void link_channel(struct command_conn *c, struct command_channel *ch)
{
	if (!c->first)
		c->watcher = children_watch(c->children, look_at_children, c);
	DL_PREPEND(c->first, ch);
}

static void unlink_channel(struct command_channel *ch)
{
	struct command_conn *c = conn_of(ch);
	DL_DELETE(c->first, ch);
	if (!c->first)
		children_unwatch(c->watcher);
}

/* The end of a child */

static void kill_group(const struct command_channel *ch)
{
	if (ch->pid) /* group 0 would be ours */
		kill(-ch->pid, SIGKILL);
}

/* Takes the zombie away, and what is left of its group. Its status as a shell has it, -1 unknown. */
static int reap(struct command_channel *ch)
{
	int status = 0;
	pid_t got = -1;
	kill_group(ch);
	while (ch->pid && (got = waitpid(ch->pid, &status, 0)) < 0 && errno == EINTR)
		;
	ch->pid = 0;
	if (got < 0)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* No events after this; the memory stays until the loop has let go of the handles. */
static int end_channel(struct command_channel *ch)
{
	ch->closed = true;
	unlink_channel(ch);
	int status = reap(ch);
	close_stream(&ch->in);
	close_stream(&ch->out);
	close_stream(&ch->err);
	uv_close((uv_handle_t *)&ch->timer, on_handle_closed);
	return status;
}

static void finish(struct command_channel *ch)
{
	const struct channel_events *ev = &ch->base.events;
	const char *why = ch->refused;
	int status = end_channel(ch);
	if (why)
		status = -1;
	else if (status < 0)
		why = "somebody else has waited for its process";
	if (ev->ended)
		ev->ended(ev->ctx, status, why);
}

static void finish_if_done(struct command_channel *ch)
{
	if (!ch->closed && ch->exited && ch->out.fd < 0 && ch->err.fd < 0)
		finish(ch);
}

/* Output */

static void give(struct command_channel *ch, const struct stream *s, size_t n)
{
	const struct channel_events *ev = &ch->base.events;
	const char *data = conn_of(ch)->chunk;
	if (s == &ch->out && ev->out)
		ev->out(ev->ctx, data, n);
	else if (s == &ch->err && ev->err)
		ev->err(ev->ctx, data, n);
}

/* Reads what is there, a bounded part of it when it does not end. Any of its callbacks may pause or close the channel. */
static void drain(struct command_channel *ch, struct stream *s)
{
	for (int i = 0; i < READS_A_TURN && s->fd >= 0 && !ch->paused; i++) {
		ssize_t n = read(s->fd, conn_of(ch)->chunk, READ_SIZE);
		if (n > 0)
			give(ch, s, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR)
			close_stream(s);
	}
}

static void on_readable(struct command_channel *ch, struct stream *s, int status)
{
	drain(ch, s);
	if (status < 0) /* libuv has stopped to watch it */
		close_stream(s);
	finish_if_done(ch);
}

static void on_stdout(uv_poll_t *poll, int status, int events)
{
	struct command_channel *ch = poll->data;
	(void)events;
	on_readable(ch, &ch->out, status);
}

static void on_stderr(uv_poll_t *poll, int status, int events)
{
	struct command_channel *ch = poll->data;
	(void)events;
	on_readable(ch, &ch->err, status);
}

/* After its end */

static void on_grace_over(uv_timer_t *timer)
{
	struct command_channel *ch = timer->data;
	kill_group(ch);
	drain(ch, &ch->out);
	drain(ch, &ch->err);
	if (ch->closed || ch->paused)
		return;
	close_stream(&ch->out);
	close_stream(&ch->err);
	finish(ch);
}

/* Takes what stands in the pipes. One that is paused is looked at again when it goes on. */
static void on_ended(uv_timer_t *timer)
{
	struct command_channel *ch = timer->data;
	drain(ch, &ch->out);
	drain(ch, &ch->err);
	finish_if_done(ch);
	if (ch->closed || ch->paused)
		return;
	uv_update_time(timer->loop);
	uv_timer_start(timer, on_grace_over, GRACE_MS, 0);
}

static void note_end(struct command_channel *ch)
{
	siginfo_t info = {0};
	if (ch->exited)
		return;
	if (waitid(P_PID, (id_t)ch->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		ch->pid = 0; /* not our child any more, perhaps somebody else's */
	else if (!info.si_pid)
		return;
	ch->exited = true;
	uv_timer_start(&ch->timer, on_ended, 0, 0);
}

static void look_at_children(void *ctx)
{
	const struct command_conn *c = ctx;
	struct command_channel *ch;
	DL_FOREACH (c->first, ch)
		note_end(ch);
}

/* Input */

static void on_writable(uv_poll_t *poll, int status, int events);

static void watch_input(struct command_channel *ch)
{
	if (ch->in.fd >= 0)
		uv_poll_start(&ch->in.poll, UV_WRITABLE, on_writable);
}

/* The queue is empty, for the first time since something was added. */
static void drained(struct command_channel *ch)
{
	const struct channel_events *ev = &ch->base.events;
	if (ch->ending)
		close_stream(&ch->in);
	else
		uv_poll_stop(&ch->in.poll);
	if (ev->drained)
		ev->drained(ev->ctx);
}

/* Writes what fits. -1 when nobody reads any more. */
static int flush(struct command_channel *ch)
{
	while (outq_len(&ch->queue)) {
		ssize_t n = write(ch->in.fd, outq_head(&ch->queue), outq_len(&ch->queue));
		if (n >= 0)
			outq_sent(&ch->queue, (size_t)n);
		else if (errno == EAGAIN)
			return 0;
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct command_channel *ch = poll->data;
	(void)events;
	if (status < 0 || flush(ch) < 0) {
		/* What is queued is as good as read. */
		outq_sent(&ch->queue, outq_len(&ch->queue));
		ch->ending = true;
	}
	if (!outq_len(&ch->queue))
		drained(ch);
}

/* What channels do */

static void command_write(struct channel *base, const void *data, size_t len)
{
	struct command_channel *ch = (struct command_channel *)base;
	if (ch->in.fd < 0 || ch->ending)
		return;
	outq_add(&ch->queue, data, len);
	/* Where nobody is to be told that the queue is empty, what fits into the pipe needs no turn of the loop. */
	if (ch->base.events.drained || flush(ch) < 0 || outq_len(&ch->queue))
		watch_input(ch);
}

static size_t command_pending(const struct channel *base)
{
	const struct command_channel *ch = (const struct command_channel *)base;
	return outq_len(&ch->queue);
}

static void command_end_input(struct channel *base)
{
	struct command_channel *ch = (struct command_channel *)base;
	ch->ending = true;
	watch_input(ch);
}

static void watch_output(struct stream *s, bool on, uv_poll_cb cb)
{
	if (s->fd < 0)
		return;
	if (on)
		uv_poll_start(&s->poll, UV_READABLE, cb);
	else
		uv_poll_stop(&s->poll);
}

static void command_pause(struct channel *base, bool pause)
{
	struct command_channel *ch = (struct command_channel *)base;
	if (ch->paused == pause || ch->closed)
		return;
	ch->paused = pause;
	watch_output(&ch->out, !pause, on_stdout);
	watch_output(&ch->err, !pause, on_stderr);
	if (!pause && ch->exited)
		uv_timer_start(&ch->timer, on_ended, 0, 0);
}

static void command_close(struct channel *base)
{
	struct command_channel *ch = (struct command_channel *)base;
	if (!ch->closed)
		end_channel(ch);
}

/* Starting one */

static void close_pair(const int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

static pid_t start(
	const struct command_conn *c, const char *script, int fds[3][2], struct error *err)
{
	struct strv argv = STRV_INIT;
	for (int i = 0; i < 3; i++) {
		if (spawn_pipe(fds[i]) < 0)
			return error_errno(err, "cannot make a pipe for '%s'", c->argv.v[0]);
	}
	strv_push_all(&argv, &c->argv);
	strv_push(&argv, "sh");
	strv_push(&argv, "-c");
	strv_push(&argv, script);
	struct spawn s = {
		.argv = argv.v,
		.envp = environ,
		.fds = {fds[0][0], fds[1][1], fds[2][1]},
	};
	pid_t pid = spawn_start(&s, err);
	strv_release(&argv);
	return pid;
}

/* Takes `fd`. A failure (no memory, no epoll) counts as the end of the stream. */
static void open_stream(struct command_channel *ch, struct stream *s, int fd)
{
	if (uv_poll_init(conn_of(ch)->loop, &s->poll, fd) < 0) { /* makes fd non-blocking */
		close(fd);
		return;
	}
	ch->handles++;
	s->poll.data = ch;
	s->fd = fd;
}

/* It will tell so by its end. */
static void refuse(struct command_channel *ch, const char *why)
{
	ch->refused = xstrdup(why);
	ch->exited = true;
	uv_timer_start(&ch->timer, on_ended, 0, 0);
}

static struct command_channel *new_channel(struct command_conn *c, const struct channel_events *ev)
{
	struct command_channel *ch = xcalloc(1, sizeof *ch);
	ch->base = (struct channel){&c->base, *ev};
	ch->in.fd = ch->out.fd = ch->err.fd = -1;
	uv_timer_init(c->loop, &ch->timer);
	ch->timer.data = ch;
	ch->handles = 1;
	c->handles++;
	link_channel(c, ch);
	return ch;
}

static struct channel *command_exec(
	struct conn *base, const char *script, const struct channel_events *ev)
{
	struct command_conn *c = (struct command_conn *)base;
	struct command_channel *ch = new_channel(c, ev);
	struct error err = ERROR_INIT;
	int fds[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
	ch->pid = start(c, script, fds, &err);
	if (ch->pid < 0) {
		ch->pid = 0;
		for (int i = 0; i < 3; i++)
			close_pair(fds[i]);
		refuse(ch, err.text);
		return &ch->base;
	}
	close(fds[0][0]);
	close(fds[1][1]);
	close(fds[2][1]);
	open_stream(ch, &ch->in, fds[0][1]);
	open_stream(ch, &ch->out, fds[1][0]);
	open_stream(ch, &ch->err, fds[2][0]);
	watch_output(&ch->out, true, on_stdout);
	watch_output(&ch->err, true, on_stderr);
	return &ch->base;
}

/* The conn */

static void on_opening(uv_timer_t *timer)
{
	struct command_conn *c = timer->data;
	const struct conn_events *ev = &c->base.events;
	const char *name = c->argv.v[0];
	char *program = spawn_find(name, environ);
	if (program && access(program, X_OK) == 0) {
		ev->open(ev->ctx);
	} else {
		struct error why;
		error_set(&why, "cannot run '%s': %s", name,
			program ? strerror(errno) : "not found in PATH");
		ev->failed(ev->ctx, CONN_NO_COMMAND, why.text,
			"install it, or correct the machine's 'command'");
	}
	free(program);
}

static void command_open(struct conn *base)
{
	struct command_conn *c = (struct command_conn *)base;
	uv_timer_start(&c->opening, on_opening, 0, 0);
}

static void command_free(struct conn *base, void (*closed)(void *ctx), void *ctx)
{
	struct command_conn *c = (struct command_conn *)base;
	/* All first, then each wait is short. */
	for (const struct command_channel *ch = c->first; ch; ch = ch->next)
		kill_group(ch);
	while (c->first)
		end_channel(c->first);
	c->closed = closed;
	c->closed_ctx = ctx;
	uv_close((uv_handle_t *)&c->opening, on_conn_handle_closed);
}

static const struct conn_ops ops = {
	.open = command_open,
	.exec = command_exec,
	.write = command_write,
	.pending = command_pending,
	.end_input = command_end_input,
	.pause = command_pause,
	.close = command_close,
	.free = command_free,
};

struct conn *conn_command_new(uv_loop_t *loop, struct children *children, const struct strv *argv)
{
	struct command_conn *c = xcalloc(1, sizeof *c);
	c->base.ops = &ops;
	c->loop = loop;
	c->children = children;
	strv_push_all(&c->argv, argv);
	uv_timer_init(loop, &c->opening);
	c->opening.data = c;
	c->handles = 1;
	return &c->base;
}
