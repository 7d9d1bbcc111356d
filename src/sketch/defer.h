/* defer: "call this from the loop, soon". Keeps callbacks from coming out of the call that caused them. */
#ifndef SKETCH_DEFER_H
#define SKETCH_DEFER_H

#include <uv.h>

struct defer;

struct defer *defer_new(uv_loop_t *loop);
/* Drops what is queued. The handle closes on the next loop turn. */
void defer_free(struct defer *d);
/* Queues fn(ctx); in order of queueing. */
void defer_call(struct defer *d, void (*fn)(void *ctx), void *ctx);
/* Drops what is queued and whatever comes later. */
void defer_stop(struct defer *d);
/* Drops the queued calls with this ctx. */
void defer_drop(struct defer *d, const void *ctx);

#endif
