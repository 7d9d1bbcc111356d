/* conn_ssh: see conn_ssh.h. The way to an open session: ssh's configuration, the keys that are known, a connected descriptor, its turn,
 * handshake and login (ssh_session.c). Each state has its deadline. Nothing is tried again here.
 */
#include "boss/link/conn_ssh.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boss/link/conn_ssh_internal.h"
#include "boss/link/ssh_dial.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/timing.h"
#include "common/xalloc.h"

#define MAX_ANSWER (1 << 20)
#define MAX_LOOKED_THROUGH (1 << 20)
#define NO_DEADLINE TIMING_COUNT
#define SAME_DEADLINE (TIMING_COUNT + 1)

static void ask_turn(struct ssh_conn *c);
static void ask_door(struct ssh_conn *c);
static void ask_config(struct ssh_conn *c);
static void ask_known_hosts(struct ssh_conn *c);
static void start_dial(struct ssh_conn *c);
static void start_handshake(struct ssh_conn *c);
static void tell_open(struct ssh_conn *c);

static const struct {
	const char *name;
	int deadline;
	void (*enter)(struct ssh_conn *c);
} states[SSH_STATES] = {
	[SSH_IDLE] = {"idle", NO_DEADLINE, NULL},
	[SSH_WAIT_LOOKUP] = {"waiting to be looked up", NO_DEADLINE, ask_turn},
	[SSH_CONFIG] = {"reading the ssh configuration", TIMING_CONNECT, ask_config},
	[SSH_KNOWN_HOSTS] = {"reading known hosts", TIMING_CONNECT, ask_known_hosts},
	[SSH_WAIT_DOOR] = {"waiting at the server's door", NO_DEADLINE, ask_door},
	[SSH_DIAL] = {"connecting", TIMING_CONNECT, start_dial},
	[SSH_WAIT_TURN] = {"waiting for its turn", NO_DEADLINE, ask_turn},
	[SSH_HANDSHAKE] = {"shaking hands", TIMING_AUTH, start_handshake},
	[SSH_LOGIN] = {"logging in", SAME_DEADLINE, ssh_kick},
	[SSH_OPEN] = {"open", NO_DEADLINE, tell_open},
	[SSH_FAILED] = {"failed", NO_DEADLINE, NULL},
	[SSH_FREED] = {"freed", NO_DEADLINE, NULL},
};

/* Memory and handles */

void ssh_unhold(struct ssh_conn *c)
{
	if (--c->holds > 0)
		return;
	void (*closed)(void *) = c->closed;
	void *ctx = c->closed_ctx;
	ssh_chans_free(c);
	ssh_settings_release(&c->settings);
	known_keys_release(&c->known);
	buf_release(&c->spare);
	free(c->target);
	free(c->config_file);
	free(c);
	if (closed)
		closed(ctx);
}

static void on_handle_closed(uv_handle_t *h)
{
	ssh_unhold(h->data);
}

static void on_dial_closed(void *ctx)
{
	ssh_unhold(ctx);
}

static void leave_turns(struct ssh_conn *c)
{
	ssh_turn_drop(c->pace, &c->turn);
	ssh_turn_drop(c->door, &c->door_turn);
}

/* Ends all that goes on. */
static void end(struct ssh_conn *c, enum ssh_state state)
{
	c->state = state;
	uv_timer_stop(&c->deadline);
	uv_timer_stop(&c->kick);
	leave_turns(c);
	if (c->proc)
		proc_kill(c->proc, SIGKILL);
	c->proc = NULL;
	ssh_session_end(c);
	if (c->polled)
		uv_close((uv_handle_t *)&c->poll, on_handle_closed);
	c->polled = false;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->dial)
		ssh_dial_stop(c->dial, on_dial_closed, c);
	c->dial = NULL;
}

void ssh_fail(struct ssh_conn *c, enum conn_fault fault, const char *why, const char *cure)
{
	const struct conn_events *ev = &c->base.events;
	struct buf default_cure = BUF_INIT;
	log_debug("%s: %s: %s", c->target, states[c->state].name, why);
	end(c, SSH_FAILED);
	buf_addf(&default_cure, "see what 'ssh %s true' says", c->target);
	ev->failed(ev->ctx, fault, why, cure ? cure : default_cure.data);
	buf_release(&default_cure);
}

/* States */

static void on_deadline(uv_timer_t *timer)
{
	struct ssh_conn *c = timer->data;
	struct error why = ERROR_INIT;
	if (c->state == SSH_OPEN) {
		ssh_chans_close_quiet(c);
		return;
	}
	const char *complaint = c->dial ? ssh_dial_complaint(c->dial) : "";
	error_set(&why, "no answer from '%s' in time while %s%s%s",
		c->settings.hostname ? c->settings.hostname : c->target, states[c->state].name,
		*complaint ? ": " : "", complaint);
	ssh_fail(c, CONN_TIMEOUT, why.text, NULL);
}

