/* Tests of common/proc, on real programs: /bin/sh, and this program itself as "--report". */
#include "common/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/error.h"
#include "tap.h"

static uv_loop_t loop;
static struct procs *ps;
static struct error err;
static char self[4096];

struct outcome {
	int calls;
	struct proc_result r; /* the buffers are copies */
	char out[4096], err[80 << 10];
	struct proc *p;
};

static void copy(char *to, size_t size, const struct buf *b)
{
	snprintf(to, size, "%s", buf_str(b));
}

static void on_done(struct proc *p, const struct proc_result *r, void *ctx)
{
	struct outcome *o = ctx;
	o->calls++;
	o->r = *r;
	copy(o->out, sizeof o->out, &r->out);
	copy(o->err, sizeof o->err, &r->err);
	if (o->p != p)
		o->calls += 100;
	proc_kill(p, SIGTERM); /* too late, and harmless */
}

static struct outcome run(struct proc_spec spec)
{
	struct outcome o = {0};
	error_set(&err, "%s", "");
	o.p = proc_start(ps, &spec, on_done, &o, &err);
	uv_run(&loop, UV_RUN_DEFAULT);
	return o;
}

static struct outcome sh(const char *script, struct proc_spec spec)
{
	char shell[] = "/bin/sh", flag[] = "-c", *text = strdup(script);
	char *argv[] = {shell, flag, text, NULL};
	spec.argv = argv;
	struct outcome o = run(spec);
	free(text);
	return o;
}

static double seconds(void)
{
	return (double)uv_hrtime() / 1e9;
}

static bool alive(pid_t pid)
{
	char path[64], state = 'X';
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(f);
	return state != 'Z' && state != 'X';
}

/* Death by a signal takes a moment. */
static bool dies(pid_t pid)
{
	double until = seconds() + 10;
	while (alive(pid) && seconds() < until)
		sched_yield();
	return !alive(pid);
}

static void test_result(void)
{
	struct outcome o = sh("echo out; echo err >&2; exit 3", (struct proc_spec){0});
	is_int(o.calls, 1, "one callback, for the process that was started");
	is_int(o.r.exit_status, 3, "the exit status");
	is_str(o.out, "out\n", "stdout");
	is_str(o.err, "err\n", "stderr");
	ok(!o.r.signal && !o.r.timed_out && !o.r.cut, "nothing else happened");
	ok(o.r.wall > 0 && o.r.wall < 10 && o.r.max_rss > 100, "time and memory");
	o = sh("kill -9 $$", (struct proc_spec){0});
	ok(o.r.exit_status == 137 && o.r.signal == 9, "a signal is as a shell has it");
	o = sh("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done", (struct proc_spec){0});
	ok(o.r.cpu > 0.005 && o.r.cpu <= o.r.wall + 0.1, "CPU time");
	o = sh("sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'; exit 0",
		(struct proc_spec){0});
	ok(o.r.cpu > 0.005, "CPU time of its children");
	o = sh("exec >&- 2>&-; sleep 0.05; exit 4", (struct proc_spec){0});
	is_int(o.r.exit_status, 4, "waited for with its pipes closed early");
	o = sh("cat; echo end", (struct proc_spec){0});
	is_str(o.out, "end\n", "stdin is empty");
}

/* What "--report" prints: pgrp==pid, death signal, signals blocked or ignored, descriptors. */
static int report(void)
{
	int death = 0;
	prctl(PR_GET_PDEATHSIG, &death);
	printf("group=%d death=%d", getpgrp() == getpid(), death);
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction sa;
		sigaction(sig, NULL, &sa);
		if (sigismember(&mask, sig) || sa.sa_handler == SIG_IGN)
			printf(" signal%d", sig);
	}
	printf(" fds");
	DIR *d = opendir("/proc/self/fd");
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			printf(" %s", e->d_name);
	}
	closedir(d);
	char target[64] = "";
	ssize_t n = readlink("/proc/self/fd/0", target, sizeof target - 1);
	printf(" %s\n", n > 0 ? target : "?");
	return 0;
}

static struct outcome run_report(void)
{
	char flag[] = "--report";
	char *argv[] = {self, flag, NULL};
	return run((struct proc_spec){.argv = argv});
}

static void test_inheritance(void)
{
	int leak = dup(1); /* without CLOEXEC */
	sigset_t block, old;
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	struct outcome o = run_report();
	is_str(o.out, "group=1 death=9 fds 0 1 2 /dev/null\n",
		"own group, death signal, default signals, three descriptors");
	sigset_t now;
	sigprocmask(SIG_SETMASK, &old, &now);
	ok(sigismember(&now, SIGTERM) && !sigismember(&now, SIGINT), "our own mask is as before");
	struct sigaction sa;
	sigaction(SIGUSR1, NULL, &sa);
	ok(sa.sa_handler == SIG_IGN, "and so are our handlers");
	signal(SIGUSR1, SIG_DFL);
	ok(fcntl(leak, F_GETFD) == 0, "and our descriptors");
	close(leak);
}

