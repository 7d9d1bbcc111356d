/* Directories that appear at other paths: existing ones, ones that are nowhere, below the root directory, inside one another; what is
 * refused; and that nothing is seen from outside. Each case is a process of its own, since it changes what that sees.
 */
#include "worker/view.h"

#include <sys/wait.h>
#include "common/strv.h"
#include "unit/store_util.h"

static struct view *view;
static char why[2048];

static bool binds(const char *dir, const char *path)
{
	struct error err = ERROR_INIT;
	bool good = view_bind(view, dir, path, &err) == 0;
	snprintf(why, sizeof why, "%s", err.text);
	return good;
}

static bool holds(const char *path, const char *text)
{
	struct buf b = BUF_INIT;
	bool same = fs_read(path, 0, &b, NULL) == 0 && !strcmp(buf_str(&b), text);
	buf_release(&b);
	return same;
}

static bool test_existing(void)
{
	return binds(at("tree"), at("there")) && holds(at("there/file"), "of the tree") &&
	       !fs_exists(at("there/mine"));
}

static bool test_same(void)
{
	return binds(at("tree"), at("tree")) && holds(at("tree/file"), "of the tree");
}

/* What stood beside it still does, links and files included. */
static bool test_new(void)
{
	return binds(at("tree"), at("side/a/b c/d")) &&
	       holds(at("side/a/b c/d/file"), "of the tree") && holds(at("side/file"), "file") &&
	       holds(at("side/dir/file"), "in dir") && holds(at("side/link"), "in dir") &&
	       fs_is_dir(at("side/a/b c"));
}

static bool test_two_new(void)
{
	return binds(at("tree"), at("side/a/one")) && binds(at("there"), at("side/a/two")) &&
	       holds(at("side/a/one/file"), "of the tree") && holds(at("side/a/two/mine"), "mine");
}

/* The parent is covered, then another new path lies beneath a directory that was there before. */
static bool test_new_below_old(void)
{
	return binds(at("tree"), at("side/x")) && binds(at("there"), at("side/dir/y/z")) &&
	       holds(at("side/dir/y/z/mine"), "mine") && holds(at("side/dir/file"), "in dir") &&
	       holds(at("side/x/file"), "of the tree");
}

static bool test_root(void)
{
	return binds(at("tree"), "/no-such-top/of mine") &&
	       holds("/no-such-top/of mine/file", "of the tree") && fs_is_dir("/proc/self") &&
	       holds(at("side/file"), "file") && system("true") == 0 &&
	       binds(at("there"), "/no-other-top") && holds("/no-other-top/mine", "mine") &&
	       holds("/no-such-top/of mine/file", "of the tree");
}

static bool test_inside(void)
{
	return binds(at("tree"), at("there")) && binds(at("side/dir"), at("there/out/put")) &&
	       holds(at("there/out/put/file"), "in dir") && holds(at("there/file"), "of the tree");
}

static bool test_writes_go_there(void)
{
	if (!binds(at("tree"), at("side/new")))
		return false;
	put("side/new/written", "x");
	return holds(at("tree/written"), "x");
}

static bool test_kept(void)
{
	return !binds(at("tree"), at("kept")) && strstr(why, "would hide") &&
	       !binds(at("tree"), test_tmpdir()) && binds(at("tree"), at("kept/below/it"));
}

static bool test_nothing_there(void)
{
	return !binds(at("missing"), at("side/new")) && strstr(why, "cannot make");
}

static bool enter(void)
{
	struct error err = ERROR_INIT;
	struct strv kept = STRV_INIT;
	strv_push(&kept, at("kept/deep"));
	if (view_enter(&err) < 0) {
		printf("# %s\n", err.text);
		return false;
	}
	view = view_new(at("scratch"), &kept);
	strv_release(&kept);
	return true;
}

static void case_of(const char *name, bool (*test)(void))
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		bool good = enter() && test();
		if (!good)
			printf("# last error: %s\n", why);
		fflush(stdout);
		view_free(view);
		_exit(good ? 0 : 1);
	}
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	ok(status == 0, "%s", name);
}

int main(void)
{
	put("tree/file", "of the tree");
	put("there/mine", "mine");
	put("side/file", "file");
	put("side/dir/file", "in dir");
	must(symlink("dir/file", at("side/link")) == 0, "symlink");
	put("kept/deep/file", "kept");
	must(mkdir(at("scratch"), 0700) == 0, "scratch");
	case_of("a directory that is there", test_existing);
	case_of("its own path", test_same);
	case_of("one that is nowhere", test_new);
	case_of("two in the same new parent", test_two_new);
	case_of("a new one below an old one, after its parent was covered", test_new_below_old);
	case_of("beneath the root directory", test_root);
	case_of("one inside another", test_inside);
	case_of("what is written there is in the directory", test_writes_go_there);
	case_of("what must stay visible", test_kept);
	case_of("nothing to show", test_nothing_there);
	ok(holds(at("there/mine"), "mine") && !fs_exists(at("there/file")),
		"outside nothing changed");
	ok(!fs_exists(at("side/a")) && !fs_exists(at("side/x")) && !fs_exists("/no-such-top"),
		"outside nothing was made");
	return done_testing();
}
