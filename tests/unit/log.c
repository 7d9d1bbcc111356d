/* Tests of common/log: stderr is a file, or a pseudo terminal, while a message is told. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>

#include "tap.h"

static char said[200000];
static int saved_stderr;

static void begin(int fd)
{
	fflush(stderr);
	saved_stderr = dup(2);
	dup2(fd, 2);
}

static void end(int fd, int from)
{
	dup2(saved_stderr, 2);
	close(saved_stderr);
	if (from == fd)
		lseek(fd, 0, SEEK_SET);
	ssize_t n = read(from, said, sizeof said - 1);
	said[n > 0 ? n : 0] = '\0';
}

static int scratch_file(void)
{
	char name[8192];
	snprintf(name, sizeof name, "%s/stderr", test_tmpdir());
	return open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static void test_levels(void)
{
	int fd = scratch_file();
	begin(fd);
	errno = EDOM;
	log_error("cannot %s", "x");
	log_warning("w%d", 1);
	log_note("n");
	log_quote("[far] note: %d", 2);
	log_debug("unseen");
	int kept = errno;
	end(fd, fd);
	is_str(said, "boardman: cannot x\nwarning: w1\nnote: n\n[far] note: 2\n",
		"prefixes, but for what somebody else said; debug is off");
	is_int(kept, EDOM, "errno is kept");
	close(fd);

	fd = scratch_file();
	begin(fd);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("seen");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("unseen");
	log_error("seen");
	end(fd, fd);
	is_str(said, "debug: seen\nboardman: seen\n", "levels are obeyed");
	ok(log_enabled(LOG_LEVEL_ERROR) && !log_enabled(LOG_LEVEL_WARNING), "log_enabled");
	log_set_level(LOG_LEVEL_NOTE);
	close(fd);
}

static void say(void *ctx)
{
	const char *text = ctx;
	ssize_t n = write(2, text, strlen(text));
	(void)n;
}

static void test_hooks(void)
{
	int fd = scratch_file();
	char text[] = "[hook]";
	begin(fd);
	log_set_hooks(say, say, text);
	log_note("line");
	log_debug("unseen");
	log_set_hooks(NULL, NULL, NULL);
	log_note("bare");
	end(fd, fd);
	is_str(said, "[hook]note: line\n[hook]note: bare\n", "hooks around each line that is told");
	close(fd);
}

static void test_text(void)
{
	int fd = scratch_file();
	begin(fd);
	log_note("%s", "a\nboardman: forged\n\n");
	log_note("%s", "esc \x1b[2J");
	end(fd, fd);
	is_str(said, "note: a\\x0aboardman: forged\nnote: esc \\x1b[2J\n",
		"one line a call, and nothing in it that is obeyed");
	close(fd);

	fd = scratch_file();
	char *endless = malloc(150000);
	memset(endless, 'x', 149999);
	endless[149999] = '\0';
	begin(fd);
	log_note("%s", endless);
	end(fd, fd);
	size_t len = strlen(said);
	ok(len < 70000 && said[len - 1] == '\n', "an endless line is cut");
	free(endless);
	close(fd);
}

static void test_cwd(void)
{
	int fd = scratch_file();
	begin(fd);
	log_set_cwd("/a/b");
	log_warning("'/a/b/c' and /a/b/d/e, not /a/b or /a/bc/d");
	log_set_cwd(NULL);
	log_warning("'/a/b/c'");
	end(fd, fd);
	is_str(said, "warning: 'c' and d/e, not /a/b or /a/bc/d\nwarning: '/a/b/c'\n",
		"paths are shown from the current directory");
	close(fd);
}

static void test_terminal(void)
{
	int master, slave;
	if (openpty(&master, &slave, NULL, NULL, NULL) < 0) {
		diag("no pseudo terminal here: the terminal is not tested");
		return;
	}
	begin(slave);
	log_note("%s", "esc \x1b[2J \r \x7f \xc2\x9b tab\t \xc3\xa4");
	end(slave, master);
	is_str(said, "note: esc \\x1b[2J \\x0d \\x7f \\x9b tab\t \xc3\xa4\r\n",
		"the same on a terminal; text is not touched");
	close(master);
	close(slave);
}

int main(void)
{
	test_levels();
	test_hooks();
	test_text();
	test_cwd();
	test_terminal();
	return done_testing();
}
