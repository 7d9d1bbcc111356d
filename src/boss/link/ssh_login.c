/* ssh_login: see ssh_login.h. Servers count refused keys and end after six or so, hence the order: keys that the configuration names and the
 * agent holds, the agent's others, files that the agent doesn't hold.
 */
#include "boss/link/ssh_login.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "boss/link/ssh_agent.h"
#include "boss/link/ssh_config.h"
#include "common/base64.h"
#include "common/buf.h"
#include "common/fs.h"
#include "common/xalloc.h"

#define MAX_KEY_FILE 65536

struct ssh_login {
	const struct ssh_settings *settings;
	size_t step; /* of the table */
	struct agent_keys agent_keys; /* as they are offered */
	int agent_fd; /* libssh's end of the relay, which it doesn't close before ssh_free; -1 none */
	size_t file; /* the next identity */
	ssh_key key; /* of the one before, while it is tried */
	unsigned offered; /* key files */
	char *encrypted; /* the first key file that needs a passphrase */
	bool too_many; /* the server has lost patience */
	int methods; /* that it would take */
};

/* The agent */

/* The public half of a key file: FILE.pub, or FILE where that is a public key itself. */
static void read_public(const char *path, struct buf *blob)
{
	struct buf text = BUF_INIT;
	char *pub = xasprintf("%s.pub", path);
	struct strv words = STRV_INIT;
	if (fs_read(pub, MAX_KEY_FILE, &text, NULL) == 0 ||
		fs_read(path, MAX_KEY_FILE, &text, NULL) == 0)
		strv_split(&words, buf_str(&text), " \t\r\n");
	if (words.n >= 2 && words.v[0][0] != '-')
		base64_decode(blob, words.v[1], strlen(words.v[1]));
	strv_release(&words);
	free(pub);
	buf_release(&text);
}

static void order_keys(struct ssh_login *l)
{
	const struct strv *files = &l->settings->identities;
	struct buf *wanted = xcalloc(files->n + 1, sizeof *wanted);
	for (size_t i = 0; i < files->n; i++)
		read_public(files->v[i], &wanted[i]);
	agent_keys_order(&l->agent_keys, wanted, files->n, l->settings->identities_only);
	for (size_t i = 0; i < files->n; i++)
		buf_release(&wanted[i]);
	free(wanted);
}

/* False when it has nothing for us. */
static bool prepare_agent(struct ssh_login *l, ssh_session session)
{
	if (!l->settings->agent)
		return false;
	int fd = agent_open(l->settings->agent, &l->agent_keys);
	if (fd < 0)
		return false;
	order_keys(l);
	if (!l->agent_keys.n) {
		close(fd);
		return false;
	}
	l->agent_fd = agent_relay(fd, &l->agent_keys);
	if (l->agent_fd < 0)
		return false;
	ssh_set_agent_socket(session, l->agent_fd);
	return true;
}

static void drop_agent(struct ssh_login *l, ssh_session session)
{
	if (l->agent_fd < 0)
		return;
	ssh_set_agent_socket(session, -1);
	close(l->agent_fd);
	l->agent_fd = -1;
}

static int try_agent(struct ssh_login *l, ssh_session session)
{
	if (l->agent_fd < 0 && !prepare_agent(l, session))
		return SSH_AUTH_DENIED;
	int ret = ssh_userauth_agent(session, NULL);
	if (ret != SSH_AUTH_AGAIN)
		drop_agent(l, session);
	return ret;
}

/* Key files */

/* libssh calls it for a key that is encrypted. Without it OpenSSL would ask on the terminal. */
static int no_passphrase(const char *prompt, char *buf, size_t len, int echo, int verify, void *ctx)
{
	(void)prompt;
	(void)buf;
	(void)len;
	(void)echo;
	(void)verify;
	*(bool *)ctx = true;
	return -1;
}

