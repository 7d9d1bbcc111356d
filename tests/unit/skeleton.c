/* skeleton: which sketches get along without prototypes, and what of a sketch decides those that it
 * needs. */
#include "sketch/skeleton.h"

#include "common/buf.h"
#include "common/digest.h"
#include "sketch/source.h"
#include "tap.h"

/* As source_merge would write it. */
static char *merged(const char *text, const char *tab)
{
	struct buf b = BUF_INIT;
	buf_addf(&b, "#include <Arduino.h>\n#line 1 \"/s/s.ino\"\n%s\n", text);
	if (tab)
		buf_addf(&b, "#line 1 \"/s/tab.ino\"\n%s\n", tab);
	return buf_detach(&b);
}

static bool needs(const char *text, const char *tab)
{
	char *m = merged(text, tab);
	bool needed = source_needs_prototypes(m, strlen(m));
	free(m);
	return needed;
}

#define S "void setup() {\n}\n"

static void test_needs_none(void)
{
	static const char *const texts[] = {
		"",
		"int a;\n",
		S "void loop() {\n}\n",
		"void setup() {} // one line\n",
		"void setup()\n{\n}\n\n\n/* end */\n",
		"int twice(int a) { return 2 * a; }\nvoid setup() { twice(1); }\n",
		"static int a() { return 1; }\nstatic inline unsigned long b() { return a(); }\n",
		"const char *name(const char *s, int n[4], ...) {\n return s;\n}\n" S,
		"void sum(int a,\n int b) {\n}\n" S,
		"void blink(int n = 3) {\n}\n" S,
		"struct A { int get() { return 1; } };\nclass B : public A { int x; } b;\n" S,
		"enum class E : uint8_t { ONE, TWO };\nconst int t[] = { 1, 2 };\n" S,
		"typedef struct { int x; } P;\nP make(P p) { return p; }\n" S,
		"namespace n { int f() { return 1; } }\n" S,
		"int A::get() { return 1; }\n" S,
		"#define LED 13\n#ifdef LED\nint led = LED;\n#else\nint led;\n#endif\n" S,
		S "#if 1\nvoid loop() {\n}\n#endif\n",
		"ISR(TIMER1_OVF_vect) {\n}\n" S,
		"Servo s;\nLiquidCrystal lcd(12, 11);\nbyte mac[] = { 0xDE };\n" S,
		"/* setup() is\n below */\n// so is loop\n" S "void loop() {}\n",
		"const char *s = \"setup\";\n" S,
		"void setup() {\n for (;;) { if (1) { } }\n auto f = [](int x) { return x; };\n "
		"f(1);\n}\n",
		S "static_assert(sizeof(int) > 1, \"\");\n",
		S "int later;\nvoid loop() { later++; }\n",
		"#error don't\n" S,
		"#define F(x) do { x; } while (0)\n" S,
		"void setup() {\n String s;\n}\nvoid say(String s) { }\n",
		"using namespace std;\n" S,
		"union U { int a; char b; };\n" S,
		"int f() {\n#ifdef X\n return 1;\n#else\n return 2;\n#endif\n}\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!ok(!needs(texts[i], NULL), "no prototypes, case %zu", i))
			diag("%s", texts[i]);
	}
	ok(!needs(S, "int part() { return 1; }\n"), "a second tab");
	ok(!needs("int a;\n" S, "void loop() { setup(); }\n"), "a tab that calls back");
}

