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
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

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

static void lower(int *least, int n)
{
	if (n > 0 && (!*least || n < *least))
		*least = n;
}

/* Of a group and of all above it, up to `top`. Those that are not there have none: a container may see its own as the top. */
static int walk_up(const char *top, const char *group, int (*read)(const char *dir))
{
	int least = 0;
	size_t top_len = strlen(top);
	char *dir = strstr(group, "/..") ? xstrdup(top) : xasprintf("%s%s", top, group);
	for (size_t len = strlen(dir); len >= top_len; len--) {
		if (dir[len] && dir[len] != '/')
			continue;
		dir[len] = '\0';
		lower(&least, read(dir));
	}
	free(dir);
	return least;
}

/* `controllers` as in /proc/self/cgroup: names with commas, none for version 2. */
static int group_quota(const char *root, const char *controllers, const char *group)
{
	struct strv names = STRV_INIT;
	strv_split(&names, controllers, ",");
	bool is_cpu = strv_contains(&names, "cpu"), is_v2 = names.n == 0;
	strv_release(&names);
	if (!is_cpu && !is_v2)
		return 0;
	char *top = xasprintf("%s/sys/fs/cgroup%s", root, is_v2 ? "" : "/cpu");
	int n = walk_up(top, group, is_v2 ? read_v2 : read_v1);
	free(top);
	return n;
}

int machine_quota(const char *root)
{
	struct buf b = BUF_INIT;
	int least = 0;
	char *path = xasprintf("%s/proc/self/cgroup", root);
	if (fs_read(path, 0, &b, NULL) < 0)
		buf_addstr(&b, "0::/\n");
	char *text = buf_detach(&b), *rest = text, *line;
	while ((line = strsep(&rest, "\n"))) {
		strsep(&line, ":");
		const char *controllers = strsep(&line, ":");
		if (line)
			lower(&least, group_quota(root, controllers, line));
	}
	free(path);
	free(text);
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
