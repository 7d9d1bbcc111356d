/* pusher: sends one commit to one machine, over a channel of its connection: git's receive-pack there, git/push here.
 */
#ifndef BOSS_LINK_PUSHER_H
#define BOSS_LINK_PUSHER_H

#include <uv.h>

struct conn;
struct packs;
struct pusher;

struct pusher_config {
	uv_loop_t *loop;
	struct conn *conn; /* open */
	struct packs *packs;
	const char *dir; /* boardman's on the machine */
	const char *commit, *ref;
	const char *drop; /* of the refs that begin so all but the newest go; NULL none */
	/* From the loop; why NULL: it is there. The pusher is freed then. */
	void (*done)(void *ctx, const char *why);
	void *ctx;
};

/* Copies what it needs. */
struct pusher *pusher_start(const struct pusher_config *c);
/* Ends it without `done`. NULL is fine. */
void pusher_cancel(struct pusher *p);

#endif
