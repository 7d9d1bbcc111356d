/* Tests of boss/link/conn_command, with `env` as the way to the machine. */
#include "boss/link/conn_command.h"

#include <signal.h>

#include "boss/link/children.h"
#include "common/strv.h"
#include "conn_case.h"

static struct children *children;

static struct conn *new_conn(const char *command)
{
	struct strv argv = STRV_INIT;
	strv_split(&argv, command, " ");
	struct conn *c = conn_command_new(&loop, children, &argv);
	strv_release(&argv);
	return c;
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

static pid_t number_in(const struct buf *b)
{
	return (pid_t)strtol(buf_str(b), NULL, 10);
}

static void test_no_command(void)
{
	const char *commands[] = {"no-such-program-here x", "/nonexistent/program"};
	for (int i = 0; i < 2; i++) {
		struct seen_conn sc = {0};
		struct conn *c = new_conn(commands[i]);
		open_conn(c, &sc);
		ok(wait_for(&sc.failed, 1) && !sc.opened, "a command that is not there: %s",
			sc.why);
		is_int(sc.fault, CONN_NO_COMMAND, "and that is its fault");
		free_conn(c, &sc);
		is_int(sc.closed, 1, "freed");
	}
	struct seen_conn sc = {0};
	free_conn(NULL, &sc);
	is_int(sc.closed, 1, "no conn at all is freed at once");
	struct conn *c = new_conn("env");
	sc.closed = 0;
	free_conn(c, &sc);
	is_int(sc.closed, 1, "one that never was opened");
}

/* The argv goes first, and as it is. */
static void test_argv(void)
{
	struct strv argv = STRV_INIT;
	struct seen_conn sc = {0};
	struct seen s = {0};
	strv_push(&argv, "env");
	strv_push(&argv, "MARK=a b '$x'");
	struct conn *c = conn_command_new(&loop, children, &argv);
	strv_release(&argv);
	open_conn(c, &sc);
	wait_for(&sc.opened, 1);
	exec_on(c, "echo \"$MARK\"", &s);
	wait_for(&s.ended, 1);
	is_str(buf_str(&s.out), "a b '$x'\n", "no shell touches the argv");
	forget(&s);
	free_conn(c, &sc);
}

static void test_refused(void)
{
	char path[4200];
	struct seen_conn sc = {0};
	struct seen s = {0};
	snprintf(path, sizeof path, "%s/broken", test_tmpdir());
	FILE *f = fopen(path, "w");
	fputs("#!/nonexistent/interpreter\n", f);
	fclose(f);
	chmod(path, 0755);
	struct conn *c = new_conn(path);
	open_conn(c, &sc);
	wait_for(&sc.opened, 1);
	exec_on(c, "echo", &s);
	channel_write(s.ch, "x", 1);
	channel_pause(s.ch, true);
	ok(wait_for(&s.ended, 1) && s.status == -1, "what can't be started ends: %s", s.why);
	forget(&s);
	free_conn(c, &sc);
}

/* A channel's end takes its whole group along. */
static void test_close(struct conn *c)
{
	struct seen s = {0};
	exec_on(c, "sleep 1000 & echo $!; wait", &s);
	while (!s.out.len || !strchr(buf_str(&s.out), '\n'))
		uv_run(&loop, UV_RUN_ONCE);
	pid_t child = number_in(&s.out);
	ok(alive(child), "a command's child runs");
	channel_close(s.ch);
	for (int i = 0; alive(child) && i < 500; i++)
		run_for(10);
	ok(!alive(child), "and dies with the channel");
	ok(!s.ended, "which has no more events");
	forget(&s);
	exec_on(c, "sleep 1000 & echo $!", &s);
	ok(wait_for(&s.ended, 1) && s.status == 0,
		"a command that leaves a child with its pipes ends");
	child = number_in(&s.out);
	for (int i = 0; alive(child) && i < 500; i++)
		run_for(10);
	ok(!alive(child), "and the child is killed");
	forget(&s);
	exec_on(c, "exec >&- 2>&-; read x; exit 5", &s);
	run_for(50);
	ok(!s.ended, "one that closed its pipes has not ended");
	channel_end_input(s.ch);
	ok(wait_for(&s.ended, 1) && s.status == 5, "until it has");
	forget(&s);
	exec_on(c, "exec <&-; sleep 0.1; exit 6", &s);
	struct buf data = BUF_INIT;
	fill(&data, 1000000);
	channel_write(s.ch, data.data, data.len);
	ok(wait_for(&s.drained, 1), "input that nobody reads goes away");
	ok(wait_for(&s.ended, 1) && s.status == 6, "and the command ends as it would");
	buf_release(&data);
	forget(&s);
}

/* From within an event. */
static struct conn *to_free;
static struct seen_conn freed_there;

static void free_all(void *ctx, const char *data, size_t len)
{
	(void)data;
	(void)len;
	++*(int *)ctx;
	conn_free(to_free, case_on_closed, &freed_there);
}

static void test_free_within(void)
{
	struct seen_conn sc = {0};
	struct seen other = {0};
	int calls = 0;
	to_free = new_conn("env");
	open_conn(to_free, &sc);
	wait_for(&sc.opened, 1);
	exec_on(to_free, "cat; sleep 1000", &other);
	struct channel_events ev = {.out = free_all, .ctx = &calls};
	conn_exec(to_free, "head -c 1000000 /dev/zero", &ev);
	ok(wait_for(&freed_there.closed, 1), "a conn is freed from within an event");
	is_int(calls, 1, "which is the last one");
	ok(!other.ended, "of all its channels");
	forget(&other);
}

int main(void)
{
	struct seen_conn sc = {0};
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	children = children_new(&loop);
	test_no_command();
	test_argv();
	test_refused();
	struct conn *c = new_conn("env");
	open_conn(c, &sc);
	ok(!sc.opened, "no event before conn_open returns");
	ok(wait_for(&sc.opened, 1), "a conn opens");
	test_status(c);
	test_input(c);
	test_big(c, (size_t)20 << 20);
	test_many(c, 40);
	test_pause(c);
	test_close(c);
	free_conn(c, &sc);
	ok(!sc.failed && sc.opened == 1, "no other event of the conn");
	test_free_within();
	children_free(children);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return done_testing();
}
