/* tap: what a unit test needs to speak TAP, plan-less: ok, is_str, is_int, diag, done_testing, and a
 * directory of its own. Header only; each test is one program. It never stops at a failure.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAP_FN __attribute__((unused)) static

struct tap_state {
	unsigned count, failed;
	char dir[4096]; /* empty until asked for */
	pid_t owner; /* of the directory: a forked child must not remove it */
};
static struct tap_state tap;

/* Prints a comment, each of its lines with "# ". */
TAP_FN __attribute__((format(printf, 1, 2))) void diag(const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n"));)
		printf("# %s\n", line);
	fflush(stdout);
}

/* One test point. Gives `cond` back. */
TAP_FN __attribute__((format(printf, 2, 3))) bool ok(bool cond, const char *fmt, ...)
{
	char name[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	/* '#' would start a directive, a newline another line. */
	for (char *c = name; *c; c++) {
		if (*c == '#' || *c == '\n')
			*c = '_';
	}
	printf("%sok %u - %s\n", cond ? "" : "not ", ++tap.count, name);
	fflush(stdout);
	tap.failed += !cond;
	return cond;
}

/* Both may be NULL. */
TAP_FN bool is_str(const char *got, const char *want, const char *name)
{
	bool same = got && want ? strcmp(got, want) == 0 : got == want;
	if (!ok(same, "%s", name)) {
		diag("got:  %s", got ? got : "(null)");
		diag("want: %s", want ? want : "(null)");
	}
	return same;
}

TAP_FN bool is_int(long long got, long long want, const char *name)
{
	if (!ok(got == want, "%s", name))
		diag("got: %lld, want: %lld", got, want);
	return got == want;
}

/* Prints the plan; what main returns. */
TAP_FN int done_testing(void)
{
	printf("1..%u\n", tap.count);
	if (tap.failed)
		diag("%u of %u failed", tap.failed, tap.count);
	fflush(stdout);
	return tap.failed || !tap.count ? 1 : 0;
}

TAP_FN int tap_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

TAP_FN void tap_cleanup(void)
{
	if (tap.dir[0] && tap.owner == getpid())
		nftw(tap.dir, tap_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* An empty directory with an absolute name, the same at every call, removed at exit. Borrowed. */
TAP_FN char *test_tmpdir(void)
{
	if (tap.dir[0])
		return tap.dir;
	const char *base = getenv("TMPDIR");
	snprintf(tap.dir, sizeof tap.dir, "%s/boardman-test.XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(tap.dir)) {
		printf("Bail out! no temporary directory\n");
		exit(99);
	}
	tap.owner = getpid();
	atexit(tap_cleanup);
	return tap.dir;
}

#endif
