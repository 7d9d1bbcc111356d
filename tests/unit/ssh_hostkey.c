/* Tests of boss/link/ssh_hostkey: answers of `ssh-keygen -F`, judged. */
#include "boss/link/ssh_hostkey.h"

#include "common/buf.h"
#include "tap.h"

static bool may_have(const char *file, size_t len, const char *name)
{
	struct buf b = BUF_INIT;
	buf_add(&b, file, len);
	bool may = known_hosts_may_have(&b, name);
	buf_release(&b);
	return may;
}

#define MAY_HAVE(file, name) may_have(file, sizeof file - 1, name)

static void test_may_have(void)
{
	ok(!MAY_HAVE("", "h") && !MAY_HAVE("[h]:22 t k\nhh,gh t k h.k\n", "h"),
		"nowhere the name alone");
	ok(MAY_HAVE("h t k\n", "h") && MAY_HAVE("a t k\n@revoked b,H,c t k\n", "h"),
		"the name, in capitals too");
	ok(MAY_HAVE("[h]:22\tt k", "[h]:22"), "with its port");
	ok(MAY_HAVE("|1|salt|sum t k\n", "h"), "hashed, it could be any");
	ok(MAY_HAVE("*.org t k\n", "h") && MAY_HAVE("ho?t t k\n", "h"), "so could a pattern");
	ok(MAY_HAVE("a\0\nh t k\n", "h"), "behind a NUL nothing is seen");
}

int main(void)
{
	test_may_have();
	struct known_keys k = {0};
	struct buf b = BUF_INIT;
	is_int(known_keys_judge(&k, "ssh-ed25519", "AAA"), HOSTKEY_UNKNOWN, "no key is known");
	known_keys_algorithms(&k, &b);
	ok(!strncmp(b.data, "ssh-ed25519,", 12), "the preferred algorithm first: %s", b.data);
	known_keys_add(&k,
		"# Host h found: line 1 \nh ssh-rsa RRR a comment\n# Host h found: line 2 "
		"CA\n@cert-authority h ssh-ed25519 CCC\nrubbish\n",
		false);
	is_int((long long)k.n, 1, "authorities and rubbish are no keys");
	is_int(known_keys_judge(&k, "ssh-rsa", "RRR"), HOSTKEY_OK, "a known key");
	is_int(known_keys_judge(&k, "ssh-rsa", "XXX"), HOSTKEY_CHANGED, "another of its type");
	is_int(known_keys_judge(&k, "ssh-ed25519", "RRR"), HOSTKEY_UNKNOWN, "one of another type");
	buf_clear(&b);
	known_keys_algorithms(&k, &b);
	ok(!strncmp(b.data, "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,", 38), "known types first: %s",
		b.data);
	known_keys_add(&k, "h ssh-rsa SSS\nh ssh-ed25519 EEE\n", true);
	is_int(known_keys_judge(&k, "ssh-rsa", "SSS"), HOSTKEY_CHANGED,
		"the name with the port counts more");
	is_int(known_keys_judge(&k, "ssh-ed25519", "EEE"), HOSTKEY_OK,
		"where it says nothing, the name without");
	is_int(known_keys_judge(&k, "ssh-ed25519", "FFF"), HOSTKEY_UNKNOWN,
		"which never says changed");
	known_keys_add(&k, "@revoked * ssh-rsa RRR\n", true);
	is_int(known_keys_judge(&k, "ssh-rsa", "RRR"), HOSTKEY_REVOKED,
		"a revoked key, though it is known");
	known_keys_release(&k);
	buf_release(&b);
	return done_testing();
}
