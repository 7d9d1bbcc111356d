/* local: see local.h. Messages are passed as they are: no queue, no copy, no encoding.
 */
#include "boss/link/local.h"

#include <stdlib.h>
#include "common/xalloc.h"

struct local {
	struct local_worker worker;
	void *running; /* NULL: not started, or ended */
};

static int local_open(void *impl, struct response_sink to_boss, struct error *err)
{
	struct local *l = impl;
	l->running = l->worker.start(l->worker.ctx, to_boss, err);
	return l->running ? 0 : -1;
}

static struct command_sink local_commands(void *impl)
{
	struct local *l = impl;
	return l->worker.commands(l->running);
}

static void local_close(void *impl, void (*closed)(void *ctx), void *ctx)
{
	struct local *l = impl;
	void *running = l->running;
	l->running = NULL;
	if (running)
		l->worker.stop(running, closed, ctx);
	else
		closed(ctx);
}

static const struct link_ops ops = {
	.open = local_open,
	.commands = local_commands,
	.close = local_close,
	.free = free,
};

struct link link_local(const struct local_worker *w)
{
	struct local *l = xcalloc(1, sizeof *l);
	l->worker = *w;
	return (struct link){&ops, l};
}
