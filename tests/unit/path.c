/* Tests of the path names in common/fs. */
#include "common/fs.h"

#include <sys/stat.h>

#include "common/error.h"
#include "tap.h"

/* Takes `got`. */
static void gives(char *got, const char *want, const char *name)
{
	is_str(got, want, name);
	free(got);
}

static void test_parts(void)
{
	gives(path_join("/a", "b"), "/a/b", "join");
	gives(path_join("/a/", "b/c"), "/a/b/c", "join after a slash");
	gives(path_join("/", "b"), "/b", "join to the root");
	gives(path_join("/a", "/b"), "/b", "an absolute name stays");
	gives(path_join("", "b"), "b", "join to nothing");
	gives(path_join("a", ""), "a", "join of nothing");
	gives(path_dir("/a/b"), "/a", "dir");
	gives(path_dir("/a"), "/", "dir beneath the root");
	gives(path_dir("/"), "/", "dir of the root");
	gives(path_dir("a"), ".", "dir without a slash");
	gives(path_dir("a//b"), "a", "dir before two slashes");
	gives(path_dir("a/b/"), "a/b", "dir before a last slash");
	is_str(path_base("/a/b.c"), "b.c", "base");
	is_str(path_base("b.c"), "b.c", "base without a slash");
	is_str(path_base("/a/"), "", "base after a last slash");
	is_str(path_ext("/a.d/b.tar.gz"), ".gz", "ext");
	is_str(path_ext("/a.d/b"), "", "ext: a dot of the directory does not count");
	is_str(path_ext("b."), ".", "ext: a bare dot");
}

static void test_absolute(void)
{
	gives(path_absolute("/a/./b//c/"), "/a/b/c", "dots and slashes go");
	gives(path_absolute("/a/b/../../c"), "/c", "dot-dot goes up");
	gives(path_absolute("/../../a"), "/a", "not above the root");
	gives(path_absolute("/"), "/", "the root");
	gives(path_absolute("/a/.."), "/", "up to the root");
	gives(path_absolute("/..a/...b/c.."), "/..a/...b/c..", "names with dots are names");
	char dir[5000];
	snprintf(dir, sizeof dir, "%s/gone", test_tmpdir());
	mkdir(dir, 0700);
	ok(chdir(dir) == 0 && getcwd(dir, sizeof dir - 3), "in a directory");
	gives(path_absolute("."), dir, "the current directory");
	gives(path_absolute(""), dir, "nothing is the current directory");
	gives(path_absolute("x/../."), dir, "and back");
	gives(path_absolute("../gone"), dir, "up and down");
	rmdir(dir);
	gives(path_absolute("out/./x"), "out/x",
		"without one: stays relative, never beneath the root");
	gives(path_absolute("../../x/../y"), "../../y", "keeps what leads up");
	gives(path_absolute("x/.."), ".", "is never empty");
	gives(path_absolute("/x/y"), "/x/y", "an absolute path needs none");
	ok(chdir("/") == 0, "back");
}

static void test_beneath(void)
{
	ok(path_beneath("/a/b", "/a"), "beneath");
	ok(path_beneath("/a", "/a"), "the directory itself");
	ok(path_beneath("/a/", "/a") && path_beneath("/a", "/a/"), "slashes at the end");
	ok(!path_beneath("/ab", "/a"), "another name with the same start");
	ok(!path_beneath("/", "/a"), "above");
	ok(path_beneath("/a", "/") && path_beneath("/", "/"), "all is beneath the root");
	ok(!path_beneath("a", "/") && !path_beneath("a", ""), "a relative path is not");
	ok(path_beneath("a/b", "a"), "relative ones by text");
	gives(path_relative("/a/b/c", "/a"), "b/c", "relative");
	gives(path_relative("/a//b", "/a/"), "b", "relative after slashes");
	gives(path_relative("/a", "/a"), ".", "relative to itself");
	gives(path_relative("/x/b", "/a"), "/x/b", "elsewhere: a copy");
	gives(path_relative("/b", "/"), "b", "relative to the root");
}

static void finds(const char *line, size_t from, size_t want, const char *name)
{
	is_int((long)path_find(line, strlen(line), from, "/a/b"), (long)want, name);
}

static void test_find(void)
{
	finds("cannot open '/a/b/c': no", 0, 13, "a path in a line");
	finds("/a/b/c", 0, 0, "a path alone");
	finds("/a/b/c /a/b/d", 1, 7, "the next one");
	finds("/a/b", 0, 4, "the directory itself stays");
	finds("/a/bc/d", 0, 7, "another name with the same start");
	finds("/x/a/b/c", 0, 8, "the end of another path");
	is_int((long)path_find("/a", 2, 0, "/"), 2, "the root takes nothing off");
	is_int((long)path_find("x /a", 4, 0, ""), 4, "nor does no directory");
}

static void test_real(void)
{
	char dir[5000], link[5000];
	struct error err = ERROR_INIT;
	char *top = path_real(test_tmpdir(), &err);
	snprintf(dir, sizeof dir, "%s/real", top);
	snprintf(link, sizeof link, "%s/link", top);
	mkdir(dir, 0700);
	ok(symlink("real", link) == 0, "a symlink");
	gives(path_real(link, &err), dir, "real follows it");
	snprintf(link, sizeof link, "%s/none", top);
	gives(path_real(link, &err), NULL, "real needs what is there");
	ok(strstr(err.text, "/none': No such file"), "and says so");
	free(top);
}

int main(void)
{
	test_parts();
	test_absolute();
	test_beneath();
	test_find();
	test_real();
	return done_testing();
}
