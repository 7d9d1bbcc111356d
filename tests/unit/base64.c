/* base64: the test vectors of RFC 4648, and what is refused. */
#include "tap.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/xalloc.h"

static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
	{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	{"\xfb\xff\xbe", "+/++"}};

static void usual(void)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct buf text = BUF_INIT, data = BUF_INIT;
		base64_add(&text, vectors[i][0], strlen(vectors[i][0]));
		is_str(buf_str(&text), vectors[i][1], "encoded");
		is_int(base64_decode(&data, text.data, text.len), 0, "taken");
		is_str(buf_str(&data), vectors[i][0], "decoded");
		buf_release(&text);
		buf_release(&data);
	}
}

/* Of every remainder, and of a whole piece. */
static void lengths(void)
{
	static const size_t some[] = {1, 2, 3, 49151, 49152, 49153, 49154, 98304, 100000};
	char *bytes = xmalloc(100000);
	for (size_t i = 0; i < 100000; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		struct buf text = BUF_INIT, data = BUF_INIT;
		buf_addstr(&text, "=");
		buf_addstr(&data, "=");
		base64_add(&text, bytes, some[i]);
		is_int((long long)text.len, (long long)(some[i] + 2) / 3 * 4 + 1, "its length");
		is_int(base64_decode(&data, text.data + 1, text.len - 1), 0, "taken");
		ok(data.len == some[i] + 1 && !memcmp(data.data + 1, bytes, some[i]) &&
				data.data[0] == '=',
			"%zu bytes are added and come back", some[i]);
		buf_release(&text);
		buf_release(&data);
	}
	free(bytes);
}

static void refused(void)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "=",
		"==", "===", "====", "Z===", "Zg==Zg==", "Zg==\n", "Zm9\n", " Zm9", "Zm9 ", "Zm9v ",
		"Zm9-", "Zm9_", "Zm=v", "Zh==", "Zm9=", "Zm9vZh==", "    Zm9v", "Zm9v\n\n\n\nZm9v",
		"Zm\xc3\xb8", "Zg=a", "=Zg=", "Zm9vZg", "-Zm9"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf data = BUF_INIT;
		buf_addstr(&data, "x");
		/* Exactly so many bytes, that a read beyond them is seen. */
		size_t len = strlen(bad[i]);
		char *exact = xmalloc(len);
		memcpy(exact, bad[i], len);
		ok(base64_decode(&data, exact, len) < 0 && !strcmp(data.data, "x"), "refused: '%s'",
			bad[i]);
		free(exact);
		buf_release(&data);
	}
	struct buf data = BUF_INIT;
	is_int(base64_decode(&data, "Zm\0v", 4), -1, "a NUL is refused");
	buf_release(&data);
}

int main(void)
{
	usual();
	lengths();
	refused();
	return done_testing();
}