void ssh_look_again(struct ssh_conn *c, uint64_t ms)
{
	if (c->state == SSH_OPEN)
		uv_timer_start(&c->deadline, on_deadline, ms, 0);
}

static void set_deadline(struct ssh_conn *c)
{
	int timing = states[c->state].deadline;
	if (timing == SAME_DEADLINE)
		return;
	uv_timer_stop(&c->deadline);
	if (timing == NO_DEADLINE)
		return;
	unsigned ms = timing_ms((enum timing)timing);
	/* A proxy connects within it. */
	if (c->state == SSH_HANDSHAKE && ssh_dial_needs_proxy(&c->settings))
		ms += timing_ms(TIMING_CONNECT);
	uv_update_time(c->loop);
	uv_timer_start(&c->deadline, on_deadline, ms, 0);
}

void ssh_enter(struct ssh_conn *c, enum ssh_state state)
{
	c->state = state;
	log_debug("%s: %s", c->target, states[state].name);
	set_deadline(c);
	if (states[state].enter)
		states[state].enter(c);
}

/* Turns */

static void on_turn(void *ctx)
{
	ssh_kick(ctx);
}

static void ask_turn(struct ssh_conn *c)
{
	ssh_turn_ask(c->pace, &c->turn);
}

/* Nobody knows where a proxy leads through: all may log in to one host on their way. */
static void ask_door(struct ssh_conn *c)
{
	const struct ssh_settings *s = &c->settings;
	char *server = ssh_dial_needs_proxy(s) ? xstrdup("a proxy")
					       : xasprintf("%s:%s", s->hostname, s->port);
	c->door = ssh_pace_door(c->pace, server);
	free(server);
	ssh_turn_ask(c->door, &c->door_turn);
}

static void on_kick(uv_timer_t *timer)
{
	struct ssh_conn *c = timer->data;
	bool granted = c->turn.state == TURN_HELD, at_door = c->door_turn.state == TURN_HELD;
	if (c->state == SSH_IDLE)
		ssh_enter(c, SSH_WAIT_LOOKUP);
	else if (c->state == SSH_WAIT_LOOKUP && granted)
		ssh_enter(c, SSH_CONFIG);
	else if (c->state == SSH_WAIT_DOOR && at_door)
		ssh_enter(c, SSH_DIAL);
	else if (c->state == SSH_WAIT_TURN && granted)
		ssh_enter(c, SSH_HANDSHAKE);
	else
		ssh_session_step(c);
}

void ssh_kick(struct ssh_conn *c)
{
	if (c->state < SSH_FAILED)
		uv_timer_start(&c->kick, on_kick, 0, 0);
}

/* ssh -G */

/* An answer came; false when it is nobody's any more. */
static bool take_answer(struct ssh_conn *c)
{
	bool wanted = c->proc != NULL;
	c->proc = NULL;
	ssh_unhold(c);
	return wanted;
}

static void ask(struct ssh_conn *c, const struct strv *argv, proc_done_fn *done)
{
	struct error err = ERROR_INIT;
	struct proc_spec spec = {.argv = argv->v, .max_output = MAX_ANSWER};
	c->proc = proc_start(c->procs, &spec, done, c, &err);
	if (c->proc)
		c->holds++;
	else
		ssh_fail(c, CONN_NO_COMMAND, err.text, "install Debian's openssh-client");
}

static void on_config(struct proc *p, const struct proc_result *r, void *ctx)
{
	struct ssh_conn *c = ctx;
	struct error err = ERROR_INIT;
	(void)p;
	if (!take_answer(c))
		return;
	if (r->exit_status != 0) {
		error_set(&err, "cannot read the ssh configuration: %.*s",
			(int)strcspn(buf_str(&r->err), "\r\n"), buf_str(&r->err));
		ssh_fail(c, CONN_UNREACHABLE, err.text, NULL);
	} else if (ssh_settings_parse(
			   &c->settings, c->target, c->config_file, buf_str(&r->out), &err) < 0) {
		ssh_fail(c, CONN_UNREACHABLE, err.text, NULL);
	} else {
		ssh_enter(c, SSH_KNOWN_HOSTS);
	}
}

static void ask_config(struct ssh_conn *c)
{
	struct strv argv = STRV_INIT;
	if (!ssh_target_is_sane(c->target)) {
		struct error err = ERROR_INIT;
		error_set(&err, "'%s' cannot be a machine's name", c->target);
		ssh_fail(c, CONN_UNREACHABLE, err.text,
			"give it as [user@]host, in letters, digits and ._-:%+");
		return;
	}
	ssh_config_argv(&argv, c->target, c->config_file);
	ask(c, &argv, on_config);
	strv_release(&argv);
}