static void test_closed_stdio(void)
{
	fflush(stdout);
	int keep0 = dup(0), keep1 = dup(1), keep2 = dup(2);
	close(0);
	close(1);
	close(2);
	struct outcome o = sh("echo out; echo err >&2; cat", (struct proc_spec){0});
	dup2(keep0, 0);
	dup2(keep1, 1);
	dup2(keep2, 2);
	close(keep0);
	close(keep1);
	close(keep2);
	ok(o.calls == 1 && strcmp(o.out, "out\n") == 0 && strcmp(o.err, "err\n") == 0,
		"works when 0, 1 and 2 are closed here");
}

static void test_environment(void)
{
	char *real = realpath(test_tmpdir(), NULL);
	struct outcome o = sh("pwd", (struct proc_spec){.cwd = real});
	o.out[strcspn(o.out, "\n")] = '\0';
	is_str(o.out, real, "cwd");
	char var[] = "X=1 2", *envp[] = {var, NULL};
	o = sh("echo \"$X\"", (struct proc_spec){.envp = envp});
	is_str(o.out, "1 2\n", "envp");
	setenv("BM_TEST", "ours", 1);
	o = sh("echo \"$BM_TEST\"", (struct proc_spec){0});
	is_str(o.out, "ours\n", "our environment when there is none");
	free(real);
}

/* A program that prints its argument. */
static void make_tool(const char *path)
{
	FILE *f = fopen(path, "we");
	fputs("#!/bin/sh\necho found \"$1\"\n", f);
	fclose(f);
	chmod(path, 0700);
}

static void test_lookup(void)
{
	char path[20000] = "", *envp[] = {path, NULL};
	char tool[] = "tool", relative[] = "./tool", arg[] = "a b\"'$";
	char *argv[] = {tool, arg, NULL};
	ok(chdir(test_tmpdir()) == 0, "in a directory of our own");
	mkdir("bin", 0700);
	mkdir("dir", 0700);
	mkdir("dir/tool", 0700);
	make_tool("bin/tool");

	struct proc_spec spec = {.argv = argv, .envp = envp};
	snprintf(path, sizeof path, "PATH=:/nonexistent:%s/bin", test_tmpdir());
	struct outcome o = run(spec);
	is_str(o.out, "found a b\"'$\n", "PATH of envp, and an argument as it is");
	snprintf(path, sizeof path, "PATH=%s/dir:%s/bin", test_tmpdir(), test_tmpdir());
	o = run(spec);
	is_str(o.out, "found a b\"'$\n", "a directory of the name is passed over");
	spec.envp = NULL;
	o = run(spec);
	ok(!o.p && strstr(err.text, "'tool': not found in PATH"), "not found in ours");
	spec.envp = envp;
	ok(chdir("bin") == 0, "beside the program");
	strcpy(path, "PATH=:.:../bin:");
	o = run(spec);
	ok(!o.p && strstr(err.text, "not found in PATH"), "PATH never means the current directory");
	ok(chdir("/") == 0, "elsewhere");
	argv[0] = relative;
	snprintf(path, sizeof path, "%s/bin", test_tmpdir());
	o = run((struct proc_spec){.argv = argv, .cwd = path});
	is_str(o.out, "found a b\"'$\n", "a relative program is against cwd");
}

static struct outcome fails(const char *program, struct proc_spec spec)
{
	char *name = strdup(program), *argv[] = {name, NULL};
	spec.argv = argv;
	struct outcome o = run(spec);
	ok(!o.p && o.calls == 0, "cannot be started: %s", err.text);
	free(name);
	return o;
}

static void test_failures(void)
{
	char path[8192];
	unsigned long before = procs_started(ps);
	fails("/nonexistent/prog", (struct proc_spec){0});
	is_str(err.text, "cannot run '/nonexistent/prog': No such file or directory",
		"no such file");
	fails("", (struct proc_spec){0});
	fails("/bin", (struct proc_spec){0});
	fails("/bin/sh", (struct proc_spec){.cwd = "/nonexistent"});
	is_str(err.text,
		"cannot run '/bin/sh': cannot enter '/nonexistent': No such file or directory",
		"no such cwd");
	snprintf(path, sizeof path, "%s/plain", test_tmpdir());
	FILE *f = fopen(path, "we");
	fputs("#!/nonexistent/interpreter\n", f);
	fclose(f);
	fails(path, (struct proc_spec){0});
	ok(strstr(err.text, "Permission denied"), "not executable");
	chmod(path, 0700);
	fails(path, (struct proc_spec){0});
	ok(strstr(err.text, "interpreter or loader is missing"), "no interpreter");
	f = fopen(path, "we");
	fputs("echo no shell\n", f);
	fclose(f);
	fails(path, (struct proc_spec){0});
	ok(strstr(err.text, "Exec format error"), "text is not given to a shell");
	is_int((long long)(procs_started(ps) - before), 0, "none of them counts as started");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "and none is left over");
}

