/* killat: usage: killat N FILE PROGRAM ARG…
 * Runs a program, and kills it just before the Nth system call by which it or a thread of it would change what others see: a file, a
 * directory, a pipe. Processes that it starts are left alone. 0 kills nothing. FILE tells at any time how many such calls there were. The status
 * is the program's, 137 when it was killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Older ones are missing on newer machines. */
static const long changing[] = {
#ifdef SYS_rename
	SYS_rename,
	SYS_unlink,
	SYS_mkdir,
	SYS_rmdir,
	SYS_link,
	SYS_symlink,
#endif
	SYS_renameat2,
	SYS_unlinkat,
	SYS_mkdirat,
	SYS_linkat,
	SYS_symlinkat,
	SYS_ftruncate,
	SYS_write,
	SYS_writev,
	SYS_pwrite64,
	SYS_copy_file_range,
};

static const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

static void die(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(99);
}

static bool changes_something(const struct ptrace_syscall_info *call)
{
	if (call->op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	if (call->entry.nr == SYS_openat)
		return call->entry.args[2] & (O_CREAT | O_TRUNC);
	for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
		if (call->entry.nr == (unsigned long)changing[i])
			return true;
	return false;
}

/* Whether the thread, which has stopped at a call, is about to change something. */
static bool is_change(pid_t thread)
{
	struct ptrace_syscall_info call;
	long n = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof call, &call);
	return n > (long)offsetof(struct ptrace_syscall_info, entry.args) &&
	       changes_something(&call);
}

/* What the thread gets when it goes on: signals are passed to it, stops of the tracing are not. */
static int signal_of(int status)
{
	int sig = WSTOPSIG(status);
	return sig == (SIGTRAP | 0x80) || status >> 16 ? 0 : sig;
}

static pid_t start(char *const *argv)
{
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		raise(SIGSTOP); /* until it is traced */
		execvp(argv[0], argv);
		die(argv[0]);
	}
	int status;
	if (waitpid(child, &status, WUNTRACED) < 0 || ptrace(PTRACE_SEIZE, child, 0, options) < 0)
		die("cannot trace");
	kill(child, SIGCONT);
	return child;
}

static void tell(int fd, long n)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", n);
	if (pwrite(fd, text, (size_t)len, 0) != len)
		die("cannot tell");
}

/* Until the program's end: its status as a shell has it. */
static int watch(pid_t child, long at, int count)
{
	for (long n = 0;;) {
		int status;
		pid_t thread = waitpid(-1, &status, __WALL);
		if (thread < 0 && errno != EINTR)
			die("wait");
		if (thread == child && WIFEXITED(status))
			return WEXITSTATUS(status);
		if (thread == child && WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (thread < 0 || !WIFSTOPPED(status))
			continue;
		bool change = WSTOPSIG(status) == (SIGTRAP | 0x80) && is_change(thread);
		if (change)
			tell(count, ++n);
		if (change && n == at)
			kill(child, SIGKILL);
		else
			ptrace(PTRACE_SYSCALL, thread, 0, signal_of(status));
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: killat N FILE PROGRAM ARG...\n");
		return 99;
	}
	int count = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (count < 0)
		die(argv[2]);
	return watch(start(argv + 3), atol(argv[1]), count);
}
