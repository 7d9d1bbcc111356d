/* Directories of our control group, on made-up machines. */
#include "common/cgroup.h"

#include "common/strv.h"
#include "unit/store_util.h"

static void are(const char *own, const char *controller, const char *want)
{
	struct strv dirs = STRV_INIT;
	struct buf b = BUF_INIT;
	put("proc/self/cgroup", own);
	cgroup_dirs(test_tmpdir(), controller, &dirs);
	for (size_t i = 0; i < dirs.n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", dirs.v[i] + strlen(at("sys/fs")));
	is_str(buf_str(&b), want, *own ? own : "an empty file");
	buf_release(&b);
	strv_release(&dirs);
}

int main(void)
{
	struct strv dirs = STRV_INIT;
	are("0::/a.slice/b.scope\n", "cpu", "/cgroup/a.slice/b.scope /cgroup/a.slice /cgroup");
	are("0::/\n", "cpu", "/cgroup");
	are("0::/../../else\n", "memory", "/cgroup");
	are("5:memory:/m/n\n4:cpu,cpuacct:/docker/a:b\n1:name=systemd:/s\n0::/x\n", "cpu",
		"/cgroup/cpu/docker/a:b /cgroup/cpu/docker /cgroup/cpu /cgroup/x /cgroup");
	are("5:memory:/m/n\n4:cpu,cpuacct:/d\n", "memory",
		"/cgroup/memory/m/n /cgroup/memory/m /cgroup/memory");
	are("3:cpuset:/\n1:cpuacct:/\n", "cpu", "");
	are("nonsense\n:\n\n", "cpu", "");
	are("", "cpu", "");
	cgroup_dirs(at("none"), "cpu", &dirs);
	ok(dirs.n == 1 && !strcmp(dirs.v[0], at("none/sys/fs/cgroup")), "no /proc: the top");
	strv_release(&dirs);
	return done_testing();
}
