/* Tests of boss/link/conn: quoting, by the shells that are here. */
#include "boss/link/conn.h"

#include <sys/wait.h>

#include "boss/link/outq.h"
#include "common/buf.h"
#include "tap.h"

/* What `SHELL -c COMMAND` prints. */
static char *output(const char *shell, const char *command)
{
	struct buf out = BUF_INIT;
	char chunk[4096];
	int fds[2];
	if (pipe(fds) < 0)
		exit(99);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execlp(shell, shell, "-c", command, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], chunk, sizeof chunk)) > 0;)
		buf_add(&out, chunk, (size_t)n);
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return buf_detach(&out);
}

static void every_byte(char all[256])
{
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
}

/* `command` gives `text` back in that shell, up to newlines at its end. */
static void comes_back(const char *shell, const char *command, const char *text, const char *name)
{
	char *got = output(shell, command);
	ok(strcmp(got, text) == 0, "%s: %s", shell, name);
	free(got);
}

static void test_quote(void)
{
	const char *texts[] = {
		"", "plain", "'", "''", "a'b", "\\'", "$HOME `id` \"x\"", "-n", "!!", "a\nb\n"};
	char all[256];
	every_byte(all);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct buf cmd = BUF_INIT;
		buf_addstr(&cmd, "printf %s ");
		shell_quote(&cmd, texts[i]);
		comes_back("sh", cmd.data, texts[i], texts[i]);
		buf_release(&cmd);
	}
	struct buf cmd = BUF_INIT;
	buf_addstr(&cmd, "printf %s ");
	shell_quote(&cmd, all);
	comes_back("sh", cmd.data, all, "every byte is quoted");
	comes_back("bash", cmd.data, all, "every byte is quoted");
	buf_release(&cmd);
}

static bool has_shell(const char *shell)
{
	char command[64];
	snprintf(command, sizeof command, "command -v %s >/dev/null", shell);
	return system(command) == 0;
}

static void test_wrap(void)
{
	const char *shells[] = {"sh", "bash", "zsh", "ksh", "fish", "csh", "tcsh"};
	char all[256];
	every_byte(all);
	struct buf script = BUF_INIT, line = BUF_INIT;
	buf_addstr(&script, "printf %s \\\n");
	shell_quote(&script, all);
	shell_wrap(&line, script.data);
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (has_shell(shells[i]))
			comes_back(shells[i], line.data, all, "every byte in a script");
	}
	const char *word = strchr(line.data, '\'') + 1;
	ok(strcspn(word, "'") == strlen(word) - 1, "one quoted word");
	ok(!strpbrk(line.data, "!\n\r"), "nothing that csh would take differently");
	const char *slash = line.data;
	while ((slash = strchr(slash, '\\')) && slash[1] == '0')
		slash++;
	ok(!slash, "nothing that fish would take differently");
	buf_release(&line);
	shell_wrap(&line, "cat; exit 7");
	buf_addstr(&line, " <<.\nin\n.\necho not reached");
	comes_back("sh", line.data, "in\n",
		"a script's stdin is its own, and it takes the shell's place");
	buf_release(&line);
	buf_release(&script);
}

static void test_outq(void)
{
	struct outq q = {0};
	struct buf all = BUF_INIT, got = BUF_INIT;
	unsigned seed = 7;
	for (int i = 0; i < 3000; i++) {
		char chunk[300];
		size_t n = (seed = seed * 1103515245 + 12345) >> 16 & 255;
		memset(chunk, i, n);
		buf_add(&all, chunk, n);
		outq_add(&q, chunk, n);
		n = (seed = seed * 1103515245 + 12345) >> 16 & 255;
		if (n > outq_len(&q))
			n = outq_len(&q);
		buf_add(&got, outq_head(&q), n);
		outq_sent(&q, n);
	}
	ok(q.bytes.cap < 262144, "a queue doesn't keep what was sent");
	buf_add(&got, outq_head(&q), outq_len(&q));
	outq_sent(&q, outq_len(&q));
	ok(got.len == all.len && !memcmp(got.data, all.data, all.len),
		"what goes in comes out, in order");
	is_int((long long)outq_len(&q), 0, "and the queue is empty");
	outq_release(&q);
	buf_release(&all);
	buf_release(&got);
}

int main(void)
{
	test_quote();
	test_wrap();
	test_outq();
	return done_testing();
}
