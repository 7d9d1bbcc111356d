/* source: which files make a sketch, and how the .ino files become one text. */
#include "sketch/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "tap.h"

/* Writes DIR/NAME beneath the test's directory, with the directories above it. Free the path. */
static char *put(const char *name, const char *text)
{
	struct error err = ERROR_INIT;
	char *path = path_join(test_tmpdir(), name), *dir = path_dir(path);
	if (fs_mkdirs(dir, &err) < 0 || fs_write(path, text, strlen(text), &err) < 0)
		diag("%s", err.text);
	free(dir);
	return path;
}

static void touch(const char *name)
{
	free(put(name, ""));
}

static char *at(const char *name)
{
	return path_join(test_tmpdir(), name);
}

static char *joined(const struct strv *sv)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < sv->n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", sv->v[i]);
	return buf_detach(&b);
}

static void is_list(const struct strv *sv, const char *want, const char *name)
{
	char *got = joined(sv);
	is_str(got, want, name);
	free(got);
}

static void load_fails(const char *name, const char *part)
{
	struct sketch s = {0};
	struct error err = ERROR_INIT;
	char *path = at(name);
	ok(sketch_load(&s, path, &err) < 0 && strstr(err.text, part), "'%s' is refused: %s", name,
		part);
	if (!strstr(err.text, part))
		diag("%s", err.text);
	free(path);
}

