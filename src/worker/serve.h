/* serve: the far side of the wire: a worker process that a boss talks to over stdin and stdout. It frames, decodes, watches whether the boss
 * lives, and ends everything when it does not.
 */
#ifndef WORKER_SERVE_H
#define WORKER_SERVE_H

#include <stdbool.h>
#include <uv.h>

struct error;

struct serve_config {
	uv_loop_t *loop;
	const char *version; /* boardman's */
	bool private_view; /* view_enter succeeded */
	bool debug; /* each sketch is told on stderr as it starts and finishes */
};

/* Serves descriptors 0 and 1, which it takes away from everything else, until the boss has said goodbye (0), or is gone (-1 and err). Runs the
 * loop. */
int serve(const struct serve_config *c, struct error *err);

#endif
