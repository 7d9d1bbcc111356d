/* quarantine: in, out, for a day, and what is not as it should be on disk. */
#include "boss/quarantine.h"

#include <sys/stat.h>
#include "common/error.h"
#include "common/fs.h"
#include "tap.h"

#define DAY (24 * 3600)

static char *dir;
static time_t now;

static void is_trouble(const char *machine, time_t when, const char *want, const char *name)
{
	char *text = quarantine_trouble(dir, machine, when);
	is_str(text, want, name);
	free(text);
}

static void in_and_out(void)
{
	const char *text = "quarantined for a day: it broke; cure: mend it, then run 'boardman "
			   "machines --forgive m1'";
	is_trouble("m1", now, NULL, "no directory: all are free");
	is_int(quarantine_add(dir, "m1", "it broke", NULL), 0, "one is put in");
	is_trouble("m1", now, text, "it says why, with the cure");
	is_trouble("m2", now, NULL, "others are free");
	is_trouble("m1", now + DAY - 60, text, "for a day");
	is_trouble("m1", now + DAY + 60, NULL, "… and no longer");
	is_trouble("m1", now - 2 * DAY, NULL, "a clock that was wrong keeps nobody in");
	is_int(quarantine_add(dir, "m1", "it broke", NULL), 0, "once more");
	is_trouble("m1", now, text, "is the same");
	is_int(quarantine_forgive(dir, "m1", NULL), 1, "forgiven");
	is_trouble("m1", now, NULL, "it is free");
	is_int(quarantine_forgive(dir, "m1", NULL), 0, "it was free already");
}

static void odd(void)
{
	struct error err = ERROR_INIT;
	char *path = path_join(dir, "m3"), *below = path_join(path, "x");
	is_int(quarantine_add(dir, "m3", "one\ntwo", NULL), 0, "a reason of two lines");
	is_trouble("m3", now,
		"quarantined for a day: one; cure: mend it, then run 'boardman machines --forgive "
		"m3'",
		"shows its first");
	is_int(quarantine_add(path, "m1", "x", &err), -1, "a file where the directory should be");
	ok(*err.text, "%s", err.text);
	is_int(quarantine_forgive(path, "m1", &err), -1, "nobody comes out of it");
	fs_remove_tree(path, NULL);
	fs_mkdirs(below, NULL);
	is_trouble("m3", now,
		"quarantined for a day: its reason cannot be read; cure: mend it, then run "
		"'boardman machines --forgive m3'",
		"what cannot be read counts");
	free(below);
	free(path);
}

int main(void)
{
	dir = path_join(test_tmpdir(), "state/quarantine");
	now = time(NULL);
	in_and_out();
	odd();
	free(dir);
	return done_testing();
}
