/* When a kept compile serves again, and when it must not: each case changes one thing around it. */
#include "unit/store_case.h"

static void same(void)
{
	struct test_case c = kept();
	struct buf deps = BUF_INIT;
	char *object = find_deps(&c, &deps);
	is_str(object, "one", "the same compile");
	is_str(buf_str(&deps), "lib/a.cpp lib/a.h other/b.h core/core.h sys2/sys.h",
		"what it read, in order");
	buf_release(&deps);
	free(object);
}

static void header_changes(void)
{
	static const char *const files[] = {
		"lib/a.h", "other/b.h", "core/core.h", "sys2/sys.h", "lib/a.cpp"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct test_case c = kept();
		char *before = slurp(at(files[i]));
		flip(at(files[i]), 0);
		misses(&c, files[i]);
		c.object = "two";
		must(keep(&c), "kept");
		hits(&c, "two", "its new result");
		put(files[i], before);
		hits(&c, "one", "the old one when it is changed back");
		unlink(at(files[i]));
		misses(&c, "gone");
		put(files[i], before);
		free(before);
	}
}

static void other_lists(void)
{
	struct test_case c = kept();
	c.includes = "core lib third other";
	put("third/z.h", "");
	hits(&c, "one", "another library on the list is no difference");
	c.includes = "other core lib";
	hits(&c, "one", "nor is another order");
	c.includes = "core lib";
	misses(&c, "without the library that has the header it is");
	put("copy/b.h", "int b;\n");
	c.includes = "core lib copy";
	struct buf deps = BUF_INIT;
	char *object = find_deps(&c, &deps);
	is_str(object, "one", "a library with the same header serves");
	ok(strstr(buf_str(&deps), " copy/b.h ") != NULL, "and is what was read: %s",
		buf_str(&deps));
	buf_release(&deps);
	free(object);
}