static void test_output(void)
{
	struct outcome o = sh(
		"head -c 3000000 /dev/zero | tr '\\0' x", (struct proc_spec){.max_output = 1000});
	ok(o.r.out.len == 1000, "the first bytes up to the ceiling");
	ok(o.r.cut && o.r.exit_status == 0, "cut, but read to the end");
	o = sh("seq 100000 199999 >&2; echo at last >&2", (struct proc_spec){.max_output = 700});
	ok(o.r.cut && o.r.err.len > 700 && o.r.err.len <= 700 + 64 + (64 << 10),
		"stderr: the last lines too");
	ok(!strncmp(o.err + 693, "100099\n\n[", 9), "after the first ones, and a mark");
	const char *mark = strstr(o.err, " bytes are left out here]\n1");
	ok(mark && !strcmp(o.err + o.r.err.len - 8, "at last\n"), "up to the end");
	long long lost = atoll(o.err + 702);
	const char *rest = mark ? strchr(mark, '\n') + 1 : "";
	is_int(700 + lost + (long long)strlen(rest), 700008, "what is left out is counted");
	/* As many bytes as the tail holds twice, behind the ceiling: it is cut to its own size as the last byte comes. */
	o = sh("printf 'x%.0s' $(seq 7) >&2; yes 123456 | head -c 131072 >&2",
		(struct proc_spec){.max_output = 7});
	ok(strstr(o.err, " bytes are left out here]\n123456\n"),
		"whole lines, wherever it was cut");
	o = sh("printf 12345", (struct proc_spec){.max_output = 5});
	ok(o.r.out.len == 5 && !o.r.cut, "exactly the ceiling is not cut");
	o = sh("head -c 3000000 /dev/zero", (struct proc_spec){0});
	ok(o.r.out.len == 3000000 && !o.r.cut, "3 MB by default");
	o = sh("head -c 17000000 /dev/zero", (struct proc_spec){0});
	ok(o.r.out.len == 16 << 20 && o.r.cut, "no more than 16 MiB");
}

static void test_timeout(void)
{
	double start = seconds();
	struct outcome o =
		sh("echo $$; sh -c 'echo $$; sleep 60'; :", (struct proc_spec){.timeout = 0.4});
	double took = seconds() - start;
	ok(o.r.timed_out && o.r.signal == SIGKILL && o.r.exit_status == 137, "killed for its time");
	ok(took >= 0.4 && took < 10 && o.r.wall >= 0.4, "not before, and soon after");
	char *end;
	pid_t first = (pid_t)strtol(o.out, &end, 10), second = (pid_t)strtol(end, NULL, 10);
	ok(first > 0 && dies(first) && second > 0 && dies(second), "with its children");
	o = sh("trap '' TERM INT; sleep 60; sleep 60", (struct proc_spec){.timeout = 0.1});
	ok(o.r.timed_out, "one that ignores signals too");
	o = sh("sleep 0.1", (struct proc_spec){.timeout = 20});
	ok(!o.r.timed_out && o.r.exit_status == 0, "not one that is in time");
	o = sh("exec >&- 2>&-; sleep 60", (struct proc_spec){.timeout = 0.1});
	ok(o.r.timed_out, "nor does a closed pipe save it");
}

static void test_grandchild(void)
{
	double start = seconds();
	struct outcome o = sh("sleep 60 & echo $!; exit 5", (struct proc_spec){0});
	double took = seconds() - start;
	ok(o.calls == 1 && o.r.exit_status == 5, "a child that leaves one behind");
	ok(took >= 0.15 && took < 5, "is waited for a little");
	ok(took - o.r.wall > 0.15, "which does not count as its time");
	ok(dies(atoi(o.out)), "and the grandchild is killed");
	o = sh("(sleep 0.01; echo late) & exit 0", (struct proc_spec){0});
	is_str(o.out, "late\n", "what comes within that time is kept");
	o = sh("while :; do echo flood; done & exit 6", (struct proc_spec){.max_output = 100});
	ok(o.r.exit_status == 6 && o.r.out.len == 100, "a flood from one left behind ends too");
	o = sh("setsid sh -c 'echo $$; : >gone; sleep 60' & until [ -e gone ]; do :; done; exit 7",
		(struct proc_spec){.cwd = test_tmpdir()});
	is_int(o.r.exit_status, 7, "one that left the group does not hold us up");
	pid_t escaped = atoi(o.out);
	if (ok(escaped > 0, "it told its number"))
		kill(escaped, SIGKILL);
	o = sh("sleep 60 >/dev/null 2>&1 & echo $!; exit 0", (struct proc_spec){0});
	ok(dies(atoi(o.out)), "one that holds no pipe is killed as well");
}

