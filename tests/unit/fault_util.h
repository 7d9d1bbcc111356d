/* fault_util: real compilers in a bad place: a command is run to its end, with limits, and with one of its programs killed on the way; and
 * what fault_of makes of it.
 */
#ifndef UNIT_FAULT_UTIL_H
#define UNIT_FAULT_UTIL_H

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "common/proc.h"
#include "common/strv.h"
#include "sketch/fault.h"
#include "unit/store_util.h"

struct trial {
	const char *kills; /* the name of a program that is killed as soon as it runs; NULL none */
	size_t memory; /* bytes of address space; 0 as many as there are */
	int status; /* of the command, as a shell has it */
	char *err, *fault;
};

TAP_FN void trial_release(struct trial *t)
{
	free(t->err);
	free(t->fault);
	t->err = t->fault = NULL;
}

/* Its name and parent; false when it is gone. */
TAP_FN bool process_of(pid_t pid, char name[32], pid_t *parent)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	bool good = f && fgets(line, sizeof line, f);
	if (f)
		fclose(f);
	return good && sscanf(line, "%*d (%31[^)]) %*c %d", name, parent) == 2;
}

TAP_FN bool is_ours(pid_t pid)
{
	char name[32];
	while (pid > 1 && pid != getpid())
		if (!process_of(pid, name, &pid))
			return false;
	return pid == getpid();
}

/* A descendant of that name; 0 none. */
TAP_FN pid_t find_process(const char *wanted)
{
	DIR *d = opendir("/proc");
	pid_t found = 0, parent;
	char name[32];
	for (struct dirent *e; d && !found && (e = readdir(d));) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid > 0 && process_of(pid, name, &parent) && !strcmp(name, wanted) &&
			is_ours(pid))
			found = pid;
	}
	if (d)
		closedir(d);
	return found;
}

TAP_FN void trial_child(const struct trial *t, const struct strv *argv)
{
	struct rlimit most = {t->memory, t->memory};
	int fd = open(at("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	setenv("LC_ALL", "C", 1);
	dup2(fd, 2);
	if (t->memory)
		setrlimit(RLIMIT_AS, &most);
	execvp(argv->v[0], argv->v);
	_exit(127);
}

/* `command` is split at spaces, and runs in the test's directory. */
TAP_FN void try(struct trial *t, const char *command)
{
	struct strv argv = STRV_INIT;
	struct proc_result r = {0};
	int status = 0;
	strv_split(&argv, command, " ");
	fflush(stdout);
	pid_t pid = fork(), victim = 0;
	must(pid >= 0, "fork");
	if (pid == 0)
		trial_child(t, &argv);
	for (int i = 0; t->kills && !victim && i < 1000; i++) {
		victim = find_process(t->kills);
		if (victim)
			kill(victim, SIGKILL);
		usleep(10000);
	}
	if (t->kills && !victim)
		kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	r.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	r.exit_status = r.signal ? 128 + r.signal : WEXITSTATUS(status);
	t->status = r.exit_status;
	t->err = slurp(at("err"));
	buf_addstr(&r.err, t->err);
	t->fault = fault_of(&argv, &r, false);
	buf_release(&r.err);
	strv_release(&argv);
}

TAP_FN bool has_program(const char *name)
{
	char *command = xasprintf("command -v %s >/dev/null", name);
	bool has = system(command) == 0; /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
	free(command);
	return has;
}

#endif
