/* The worker's count of threads against what the scheduler says, and quotas of made-up control groups. */
#include "worker/machine.h"

#include <sched.h>
#include "unit/store_util.h"

#define V2 "sys/fs/cgroup/"
#define V1 "sys/fs/cgroup/cpu/"

/* Each machine begins anew: its groups, and in which we are. */
static void machine(const char *own)
{
	must(fs_remove_tree(at("root"), NULL) == 0, "remove");
	put("root/proc/self/cgroup", own);
}

static void set(const char *name, const char *text)
{
	char *path = xasprintf("root/%s", name);
	put(path, text);
	free(path);
}

static void is_quota(int want, const char *name)
{
	is_int(machine_quota(at("root")), want, name);
}

static void version_2(void)
{
	machine("0::/user.slice/user-7.slice/run.scope\n");
	is_quota(0, "no file, no quota");
	set(V2 "user.slice/user-7.slice/run.scope/cpu.max", "max 100000\n");
	is_quota(0, "max is none");
	set(V2 "user.slice/user-7.slice/run.scope/cpu.max", "600000 100000\n");
	is_quota(6, "our own group's");
	set(V2 "user.slice/cpu.max", "250000 100000\n");
	is_quota(3, "one above it allows less: rounded up");
	set(V2 "user.slice/user-7.slice/cpu.max", "500000 100000\n");
	is_quota(3, "one between them allows more");
	set(V2 "cpu.max", "20000 10000\n");
	is_quota(2, "the top counts, as a container sees itself");
	set(V2 "user.slice/user-7.slice/run.scope/cpu.max", "5000 100000\n");
	is_quota(1, "less than a core is one");
	set(V2 "user.slice/user-7.slice/run.scope/cpu.max", "9223372036854775807 1\n");
	is_quota(2, "a number without sense is none");
	machine("0::/../../else\n");
	set("sys/fs/else/cpu.max", "100000 100000\n");
	set(V2 "cpu.max", "300000 100000\n");
	is_quota(3, "a group outside of what we see: the top alone");
	machine("0::/\n");
	set("sys/fs/cpu.max", "100000 100000\n");
	set("cpu.max", "100000 100000\n");
	is_quota(0, "nothing is read above the top");
	must(unlink(at("root/proc/self/cgroup")) == 0, "unlink");
	set(V2 "cpu.max", "400000 100000\n");
	is_quota(4, "no /proc: the top");
}

static void version_1(void)
{
	machine("12:name=systemd:/x\n9:memory:/m\n4:cpu,cpuacct:/docker/a:b\n2:cpuset:/s\n0::/x\n");
	set(V1 "docker/a:b/cpu.cfs_quota_us", "-1\n");
	set(V1 "docker/a:b/cpu.cfs_period_us", "100000\n");
	is_quota(0, "version 1: -1 is none");
	set(V1 "docker/a:b/cpu.cfs_quota_us", "350000\n");
	is_quota(4, "version 1: our own group's");
	set(V1 "docker/cpu.cfs_quota_us", "150000\n");
	is_quota(4, "version 1: without a period there is none");
	set(V1 "docker/cpu.cfs_period_us", "50000\n");
	is_quota(3, "version 1: one above it");
	set(V1 "m/cpu.cfs_quota_us", "1\n");
	set(V1 "m/cpu.cfs_period_us", "1\n");
	is_quota(3, "version 1: another controller's group is not ours");
	set(V2 "x/cpu.max", "100000 100000\n");
	is_quota(1, "both versions: the smaller");
	machine("3:cpuset:/\n1:cpuacct:/\nnonsense\n:\n");
	set(V1 "cpu.cfs_quota_us", "100000\n");
	set(V1 "cpu.cfs_period_us", "100000\n");
	is_quota(0, "cpuset and cpuacct are not cpu");
}

static void affinity(void)
{
	cpu_set_t all, one;
	int n = machine_threads();
	if (sched_getaffinity(0, sizeof all, &all) < 0) {
		ok(n >= 1, "no affinity here: at least one");
		return;
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
}

static void slots(void)
{
	unsetenv("BOARDMAN_SLOTS");
	ok(machine_slots() >= machine_threads(), "slots for all that we may start");
	setenv("BOARDMAN_SLOTS", "3", 1);
	is_int(machine_slots(), 3, "as many as is said");
	setenv("BOARDMAN_SLOTS", "99999", 1);
	is_int(machine_slots(), 4096, "within reason");
	setenv("BOARDMAN_SLOTS", "none", 1);
	ok(machine_slots() >= machine_threads(), "no number says nothing");
}

int main(void)
{
	slots();
	version_2();
	version_1();
	affinity();
	return done_testing();
}
