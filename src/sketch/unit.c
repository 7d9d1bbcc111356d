/* unit: from asked-for to ready. Kept objects are taken without a lock; what is missing is compiled under the machine-wide lock of
 * the unit's key, and looked up again once the lock is held, since another builder may have made it meanwhile.
 */
#include "sketch/unit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/archive.h"
#include "sketch/board.h"
#include "sketch/defer.h"
#include "sketch/fileindex_internal.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/rows.h"
#include "sketch/unit_sources.h"

struct waiter {
	void (*fn)(void *ctx, struct unit *u);
	void *ctx;
	struct waiter *next;
};

struct lock_request {
	uv_work_t work;
	struct unit *unit; /* NULL: nobody wants it any more */
	struct store *store;
	struct locks *locks;
	struct digest key;
	int fd;
};

static const char *unit_name(const struct unit *u)
{
	return u->library ? u->library->name : "core";
}

static void compile(struct unit *u);

/* ---- ending ---- */

static bool is_orphan(const struct unit *u)
{
	return u->place && !*u->place;
}

static void tell(struct unit *u)
{
	if (is_orphan(u))
		return;
	struct shared *s = u->context->shared;
	struct engine_unit report = {
		.board = u->context->board->fqbn,
		.name = unit_name(u),
		.is_core = !u->library,
		.failed = u->state == UNIT_FAILED,
		.reused = u->reused,
		.start = u->start,
		.seconds = u->seconds,
	};
	for (struct unit *o = u->context->units; o; o = o->next)
		if (o != u && o->library == u->library && o->state >= UNIT_READY && u->reused)
			return; /* told already: the same objects for another include list */
	if (s->events.unit_done)
		s->events.unit_done(s->events.ctx, &report);
}

static void call_waiters(void *ctx)
{
	struct unit *u = ctx;
	struct waiter *w;
	while ((w = u->waiters)) {
		u->waiters = w->next;
		w->fn(w->ctx, u);
		free(w);
	}
}

static void end(struct unit *u, enum unit_state state)
{
	u->state = state;
	u->seconds = (double)(uv_hrtime() - u->context->shared->opened) / 1e9 - u->start;
	if (u->lock >= 0)
		close(u->lock);
	u->lock = -1;
	tell(u);
	defer_call(u->context->shared->defer, call_waiters, u);
}

static void fail(struct unit *u, bool infra, char *reason)
{
	free(u->reason);
	u->reason = reason;
	u->infra = infra;
	end(u, UNIT_FAILED);
}

/* ---- its record ---- */

static void add_file(struct unit *u, const char *name, const char *path, const struct digest *d)
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
	digester_addstr(d, u->flavor);
	for (size_t i = 0; i < u->n_files; i++) {
		digester_addstr(d, u->files[i].name);
		digester_add_digest(d, &u->files[i].digest);
	}
	digester_finish(d, &u->key);
	digester_free(d);
}

static void ready(struct unit *u)
{
	record(u);
	if (u->library)
		find_foreign(u);
	make_key(u);
	group_trim(&u->group); /* there may be many, one per include list */
	end(u, UNIT_READY);
}

/* ---- archiving ---- */

static size_t archived(const struct unit *u, struct tu ***out)
{
	size_t from = u->library ? 0 : u->n_variant, n = 0;
	*out = xcalloc(u->group.n + 1, sizeof **out);
	for (size_t i = from; i < u->group.n; i++)
		(*out)[n++] = &u->group.v[i];
	return n;
}

static char *archive_name(const struct unit *u)
{
	if (!u->library)
		return xstrdup("core/core.a");
	return xasprintf("libraries/%s/%s.a", u->library->folder, u->library->folder);
}

static bool take_archive(struct unit *u)
{
	struct bundle b = {0};
	if (!store_find_bundle(u->context->shared->store, &u->archive_key, &b))
		return false;
	bool found = b.n == 1;
	if (found) {
		char *name = archive_name(u);
		add_file(u, name, b.v[0].path, &b.v[0].digest);
		free(name);
	}
	bundle_release(&b);
	return found;
}

