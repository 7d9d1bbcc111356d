/* timing: every period and deadline of the boss, in one table. $BOARDMAN_TIME_DIVISOR (1 to 50) makes them shorter, for tests.
 */
#ifndef BOSS_TIMING_H
#define BOSS_TIMING_H

enum timing {
	TIMING_TICK, /* the live line, and what is looked at now and then */
	TIMING_STATUS, /* a status line at least, off a terminal */
	TIMING_KILL, /* from the first Ctrl-C to going without the workers' answer */
	TIMING_ANSWER, /* a worker's answer to setup and goodbye */
	TIMING_COUNT
};

/* Milliseconds, at least 1. */
unsigned timing_ms(enum timing t);

#endif
