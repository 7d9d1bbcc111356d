/* ssh_hostkey: see ssh_hostkey.h. As in ssh, a key that is known for the bare host name counts when there is none for the name with the
 * port, a revoked one counts wherever it is found, and a host of which only keys of other types are known is unknown, not changed.
 */
#include "boss/link/ssh_hostkey.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/strv.h"
#include "common/xalloc.h"

/* In libssh's order of preference. An RSA key signs by several algorithms. */
static const struct {
	const char *type, *algorithms;
} types[] = {
	{"ssh-ed25519", "ssh-ed25519"},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
	{"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
};

bool known_hosts_may_have(const struct buf *file, const char *name)
{
	const char *text = buf_str(file);
	size_t len = strlen(name);
	if (strlen(text) != file->len || strpbrk(text, "|*?"))
		return true;
	for (const char *at = text; (at = strcasestr(at, name)); at++) {
		bool begins = at == text || strchr(", \t\r\n", at[-1]);
		if (begins && strchr(", \t\r\n", at[len]))
			return true;
	}
	return false;
}

/* A line "[@marker] names type key [comment]". */
static void add_line(struct known_keys *k, const char *line, bool portless)
{
	struct strv words = STRV_INIT;
	strv_split(&words, line, " \t\r");
	size_t first = words.n && words.v[0][0] == '@';
	bool revoked = first && strcmp(words.v[0], "@revoked") == 0;
	if (words.n >= first + 3 && (!first || revoked)) {
		GROW(k->v, k->n, k->cap);
		k->v[k->n++] = (struct known_key){
			.type = xstrdup(words.v[first + 1]),
			.base64 = xstrdup(words.v[first + 2]),
			.revoked = revoked,
			.portless = portless,
		};
	}
	strv_release(&words);
}

void known_keys_add(struct known_keys *k, const char *answer, bool portless)
{
	struct strv lines = STRV_INIT;
	strv_split(&lines, answer, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		if (lines.v[i][0] != '#')
			add_line(k, lines.v[i], portless);
	}
	strv_release(&lines);
}

/* By the keys of one name. */
static enum hostkey_verdict judge(
	const struct known_keys *k, bool portless, const char *type, const char *base64)
{
	enum hostkey_verdict verdict = HOSTKEY_UNKNOWN;
	for (size_t i = 0; i < k->n; i++) {
		const struct known_key *key = &k->v[i];
		if (key->revoked || key->portless != portless || strcmp(key->type, type) != 0)
			continue;
		if (strcmp(key->base64, base64) == 0)
			return HOSTKEY_OK;
		verdict = HOSTKEY_CHANGED;
	}
	return verdict;
}

enum hostkey_verdict known_keys_judge(
	const struct known_keys *k, const char *type, const char *base64)
{
	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i].revoked && strcmp(k->v[i].base64, base64) == 0)
			return HOSTKEY_REVOKED;
	}
	enum hostkey_verdict verdict = judge(k, false, type, base64);
	if (verdict == HOSTKEY_UNKNOWN && judge(k, true, type, base64) == HOSTKEY_OK)
		return HOSTKEY_OK;
	return verdict;
}

static bool is_known(const struct known_keys *k, const char *type)
{
	for (size_t i = 0; i < k->n; i++) {
		if (!k->v[i].revoked && strcmp(k->v[i].type, type) == 0)
			return true;
	}
	return false;
}

void known_keys_algorithms(const struct known_keys *k, struct buf *out)
{
	for (int known = 1; known >= 0; known--) {
		for (size_t i = 0; i < ARRAY_LEN(types); i++) {
			if (is_known(k, types[i].type) != (known == 1))
				continue;
			if (out->len)
				buf_addch(out, ',');
			buf_addstr(out, types[i].algorithms);
		}
	}
}

void known_keys_release(struct known_keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->v[i].type);
		free(k->v[i].base64);
	}
	free(k->v);
	*k = (struct known_keys){0};
}
