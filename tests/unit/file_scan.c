/* Words that make a text depend on more than its bytes, and the header names that it asks for. */
#include "sketch/file_scan.h"

#include <string.h>
#include "sketch/fileindex.h"
#include "unit/tap.h"

static unsigned flags(const char *text)
{
	return file_scan_flags(text, strlen(text));
}

static void words(void)
{
	is_int(flags("int a;\n"), 0, "plain text has no flag");
	is_int(flags(""), 0, "an empty one neither");
	is_int(flags("puts(__FILE__);"), FILE_MENTIONS_FILE, "__FILE__");
	is_int(flags("puts(__FILE_NAME__);"), FILE_MENTIONS_FILE, "__FILE_NAME__");
	is_int(flags("puts(__BASE_FILE__);"), FILE_MENTIONS_FILE, "__BASE_FILE__");
	is_int(flags("f(__builtin_FILE())"), FILE_MENTIONS_FILE, "__builtin_FILE");
	is_int(flags("x = __DATE__;"), FILE_MENTIONS_TIME, "__DATE__");
	is_int(flags("x = __TIME__"), FILE_MENTIONS_TIME, "__TIME__ at the very end");
	is_int(flags("__TIMESTAMP__"), FILE_MENTIONS_TIME, "__TIMESTAMP__");
	is_int(flags("#if __has_include_next(<a.h>)\n#endif\n"), FILE_MENTIONS_HAS_INCLUDE,
		"__has_include_next");
	is_int(flags("#ifdef __DATE\n"), 0, "a beginning is not the word");
	is_int(flags("___DATE__"), FILE_MENTIONS_TIME, "an underscore more, to be safe");
	is_int(flags("__DATE__ __FILE__ __has_include"),
		FILE_MENTIONS_TIME | FILE_MENTIONS_FILE | FILE_MENTIONS_HAS_INCLUDE,
		"all together");
}

static void comments(void)
{
	is_int(flags("// __DATE__\nint a;\n"), 0, "not in a line comment");
	is_int(flags("/* __DATE__\n __TIME__ */ int a;\n"), 0, "not in a block comment");
	is_int(flags("puts(\"__DATE__\");\n"), 0, "not in a string, which expands nothing");
	is_int(flags("puts(\"//\"); x = __DATE__;\n"), FILE_MENTIONS_TIME,
		"a string begins no comment");
	is_int(flags("c = '\"'; // \"\nx = __DATE__;"), FILE_MENTIONS_TIME,
		"a quoted quote begins no string");
	is_int(flags("const char *a = R\"(/*)\"; x = __DATE__; // */\n"), FILE_MENTIONS_TIME,
		"a raw string begins no comment");
	is_int(flags("// a \\\n __DATE__\nint a;"), 0, "a spliced comment goes on");
	is_int(flags("/* unterminated __DATE__"), FILE_MENTIONS_TIME, "in doubt the word counts");
	is_int(flags("\177ELF__DATE__"), 0, "objects are not text");
}

static void assembler(void)
{
	is_int(flags("asm(\".incbin \\\"a.bin\\\"\");"), FILE_READS_OTHERS, ".incbin");
	is_int(flags("\t.include \"a.inc\"\n"), FILE_READS_OTHERS, ".include");
	is_int(flags("asm(\".include \\\"a.inc\\\"\");"), FILE_READS_OTHERS, ".include in asm()");
	is_int(flags("if (a.includes(b)) a.include = 1; x.incr();"), 0, "members of like names");
}

static void names(void)
{
	static const char text[] =
		"#include <a.h>\n#include \"b.h\"\n  #  include /* x */ \"sub/c.h\" // y\n"
		"#if defined(__has_include) && __has_include(<d.h>) && __has_include ( \"e.h\" "
		")\n#endif\n"
		"// #include \"no.h\"\n#include \"b.h\"\n#import \"f.h\"\n";
	struct header_names n;
	file_scan_names(text, strlen(text), &n);
	is_int((long long)n.quoted.n, 3, "quoted names, each once");
	ok(strv_contains(&n.quoted, "b.h") && strv_contains(&n.quoted, "sub/c.h") &&
			strv_contains(&n.quoted, "f.h"),
		"the right ones");
	is_int((long long)n.tested.n, 2, "tested names");
	ok(strv_contains(&n.tested, "<d.h") && strv_contains(&n.tested, "\"e.h"),
		"with the mark before them");
	ok(!n.computed_include && !n.computed_test, "nothing computed");
	header_names_release(&n);
}

static void computed(const char *text, bool include, bool test, const char *what)
{
	struct header_names n;
	file_scan_names(text, strlen(text), &n);
	ok(n.computed_include == include && n.computed_test == test, "%s", what);
	header_names_release(&n);
}

int main(void)
{
	words();
	comments();
	assembler();
	names();
	computed("#include HEADER\n", true, false, "#include MACRO");
	computed("#if __has_include(HEADER)\n#endif\n", false, true, "__has_include(MACRO)");
	computed("#if __has_include_next(<a.h>)\n#endif\n", false, true, "__has_include_next");
	computed("#define HAS(x) __has_include(x)\n", false, true, "__has_include in a macro");
	computed("#ifdef __has_include\n#endif\n", false, false, "asking for the word itself");
	computed("/* unterminated", true, false, "a text in doubt may include anything");
	return done_testing();
}
