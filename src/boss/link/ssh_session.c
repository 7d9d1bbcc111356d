/* ssh_session: the session of a conn_ssh, as libssh wants to be driven: on a duplicate of the descriptor that the loop watches (it closes its
 * own at will), non-blocking again after each call of ssh_connect (which clears that), with everything read that is there at each event,
 * and its wishes for the next event asked for afterwards. Only a host key that is known is good.
 */
#include "boss/link/conn_ssh_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libssh/server.h>

#include "boss/link/ssh_dial.h"
#include "boss/link/ssh_login.h"
#include "common/error.h"
#include "common/xalloc.h"

/* Reads of 4 KiB at one event; what is left then comes in the next turn. */
#define READS_A_TURN 64

/* Starting */

/* Requests by the server, as for X11: libssh would keep them for ever. 1: it says no. */
static int refuse_request(ssh_session session, ssh_message message, void *ctx)
{
	(void)session;
	(void)message;
	(void)ctx;
	return 1;
}

static int set_options(const struct ssh_conn *c, int fd)
{
	struct buf algorithms = BUF_INIT;
	int no = 0;
	known_keys_algorithms(&c->known, &algorithms);
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		{SSH_OPTIONS_PROCESS_CONFIG, &no},
		{SSH_OPTIONS_HOST, c->settings.hostname},
		{SSH_OPTIONS_USER, c->settings.user},
		{SSH_OPTIONS_FD, &fd},
		{SSH_OPTIONS_HOSTKEYS, buf_str(&algorithms)},
		/* Known keys are compared here. */
		{SSH_OPTIONS_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
	};
	int ret = 0;
	for (size_t i = 0; i < ARRAY_LEN(options) && ret == 0; i++)
		ret = ssh_options_set(c->session, options[i].option, options[i].value);
	buf_release(&algorithms);
	return ret;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct ssh_conn *c = poll->data;
	(void)events;
	/* On an error the loop has stopped to watch; libssh finds out which one it is, and if not, the next write does. */
	(void)status;
	ssh_session_step(c);
}

static const char *reason_of(ssh_session session)
{
	const char *text = ssh_get_error(session), *prefix = "Socket error: ";
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	return *text ? text : "disconnected";
}

static void fail_unreachable(struct ssh_conn *c, const char *reason)
{
	struct error why = ERROR_INIT;
	const char *complaint = c->dial ? ssh_dial_complaint(c->dial) : "";
	error_set(&why, "cannot connect to '%s' by SSH: %s", c->settings.hostname,
		*complaint ? complaint : reason);
	ssh_fail(c, CONN_UNREACHABLE, why.text, NULL);
}

void ssh_session_start(struct ssh_conn *c)
{
	c->session = xcheck(ssh_new());
	c->event = xcheck(ssh_event_new());
	ssh_set_message_callback(c->session, refuse_request, NULL);
	int fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || set_options(c, fd) < 0 || uv_poll_init(c->loop, &c->poll, c->fd) < 0) {
		if (fd >= 0)
			close(fd);
		fail_unreachable(c, fd < 0 ? strerror(errno) : ssh_get_error(c->session));
		return;
	}
	c->poll.data = c;
	c->polled = true;
	c->holds++;
	ssh_set_blocking(c->session, 0);
	ssh_kick(c);
}

void ssh_session_end(struct ssh_conn *c)
{
	ssh_chans_lose(c);
	ssh_login_free(c->login, c->session);
	c->login = NULL;
	if (c->in_event)
		ssh_event_remove_session(c->event, c->session);
	c->in_event = false;
	if (c->event)
		ssh_event_free(c->event);
	c->event = NULL;
	/* Closes its descriptor too. Not ssh_disconnect, which would only say good-bye, and forget a handle. */
	ssh_free(c->session);
	c->session = NULL;
}

/* Steps */

static void keep_nonblocking(const struct ssh_conn *c)
{
	fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
}

