/* Tests of common/json. */
#include "common/json.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "tap.h"

static struct error err;

/* Parses exactly these bytes, from memory that ends with them. */
static struct json *parse_bytes(const char *text, size_t len)
{
	char *exact = malloc(len ? len : 1);
	memcpy(exact, text, len);
	struct json *v = json_parse(exact, len, &err);
	free(exact);
	return v;
}

static struct json *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void prints(const struct json *v, const char *want, const char *name)
{
	struct buf b = BUF_INIT;
	json_print(v, &b);
	is_str(buf_str(&b), want, name);
	buf_release(&b);
}

static void refused(const char *text, size_t len, const char *why)
{
	error_set(&err, "none");
	struct json *v = parse_bytes(text, len);
	ok(!v && strstr(err.text, "malformed JSON") && strstr(err.text, why), "refused: %s", why);
	if (v || !strstr(err.text, why))
		diag("text '%.40s', error '%s'", text, err.text);
	json_free(v);
}

static void test_read(void)
{
	struct json *v = parse(" {\"s\":\"a\\u00e4\\n\",\"n\":-12,\"d\":1.5,\"t\":true,\"f\":false,"
			       "\"z\":null,\"a\":[1,\"two\",{}],\"S\":\"case\",\"\":\"empty\"}\n ");
	ok(json_is_object(v) && !json_is_array(v), "an object");
	is_str(json_str(v, "s", "x"), "a\xc3\xa4\n", "str");
	is_str(json_str(v, "S", "x"), "case", "keys are case-sensitive");
	is_str(json_str(v, "", "x"), "empty", "the empty key");
	is_str(json_str(v, "n", "x"), "x", "str of a number is the default");
	is_str(json_str(v, "none", NULL), NULL, "str of nothing is the default");
	is_int(json_int(v, "n", 7), -12, "int");
	is_int(json_int(v, "d", 7), 7, "int of a fraction is the default");
	is_int(json_int(v, "s", 7), 7, "int of a string is the default");
	ok(json_num(v, "d", 0) == 1.5 && json_num(v, "n", 0) == -12, "num");
	ok(json_num(v, "t", 3) == 3, "num of a bool is the default");
	ok(json_bool(v, "t", false) && !json_bool(v, "f", true), "bool");
	ok(json_bool(v, "n", true) && !json_bool(v, "z", false), "bool of others is the default");
	ok(json_get(v, "z") && !json_get(v, "none"), "get tells null from absent");
	const struct json *a = json_get(v, "a");
	ok(json_is_array(a), "an array");
	const struct json *c = json_child(a);
	ok(!json_key(c) && !json_string(c, NULL), "its first child is a number");
	is_str(json_string(json_next(c), ""), "two", "the next is a string");
	ok(json_is_object(json_next(json_next(c))), "then an object");
	ok(!json_next(json_next(json_next(c))) && !json_child(json_next(json_next(c))), "the ends");
	is_str(json_key(json_child(v)), "s", "children of an object have keys");
	ok(!json_get(a, "x") && !json_get(NULL, "x") && !json_child(NULL), "get of no object");
	is_int(json_int(NULL, "x", 5), 5, "a missing object reads as defaults");
	json_free(v);
	json_free(NULL);
}

static void test_strict(void)
{
	struct json *v = parse("[3,1.5,\"3\",true,null,{},-0.0,9007199254740994]");
	const struct json *three = json_child(v), *half = json_next(three), *text = json_next(half),
			  *yes = json_next(text), *null = json_next(yes), *obj = json_next(null),
			  *zero = json_next(obj), *huge = json_next(zero);
	int64_t n = 7;
	double d = 7;
	bool b = false;
	is_int((long long)json_count(v), 8, "count");
	ok(json_count(obj) == 0 && json_count(three) == 0 && json_count(NULL) == 0, "of nothing");
	ok(json_as_int(three, &n) && n == 3 && json_as_num(three, &d) && d == 3, "a whole number");
	ok(json_as_num(half, &d) && d == 1.5 && !json_as_int(half, &n), "a fraction is no int");
	ok(json_as_int(zero, &n) && n == 0, "minus zero is a whole number");
	ok(json_as_bool(yes, &b) && b, "a boolean");
	n = 7;
	d = 7;
	ok(!json_as_int(text, &n) && !json_as_num(text, &d) && !json_as_bool(text, &b),
		"a string is none of them");
	ok(!json_as_int(yes, &n) && !json_as_num(null, &d) && !json_as_bool(three, &b),
		"nor is one the other");
	ok(!json_as_int(huge, &n) && !json_as_int(NULL, &n) && !json_as_num(obj, &d), "too great");
	ok(n == 7 && d == 7 && b, "nothing is set then");
	json_free(v);
}

