/* How commands on other machines end, and what is said of it. */
#include "boss/link/ends.h"

#include "unit/tap.h"

/* Takes `text`. */
static void is_told(char *text, const char *want)
{
	is_str(text, want, want);
	free(text);
}

static void shells(void)
{
	is_told(end_of_shell(0, "Welcome"), "it has no POSIX shell; cure: 'sh' must be one there");
	is_told(end_of_shell(1, NULL),
		"its shell cannot be run: status 1; cure: 'sh -c true' must work there");
	is_told(end_of_shell(1, "no route to pod"), "its shell cannot be run: status 1: no route "
						    "to pod; cure: 'sh -c true' must work there");
	is_told(end_of_shell(127, "env: sh: not found"),
		"its shell cannot be run: status 127: env: sh: not found; cure: install a POSIX "
		"'sh' "
		"there, or correct the machine's 'command'");
	is_told(end_of_shell(126, NULL), "its shell cannot be run: status 126; cure: install a "
					 "POSIX 'sh' there, or correct the "
					 "machine's 'command'");
}

static void workers(void)
{
	is_told(end_of_worker(0, "a greeting", NULL),
		"the worker ended with status 0; cure: -D shows what it says");
	is_told(end_of_worker(3, "boardman: it is late", "/b"),
		"the worker ended with status 3: boardman: it is late; cure: -D shows what it "
		"says");
	is_told(end_of_worker(2, "no home; cure: set HOME", NULL),
		"the worker ended with status 2: no home; cure: set HOME");
	is_told(end_of_worker(137, NULL, NULL), "the worker ended with status 137; cure: look "
						"whether somebody killed it, or memory ran "
						"out there");
	is_told(end_of_worker(127, "ld.so: not found", NULL),
		"the boardman that was sent cannot be run: ld.so: not found; cure: install one "
		"there and "
		"name it by boardman_path");
	is_told(end_of_worker(127, "sh: /b: not found", "/b"),
		"no boardman at '/b' there; cure: correct boardman_path, or leave it out");
	is_told(end_of_worker(126, NULL, "/b"),
		"cannot run '/b' there; cure: correct boardman_path, or leave it out");
}

int main(void)
{
	shells();
	workers();
	return done_testing();
}
