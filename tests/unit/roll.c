/* The list of workers: who signed is found while it lives, and nobody else who got its number; what the dead left goes. */
#include "worker/roll.h"

#include <signal.h>
#include <sys/wait.h>
#include "unit/store_util.h"

static pid_t start_worker(int *ready)
{
	int fds[2];
	char c;
	must(pipe(fds) == 0, "pipe");
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		struct roll *r = roll_sign(at("dir"), NULL);
		roll_tell(r, "run-1", "anna@desk", NULL);
		must(write(fds[1], "x", 1) == 1, "write");
		for (;;)
			pause();
	}
	must(read(fds[0], &c, 1) == 1, "read");
	*ready = fds[0];
	close(fds[1]);
	return pid;
}

int main(void)
{
	struct error err = ERROR_INIT;
	struct roll_worker *v;
	int fd, status;
	struct roll *own = roll_sign(at("dir"), &err);
	must(own != NULL, err.text);
	is_int((long)roll_list(at("dir"), &v), 0, "a process does not see itself");
	roll_list_free(v, 0);
	pid_t pid = start_worker(&fd);
	size_t n = roll_list(at("dir"), &v);
	is_int((long)n, 1, "another it does");
	ok(n == 1 && v[0].pid == pid, "by its number");
	is_str(n ? v[0].boss : "", "anna@desk", "and by who asked for it");
	roll_list_free(v, n);

	char *record = xasprintf("dir/workers/%ld", (long)pid), *other = slurp(at(record));
	put(record, "{\"pid\":1,\"start\":1}");
	ok(!roll_signal(at("dir"), pid, SIGTERM), "a record of another process: no signal");
	put(record, "not JSON");
	ok(!roll_signal(at("dir"), pid, SIGTERM), "nonsense: no signal");
	char *wrong = xasprintf("{\"pid\":%ld,\"start\":12345}", (long)pid);
	put(record, wrong);
	ok(!roll_signal(at("dir"), pid, SIGTERM), "another start time: no signal");
	is_int(waitpid(pid, &status, WNOHANG), 0, "it still runs");
	put(record, other);
	ok(roll_signal(at("dir"), pid, SIGTERM), "its own record: a signal");
	is_int(waitpid(pid, &status, 0), pid, "it ended");
	char *run = xasprintf("dir/run/%ld/file", (long)pid);
	put(run, "left behind");
	is_int((long)roll_list(at("dir"), &v), 0, "the dead are not listed");
	roll_list_free(v, 0);
	roll_sweep(at("dir"));
	ok(!fs_exists(at(record)) && !fs_exists(at(run)), "what they left is swept away");
	char *mine = xasprintf("dir/workers/%ld", (long)getpid());
	ok(fs_exists(at(mine)), "the living keep theirs");
	roll_leave(own);
	ok(!fs_exists(at(mine)), "until they leave");
	free(record);
	free(other);
	free(wrong);
	free(run);
	free(mine);
	close(fd);
	return done_testing();
}
