/* children: see children.h. */
#include "boss/link/children.h"

#include <signal.h>
#include <stdlib.h>
#include <utlist.h>
#include "common/spawn.h"
#include "common/xalloc.h"

struct children_watcher {
	struct children *children;
	void (*look)(void *ctx);
	void *ctx;
	struct children_watcher *prev, *next;
};

struct children {
	uv_signal_t sigchld;
	struct children_watcher *watchers;
};

static void on_sigchld(uv_signal_t *handle, int sig)
{
	const struct children *c = handle->data;
	const struct children_watcher *w;
	(void)sig;
	DL_FOREACH (c->watchers, w)
		w->look(w->ctx);
}

struct children *children_new(uv_loop_t *loop)
{
	struct children *c = xcalloc(1, sizeof *c);
	uv_signal_init(loop, &c->sigchld);
	c->sigchld.data = c;
	uv_signal_start(&c->sigchld, on_sigchld, SIGCHLD);
	uv_unref((uv_handle_t *)&c->sigchld);
	spawn_unblock_sigchld();
	return c;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void children_free(struct children *c)
{
	if (c)
		uv_close((uv_handle_t *)&c->sigchld, on_closed);
}

struct children_watcher *children_watch(struct children *c, void (*look)(void *ctx), void *ctx)
{
	struct children_watcher *w = xcalloc(1, sizeof *w);
	*w = (struct children_watcher){.children = c, .look = look, .ctx = ctx};
	uv_ref((uv_handle_t *)&c->sigchld);
	DL_APPEND(c->watchers, w);
	return w;
}

void children_unwatch(struct children_watcher *w)
{
	struct children *c = w->children;
	DL_DELETE(c->watchers, w);
	if (!c->watchers)
		uv_unref((uv_handle_t *)&c->sigchld);
	free(w);
}