static void test_bounds(void)
{
	struct json *v =
		parse("{\"max\":9007199254740991,\"over\":9007199254740994,"
		      "\"huge\":1e300,\"inf\":1e999,\"min\":-9007199254740991,\"e\":12e2}");
	is_int(json_int(v, "max", 0), 9007199254740991, "2^53 - 1");
	is_int(json_int(v, "min", 0), -9007199254740991, "and its negative");
	is_int(json_int(v, "over", 7), 7, "above 2^53 is the default");
	is_int(json_int(v, "huge", 7), 7, "far above too");
	is_int(json_int(v, "inf", 7), 7, "and infinity");
	is_int(json_int(v, "e", 7), 1200, "an exponent");
	ok(json_num(v, "inf", 3) == 3, "infinity is no number");
	json_free(v);
}

static void test_refused(void)
{
	static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "nul",
		"'a'", "\"open", "\"open\\", "[1}", "{1:2}", "-", "\"\\x\"", "\"\\ud800\"", "[1 2]",
		"]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused(bad[i], strlen(bad[i]), " at byte ");
	refused("{} x", 4, "at byte 3");
	refused("1 2", 3, "at byte 2");
	refused("{}\0", 3, "control byte");
	refused("{\"a\0b\":1}", 9, "control byte in a string");
	refused("[\"a\nb\"]", 7, "control byte in a string");
	refused("[\x01]", 3, "control byte");
	refused("[\"\\u0000\"]", 10, "NUL in a string");
	refused("{\"a\":1,\"b\":2,\"a\":3}", 19, "stands twice");
	refused("[[{\"x\":{\"b\":0,\"b\":0}}]]", 23, "stands twice");

	struct json *v = parse("[\"\\\\u0000\", \"[[[[[[[[[[[[[[[[[[[[{\\\"[[\"]");
	ok(v, "a backslash before u0000, and brackets in a string, are text");
	json_free(v);
	v = parse("[{\"a\":1},{\"a\":1,\"A\":1}]");
	ok(v, "the same key in two objects is fine");
	json_free(v);
}

/* A string of `n` times `c`, then `rest`; why it is refused. */
static bool string_refused(char c, size_t n, const char *rest, const char *why)
{
	char text[80] = "[\"";
	memset(text + 2, c, n);
	strcpy(text + 2 + n, rest);
	struct json *v = parse(text);
	bool right = !v && strstr(err.text, why);
	json_free(v);
	return right;
}

/* Strings are looked at by words: nothing may hide in one, whatever its neighbours are. */
static void test_words(void)
{
	static const char beside[] = " !#[]x\x7f\x80\xff";
	for (const char *c = beside; *c; c++) {
		size_t control = 0, nul = 0, end = 0;
		for (size_t n = 0; n < 20; n++) {
			control += string_refused(*c, n, "\x1fxxxxxxxxxxxx\"]", "control byte");
			nul += string_refused(*c, n, "\\u0000xxxxxxxxxxxx\"]", "a NUL");
			end += string_refused(*c, n, "\",[[[[[[[[[[[[[[[[[[[[", "too deeply");
		}
		ok(control == 20 && nul == 20 && end == 20, "seen at each place behind \\x%02x",
			(unsigned char)*c);
	}
}

static void test_depth(void)
{
	char text[200000];
	memset(text, '[', 16);
	memset(text + 16, ']', 16);
	struct json *v = parse_bytes(text, 32);
	ok(v, "16 levels");
	json_free(v);
	memset(text, '[', 17);
	memset(text + 17, ']', 17);
	refused(text, 34, "too deeply");
	memset(text, '[', sizeof text);
	refused(text, sizeof text, "too deeply");
	memset(text, '{', sizeof text);
	refused(text, sizeof text, "too deeply");
}