static void test_needs_some(void)
{
	static const char *const texts[] = {
		/* named before */
		"void setup() { twice(1); }\nint twice(int a) { return a; }\n",
		"#define RUN loop()\n" S "void loop() {}\n",
		"void loop();\n" S "void loop() {}\n",
		"void (*p)() = tick;\n" S "void tick() {}\n",
		"Task t(&tick);\n" S "void tick() {}\n",
		"int f(int a) { return a; }\nint f(char a) { return a; }\n",
		"#if 0\nvoid setup() { loop(); }\n#endif\nvoid loop() {}\n",
		/* types not known where the prototypes would be */
		S "struct P { int x; };\nvoid use(P *p) { }\n",
		S "typedef int T;\nT get() { return 1; }\n",
		S "#define T int\nT get() { return 1; }\n",
		S "#include \"t.h\"\nT get() { return 1; }\n",
		"#define T int\n" S "#undef T\n#define T long\nT get() { return 1; }\n",
		S "enum { N = 3 };\nvoid use(int a[N]) { }\n",
		S "using namespace x;\nvoid use(T t) { }\n",
		/* functions out of the ordinary */
		"template <class T> T f(T a) { return a; }\n" S,
		"extern \"C\" void f() {}\n" S,
		"extern \"C\" {\nvoid f() {}\n}\n" S,
		"void f() noexcept {}\n" S,
		"void IRAM_ATTR f() {}\n" S,
		"__attribute__((noinline)) void f() {}\n" S,
		"auto f() -> int { return 1; }\n" S,
		"constexpr int f() { return 1; }\n" S,
		"void\nf() {}\n" S,
		"template <class T>\nvoid f(T a) {}\n" S,
		"auto f() { return 1; }\n" S,
		"#if 1\n" S "#endif\n",
		"void setup() {\n#if A\n if (x) {\n#else\n if (y) {\n#endif\n }\n }\n}\n",
		"P operator+(P a, P b) { return a; }\n" S,
		"void f(void (*g)(int)) {}\n" S,
		"void f(std::vector<int> v) {}\n" S,
		"f() { }\n" S,
		"int x; void f() {}\n" S,
		"/* a */ void f() {}\n" S,
		"void f(int a /* b */) {}\n" S,
		"A::A(int a) : b(a) { }\n" S,
		"static\nint f() { return 1; }\n" S,
		"struct P f() { P p; return p; }\n" S,
		"union U { int a; int get() { return a; } };\n" S,
		"void f() try { } catch (...) { }\n" S,
		/* macros that may be code */
		"MAKE(a)\n" S,
		"MAKE(a);\n" S,
		"MAKE;\n" S,
		"MAKE\n" S,
		"MAKE(a) {\n}\n" S,
		"MAKE\nint x;\n" S,
		/* what ctags or the reference might see otherwise */
		"int led; // see (setup)\n" S,
		"int led = x&setupled;\n" S,
		"auto f = [](int a) { return a; };\n" S,
		"P p{1};\n" S,
		"int a[2]{1, 2};\n" S,
		"const char *s = R\"(x)\";\n" S,
		"void setup() {\n const char *s = R\"(\")\";\n}\n",
		"#if A\nvoid f(int a) {\n#else\nvoid f() {\n#endif\n}\n" S,
		"void f(\n#if A\n int a\n#endif\n) {}\n" S,
		"void setup() {\n",
		"}\n" S,
		"void setup() { }}\n",
		"void setup() ) { }\n",
		"#if 1\n" S,
		S "#endif\n",
		"#line 7 \"other.h\"\n" S,
		"int a = 1'000;\n" S,
		"int a; /* open\n" S,
		"char c = '\n" S,
		"// what\?\?/\n" S,
		"int ab\\\nc;\n" S,
		"void setup() <% %>\n",
		"{ int a; }\n" S,
		"#pragma pop_macro(\"int\")\n" S,
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!ok(needs(texts[i], NULL), "prototypes may be needed, case %zu", i))
			diag("%s", texts[i]);
	}
	ok(needs("int a;\n", S), "no function in the main file");
	ok(needs(S "\n\n", "int f() { loop(); }\nvoid loop() {}\n"), "named before in a tab");
	ok(needs("\n\n\n" S, "int x = y&setups;\n"),
		"a tab's line above the main file's first function");
	ok(!needs(S, "\n\n\nint x = y&setups;\n"), "a tab's line below it");
	ok(source_needs_prototypes(S, strlen(S)), "text without marks");
	ok(!source_needs_prototypes("", 0), "no text");
}

static bool same(const char *a, const char *b)
{
	struct digest x, y;
	char *ma = merged(a, NULL), *mb = merged(b, NULL);
	source_skeleton(ma, strlen(ma), &x);
	source_skeleton(mb, strlen(mb), &y);
	free(ma);
	free(mb);
	return digest_equal(&x, &y);
}

#define BODY(body) "int a;\nvoid setup() {\n" body "}\nint f(int b) {\n return b;\n}\n"

static void test_left_out(void)
{
	ok(same(BODY("x();\n"), BODY("y(1);\n")), "a body's text does not count");
	ok(same(BODY("x();\n\n"), BODY("if (a) { /* } */\n}\n")), "nor its braces and comments");
	ok(same(BODY("x(\"a\\\n b\");\n"), BODY("/* a\n*/\n")), "nor how its lines hang together");
	ok(same(BODY("char c = '}';\n"), BODY("s = \"{\";\n")), "nor its strings");
	ok(same(BODY("run([]() { x(); });\n"), BODY("\n")), "nor its lambdas");
	ok(same("// one\n" BODY(""), "// two (f)\n" BODY("")), "a line comment does not count");
	ok(same("// one\n" BODY(""), "\n" BODY("")), "not even that it is there");
	ok(same("/*\n one\n*/\n" BODY(""), "/*\n two { ' \n*/\n" BODY("")),
		"nor a comment's inner lines");
	ok(same("ISR(A) {\n x();\n}\n", "ISR(A) {\n y();\n}\n"), "nor an interrupt handler's body");
	ok(same("int A::f() const {\n x();\n}\n", "int A::f() const {\n y();\n}\n"),
		"nor a member's");
	ok(same("namespace n { int z; }\n" BODY("x();\n"),
		   "namespace n { int z; }\n" BODY("y();\n")),
		"nor one behind a namespace");
}

