/* Tests of common/utf8. */
#include "common/utf8.h"

#include "common/buf.h"
#include "tap.h"

#define R "\xef\xbf\xbd"

static const struct {
	const char *name, *in, *out;
} cases[] = {
	{"ASCII", "plain\t\n", "plain\t\n"},
	{"nothing", "", ""},
	{"two bytes", "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"},
	{"three bytes", "\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"},
	{"around the surrogates", "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
	{"four bytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	{"a lone continuation", "a\x80z", "a" R "z"},
	{"overlong two", "\xc0\xaf", R R},
	{"overlong three", "\xe0\x9f\xbf", R R R},
	{"overlong four", "\xf0\x8f\xbf\xbf", R R R R},
	{"a surrogate", "\xed\xa0\x80", R R R},
	{"above U+10FFFF", "\xf4\x90\x80\x80", R R R R},
	{"bytes that never occur", "\xff\xfe\xf5", R R R},
	{"cut in two", "\xc3", R},
	{"cut in three", "x\xe2\x82", "x" R},
	{"cut in four, then text", "\xf0\x9f\x98z", R "z"},
	{"cut by a quote", "\xe2\"", R "\""},
	{"Latin-1", "gr\xfc\xdf", "gr" R R},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;
		/* Exactly so many bytes, so that a byte read too far is noticed. */
		size_t len = strlen(cases[i].in);
		char *exact = malloc(len ? len : 1);
		memcpy(exact, cases[i].in, len);
		utf8_add(&b, exact, len);
		is_str(buf_str(&b), cases[i].out, cases[i].name);
		bool valid = strcmp(cases[i].in, cases[i].out) == 0;
		ok(utf8_valid(exact, len) == valid, "%s: validity", cases[i].name);
		ok(utf8_valid(b.data, b.len), "%s: the result is valid", cases[i].name);
		free(exact);
		buf_release(&b);
	}
	ok(utf8_valid("a\0b", 3), "a NUL is a character");
}

/* Long text is not looked at byte by byte. */
static void test_places(void)
{
	bool noticed = true;
	for (size_t i = 0; i < 17; i++) {
		char text[] = "seventeen letters";
		text[i] = (char)(i % 2 ? 0x80 : 0xff);
		noticed = noticed && !utf8_valid(text, 17);
	}
	ok(noticed && utf8_valid("seventeen letters", 17), "an odd byte anywhere is noticed");
}

static void test_cut(void)
{
	const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	bool good = true;
	for (size_t max = 0; max < sizeof want / sizeof *want; max++)
		good = good && utf8_cut(text, 10, max) == want[max];
	ok(good, "a cut never splits a character");
	is_int((long long)utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5,
		"bytes that are no text are cut anywhere");
}

int main(void)
{
	test_cases();
	test_places();
	test_cut();
	return done_testing();
}
