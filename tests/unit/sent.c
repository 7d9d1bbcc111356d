/* sent: one in use stays, and is used today; those of long ago go, whatever they are. */
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "worker/sent.h"

static char *make(const char *name, long days_ago)
{
	const struct timespec then[2] = {{0, UTIME_OMIT}, {time(NULL) - days_ago * 86400, 0}};
	char *dir = xasprintf("%s/boardman/%s", test_tmpdir(), name), *bin = path_join(dir, "bin");
	ok(fs_mkdirs(bin, NULL) == 0 && utimensat(AT_FDCWD, dir, then, 0) == 0,
		"%s of %ld days ago", name, days_ago);
	free(bin);
	return dir;
}

int main(void)
{
	struct stat st;
	char *own = make("own", 30), *fresh = make("fresh", 13), *old = make("old", 15);
	char *half = make("old.123", 15);
	sent_use(own);
	ok(fs_is_dir(own), "the one that is used stays, however old it was");
	ok(stat(own, &st) == 0 && st.st_mtime > time(NULL) - 3600, "… and is used today");
	ok(fs_is_dir(fresh), "one of less than two weeks stays");
	ok(!fs_exists(old), "one of more goes");
	ok(!fs_exists(half), "so does a half-unpacked one");
	free(own);
	free(fresh);
	free(old);
	free(half);
	return done_testing();
}
