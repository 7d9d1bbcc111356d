/* defer: order, turns, dropping, stopping from within a call. */
#include "sketch/defer.h"

#include "common/buf.h"
#include "unit/tap.h"

struct call {
	struct buf *trace;
	struct defer *d;
	const char *name;
	struct call *then, *drops;
	bool stops;
};

static void say(void *ctx)
{
	struct call *c = ctx;
	buf_addstr(c->trace, c->name);
	if (c->then)
		defer_call(c->d, say, c->then);
	if (c->drops)
		defer_drop(c->d, c->drops);
	if (c->stops)
		defer_stop(c->d);
}

static void is_trace(struct buf *t, const char *want, const char *name)
{
	is_str(buf_str(t), want, name);
	buf_clear(t);
}

int main(void)
{
	uv_loop_t loop;
	struct buf t = BUF_INIT;
	uv_loop_init(&loop);
	struct defer *d = defer_new(&loop);
	struct call a = {&t, d, "a", NULL, NULL, false}, b = {&t, d, "b", NULL, NULL, false},
		    c = {&t, d, "c", NULL, NULL, false};
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(true, "with nothing queued the loop ends");
	defer_call(d, say, &a);
	defer_call(d, say, &b);
	defer_call(d, say, &a);
	is_trace(&t, "", "nothing is called at once");
	uv_run(&loop, UV_RUN_NOWAIT);
	is_trace(&t, "aba", "in order");
	uv_run(&loop, UV_RUN_DEFAULT);
	is_trace(&t, "", "once");

	a.then = &b;
	defer_call(d, say, &a);
	defer_call(d, say, &c);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_trace(&t, "ac", "what a call queues waits");
	uv_run(&loop, UV_RUN_NOWAIT);
	is_trace(&t, "b", "for the next turn");

	defer_call(d, say, &b);
	defer_call(d, say, &c);
	defer_call(d, say, &b);
	defer_drop(d, &b);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_trace(&t, "c", "all calls of one are dropped");
	a.drops = &c;
	defer_call(d, say, &a);
	defer_call(d, say, &c);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_trace(&t, "a", "also from within a call, also the last one");
	uv_run(&loop, UV_RUN_NOWAIT);
	is_trace(&t, "b", "and still the next turn is the next");

	a.drops = NULL;
	a.stops = true;
	defer_call(d, say, &a);
	defer_call(d, say, &c);
	uv_run(&loop, UV_RUN_NOWAIT);
	defer_call(d, say, &c);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_trace(&t, "a", "after a stop nothing comes any more");
	defer_free(d);
	uv_run(&loop, UV_RUN_DEFAULT);

	d = defer_new(&loop);
	defer_call(d, say, &c);
	defer_free(d);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_trace(&t, "", "nor after the end");
	is_int(uv_loop_close(&loop), 0, "no handle is left");
	buf_release(&t);
	return done_testing();
}
