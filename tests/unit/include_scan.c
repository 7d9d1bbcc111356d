/* include_scan: what of a text counts as a directive. Items are compared as one line of text. */
#include "common/buf.h"
#include "sketch/include_scan.h"
#include "unit/tap.h"

static void add_item(struct buf *b, const struct scan *s, const struct scan_item *i)
{
	static const char *const FORM[] = {"<%s>", "\"%s\"", "(%s)"};
	const char *text = scan_string(s, i->text);
	switch (i->op) {
	case SCAN_INCLUDE:
		buf_addstr(b, i->next ? "next" : "");
		buf_addf(b, i->form == SCAN_ANGLE ? FORM[0] : FORM[i->form], text);
		break;
	case SCAN_IF: buf_addf(b, "if[%s]", text); break;
	case SCAN_IFDEF: buf_addf(b, "ifdef[%s]", macro_name(i->macro)); break;
	case SCAN_IFNDEF: buf_addf(b, "ifndef[%s]", macro_name(i->macro)); break;
	case SCAN_ELIF: buf_addf(b, "elif[%s]", text); break;
	case SCAN_ELSE: buf_addstr(b, "else"); break;
	case SCAN_ENDIF: buf_addstr(b, "endif"); break;
	case SCAN_DEFINE:
		buf_addf(b, "def[%s", macro_name(i->macro));
		if (i->function)
			buf_addf(b, "(%s)", scan_string(s, i->params));
		buf_addf(b, "=%s]", text);
		break;
	case SCAN_UNDEF: buf_addf(b, "undef[%s]", macro_name(i->macro)); break;
	case SCAN_LINE: buf_addf(b, "line[%s]", text); break;
	default: break;
	}
}

/* The text is copied to exactly its size, so that a byte read too many is seen. */
static char *scanned(const char *text, size_t len, bool *once)
{
	struct macro_table names = {0};
	struct scan s = {0};
	struct buf b = BUF_INIT;
	char *copy = malloc(len + !len);
	memcpy(copy, text, len);
	scan_text(&s, &names, copy, len);
	free(copy);
	for (size_t i = 0; i < s.n; i++) {
		if (i)
			buf_addch(&b, ' ');
		add_item(&b, &s, &s.v[i]);
	}
	if (once)
		*once = s.once;
	scan_release(&s);
	macro_table_release(&names);
	return buf_detach(&b);
}

static void gives(const char *text, const char *want, const char *name)
{
	char *got = scanned(text, strlen(text), NULL);
	is_str(got, want, name);
	free(got);
}

static void includes(void)
{
	gives("#include <a.h>\n#include \"b.h\"\n", "<a.h> \"b.h\"", "both forms");
	gives("  #  include<a.h>", "<a.h>", "blanks, none before the name, no newline at the end");
	gives("#import <a.h>\n", "<a.h>", "import");
	gives("#include_next <a.h>\n", "next<a.h>", "include_next");
	gives("#include MACRO(x)\n", "(MACRO(x))", "computed");
	gives("#include <a//b.h>\n#include \"c/*d.h\"\n#include <e.h>\n",
		"<a//b.h> \"c/*d.h\" <e.h>", "no comments in header names");
	gives("#include \"a\\b.h\" // x\n", "\"a\\b.h\"", "no escapes either");
	gives("#include <a.h> /* c */ // d\n", "<a.h>", "comments behind");
	gives("/* c */ # /* d */ include /* e */ <a.h>\n", "<a.h>", "comments between");
	gives("#inc\\\nlude <a.h>\n", "", "a splice in the directive's name is not followed");
	gives("#include \\\n <a.h>\r\n#include <b.h>\r\n", "<a.h> <b.h>", "splices and CR LF");
	gives("int x; #include <a.h>\n", "", "not at the line's start");
	gives("#includes <a.h>\n#define\n#include\n", "", "unfinished ones");
	gives("#include <a.h\nint x;\n", "(<a.h)", "an unclosed name");
}

static void comments(void)
{
	gives("// #include <a.h>\n#include <b.h>\n", "<b.h>", "line comment");
	gives("// x \\\n#include <a.h>\n#include <b.h>\n", "<b.h>", "continued line comment");
	gives("/*\n#include <a.h>\n*/\n#include <b.h>\n", "<b.h>", "block comment");
	gives("/* x */ /*\n#include <a.h>\n*/ #include <b.h>\n", "<b.h>", "a directive behind one");
	gives("x /*\n*/ #include <a.h>\n", "", "not behind code");
	gives("/*/ #include <a.h>\n*/\n", "", "/*/ does not close itself");
	gives("/* never closed\n#include <a.h>\n", "", "unclosed");
	gives("a = b / c;\n#include <a.h>\n", "<a.h>", "a division");
	gives("#define X /* a\n#include <a.h>\n*/ 1\n#include <b.h>\n", "def[X=1] <b.h>",
		"a comment of several lines in a directive");
}