/* The kernel's delayed acknowledgements cost a handshake 40 ms. It forgets this, so it is set each time. Proxies are no TCP: it fails. */
static void acknowledge_at_once(const struct ssh_conn *c)
{
	int yes = 1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

static void cure_by_ssh(const struct ssh_conn *c, struct buf *cure, const char *what)
{
	buf_addstr(cure, "run 'ssh ");
	if (c->config_file)
		buf_addf(cure, "-F %s ", c->config_file);
	buf_addf(cure, "%s true' %s", c->target, what);
}

static void fail_key(struct ssh_conn *c, enum hostkey_verdict verdict)
{
	struct buf cure = BUF_INIT;
	const char *why = "host key unknown";
	if (verdict == HOSTKEY_UNKNOWN) {
		cure_by_ssh(c, &cure, "once and accept it");
	} else if (verdict == HOSTKEY_CHANGED) {
		why = "host key changed";
		buf_addf(&cure, "when that is right, run \"ssh-keygen -R '%s'\", then ",
			c->settings.key_name);
		cure_by_ssh(c, &cure, "once and accept it");
	} else {
		why = "host key revoked";
		buf_addstr(&cure,
			"ask for the machine's new key: known_hosts has this one as @revoked");
	}
	ssh_fail(c, verdict == HOSTKEY_UNKNOWN ? CONN_KEY_UNKNOWN : CONN_KEY_CHANGED, why,
		cure.data);
	buf_release(&cure);
}

static enum hostkey_verdict judge(const struct ssh_conn *c)
{
	enum hostkey_verdict verdict = HOSTKEY_UNKNOWN;
	char *base64 = NULL;
	ssh_key key = NULL;
	if (ssh_get_server_publickey(c->session, &key) == SSH_OK &&
		ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK)
		verdict = known_keys_judge(
			&c->known, ssh_key_type_to_char(ssh_key_type(key)), base64);
	ssh_string_free_char(base64);
	ssh_key_free(key);
	return verdict;
}

static void handshake_step(struct ssh_conn *c)
{
	int ret = ssh_connect(c->session);
	keep_nonblocking(c);
	if (!c->in_event && ret != SSH_ERROR)
		c->in_event = ssh_event_add_session(c->event, c->session) == SSH_OK;
	if (ret == SSH_AGAIN)
		return;
	if (ret != SSH_OK) {
		fail_unreachable(c, reason_of(c->session));
		return;
	}
	enum hostkey_verdict verdict = judge(c);
	if (verdict == HOSTKEY_OK)
		ssh_enter(c, SSH_LOGIN);
	else
		fail_key(c, verdict);
}

static void login_step(struct ssh_conn *c)
{
	struct buf why = BUF_INIT, cure = BUF_INIT;
	if (!c->login)
		c->login = ssh_login_new(&c->settings);
	switch (ssh_login_step(c->login, c->session)) {
	case LOGIN_AGAIN: break;
	case LOGIN_OK:
		ssh_login_free(c->login, c->session);
		c->login = NULL;
		ssh_enter(c, SSH_OPEN);
		break;
	case LOGIN_LOST: fail_unreachable(c, reason_of(c->session)); break;
	case LOGIN_DENIED:
		ssh_login_explain(c->login, &why, &cure);
		ssh_fail(c, CONN_NO_AUTH, buf_str(&why), buf_str(&cure));
		break;
	}
	buf_release(&why);
	buf_release(&cure);
}

static bool is_lost(const struct ssh_conn *c)
{
	return !ssh_is_connected(c->session) ||
	       (ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

static void open_step(struct ssh_conn *c)
{
	if (!is_lost(c))
		ssh_chans_step(c);
	/* What came before the link was lost is still given. */
	ssh_chans_deliver(c);
	if (c->state != SSH_OPEN || !is_lost(c))
		return;
	struct error why = ERROR_INIT;
	error_set(&why, "the connection to '%s' was lost: %s", c->settings.hostname,
		reason_of(c->session));
	ssh_fail(c, CONN_LOST, why.text, NULL);
}

/* False when there may be more. */
static bool read_all(struct ssh_conn *c)
{
	for (int i = 0; i < READS_A_TURN; i++) {
		if (!c->in_event || ssh_event_dopoll(c->event, 0) != SSH_OK)
			return true;
	}
	return false;
}

static void watch(struct ssh_conn *c)
{
	int events = UV_READABLE;
	if (ssh_get_poll_flags(c->session) & SSH_WRITE_PENDING)
		events |= UV_WRITABLE;
	uv_poll_start(&c->poll, events, on_event);
}

void ssh_session_step(struct ssh_conn *c)
{
	if (!c->session)
		return;
	if (c->state != SSH_OPEN)
		acknowledge_at_once(c);
	bool all = read_all(c);
	if (c->state == SSH_HANDSHAKE)
		handshake_step(c);
	if (c->state == SSH_LOGIN)
		login_step(c);
	if (c->state == SSH_OPEN)
		open_step(c);
	if (!c->session)
		return;
	if (!all)
		ssh_kick(c);
	watch(c);
}
