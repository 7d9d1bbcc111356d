/* proc: runs programs on a libuv loop. Each gets its own process group, an empty stdin, captured
 * stdout and stderr with a ceiling, PR_SET_PDEATHSIG, and no descriptor but 0, 1, 2. No shell.
 *
 * A child ends with its group: what it leaves behind is killed, after 200 ms when that still holds
 * one of the pipes. The death signal comes when the thread that called proc_start ends.
 *
 * uv_spawn is not used: it forks (slow with a large parent), and gives neither the process group,
 * the death signal nor wait4's resource usage. One uv_signal watcher for SIGCHLD serves all.
 */
#ifndef COMMON_PROC_H
#define COMMON_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
#include "common/buf.h"

struct error;

struct proc_result {
	int exit_status; /* as a shell has it: the code, or 128 + signal */
	int signal; /* 0 unless killed by one */
	bool timed_out; /* killed for its time limit */
	bool cut; /* output went over the ceiling: the rest was dropped, but for the end of stderr */
	struct buf out; /* stdout */
	struct buf err; /* stderr */
	double wall,
		cpu; /* seconds; cpu is user + system of the process and its waited-for children */
	long max_rss; /* KiB */
};

struct proc_spec {
	/* argv[0] with a slash is the program, a relative one against cwd; else it is looked up in the
	 * absolute directories of envp's PATH. */
	char *const *argv;
	char *const *envp; /* NULL: our own environment */
	const char *cwd; /* NULL: ours */
	double timeout; /* seconds, then SIGKILL to the group; 0 none */
	size_t max_output; /* bytes of stdout and of stderr kept; 0: 16 MiB. Of stderr the last lines too, up to 64 KiB, after a line that
			    * tells how much is left out */
};

struct procs; /* all children on one loop */
struct proc; /* one running child */

/* Called once per child, when it was reaped and its pipes are drained or closed. `r` is borrowed. */
typedef void proc_done_fn(struct proc *p, const struct proc_result *r, void *ctx);

struct procs *procs_new(uv_loop_t *loop, struct error *err);
/* Kills what still runs (no callbacks), reaps, and closes; handles are gone after the next loop turn. */
void procs_free(struct procs *ps);
/* How many were started since procs_new. */
unsigned long procs_started(const struct procs *ps);

/* Starts a child. NULL and err when it cannot be executed (no such file, not executable, no memory). Never calls back before it returns. */
struct proc *proc_start(struct procs *ps, const struct proc_spec *spec, proc_done_fn *done,
	void *ctx, struct error *err);
/* Sends `sig` to the child's process group; its callback still comes. */
void proc_kill(struct proc *p, int sig);

#endif
