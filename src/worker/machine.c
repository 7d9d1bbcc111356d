/* machine: reads the scheduler's and the control groups' limits. */
#include "worker/machine.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/cgroup.h"
#include "common/fs.h"
#include "common/strv.h"

#define MAX_SLOTS 4096

/* Cores, rounded up; 0 for no quota. */
static int cores(long long quota, long long period)
{
	if (quota <= 0 || period <= 0 || (quota - 1) / period >= INT_MAX)
		return 0;
	return (int)((quota - 1) / period) + 1;
}

static bool read_text(const char *dir, const char *name, struct buf *out)
{
	char *path = path_join(dir, name);
	buf_clear(out);
	bool good = fs_read(path, 4096, out, NULL) == 0;
	free(path);
	return good;
}

static int read_v2(const char *dir)
{
	struct buf b = BUF_INIT;
	long long quota, period;
	bool set = read_text(dir, "cpu.max", &b) &&
		   sscanf(buf_str(&b), "%lld %lld", &quota, &period) == 2;
	buf_release(&b);
	return set ? cores(quota, period) : 0;
}

static int read_v1(const char *dir)
{
	struct buf b = BUF_INIT;
	long long quota, period;
	bool set = read_text(dir, "cpu.cfs_quota_us", &b) &&
		   sscanf(buf_str(&b), "%lld", &quota) == 1 &&
		   read_text(dir, "cpu.cfs_period_us", &b) &&
		   sscanf(buf_str(&b), "%lld", &period) == 1;
	buf_release(&b);
	return set ? cores(quota, period) : 0;
}

int machine_quota(const char *root)
{
	struct strv dirs = STRV_INIT;
	int least = 0;
	cgroup_dirs(root, "cpu", &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		int v2 = read_v2(dirs.v[i]), n = v2 ? v2 : read_v1(dirs.v[i]);
		if (n > 0 && (!least || n < least))
			least = n;
	}
	strv_release(&dirs);
	return least;
}

int machine_threads(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	int quota = machine_quota("");
	if (quota > 0 && quota < n)
		n = quota;
	return n > 0 ? n : 1;
}

int machine_slots(void)
{
	const char *given = getenv("BOARDMAN_SLOTS");
	long n = given ? strtol(given, NULL, 10) : 0;
	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > MAX_SLOTS ? MAX_SLOTS : (int)n;
}

double machine_load(void)
{
	double load;
	return getloadavg(&load, 1) == 1 ? load : -1;
}

int64_t machine_memory(void)
{
	struct buf b = BUF_INIT;
	int64_t kib = -1;
	if (fs_read("/proc/meminfo", 0, &b, NULL) == 0) {
		const char *line = strstr(buf_str(&b), "MemAvailable:");
		if (line)
			kib = strtoll(line + strlen("MemAvailable:"), NULL, 10);
	}
	buf_release(&b);
	return kib < 0 ? -1 : kib * 1024;
}
