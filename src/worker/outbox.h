/* outbox: a worker's responses on their way to the boss: two queues, control before artefact data, one write at a time. It encodes; what
 * the messages mean is not its business.
 */
#ifndef WORKER_OUTBOX_H
#define WORKER_OUTBOX_H

#include <stdint.h>
#include <uv.h>

struct outbox;
struct response;

#define OUTBOX_FULL (4u << 20) /* bytes that wait: no new job is begun over it */

struct outbox_events {
	void (*changed)(void *ctx); /* outbox_waiting has fallen; may be NULL */
	void (*broken)(void *ctx); /* nobody reads any more */
	void *ctx;
};

/* Takes `fd`. */
struct outbox *outbox_new(uv_loop_t *loop, int fd, const struct outbox_events *ev);
/* `closed` comes from the loop; what was not written is lost. */
void outbox_free(struct outbox *o, void (*closed)(void *ctx), void *ctx);
/* A build_result is sent after the files that belong to it: its artefacts, deps, syms, and those texts that were too long for it. Artefacts are opened
 * before it returns. */
void outbox_put(struct outbox *o, const struct response *r);
/* Bytes that wait to be written. */
uint64_t outbox_waiting(const struct outbox *o);

#endif
