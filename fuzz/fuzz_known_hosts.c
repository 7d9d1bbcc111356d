/* fuzz_known_hosts: what ssh-keygen says of a host. No line makes a key good but one that has it, and none makes a revoked one good. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "boss/link/ssh_hostkey.h"
#include "common/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct known_keys *k, const char *type, const char *base64)
{
	bool has = false, revoked = false;
	for (size_t i = 0; i < k->n; i++) {
		bool same = !strcmp(k->v[i].base64, base64);
		has |= same && !k->v[i].revoked && !strcmp(k->v[i].type, type);
		revoked |= same && k->v[i].revoked;
	}
	enum hostkey_verdict v = known_keys_judge(k, type, base64);
	assert(v != HOSTKEY_OK || (has && !revoked));
	assert((v == HOSTKEY_REVOKED) == revoked);
}

/* The first byte tells where the answer for the name with its port ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct known_keys k = {0};
	struct buf with_port = BUF_INIT, without = BUF_INIT, algorithms = BUF_INIT;
	size_t cut = size ? 1 + data[0] * (size - 1) / 255 : 0;
	if (size) {
		buf_add(&with_port, data + 1, cut - 1);
		buf_add(&without, data + cut, size - cut);
	}
	known_keys_add(&k, buf_str(&with_port), false);
	known_keys_add(&k, buf_str(&without), true);
	known_keys_algorithms(&k, &algorithms);
	assert(strstr(buf_str(&algorithms), "ssh-ed25519"));
	judge(&k, "ssh-ed25519", "AAAA");
	for (size_t i = 0; i < k.n && i < 16; i++)
		judge(&k, k.v[i].type, k.v[i].base64);
	known_keys_release(&k);
	buf_release(&with_port);
	buf_release(&without);
	buf_release(&algorithms);
	return 0;
}
