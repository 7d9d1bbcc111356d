/* Tests of common/visible. */
#include "common/visible.h"

#include "common/buf.h"
#include "tap.h"

static const struct {
	const char *name, *in, *out;
} cases[] = {
	{"nothing", "", ""},
	{"plain text", "a\tb \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \\x1b",
		"a\tb \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \\x1b"},
	{"escape sequences", "\033[2J\033]0;t\007", "\\x1b[2J\\x1b]0;t\\x07"},
	{"carriage return, newline, delete", "a\rb\nc\x7f", "a\\x0db\\x0ac\\x7f"},
	{"C1 in UTF-8",
		"\xc2\x9b"
		"1m\xc2\x80\xc2\xa0",
		"\\x9b1m\\x80\xc2\xa0"},
	{"C1 in Latin-1",
		"\x9b"
		"1m",
		"\\x9b1m"},
	{"bytes that are not UTF-8", "\xff\xc3(\xc0\xaf", "\\xff\\xc3(\\xc0\\xaf"},
	{"a command of GitHub's", "::set-env name=PATH::/evil", "\\x3a:set-env name=PATH::/evil"},
	{"… behind blanks", " \t \xc2\xa0::error::x", " \t \xc2\xa0\\x3a:error::x"},
	{"… three colons", ":::x", "\\x3a::x"},
	{"… behind a carriage return", "\r::error::x", "\\x0d::error::x"},
	{"not in the middle of a line", "a::b ::c", "a::b ::c"},
	{"one colon", ":x: y", ":x: y"},
	{"older commands, anywhere", "x ##[error]y ##[z", "x \\x23#[error]y \\x23#[z"},
	{"those of Azure and TeamCity", "##vso[task.x]##teamcity[y]",
		"\\x23#vso[task.x]\\x23#teamcity[y]"},
	{"token pasting", "#define C(a, b) a##b", "#define C(a, b) a##b"},
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;
		/* Exactly so many bytes, so that a byte read too far is noticed. */
		size_t len = strlen(cases[i].in);
		char *exact = malloc(len ? len : 1);
		memcpy(exact, cases[i].in, len);
		visible_add(&b, exact, len);
		is_str(buf_str(&b), cases[i].out, cases[i].name);
		free(exact);
		buf_release(&b);
	}
	struct buf b = BUF_INIT;
	visible_add(&b, "a\0b", 3);
	is_str(buf_str(&b), "a\\x00b", "a NUL");
	buf_release(&b);
	return done_testing();
}
