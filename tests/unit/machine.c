/* The worker's count of threads against what the scheduler says. */
#include "worker/machine.h"

#include <sched.h>
#include "unit/tap.h"

int main(void)
{
	cpu_set_t all, one;
	int n = machine_threads();
	if (sched_getaffinity(0, sizeof all, &all) < 0) {
		printf("1..0 # SKIP no affinity here\n");
		return 0;
	}
	ok(n >= 1, "at least one");
	ok(n <= CPU_COUNT(&all), "at most what the affinity mask has (%d of %d)", n,
		CPU_COUNT(&all));
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_SET(i, &one);
		break;
	}
	sched_setaffinity(0, sizeof one, &one);
	is_int(machine_threads(), 1, "one core in the mask is one thread");
	return done_testing();
}
