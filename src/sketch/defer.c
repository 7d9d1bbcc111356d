/* defer: a queue of calls, emptied by an idle handle that is active only while something is queued. */
#include "sketch/defer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>
#include "common/xalloc.h"

struct call {
	void (*fn)(void *ctx);
	void *ctx;
	struct call *prev, *next;
};

struct defer {
	uv_idle_t idle;
	struct call *queue, *batch; /* of the turn to come, of this turn */
	bool stopped;
};

static void on_idle(uv_idle_t *h)
{
	struct defer *d = h->data;
	struct call *c;
	/* What is queued meanwhile waits for the next turn. */
	d->batch = d->queue;
	d->queue = NULL;
	while ((c = d->batch)) {
		struct call one = *c;
		DL_DELETE(d->batch, c);
		free(c);
		one.fn(one.ctx);
	}
	if (!d->queue)
		uv_idle_stop(h);
}

struct defer *defer_new(uv_loop_t *loop)
{
	struct defer *d = xcalloc(1, sizeof *d);
	uv_idle_init(loop, &d->idle);
	d->idle.data = d;
	return d;
}

static void on_close(uv_handle_t *h)
{
	free(h->data);
}

/* NULL is any. */
static void drop(struct call **list, const void *ctx)
{
	struct call *c, *next;
	DL_FOREACH_SAFE(*list, c, next)
	{
		if (ctx && c->ctx != ctx)
			continue;
		DL_DELETE(*list, c);
		free(c);
	}
}

void defer_stop(struct defer *d)
{
	d->stopped = true;
	drop(&d->queue, NULL);
	drop(&d->batch, NULL);
}

void defer_free(struct defer *d)
{
	if (!d)
		return;
	defer_stop(d);
	uv_close((uv_handle_t *)&d->idle, on_close);
}

void defer_call(struct defer *d, void (*fn)(void *ctx), void *ctx)
{
	if (d->stopped)
		return;
	struct call *c = xcalloc(1, sizeof *c);
	c->fn = fn;
	c->ctx = ctx;
	DL_APPEND(d->queue, c);
	uv_idle_start(&d->idle, on_idle);
}

void defer_drop(struct defer *d, const void *ctx)
{
	drop(&d->queue, ctx);
	drop(&d->batch, ctx);
}