static void shadows(void)
{
	static const struct {
		const char *file, *what;
		bool hit;
	} cases[] = {
		{"core/b.h", "earlier in the list", false},
		{"later/b.h", "later in the list", true},
		{"lib/core.h", "beside the file that includes it by a quoted name", false},
		{"other/core.h", "beside a file that does not", true},
		{"lib/sys.h", "before the system's", false},
		{"sys1/sys.h", "in an earlier system directory", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put("later/keep", "");
		struct test_case c = kept();
		c.includes = "core lib other later";
		put(cases[i].file, "int shadow;\n");
		hits(&c, cases[i].hit ? "one" : NULL, cases[i].what);
		unlink(at(cases[i].file));
		hits(&c, "one", "and away again");
	}
}

/* A source whose own directory is not on the list. */
static void quoted_beside(void)
{
	fresh();
	struct test_case c = unit();
	put("lib/sub/x.cpp", "#include \"core.h\"\n#include \"never.h\"\n#include MACRO\n");
	c.source = "lib/sub/x.cpp";
	c.deps = "core/core.h other/b.h";
	must(keep(&c), "kept");
	hits(&c, "one", "a source in a subdirectory");
	put("lib/sub/never.h", "");
	hits(&c, "one", "a header whose #include was not reached");
	unlink(at("lib/sub/never.h"));
	put("lib/sub/core.h", "");
	misses(&c, "a header beside the source");
	unlink(at("lib/sub/core.h"));
	put("lib/sub/b.h", "");
	misses(&c, "one that only the macro can have meant");
	unlink(at("lib/sub/b.h"));
	hits(&c, "one", "without them");
}

static void has_include(void)
{
	fresh();
	struct test_case c = unit();
	put("lib/a.h", "#if __has_include(<opt.h>) || __has_include(\"near.h\")\n#endif\n"
		       "#if __has_include(<b.h>)\n#endif\n");
	must(keep(&c), "kept");
	hits(&c, "one", "__has_include");
	put("other/opt.h", "");
	misses(&c, "a header that comes to exist");
	unlink(at("other/opt.h"));
	put("sys2/opt.h", "");
	misses(&c, "in a system directory");
	unlink(at("sys2/opt.h"));
	put("lib/near.h", "");
	misses(&c, "beside the file");
	unlink(at("lib/near.h"));
	hits(&c, "one", "without it");
	c.deps = "lib/a.h core/core.h";
	fresh();
	must(keep(&c), "kept");
	c.includes = "core lib";
	misses(&c, "a tested header that is no longer offered");
	put("lib/a.h", "#if __has_include(MACRO)\n#endif\n");
	c.includes = "core lib other";
	fresh();
	must(keep(&c), "kept");
	hits(&c, "one", "a computed test");
	c.includes = "core lib other third";
	misses(&c, "holds for one list only");
	put("lib/a.h", "int a;\n");
}

static void moved(void)
{
	struct test_case c = kept();
	put("moved/a.cpp",
		"#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include <sys.h>\n");
	put("moved/a.h", "int a;\n");
	c.source = "moved/a.cpp";
	c.root = "moved";
	c.includes = "core moved other";
	c.build = "build2";
	hits(&c, "one", "another place for the same library, and another build directory");
	c.flags = "-Os -DDIR=%/build2";
	misses(&c, "a define counts as it is");
	must(keep(&c), "kept");
	c.build = "build3";
	c.flags = "-Os -DDIR=%/build3";
	misses(&c, "with the build directory in it");
	c.flags = "-Os --map=%/build3/x.map";
	c.deps = "moved/a.h other/b.h core/core.h sys2/sys.h";
	must(keep(&c), "kept");
	c.build = "build4";
	c.flags = "-Os --map=%/build4/x.map";
	hits(&c, "one", "elsewhere the build directory does not count");
	c.flags = "-Os --map=%/build44/x.map";
	misses(&c, "a longer name is another one");
	must(keep(&c), "kept");
	c.build = "build5";
	c.flags = "-Os --map=%/build54/x.map";
	misses(&c, "and counts as it is");
}

static void below_root(void)
{
	fresh();
	struct test_case c = unit();
	put("lib/private/p.h", "int p;\n");
	put("lib/private/p.cpp", "#include \"p.h\"\n");
	put("build1/gen.h", "int g;\n");
	c.source = "lib/private/p.cpp";
	c.includes = "core";
	c.deps = "lib/private/p.h build1/gen.h";
	must(keep(&c), "kept");
	put("moved/private/p.h", "int p;\n");
	put("moved/private/p.cpp", "#include \"p.h\"\n");
	put("build2/gen.h", "int g;\n");
	c.source = "moved/private/p.cpp";
	c.root = "moved";
	c.build = "build2";
	struct buf deps = BUF_INIT;
	char *object = find_deps(&c, &deps);
	is_str(object, "one", "files beneath the root and the build directory move along");
	is_str(buf_str(&deps), "moved/private/p.cpp moved/private/p.h build2/gen.h",
		"as they are now");
	free(object);
	buf_release(&deps);
	put("build2/gen.h", "int h;\n");
	misses(&c, "a generated header that differs");
}

static void path_dependent(void)
{
	fresh();
	struct test_case c = unit();
	put("lib/a.h", "const char *f = __FILE__;\n");
	must(keep(&c), "kept");
	hits(&c, "one", "__FILE__ at the same path");
	c.build = "build2";
	hits(&c, "one", "in another build directory");
	put("moved/a.h", "const char *f = __FILE__;\n");
	c.includes = "core moved lib other";
	misses(&c, "at another path");
	put("lib/a.h", "int a; // __FILE__\n");
	put("moved/a.h", "int a; // __FILE__\n");
	c.includes = "core lib other";
	must(keep(&c), "kept");
	c.includes = "core moved lib other";
	hits(&c, "one", "in a comment it does not matter");

	c = unit();
	put("lib/a.h", "const char *f = __FILE__;\n");
	c.system = "sys1 way";
	must(symlink("sys2", at("way")) == 0, "no symlink");
	must(keep(&c), "kept");
	hits(&c, "one", "the system's headers by another name, as the compiler tells them");
	unlink(at("way"));
	put("lib/a.h", "int a;\n");
}

static void messages(void)
{
	fresh();
	struct test_case c = unit();
	c.err = "a.cpp:1: warning: what\n";
	must(keep(&c), "kept");
	struct test_run r;
	struct compile_output out = {0};
	run_open(&r, &c);
	ok(store_find_compile(r.st, &r.in, &out), "a compile with warnings");
	is_str(buf_str(&out.err), c.err, "gives them again");
	compile_output_release(&out);
	run_close(&r);
	put("moved/a.cpp",
		"#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include <sys.h>\n");
	put("moved/a.h", "int a;\n");
	c.source = "moved/a.cpp";
	c.root = "moved";
	c.includes = "core moved other";
	misses(&c, "but not at another path, since they name it");
}

static void forms(void)
{
	fresh();
	struct test_case c = unit();
	c.form = "int x;";
	must(keep(&c), "kept");
	put("lib/a.cpp", "#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include "
			 "<sys.h>\n// more\n");
	hits(&c, "one", "another source of the same form");
	c.form = "int y;";
	misses(&c, "another form");
	c.err = "warning\n";
	must(keep(&c), "kept");
	hits(&c, "one", "with warnings");
	put("lib/a.cpp", "#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include "
			 "<sys.h>\n// else\n");
	misses(&c, "the form is not enough: they quote the source");
}

static void never_kept(void)
{
	fresh();
	struct test_case c = unit();
	struct test_run r;
	struct compile_output out = {0};
	put("lib/a.h", "const char *d = __DATE__;\n");
	run_open(&r, &c);
	run_keep(&r, &c, &out);
	ok(out.uses_time, "__DATE__ in a header is told");
	is_str(out.object, r.object, "its object stays where it is");
	is_int((long long)out.deps.n, 5, "what it read is told");
	ok(is_digest_of(&out.digest, "one"), "and the digest");
	compile_output_release(&out);
	run_close(&r);
	misses(&c, "and it is not kept");
	put("lib/a.h", "asm(\".incbin \\\"x\\\"\");\n");
	ok(!keep(&c), "nor what reads files without a trace");
	put("lib/a.h", "// __TIME__\n");
	ok(keep(&c), "a comment is none");
	put("lib/a.h", "int a;\n");
}

/* Headers that change around the time of the compile. */
static void moving(void)
{
	fresh();
	struct test_case c = unit();
	struct test_run r;
	struct compile_output out = {0};
	c.started = -1;
	ok(!keep(&c), "files that changed since the start, not seen before, are not trusted");
	run_open(&r, &c);
	static const char *const names[] = {
		"lib/a.cpp", "lib/a.h", "other/b.h", "core/core.h", "sys2/sys.h"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		file_index_get(r.ix, at(names[i]));
	clock_gettime(CLOCK_REALTIME, &r.in.started);
	run_keep(&r, &c, &out);
	ok(strcmp(out.object, r.object) != 0, "seen before the start and still the same, they are");
	compile_output_release(&out);
	put("other/b.h", "int B;\n");
	run_keep(&r, &c, &out);
	is_str(out.object, r.object, "a header that changed since is noticed");
	compile_output_release(&out);
	run_close(&r);
	misses(&c, "so the new header has no result");
	put("other/b.h", "int b;\n");
	hits(&c, "one", "and the old one has its own");
}

static void ceiling(void)
{
	struct test_case c = kept();
	char text[64], first[64];
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof text, "int a = %d;\n", i);
		snprintf(first, sizeof first, "object %d", i);
		put("lib/a.h", text);
		c.object = first;
		must(keep(&c), "kept");
	}
	hits(&c, "object 39", "the last of many results");
	put("lib/a.h", "int a = 8;\n");
	hits(&c, "object 8", "32 are kept");
	put("lib/a.h", "int a = 7;\n");
	misses(&c, "the oldest are not");
	put("lib/a.h", "int a = 20;\n");
	c.object = "again";
	must(keep(&c), "kept");
	hits(&c, "again", "the same compile replaces its result");
	put("lib/a.h", "int a = 8;\n");
	hits(&c, "object 8", "and takes no other's place");
	put("lib/a.h", "int a;\n");
}

