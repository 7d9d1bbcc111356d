/* What a machine keeps is made smaller: by age and by size, sources before results, nothing that is in use. */
#include "worker/tidy.h"

#include <sys/file.h>
#include "git/repo.h"
#include "sketch/store.h"
#include "unit/store_util.h"

#define DAY 86400

static void age(const char *name, long days)
{
	const struct timespec then[2] = {{0, UTIME_OMIT}, {time(NULL) - days * DAY, 0}};
	must(utimensat(AT_FDCWD, at(name), then, 0) == 0, name);
}

/* A slot of 104 bytes. */
static void put_slot(const char *number, long days)
{
	char text[101], *src = xasprintf("m/trees/%s/src/f", number);
	char *tree = xasprintf("m/trees/%s/tree", number);
	memset(text, 'x', 100);
	text[100] = '\0';
	put(src, text);
	put(tree, "tree");
	age(tree, days);
	free(src);
	free(tree);
}

static void tidied(uint64_t bytes, uint64_t seconds, uint64_t entries, const char *name)
{
	struct store_usage removed = {0};
	struct error err = ERROR_INIT;
	must(tidy(at("m"), bytes, seconds, &removed, &err) == 0, err.text);
	is_int((long long)removed.entries, (long long)entries, name);
}

static void by_age(void)
{
	put_slot("0", 3);
	put_slot("1", 1);
	put("m/objects/ab/o", "an object");
	age("m/objects/ab/o", 3);
	tidied(UINT64_MAX, 0, 0, "no limit: nothing goes");
	tidied(UINT64_MAX, 4 * DAY, 0, "nothing is that old");
	tidied(UINT64_MAX, 2 * DAY, 2, "a snapshot and an object are");
	ok(!fs_exists(at("m/trees/0/src")) && !fs_exists(at("m/objects/ab/o")), "… and are gone");
	ok(fs_exists(at("m/trees/0/lock")), "… but for the lock, for which somebody may wait");
	ok(fs_exists(at("m/trees/1/src/f")), "the other stays");
}

static void by_size(void)
{
	put_slot("0", 1);
	put_slot("1", 3);
	put("m/objects/ab/o", "0123456789");
	age("m/objects/ab/o", 9);
	tidied(218, 0, 0, "what fits stays");
	tidied(217, 0, 1, "else a snapshot goes");
	ok(!fs_exists(at("m/trees/1/src")), "… the one that was used before the other");
	tidied(10, 0, 1, "then the other");
	ok(fs_exists(at("m/objects/ab/o")), "… before any result, however old");
	tidied(9, 0, 1, "then that");
}

static void in_use(void)
{
	struct error err = ERROR_INIT;
	put_slot("0", 1);
	int lock = open(at("m/trees/0/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	must(lock >= 0 && flock(lock, LOCK_EX) == 0, "lock");
	struct repo_hold *hold = repo_hold(at("m/git"), &err);
	must(hold != NULL, err.text);
	put("m/git/objects/pack/p", "a pack");
	put("m/run/1/left", "by a dead worker");
	put("m/workers/1", "{}");
	put("m/objects/ab/linked", "an object");
	must(fs_mkdirs(at("m/tmp/run-0"), &err) == 0 &&
			link(at("m/objects/ab/linked"), at("m/tmp/run-0/o")) == 0,
		"link");
	tidied(0, 0, 1, "what is in use stays, and a dead run uses nothing");
	ok(fs_exists(at("m/git/HEAD")) && fs_exists(at("m/trees/0/src/f")), "… all of it");
	ok(!fs_exists(at("m/run/1")) && !fs_exists(at("m/tmp/run-0")),
		"what the dead have left does not");
	repo_let_go(hold);
	close(lock);
	tidied(0, 0, 2, "when it is let go it goes");
	ok(!fs_exists(at("m/git")), "… the repository, too");
	tidied(0, 0, 0, "then nothing is left");
}

int main(void)
{
	by_age();
	by_size();
	in_use();
	return done_testing();
}
