/* ssh_dial: see ssh_dial.h. libssh would resolve names on our thread, try the first address only and wait for its proxies, so all
 * that is done here. Addresses are tried one after the other, the next one when the last has failed or kept silent for a moment. The
 * deadline is the caller's.
 */
#include "boss/link/ssh_dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boss/link/ssh_config.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/spawn.h"
#include "common/timing.h"
#include "common/xalloc.h"

#define MAX_TRIES 8
/* What an address has before the next one is tried beside it. */
#define STAGGER_MS 250
#define MAX_COMPLAINT 400

struct
try {
	struct ssh_dial *dial;
	uv_poll_t poll;
	int fd; /* -1: closed */
};

/* What getaddrinfo works on can't be taken back: it outlives the dial. */
struct lookup {
	uv_getaddrinfo_t req;
	struct ssh_dial *dial; /* NULL: nobody waits any more */
};

struct ssh_dial {
	uv_loop_t *loop;
	const struct ssh_settings *settings;
	ssh_dialled_fn *dialled; /* NULL: told, or stopped */
	void *ctx;
	int handles; /* not yet closed */
	uv_timer_t timer;
	void (*closed)(void *ctx);
	void *closed_ctx;

	/* addresses */
	struct lookup *lookup;
	struct addrinfo *addresses, *next;
	struct try tries[MAX_TRIES];
	size_t n, active;
	struct error why; /* the last failure */

	/* or a proxy */
	pid_t pid; /* 0 none */
	int proxy_fd; /* our end, until it is told */
	uv_poll_t stderr_poll;
	int stderr_fd; /* -1: closed */
	struct buf complaint; /* its last line */
	bool line_over; /* a newline came after it */
};

/* Handles and memory */

static void unhold(struct ssh_dial *d)
{
	if (--d->handles > 0)
		return;
	void (*closed)(void *) = d->closed;
	void *ctx = d->closed_ctx;
	buf_release(&d->complaint);
	free(d);
	closed(ctx);
}

static void on_handle_closed(uv_handle_t *h)
{
	unhold(h->data);
}

static void on_try_closed(uv_handle_t *h)
{
	unhold(((struct try *)h->data)->dial);
}

static void close_try(struct try *t)
{
	if (t->fd < 0)
		return;
	uv_close((uv_handle_t *)&t->poll, on_try_closed);
	close(t->fd);
	t->fd = -1;
	t->dial->active--;
}

static void close_tries(struct ssh_dial *d)
{
	uv_timer_stop(&d->timer);
	for (size_t i = 0; i < d->n; i++)
		close_try(&d->tries[i]);
	uv_freeaddrinfo(d->addresses);
	d->addresses = d->next = NULL;
}

/* Takes `fd`. */
static void tell(struct ssh_dial *d, int fd, const char *why)
{
	ssh_dialled_fn *dialled = d->dialled;
	d->dialled = NULL;
	dialled(d->ctx, fd, why);
}

/* Addresses */

static void set_option(int fd, int level, int option, int value)
{
	/* Without them it works too, only slower, or a cut link is noticed by its silence alone. */
	setsockopt(fd, level, option, &value, sizeof value);
}

/* So that the system tells of a link that was cut before the boss would by the worker's silence. */
static void watch_link(int fd)
{
	int ms = (int)(timing_ms(TIMING_SILENCE) * 3 / 4);
	int s = ms / 4000 > 0 ? ms / 4000 : 1;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, s);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, s);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ms);
}

static void try_next(struct ssh_dial *d);

static void on_stagger(uv_timer_t *timer)
{
	try_next(timer->data);
}

static void note_failure(struct ssh_dial *d, int reason)
{
	const struct ssh_settings *s = d->settings;
	error_set(&d->why, "cannot connect to '%s' port %s: %s", s->hostname, s->port,
		strerror(reason));
}