static void strings(void)
{
	gives("s = \"/*\";\n#include <a.h>\n", "<a.h>", "a comment's opening in a string");
	gives("s = \"\\\"/*\";\n#include <a.h>\n", "<a.h>", "behind an escaped quote");
	gives("s = \"a\\\n#include <a.h>\\\n\";\n#include <b.h>\n", "<b.h>",
		"a string of several lines");
	gives("c = '\"'; d = '/*';\n#include <a.h>\n", "<a.h>", "characters");
	gives("n = 1'000'000; /*\n#include <a.h>\n*/\n", "", "a number is no character");
	gives("case'a': /*\n#include <a.h>\n*/\n", "", "a character behind a word is one");
	gives("don't /*\n#include <a.h>\n", "<a.h>", "an unclosed quote ends with its line");
	gives("s = R\"(\n#include <a.h>\n)\";\n#include <b.h>\n", "<b.h>", "raw string");
	gives("s = u8R\"x(\n)\" #\n#include <a.h>\n)x\";\n#include <b.h>\n", "<b.h>",
		"raw string with a delimiter and a prefix");
	gives("s = FOUR\"(\n#include <a.h>\n", "<a.h>", "a name that ends in R");
	gives("s = R\"(never closed\n#include <a.h>\n", "", "unclosed raw string");
}

static void conditionals(void)
{
	gives("#if A && /* x */ B\n#include <a.h>\n#elif C\n#else\n#endif\n",
		"if[A &&   B] <a.h> elif[C] else endif", "a chain");
	gives("#ifdef A // x\n#include <a.h>\n#endif\n#ifndef B\nint x;\n#endif\n",
		"ifdef[A] <a.h> endif", "an empty one is left out");
	gives("#if A\n#if B\n#endif\n#endif\n#include <a.h>\n", "<a.h>", "and so is one around it");
	gives("#if A\n#include <a.h>\n#elifdef B\n#include <b.h>\n#elifndef C\n#include "
	      "<c.h>\n#endif\n",
		"if[A] <a.h> elif[defined B] <b.h> elif[!defined C] <c.h> endif", "elifdef");
	gives("#endif\n#else\n#elif X\n#include <a.h>\n", "<a.h>", "what has no #if is left out");
	gives("#ifdef\n#include <a.h>\n#endif\n", "if[?] <a.h> endif", "#ifdef of nothing");
}

static void macros(void)
{
	gives("#define A\n#define B 1 + 2 // c\n#define C(x, y) x y\n#define D (x)\n#undef A\n",
		"def[A=] def[B=1 + 2] def[C(x, y)=x y] def[D=(x)] undef[A]", "definitions");
	gives("#define A a \\\n  b\n", "def[A=a   b]", "of several lines");
	gives("#define A \"/*\"\n#include <a.h>\n", "def[A=\"/*\"] <a.h>", "strings in them");
	gives("#line 12 \"/a/b c\\\"d.ino\"\n#line 3\n", "line[/a/b c\"d.ino]", "#line");
}

static void guards(void)
{
	bool once;
	free(scanned("#pragma once\n", 13, &once));
	ok(once, "#pragma once");
	const char *text = "// x\n#ifndef A_H\n#define A_H\n#include <b.h>\n#endif // A_H\n";
	free(scanned(text, strlen(text), &once));
	ok(once, "an include guard");
	text = "#ifndef A_H\n#define A_H\n#endif\n#include <b.h>\n";
	free(scanned(text, strlen(text), &once));
	ok(!once, "not when something stands behind it");
	text = "#ifndef A_H\n#define B_H\n#include <b.h>\n#endif\n";
	free(scanned(text, strlen(text), &once));
	ok(!once, "nor when another name is defined");
}

/* Where each conditional jumps to. */
static void jumps(void)
{
	static const char TEXT[] =
		"#if A\n#if B\n#define X\n#endif\n#elif C\n#define Y\n#else\n#define Z\n"
		"#endif\n#if D\n#define W\n";
	static const uint32_t WANT[] = {4, 3, 0, 0, 6, 0, 8, 0, 0, 11, 0};
	struct macro_table names = {0};
	struct scan s = {0};
	scan_text(&s, &names, TEXT, strlen(TEXT));
	is_int((long long)s.n, 11, "all items");
	bool same = s.n == 11;
	for (size_t i = 0; same && i < s.n; i++)
		same = s.v[i].skip == WANT[i];
	ok(same, "each conditional knows its next; an open one ends with the text");
	scan_release(&s);
	macro_table_release(&names);
}

/* Every beginning of a text must be read within its bounds. */
static void cut_short(void)
{
	static const char TEXT[] =
		"/* a */ #include <a.h> // b\n#define F(x) \"s\\\"\" 'c' \\\n 1\n"
		"s = u8R\"d(x)d\"; n = 1'0;\n#if X /* c\n */ && Y\n#include M\n#endif\n";
	unsigned n = 0;
	for (size_t len = 0; len < sizeof TEXT; len++) {
		free(scanned(TEXT, len, NULL));
		n++;
	}
	is_int(n, (long long)sizeof TEXT, "every beginning is read");
}

static void deep(void)
{
	struct buf b = BUF_INIT;
	for (int i = 0; i < 1000; i++)
		buf_addstr(&b, "#if A\n#include <a.h>\n");
	for (int i = 0; i < 1000; i++)
		buf_addstr(&b, "#endif\n");
	buf_addstr(&b, "#include <b.h>\n");
	char *got = scanned(b.data, b.len, NULL);
	ok(strlen(got) > 5 && strcmp(got + strlen(got) - 5, "<b.h>") == 0, "a thousand levels");
	free(got);
	buf_release(&b);
}

int main(void)
{
	includes();
	comments();
	strings();
	conditionals();
	macros();
	guards();
	jumps();
	cut_short();
	deep();
	return done_testing();
}
