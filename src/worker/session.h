/* session: the worker's side of the protocol, driving the engine. It answers every command, builds what it is given, and knows no
 * output tree: what a sketch gives is handed over with its result.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include <stdbool.h>
#include <uv.h>
#include "wire/job.h"

struct platforms;
struct session;
struct workplace;

struct session_config {
	uv_loop_t *loop;
	struct response_sink to_boss;
	/* Platforms that the caller has open already, found in the same directories; spares reading them twice. Borrowed; NULL none. */
	struct platforms *platforms;
	/* Of a worker that is a process of its own; borrowed. NULL: it shares the boss's disk, and needs none. */
	struct workplace *place;
	const char *version; /* boardman's; borrowed */
};

/* Says READY from the loop's next turn. */
struct session *session_new(const struct session_config *c);
/* Where the boss's commands go. */
struct command_sink session_commands(struct session *s);
/* Begins no further sketch while held; those that run go on. */
void session_hold(struct session *s, bool hold);
/* Sketches in progress. */
int session_running(const struct session *s);
/* Kills what runs; `closed` comes from the loop when all is gone. */
void session_free(struct session *s, void (*closed)(void *ctx), void *ctx);

#endif