static void on_connected(uv_poll_t *poll, int status, int events)
{
	struct try *t = poll->data;
	struct ssh_dial *d = t->dial;
	int reason = 0;
	socklen_t len = sizeof reason;
	(void)events;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &reason, &len) < 0)
		reason = errno;
	if (!reason && status < 0)
		reason = ECONNRESET;
	if (reason) {
		close_try(t);
		note_failure(d, reason);
		try_next(d);
		return;
	}
	/* Another number, since this one may be in the loop's tables until its handle is closed. */
	int fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 3);
	close_tries(d);
	tell(d, fd, fd < 0 ? strerror(errno) : NULL);
}

/* -1 and errno. */
static int start_try(struct ssh_dial *d, const struct addrinfo *a)
{
	struct try *t = &d->tries[d->n];
	int fd = spawn_above_stdio(
		socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return -1;
	watch_link(fd);
	if ((connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) ||
		uv_poll_init(d->loop, &t->poll, fd) < 0) {
		int reason = errno;
		close(fd);
		errno = reason;
		return -1;
	}
	t->dial = d;
	t->fd = fd;
	t->poll.data = t;
	d->n++;
	d->active++;
	d->handles++;
	uv_poll_start(&t->poll, UV_WRITABLE, on_connected);
	return 0;
}

static void try_next(struct ssh_dial *d)
{
	while (d->next && d->n < MAX_TRIES) {
		const struct addrinfo *a = d->next;
		d->next = a->ai_next;
		if (start_try(d, a) == 0) {
			uv_timer_start(&d->timer, on_stagger, STAGGER_MS, 0);
			return;
		}
		note_failure(d, errno);
	}
	if (!d->active) {
		close_tries(d);
		tell(d, -1, d->why.text);
	}
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct lookup *l = (struct lookup *)req;
	struct ssh_dial *d = l->dial;
	free(l);
	if (!d) {
		uv_freeaddrinfo(found);
		return;
	}
	d->lookup = NULL;
	if (status < 0) {
		error_set(&d->why, "cannot resolve '%s': %s", d->settings->hostname,
			uv_strerror(status));
		tell(d, -1, d->why.text);
		return;
	}
	d->addresses = d->next = found;
	try_next(d);
}

static void resolve(struct ssh_dial *d)
{
	const struct ssh_settings *s = d->settings;
	struct addrinfo hints = {.ai_family = s->family, .ai_socktype = SOCK_STREAM};
	struct lookup *l = xcalloc(1, sizeof *l);
	l->dial = d;
	int ret = uv_getaddrinfo(d->loop, &l->req, on_resolved, s->hostname, s->port, &hints);
	if (ret == 0) {
		d->lookup = l;
		return;
	}
	free(l);
	error_set(&d->why, "cannot resolve '%s': %s", s->hostname, uv_strerror(ret));
	tell(d, -1, d->why.text);
}

/* Proxies */

bool ssh_dial_needs_proxy(const struct ssh_settings *s)
{
	return s->proxy_command || s->proxy_argv.n;
}

static void close_stderr(struct ssh_dial *d)
{
	if (d->stderr_fd < 0)
		return;
	uv_close((uv_handle_t *)&d->stderr_poll, on_handle_closed);
	close(d->stderr_fd);
	d->stderr_fd = -1;
}

/* Keeps the last line. */
static void keep_complaint(struct ssh_dial *d, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' || data[i] == '\r') {
			d->line_over = true;
			continue;
		}
		if (d->line_over)
			buf_clear(&d->complaint);
		d->line_over = false;
		if (d->complaint.len < MAX_COMPLAINT)
			buf_addch(&d->complaint, data[i]);
	}
}

