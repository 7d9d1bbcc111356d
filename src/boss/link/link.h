/* link: the way to one worker, whatever it is made of. Commands go in by command_sink; what the worker says arrives at the
 * response_sink given at open. A link carries messages; it neither understands nor answers any.
 */
#ifndef BOSS_LINK_LINK_H
#define BOSS_LINK_LINK_H

#include "wire/job.h"

struct error;

/* Takes each line that a worker says beside the protocol. */
struct noise_sink {
	void (*line)(void *ctx, const char *line); /* NULL: nobody listens */
	void *ctx;
};

/* What a kind of link does; `impl` is its own. */
struct link_ops {
	/* Begins to connect; READY comes later. -1 and err when that is hopeless. */
	int (*open)(void *impl, struct response_sink to_boss, struct error *err);
	/* Where commands go, once READY came. */
	struct command_sink (*commands)(void *impl);
	/* Brings a commit of our repository to the worker's, as `ref`; `done` comes from the loop, why NULL when it is there. The op is NULL where the
	 * worker has the boss's disk. */
	void (*push)(void *impl, const char *commit, const char *ref,
		void (*done)(void *ctx, const char *why), void *ctx);
	/* Ends the worker, whatever it does; `closed` comes from the loop. After a failed or no open too. */
	void (*close)(void *impl, void (*closed)(void *ctx), void *ctx);
	void (*free)(void *impl);
};

struct link {
	const struct link_ops *ops;
	void *impl;
};

#endif
