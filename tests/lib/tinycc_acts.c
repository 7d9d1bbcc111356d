/* tinycc_acts: what a source can make the tiny compiler do, by a line comment that begins with "tiny:".
 *
 *   fail TEXT    an error              warn TEXT   a warning            exit N     end with that status
 *   sleep MS     take that long        hang        never end            die NAME   by that signal (SEGV, 9)
 *   fatal TEXT   an error of its own, not of a line
 *   spam BYTES   to stderr             fork-and-hold   leave a child that holds stdout and stderr
 *   touch PATH   make that file        wait PATH   until it is there
 *   bytes N, data N, bss N   sizes     gives SYMBOL, needs SYMBOL   checked by the link
 * In front: "link", "preproc": done then and not by the compile; "if-file PATH", "unless-file PATH"; "if-home NAME": where the last part of
 * $HOME is that.
 * Nothing waits longer than two minutes, so that a test that is killed leaves nothing behind for long.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "tinycc.h"

enum { LONGEST_WAIT = 120 };

static void pause_ms(long ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&ts, &ts) < 0)
		continue;
}

static void act_fail(struct unit *u, const char *text, struct place at)
{
	fprintf(stderr, "%s:%d:%d: error: %s\n", at.file, at.line, at.column, text);
	u->errors++;
}

static void act_fatal(struct unit *u, const char *text, struct place at)
{
	(void)at;
	fprintf(stderr, "tiny-cc1: fatal error: %s\ncompilation terminated.\n", text);
	u->errors++;
}

static void act_warn(struct unit *u, const char *text, struct place at)
{
	if (u->opt->no_warnings)
		return;
	if (u->opt->warnings_are_errors) {
		act_fail(u, format("%s [-Werror]", text), at);
		return;
	}
	fprintf(stderr, "%s:%d:%d: warning: %s\n", at.file, at.line, at.column, text);
	u->warnings++;
}

static void act_sleep(struct unit *u, const char *text, struct place at)
{
	(void)u, (void)at;
	pause_ms(atol(text));
}

static void act_hang(struct unit *u, const char *text, struct place at)
{
	(void)text;
	alarm(LONGEST_WAIT);
	for (;;)
		act_sleep(u, "1000", at);
}

static void act_die(struct unit *u, const char *text, struct place at)
{
	(void)u, (void)at;
	int sig = atoi(text);
	for (int i = 1; i < 32 && !sig; i++) {
		const char *name = sigabbrev_np(i);
		if (name && strcmp(name, text) == 0)
			sig = i;
	}
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	signal(sig, SIG_DFL);
	raise(sig);
	die("cannot die by '%s'", text);
}

static void act_exit(struct unit *u, const char *text, struct place at)
{
	(void)u, (void)at;
	exit(atoi(text));
}

static void act_spam(struct unit *u, const char *text, struct place at)
{
	static const char line[] =
		"spam spam spam spam spam spam spam spam spam spam spam spam spam\n";
	(void)u, (void)at;
	long left = atol(text);
	while (left > 0) {
		size_t n = (size_t)left < sizeof(line) - 1 ? (size_t)left : sizeof(line) - 1;
		fwrite(line, 1, n, stderr);
		left -= (long)n;
	}
}

static void act_hold(struct unit *u, const char *text, struct place at)
{
	(void)text;
	int told[2];
	char c;
	fflush(NULL);
	if (pipe(told) < 0)
		die("no pipe");
	if (fork() == 0) {
		log_start("held", at.file);
		close(told[0]);
		close(told[1]);
		act_hang(u, "", at);
	}
	close(told[1]);
	if (read(told[0], &c, 1) != 0)
		die("the child says what it should not");
	close(told[0]);
}

static void act_touch(struct unit *u, const char *text, struct place at)
{
	(void)u, (void)at;
	int fd = open(text, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		die("cannot make '%s'", text);
	close(fd);
}

static void act_wait(struct unit *u, const char *text, struct place at)
{
	(void)u, (void)at;
	for (int i = 0; i < LONGEST_WAIT * 200; i++) {
		if (access(text, F_OK) == 0)
			return;
		pause_ms(5);
	}
	die("waited for '%s' in vain", text);
}

static void act_bytes(struct unit *u, const char *text, struct place at)
{
	(void)at;
	u->text_bytes += atol(text);
}

static void act_data(struct unit *u, const char *text, struct place at)
{
	(void)at;
	u->data_bytes += atol(text);
}

static void act_bss(struct unit *u, const char *text, struct place at)
{
	(void)at;
	u->bss_bytes += atol(text);
}

static void act_gives(struct unit *u, const char *text, struct place at)
{
	(void)at;
	fprintf(u->notes, "gives %s\n", text);
}

static void act_needs(struct unit *u, const char *text, struct place at)
{
	(void)at;
	fprintf(u->notes, "needs %s\n", text);
}

static const struct act {
	const char *name;
	void (*run)(struct unit *u, const char *text, struct place at);
} acts[] = {
	{"fail", act_fail},
	{"fatal", act_fatal},
	{"warn", act_warn},
	{"sleep", act_sleep},
	{"hang", act_hang},
	{"die", act_die},
	{"exit", act_exit},
	{"spam", act_spam},
	{"fork-and-hold", act_hold},
	{"touch", act_touch},
	{"wait", act_wait},
	{"bytes", act_bytes},
	{"data", act_data},
	{"bss", act_bss},
	{"gives", act_gives},
	{"needs", act_needs},
};

/* The word at *text, which moves behind it and the spaces. */
static char *word(const char **text)
{
	*text += strspn(*text, " \t");
	size_t n = strcspn(*text, " \t");
	char *w = format("%.*s", (int)n, *text);
	*text += n + strspn(*text + n, " \t");
	return w;
}

static void act(struct unit *u, const char *name, const char *text, struct place at)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		if (strcmp(acts[i].name, name) == 0) {
			acts[i].run(u, text, at);
			return;
		}
	}
	die("%s:%d: no such directive: '%s'", at.file, at.line, name);
}

static bool is_file(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool is_no_file(const char *path)
{
	return !is_file(path);
}

static bool is_home(const char *name)
{
	const char *home = getenv("HOME");
	return home && strcmp(last_part(home), name) == 0;
}

static const struct condition {
	const char *name;
	bool (*holds)(const char *word);
} conditions[] = {
	{"if-file", is_file},
	{"unless-file", is_no_file},
	{"if-home", is_home},
};

static const struct condition *condition(const char *name)
{
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		if (strcmp(conditions[i].name, name) == 0)
			return &conditions[i];
	return NULL;
}

/* Takes conditions off the front; false when one says no. */
static bool conditions_hold(const char **text)
{
	for (;;) {
		const char *rest = *text;
		const struct condition *c = condition(word(&rest));
		if (!c)
			return true;
		if (!c->holds(word(&rest)))
			return false;
		*text = rest;
	}
}

void obey(struct unit *u, const char *text, enum mode when, struct place at)
{
	const char *rest = text;
	const char *name = word(&rest);
	enum mode wanted = MODE_COMPILE;
	if (strcmp(name, "link") == 0)
		wanted = MODE_LINK;
	else if (strcmp(name, "preproc") == 0)
		wanted = MODE_PREPROCESS;
	if (wanted == MODE_LINK && when == MODE_COMPILE)
		fprintf(u->notes, "link %s\n", rest);
	if (wanted != when)
		return;
	if (wanted == MODE_COMPILE)
		rest = text;
	if (!conditions_hold(&rest))
		return;
	name = word(&rest);
	act(u, name, rest, at);
}
