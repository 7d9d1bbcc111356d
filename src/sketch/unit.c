/* unit: from asked-for to ready. Kept objects are taken without a lock; what is missing is compiled under the machine-wide lock of
 * the unit's kind, and looked up again once the lock is held, since another builder may have made it meanwhile.
 */
#include "sketch/unit.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/defer.h"
#include "sketch/fileindex_internal.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/rows.h"
#include "sketch/unit_internal.h"
#include "sketch/unit_sources.h"
#include "sketch/units.h"

struct waiter {
	void (*fn)(void *ctx, struct unit *u);
	void *ctx;
	struct waiter *next;
};

const char *unit_name(const struct unit *u)
{
	return u->library ? u->library->name : "core";
}

bool unit_is_orphan(const struct unit *u)
{
	return u->place && !*u->place;
}

/* ---- ending ---- */

/* What is the same for another include list is told once. */
static void tell(void *ctx)
{
	struct unit *u = ctx;
	const struct board *b = u->context->board;
	struct shared *s = u->context->shared;
	bool first =
		unit_kinds_tell(&s->kinds, b->fqbn, u->library ? u->library->dir : b->core_dir);
	struct engine_unit report = {
		.board = b->fqbn,
		.name = unit_name(u),
		.is_core = !u->library,
		.failed = u->state == UNIT_FAILED,
		.reused = u->reused,
		.start = u->start,
		.seconds = u->seconds,
	};
	if ((first || !u->reused) && s->events.unit_done)
		s->events.unit_done(s->events.ctx, &report);
}

static void call_waiters(void *ctx)
{
	struct unit *u = ctx;
	struct waiter *w;
	u->users++; /* a waiter may put it back */
	while ((w = u->waiters)) {
		u->waiters = w->next;
		w->fn(w->ctx, u);
		free(w);
	}
	u->users--;
	u->over = true;
	units_trim(u->context);
}

/* How it was made is no longer needed, and many units may be kept. */
static void settle(struct unit *u)
{
	group_release(&u->group);
	include_list_free(u->includes);
	u->includes = NULL;
	for (size_t i = 0; i < u->n_commands; i++)
		strv_release(&u->commands[i]);
	free(u->commands);
	u->commands = NULL;
	u->n_commands = 0;
}

static void end(struct unit *u, enum unit_state state)
{
	struct shared *s = u->context->shared;
	u->state = state;
	u->seconds = (double)(uv_hrtime() - s->opened) / 1e9 - u->start;
	unit_unlock(u);
	settle(u);
	if (!unit_is_orphan(u))
		defer_call(s->defer, tell, u);
	defer_call(s->defer, call_waiters, u);
}

void unit_fail(struct unit *u, bool infra, char *reason)
{
	free(u->reason);
	u->reason = reason;
	u->infra = infra;
	end(u, UNIT_FAILED);
}

/* ---- its record ---- */

void unit_add_file(struct unit *u, const char *name, const char *path, const struct digest *d)
{
	u->files = xreallocarray(u->files, u->n_files + 1, sizeof *u->files);
	u->files[u->n_files++] = (struct unit_file){xstrdup(name), xstrdup(path), *d};
}

/* The directories whose lists of files make the unit. */
static void each_dir(
	const struct unit *u, void (*fn)(void *ctx, const char *dir, bool recursive), void *ctx)
{
	const struct board *b = u->context->board;
	if (!u->library) {
		fn(ctx, b->core_dir, true);
		if (b->variant_dir)
			fn(ctx, b->variant_dir, true);
		return;
	}
	fn(ctx, u->library->dir, false);
	fn(ctx, u->library->src_dir, u->library->recursive);
	if (u->library->utility_dir)
		fn(ctx, u->library->utility_dir, false);
}

static void record_dir(void *rows, const char *dir, bool recursive)
{
	rows_add_dir(rows, dir, recursive);
}

