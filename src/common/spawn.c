/* spawn: see spawn.h. The child of vfork borrows our memory until it executes, so everything that
 * allocates or can be slow is done before, and the child makes system calls only. It refuses to look
 * for programs in directories of PATH that are not absolute.
 */
#include "common/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define EXIT_NOT_EXECUTED 127
#define MAX_FDS 65536

/* Why a program was not executed. */
struct reason {
	int error; /* errno */
	int at_cwd; /* it could not even enter the directory */
};

struct request {
	const struct spawn *s;
	const char *program;
	pid_t parent;
	int tell; /* takes a struct reason; execution closes it */
};

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static const char *path_of(char *const *envp)
{
	for (; *envp; envp++) {
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	}
	return DEFAULT_PATH;
}

char *spawn_find(const char *name, char *const *envp)
{
	if (strchr(name, '/'))
		return xstrdup(name);
	struct buf path = BUF_INIT;
	const char *dir = path_of(envp);
	while (*name) {
		size_t len = strcspn(dir, ":");
		if (dir[0] == '/') {
			buf_clear(&path);
			buf_add(&path, dir, len);
			buf_addch(&path, '/');
			buf_addstr(&path, name);
			if (is_program(path.data))
				return buf_detach(&path);
		}
		if (!dir[len])
			break;
		dir += len + 1;
	}
	buf_release(&path);
	return NULL;
}

static void close_others_on_exec(void)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	/* A kernel before 5.11. */
	long max = sysconf(_SC_OPEN_MAX);
	for (int fd = 3; fd < (max > 0 && max < MAX_FDS ? max : MAX_FDS); fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void default_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t none;
	/* All of them, and before any is let through: our handlers must not run on borrowed memory. */
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void fail(const struct request *r, bool at_cwd)
{
	struct reason why = {.error = errno, .at_cwd = at_cwd};
	ssize_t n = write(r->tell, &why, sizeof why);
	(void)n;
	_exit(EXIT_NOT_EXECUTED);
}

/* Runs in the child, on our memory: no allocation, no stdio, no lock. */
static _Noreturn void child(const struct request *r)
{
	const struct spawn *s = r->s;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Death before the line above sends no signal. */
	if (getppid() != r->parent)
		_exit(EXIT_NOT_EXECUTED);
	default_signals();
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(s->fds[fd], fd) < 0)
			fail(r, false);
	}
	close_others_on_exec();
	if (s->cwd && chdir(s->cwd) < 0)
		fail(r, true);
	execve(r->program, s->argv, s->envp);
	fail(r, false);
}

/* A function of its own, since the child uses the frame of the one that calls vfork. */
static __attribute__((noinline)) pid_t borrow_and_run(const struct request *r)
{
	pid_t pid = vfork();
	if (pid == 0)
		child(r);
	return pid;
}

static void describe(const struct request *r, const struct reason *why, struct error *err)
{
	const char *name = r->program;
	errno = why->error;
	if (why->at_cwd)
		error_errno(err, "cannot run '%s': cannot enter '%s'", name, r->s->cwd);
	else if (why->error == ENOENT && name[0] == '/' && access(name, F_OK) == 0)
		error_set(err,
			"cannot run '%s': its interpreter or loader is missing; cure: install what "
			"'file' or its first line names, for this architecture",
			name);
	else
		error_errno(err, "cannot run '%s'", name);
}

/* With all signals blocked, since a handler of ours must not run in the child. */
static pid_t run_blocked(const struct request *r)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t pid = borrow_and_run(r);
	int reason = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = reason;
	return pid;
}

/* Takes `tell` in `r`; `told` is its other end. */
static pid_t run(struct request *r, int told, struct error *err)
{
	struct reason why;
	ssize_t n;
	pid_t pid = run_blocked(r);
	if (pid < 0)
		error_errno(err, "cannot start a process for '%s'", r->program);
	close(r->tell);
	if (pid < 0)
		return -1;
	/* Memory that is borrowed could carry the reason as well, but not where a tool that watches us
	 * turns vfork into fork. */
	do
		n = read(told, &why, sizeof why);
	while (n < 0 && errno == EINTR);
	if (n != sizeof why)
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	describe(r, &why, err);
	return -1;
}

void spawn_unblock_sigchld(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int spawn_above_stdio(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return high;
}

int spawn_pipe(int fds[2])
{
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	pair[0] = spawn_above_stdio(pair[0]);
	pair[1] = spawn_above_stdio(pair[1]);
	if (pair[0] >= 0 && pair[1] >= 0) {
		memcpy(fds, pair, sizeof pair);
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
	}
	return -1;
}

pid_t spawn_start(const struct spawn *s, struct error *err)
{
	int fds[2];
	char *program = spawn_find(s->argv[0], s->envp);
	if (!program)
		return error_set(err, "cannot run '%s': not found in PATH", s->argv[0]);
	pid_t pid = -1;
	if (spawn_pipe(fds) < 0) {
		error_errno(err, "cannot make a pipe for '%s'", program);
	} else {
		struct request r = {.s = s, .program = program, .parent = getpid(), .tell = fds[1]};
		pid = run(&r, fds[0], err);
		close(fds[0]);
	}
	free(program);
	return pid;
}
