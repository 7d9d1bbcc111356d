/* Tests of common/digest. */
#include "common/digest.h"

#include <sys/stat.h>

#include "common/error.h"
#include "tap.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* a million times 'a' */
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static char hex[DIGEST_HEX_LEN + 1];

static void test_known(void)
{
	struct digest d;
	digest_bytes(&d, "abc", 3);
	is_str(digest_hex(&d, hex), ABC, "digest of abc");
	digest_bytes(&d, "", 0);
	is_str(digest_hex(&d, hex), EMPTY, "digest of nothing");
	struct digester *r = digester_new();
	digester_finish(r, &d);
	is_str(digest_hex(&d, hex), EMPTY, "a digester given nothing");
	char chunk[1000];
	memset(chunk, 'a', sizeof chunk);
	for (int i = 0; i < 1000; i++)
		digester_add(r, chunk, sizeof chunk);
	digester_finish(r, &d);
	is_str(digest_hex(&d, hex), MILLION, "a million bytes in pieces");
	digester_add(r, "ab", 2);
	digester_add(r, "c", 1);
	digester_finish(r, &d);
	is_str(digest_hex(&d, hex), ABC, "finish starts over");
	digester_free(r);
	digester_free(NULL);
}

/* The digest of up to three strings, "-" for none and NULL as itself. */
static struct digest of(const char *a, const char *b, const char *c)
{
	struct digest d;
	const char *all[] = {a, b, c};
	struct digester *r = digester_new();
	for (int i = 0; i < 3; i++) {
		if (!all[i] || strcmp(all[i], "-") != 0)
			digester_addstr(r, all[i]);
	}
	digester_finish(r, &d);
	digester_free(r);
	return d;
}

static void test_strings(void)
{
	struct digest ab_c = of("ab", "c", "-"), a_bc = of("a", "bc", "-");
	ok(!digest_equal(&ab_c, &a_bc), "borders between strings count");
	struct digest nothing = of("-", "-", "-"), null = of(NULL, "-", "-"),
		      empty = of("", "-", "-");
	ok(!digest_equal(&null, &empty), "NULL is not the empty string");
	ok(!digest_equal(&null, &nothing), "nor nothing");
	struct digest null_a = of(NULL, "a", "-"), a_null = of("a", NULL, "-");
	ok(!digest_equal(&null_a, &a_null), "its place counts");
	struct digest again = of("ab", "c", "-");
	ok(digest_equal(&ab_c, &again), "the same strings, the same digest");

	struct digest want, got;
	digest_bytes(&want, ab_c.b, sizeof ab_c.b);
	struct digester *r = digester_new();
	digester_add_digest(r, &ab_c);
	digester_finish(r, &got);
	ok(digest_equal(&want, &got), "a digest counts with its 32 bytes");
	digester_free(r);
}

static void test_file(void)
{
	char path[8192];
	snprintf(path, sizeof path, "%s/f", test_tmpdir());
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
	char *data = malloc(200000);
	for (size_t i = 0; i < 200000; i++)
		data[i] = (char)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		FILE *f = fopen(path, "w");
		fwrite(data, 1, sizes[i], f);
		fclose(f);
		struct digest want, got;
		digest_bytes(&want, data, sizes[i]);
		ok(digest_file(&got, path, NULL) == 0 && digest_equal(&want, &got),
			"a file of %zu bytes", sizes[i]);
	}
	free(data);
	struct digest d;
	ok(digest_file(&d, "/proc/self/stat", NULL) == 0, "a file that says it is empty");
	digest_hex(&d, hex);
	ok(strcmp(hex, EMPTY) != 0, "is read nevertheless");

	struct error err = ERROR_INIT;
	struct digest before = d;
	snprintf(path, sizeof path, "%s/none", test_tmpdir());
	is_int(digest_file(&d, path, &err), -1, "a missing file");
	ok(strstr(err.text, "/none': No such file"), "says which and why");
	ok(digest_equal(&d, &before), "the output is untouched");
	is_int(digest_file(&d, test_tmpdir(), &err), -1, "a directory has no digest");
	mkfifo(path, 0600);
	is_int(digest_file(&d, path, &err), -1, "a FIFO does not hang");
}

static void test_parse(void)
{
	struct digest d, want;
	digest_bytes(&want, "abc", 3);
	ok(digest_parse(&d, ABC) && digest_equal(&d, &want), "parse what hex printed");
	ok(digest_parse(&d, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD") &&
			digest_equal(&d, &want),
		"upper case too");
	ok(digest_parse(&d, ABC " file"), "white space may follow");
	ok(digest_parse(&d, ABC "\n"), "or a newline");
	struct digest before = d;
	ok(!digest_parse(&d, ABC "0"), "65 digits are refused");
	ok(!digest_parse(&d, ABC "x"), "and other text after");
	ok(!digest_parse(&d, ""), "and nothing");
	ok(!digest_parse(&d, "ba"), "and too few");
	char bad[] = ABC;
	bad[63] = 'g';
	ok(!digest_parse(&d, bad), "and a letter that is no digit");
	bad[63] = '\0';
	ok(!digest_parse(&d, bad), "and 63 digits");
	ok(digest_equal(&d, &before), "the output is untouched");
}

int main(void)
{
	test_known();
	test_strings();
	test_file();
	test_parse();
	return done_testing();
}
