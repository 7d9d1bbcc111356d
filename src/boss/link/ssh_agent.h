/* ssh_agent: the user's ssh-agent as libssh may see it: the keys that the configuration names first, or alone. A thread stands between
 * the two, since libssh waits for the agent's answers and an agent may wait for its user: no longer than half of what logging in may take.
 */
#ifndef BOSS_LINK_SSH_AGENT_H
#define BOSS_LINK_SSH_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include "common/buf.h"

struct agent_key {
	const char *blob; /* within agent_keys.answer */
	size_t len;
	const char *whole; /* the same with its lengths and its comment, as the agent wrote it */
	size_t whole_len;
};
struct agent_keys {
	struct buf answer; /* the agent's, without its length */
	struct agent_key *v;
	size_t n, cap;
};

/* Reads an agent's answer that stands in k->answer. -1 when it is none. */
int agent_keys_parse(struct agent_keys *k);
bool agent_keys_have(const struct agent_keys *k, const char *blob, size_t len);
/* Puts those keys first whose blobs are wanted, in that order; leaves out all others when `only`. */
void agent_keys_order(struct agent_keys *k, const struct buf *wanted, size_t n, bool only);
void agent_keys_release(struct agent_keys *k);

/* Asks the agent for its keys; waits for it a moment. Gives the descriptor to talk to it, -1 when there is none. */
int agent_open(const char *path, struct agent_keys *k);
/* Starts to stand between: takes `agent`, copies the keys, and gives the descriptor for libssh. It ends when that is closed. -1: it can't. */
int agent_relay(int agent, const struct agent_keys *k);

#endif
