/* timing: every period and deadline of boss and worker, in one table. $BOARDMAN_TIME_DIVISOR (1 to 50) makes them shorter, for tests.
 */
#ifndef COMMON_TIMING_H
#define COMMON_TIMING_H

enum timing {
	TIMING_TICK, /* the live line, and what is looked at now and then */
	TIMING_STATUS, /* a status line at least, off a terminal */
	TIMING_KILL, /* from the first Ctrl-C to going without the workers' answer */
	TIMING_ANSWER, /* a worker's answer to setup and goodbye */
	TIMING_CONNECT, /* resolving a name and connecting, all addresses together */
	TIMING_AUTH, /* handshake and authentication */
	TIMING_PROBE, /* the first script's answer */
	TIMING_STALL, /* a push or a copy that makes no progress */
	TIMING_CHECKOUT, /* a worker's answer to build_prepare */
	TIMING_PING, /* between two pings, and two heartbeats */
	TIMING_SILENCE, /* a worker not heard for so long is lost */
	TIMING_ORPHAN, /* a boss not heard for so long is dead */
	TIMING_GRACE, /* for machines to show their toolchains, before the reference is chosen */
	TIMING_AGREED, /* the same, when all that were seen agree */
	TIMING_RETRY_FIRST, /* to a lost machine: after its first, second, third loss, then each */
	TIMING_RETRY_SECOND,
	TIMING_RETRY_THIRD,
	TIMING_RETRY,
	TIMING_REPROBE, /* a busy or full machine */
	TIMING_SLOT, /* to the next look for a free slot of this machine */
	TIMING_QUARANTINE, /* a machine that was proved wrong gets no jobs */
	TIMING_COUNT
};

/* Milliseconds, at least 1. */
unsigned timing_ms(enum timing t);

#endif