static void test_kept(void)
{
	ok(!same(BODY(""), "\n" BODY("")), "line numbers count");
	ok(!same(BODY("x();\n"), BODY("x();\n\n")), "inside bodies, too");
	ok(!same("int a;\n" S, "int b;\n" S), "declarations count");
	ok(!same("int a; // x\n" S, "int a; // (setup)\n" S), "comments beside them count");
	ok(!same("void f(int a) {\n}\n", "void f(int b) {\n}\n"), "signatures count");
	ok(!same("void f() { x(&f); }\n", "void f() { y(&f); }\n"), "a body on one line counts");
	ok(!same("void f() { // a\n}\n", "void f() { // b\n}\n"), "the line with the brace counts");
	ok(!same(BODY("#define X 1\n"), BODY("#define X 2\n")), "directives in bodies count");
	ok(!same(BODY("#if X \\\n \\\n && Y\n x();\n#endif\n"),
		   BODY("#if X \\\n && Y \\\n\n x();\n#endif\n")),
		"with all their lines");
	ok(!same("struct S {\n int a();\n};\n" S, "struct S {\n int b();\n};\n" S),
		"classes count");
	ok(!same("int t[] = {\n 1\n};\n" S, "int t[] = {\n 2\n};\n" S), "values count");
	ok(!same(BODY("#define X(a) \\\n a\n"), BODY("#define Y(a) \\\n a\n")),
		"the first of them as well");
	ok(!same("auto f = [](int a) {\n x();\n};\n", "auto f = [](int a) {\n y();\n};\n"),
		"what is assigned counts");
	ok(!same("namespace n {\nint f() {\n a();\n}\n}\n",
		   "namespace n {\nint f() {\n b();\n}\n}\n"),
		"namespaces count");
	ok(!same("M(x) {\n int f() { }\n}\n", "M(x) {\n int g() { }\n}\n"),
		"a macro's block counts");
	ok(!same("struct S M(x) {\n int f;\n};\n", "struct S M(x) {\n int g;\n};\n"),
		"what may be a class");
	ok(!same("void\n/* a\n b\n c */\nf() {}\n", "void\n/* a\n ) {\n c */\nf() {}\n"),
		"a comment inside a signature");
	ok(!same("/* a\n b\n http://c */\n" S, "/* a\n d\n http://c */\n" S),
		"a comment whose end the reference would miss");
}

/* Here the whole text counts. */
static void test_fall_back(void)
{
	static const char *const frames[][2] = {
		{"extern \"C\" void z();\nvoid f() {\n", "}\n"},
		{"template <class T> class Q;\nvoid f() {\n", "}\n"},
		{"const char *s = R\"(x)\";\nvoid f() {\n", "}\n"},
		{"#define OPEN {\nvoid f() {\n", "}\n"},
		{"#if A\nvoid f() {\n#else\nvoid f(int a) {\n#endif\n", "}\n"},
		{"void f() {\n", "}}\n"},
		{"void f() {{\n", "}\n"},
		{"void f() {\n x(\n", "}\n"},
		{"void f() {\n ) (\n", "}\n"},
		{"void f() {\n /* a\n", "*/ }\n"},
		{"x([]() {\n", "});\n"},
		{"void f() {\n x(\n", "}\nint z);\n"},
		{"void f() {\n _Pragma(\"x\")\n", "}\n"},
		{"#if A\nvoid f() {\n", "}\n"},
		{"void f() {\n int i = 1'0;\n", "}\n"},
	};
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		struct buf a = BUF_INIT, b = BUF_INIT;
		buf_addf(&a, "%s// one\n%s", frames[i][0], frames[i][1]);
		buf_addf(&b, "%s// two\n%s", frames[i][0], frames[i][1]);
		if (!ok(!same(buf_str(&a), buf_str(&b)), "all of it counts, case %zu", i))
			diag("%s", buf_str(&a));
		buf_release(&a);
		buf_release(&b);
	}
}

static void test_text(void)
{
	struct buf b = BUF_INIT;
	static const char text[] = "// c\nvoid f() {\n x();\n y();\n}\n\nint z;";
	skeleton_text(text, sizeof text - 1, &b);
	is_str(buf_str(&b), "-1\n+void f() {\n-2\n+}\n-1\n+int z;", "the text of a skeleton");
	buf_clear(&b);
	skeleton_text("}", 1, &b);
	is_str(buf_str(&b), "=}", "and where nothing can be left out");
	buf_clear(&b);
	skeleton_text(NULL, 0, &b);
	is_str(buf_str(&b), "=", "and of nothing");
	buf_release(&b);
}

int main(void)
{
	test_needs_none();
	test_needs_some();
	test_left_out();
	test_kept();
	test_fall_back();
	test_text();
	return done_testing();
}
