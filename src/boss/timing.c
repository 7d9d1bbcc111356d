/* timing: see timing.h. A divisor out of range counts as the nearest in range, one that is no number as 1.
 */
#include "boss/timing.h"

#include <stdlib.h>

static const unsigned table[TIMING_COUNT] = {
	[TIMING_TICK] = 100,
	[TIMING_STATUS] = 30000,
	[TIMING_KILL] = 5000,
	[TIMING_ANSWER] = 60000,
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
