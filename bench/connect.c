/* connect: the floor for probing machines: a plain libssh loop, one machine after the other: connect, check the host key, log in, run one command,
 * read what it says. usage: connect SSH_CONFIG IDENTITY COMMAND MACHINE…; the command gets each machine's answer to EOF.
 */
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(ssh_session s, const char *name, const char *what)
{
	fprintf(stderr, "connect: %s: %s: %s\n", name, what, ssh_get_error(s));
	return -1;
}

static int drain(ssh_channel c)
{
	char data[16384];
	int n, total = 0;
	while ((n = ssh_channel_read(c, data, sizeof data, 0)) > 0)
		total += n;
	return n < 0 ? -1 : total;
}

static int run(ssh_session s, const char *name, const char *command)
{
	ssh_channel c = ssh_channel_new(s);
	int ret = 0;
	if (!c || ssh_channel_open_session(c) != SSH_OK ||
		ssh_channel_request_exec(c, command) != SSH_OK ||
		ssh_channel_send_eof(c) != SSH_OK || drain(c) < 0)
		ret = fail(s, name, "cannot run the command");
	else if (ssh_channel_get_exit_status(c) != 0)
		ret = fail(s, name, "the command failed");
	ssh_channel_free(c);
	return ret;
}

static int visit(const char *config, ssh_key key, const char *command, const char *name)
{
	ssh_session s = ssh_new();
	int ret = -1;
	if (!s || ssh_options_set(s, SSH_OPTIONS_HOST, name) < 0 ||
		ssh_options_parse_config(s, config) < 0)
		fail(s, name, "bad configuration");
	else if (ssh_connect(s) != SSH_OK)
		fail(s, name, "cannot connect");
	else if (ssh_session_is_known_server(s) != SSH_KNOWN_HOSTS_OK)
		fail(s, name, "host key not known");
	else if (ssh_userauth_publickey(s, NULL, key) != SSH_AUTH_SUCCESS)
		fail(s, name, "cannot log in");
	else
		ret = run(s, name, command);
	ssh_disconnect(s);
	ssh_free(s);
	return ret;
}

int main(int argc, char **argv)
{
	ssh_key key = NULL;
	if (argc < 5 || ssh_pki_import_privkey_file(argv[2], NULL, NULL, NULL, &key) != SSH_OK) {
		fputs("usage: connect SSH_CONFIG IDENTITY COMMAND MACHINE...\n", stderr);
		return 2;
	}
	int bad = 0;
	for (int i = 4; i < argc; i++)
		bad |= visit(argv[1], key, argv[3], argv[i]) < 0;
	ssh_key_free(key);
	return bad;
}
