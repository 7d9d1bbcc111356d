/* ends: see ends.h. */
#include "boss/link/ends.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "common/xalloc.h"

#define SIGNALLED 128 /* and the signal's number */

/* How shells, and most of what starts programs, tell that there is no such program, or that it is none. */
static bool could_not_run(int status)
{
	return status == 126 || status == 127;
}

/* PROBLEM, what was said of it, CURE. New string. */
static char *tell(const char *problem, const char *words, const char *cure)
{
	return xasprintf("%s%s%s; cure: %s", problem, words ? ": " : "", words ? words : "", cure);
}

char *end_of_shell(int status, const char *words)
{
	if (!status)
		return xstrdup("it has no POSIX shell; cure: 'sh' must be one there");
	char *problem = xasprintf("its shell cannot be run: status %d", status);
	char *text = tell(problem, words,
		could_not_run(status)
			? "install a POSIX 'sh' there, or correct the machine's 'command'"
			: "'sh -c true' must work there");
	free(problem);
	return text;
}

static char *ended(int status, const char *words)
{
	char *problem = xasprintf("the worker ended with status %d", status);
	char *text;
	if (words && strstr(words, "; cure: ")) /* it knows better */
		text = xasprintf("%s: %s", problem, words);
	else if (status > SIGNALLED)
		text = tell(
			problem, words, "look whether somebody killed it, or memory ran out there");
	else
		text = tell(problem, words, "-D shows what it says");
	free(problem);
	return text;
}

char *end_of_worker(int status, const char *words, const char *boardman)
{
	if (!could_not_run(status))
		return ended(status, status ? words : NULL);
	if (!boardman)
		return tell("the boardman that was sent cannot be run", words,
			"install one there and name it by boardman_path");
	return xasprintf("%s '%s' there; cure: correct boardman_path, or leave it out",
		status == 126 ? "cannot run" : "no boardman at", boardman);
}
