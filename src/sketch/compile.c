/* compile: runs a group of translation units. It decides nothing about libraries or verdicts; it keeps no state between
 * groups but what the store keeps.
 */
#include "sketch/compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/defer.h"
#include "sketch/fileindex.h"

void group_init(struct group *g, struct context *c, size_t n)
{
	*g = (struct group){.context = c, .n = n, .lookup = true};
	g->v = xcalloc(n ? n : 1, sizeof *g->v);
	for (size_t i = 0; i < n; i++) {
		g->v[i].status = -1;
		g->v[i].group = g;
	}
}

static void tu_release(struct tu *t)
{
	free(t->source);
	free(t->name);
	free(t->object);
	free(t->depfile);
	strv_release(&t->argv);
	compile_output_release(&t->out);
	buf_release(&t->log);
	buf_release(&t->err);
}

void group_release(struct group *g)
{
	assert(!g->running);
	for (size_t i = 0; i < g->n; i++)
		tu_release(&g->v[i]);
	free(g->v);
	free(g->root);
	free(g->build_dir);
	free(g->why);
	*g = (struct group){0};
}

static struct compile_input input_of(const struct group *g, const struct tu *t)
{
	const struct context *c = g->context;
	return (struct compile_input){
		.argv = &t->argv,
		.source = t->source,
		.object = t->object,
		.includes = g->includes,
		.root = g->root,
		.build_dir = g->build_dir,
		.toolchain = &c->role[t->language],
		.system_dirs = c->system_dirs[t->language],
		.source_form = t->has_form ? &t->form : NULL,
		.started = t->started,
	};
}

static bool take_kept(struct group *g, struct tu *t)
{
	struct compile_input in = input_of(g, t);
	if (!store_find_compile(g->context->shared->store, &in, &t->out))
		return false;
	t->done = true;
	t->status = 0;
	buf_add(&t->err, t->out.err.data, t->out.err.len);
	return true;
}

bool group_lookup(struct group *g)
{
	bool all = true;
	for (size_t i = 0; i < g->n && g->lookup; i++)
		if (!g->v[i].done && !take_kept(g, &g->v[i]))
			all = false;
	return all && g->lookup;
}

static void finish(void *ctx)
{
	struct group *g = ctx;
	g->running = false;
	g->done(g->ctx, g);
}

static void maybe_finish(struct group *g)
{
	if (g->pending == 0 && g->running)
		defer_call(g->context->shared->defer, finish, g);
}

/* The first in order counts, not the first in time: what a build says must not depend on which compiler was quicker. */
static void fail(struct group *g, struct tu *t, const char *why)
{
	if (g->failed && g->failed <= t)
		return;
	g->failed = t;
	free(g->why);
	g->why = xstrdup(why);
}

static void keep(struct group *g, struct tu *t)
{
	struct error err = ERROR_INIT;
	struct compile_input in = input_of(g, t);
	if (store_keep_compile(g->context->shared->store, &in, t->depfile, &t->err, &t->out, &err) <
		0)
		fail(g, t, err.text);
}

/* Ends what comes after `t` (NULL: all). */
static void drop_after(struct group *g, const struct tu *t)
{
	for (size_t i = t ? (size_t)(t - g->v) + 1 : 0; i < g->n; i++) {
		g->v[i].dropped = true;
		if (g->v[i].task)
			task_cancel(g->v[i].task);
	}
}

static void on_start(void *ctx)
{
	struct tu *t = ctx;
	struct group *g = t->group;
	clock_gettime(CLOCK_REALTIME, &t->started);
	t->runs = true;
	if (g->n_running++ == 0 && g->clock)
		g->clock(g->ctx, true);
}

static void stopped(struct tu *t)
{
	struct group *g = t->group;
	if (!t->runs)
		return;
	t->runs = false;
	if (--g->n_running == 0 && g->clock)
		g->clock(g->ctx, false);
}

static void on_done(void *ctx, const struct proc_result *r, const char *why)
{
	struct tu *t = ctx;
	struct group *g = t->group;
	stopped(t);
	t->task = NULL;
	t->done = true;
	g->pending--;
	if (t->dropped) {
		t->status = -1;
	} else if (!r) {
		fail(g, t, why);
	} else {
		t->status = r->exit_status;
		t->timed_out = r->timed_out;
		t->cpu = r->cpu;
		buf_add(&t->log, r->out.data, r->out.len);
		buf_add(&t->err, r->err.data, r->err.len);
		char *fault = task_fault(g->context->shared->tasks, &t->argv, r);
		if (r->exit_status == 0)
			keep(g, t);
		else
			fail(g, t, fault);
		free(fault);
	}
	if (g->failed)
		drop_after(g, g->failed);
	maybe_finish(g);
}

static int submit(struct group *g, struct tu *t)
{
	struct error err = ERROR_INIT;
	char *dir = path_dir(t->object);
	int r = fs_mkdirs(dir, &err);
	free(dir);
	if (r < 0) {
		fail(g, t, err.text);
		return -1;
	}
	struct task_spec spec = {
		.argv = &t->argv,
		.stage = g->stage,
		.timeout = g->timeout,
		.started = on_start,
	};
	/* Without a lookup nobody has read it yet: what is as young as a sketch's main file would not be kept. */
	file_index_get(g->context->shared->files, t->source);
	t->task = task_submit(g->context->shared->tasks, &spec, on_done, t);
	g->pending++;
	return 0;
}

void group_run(struct group *g)
{
	assert(!g->running);
	g->running = true;
	for (size_t i = 0; i < g->n; i++) {
		struct tu *t = &g->v[i];
		if (t->done || (g->lookup && take_kept(g, t)))
			continue;
		if (submit(g, t) < 0)
			break;
	}
	maybe_finish(g);
}

void group_cancel(struct group *g)
{
	if (!g->running || g->cancelled)
		return;
	g->cancelled = true;
	drop_after(g, NULL);
}