static void look_at_dir(void *files, const char *dir, bool recursive)
{
	file_index_look_at_dir(files, dir, recursive);
}

static void record(struct unit *u)
{
	struct buf text = BUF_INIT;
	struct rows rows;
	rows_init(&rows, u->context, NULL, &text);
	rows.since = u->since;
	each_dir(u, record_dir, &rows);
	rows.since = 0; /* of what was compiled the store has made sure */
	for (size_t i = 0; i < u->group.n; i++) {
		struct tu *t = &u->group.v[i];
		for (size_t k = 0; k < t->out.deps.n; k++)
			if (!path_beneath(t->out.deps.v[k], u->group.build_dir))
				rows_add(&rows, t->out.deps.v[k]);
		u->uses_time |= t->out.uses_time;
		if (u->library)
			buf_add(&u->err, t->err.data, t->err.len);
	}
	u->uses_time |= rows.gone;
	rows_release(&rows);
	u->deps = buf_detach(&text);
}

static void find_foreign(struct unit *u)
{
	u->foreign = xcalloc(u->group.n + 1, sizeof *u->foreign);
	for (size_t i = 0; i < u->group.n; i++) {
		strv_push(&u->sources, u->group.v[i].source);
		const struct strv *deps = &u->group.v[i].out.deps;
		for (size_t k = 0; k < deps->n; k++) {
			const struct library *owner =
				libraries_owner(u->context->libraries, deps->v[k]);
			if (owner && owner != u->library)
				strv_push(&u->foreign[i], deps->v[k]);
		}
	}
}

static void make_key(struct unit *u)
{
	struct digester *d = digester_new();
	digester_add_digest(d, &u->kind);
	for (size_t i = 0; i < u->n_files; i++) {
		digester_addstr(d, u->files[i].name);
		digester_add_digest(d, &u->files[i].digest);
	}
	digester_finish(d, &u->key);
	digester_free(d);
}

void unit_ready(struct unit *u)
{
	record(u);
	if (u->library)
		find_foreign(u);
	make_key(u);
	if (!u->group.lookup)
		unit_kinds_made(&u->context->shared->kinds, &u->kind);
	end(u, UNIT_READY);
}

/* ---- compiling ---- */

static void compiled(struct unit *u)
{
	/* No archive of nothing: headers only, or a precompiled archive stands for the sources. */
	bool whole =
		u->library && u->library->dot_a_linkage && u->library->recursive && u->group.n > 0;
	size_t single = whole ? 0 : u->library ? u->group.n : u->n_variant;
	for (size_t i = 0; i < single; i++)
		unit_add_file(
			u, u->group.v[i].name, u->group.v[i].out.object, &u->group.v[i].out.digest);
	if (u->library && !whole)
		unit_ready(u);
	else
		unit_archive(u);
}

static void on_compiled(void *ctx, struct group *g)
{
	struct unit *u = ctx;
	struct tu *t = g->failed;
	if (g->cancelled) {
		unit_fail(u, true, xstrdup("cancelled"));
		return;
	}
	if (!t) {
		compiled(u);
		return;
	}
	buf_add(&u->err, t->err.data, t->err.len);
	buf_add(&u->log, t->log.data, t->log.len);
	u->timed_out = t->timed_out;
	if (g->why)
		unit_fail(u, true, xasprintf("%s: %s", unit_name(u), g->why));
	else
		unit_fail(u, false,
			xasprintf("%s: %s %s", unit_name(u), t->source,
				t->timed_out ? "takes too long" : "does not compile"));
}

static void compile(struct unit *u)
{
	if (unit_is_orphan(u)) {
		unit_fail(u, true, xstrdup("cancelled"));
		return;
	}
	u->state = UNIT_COMPILING;
	u->reused = false;
	u->group.done = on_compiled;
	u->group.ctx = u;
	group_run(&u->group);
}

/* ---- starting ---- */

static void start(void *ctx);

