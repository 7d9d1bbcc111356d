/* normal_form: comments that are blanked, comments that stay, and that nothing else is touched. */
#include "common/buf.h"
#include "sketch/source.h"
#include "tap.h"

static char *normal(const char *text, size_t len)
{
	struct buf b = BUF_INIT;
	source_normal_form(text, len, &b);
	return buf_detach(&b);
}

static void becomes(const char *text, const char *want, const char *name)
{
	char *got = normal(text, strlen(text));
	is_str(got, want, name);
	free(got);
}

static void stays(const char *text, const char *name)
{
	becomes(text, text, name);
}

static void test_blanked(void)
{
	becomes("int a; // note\nint b;\n", "int a;\nint b;\n",
		"a line comment, and the blanks before it");
	becomes("int /* x */ a;\n", "int         a;\n", "a block comment leaves its width");
	becomes("a/**/b\n", "a    b\n", "the shortest one still parts words");
	becomes("/* a\n\tb */ int c;\n", "\n\t     int c;\n", "newlines, tabs and columns stay");
	becomes("x /* a */ \t\ny\n", "x\ny\n", "no blanks are left at a line's end");
	becomes("// a\r\nint b; // c\r\n", "\r\nint b;\r\n", "CR LF stays CR LF");
	becomes("int a; // end", "int a;", "at the end of the text");
	becomes("int a; /* x */ // y\n", "int a;\n", "two in a row");
	becomes("#define X 1 // one\n", "#define X 1\n", "behind a macro");
	becomes("#define X /* a */ 1 /* b */\n", "#define X         1\n", "inside a macro");
	becomes("#if A /* a */ && B // b\n#endif // A\n", "#if A         && B\n#endif\n",
		"in conditions");
	becomes("/* a */ #define X\n", "        #define X\n", "before a directive");
	becomes("/* a\n*/\n#define X\n", "\n\n#define X\n", "above a directive");
	becomes("/*/ a */b\n", "        b\n", "an opener that looks like a closer");
	becomes("\"a\" // b\n", "\"a\"\n", "behind a string");
	becomes("a = b /*c*// d;\n", "a = b      / d;\n", "before a division");
	becomes("#define X \\\n 1 // a\n", "#define X \\\n 1\n", "on a macro's last line");
	becomes("'\\'' // a\n", "'\\''\n", "behind an escaped quote");
	becomes("#include <a//b.h>\nint c; // d\n", "#include <a//b.h>\nint c;\n",
		"on the line behind a header name");
	becomes("", "", "of nothing");
}

static void test_kept(void)
{
	stays("// fall through\n", "a fall-through mark");
	stays("x; /* FALLTHRU */ y;\n", "in capitals");
	stays("x; // Falls into\n", "in other words");
	stays("/* NOTREACHED */\n", "NOTREACHED");
	stays("// NOLINT\n", "lint's marks");
	stays("/* a /* b */\n", "a nested opener");
	stays("//* a */ b\n", "an opener for older C");
	stays("// caf\xc3\xa9\n", "bytes beyond ASCII");
	stays("// a\x01\n", "control bytes");
	stays("// a\rb\n", "a carriage return alone");
	stays("// a \\\nb\n", "a line splice");
	stays("/* a \\\n b */\n", "a line splice in a block");
	stays("#define X a /* b\n c */ d\n", "newlines inside a directive");
	stays("a /* b\n */ # c\n", "newlines that would make a directive");
	stays("#define X \\ // a\n", "what would become a splice");
	stays("#include <a//b.h>\n", "a header name");
	stays("#include \"a/*b.h\" // c\n#import <x//y> // z\n", "an include's line");
	stays("#if __has_include(<a//b>) /* c */\n#endif\n", "__has_include's line");
	stays("#pragma x // y\n", "a pragma");
	stays("#error a // don't\n#warning b /* c */\n", "messages");
	stays("#line 1 \"a//b\" // c\n", "line marks");
	stays("\"// no\" '/*' \"\\\"/* no */\"\n", "strings");
	stays("R\"x(// no )\" /* no */)x\"\n", "raw strings");
	stays("u8R\"(//)\" LR\"(/* */)\"\n", "raw strings with prefixes");
	stays("\"a\\\n// b\"\n", "a string over two lines");
	stays("int a;  \n\t\n", "white space without a comment");
}

/* Where a compiler may read the text in another way, not a byte changes. */
static void test_doubt(void)
{
	stays("// a\n/\\\n/ b\n", "a comment opener cut in two");
	stays("// a\n/* b *\\\n/ c\n", "a closer cut in two");
	stays("// a \?\?/\nb\n", "trigraphs");
	stays("int a = 1'000; // b\n", "digit separators");
	stays("// a\nchar b = 'c;\n", "an open quote");
	stays("// a\n\"b\n", "an open string");
	stays("// a\n/* b", "an open comment");
	stays("// a\nR\"(b", "an open raw string");
	stays("// a\n%: define X\n", "digraphs");
	stays("// a\nint b\\\nc;\n", "a word cut in two");
	stays("# /* a */ define X // b\n", "a directive with a comment in its head");
	char *got = normal("a\0// b\n", 7);
	ok(memcmp(got, "a\0// b\n", 8) == 0, "NUL bytes");
	free(got);
}

int main(void)
{
	test_blanked();
	test_kept();
	test_doubt();
	return done_testing();
}
