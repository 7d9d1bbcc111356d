/* session: the worker's side of the protocol, driving the engine. It answers every command, builds what it is given, and knows no
 * output tree: what a sketch gives is handed over with its result.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include <uv.h>
#include "wire/job.h"

struct error;
struct platforms;
struct session;

/* Says READY from the loop's next turn. NULL and err when it cannot start. */
struct session *session_new(uv_loop_t *loop, struct response_sink to_boss, struct error *err);
/* Platforms that the caller has open already, found in the same directories; spares reading them twice. Borrowed until the session
 * is gone. */
void session_lend_platforms(struct session *s, struct platforms *platforms);
/* Where the boss's commands go. */
struct command_sink session_commands(struct session *s);
/* Kills what runs; `closed` comes from the loop when all is gone. */
void session_free(struct session *s, void (*closed)(void *ctx), void *ctx);

#endif
