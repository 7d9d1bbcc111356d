/* conn_ssh: a conn by libssh, non-blocking, one session per machine in the one loop. ~/.ssh/config counts (by `ssh -G`), ssh-agent and key
 * files are tried, nobody is asked for anything, nothing is forwarded. Needs the programs ssh and ssh-keygen.
 */
#ifndef BOSS_LINK_CONN_SSH_H
#define BOSS_LINK_CONN_SSH_H

#include <uv.h>

struct conn;
struct procs;
struct ssh_pace; /* paces handshakes: at most so many at once over all machines */

struct ssh_pace *ssh_pace_new(unsigned at_once);
/* When all conns that share it are closed. NULL is fine. */
void ssh_pace_free(struct ssh_pace *p);

struct conn_ssh_config {
	uv_loop_t *loop;
	struct procs *procs; /* runs ssh -G and ssh-keygen; outlives the conn */
	struct ssh_pace *pace; /* shared; NULL: no pacing */
	const char *
		target; /* [user@]host; one that ssh_target_is_sane refuses is never given to ssh */
	const char *config_file; /* for `ssh -F`; NULL: $BOARDMAN_SSH_CONFIG, else the user's */
};

/* Copies what it needs. Free with conn_free. */
struct conn *conn_ssh_new(const struct conn_ssh_config *c);

#endif
