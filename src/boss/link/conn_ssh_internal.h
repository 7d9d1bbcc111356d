/* What the files of conn_ssh share: conn_ssh.c has the way to an open session, ssh_session.c the session that libssh drives, ssh_channel.c its
 * channels.
 */
#ifndef BOSS_LINK_CONN_SSH_INTERNAL_H
#define BOSS_LINK_CONN_SSH_INTERNAL_H

#include <stdbool.h>
#include <uv.h>

/* Without the names of its first versions, of which channel_write and channel_close are ours. */
#define LIBSSH_LEGACY_0_4
#include <libssh/libssh.h>
#include <libssh/callbacks.h>

#include "boss/link/conn.h"
#include "boss/link/outq.h"
#include "boss/link/ssh_config.h"
#include "boss/link/ssh_hostkey.h"
#include "boss/link/ssh_pace.h"
#include "common/buf.h"

enum ssh_state {
	SSH_IDLE,
	SSH_WAIT_LOOKUP, /* for its turn to start processes */
	SSH_CONFIG, /* ssh -G */
	SSH_KNOWN_HOSTS, /* ssh-keygen -F */
	SSH_WAIT_DOOR, /* for its turn at the server */
	SSH_DIAL, /* resolving and connecting, or the proxy's start */
	SSH_WAIT_TURN, /* for its turn to shake hands */
	SSH_HANDSHAKE,
	SSH_LOGIN,
	SSH_OPEN,
	SSH_FAILED,
	SSH_FREED,
	SSH_STATES
};

enum chan_state { CHAN_OPENING, CHAN_ASKING, CHAN_RUNNING, CHAN_CLOSING, CHAN_OVER };

struct ssh_chan {
	struct channel base;
	struct ssh_chan *prev, *next;
	enum chan_state state;
	char *line; /* what the login shell gets */
	ssh_channel channel; /* NULL before it was asked for, and when it is closed */
	bool opened; /* the other side knows it */
	struct ssh_channel_callbacks_struct callbacks;
	bool silent; /* no more events: it was closed, or its end was told */

	struct outq queue; /* for stdin */
	bool ending, eof_sent; /* stdin ends after the queue; and did */
	bool drained; /* to be told */

	struct buf in[2]; /* stdout and stderr, to be given */
	bool paused;
	bool resumed; /* what libssh kept has to be fetched */

	bool got_close; /* from the other side */
	int status; /* -1: not told */
	uint64_t
		quiet_since; /* since its status was told, and the last output came: loop time, ms */
	char *refused;
};

struct ssh_conn {
	struct conn base;
	uv_loop_t *loop;
	struct procs *procs;
	struct ssh_pace *pace;
	char *target, *config_file;
	enum ssh_state state;
	int holds; /* handles not yet closed, a process or dial not yet ended */
	void (*closed)(void *ctx);
	void *closed_ctx;
	uv_timer_t
		deadline; /* of the state; when open: looks after channels whose command has ended */
	uv_timer_t kick; /* there is something to do in the next turn of the loop */
	struct ssh_turn turn; /* among all */

	/* the way there */
	struct ssh_pace *door; /* of the server; NULL: not known yet, or no pacing */
	struct ssh_turn door_turn;
	struct proc *proc; /* the one that is asked */
	struct ssh_settings settings;
	struct known_keys known;
	size_t lookup; /* the next question for known keys */
	struct ssh_dial *dial;

	/* the session */
	int fd; /* -1 none */
	uv_poll_t poll; /* on fd */
	bool polled; /* it is one */
	ssh_session session;
	ssh_event event;
	bool in_event;
	struct ssh_login *login;
	struct ssh_chan *channels;
	struct buf spare; /* memory for what is given */
};

/* conn_ssh.c */
void ssh_enter(struct ssh_conn *c, enum ssh_state state);
/* Ends it with words for the user. The conn may be freed by this. */
void ssh_fail(struct ssh_conn *c, enum conn_fault fault, const char *why, const char *cure);
void ssh_unhold(struct ssh_conn *c);
/* Something is to be done in the next turn of the loop. */
void ssh_kick(struct ssh_conn *c);
/* An open conn looks after channels whose command has ended, in so many ms. */
void ssh_look_again(struct ssh_conn *c, uint64_t ms);

/* ssh_session.c */
void ssh_session_start(struct ssh_conn *c);
/* Does all that can be done now. The conn may have failed or been freed then. */
void ssh_session_step(struct ssh_conn *c);
void ssh_session_end(struct ssh_conn *c);

/* ssh_channel.c */
struct ssh_chan *ssh_chan_new(
	struct ssh_conn *c, const char *script, const struct channel_events *ev);
/* Talks to libssh for all channels; calls nobody back. */
void ssh_chans_step(struct ssh_conn *c);
/* Gives what has come, then frees what is over. The conn may have been freed then. */
void ssh_chans_deliver(struct ssh_conn *c);
/* Closes those whose command has ended a while ago, though somebody still holds its output. */
void ssh_chans_close_quiet(struct ssh_conn *c);
/* When libssh's side of them is gone. */
void ssh_chans_lose(struct ssh_conn *c);
void ssh_chans_free(struct ssh_conn *c);
/* As in conn.h. */
void ssh_chan_write(struct channel *base, const void *data, size_t len);
size_t ssh_chan_pending(const struct channel *base);
void ssh_chan_end_input(struct channel *base);
void ssh_chan_pause(struct channel *base, bool pause);
void ssh_chan_close(struct channel *base);

#endif