/* ssh-keygen -F, for each file and each name */

static void on_known_hosts(struct proc *p, const struct proc_result *r, void *ctx)
{
	struct ssh_conn *c = ctx;
	(void)p;
	if (!take_answer(c))
		return;
	/* It ends with 1 when nothing is found. A file that can't be read holds no key for us. */
	known_keys_add(&c->known, buf_str(&r->out), c->lookup % 2);
	c->lookup++;
	ask_known_hosts(c);
}

static void known_hosts_done(struct ssh_conn *c)
{
	/* A machine that doesn't answer is no reason for others to wait, but a proxy is a process. */
	if (!ssh_dial_needs_proxy(&c->settings))
		ssh_turn_drop(c->pace, &c->turn);
	ssh_enter(c, SSH_WAIT_DOOR);
}

/* A look through the file is quicker than a process. */
static bool may_have(const char *file, const char *name)
{
	struct buf text = BUF_INIT;
	bool may = fs_read(file, MAX_LOOKED_THROUGH, &text, NULL) < 0 ||
		   known_hosts_may_have(&text, name);
	buf_release(&text);
	return may;
}

static void ask_known_hosts(struct ssh_conn *c)
{
	const struct ssh_settings *s = &c->settings;
	for (; c->lookup < 2 * s->known_hosts.n; c->lookup++) {
		const char *file = s->known_hosts.v[c->lookup / 2];
		const char *name = c->lookup % 2 ? s->key_name_portless : s->key_name;
		if (!name || !fs_is_file(file) || !may_have(file, name))
			continue;
		struct strv argv = STRV_INIT;
		strv_push(&argv, "ssh-keygen");
		strv_push(&argv, "-F");
		strv_push(&argv, name);
		strv_push(&argv, "-f");
		strv_push(&argv, file);
		ask(c, &argv, on_known_hosts);
		strv_release(&argv);
		return;
	}
	known_hosts_done(c);
}

/* Connecting */

static void on_dialled(void *ctx, int fd, const char *why)
{
	struct ssh_conn *c = ctx;
	if (fd < 0) {
		ssh_fail(c, CONN_UNREACHABLE, why, NULL);
		return;
	}
	c->fd = fd;
	ssh_enter(c, c->turn.state == TURN_HELD ? SSH_HANDSHAKE : SSH_WAIT_TURN);
}

static void start_dial(struct ssh_conn *c)
{
	c->holds++;
	c->dial = ssh_dial_start(c->loop, &c->settings, on_dialled, c);
}

static void start_handshake(struct ssh_conn *c)
{
	ssh_session_start(c);
}

static void tell_open(struct ssh_conn *c)
{
	const struct conn_events *ev = &c->base.events;
	leave_turns(c);
	ev->open(ev->ctx);
}

/* What a conn does */

static void ssh_conn_open(struct conn *base)
{
	ssh_kick((struct ssh_conn *)base);
}

static struct channel *ssh_conn_exec(
	struct conn *base, const char *script, const struct channel_events *ev)
{
	struct ssh_conn *c = (struct ssh_conn *)base;
	ssh_kick(c);
	return &ssh_chan_new(c, script, ev)->base;
}

static void ssh_conn_free(struct conn *base, void (*closed)(void *ctx), void *ctx)
{
	struct ssh_conn *c = (struct ssh_conn *)base;
	end(c, SSH_FREED);
	c->closed = closed;
	c->closed_ctx = ctx;
	uv_close((uv_handle_t *)&c->deadline, on_handle_closed);
	uv_close((uv_handle_t *)&c->kick, on_handle_closed);
}

static const struct conn_ops ops = {
	.open = ssh_conn_open,
	.exec = ssh_conn_exec,
	.write = ssh_chan_write,
	.pending = ssh_chan_pending,
	.end_input = ssh_chan_end_input,
	.pause = ssh_chan_pause,
	.close = ssh_chan_close,
	.free = ssh_conn_free,
};

struct conn *conn_ssh_new(const struct conn_ssh_config *config)
{
	struct ssh_conn *c = xcalloc(1, sizeof *c);
	const char *file =
		config->config_file ? config->config_file : getenv("BOARDMAN_SSH_CONFIG");
	c->base.ops = &ops;
	c->loop = config->loop;
	c->procs = config->procs;
	c->pace = config->pace;
	c->target = xstrdup(config->target);
	c->config_file = file && *file ? xstrdup(file) : NULL;
	c->fd = -1;
	c->turn.granted = c->door_turn.granted = on_turn;
	c->turn.ctx = c->door_turn.ctx = c;
	uv_timer_init(c->loop, &c->deadline);
	uv_timer_init(c->loop, &c->kick);
	c->deadline.data = c->kick.data = c;
	c->holds = 2;
	return &c->base;
}
