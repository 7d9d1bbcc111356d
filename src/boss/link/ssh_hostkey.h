/* ssh_hostkey: which host keys are known for a machine, and what that says about the one that it shows. The files are searched by
 * `ssh-keygen -F`, which knows hashed names, patterns and markers; its answers are read here. Only a key that is known is good.
 */
#ifndef BOSS_LINK_SSH_HOSTKEY_H
#define BOSS_LINK_SSH_HOSTKEY_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum hostkey_verdict { HOSTKEY_OK, HOSTKEY_UNKNOWN, HOSTKEY_CHANGED, HOSTKEY_REVOKED };

struct known_key {
	char *type; /* "ssh-ed25519" */
	char *base64;
	bool revoked;
	bool portless; /* found for the name without its port */
};

struct known_keys {
	struct known_key *v;
	size_t n, cap;
};

/* False where the bytes of a file are enough to say that `ssh-keygen -F` finds nothing for `name` in it: it has neither hashed names nor
 * patterns, nor that name. */
bool known_hosts_may_have(const struct buf *file, const char *name);
/* Adds what `ssh-keygen -F NAME -f FILE` says. Keys of authorities are left out: libssh knows no certified host keys. */
void known_keys_add(struct known_keys *k, const char *answer, bool portless);
enum hostkey_verdict known_keys_judge(
	const struct known_keys *k, const char *type, const char *base64);
/* Adds the algorithms that a server should be asked for, those of known keys first, so that it shows a key that we can judge. */
void known_keys_algorithms(const struct known_keys *k, struct buf *out);
void known_keys_release(struct known_keys *k);

#endif
