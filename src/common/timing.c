/* timing: see timing.h. A divisor out of range counts as the nearest in range, one that is no number as 1.
 */
#include "common/timing.h"

#include <stdlib.h>

static const unsigned table[TIMING_COUNT] = {
	[TIMING_TICK] = 100,
	[TIMING_STATUS] = 30000,
	[TIMING_KILL] = 5000,
	[TIMING_ANSWER] = 60000,
	[TIMING_CONNECT] = 10000,
	[TIMING_AUTH] = 20000,
	[TIMING_PROBE] = 10000,
	[TIMING_STALL] = 30000,
	[TIMING_CHECKOUT] = 300000,
	[TIMING_PING] = 3000,
	[TIMING_SILENCE] = 9000,
	[TIMING_ORPHAN] = 30000,
	[TIMING_GRACE] = 3000,
	[TIMING_AGREED] = 1000,
	[TIMING_RETRY_FIRST] = 2000,
	[TIMING_RETRY_SECOND] = 5000,
	[TIMING_RETRY_THIRD] = 15000,
	[TIMING_RETRY] = 30000,
	[TIMING_REPROBE] = 60000,
	[TIMING_SLOT] = 20,
	[TIMING_QUARANTINE] = 24 * 3600 * 1000,
};

static unsigned divisor(void)
{
	const char *text = getenv("BOARDMAN_TIME_DIVISOR");
	long n = text ? strtol(text, NULL, 10) : 1;
	return n < 1 ? 1 : n > 50 ? 50 : (unsigned)n;
}

unsigned timing_ms(enum timing t)
{
	unsigned ms = table[t] / divisor();
	return ms ? ms : 1;
}
