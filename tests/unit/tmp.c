/* tmp: the directory for temporary files, and what is said when there is none. */
#include "common/tmp.h"

#include <sys/stat.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "tap.h"

#define CURE "; cure: unset TMPDIR, or set it to a directory that you may write to"

static void refused(const char *dir, const char *what)
{
	struct error err = ERROR_INIT;
	char *want = xasprintf("TMPDIR '%s' %s" CURE, dir, what);
	setenv("TMPDIR", dir, 1);
	is_int(tmp_check(&err), -1, what);
	is_str(err.text, want, what);
	ok(!tmp_new_dir("x", &err), "nothing is made there");
	free(want);
}

int main(void)
{
	struct error err = ERROR_INIT;
	struct stat st;
	char *file = path_join(test_tmpdir(), "file"), *none = path_join(test_tmpdir(), "none");
	fs_write(file, "x", 1, &err);
	refused(none, "does not exist");
	refused(file, "is not a directory");
	refused("relative", "is not an absolute path");
	setenv("TMPDIR", test_tmpdir(), 1);
	is_int(tmp_check(&err), 0, "a directory");
	ok(!tmp_is_full(), "with room");
	char *dir = tmp_new_dir("mine", &err);
	ok(dir && path_beneath(dir, test_tmpdir()) && strstr(dir, "/mine-"), "a new one in it");
	ok(dir && stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700, "for its owner alone");
	setenv("TMPDIR", "", 1);
	is_int(tmp_check(&err), 0, "an empty one is none");
	unsetenv("TMPDIR");
	is_int(tmp_check(&err), 0, "none is /tmp");
	free(dir);
	free(file);
	free(none);
	return done_testing();
}
