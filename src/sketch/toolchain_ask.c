/* toolchain_ask: runs one question to a compiler and waits for the answer. Only for programs that answer at once: there is a
 * deadline, and a ceiling on what they may say. No shell, nothing on stdin, messages in English.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/tool_env.h"
#include "sketch/toolchain_internal.h"

#define DEADLINE_MS 20000
#define MAX_ANSWER ((size_t)4 << 20)

struct pipes {
	int read[2]; /* of stdout, stderr; -1 closed */
	int write[2];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool open_pipes(struct pipes *p)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}};
	for (int i = 0; i < 2; i++) {
		int fd[2];
		if (pipe2(fd, O_CLOEXEC) < 0)
			return false;
		p->read[i] = fd[0];
		p->write[i] = fd[1];
	}
	return true;
}

static void close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->read[i]);
		close_fd(&p->write[i]);
	}
}

static int start(const struct strv *argv, const struct pipes *p, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, pipe_signal;
	struct strv env = STRV_INIT;
	tool_env(&env, false);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, p->write[0], 1);
	posix_spawn_file_actions_adddup2(&actions, p->write[1], 2);
	sigemptyset(&none);
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipe_signal);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int r = posix_spawn(pid, argv->v[0], &actions, &attr, argv->v, env.v);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	strv_release(&env);
	return r;
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False when it said too much. */
static bool take(int *fd, struct buf *to, size_t *total)
{
	char chunk[8192];
	ssize_t n = read(*fd, chunk, sizeof chunk);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		close_fd(fd);
		return true;
	}
	*total += (size_t)n;
	if (to)
		buf_add(to, chunk, (size_t)n);
	return *total <= MAX_ANSWER;
}

static bool drain(struct pipes *p, struct buf *out, struct buf *messages)
{
	struct buf *to[2] = {out, messages};
	long end = now_ms() + DEADLINE_MS;
	size_t total = 0;
	while (p->read[0] >= 0 || p->read[1] >= 0) {
		struct pollfd fds[2] = {
			{.fd = p->read[0], .events = POLLIN}, {.fd = p->read[1], .events = POLLIN}};
		long left = end - now_ms();
		if (left <= 0)
			return false;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++)
			if (p->read[i] >= 0 && fds[i].revents && !take(&p->read[i], to[i], &total))
				return false;
	}
	return true;
}

int toolchain_ask(const struct strv *argv, struct buf *out, struct buf *messages)
{
	struct pipes p;
	pid_t pid;
	int status = -1;
	if (!open_pipes(&p) || start(argv, &p, &pid)) {
		close_pipes(&p);
		return -1;
	}
	close_fd(&p.write[0]);
	close_fd(&p.write[1]);
	bool good = drain(&p, out, messages);
	if (!good)
		kill(-pid, SIGKILL);
	close_pipes(&p);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return good && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
