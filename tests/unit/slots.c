/* CPU slots shared by processes: never more than there are, gone with their process, fair to who waits, told to who asks. */
#include "worker/slots.h"

#include <signal.h>
#include <sys/wait.h>
#include "unit/store_util.h"
#include "wire/job.h"

static struct slots *open_slots(int n)
{
	struct error err = ERROR_INIT;
	struct slots *s = slots_open(n, &err);
	must(s != NULL, err.text);
	return s;
}

static int held(struct slots *s, size_t *users)
{
	struct probe p = {0};
	int sum = 0;
	slots_holders(s, &p);
	for (size_t i = 0; i < p.n_held; i++)
		sum += p.held[i].slots;
	*users = p.n_held;
	probe_release(&p);
	return sum;
}

static void test_one(void)
{
	struct slots *s = open_slots(3);
	size_t users;
	int a = slots_take(s), b = slots_take(s), c = slots_take(s);
	ok(a >= 0 && b >= 0 && c >= 0 && a != b && b != c && a != c, "three slots, each once");
	is_int(slots_take(s), -1, "a fourth there is not");
	is_int(held(s, &users), 3, "held: three");
	is_int((long)users, 1, "by one user");
	slots_put(s, b);
	is_int(held(s, &users), 2, "one was put back");
	is_int(slots_take(s), b, "and is taken again");
	slots_free(s);
	s = open_slots(3);
	is_int(held(s, &users), 0, "all are free when the owner is gone");
	slots_free(s);
}

static void test_two(void)
{
	struct slots *s = open_slots(2), *t = open_slots(2);
	int a = slots_take(s), b = slots_take(t);
	ok(a >= 0 && b >= 0 && a != b, "two openings never share a slot");
	is_int(slots_take(s), -1, "none is left for one …");
	is_int(slots_take(t), -1, "… nor the other");
	ok(!slots_wanted(s), "nobody waits");
	slots_wait(t, true);
	ok(slots_wanted(s), "now somebody does");
	ok(!slots_wanted(t), "not for who asks: it is itself");
	slots_wait(s, true);
	ok(slots_wanted(s) && slots_wanted(t), "both wait, each for the other to see");
	slots_wait(s, false);
	ok(slots_wanted(s) && !slots_wanted(t), "the other goes on waiting");
	slots_wait(t, false);
	ok(!slots_wanted(s), "and no more");
	slots_free(s);
	slots_free(t);
}

static void test_killed(void)
{
	int ready[2];
	char c;
	size_t users;
	must(pipe(ready) == 0, "pipe");
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		struct slots *s = open_slots(2);
		slots_take(s);
		slots_take(s);
		slots_wait(s, true);
		must(write(ready[1], "x", 1) == 1, "write");
		for (;;)
			pause();
	}
	must(read(ready[0], &c, 1) == 1, "read");
	struct slots *s = open_slots(2);
	is_int(slots_take(s), -1, "another process holds all");
	is_int(held(s, &users), 2, "which is seen");
	ok(slots_wanted(s), "and it wants more");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(slots_take(s) >= 0 && slots_take(s) >= 0, "killed, it holds nothing");
	ok(!slots_wanted(s), "and wants nothing");
	slots_free(s);
}

static void test_directory(void)
{
	struct error err = ERROR_INIT;
	struct stat st;
	ok(stat(getenv("BOARDMAN_SLOTS_DIR"), &st) == 0 && (st.st_mode & 07777) == 01777,
		"the directory is everybody's, and sticky");
	char *lock = path_join(getenv("BOARDMAN_SLOTS_DIR"), "0");
	ok(stat(lock, &st) == 0 && (st.st_mode & 0777) == 0666, "so are the locks");
	unlink(lock);
	must(symlink("/etc/passwd", lock) == 0, "symlink");
	struct slots *s = open_slots(1);
	is_int(slots_take(s), -1, "a link is no lock");
	slots_free(s);
	free(lock);
	must(mkdir(at("private"), 0755) == 0, "mkdir");
	setenv("BOARDMAN_SLOTS_DIR", at("private"), 1);
	ok(!slots_open(1, &err), "a directory that is not shared is no place");
	ok(strstr(err.text, at("private")), "which is told (%s)", err.text);
}

/* Tries when `start` ends, says how it went, and holds on until it is killed. */
static void compete(int start, int said)
{
	char c;
	if (read(start, &c, 1) < 0)
		_exit(1);
	struct slots *s = slots_open(1, NULL);
	c = !s ? '!' : slots_take(s) < 0 ? '-' : '+';
	if (write(said, &c, 1) < 0)
		_exit(1);
	for (;;)
		pause();
}

/* Several that find no directory at the same time: each gets one, and together they get one slot. */
static void test_begun_together(void)
{
	enum { RIVALS = 8, ROUNDS = 20 };
	int got = 0, without = 0;
	setenv("BOARDMAN_SLOTS_DIR", at("new"), 1);
	for (int round = 0; round < ROUNDS; round++) {
		int start[2], said[2];
		pid_t pids[RIVALS];
		must(fs_remove_tree(at("new"), NULL) == 0 && pipe(start) == 0 && pipe(said) == 0,
			"begin");
		for (int i = 0; i < RIVALS; i++) {
			if ((pids[i] = fork()) == 0) {
				close(start[1]);
				compete(start[0], said[1]);
			}
		}
		close(start[0]);
		close(start[1]);
		for (int i = 0; i < RIVALS; i++) {
			char c = 0;
			must(read(said[0], &c, 1) == 1, "read");
			got += c == '+';
			without += c == '!';
		}
		for (int i = 0; i < RIVALS; i++) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
		close(said[0]);
		close(said[1]);
	}
	is_int(without, 0, "begun together, each finds the directory");
	is_int(got, ROUNDS, "and one of them gets the slot");
}

int main(void)
{
	setenv("BOARDMAN_SLOTS_DIR", at("slots"), 1);
	test_one();
	test_two();
	test_killed();
	test_begun_together();
	setenv("BOARDMAN_SLOTS_DIR", at("slots"), 1);
	test_directory();
	return done_testing();
}
