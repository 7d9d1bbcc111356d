/* Tests of common/buf. */
#include "common/buf.h"

#include "tap.h"

static void test_empty(void)
{
	struct buf b = BUF_INIT;
	is_str(buf_str(&b), "", "an empty buffer reads as an empty string");
	ok(!b.data, "and has no memory");
	buf_add(&b, NULL, 0);
	ok(b.data && !b.data[0], "adding nothing makes it a string");
	buf_release(&b);
	buf_release(&b);
	ok(!b.data && !b.len && !b.cap, "release twice is fine");
	buf_clear(&b);
	char *s = buf_detach(&b);
	is_str(s, "", "detach of an empty one is never NULL");
	free(s);
}

static void test_add(void)
{
	struct buf b = BUF_INIT;
	buf_addstr(&b, "ab");
	buf_addch(&b, 'c');
	buf_addf(&b, "%d-%s", 42, "x");
	is_str(buf_str(&b), "abc42-x", "pieces are joined");
	is_int((long long)b.len, 7, "the NUL is not counted");
	buf_add(&b, "\0z", 2);
	is_int((long long)b.len, 9, "bytes with a NUL count");
	ok(b.data[8] == 'z' && b.data[9] == '\0', "and are terminated");
	buf_truncate(&b, 2);
	is_str(buf_str(&b), "ab", "truncate terminates");
	size_t cap = b.cap;
	buf_clear(&b);
	ok(b.len == 0 && b.cap == cap && !*buf_str(&b), "clear keeps the memory");
	buf_release(&b);
}

static void test_growth(void)
{
	struct buf b = BUF_INIT;
	bool terminated = true;
	for (int i = 0; i < 10000; i++) {
		buf_addch(&b, (char)('a' + i % 26));
		terminated = terminated && b.data[b.len] == '\0';
	}
	ok(terminated, "terminated after each byte");
	ok(b.len == 10000 && b.data[9999] == 'a' + 9999 % 26, "all bytes are there");
	char *to = buf_reserve(&b, 100000);
	memset(to, 'r', 100000);
	b.len += 100000;
	buf_addch(&b, '!');
	ok(b.len == 110001 && b.data[10000] == 'r' && b.data[110000] == '!',
		"reserved room can be filled by the caller");
	char *s = buf_detach(&b);
	is_int((long long)strlen(s), 110001, "detach gives the text");
	ok(!b.data && !b.len && !b.cap, "and leaves the buffer empty");
	buf_addstr(&b, "new");
	is_str(buf_str(&b), "new", "which is usable again");
	buf_release(&b);
	free(s);
}

static void test_detach_reserved(void)
{
	struct buf b = BUF_INIT;
	memcpy(buf_reserve(&b, 3), "xyz", 3);
	b.len += 3;
	char *s = buf_detach(&b);
	is_str(s, "xyz", "detach terminates what the caller put in");
	free(s);
}

int main(void)
{
	test_empty();
	test_add();
	test_growth();
	test_detach_reserved();
	return done_testing();
}
