/* sketch_find: the search for sketches, what it passes over and what it warns of. */
#include "sketch/source.h"

#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "tap.h"

static void touch(const char *name)
{
	struct error err = ERROR_INIT;
	char *path = path_join(test_tmpdir(), name), *dir = path_dir(path);
	if (fs_mkdirs(dir, &err) < 0 || fs_write(path, "", 0, &err) < 0)
		diag("%s", err.text);
	free(dir);
	free(path);
}

/* The names found, relative to the test's directory, or "error: …"; free it. */
static char *find(const char *name, struct strv *warnings)
{
	struct strv found = STRV_INIT;
	struct error err = ERROR_INIT;
	struct buf b = BUF_INIT;
	char *path = path_join(test_tmpdir(), name);
	if (sketch_find(path, &found, NULL, warnings, &err) < 0)
		buf_addf(&b, "error: %s", err.text);
	for (size_t i = 0; i < found.n; i++) {
		char *rel = path_relative(found.v[i], test_tmpdir());
		buf_addf(&b, "%s%s", i ? " " : "", rel);
		free(rel);
	}
	strv_release(&found);
	free(path);
	return buf_detach(&b);
}

static void finds(const char *name, const char *want, const char *what)
{
	char *got = find(name, NULL);
	is_str(got, want, what);
	free(got);
}

static void fails(const char *name, const char *part, const char *what)
{
	char *got = find(name, NULL);
	ok(strncmp(got, "error: ", 7) == 0 && strstr(got, part), "%s", what);
	if (!strstr(got, part))
		diag("%s", got);
	free(got);
}

static void test_search(void)
{
	static const char *const files[] = {"lib/examples/B/B.ino", "lib/examples/A/A.ino",
		"lib/examples/A/src/In/In.ino", "lib/examples/A/data/In/In.ino",
		"lib/examples/A/sub/Sub/Sub.ino", "lib/examples/A-x/A-x.ino",
		"lib/examples/old/Old/Old.pde", "lib/.git/G/G.ino", "lib/build/X/X.ino",
		"lib/node_modules/N/N.ino", "lib/out/CACHEDIR.TAG", "lib/out/O/O.ino",
		"lib/src/S/S.ino", "lib/data/D/D.ino"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		touch(files[i]);
	finds("lib",
		"lib/data/D lib/examples/A lib/examples/A-x lib/examples/A/sub/Sub lib/examples/B "
		"lib/examples/old/Old "
		"lib/src/S",
		"all sketches, sorted; src and data are passed over inside a sketch only");
	finds("lib/examples/A", "lib/examples/A", "a sketch that is named is itself alone");
	finds("lib/examples/A/A.ino", "lib/examples/A", "so is its main file");
	finds("lib/build", "lib/build/X", "a name given is searched, whatever it is");
}

static void test_warnings(void)
{
	struct strv warnings = STRV_INIT;
	touch("near/good/good.ino");
	touch("near/Foo/Bar.ino");
	touch("near/two/two.ino");
	touch("near/two/two.pde");
	touch("near/caf\xe9/x.ino");
	char *got = find("near", &warnings);
	is_str(got, "near/good", "the good one is found");
	is_int((long long)warnings.n, 3, "the others are warned of");
	const char *foo = "Foo has Bar.ino but no Foo.ino: not a sketch";
	ok(warnings.n == 3 && strstr(warnings.v[0], foo), "a wrong name");
	ok(warnings.n == 3 && strstr(warnings.v[1], "caf\\xe9' is not UTF-8"), "a name in Latin-1");
	ok(warnings.n == 3 && strstr(warnings.v[2], "two main files"), "two main files");
	free(got);
	strv_release(&warnings);

	fails("near/Foo", "has Bar.ino but no Foo.ino", "named, a wrong name is an error");
	fails("near/two", "two main files", "named, two main files are an error");
	fails("nowhere", "no such file", "so is what is not there");
	touch("plain/readme.md");
	finds("plain", "", "nothing to find is no error");
	fails("plain/readme.md", "is not a sketch", "a file that is no .ino is one");
}

static void test_loops(void)
{
	touch("loop/In/In.ino");
	touch("elsewhere/Far/Far.ino");
	char *up = path_join(test_tmpdir(), "loop/In/up");
	char *far = path_join(test_tmpdir(), "loop/far"),
	     *twice = path_join(test_tmpdir(), "loop/zz");
	ok(symlink("..", up) == 0 && symlink("../elsewhere", far) == 0 && symlink("In", twice) == 0,
		"symlinks up, aside, and to a sketch");
	finds("loop", "loop/In loop/far/Far",
		"each directory once, symlinks followed, no endless search");
	char *alias = path_join(test_tmpdir(), "alias");
	ok(symlink("loop/In", alias) == 0, "a symlink to a sketch");
	finds("alias", "alias", "is a sketch by the name of what it leads to");
	free(up);
	free(far);
	free(twice);
	free(alias);
}

/* What is not known to be bare has to be looked at. */
static void test_bare(void)
{
	static const char *const files[] = {"kinds/A/A.ino", "kinds/B/B.ino", "kinds/B/sketch.yaml",
		"kinds/C/C.ino", "kinds/C/sketch.yml", "kinds/D/D.ino",
		"kinds/D/library.properties", "kinds/E/E.ino", "kinds/E/E.h"};
	struct strv found = STRV_INIT;
	struct strmap bare = STRMAP_INIT(NULL);
	struct error err = ERROR_INIT;
	char *dir = path_join(test_tmpdir(), "kinds");
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		touch(files[i]);
	ok(sketch_find(dir, &found, &bare, NULL, &err) == 0 && found.n == 5, "five sketches");
	for (size_t i = 0; i < found.n; i++) {
		const char *name = path_base(found.v[i]);
		ok(!strmap_get(&bare, found.v[i]) == !strchr("AE", *name), "%s is%s bare", name,
			strchr("AE", *name) ? "" : " not");
	}
	strv_release(&found);
	strmap_release(&bare);
	free(dir);
}

int main(void)
{
	test_search();
	test_warnings();
	test_loops();
	test_bare();
	return done_testing();
}
