/* local: the link to a worker in this process. The boss does not know the worker's room: whoever sees both gives the functions.
 */
#ifndef BOSS_LINK_LOCAL_H
#define BOSS_LINK_LOCAL_H

#include "boss/link/link.h"

struct local_worker {
	/* Starts it; it says READY to `to_boss` from the loop. NULL and err. */
	void *(*start)(void *ctx, struct response_sink to_boss, struct error *err);
	struct command_sink (*commands)(void *worker);
	/* Ends it; `closed` comes from the loop. */
	void (*stop)(void *worker, void (*closed)(void *ctx), void *closed_ctx);
	void *ctx;
};

/* Free with link.ops->free when closed. */
struct link link_local(const struct local_worker *w);

#endif
