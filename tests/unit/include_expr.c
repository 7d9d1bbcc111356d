/* include_expr: values of conditions over a few known, unknown and undefined macros. */
#include "common/xalloc.h"
#include "sketch/include_expr.h"
#include "unit/tap.h"

struct known {
	const char *name, *body, *params;
};

static const struct known KNOWN[] = {{"ONE", "1", NULL}, {"TEN", "10", NULL}, {"EMPTY", "", NULL},
	{"SUM", "TEN + ONE", NULL}, {"LOOP", "LOOP2", NULL}, {"LOOP2", "LOOP", NULL},
	{"DEF", "defined(ONE)", NULL}, {"HAS", "__has_include(x)", "x"},
	{"MAX", "((a) > (b) ? (a) : (b))", "a, b"}, {"HDR", "<sys.h>", NULL}, {"HDR2", "HDR", NULL},
	{"VERS", "0x010203UL", NULL}, {"Q", "?", NULL}, {"GROW", "GROW(x x)", "x"}};

static enum macro_state look(
	void *ctx, const char *name, size_t len, const char **body, const char **params)
{
	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		if (strlen(KNOWN[i].name) == len && memcmp(KNOWN[i].name, name, len) == 0) {
			*body = KNOWN[i].body;
			*params = KNOWN[i].params;
			return MACRO_DEFINED;
		}
	}
	return name[0] == 'M' ? MACRO_MAYBE : MACRO_UNDEFINED;
}

static enum truth has(void *ctx, const char *name, bool quoted, bool next)
{
	(void)ctx;
	(void)next;
	return strcmp(name, "sys.h") == 0 && !quoted ? TRUTH_YES : TRUTH_NO;
}

static const struct expr_asks ASKS = {.macro = look, .has_include = has};

static const struct {
	const char *text;
	enum truth want;
} CASES[] = {
	{"1", TRUTH_YES},
	{"0", TRUTH_NO},
	{"0x10 == 16 && 010 == 8 && 0b11 == 3", TRUTH_YES},
	{"10UL > 9 && 1'000 == 1000", TRUTH_YES},
	{"1 + 2 * 3 == 7", TRUTH_YES},
	{"(1 + 2) * 3 == 9", TRUTH_YES},
	{"10 - 3 - 2 == 5 && 7 % 4 == 3 && 9 / 2 == 4", TRUTH_YES},
	{"1 << 4 == 16", TRUTH_YES},
	{"(5 & 4) == 4 && (5 | 2) == 7 && (5 ^ 1) == 4 && ~0 == -1", TRUTH_YES},
	{"1 == 1 != 0", TRUTH_YES},
	{"2 <= 2 && 3 >= 4", TRUTH_NO},
	{"!1 || !!0", TRUTH_NO},
	{"1 ? 0 : 1", TRUTH_NO},
	{"0 ? 1 : 0 ? 1 : 2", TRUTH_YES},
	{"'a' == 97", TRUTH_YES},
	{"true && !false", TRUTH_YES},
	{"defined ONE && defined(TEN) && defined ( EMPTY )", TRUTH_YES},
	{"defined NOPE", TRUTH_NO},
	{"NOPE", TRUTH_NO},
	{"NOPE + 1", TRUTH_YES},
	{"TEN >= 10 && SUM == 11", TRUTH_YES},
	{"VERS >= 0x010200", TRUTH_YES},
	{"DEF", TRUTH_YES},
	{"MAX(3, TEN) == 10", TRUTH_YES},
	{"HAS(<sys.h>)", TRUTH_YES},
	{"HAS(<SD.h>) && HAS(<sys.h>)", TRUTH_NO},
	{"__has_include(<sys.h>)", TRUTH_YES},
	{"__has_include(\"sys.h\")", TRUTH_NO},
	{"__has_include(HDR2)", TRUTH_YES},
	{"defined(__has_include) && __has_include(<sys.h>)", TRUTH_NO},
	/* unknown ones */
	{"MAYBE", TRUTH_MAYBE},
	{"!MAYBE", TRUTH_MAYBE},
	{"MAYBE && 0", TRUTH_NO},
	{"0 && MAYBE", TRUTH_NO},
	{"MAYBE || 1", TRUTH_YES},
	{"MAYBE || 0", TRUTH_MAYBE},
	{"MAYBE > 3 && ONE", TRUTH_MAYBE},
	{"MAYBE ? 1 : 1", TRUTH_MAYBE},
	{"__has_attribute(x)", TRUTH_MAYBE},
	{"Q >= 3", TRUTH_MAYBE},
	{"EMPTY", TRUTH_MAYBE},
	{"LOOP", TRUTH_MAYBE},
	{"GROW(1)", TRUTH_MAYBE},
	{"1.5", TRUTH_MAYBE},
	{"1 / 0", TRUTH_MAYBE},
	{"HAS", TRUTH_NO}, /* without its arguments no macro */
	/* broken ones */
	{"", TRUTH_MAYBE},
	{"(", TRUTH_MAYBE},
	{"1 +", TRUTH_MAYBE},
	{"(1", TRUTH_MAYBE},
	{"1 2", TRUTH_MAYBE},
	{"defined", TRUTH_MAYBE},
	{"HAS(<sys.h>", TRUTH_MAYBE},
	{"\"s\"", TRUTH_MAYBE},
	{"1 ? 2", TRUTH_MAYBE},
};

static void headers(void)
{
	char *h = expr_header("HDR2", &ASKS);
	is_str(h, "<sys.h>", "a computed include through two macros");
	free(h);
	h = expr_header(" \"a.h\" ", &ASKS);
	is_str(h, "\"a.h\"", "a plain one");
	free(h);
	ok(!expr_header("LOOP", &ASKS), "an endless one");
	ok(!expr_header("NOPE", &ASKS), "an undefined one");
	ok(!expr_header("HAS(<a.h>)", &ASKS), "one with arguments");
	ok(!expr_header("<a.h> x", &ASKS), "one with something behind");
}

static void deep(void)
{
	char *text = xmalloc(200001);
	memset(text, '(', 200000);
	text[200000] = '\0';
	is_int(expr_truth(text, &ASKS), TRUTH_MAYBE, "200000 parentheses");
	memset(text, '!', 200000);
	is_int(expr_truth(text, &ASKS), TRUTH_MAYBE, "200000 exclamations");
	for (size_t i = 0; i + 4 <= 200000; i += 4)
		memcpy(text + i, "1?1:", 4);
	is_int(expr_truth(text, &ASKS), TRUTH_MAYBE, "50000 choices");
	free(text);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
		is_int(expr_truth(CASES[i].text, &ASKS), CASES[i].want, CASES[i].text);
	headers();
	deep();
	return done_testing();
}
