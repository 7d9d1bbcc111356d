/* ssh_config: what ssh would do to reach a machine, by the answer of `ssh -G`: so every Host, Match and Include of the user's configuration
 * counts as it does for ssh. Pure text here; whoever has a loop runs ssh.
 */
#ifndef BOSS_LINK_SSH_CONFIG_H
#define BOSS_LINK_SSH_CONFIG_H

#include <stdbool.h>
#include "common/strv.h"

struct error;

struct ssh_settings {
	char *host; /* as the user says it, without user@ */
	char *hostname; /* what is connected to */
	char *port; /* decimal */
	char *user;
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	char *key_name; /* what known_hosts files are searched for: the alias, or the host name, with its port when it isn't 22 */
	char *key_name_portless; /* the second try; NULL none */
	struct strv known_hosts; /* files, the user's first; some don't exist */
	struct strv identities; /* key files; some don't exist */
	bool identities_only; /* of the agent's keys only those of `identities` */
	char *agent; /* its socket; NULL none */
	char *proxy_command; /* for a shell; NULL none */
	struct strv
		proxy_argv; /* ssh to the last jump host, that connects its stdin and stdout to the machine; empty none */
};

/* True when a machine's name may be given to ssh: [user@]host of letters, digits and ._-:%+ that doesn't begin with '-'. */
bool ssh_target_is_sane(const char *target);
/* The argv of the question. */
void ssh_config_argv(struct strv *argv, const char *target, const char *config_file);
/* Reads the answer. -1 and err when it lacks what is needed or uses what can't be done here. */
int ssh_settings_parse(struct ssh_settings *s, const char *target, const char *config_file,
	const char *answer, struct error *err);
void ssh_settings_release(struct ssh_settings *s);

#endif
