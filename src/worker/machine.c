/* machine: reads the scheduler's and the control group's limits. */
#include "worker/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include "common/buf.h"
#include "common/fs.h"

/* The quota of our own cgroup (v2), in cores rounded up; 0 none. */
static int cgroup_quota(void)
{
	struct buf b = BUF_INIT;
	char path[1024] = "/sys/fs/cgroup/cpu.max";
	long long quota, period;
	int cores = 0;
	if (fs_read("/proc/self/cgroup", 0, &b, NULL) == 0) {
		const char *own = strstr(buf_str(&b), "0::");
		if (own)
			snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/cpu.max",
				(int)strcspn(own + 3, "\n"), own + 3);
	}
	buf_clear(&b);
	if (fs_read(path, 4096, &b, NULL) == 0 &&
		sscanf(buf_str(&b), "%lld %lld", &quota, &period) == 2 && period > 0)
		cores = (int)((quota + period - 1) / period);
	buf_release(&b);
	return cores;
}

int machine_threads(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	int quota = cgroup_quota();
	if (quota > 0 && quota < n)
		n = quota;
	return n > 0 ? n : 1;
}