static bool agent_has(const struct ssh_login *l, ssh_key key)
{
	struct buf blob = BUF_INIT;
	char *base64 = NULL;
	if (!l->agent_keys.n || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return false;
	base64_decode(&blob, base64, strlen(base64));
	bool has = agent_keys_have(&l->agent_keys, buf_str(&blob), blob.len);
	buf_release(&blob);
	ssh_string_free_char(base64);
	return has;
}

/* NULL when it is of no use. */
static ssh_key load_key(struct ssh_login *l, const char *path)
{
	bool encrypted = false;
	ssh_key key = NULL;
	if (access(path, R_OK) < 0)
		return NULL;
	int ret = ssh_pki_import_privkey_file(path, NULL, no_passphrase, &encrypted, &key);
	if (encrypted && !l->encrypted)
		l->encrypted = xstrdup(path);
	if (ret != SSH_OK)
		return NULL;
	if (!agent_has(l, key))
		return key;
	ssh_key_free(key);
	return NULL;
}

static ssh_key next_key(struct ssh_login *l)
{
	const struct strv *files = &l->settings->identities;
	ssh_key key = NULL;
	while (!key && l->file < files->n)
		key = load_key(l, files->v[l->file++]);
	l->offered += key != NULL;
	return key;
}

static int try_files(struct ssh_login *l, ssh_session session)
{
	for (;;) {
		if (!l->key && !(l->key = next_key(l)))
			return SSH_AUTH_DENIED;
		int ret = ssh_userauth_publickey(session, NULL, l->key);
		if (ret == SSH_AUTH_AGAIN)
			return ret;
		ssh_key_free(l->key);
		l->key = NULL;
		if (ret != SSH_AUTH_DENIED)
			return ret;
	}
}

/* All together */

/* Tells which methods the server takes, and that it is one that takes everybody. */
static int try_none(struct ssh_login *l, ssh_session session)
{
	int ret = ssh_userauth_none(session, NULL);
	if (ret == SSH_AUTH_DENIED)
		l->methods = ssh_userauth_list(session, NULL);
	return ret;
}

static int (*const steps[])(struct ssh_login *l, ssh_session session) = {
	try_none, try_agent, try_files};

struct ssh_login *ssh_login_new(const struct ssh_settings *s)
{
	struct ssh_login *l = xcalloc(1, sizeof *l);
	l->settings = s;
	l->agent_fd = -1;
	return l;
}

static bool is_dead(ssh_session session)
{
	return !ssh_is_connected(session) ||
	       (ssh_get_status(session) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

enum login_result ssh_login_step(struct ssh_login *l, ssh_session session)
{
	while (l->step < ARRAY_LEN(steps)) {
		int ret = steps[l->step](l, session);
		if (ret == SSH_AUTH_SUCCESS)
			return LOGIN_OK;
		/* libssh waits for the answer of a server that has gone. */
		if (is_dead(session)) {
			l->too_many =
				strstr(ssh_get_error(session), "Too many authentication failures");
			return l->too_many ? LOGIN_DENIED : LOGIN_LOST;
		}
		if (ret == SSH_AUTH_AGAIN)
			return LOGIN_AGAIN;
		l->step++;
	}
	return LOGIN_DENIED;
}

void ssh_login_explain(const struct ssh_login *l, struct buf *why, struct buf *cure)
{
	const struct ssh_settings *s = l->settings;
	if (l->too_many) {
		buf_addf(why,
			"it refuses the first keys of %zu for user '%s' and would see no more",
			l->agent_keys.n + l->offered, s->user);
		buf_addf(cure,
			"name the right key for host '%s' in ~/.ssh/config, by IdentityFile and "
			"IdentitiesOnly",
			s->host);
		return;
	}
	if (l->methods && !(l->methods & SSH_AUTH_METHOD_PUBLICKEY))
		buf_addf(why, "it takes no keys for user '%s'", s->user);
	else if (l->agent_keys.n + l->offered)
		buf_addf(why, "it takes none of our %zu keys for user '%s'",
			l->agent_keys.n + l->offered, s->user);
	else
		buf_addf(why, "there is no key to log in with as user '%s'", s->user);
	if (l->encrypted) {
		buf_addf(why, ", and '%s' has a passphrase", l->encrypted);
		buf_addf(cure, "run 'ssh-add %s'", l->encrypted);
	} else {
		buf_addf(cure,
			"make 'ssh %s true' work without a password: ssh-add, ssh-copy-id, or User "
			"and IdentityFile in ~/.ssh/config",
			s->host);
	}
}

void ssh_login_free(struct ssh_login *l, ssh_session session)
{
	if (!l)
		return;
	drop_agent(l, session);
	ssh_key_free(l->key);
	agent_keys_release(&l->agent_keys);
	free(l->encrypted);
	free(l);
}
