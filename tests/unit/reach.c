/* Which libraries sketches can reach: by headers in either layout, through #if, macros and __has_include, through other libraries, by
 * depends=, by path; all that offer a header; each once however many symlinks lead to it. And what does not count.
 */
#include "sketch/reach.h"

#include "unit/library_util.h"

#define PROPS(name) "name=" name "\nversion=1.0\n"

static struct strv sketches, given, folders, installed, sources;

static void clear(void)
{
	strv_clear(&sketches);
	strv_clear(&given);
	strv_clear(&folders);
	strv_clear(&installed);
	strv_clear(&sources);
	strv_push(&folders, at("user"));
}

/* The directories, below the test's, in the order of the answer. */
static void reaches(const char *want, const char *name)
{
	const struct reach_search s = {&sketches, &sources, &given, &folders, &installed};
	struct strv got = STRV_INIT;
	struct error err = ERROR_INIT;
	struct reach r;
	ok(reach_find(&r, &s, &err) == 0, "%s: %s", name, err.text);
	for (size_t i = 0; i < r.n; i++)
		strv_push(&got, r.v[i].dir);
	is_strv(&got, want, name);
	strv_release(&got);
	reach_release(&r);
}

/* The sketch S of that text. */
static void sketch(const char *text)
{
	put("S/S.ino", text);
	clear();
	strv_push(&sketches, at("S"));
}

static void sketch_reaches(const char *text, const char *want, const char *name)
{
	sketch(text);
	reaches(want, name);
}

static void make_libraries(void)
{
	put_library("user/Flat", NULL, "Flat.h");
	put("user/Flat/utility/deep.c", "#include <FromUtility.h>\n");
	put("user/Flat/parts/part.h", "#include <FromPart.h>\n");
	put("user/Flat/Flat.cpp", "#include \"parts/part.h\"\n");
	put("user/Flat/examples/E/e.cpp", "#include <Alone.h>\n");
	put_library("user/FromUtility", NULL, "FromUtility.h");
	put_library("user/FromPart", NULL, "FromPart.h");
	put_library("user/Alone", PROPS("Alone"), "src/Alone.h");
	put_library("user/Src", PROPS("Src"), "src/Src.h");
	put("user/Src/Top.h", "");
	put("user/Src/src/a/b/c.cpp", "#include <Second.h>\n");
	put("user/Src/extras/t.cpp", "#include <Alone.h>\n");
	put_library("user/Second", PROPS("Second"), "src/Second.h");
	put("user/Second/src/Second.h", "#include <Third.h>\n");
	put_library("user/Third", PROPS("Third"), "src/Third.h");
	put("user/Third/src/Third.h", "#include \"Second.h\"\n");
	put_library("user/TwinA", PROPS("Twin A"), "src/Twin.h");
	put_library("user/TwinB", NULL, "Twin.h");
	put_library("user/Needs", PROPS("Needs") "depends=Twin A (>=1.0), Flat\n", "src/Needs.h");
	put_library("user/Broken", "this is no property\n", "src/Broken.h");
	put("user/Empty/notes.txt", "");
	put("user/.hidden/Hidden.h", "");
	put_library("own", PROPS("Own"), "src/Own.h");
	put("own/src/inner/x.h", "#include <Alone.h>\n");
}

static void test_headers(void)
{
	sketch_reaches("void setup() {}\n", "", "nothing named, nothing reached");
	sketch_reaches("#include <Alone.h>\n", "user/Alone", "layout 1.5");
	sketch_reaches("#include \"Alone.h\"\n", "user/Alone", "quoted");
	sketch_reaches("#include <Flat.h>\n", "user/Flat user/FromPart user/FromUtility",
		"layout 1.0, its utility and what it includes elsewhere, but not its examples");
	sketch_reaches("#include <Src.h>\n", "user/Second user/Src user/Third",
		"through files below src, in a circle");
	sketch_reaches("#include <Top.h>\n", "", "a header beside src is not offered");
	sketch_reaches("#include <Twin.h>\n", "user/TwinA user/TwinB", "all candidates");
	sketch_reaches(
		"#include <Broken.h>\n#include <Hidden.h>\n#include \"user\"\n#include \"\"\n", "",
		"what is no library");
	sketch_reaches("#include <Needs.h>\n",
		"user/Flat user/FromPart user/FromUtility user/Needs user/TwinA",
		"depends= by name and by folder");
}

static void test_conditions(void)
{
	sketch_reaches("#if 0\n#include <Alone.h>\n#endif\n", "user/Alone", "inside #if 0");
	sketch_reaches("// #include <Alone.h>\n/* #include <Src.h> */\n", "", "not in a comment");
	sketch_reaches("const char *s = R\"(\n#include <Alone.h>\n)\";\n", "", "not in a string");
	sketch_reaches(
		"#if __has_include(<Alone.h>)\nint x;\n#endif\n", "user/Alone", "__has_include");
	sketch_reaches("#if defined(__has_include) && __has_include ( \"Alone.h\" )\n#endif\n",
		"user/Alone", "__has_include, quoted");
	sketch_reaches("#define LIB <Alone.h>\n#include LIB\n", "user/Alone", "through a macro");
	sketch_reaches("#define NOT <Alone.h> + 1\n#define N \"Alone\n", "", "other macros");
	sketch_reaches("#include_next <Alone.h>\n", "user/Alone", "#include_next");
}