static void keep_archive(struct unit *u)
{
	struct strv names = STRV_INIT, paths = STRV_INIT;
	struct error err = ERROR_INIT;
	struct digest d;
	char *name = archive_name(u), *path = path_join(u->dir, name);
	strv_push(&names, "archive.a");
	strv_push(&paths, path);
	if (digest_file(&d, path, &err) < 0) {
		fail(u, true, xasprintf("%s: %s", unit_name(u), err.text));
	} else {
		if (store_keep_bundle(
			    u->context->shared->store, &u->archive_key, &names, &paths, &err) < 0)
			log_debug("%s", err.text);
		add_file(u, name, path, &d);
		ready(u);
	}
	strv_release(&names);
	strv_release(&paths);
	free(name);
	free(path);
}

static void next_archive_command(struct unit *u);

static void on_archived(void *ctx, const struct proc_result *r, const char *why)
{
	struct unit *u = ctx;
	u->archiving = NULL;
	if (!r || r->exit_status) {
		char *fault = r ? task_fault(&u->commands[u->next_command - 1], r) : xstrdup(why);
		if (r)
			buf_add(&u->err, r->err.data, r->err.len);
		u->timed_out = r && r->timed_out;
		fail(u, fault != NULL,
			xasprintf("%s %s%s%s", unit_name(u),
				u->timed_out ? "takes too long to archive" : "cannot be archived",
				fault ? ": " : "", fault ? fault : ""));
		free(fault);
		return;
	}
	next_archive_command(u);
}

static void next_archive_command(struct unit *u)
{
	if (u->next_command == u->n_commands) {
		keep_archive(u);
		return;
	}
	struct task_spec spec = {
		.argv = &u->commands[u->next_command++],
		.stage = STAGE_FRAMEWORK,
		.timeout = u->context->shared->config.timeout,
	};
	u->archiving = task_submit(u->context->shared->tasks, &spec, on_archived, u);
}

static void make_archive(struct unit *u, struct tu *const *objects, size_t n)
{
	struct error err = ERROR_INIT;
	char *name = archive_name(u), *path = path_join(u->dir, name), *dir = path_dir(path);
	struct props *over = context_overlay(u->group.build_dir, "", "");
	u->reused = false;
	u->state = UNIT_ARCHIVING;
	u->lost = fs_mkdirs(dir, &err) < 0 || archive_commands(u->context, over, objects, n, path,
						      &u->commands, &u->n_commands, &err) < 0;
	if (u->lost)
		fail(u, true, xasprintf("%s: %s", unit_name(u), err.text));
	else
		next_archive_command(u);
	free(dir);
	props_free(over);
	free(name);
	free(path);
}

static void archive(struct unit *u)
{
	struct tu **objects;
	size_t n = archived(u, &objects);
	archive_key(u->context, objects, n, &u->archive_key);
	if (u->group.lookup && take_archive(u))
		ready(u);
	else
		make_archive(u, objects, n);
	free(objects);
}

/* ---- compiling ---- */

static void compiled(struct unit *u)
{
	/* No archive of nothing: headers only, or a precompiled archive stands for the sources. */
	bool whole =
		u->library && u->library->dot_a_linkage && u->library->recursive && u->group.n > 0;
	size_t single = whole ? 0 : u->library ? u->group.n : u->n_variant;
	for (size_t i = 0; i < single; i++)
		add_file(
			u, u->group.v[i].name, u->group.v[i].out.object, &u->group.v[i].out.digest);
	if (u->library && !whole)
		ready(u);
	else
		archive(u);
}

