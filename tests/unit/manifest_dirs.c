/* Kept compiles and the command: flags, argument files, and every kind of directory that a header can come from. */
#include "unit/store_case.h"

static void keys(void)
{
	struct test_case c = kept();
	c.flags = "-O2";
	misses(&c, "another flag");
	c.flags = "-Os -I%/extra";
	put("extra/keep", "");
	misses(&c, "another -I that is not of the list");
	must(keep(&c), "kept");
	hits(&c, "one", "has its own result");
	put("extra/b.h", "");
	misses(&c, "and may come to shadow");
	unlink(at("extra/b.h"));
	put("args", "-DX=1 -isystem %/extra");
	c.flags = "-Os @%/args";
	must(keep(&c), "kept");
	hits(&c, "one", "an argument file");
	put("args", "-DX=2");
	misses(&c, "counts with its content");
	c = kept();
	put("lib/a.c", "#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include <sys.h>\n");
	c.source = "lib/a.c";
	misses(&c, "the same text in another language");
}

static void extra_dirs(void)
{
	fresh();
	struct test_case c = unit();
	put("extra/e.h", "int e;\n");
	c.flags = "-Os -isystem %/extra";
	c.deps = "extra/e.h other/b.h";
	must(keep(&c), "kept");
	hits(&c, "one", "a header found by -isystem");
	put("extra/e.h", "int E;\n");
	misses(&c, "changed");
	put("extra/e.h", "int e;\n");
	put("other/e.h", "");
	misses(&c, "or offered elsewhere, too");
	unlink(at("other/e.h"));
	put("args2", "");
	struct strv none = STRV_INIT;
	char *text = xasprintf("-iprefix %s/ \"-iwithprefixbefore\" extra", test_tmpdir());
	put("args2", text);
	c.flags = "-Os @%/args2";
	must(keep(&c), "kept");
	hits(&c, "one", "search directories in an argument file");
	put("other/e.h", "");
	misses(&c, "are known as such");
	unlink(at("other/e.h"));
	free(text);
	strv_release(&none);
}

/* A system header that includes the next one of its name, as stdint.h does. */
static void include_next(void)
{
	fresh();
	struct test_case c = unit();
	put("sys1/std.h", "#include_next <std.h>\n");
	put("sys2/std.h", "int std;\n");
	put("sys3/keep", "");
	c.system = "sys1 sys2";
	c.deps = "sys1/std.h sys2/std.h";
	must(keep(&c), "kept");
	c.includes = "core lib third other";
	hits(&c, "one", "#include_next in system headers");
	put("sys2/std.h", "int STD;\n");
	misses(&c, "the second one changed");
	put("sys2/std.h", "int std;\n");
	c.system = "sys1 sys3 sys2";
	hits(&c, "one", "a directory between");
	put("sys3/std.h", "");
	misses(&c, "that comes to offer it");
	unlink(at("sys3/std.h"));
	put("third/std.h", "");
	misses(&c, "or a library");
	unlink(at("third/std.h"));
	unlink(at("sys1/std.h"));
}

/* A header from nowhere on the lists: by a path of its own. */
static void elsewhere(void)
{
	fresh();
	struct test_case c = unit();
	put("far/f.h", "int f;\n");
	c.deps = "lib/a.h far/f.h";
	must(keep(&c), "kept");
	hits(&c, "one", "a file by its absolute path");
	put("far/f.h", "int F;\n");
	misses(&c, "changed");
	put("far/f.h", "int f;\n");
	c.includes = "core lib";
	misses(&c, "another list");
}

/* From a directory that the compiler does not tell of. */
static void untold(void)
{
	fresh();
	struct test_case c = unit();
	put("inner/u/f.h", "int f;\n");
	c.system = NULL;
	c.deps = "lib/a.h inner/u/f.h";
	must(keep(&c), "kept");
	c.includes = "third lib core";
	hits(&c, "one", "a system header of a compiler that answers nothing, with another list");
	put("inner/u/f.h", "int F;\n");
	misses(&c, "changed");
	put("inner/u/f.h", "int f;\n");
	put("third/u/f.h", "");
	misses(&c, "offered by a library");
	unlink(at("third/u/f.h"));
	put("third/f.h", "");
	misses(&c, "by another end of its path");
	must(keep(&c), "kept");
	hits(&c, "one", "found although its name is offered");
	c.includes = "lib third core";
	misses(&c, "holds for that list only");
	unlink(at("third/f.h"));
}

/* System headers that are links, and told by where they lead to. */
static void linked(void)
{
	fresh();
	struct test_case c = unit();
	put("real/deep/l.h", "int l;\n");
	put("real/r.h", "int r;\n");
	put("farm/deep/keep", "");
	must(symlink(at("real/deep/l.h"), at("farm/deep/l.h")) == 0, "link");
	must(symlink(at("real"), at("whole")) == 0, "link");
	c.system = "farm whole";
	c.deps = "lib/a.h real/deep/l.h real/r.h";
	must(keep(&c), "kept");
	c.includes = "third lib core";
	hits(&c, "one", "a link to a header and one to a directory, with another list");
	put("third/deep/l.h", "");
	misses(&c, "its name is offered by a library");
	unlink(at("third/deep/l.h"));
	put("third/r.h", "");
	misses(&c, "so is the other's");
	unlink(at("third/r.h"));
	put("farm/r.h", "#include_next <r.h>\n");
	c.deps = "farm/r.h real/r.h";
	must(keep(&c), "kept");
	hits(&c, "one", "by #include_next");
	put("real/r.h", "int R;\n");
	misses(&c, "changed");
	c.system = "farm/deep farm";
	c.deps = "real/deep/l.h";
	must(keep(&c), "kept");
	hits(&c, "one", "under two names");
	put("third/l.h", "");
	misses(&c, "the shorter of which is offered");
	unlink(at("third/l.h"));
	put("third/deep/l.h", "");
	misses(&c, "or the longer");
	unlink(at("third/deep/l.h"));
	unlink(at("farm/deep/l.h"));
	put("farm/deep/l.h", "int L;\n");
	misses(&c, "another file in the place of the link");
}

/* A directory and its parent on the list: one file, two names. */
static void nested(void)
{
	fresh();
	struct test_case c = unit();
	put("outer/inner/n.h", "int n;\n");
	c.includes = "core outer/inner outer";
	c.deps = "outer/inner/n.h";
	must(keep(&c), "kept");
	hits(&c, "one", "found under two names");
	put("core/inner/n.h", "");
	misses(&c, "each of which counts");
	unlink(at("core/inner/n.h"));
	hits(&c, "one", "away again");
}

static void dotted(void)
{
	fresh();
	struct test_case c = unit();
	put("lib/sub/deep.cpp", "#include \"../a.h\"\n");
	c.source = "lib/sub/deep.cpp";
	c.deps = "lib/sub/../a.h";
	must(keep(&c), "kept");
	struct buf deps = BUF_INIT;
	char *object = find_deps(&c, &deps);
	is_str(object, "one", "a path with dots");
	is_str(buf_str(&deps), "lib/sub/deep.cpp lib/a.h", "comes back without");
	free(object);
	buf_release(&deps);
}

int main(void)
{
	keys();
	extra_dirs();
	include_next();
	elsewhere();
	untold();
	linked();
	nested();
	dotted();
	return done_testing();
}