static void test_files(void)
{
	struct sketch s;
	struct error err = ERROR_INIT;
	static const char *const files[] = {"Foo/Foo.ino", "Foo/zeta.ino", "Foo/alpha.pde",
		"Foo/Beta.ino", "Foo/zz.cpp", "Foo/aa.c", "Foo/mm.S", "Foo/u.cc", "Foo/v.cxx",
		"Foo/a.h", "Foo/notes.md", "Foo/x.txt", "Foo/Foo.ino.cpp", "Foo/src/b/late.cpp",
		"Foo/src/early.cpp", "Foo/src/a.tpp", "Foo/src/CVS/old.cpp", "Foo/src/.git/x.cpp",
		"Foo/data/page.json", "Foo/lib/extra.cpp", "Foo/lib/more.ino",
		"Foo/build/uno/out.cpp", "Foo/exported/build.options.json", "Foo/exported/core.cpp",
		"Foo/.hidden.h", "Foo/src/build/kept.cpp"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		touch(files[i]);
	char *dir = at("Foo");
	ok(sketch_load(&s, dir, &err) == 0, "a directory loads");
	is_str(s.name, "Foo", "the directory gives the name");
	ok(s.dir[0] == '/' && strcmp(path_base(s.dir), "Foo") == 0, "the directory is absolute");
	is_str(path_base(s.main_file), "Foo.ino", "the main file");
	is_int((long long)s.ino.n, 4, "four .ino and .pde files");
	is_str(path_base(s.ino.v[0]), "Foo.ino", "the main file is first");
	is_str(path_base(s.ino.v[1]), "Beta.ino", "the others are sorted bytewise");
	is_str(path_base(s.ino.v[2]), "alpha.pde", "a .pde counts as well");
	is_list(&s.sources,
		"aa.c mm.S u.cc v.cxx zz.cpp src/b/late.cpp src/build/kept.cpp src/early.cpp",
		"sources: the root, then src/, nothing hidden, built or of version control");
	is_list(&s.others, "a.h data/page.json lib/extra.cpp notes.md src/a.tpp",
		"others: what the reference copies and does not compile");
	is_list(&s.dirs, " data lib src src/b src/build", "the directories that were listed");
	sketch_release(&s);

	char *tab = at("Foo/zeta.ino");
	ok(sketch_load(&s, tab, &err) == 0, "any .ino of the directory names the sketch");
	is_str(path_base(s.main_file), "Foo.ino", "whose main file stays the same");
	sketch_release(&s);
	free(tab);
	free(dir);
}

static void test_refusals(void)
{
	load_fails("nowhere", "No such file");
	touch("Empty/readme.txt");
	load_fails("Empty", "has no .ino file: not a sketch");
	touch("Named/Other.ino");
	load_fails("Named", "has Other.ino but no Named.ino: not a sketch");
	touch("Named/thing.cpp");
	load_fails("Named/thing.cpp", "is not a sketch");
	touch("Two/Two.ino");
	touch("Two/Two.pde");
	load_fails("Two", "two main files");
	touch("Bytes/Bytes.ino");
	touch("Bytes/caf\xe9.h");
	load_fails("Bytes", "'caf\\xe9.h' is not UTF-8");
	touch("caf\xe9/caf\xe9.ino");
	load_fails("caf\xe9", "caf\\xe9' is not UTF-8");
	touch("Bytes/caf\xe9.txt");
	touch("Long/Long.ino");
	touch("Long/\xe0\x80\xaf.h");
	load_fails("Long", "'\\xe0\\x80\\xaf.h' is not UTF-8");
	touch("caf\xc3\xa9/caf\xc3\xa9.ino");
	struct sketch s;
	char *good = at("caf\xc3\xa9");
	ok(sketch_load(&s, good, NULL) == 0, "a name in UTF-8 is fine");
	sketch_release(&s);
	free(good);

	touch("Loop/Loop.ino");
	touch("Loop/sub/x.h");
	char *link = at("Loop/sub/again");
	ok(symlink("..", link) == 0, "a symlink to the directory above");
	free(link);
	load_fails("Loop", "leads back");
}

static void test_symlinks(void)
{
	struct sketch s;
	struct error err = ERROR_INIT;
	touch("Real/Real.ino");
	touch("v2/Fancy.ino");
	char *alias = at("alias"), *fancy = at("Fancy");
	ok(symlink("Real", alias) == 0 && symlink("v2", fancy) == 0, "two symlinks");
	ok(sketch_load(&s, alias, &err) == 0, "a symlink of any name leads to a sketch");
	is_str(s.name, "Real", "which keeps its real name, as in the reference");
	sketch_release(&s);
	ok(sketch_load(&s, fancy, &err) == 0, "a symlink may bear the sketch's name");
	is_str(s.name, "Fancy", "when its target does not");
	sketch_release(&s);
	free(alias);
	free(fancy);
}

/* The merged text of a sketch of one file, with its path replaced by MAIN; free it. */
static char *merge_one(const char *text, size_t len, int *first_line)
{
	struct sketch s;
	struct merged m;
	struct error err = ERROR_INIT;
	char *dir = at("One"), *path = at("One/One.ino");
	fs_mkdirs(dir, &err);
	fs_write(path, text, len, &err);
	if (sketch_load(&s, dir, &err) < 0 || source_merge(&s, &m, &err) < 0) {
		diag("%s", err.text);
		exit(1);
	}
	char *mark = xasprintf("#line 1 \"%s\"\n", s.main_file);
	const char *found = strstr(buf_str(&m.text), mark);
	struct buf out = BUF_INIT;
	buf_add(&out, m.text.data, (size_t)(found - m.text.data));
	buf_addstr(&out, "MAIN\n");
	buf_addstr(&out, found + strlen(mark));
	*first_line = m.first_line;
	merged_release(&m);
	sketch_release(&s);
	free(mark);
	free(dir);
	free(path);
	return buf_detach(&out);
}

static void merges_to(const char *text, const char *want, int line, const char *name)
{
	int first_line = 0;
	char *got = merge_one(text, strlen(text), &first_line);
	is_str(got, want, name);
	is_int(first_line, line, "its first line's number");
	free(got);
}

static void test_merge(void)
{
	merges_to("int a;\n", "#include <Arduino.h>\nMAIN\nint a;\n\n", 3,
		"Arduino.h is put in front");
	merges_to("", "#include <Arduino.h>\nMAIN\n\n", 3, "an empty file");
	merges_to("int a;", "#include <Arduino.h>\nMAIN\nint a;\n", 3, "no newline at the end");
	merges_to("\xef\xbb\xbfint a;\n", "#include <Arduino.h>\nMAIN\nint a;\n\n", 3,
		"a byte order mark goes");
	merges_to("int a;\r\nint b;\rint c;\r\n",
		"#include <Arduino.h>\nMAIN\nint a;\nint b;\nint c;\n\n", 3,
		"lines end with a newline, whatever they ended with");
	merges_to("#define X 1\n#include \"x.h\"\n#define Y 2\n",
		"#include <Arduino.h>\nMAIN\n#define X 1\n#include \"x.h\"\n#define Y 2\n\n", 3,
		"#define and #include keep their order");

	static const char *const has[] = {"#include <Arduino.h>\n", "#include \"Arduino.h\"\n",
		"int a;\n \t# include\t<Arduino.h>\n", "/*\n#include <Arduino.h>\n*/\n",
		"\n\n#include<Arduino.h>"};
	for (size_t i = 0; i < ARRAY_LEN(has); i++) {
		char *want = xasprintf("MAIN\n%s\n", has[i]);
		merges_to(has[i], want, 2, "Arduino.h is there already");
		free(want);
	}
	static const char *const lacks[] = {"// #include <Arduino.h>\n", "#include <Arduino.hpp>\n",
		"#include <my/Arduino.h>\n", "int x; #include <Arduino.h>\n",
		"#import <Arduino.h>\n", "#include Arduino.h\n", "Arduino.h"};
	for (size_t i = 0; i < ARRAY_LEN(lacks); i++) {
		char *want = xasprintf("#include <Arduino.h>\nMAIN\n%s\n", lacks[i]);
		merges_to(lacks[i], want, 3, "that does not include Arduino.h");
		free(want);
	}
}

static void test_tabs(void)
{
	struct sketch s;
	struct merged m;
	struct error err = ERROR_INIT;
	char *dir = at("Tab \"s\" \\");
	free(put("Tab \"s\" \\/Tab \"s\" \\.pde", "int main_tab;\n"));
	free(put("Tab \"s\" \\/b.ino", "\xef\xbb\xbf#include <Arduino.h>\nint b;"));
	free(put("Tab \"s\" \\/a.ino", "int a;\n"));
	ok(sketch_load(&s, dir, &err) == 0 && source_merge(&s, &m, &err) == 0,
		"a .pde sketch with quotes and a backslash in its name, and two tabs");
	struct buf want = BUF_INIT;
	static const char *const parts[][2] = {{"Tab \\\"s\\\" \\\\.pde", "int main_tab;\n\n"},
		{"a.ino", "int a;\n\n"}, {"b.ino", "#include <Arduino.h>\nint b;\n"}};
	char *real = path_real(test_tmpdir(), NULL);
	buf_addstr(&want, "#include <Arduino.h>\n");
	for (size_t i = 0; i < 3; i++)
		buf_addf(&want, "#line 1 \"%s/Tab \\\"s\\\" \\\\/%s\"\n%s", real, parts[i][0],
			parts[i][1]);
	is_str(buf_str(&m.text), buf_str(&want),
		"only the main file's include counts; names are escaped");
	buf_release(&want);
	merged_release(&m);
	sketch_release(&s);
	free(real);
	free(dir);
}

static void test_limits(void)
{
	struct sketch s;
	struct merged m;
	struct error err = ERROR_INIT;
	char *main_file = put("Big/Big.ino", ""), *dir = at("Big");
	ok(truncate(main_file, (8 << 20) + 1) == 0, "a file of 8 MiB and a byte");
	ok(sketch_load(&s, dir, &err) == 0 && source_merge(&s, &m, &err) < 0, "is not merged");
	ok(strstr(err.text, "Big.ino"), "the error names it");
	sketch_release(&s);
	free(main_file);
	free(dir);
}

static void test_copy(void)
{
	struct buf b = BUF_INIT;
	char *path = put("copy.h", "\xef\xbb\xbf#pragma once\r\n");
	char *want = xasprintf("#line 1 \"%s\"\n#pragma once\r\n", path);
	ok(source_copy_text(path, false, &b, NULL) == 0, "a header is copied");
	is_str(buf_str(&b), want, "with a mark of where it was, and its own newlines");
	buf_clear(&b);
	ok(source_copy_text(path, true, &b, NULL) == 0, "the other way");
	is_str(buf_str(&b), "\xef\xbb\xbf#pragma once\r\n", "as it is for arduino-builder");
	struct error err = ERROR_INIT;
	ok(source_copy_text("/nonexistent/x.h", false, &b, &err) < 0 && err.text[0],
		"a missing file is an error");
	buf_release(&b);
	free(path);
	free(want);
}

int main(void)
{
	test_files();
	test_refusals();
	test_symlinks();
	test_merge();
	test_tabs();
	test_limits();
	test_copy();
	return done_testing();
}
