/* ssh_login: logs in by the agent's keys, then by key files, as the configuration says. Nobody is asked for anything: an encrypted key that the
 * agent doesn't hold is left out, and said so when no other is taken.
 */
#ifndef BOSS_LINK_SSH_LOGIN_H
#define BOSS_LINK_SSH_LOGIN_H

struct buf;
struct ssh_login;
struct ssh_session_struct;
struct ssh_settings;

enum login_result { LOGIN_AGAIN, LOGIN_OK, LOGIN_DENIED, LOGIN_LOST };

/* `s` is borrowed. */
struct ssh_login *ssh_login_new(const struct ssh_settings *s);
/* Goes on as far as it can; LOGIN_AGAIN: call it again when something has come. */
enum login_result ssh_login_step(struct ssh_login *l, struct ssh_session_struct *session);
/* After LOGIN_DENIED: what went wrong, and what helps. */
void ssh_login_explain(const struct ssh_login *l, struct buf *why, struct buf *cure);
/* Before the session is freed. NULL is fine. */
void ssh_login_free(struct ssh_login *l, struct ssh_session_struct *session);

#endif