static void read_complaint(struct ssh_dial *d)
{
	char chunk[4096];
	ssize_t n = read(d->stderr_fd, chunk, sizeof chunk);
	if (n > 0)
		keep_complaint(d, chunk, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_stderr(d);
}

static void on_complaint(uv_poll_t *poll, int status, int events)
{
	struct ssh_dial *d = poll->data;
	(void)events;
	read_complaint(d);
	if (status < 0)
		close_stderr(d);
}

const char *ssh_dial_complaint(struct ssh_dial *d)
{
	if (d->stderr_fd >= 0)
		read_complaint(d);
	return buf_str(&d->complaint);
}

static pid_t spawn_proxy(const struct ssh_settings *s, int stdio, int stderr_end, struct error *err)
{
	const char *shell = getenv("SHELL");
	struct strv argv = STRV_INIT;
	if (s->proxy_command) {
		strv_push(&argv, shell && *shell ? shell : "/bin/sh");
		strv_push(&argv, "-c");
		strv_pushf(&argv, "exec %s", s->proxy_command);
	} else {
		strv_push_all(&argv, &s->proxy_argv);
	}
	struct spawn spawn = {.argv = argv.v, .envp = environ, .fds = {stdio, stdio, stderr_end}};
	pid_t pid = spawn_start(&spawn, err);
	strv_release(&argv);
	return pid;
}

static void close_pair(const int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

/* A pair of sockets, the first one ours. */
static int socket_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	fds[0] = spawn_above_stdio(fds[0]);
	fds[1] = spawn_above_stdio(fds[1]);
	if (fds[0] < 0 || fds[1] < 0)
		return -1;
	return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static int start_proxy(struct ssh_dial *d)
{
	int stdio[2] = {-1, -1}, errs[2] = {-1, -1};
	if (socket_pair(stdio) < 0 || spawn_pipe(errs) < 0)
		error_errno(&d->why, "cannot make a pipe to a proxy");
	else
		d->pid = spawn_proxy(d->settings, stdio[1], errs[1], &d->why);
	if (d->pid <= 0 || uv_poll_init(d->loop, &d->stderr_poll, errs[0]) < 0) {
		close_pair(stdio);
		close_pair(errs);
		d->pid = d->pid > 0 ? d->pid : 0;
		return -1;
	}
	close(stdio[1]);
	close(errs[1]);
	d->proxy_fd = stdio[0];
	d->stderr_fd = errs[0];
	d->handles++;
	d->stderr_poll.data = d;
	uv_poll_start(&d->stderr_poll, UV_READABLE, on_complaint);
	return 0;
}

static void end_proxy(struct ssh_dial *d)
{
	close_stderr(d);
	if (d->proxy_fd >= 0)
		close(d->proxy_fd);
	d->proxy_fd = -1;
	if (!d->pid)
		return;
	kill(-d->pid, SIGKILL);
	while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
		;
	d->pid = 0;
}

/* The door */

static void on_start(uv_timer_t *timer)
{
	struct ssh_dial *d = timer->data;
	if (!ssh_dial_needs_proxy(d->settings)) {
		resolve(d);
		return;
	}
	int fd = start_proxy(d) == 0 ? d->proxy_fd : -1;
	d->proxy_fd = -1;
	tell(d, fd, d->why.text);
}

struct ssh_dial *ssh_dial_start(
	uv_loop_t *loop, const struct ssh_settings *s, ssh_dialled_fn *dialled, void *ctx)
{
	struct ssh_dial *d = xcalloc(1, sizeof *d);
	d->loop = loop;
	d->settings = s;
	d->dialled = dialled;
	d->ctx = ctx;
	d->proxy_fd = d->stderr_fd = -1;
	uv_timer_init(loop, &d->timer);
	d->timer.data = d;
	d->handles = 1;
	uv_timer_start(&d->timer, on_start, 0, 0);
	return d;
}

void ssh_dial_stop(struct ssh_dial *d, void (*closed)(void *ctx), void *ctx)
{
	d->dialled = NULL;
	d->closed = closed;
	d->closed_ctx = ctx;
	if (d->lookup) {
		d->lookup->dial = NULL;
		uv_cancel((uv_req_t *)&d->lookup->req);
	}
	close_tries(d);
	end_proxy(d);
	uv_close((uv_handle_t *)&d->timer, on_handle_closed);
}
