/* proc: see proc.h. A child that ended stays a zombie until its pipes are done: so its number, which is
 * its group's too, cannot pass to a stranger that we would kill. Refuses to wait for children that are
 * not its own, to hold more output than the ceiling, and to be held up by what outlives the child.
 */
#include "common/proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "common/spawn.h"
#include "common/xalloc.h"

#define DEFAULT_MAX_OUTPUT ((size_t)16 << 20)
#define READ_SIZE 65536
/* What is kept of the end of a stderr that is cut: the reason for a failure stands there. */
#define TAIL_SIZE 65536
#define READS_A_TURN 16
/* What a grandchild that kept a pipe gets after the child's end. */
#define GRACE_MS 200
#define MAX_TIMEOUT_S 1e9

struct stream {
	uv_poll_t poll;
	int fd; /* -1: at its end */
	struct buf *to;
	struct buf tail; /* of what is over the ceiling: twice TAIL_SIZE at most */
	uint64_t over; /* bytes */
};

struct proc {
	struct procs *ps;
	struct proc *prev, *next;
	pid_t pid; /* 0: reaped */
	bool exited; /* but not reaped */
	struct stream out, err;
	uv_timer_t timer; /* the time limit, then the grace */
	int handles; /* not yet closed */
	uint64_t start; /* ns */
	size_t max_output;
	struct proc_result result;
	proc_done_fn *done;
	void *ctx;
};

struct procs {
	uv_loop_t *loop;
	uv_signal_t sigchld;
	struct proc *first;
	int dev_null;
	unsigned long started;
	char *chunk; /* what was read last, READ_SIZE: untouched while nothing runs */
};

/* Handles and memory */

static void free_proc(struct proc *p)
{
	buf_release(&p->result.out);
	buf_release(&p->result.err);
	buf_release(&p->err.tail);
	free(p);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct proc *p = h->data;
	if (--p->handles == 0)
		free_proc(p);
}

static void close_stream(struct stream *s)
{
	if (s->fd < 0)
		return;
	uv_close((uv_handle_t *)&s->poll, on_handle_closed);
	close(s->fd);
	s->fd = -1;
}

/* Memory goes when the loop has let go of the handles. */
static void close_proc(struct proc *p)
{
	close_stream(&p->out);
	close_stream(&p->err);
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
}

static void link_proc(struct procs *ps, struct proc *p)
{
	if (!ps->first)
		uv_ref((uv_handle_t *)&ps->sigchld);
	p->next = ps->first;
	if (p->next)
		p->next->prev = p;
	ps->first = p;
}

static void unlink_proc(struct proc *p)
{
	struct procs *ps = p->ps;
	if (p->prev)
		p->prev->next = p->next;
	else
		ps->first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	if (!ps->first)
		uv_unref((uv_handle_t *)&ps->sigchld);
}

/* The end of a child */

static void kill_group(const struct proc *p, int sig)
{
	if (p->pid) /* group 0 would be ours */
		kill(-p->pid, sig);
}