static void on_sibling(void *ctx, struct unit *sibling)
{
	(void)sibling;
	start(ctx);
}

static void start(void *ctx)
{
	struct unit *u = ctx;
	struct shared *s = u->context->shared;
	struct unit *sibling = units_busy_sibling(u);
	if (sibling) {
		unit_wait(sibling, on_sibling, u);
		return;
	}
	/* Kept objects are taken unless the user (-m) or a failed sketch (--fallback-mrproper) distrusts them; what this run made
	 * anew is trusted again. */
	u->group.lookup = unit_kinds_may_take(&s->kinds, &u->kind, s->config.rebuild_units);
	if (group_lookup(&u->group)) {
		u->reused = true;
		compiled(u);
		return;
	}
	unit_lock(u, compile);
}

struct unit *unit_new(struct context *c, const struct library *library, const struct unit_ask *ask,
	struct error *err)
{
	struct shared *s = c->shared;
	const char *scratch = shared_scratch(s, err);
	if (!scratch)
		return NULL;
	struct unit *u = xcalloc(1, sizeof *u);
	u->context = c;
	u->library = library;
	u->kind = ask->kind;
	u->place = xstrdup(ask->place);
	u->lock = -1;
	u->start = (double)(uv_hrtime() - s->opened) / 1e9;
	u->scratch = xasprintf("%s/u%u", scratch, s->next_unit++);
	strv_push_all(&u->dirs, ask->dirs);
	if (library && library->utility_dir)
		strv_push(&u->dirs, library->utility_dir);
	u->includes = include_list_new(s->files, &u->dirs);
	each_dir(u, look_at_dir, s->files);
	u->since = file_index_now();
	if (unit_fill(u, ask->overlay, err) < 0) {
		unit_free(u);
		return NULL;
	}
	defer_call(s->defer, start, u);
	return u;
}

/* ---- waiting ---- */

void unit_wait(struct unit *u, void (*fn)(void *ctx, struct unit *u), void *ctx)
{
	struct waiter *w = xcalloc(1, sizeof *w);
	*w = (struct waiter){.fn = fn, .ctx = ctx};
	LL_APPEND(u->waiters, w);
	if (u->over)
		defer_call(u->context->shared->defer, call_waiters, u);
}

void unit_unwait(struct unit *u, void *ctx)
{
	struct waiter *w, *next;
	LL_FOREACH_SAFE(u->waiters, w, next)
	{
		if (w->ctx != ctx)
			continue;
		LL_DELETE(u->waiters, w);
		free(w);
	}
}

void unit_distrust(struct unit *u)
{
	u->stale = true;
	unit_kinds_distrust(&u->context->shared->kinds, &u->kind);
}

const struct strv *unit_deps_of(struct unit *u, const char *path)
{
	for (size_t k = 0; k < u->sources.n; k++) {
		size_t i = (u->cursor + k) % u->sources.n; /* they are asked for in order */
		if (strcmp(u->sources.v[i], path))
			continue;
		u->cursor = i + 1;
		return &u->foreign[i];
	}
	return NULL;
}

void unit_free(struct unit *u)
{
	struct waiter *w;
	defer_drop(u->context->shared->defer, u);
	fs_remove_tree(u->scratch, NULL);
	settle(u);
	while ((w = u->waiters)) {
		u->waiters = w->next;
		free(w);
	}
	for (size_t i = 0; i < u->sources.n; i++)
		strv_release(&u->foreign[i]);
	free(u->foreign);
	strv_release(&u->sources);
	strv_release(&u->dirs);
	for (size_t i = 0; i < u->n_files; i++) {
		free(u->files[i].name);
		free(u->files[i].path);
	}
	free(u->files);
	free(u->place);
	free(u->scratch);
	free(u->reason);
	free(u->deps);
	buf_release(&u->err);
	buf_release(&u->log);
	unit_unlock(u);
	free(u);
}
