/* spawn: starts one program in a process group of its own, without copying the caller's memory. It
 * neither waits nor reads: for proc, and for who needs a child's stdin or its output as it comes.
 */
#ifndef COMMON_SPAWN_H
#define COMMON_SPAWN_H

#include <sys/types.h>

struct error;

/* Lets SIGCHLD through: whoever started us may have left it blocked, and then no child would ever seem to end. */
void spawn_unblock_sigchld(void);
/* The program's path, free() it: a name with a slash as it is, else from the absolute directories of envp's PATH. NULL when none has it. */
char *spawn_find(const char *name, char *const *envp);

struct spawn {
	char *const *argv;
	char *const *envp;
	const char *cwd; /* NULL: ours */
	int fds[3]; /* become 0, 1 and 2; each above 2 */
};

/* A pipe with CLOEXEC, both ends above 2, so that the child can put each in its place without treading
 * on another. -1 and errno. */
int spawn_pipe(int fds[2]);
/* The same for one descriptor, which it takes and may close. Passes -1 on. */
int spawn_above_stdio(int fd);
/* The child's pid, or -1 and err when it cannot be executed. */
pid_t spawn_start(const struct spawn *s, struct error *err);

#endif