/* Takes the zombie away, and what is left of its group. */
static void reap(struct proc *p)
{
	struct rusage use = {0};
	int status = SIGKILL; /* for one that somebody else waited for: it may not count as done */
	kill_group(p, SIGKILL);
	while (p->pid && wait4(p->pid, &status, 0, &use) < 0 && errno == EINTR)
		;
	p->pid = 0;
	struct proc_result *r = &p->result;
	r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	r->exit_status = r->signal ? 128 + r->signal : WEXITSTATUS(status);
	r->cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		 (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	r->max_rss = use.ru_maxrss;
}

static bool is_finished(const struct proc *p)
{
	return p->exited && p->out.fd < 0 && p->err.fd < 0;
}

/* Says what is left out, and goes on with the last lines. */
static void add_tail(struct stream *s)
{
	if (!s->over)
		return;
	size_t skip = s->tail.len > TAIL_SIZE ? s->tail.len - TAIL_SIZE : 0;
	bool torn = skip || s->over > s->tail.len;
	const char *nl = torn ? memchr(s->tail.data + skip, '\n', s->tail.len - skip) : NULL;
	if (nl)
		skip = (size_t)(nl + 1 - s->tail.data);
	uint64_t lost = s->over - (s->tail.len - skip);
	if (lost)
		buf_addf(s->to, "\n[%llu bytes are left out here]\n", (unsigned long long)lost);
	buf_add(s->to, s->tail.data + skip, s->tail.len - skip);
}

static void finish(struct proc *p)
{
	unlink_proc(p);
	reap(p);
	add_tail(&p->err);
	p->done(p, &p->result, p->ctx);
	close_proc(p);
}

/* Output */

static void keep_tail(struct stream *s, const char *data, size_t n)
{
	buf_add(&s->tail, data, n);
	s->over += n;
	if (s->tail.len < 2 * TAIL_SIZE)
		return;
	memmove(s->tail.data, s->tail.data + s->tail.len - TAIL_SIZE, TAIL_SIZE);
	buf_truncate(&s->tail, TAIL_SIZE);
}

static void keep(struct proc *p, struct stream *s, size_t n)
{
	size_t room = p->max_output - s->to->len, fits = n < room ? n : room;
	buf_add(s->to, p->ps->chunk, fits);
	p->result.cut |= n > room;
	if (n > room && s == &p->err)
		keep_tail(s, p->ps->chunk + fits, n - fits);
}

/* Reads what is there, a bounded part of it when it does not end. */
static void drain(struct proc *p, struct stream *s)
{
	for (int i = 0; i < READS_A_TURN && s->fd >= 0; i++) {
		ssize_t n = read(s->fd, p->ps->chunk, READ_SIZE);
		if (n > 0)
			keep(p, s, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR)
			close_stream(s);
	}
}

static void on_readable(struct proc *p, struct stream *s, int status)
{
	drain(p, s);
	if (status < 0) /* libuv has stopped to watch it */
		close_stream(s);
	if (is_finished(p))
		finish(p);
}

static void on_stdout(uv_poll_t *poll, int status, int events)
{
	struct proc *p = poll->data;
	(void)events;
	on_readable(p, &p->out, status);
}

static void on_stderr(uv_poll_t *poll, int status, int events)
{
	struct proc *p = poll->data;
	(void)events;
	on_readable(p, &p->err, status);
}

/* Time and signals */

static void on_grace_over(uv_timer_t *timer)
{
	struct proc *p = timer->data;
	kill_group(p, SIGKILL);
	drain(p, &p->out);
	drain(p, &p->err);
	close_stream(&p->out);
	close_stream(&p->err);
	finish(p);
}

/* Notices an end, and then takes what stands in the pipes. */
static void check(struct proc *p)
{
	siginfo_t info = {0};
	if (p->exited)
		return;
	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		p->pid = 0; /* not our child any more, perhaps somebody else's */
	else if (!info.si_pid)
		return;
	p->exited = true;
	p->result.wall = (double)(uv_hrtime() - p->start) / 1e9;
	drain(p, &p->out);
	drain(p, &p->err);
	uv_update_time(p->ps->loop);
	uv_timer_start(&p->timer, on_grace_over, GRACE_MS, 0);
}

static void on_timeout(uv_timer_t *timer)
{
	struct proc *p = timer->data;
	check(p);
	if (!p->exited) {
		p->result.timed_out = true;
		kill_group(p, SIGKILL);
	} else if (is_finished(p)) {
		finish(p);
	}
}

static void on_sigchld(uv_signal_t *handle, int sig)
{
	struct procs *ps = handle->data;
	(void)sig;
	for (struct proc *p = ps->first; p; p = p->next)
		check(p);
	/* A callback may start children, or free the whole: begin again after each. */
	struct proc *p = ps->first;
	while (p) {
		struct proc *next = p->next;
		if (is_finished(p)) {
			finish(p);
			next = ps->first;
		}
		p = next;
	}
}

/* The door */

static void free_procs(struct procs *ps)
{
	free(ps->chunk);
	free(ps);
}

static void on_procs_closed(uv_handle_t *h)
{
	free_procs(h->data);
}

struct procs *procs_new(uv_loop_t *loop, struct error *err)
{
	int dev_null = spawn_above_stdio(open("/dev/null", O_RDONLY | O_CLOEXEC));
	if (dev_null < 0) {
		error_errno(err, "cannot open '/dev/null'");
		return NULL;
	}
	struct procs *ps = xcalloc(1, sizeof *ps);
	ps->loop = loop;
	ps->dev_null = dev_null;
	ps->chunk = xmalloc(READ_SIZE);
	int ret = uv_signal_init(loop, &ps->sigchld);
	if (ret < 0) {
		error_set(err, "cannot watch child processes: %s", uv_strerror(ret));
		close(dev_null);
		free_procs(ps);
		return NULL;
	}
	ps->sigchld.data = ps;
	ret = uv_signal_start(&ps->sigchld, on_sigchld, SIGCHLD);
	uv_unref((uv_handle_t *)&ps->sigchld);
	if (ret < 0) {
		error_set(err, "cannot watch child processes: %s", uv_strerror(ret));
		procs_free(ps);
		return NULL;
	}
	spawn_unblock_sigchld();
	return ps;
}

void procs_free(struct procs *ps)
{
	if (!ps)
		return;
	/* All first, then each wait is short. */
	for (struct proc *p = ps->first; p; p = p->next)
		kill_group(p, SIGKILL);
	while (ps->first) {
		struct proc *p = ps->first;
		unlink_proc(p);
		reap(p);
		close_proc(p);
	}
	close(ps->dev_null);
	uv_close((uv_handle_t *)&ps->sigchld, on_procs_closed);
}

unsigned long procs_started(const struct procs *ps)
{
	return ps->started;
}

static void close_pair(const int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

/* Takes `fd`. */
static int watch(struct proc *p, struct stream *s, int fd, struct buf *to, uv_poll_cb cb)
{
	int ret = uv_poll_init(p->ps->loop, &s->poll, fd); /* makes fd non-blocking */
	if (ret < 0) {
		close(fd);
		return ret;
	}
	p->handles++;
	s->poll.data = p;
	s->fd = fd;
	s->to = to;
	return uv_poll_start(&s->poll, UV_READABLE, cb);
}

static pid_t start(const struct procs *ps, const struct proc_spec *spec, int out[2], int errs[2],
	struct error *err)
{
	if (spawn_pipe(out) < 0 || spawn_pipe(errs) < 0)
		return error_errno(err, "cannot make a pipe for '%s'", spec->argv[0]);
	struct spawn s = {
		.argv = spec->argv,
		.envp = spec->envp ? spec->envp : environ,
		.cwd = spec->cwd,
		.fds = {ps->dev_null, out[1], errs[1]},
	};
	return spawn_start(&s, err);
}

static void start_clock(struct proc *p, double timeout)
{
	p->start = uv_hrtime();
	if (timeout <= 0)
		return;
	/* The loop's own time may be as old as the callback that we are in. */
	uv_update_time(p->ps->loop);
	uint64_t ms = (uint64_t)((timeout < MAX_TIMEOUT_S ? timeout : MAX_TIMEOUT_S) * 1000) + 1;
	uv_timer_start(&p->timer, on_timeout, ms, 0);
}

static struct proc *new_proc(struct procs *ps, const struct proc_spec *spec)
{
	struct proc *p = xcalloc(1, sizeof *p);
	p->ps = ps;
	p->out.fd = p->err.fd = -1;
	p->max_output = spec->max_output ? spec->max_output : DEFAULT_MAX_OUTPUT;
	uv_timer_init(ps->loop, &p->timer);
	p->timer.data = p;
	p->handles = 1;
	return p;
}

struct proc *proc_start(struct procs *ps, const struct proc_spec *spec, proc_done_fn *done,
	void *ctx, struct error *err)
{
	int out[2] = {-1, -1}, errs[2] = {-1, -1};
	assert(spec->argv && spec->argv[0]);
	pid_t pid = start(ps, spec, out, errs, err);
	if (pid < 0) {
		close_pair(out);
		close_pair(errs);
		return NULL;
	}
	close(out[1]);
	close(errs[1]);
	struct proc *p = new_proc(ps, spec);
	p->pid = pid;
	p->done = done;
	p->ctx = ctx;
	int ret = watch(p, &p->out, out[0], &p->result.out, on_stdout);
	int ret2 = watch(p, &p->err, errs[0], &p->result.err, on_stderr);
	if (ret < 0 || ret2 < 0) {
		error_set(err, "cannot read from '%s': %s", spec->argv[0],
			uv_strerror(ret < 0 ? ret : ret2));
		reap(p);
		close_proc(p);
		return NULL;
	}
	link_proc(ps, p);
	ps->started++;
	start_clock(p, spec->timeout);
	return p;
}

void proc_kill(struct proc *p, int sig)
{
	kill_group(p, sig);
}
