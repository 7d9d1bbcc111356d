/* conn: a way to run commands on another machine: SSH, or any argv that gives stdin and stdout there. One conn carries many
 * channels, one command each, at the same time. Everything happens on the loop it was made with; no call blocks, and no call
 * calls back before it returns.
 *
 * SIGPIPE has to be ignored in the program.
 *
 * A conn neither knows what runs over it nor tries again: whoever owns it has the deadlines of what it carries. Its own (resolving,
 * connecting, handshake, authentication) come from common/timing.
 */
#ifndef BOSS_LINK_CONN_H
#define BOSS_LINK_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct conn;
struct channel;

/* Why a connection could not be made or was lost; each has its own words for the user. */
enum conn_fault {
	CONN_UNREACHABLE, /* resolving, connecting */
	CONN_KEY_UNKNOWN, /* host key never seen */
	CONN_KEY_CHANGED, /* another one than was seen, or revoked */
	CONN_NO_AUTH, /* no key of ours is taken */
	CONN_NO_COMMAND, /* the argv cannot be run */
	CONN_LOST, /* it was open */
	CONN_TIMEOUT, /* no answer in time while opening */
};

struct conn_events {
	void (*open)(void *ctx); /* channels may be started */
	/* It is of no more use: every channel has ended (without an event of its own). Once; conn_free is still due. */
	void (*failed)(void *ctx, enum conn_fault fault, const char *why, const char *cure);
	void *ctx;
};

/* Each may be NULL. Any call may be made from within them, conn_free too. */
struct channel_events {
	void (*out)(void *ctx, const char *data, size_t len); /* stdout */
	void (*err)(void *ctx, const char *data, size_t len); /* stderr */
	/* Nothing waits any more: all that was written is on its way, or nobody reads it any more. */
	void (*drained)(void *ctx);
	/* The command has ended and all its output was given; `status` as a shell has it, `why` NULL. Or it never ran, or its
	 * end is unknown: -1 and why. The channel is of no more use and is freed after this call. */
	void (*ended)(void *ctx, int status, const char *why);
	void *ctx;
};

/* What kinds of conn do. */
struct conn_ops {
	void (*open)(struct conn *c);
	struct channel *(*exec)(
		struct conn *c, const char *script, const struct channel_events *ev);
	void (*write)(struct channel *ch, const void *data, size_t len);
	size_t (*pending)(const struct channel *ch);
	void (*end_input)(struct channel *ch);
	void (*pause)(struct channel *ch, bool pause);
	void (*close)(struct channel *ch);
	void (*free)(struct conn *c, void (*closed)(void *ctx), void *ctx);
};

/* The head of every kind's own struct. */
struct conn {
	const struct conn_ops *ops;
	struct conn_events events;
};
struct channel {
	struct conn *conn;
	struct channel_events events;
};

/* Begins to connect, once. */
void conn_open(struct conn *c, const struct conn_events *ev);
/* Runs a POSIX shell script there (`sh -c SCRIPT`, whatever the login shell is). The conn is open. The channel belongs to the conn.
 * Never NULL: what can't be started tells so by its end. */
struct channel *conn_exec(struct conn *c, const char *script, const struct channel_events *ev);
/* Queues a copy for the command's stdin; dropped after channel_end_input. There is no ceiling here: look at channel_pending. */
void channel_write(struct channel *ch, const void *data, size_t len);
/* Bytes queued that are not on their way yet. */
size_t channel_pending(const struct channel *ch);
/* End of file on its stdin, after what is queued. */
void channel_end_input(struct channel *ch);
/* Reads no more (or again) of its stdout and stderr: back-pressure. */
void channel_pause(struct channel *ch, bool pause);
/* Ends it without further events, and the command with it as far as the way there allows: it sees the end of its stdin, and SIGPIPE or
 * SIGHUP or worse. It is freed. NULL is fine. */
void channel_close(struct channel *ch);
/* Ends all, without further events; `closed` (may be NULL) comes from the loop when nothing of it is left there. NULL is fine: `closed` is
 * called at once. */
void conn_free(struct conn *c, void (*closed)(void *ctx), void *ctx);

/* The one quoting function: adds `s` as one word of a POSIX shell. */
struct buf;
void shell_quote(struct buf *out, const char *s);
/* Adds a command line that runs `script` in sh, for a login shell that nobody knows: its one quoted word holds nothing that sh, csh or fish
 * take differently. */
void shell_wrap(struct buf *out, const char *script);

#endif
