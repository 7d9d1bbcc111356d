/* prototypes: which declarations are inserted into merged text, and where. What ctags prints is
 * written down here; with arduino-ctags at hand, the same sketches also go through the real one.
 */
#include "sketch/source.h"

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "tap.h"

struct fixture {
	struct sketch sketch;
	struct merged merged;
};

/* A sketch P of a main file and, unless NULL, a second one. */
static void fixture_init(struct fixture *f, const char *text, const char *tab)
{
	struct error err = ERROR_INIT;
	char *dir = path_join(test_tmpdir(), "P"), *main_file = path_join(dir, "P.ino");
	char *tab_file = path_join(dir, "tab.ino");
	fs_mkdirs(dir, &err);
	fs_write(main_file, text, strlen(text), &err);
	if (tab)
		fs_write(tab_file, tab, strlen(tab), &err);
	else
		unlink(tab_file);
	if (sketch_load(&f->sketch, dir, &err) < 0 ||
		source_merge(&f->sketch, &f->merged, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	free(dir);
	free(main_file);
	free(tab_file);
}

static void fixture_release(struct fixture *f)
{
	merged_release(&f->merged);
	sketch_release(&f->sketch);
}

/* Replaces MAIN and TAB by the files' names. */
static char *with_names(const char *text, const struct sketch *s)
{
	struct buf b = BUF_INIT;
	for (const char *p = text; *p;) {
		if (strncmp(p, "MAIN", 4) == 0) {
			buf_addstr(&b, s->main_file);
			p += 4;
		} else if (strncmp(p, "TAB", 3) == 0 && s->ino.n > 1) {
			buf_addstr(&b, s->ino.v[1]);
			p += 3;
		} else {
			buf_addch(&b, *p++);
		}
	}
	return buf_detach(&b);
}

/* The reverse, for what is shown. */
static char *without_names(const char *text, const struct sketch *s)
{
	struct buf b = BUF_INIT;
	for (const char *p = text; *p;) {
		size_t len = 0;
		for (size_t i = 0; i < s->ino.n && !len; i++) {
			if (strncmp(p, s->ino.v[i], strlen(s->ino.v[i])) == 0) {
				len = strlen(s->ino.v[i]);
				buf_addstr(&b, i ? "TAB" : "MAIN");
			}
		}
		if (!len)
			buf_addch(&b, *p);
		p += len ? len : 1;
	}
	return buf_detach(&b);
}

/* What the tags make of the sketch: the inserted lines behind the number of the merged text's line
 * they precede. */
static char *inserted(const struct fixture *f, const char *tags)
{
	struct prototypes p = {0};
	struct error err = ERROR_INIT;
	struct buf b = BUF_INIT;
	if (prototypes_parse(tags, strlen(tags), &f->sketch, &f->merged, &p, &err) < 0) {
		buf_addstr(&b, err.text);
		return buf_detach(&b);
	}
	if (p.line)
		buf_addf(&b, "before %d\n", p.line);
	for (size_t i = 0; i < p.lines.n; i++)
		buf_addf(&b, "%s\n", p.lines.v[i]);
	prototypes_release(&p);
	char *text = without_names(buf_str(&b), &f->sketch);
	buf_release(&b);
	return text;
}

/* The output of arduino-ctags for the merged text, whose own marks serve as the preprocessor's.
 * NULL when there is none. */
static char *real_tags(const struct fixture *f)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct error err = ERROR_INIT;
	char *path = path_join(test_tmpdir(), "merged.cpp");
	prototypes_filter(buf_str(&f->merged.text), f->merged.text.len, &f->sketch, &in);
	fs_write(path, buf_str(&in), in.len, &err);
	char *command = xasprintf("arduino-ctags -u --language-force=c++ -f - --c++-kinds=svpf "
				  "--fields=KSTtzns --line-directives '%s' 2>/dev/null",
		path);
	FILE *p = popen(command, "r");
	char block[4096];
	for (size_t n; (n = fread(block, 1, sizeof block, p)) > 0;)
		buf_add(&out, block, n);
	int status = pclose(p);
	buf_release(&in);
	free(path);
	free(command);
	char *text = buf_detach(&out);
	if (status != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* `tags` may be NULL: then only the real ctags is asked. */
static void gives(
	const char *text, const char *tab, const char *tags, const char *want, const char *name)
{
	struct fixture f;
	fixture_init(&f, text, tab);
	if (tags) {
		char *named = with_names(tags, &f.sketch), *got = inserted(&f, named);
		is_str(got, want, name);
		free(named);
		free(got);
	}
	char *real = real_tags(&f);
	if (real) {
		char *got = inserted(&f, real);
		is_str(got, want, "and the same from arduino-ctags itself");
		if (strcmp(got, want) != 0)
			diag("%s", real);
		free(got);
	} else {
		diag("no arduino-ctags here: %s", name);
	}
	free(real);
	fixture_release(&f);
}

#define FN(name, code, line, sig, ret) \
	name "\tMAIN\t/^" code "$/;\"\tkind:function\tline:" line "\tsignature:" sig \
	     "\treturntype:" ret "\n"
#define TAB_FN(name, code, line, sig, ret) \
	name "\tTAB\t/^" code "$/;\"\tkind:function\tline:" line "\tsignature:" sig \
	     "\treturntype:" ret "\n"
#define SETUP(line) FN("setup", "void setup() {", line, "()", "void")
#define SETUP_TEXT "void setup() {\n}\n"

static void test_plain(void)
{
	gives("int led = 13;\n" SETUP_TEXT "int twice(int a) { return 2 * a; }\n", NULL,
		"led\tMAIN\t/^int led = 13;$/;\"\tkind:variable\tline:1\n" SETUP("2")
			FN("twice", "int twice(int a) { return 2 * a; }", "4", "(int a)", "int"),
		"before 4\n#line 2 \"MAIN\"\nvoid setup();\n#line 4 \"MAIN\"\nint twice(int a);\n"
		"#line 2 \"MAIN\"\n",
		"each function, in front of the first one");
	gives("int led = 13;\n", NULL, "led\tMAIN\t/^int led = 13;$/;\"\tkind:variable\tline:1\n",
		"", "nothing without functions");
	gives("", NULL, "", "", "nothing of nothing");
	gives("#include <Arduino.h>\n" SETUP_TEXT, NULL, SETUP("2"),
		"before 3\n#line 2 \"MAIN\"\nvoid setup();\n#line 2 \"MAIN\"\n",
		"one line up where Arduino.h is not put in front");
	gives(SETUP_TEXT, "int part() { return 1; }\n",
		SETUP("1") TAB_FN("part", "int part() { return 1; }", "1", "()", "int"),
		"before 3\n#line 1 \"MAIN\"\nvoid setup();\n#line 1 \"TAB\"\nint part();\n"
		"#line 1 \"MAIN\"\n",
		"other tabs' functions go to the main file, too");
	gives("int a;\n", SETUP_TEXT, TAB_FN("setup", "void setup() {", "1", "()", "void"),
		"before 2\n#line 1 \"TAB\"\nvoid setup();\n#line 0 \"TAB\"\n",
		"at the very beginning when the main file has no function");
}

static void test_left_out(void)
{
	gives("void twice(int a);\n" SETUP_TEXT "void twice(int a) {\n}\n", NULL,
		"twice\tMAIN\t/^void twice(int a);$/;\"\tkind:prototype\tline:1\tsignature:(int "
		"a)\treturntype:void\n" SETUP("2")
			FN("twice", "void twice(int a) {", "4", "(int a)", "void"),
		"before 4\n#line 2 \"MAIN\"\nvoid setup();\n#line 2 \"MAIN\"\n",
		"what the sketch declares itself");
	gives("void blink(int n = 3) {\n}\n" SETUP_TEXT, NULL,
		FN("blink", "void blink(int n = 3) {", "1", "(int n = 3)", "void") SETUP("3"),
		"before 3\n#line 3 \"MAIN\"\nvoid setup();\n#line 1 \"MAIN\"\n",
		"default arguments");
	gives("void blink(int n = 3) {\n}\n", NULL,
		FN("blink", "void blink(int n = 3) {", "1", "(int n = 3)", "void"),
		"before 3\n\n#line 1 \"MAIN\"\n",
		"with nothing but those, an empty line and the mark");
	gives("struct A {\n int get() { return 1; }\n};\nnamespace n {\nint f() { return 1; }\n}\n"
	      "int A::put() { return 2; }\n" SETUP_TEXT,
		NULL, NULL, "before 10\n#line 8 \"MAIN\"\nvoid setup();\n#line 8 \"MAIN\"\n",
		"members and namespaces");
}

/* These cannot come from ctags alone: a macro was expanded in front of it. */
static void test_macros(void)
{
	struct fixture f;
	fixture_init(&f, "#define MAKE(n) \\\n void n() { }\nMAKE(made)\n" SETUP_TEXT, NULL);
	char *tags =
		with_names(FN("made", "void made() { }", "3", "()", "void") SETUP("4"), &f.sketch);
	char *got = inserted(&f, tags);
	is_str(got,
		"before 5\n#line 3 \"MAIN\"\nvoid made();\n#line 4 \"MAIN\"\nvoid setup();\n#line "
		"3 "
		"\"MAIN\"\n",
		"a function made by a macro, when ctags shows its expansion");
	free(tags);
	free(got);
	tags = with_names(FN("made", "BODY(made)", "3", "()", "void") SETUP("4"), &f.sketch);
	got = inserted(&f, tags);
	is_str(got, "before 5\n#line 4 \"MAIN\"\nvoid setup();\n#line 3 \"MAIN\"\n",
		"none when its code is another, but its line still counts");
	free(tags);
	free(got);
	fixture_release(&f);
}

static void test_modifiers(void)
{
	gives("static int hidden() { return 1; }\n", NULL,
		FN("hidden", "static int hidden() { return 1; }", "1", "()", "int"),
		"before 3\n#line 1 \"MAIN\"\nstatic int hidden();\n#line 1 \"MAIN\"\n",
		"static stays");
	gives("extern \"C\" void c_one() {\n}\nvoid plain() {\n}\nextern \"C\" {\nvoid c_two() "
	      "{\n}\n}\n"
	      "extern \"C\"\n{\nint c_three() { return 1; }\n}\nvoid last() { }\n",
		NULL, NULL,
		"before 3\n#line 1 \"MAIN\"\n extern \"C\" void c_one();\n#line 3 \"MAIN\"\nvoid "
		"plain();\n#line 6 \"MAIN\"\n extern \"C\" void c_two();\n#line 11 \"MAIN\"\n "
		"extern \"C\" "
		"int c_three();\n#line 13 \"MAIN\"\nvoid last();\n#line 1 \"MAIN\"\n",
		"C linkage in its three spellings");
	gives("extern \"C\" {\nstatic int both() { return 1; }\n}\n", NULL, NULL,
		"before 4\n#line 2 \"MAIN\"\nstatic extern \"C\" int both();\n#line 2 \"MAIN\"\n",
		"both of them");
	gives("void __attribute__((noinline)) late() { }\n__attribute__((noinline)) void early() { "
	      "}\n",
		NULL, NULL, "before 3\n#line 2 \"MAIN\"\nvoid early();\n#line 1 \"MAIN\"\n",
		"an attribute in the middle hides the function");
	gives("template <class T> T same(T a) { return a; }\n"
	      "template <typename T>\nT below(T a) { return a; }\n",
		NULL, NULL,
		"before 3\n#line 1 \"MAIN\"\ntemplate <class T> T same(T a) ;\n#line 1 \"MAIN\"\n"
		"template <typename T>T below(T a);\n#line 1 \"MAIN\"\n",
		"templates, on one line and on two");
}

static void test_lines(void)
{
	gives("int x;\nvoid\nsetup()\n{\n}\n", NULL, FN("setup", "setup()", "3", "()", "void"),
		"before 3\n#line 1 \"MAIN\"\nvoid setup();\n#line 1 \"MAIN\"\n",
		"a return type on its own line");
	gives("int sum(int a, // one\n        int b) /* two */ {\n  return a + b;\n}\n", NULL, NULL,
		"before 3\n#line 1 \"MAIN\"\nint sum(int a, int b);\n#line 1 \"MAIN\"\n",
		"a signature of two lines");
	gives("struct timer { timer(void (*f)()); };\ntimer t(&tick);\n" SETUP_TEXT
	      "void tick() {\n}\n",
		NULL, NULL,
		"before 4\n#line 3 \"MAIN\"\nvoid setup();\n#line 5 \"MAIN\"\nvoid tick();\n"
		"#line 2 \"MAIN\"\n",
		"in front of a line that takes a function's address");
	gives("struct timer { timer(void (*f)()); };\ntimer t(tick);\n" SETUP_TEXT
	      "void tick() {\n}\n",
		NULL, NULL,
		"before 4\n#line 3 \"MAIN\"\nvoid setup();\n#line 5 \"MAIN\"\nvoid tick();\n"
		"#line 2 \"MAIN\"\n",
		"or its name in parentheses");
	gives("const char *page = R\"x(\nvoid fake() { }\n)x\";\n" SETUP_TEXT, NULL, SETUP("4"),
		"before 6\n#line 4 \"MAIN\"\nvoid setup();\n#line 4 \"MAIN\"\n",
		"a raw string's text");
	gives("struct pair { int a, b; };\n" SETUP_TEXT "pair make(pair *p) { return *p; }\n", NULL,
		NULL,
		"before 4\n#line 2 \"MAIN\"\nvoid setup();\n#line 4 \"MAIN\"\npair make(pair *p);\n"
		"#line 2 \"MAIN\"\n",
		"types of the sketch");
}

static void test_tags(void)
{
	struct fixture f;
	fixture_init(&f, SETUP_TEXT, NULL);
	static const char *const odd[] = {"", "\n\n", "x", "x\ty", "\t\t\t",
		"a\tb\t/^\tkind:function",
		"a\tb\t$/;/^\tkind:function\tline:99999999999999999999\n",
		"!_TAG_FILE_FORMAT\t2\t/extended/\n",
		"a\tb\tkind:function\tline:-1\tsignature:()\n", ":\t:\t:\t:\n",
		"a\tMAIN\t/^x$/;\"\tkind:function\tline:2000000\tsignature:()\n"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *got = inserted(&f, odd[i]);
		is_str(got, "", "what is no tag of the sketch gives nothing");
		free(got);
	}
	char *spaced =
		with_names("f\tMAIN\t/^void setup() {$/;\"\tkind: function\tline: 1\tsignature: "
			   "() \treturntype: void \n",
			&f.sketch);
	char *tag = inserted(&f, spaced);
	is_str(tag, "", "a function that the code does not hold");
	free(spaced);
	free(tag);
	spaced = with_names(
		"setup\tMAIN\t/^void setup() {$/;\"\tkind: function\tline: 1\tsignature: "
		"() \treturntype: void \n",
		&f.sketch);
	tag = inserted(&f, spaced);
	is_str(tag, "before 3\n#line 1 \"MAIN\"\nvoid setup();\n#line 1 \"MAIN\"\n",
		"blanks around a field's value");
	free(spaced);
	free(tag);
	struct buf many = BUF_INIT;
	for (int i = 0; i <= 20000; i++)
		buf_addstr(&many, "x\ty\n");
	char *got = inserted(&f, buf_str(&many));
	ok(strstr(got, "too many"), "there is a ceiling on tags");
	free(got);
	buf_release(&many);
	fixture_release(&f);
}

static void test_filter(void)
{
	struct fixture f;
	fixture_init(&f, SETUP_TEXT, "int b;\n");
	char *in = with_names(
		"# 1 \"MAIN.cpp\"\n# 1 \"<built-in>\"\nhidden\n# 1 \"/core/Arduino.h\" 1\n"
		"hidden\n# 1 \"MAIN\" 2\nshown\r\n\n#pragma shown\n# 7 \"/lib/x.h\" 1 3\n"
		"hidden\n# 9 \"MAIN\" 2\nshown\n#line 1 \"TAB\"\nshown\n# x \"/y\"\n# 5 \"MAIN\"x\n"
		"# 12 \"P.ino\"\nhidden\n# 1 \"MAIN\nhidden",
		&f.sketch);
	char *want =
		with_names("# 1 \"MAIN\" 2\nshown\n\n#pragma shown\n# 9 \"MAIN\" 2\nshown\n#line 1 "
			   "\"TAB\"\nshown\n# x \"/y\"\n# 5 \"MAIN\"x\n",
			&f.sketch);
	struct buf out = BUF_INIT;
	prototypes_filter(in, strlen(in), &f.sketch, &out);
	is_str(buf_str(&out), want, "only the sketch's lines, with their markers, go to ctags");
	buf_release(&out);
	free(in);
	free(want);

	struct sketch odd = {0};
	static const char marked[] = "# 1 \"/a\\\"b\\\\c.ino\"\nshown\n";
	strv_push(&odd.ino, "/a\"b\\c.ino");
	prototypes_filter(marked, strlen(marked), &odd, &out);
	is_str(buf_str(&out), "# 1 \"/a\\042b\\\\c.ino\"\nshown\n",
		"a backslash in a name stays escaped in its marker, a quote becomes octal");
	buf_release(&out);
	sketch_release(&odd);
	fixture_release(&f);
}

static void test_insert(void)
{
	struct fixture f;
	struct buf out = BUF_INIT;
	fixture_init(&f, "int a;\r\n" SETUP_TEXT, NULL);
	struct prototypes p = {.line = 4};
	strv_push(&p.lines, "void setup();");
	prototypes_insert(&f.merged, &p, &out);
	char *want = with_names(
		"#include <Arduino.h>\n#line 1 \"MAIN\"\nint a;\nvoid setup();\n" SETUP_TEXT "\n",
		&f.sketch);
	is_str(buf_str(&out), want, "the lines go before the line that is named");
	buf_clear(&out);
	p.line = 0;
	prototypes_insert(&f.merged, &p, &out);
	is_str(buf_str(&out), buf_str(&f.merged.text), "and nowhere with line 0");
	buf_clear(&out);
	p.line = 1;
	prototypes_insert(&f.merged, &p, &out);
	ok(strncmp(buf_str(&out), "void setup();\n#include", 22) == 0, "line 1 is the beginning");
	buf_clear(&out);
	p.line = 1000;
	prototypes_insert(&f.merged, &p, &out);
	ok(strstr(buf_str(&out), "}\n\nvoid setup();\n"), "beyond the end is the end");
	buf_release(&out);
	free(want);
	prototypes_release(&p);
	fixture_release(&f);
}

int main(void)
{
	test_plain();
	test_left_out();
	test_macros();
	test_modifiers();
	test_lines();
	test_tags();
	test_filter();
	test_insert();
	return done_testing();
}