static void kill_it(uv_timer_t *t)
{
	proc_kill(t->data, SIGTERM);
	uv_close((uv_handle_t *)t, NULL);
}

static void test_kill(void)
{
	char shell[] = "/bin/sh", flag[] = "-c", text[] = "sleep 60 & echo $!; wait";
	char *argv[] = {shell, flag, text, NULL};
	struct proc_spec spec = {.argv = argv};
	struct outcome o = {0};
	uv_timer_t timer;
	o.p = proc_start(ps, &spec, on_done, &o, &err);
	uv_timer_init(&loop, &timer);
	timer.data = o.p;
	uv_timer_start(&timer, kill_it, 100, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(o.calls == 1 && o.r.signal == SIGTERM && o.r.exit_status == 143, "proc_kill");
	ok(!o.r.timed_out && dies(atoi(o.out)), "reaches the group");
}

/* A chain and a fan: each end starts another while some are left. */
static struct {
	int left, running, most, done;
} many;

static void on_many(struct proc *p, const struct proc_result *r, void *ctx);

static void start_many(void)
{
	char name[] = "true", *argv[] = {name, NULL};
	struct proc_spec spec = {.argv = argv, .timeout = 60};
	if (proc_start(ps, &spec, on_many, &many, &err)) {
		many.running++;
		many.left--;
	}
	if (many.running > many.most)
		many.most = many.running;
}

static void on_many(struct proc *p, const struct proc_result *r, void *ctx)
{
	(void)p;
	(void)ctx;
	many.running--;
	many.done += r->exit_status == 0;
	if (many.left > 0)
		start_many();
}

static int count_fds(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_many(void)
{
	int fds = count_fds();
	unsigned long before = procs_started(ps);
	many.left = 200;
	for (int i = 0; i < 20; i++)
		start_many();
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(many.done == 200 && many.running == 0 && many.most == 20, "200 children, 20 at a time");
	is_int((long long)(procs_started(ps) - before), 200, "are counted");
	is_int(count_fds(), fds, "no descriptor stays open");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no zombie stays");
}

static void test_strangers(void)
{
	pid_t stranger = fork();
	if (stranger == 0)
		_exit(42);
	struct outcome o = sh("sleep 0.1", (struct proc_spec){0});
	int status = 0;
	ok(o.calls == 1 && waitpid(stranger, &status, 0) == stranger && WEXITSTATUS(status) == 42,
		"children of others are left to them");
}

static void test_idle(void)
{
	double start = seconds();
	is_int(uv_run(&loop, UV_RUN_DEFAULT), 0, "without a child the loop does not wait");
	ok(seconds() - start < 5, "at all");
}

static void free_all(struct proc *p, const struct proc_result *r, void *ctx)
{
	int *calls = ctx;
	(void)p;
	(void)r;
	++*calls;
	procs_free(ps);
	ps = NULL;
}

static void test_free(void)
{
	char shell[] = "/bin/sh", flag[] = "-c", quick[] = "exit 0", slow[] = "sleep 60 & wait";
	char *quick_argv[] = {shell, flag, quick, NULL}, *slow_argv[] = {shell, flag, slow, NULL};
	struct proc_spec spec = {.argv = slow_argv, .timeout = 100};
	int calls = 0;
	for (int i = 0; i < 5; i++)
		proc_start(ps, &spec, free_all, &calls, &err);
	spec.argv = quick_argv;
	for (int i = 0; i < 3; i++)
		proc_start(ps, &spec, free_all, &calls, &err);
	double start = seconds();
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(calls, 1, "procs_free in a callback: no other callback comes");
	ok(seconds() - start < 10, "nothing is waited for");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "all are dead and reaped");
	is_int(uv_loop_close(&loop), 0, "no handle stays");
	procs_free(NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--report") == 0)
		return report();
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	uv_loop_init(&loop);
	ps = procs_new(&loop, &err);
	if (!ok(ps, "procs_new"))
		return done_testing();
	test_result();
	test_inheritance();
	test_closed_stdio();
	test_environment();
	test_lookup();
	test_failures();
	test_output();
	test_timeout();
	test_grandchild();
	test_kill();
	test_many();
	test_strangers();
	test_idle();
	test_free();
	return done_testing();
}