static void test_build(void)
{
	struct json *v = json_object();
	struct strv sv = STRV_INIT;
	strv_push(&sv, "one");
	strv_push(&sv, "");
	char text[] = "copied";
	json_add_str(v, "s", text);
	text[0] = 'X';
	json_add_str(v, "none", NULL);
	json_add_strn(v, "n", "abcdef", 3);
	json_add_int(v, "i", -5);
	json_add_num(v, "d", 0.25);
	json_add_num(v, "w", -3);
	json_add_bool(v, "t", true);
	json_add_bool(v, "f", false);
	json_add_strv(v, "v", &sv);
	struct json *a = json_array();
	json_append(a, json_object());
	json_append(a, json_array());
	json_append_str(a, "x");
	json_add(v, "a", a);
	strv_release(&sv);
	prints(v,
		"{\"s\":\"copied\",\"n\":\"abc\",\"i\":-5,\"d\":0.25,\"w\":-3,\"t\":true,\"f\":"
		"false,"
		"\"v\":[\"one\",\"\"],\"a\":[{},[],\"x\"]}",
		"one line, in order");
	struct buf b = BUF_INIT;
	buf_addstr(&b, "> ");
	json_print_pretty(v, &b);
	ok(strncmp(b.data, "> {\n", 4) == 0 && strstr(b.data, "\n\t\"i\":"),
		"pretty lines are added");
	struct json *back = json_parse(b.data + 2, b.len - 2, &err);
	is_int(json_int(back, "i", 0), -5, "and can be read");
	ok(json_num(back, "w", 0) < -2 && json_num(v, "w", 0) < -2, "whole doubles too");
	buf_release(&b);
	json_free(back);
	json_free(v);
}

static void test_big_ints(void)
{
	static const int64_t values[] = {0, 2147483648, -2147483649, 999999999999999,
		1000000000000000, 9007199254740991, -9007199254740991, 9007199254740992};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct json *v = json_object();
		struct buf b = BUF_INIT;
		char want[64];
		json_add_int(v, "n", values[i]);
		json_print(v, &b);
		snprintf(want, sizeof want, "{\"n\":%lld}", (long long)values[i]);
		is_str(buf_str(&b), want, "every digit is printed");
		struct json *back = json_parse(b.data, b.len, &err);
		ok(json_int(back, "n", 1) == values[i] && json_int(v, "n", 1) == values[i] &&
				json_num(v, "n", 1) == (double)values[i],
			"and read, from the text and from what was built");
		buf_release(&b);
		json_free(back);
		json_free(v);
	}
}

static void test_utf8(void)
{
	struct json *v = json_object();
	json_add_str(v, "latin", "gr\xfc");
	json_add_str(v, "k\xff", "cut \xe2\x82");
	json_add_strn(v, "nul", "a\0b", 3);
	json_add_str(v, "esc", "\x1b\n\"\\");
	json_add_str(v, "good", "\xe2\x82\xac");
	prints(v,
		"{\"latin\":\"gr\xef\xbf\xbd\",\"k\xef\xbf\xbd\":\"cut \xef\xbf\xbd\","
		"\"nul\":\"a\xef\xbf\xbd"
		"b\",\"esc\":\"\\u001b\\n\\\"\\\\\",\"good\":\"\xe2\x82\xac\"}",
		"what is not UTF-8 is replaced, the rest kept");
	struct buf b = BUF_INIT;
	json_print(v, &b);
	struct json *back = json_parse(b.data, b.len, &err);
	ok(back, "the result can be read");
	json_free(back);
	buf_release(&b);
	json_free(v);
	v = parse("[\"raw \xff\"]");
	prints(v, "[\"raw \xef\xbf\xbd\"]", "what was read is mended too");
	json_free(v);
}

int main(void)
{
	test_read();
	test_strict();
	test_bounds();
	test_refused();
	test_words();
	test_depth();
	test_build();
	test_big_ints();
	test_utf8();
	return done_testing();
}