static char *only_manifest(void)
{
	struct error err = ERROR_INIT;
	struct fs_list a = {0}, b = {0};
	must(fs_list(at("cache/manifests"), &a, &err) == 0 && a.n == 1, "one shard");
	char *dir = path_join(at("cache/manifests"), a.v[0].name);
	must(fs_list(dir, &b, &err) == 0 && b.n == 1, "one manifest");
	char *path = path_join(dir, b.v[0].name);
	fs_list_release(&a);
	fs_list_release(&b);
	free(dir);
	return path;
}

static void damage(void)
{
	struct test_case c = kept();
	char *path = only_manifest(), *good = slurp(path);
	size_t len = strlen(good);
	int wrong = 0;
	for (size_t i = 0; i < len; i++) {
		must(fs_write(path, good, len, NULL) == 0, path);
		flip(path, (long)i);
		char *object = find_deps(&c, NULL);
		wrong += object != NULL;
		free(object);
	}
	is_int(wrong, 0, "a manifest with a flipped bit matches nothing");
	for (size_t i = 0; i < len; i += 3) {
		must(fs_write(path, good, i, NULL) == 0, path);
		char *object = find_deps(&c, NULL);
		wrong += object != NULL;
		free(object);
	}
	is_int(wrong, 0, "nor does one that was cut");
	ok(keep(&c), "and it is replaced");
	hits(&c, "one", "by a good one");
	free(path);
	free(good);
}

int main(void)
{
	same();
	header_changes();
	other_lists();
	shadows();
	quoted_beside();
	has_include();
	moved();
	below_root();
	path_dependent();
	messages();
	forms();
	never_kept();
	moving();
	ceiling();
	damage();
	return done_testing();
}
