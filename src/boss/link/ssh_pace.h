/* ssh_pace: lets so many connections at once do what costs a processor or a server its patience; the others wait in line.
 */
#ifndef BOSS_LINK_SSH_PACE_H
#define BOSS_LINK_SSH_PACE_H

struct ssh_pace;

enum turn_state { TURN_NONE, TURN_WAITING, TURN_HELD };

/* Zero-initialised, but for `granted` and `ctx`. */
struct ssh_turn {
	struct ssh_turn *prev, *next;
	enum turn_state state;
	void (*granted)(
		void *ctx); /* may be called from within ssh_turn_ask, and ssh_turn_drop of another */
	void *ctx;
};

/* The line at one server's door, which is far shorter: a stock sshd begins to refuse at ten who have not logged in (MaxStartups 10:30:100), and those
 * who just have count there for a moment more. Belongs to `p`; NULL for NULL. */
struct ssh_pace *ssh_pace_door(struct ssh_pace *p, const char *server);

/* NULL as `p`: no pacing. */
void ssh_turn_ask(struct ssh_pace *p, struct ssh_turn *t);
/* Leaves the line, or gives the turn to the next. */
void ssh_turn_drop(struct ssh_pace *p, struct ssh_turn *t);

#endif
