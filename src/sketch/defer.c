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
	struct call *queue;
};

static void on_idle(uv_idle_t *h)
{
	struct defer *d = h->data;
	struct call *last = d->queue ? d->queue->prev : NULL;
	struct call *c;
	/* What is queued meanwhile waits for the next turn: `last` bounds this one. */
	while (last && (c = d->queue)) {
		struct call one = *c;
		bool end = c == last;
		DL_DELETE(d->queue, c);
		free(c);
		one.fn(one.ctx);
		if (end)
			break;
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

void defer_free(struct defer *d)
{
	struct call *c, *next;
	if (!d)
		return;
	DL_FOREACH_SAFE(d->queue, c, next)
	{
		DL_DELETE(d->queue, c);
		free(c);
	}
	uv_close((uv_handle_t *)&d->idle, on_close);
}

void defer_call(struct defer *d, void (*fn)(void *ctx), void *ctx)
{
	struct call *c = xcalloc(1, sizeof *c);
	c->fn = fn;
	c->ctx = ctx;
	DL_APPEND(d->queue, c);
	uv_idle_start(&d->idle, on_idle);
}

void defer_drop(struct defer *d, const void *ctx)
{
	struct call *c, *next;
	DL_FOREACH_SAFE(d->queue, c, next)
	{
		if (c->ctx != ctx)
			continue;
		DL_DELETE(d->queue, c);
		free(c);
	}
}