static void on_compiled(void *ctx, struct group *g)
{
	struct unit *u = ctx;
	struct tu *t = g->failed;
	if (g->cancelled) {
		fail(u, true, xstrdup("cancelled"));
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
		fail(u, true, xasprintf("%s: %s", unit_name(u), g->why));
	else
		fail(u, false,
			xasprintf("%s: %s %s", unit_name(u), t->source,
				t->timed_out ? "takes too long" : "does not compile"));
}

static void compile(struct unit *u)
{
	if (is_orphan(u)) {
		fail(u, true, xstrdup("cancelled"));
		return;
	}
	u->state = UNIT_COMPILING;
	u->reused = false;
	u->group.done = on_compiled;
	u->group.ctx = u;
	group_run(&u->group);
}

/* ---- locking ---- */

static void lock_work(uv_work_t *w)
{
	struct lock_request *r = w->data;
	r->fd = store_lock(r->store, &r->key, NULL);
}

static void leave(struct locks *l)
{
	if (l->pending || !l->orphan)
		return;
	store_free(l->orphan);
	free(l);
}

/* A lock that cannot be had (read-only cache) is gone without: the store's writes are atomic anyway. */
static void lock_done(uv_work_t *w, int status)
{
	struct lock_request *r = w->data;
	struct unit *u = r->unit;
	(void)status;
	r->locks->pending--;
	if (!u) {
		if (r->fd >= 0)
			close(r->fd);
		leave(r->locks);
		free(r);
		return;
	}
	u->locking = NULL;
	u->lock = r->fd;
	free(r);
	compile(u);
}

static void lock(struct unit *u)
{
	struct lock_request *r = xcalloc(1, sizeof *r);
	struct digester *d = digester_new();
	digester_addstr(d, u->flavor);
	digester_addstr(d, u->library ? u->library->dir : u->context->board->core_dir);
	digester_finish(d, &r->key);
	digester_free(d);
	r->work.data = r;
	r->unit = u;
	r->store = u->context->shared->store;
	r->locks = u->context->shared->locks;
	r->locks->pending++;
	r->fd = -1;
	u->locking = r;
	u->state = UNIT_LOCKING;
	uv_queue_work(u->context->shared->loop, &r->work, lock_work, lock_done);
}

/* ---- starting ---- */

static void start(void *ctx);

static void on_sibling(void *ctx, struct unit *sibling)
{
	(void)sibling;
	start(ctx);
}

/* One that makes the same objects for another include list right now. */
static struct unit *busy_sibling(struct unit *u)
{
	for (struct unit *o = u->context->units; o; o = o->next)
		if (o != u && o->library == u->library && o->state > UNIT_NEW &&
			o->state < UNIT_READY && !strcmp(o->flavor, u->flavor))
			return o;
	return NULL;
}

/* Kept objects are taken unless the user (-m) or a failed sketch (--fallback-mrproper) distrusts them; what this run made anew is
 * trusted again. */
static bool may_take_kept(const struct unit *u)
{
	bool distrusted = u->context->shared->config.rebuild_units;
	for (const struct unit *o = u->context->units; o; o = o->next) {
		if (o == u || o->library != u->library || strcmp(o->flavor, u->flavor))
			continue;
		if (o->state == UNIT_READY && !o->stale)
			return true;
		distrusted |= o->stale;
	}
	return !distrusted;
}

static void start(void *ctx)
{
	struct unit *u = ctx;
	struct unit *sibling = busy_sibling(u);
	if (sibling) {
		unit_wait(sibling, on_sibling, u);
		return;
	}
	u->group.lookup = may_take_kept(u);
	if (group_lookup(&u->group)) {
		u->reused = true;
		compiled(u);
		return;
	}
	lock(u);
}

static struct unit *unit_new(struct context *c, const struct library *library, char *flavor,
	const struct strv *dirs, struct props *overlay, struct error *err)
{
	struct shared *s = c->shared;
	struct strv with_utility = STRV_INIT;
	const char *scratch = shared_scratch(s, err);
	if (!scratch) {
		free(flavor);
		return NULL;
	}
	struct unit *u = xcalloc(1, sizeof *u);
	u->context = c;
	u->library = library;
	u->flavor = flavor;
	u->place = xstrdup(unit_place(c, overlay));
	u->lock = -1;
	u->start = (double)(uv_hrtime() - s->opened) / 1e9;
	u->dir = xasprintf("%s/u%u", scratch, s->next_unit++);
	strv_push_all(&with_utility, dirs);
	if (library && library->utility_dir)
		strv_push(&with_utility, library->utility_dir);
	u->includes = include_list_new(s->files, &with_utility);
	each_dir(u, look_at_dir, s->files);
	u->since = file_index_now();
	int r = unit_fill(u, &with_utility, overlay, err);
	strv_release(&with_utility);
	if (r < 0) {
		units_free(u);
		return NULL;
	}
	u->next = c->units;
	c->units = u;
	defer_call(s->defer, start, u);
	return u;
}

static bool suits(const struct unit *u, const struct library *library, const char *flavor,
	const char *place, const struct strv *dirs)
{
	/* What a machine's fault spoiled is tried again by whoever asks next. */
	if (u->stale || u->infra || u->library != library || strcmp(u->flavor, flavor))
		return false;
	if (place ? !u->place || strcmp(u->place, place) : u->place != NULL)
		return false;
	const struct strv *have = include_list_dirs(u->includes);
	size_t extra = library && library->utility_dir ? 1 : 0;
	if (have->n != dirs->n + extra)
		return false;
	for (size_t i = 0; i < dirs->n; i++)
		if (strcmp(have->v[i], dirs->v[i]))
			return false;
	return true;
}

struct unit *unit_get(struct context *c, const struct library *library, const struct strv *dirs,
	struct props *overlay, struct error *err)
{
	struct strv own = STRV_INIT;
	char *flavor = unit_flavor(c, overlay);
	const char *place = unit_place(c, overlay);
	struct unit *u;
	if (!library) { /* the core never sees libraries */
		strv_push(&own, c->board->core_dir);
		if (c->board->variant_dir)
			strv_push(&own, c->board->variant_dir);
		dirs = &own;
	}
	for (u = c->units; u; u = u->next)
		if (suits(u, library, flavor, place, dirs))
			break;
	if (u)
		free(flavor);
	else
		u = unit_new(c, library, flavor, dirs, overlay, err);
	strv_release(&own);
	return u;
}

void unit_wait(struct unit *u, void (*fn)(void *ctx, struct unit *u), void *ctx)
{
	struct waiter *w = xcalloc(1, sizeof *w);
	*w = (struct waiter){.fn = fn, .ctx = ctx};
	LL_APPEND(u->waiters, w);
	if (u->state >= UNIT_READY)
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

const struct strv *unit_deps_of(struct unit *u, const char *path)
{
	for (size_t k = 0; u->foreign && k < u->group.n; k++) {
		size_t i = (u->cursor + k) % u->group.n; /* they are asked for in order */
		if (u->group.v[i].status != 0 || strcmp(u->group.v[i].source, path))
			continue;
		u->cursor = i + 1;
		return &u->foreign[i];
	}
	return NULL;
}

void units_leave(struct unit *list, const char *build_dir)
{
	for (struct unit *u = list; u; u = u->next) {
		if (!u->place || strcmp(u->place, build_dir))
			continue;
		*u->place = '\0';
		group_cancel(&u->group);
	}
}

void units_abandon(struct unit *list)
{
	for (struct unit *u = list; u; u = u->next) {
		if (u->locking)
			u->locking->unit = NULL;
		u->locking = NULL;
		u->group.running = false;
	}
}

static void unit_free(struct unit *u)
{
	struct waiter *w;
	for (size_t i = 0; u->foreign && i < u->group.n; i++)
		strv_release(&u->foreign[i]);
	group_release(&u->group);
	include_list_free(u->includes);
	while ((w = u->waiters)) {
		u->waiters = w->next;
		free(w);
	}
	free(u->foreign);
	for (size_t i = 0; i < u->n_files; i++) {
		free(u->files[i].name);
		free(u->files[i].path);
	}
	for (size_t i = 0; i < u->n_commands; i++)
		strv_release(&u->commands[i]);
	free(u->commands);
	free(u->files);
	free(u->flavor);
	free(u->place);
	free(u->dir);
	free(u->reason);
	free(u->deps);
	buf_release(&u->err);
	buf_release(&u->log);
	if (u->lock >= 0)
		close(u->lock);
	free(u);
}

void units_free(struct unit *list)
{
	while (list) {
		struct unit *next = list->next;
		unit_free(list);
		list = next;
	}
}
