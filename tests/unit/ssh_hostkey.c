/* Tests of boss/link/ssh_hostkey: answers of `ssh-keygen -F`, judged. */
#include "boss/link/ssh_hostkey.h"

#include "common/buf.h"
#include "tap.h"

int main(void)
{
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