/* From other files than the main one. */
static void test_files(void)
{
	put("Many/Many.ino", "");
	put("Many/b.ino", "#include <Alone.h>\n");
	put("Many/src/deep/d.cpp", "#include <TwinB.h>\n#include \"odd.def\"\n");
	put("Many/src/deep/odd.def", "#include <Third.h>\n");
	put("Many/x.hpp", "#include <FromPart.h>\n");
	put("Many/data/ignored.txt", "#include <Flat.h>\n");
	clear();
	strv_push(&sketches, at("Many"));
	reaches("user/Alone user/FromPart user/Second user/Third", "all files of a sketch");
	strv_push(&sketches, at("missing"));
	reaches("user/Alone user/FromPart user/Second user/Third", "a sketch that is not there");
	sketch("#include <Alone.h>\n");
	strv_push(&sketches, at("Many"));
	put("Many/b.ino", "");
	reaches("user/Alone user/FromPart user/Second user/Third", "two sketches");
}

static void test_given(void)
{
	sketch("#include <Own.h>\n");
	strv_push(&given, at("own"));
	reaches("own user/Alone", "one that was given comes first, and reaches others");
	sketch("#include <inner/x.h>\n");
	strv_push(&given, at("own"));
	reaches("own user/Alone", "an inner header of it");
	sketch_reaches("#include <a/b/c.cpp>\n", "", "an inner header of others is none");
	sketch("void setup() {}\n");
	strv_push(&given, at("own"));
	strv_push(&given, at("missing"));
	reaches("", "given and not used");
	sketch("#include <Alone.h>\n");
	strv_push(&given, at("user/Alone"));
	reaches("user/Alone", "given and in a folder: once");
	put("own/examples/E/E.ino", "#include \"../../src/Own.h\"\n");
	clear();
	strv_push(&sketches, at("own/examples/E"));
	strv_push(&given, at("own"));
	reaches("own user/Alone", "by path");
}

static void test_platforms(void)
{
	put_library("platform/Wire", PROPS("Wire"), "src/Wire.h");
	put("platform/Wire/src/Wire.cpp", "#include <Twin.h>\n");
	put("core/a/USB.h", "#if USE_TINYUSB\n#include <Alone.h>\n#endif\n");
	sketch("#include <Wire.h>\n");
	strv_push(&installed, at("platform"));
	reaches("user/TwinA user/TwinB", "through a platform's library, which is no answer");
	strv_push(&sources, at("core"));
	reaches("user/Alone user/TwinA user/TwinB", "through a core");
	strv_push(&installed, at("user"));
	reaches("user/Alone user/TwinA user/TwinB", "a folder of both kinds");
}

static void test_symlinks(void)
{
	struct error err = ERROR_INIT;
	struct reach r;
	put_library("elsewhere/Linked", PROPS("Linked"), "src/Linked.h");
	fs_mkdirs(at("folder"), &err);
	ok(symlink(at("elsewhere/Linked"), at("folder/One")) == 0 &&
			symlink("../elsewhere/Linked", at("folder/Two")) == 0 &&
			symlink("nowhere", at("folder/Dead")) == 0 &&
			symlink("..", at("elsewhere/Linked/src/up")) == 0 &&
			symlink("folder", at("alias")) == 0,
		"symlinks");
	sketch("#include <Linked.h>\n");
	strv_clear(&folders);
	strv_push(&folders, at("alias"));
	strv_push(&folders, at("folder"));
	const struct reach_search s = {.sketches = &sketches, .folders = &folders};
	ok(reach_find(&r, &s, &err) == 0 && r.n == 1,
		"one library by two symlinks, of a folder too");
	is_str(r.v[0].dir, at("elsewhere/Linked"), "its own directory");
	is_strv(&r.v[0].places, "folder/One folder/Two", "where the folder has it");
	ok(r.v[0].recursive, "its layout");
	reach_release(&r);
}

static void test_limits(void)
{
	size_t size = REACH_MAX_FILE_BYTES + 1;
	char *text = xmalloc(size + 1);
	memset(text, '\n', size);
	text[size] = '\0';
	memcpy(text, "#include <Alone.h>\n", 19);
	sketch_reaches(text, "", "a file over the limit is not read");
	text[size - 1] = '\0';
	sketch_reaches(text, "user/Alone", "one at the limit is");
	free(text);
}

/* However often it is named. */
static void test_once(void)
{
	struct error err = ERROR_INIT;
	struct reach r;
	for (int i = 0; i < 50; i++) {
		char *name = xasprintf("Big/src/f%d.h", i);
		put(name, "#include \"f0.h\"\n#include \"f1.h\"\n#include <sub/../f2.h>\n#include "
			  "\"./f3.h\"\n");
		free(name);
	}
	put("Big/Big.ino", "#include \"src/f0.h\"\n");
	clear();
	strv_push(&sketches, at("Big"));
	strv_push(&sketches, at("Big"));
	const struct reach_search s = {.sketches = &sketches};
	ok(reach_find(&r, &s, &err) == 0, "many files");
	is_int((long long)r.files, 51, "each is read once");
	reach_release(&r);
}

int main(void)
{
	make_libraries();
	test_headers();
	test_conditions();
	test_files();
	test_given();
	test_platforms();
	test_symlinks();
	test_limits();
	test_once();
	strv_release(&sketches);
	strv_release(&given);
	strv_release(&folders);
	strv_release(&installed);
	strv_release(&sources);
	return done_testing();
}
