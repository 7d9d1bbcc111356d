/* engine: the door to the builder: a queue of jobs, as many runs at once as there are slots, and what all runs share.
 */
#include "sketch/engine.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/tmp.h"
#include "common/xalloc.h"
#include "sketch/context.h"
#include "sketch/defer.h"
#include "sketch/discover.h"
#include "sketch/fileindex.h"
#include "sketch/look.h"
#include "sketch/record.h"
#include "sketch/run.h"
#include "sketch/store.h"
#include "sketch/tasks.h"
#include "sketch/toolchain.h"
#include "sketch/unit_kind.h"
#include "sketch/units.h"

#define COMPAT_PROPERTY "boardman.compat=arduino-builder"

/* A job that waits for a slot. */
struct queued {
	struct engine_job job;
	struct queued *prev, *next;
};

struct engine {
	struct shared s;
	struct context *contexts;
	struct queued *queue;
	struct run *runs;
	int n_runs;
	uint64_t slots_used; /* bit per slot, for names only */
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
	uv_timer_t *close_timer;
};

/* ---- copies ---- */

static void dirs_copy(struct arduino_dirs *to, const struct arduino_dirs *from)
{
	*to = (struct arduino_dirs){
		.user_dir = xstrdup(from->user_dir),
		.data_dir = xstrdup(from->data_dir),
		.system_hardware = xstrdup(from->system_hardware),
	};
	strv_push_all(&to->platform_dirs, &from->platform_dirs);
}

static void config_copy(struct engine_config *to, const struct engine_config *from)
{
	*to = *from;
	dirs_copy(&to->dirs, &from->dirs);
	to->library_dirs = to->libraries_dirs = to->build_properties = (struct strv)STRV_INIT;
	strv_push_all(&to->library_dirs, &from->library_dirs);
	strv_push_all(&to->libraries_dirs, &from->libraries_dirs);
	strv_push_all(&to->build_properties, &from->build_properties);
	to->cache_dir = xstrdup(from->cache_dir);
	to->warnings = xstrdup(from->warnings ? from->warnings : "none");
}

static void config_release(struct engine_config *c)
{
	arduino_dirs_release(&c->dirs);
	strv_release(&c->library_dirs);
	strv_release(&c->libraries_dirs);
	strv_release(&c->build_properties);
	free((char *)c->cache_dir);
	free((char *)c->warnings);
}

static void queued_free(struct queued *q)
{
	run_job_release(&q->job);
	free(q);
}

/* ---- slots ---- */

static int take_slot(struct engine *e)
{
	for (int i = 0; i < 64; i++) {
		if (e->slots_used & (uint64_t)1 << i)
			continue;
		e->slots_used |= (uint64_t)1 << i;
		return i;
	}
	return 63;
}

static void fill_slots(void *ctx);

static void on_run_done(struct run *r)
{
	struct engine *e = r->owner;
	DL_DELETE(e->runs, r);
	e->n_runs--;
	e->slots_used &= ~((uint64_t)1 << r->slot);
	r->result.started = true;
	if (!e->closing)
		e->s.events.finished(e->s.events.ctx, &r->result);
	run_free(r);
	if (!e->closing)
		fill_slots(e);
}

static void fill_slots(void *ctx)
{
	struct engine *e = ctx;
	while (e->queue && e->n_runs < e->s.config.limits.sketch_jobs) {
		struct queued *q = e->queue;
		DL_DELETE(e->queue, q);
		const struct engine_job *j = &q->job;
		struct context *c = context_get(
			&e->contexts, &e->s, j->board, j->tree_library, j->library_dirs);
		struct run *r = run_start(&e->s, c, &q->job, take_slot(e), on_run_done, e);
		free(q);
		DL_APPEND(e->runs, r);
		e->n_runs++;
		if (e->s.events.started)
			e->s.events.started(e->s.events.ctx, r->job.id, r->slot);
	}
}

void engine_submit(struct engine *e, const struct engine_job *j)
{
	if (e->closing)
		return;
	struct queued *q = xcalloc(1, sizeof *q);
	q->job = run_job_copy(j);
	DL_APPEND(e->queue, q);
	defer_call(e->s.defer, fill_slots, e);
}

void engine_cancel(struct engine *e, uint64_t id, bool kill)
{
	struct queued *q, *next;
	struct run *r;
	DL_FOREACH_SAFE(e->queue, q, next)
	{
		if (q->job.id != id)
			continue;
		DL_DELETE(e->queue, q);
		struct engine_result gone = {.id = id,
			.verdict = BUILD_CANCELLED,
			.flash = -1,
			.flash_max = -1,
			.ram = -1,
			.ram_max = -1};
		e->s.events.finished(e->s.events.ctx, &gone);
		queued_free(q);
		return;
	}
	DL_FOREACH (e->runs, r) {
		if (r->job.id == id && kill)
			run_stop(r, BUILD_CANCELLED, NULL);
	}
}

void engine_set_limits(struct engine *e, const struct engine_limits *l)
{
	e->s.config.limits = *l;
	tasks_set_limits(e->s.tasks, l->tokens, l->framework_jobs);
	defer_call(e->s.defer, fill_slots, e);
}

void engine_look(struct engine *e, const char *board, struct engine_look *out)
{
	context_look(context_get(&e->contexts, &e->s, board, NULL, NULL), out);
}

void engine_look_release(struct engine_look *l)
{
	free(l->fqbn);
	free(l->digest);
	free(l->toolchain);
	free(l->why);
	board_facts_release(&l->facts);
}

bool engine_stands(struct engine *e, const struct engine_job *j)
{
	struct context *c =
		context_get(&e->contexts, &e->s, j->board, j->tree_library, j->library_dirs);
	return !*c->error.text && record_is_current(c, j->known_key, j->known_deps);
}

bool engine_settings(struct engine *e, const struct engine_job *j, char hex[65])
{
	const struct context *c =
		context_get(&e->contexts, &e->s, j->board, j->tree_library, j->library_dirs);
	if (*c->error.text)
		return false;
	digest_hex(&c->settings, hex);
	return true;
}

bool engine_adopt(struct engine *e, const char *settings, int64_t since, const char *deps,
	struct buf *out, char **key)
{
	return record_adopt(settings, e->s.files, since, deps, out, key);
}

unsigned long engine_processes(const struct engine *e)
{
	return tasks_started(e->s.tasks);
}

/* ---- open and close ---- */

/* Where there can be no cache, the run makes do with one of its own. */
static int open_store(struct shared *s, struct error *err)
{
	s->files = file_index_open(s->config.cache_dir);
	s->store = store_open(s->config.cache_dir, s->files, err);
	if (s->store)
		return 0;
	char *dir = tmp_new_dir("boardman", NULL);
	if (!dir)
		return -1;
	log_warning("%s; nothing of this run is kept for others", err->text);
	file_index_free(s->files);
	free((char *)s->config.cache_dir);
	s->config.cache_dir = dir;
	s->own_cache = true;
	s->files = file_index_open(dir);
	s->store = store_open(dir, s->files, err);
	return s->store ? 0 : -1;
}

static int open_shared(struct shared *s, struct error *err)
{
	const struct engine_config *c = &s->config;
	s->platforms = c->platforms ? c->platforms : platforms_open(&c->dirs, err);
	if (!s->platforms)
		return -1;
	if (open_store(s, err) < 0)
		return -1;
	s->toolchains = toolchains_open(c->cache_dir, s->files);
	s->scanner = include_scanner_new();
	include_scanner_look(s->scanner, s->files);
	s->tasks = tasks_new(
		s->loop, c->limits.tokens, c->limits.framework_jobs, c->reproducible, err);
	if (!s->tasks)
		return -1;
	tasks_share(s->tasks, &c->slots);
	s->defer = defer_new(s->loop);
	s->locks = xcalloc(1, sizeof *s->locks);
	return 0;
}

static void close_shared(struct shared *s)
{
	defer_free(s->defer);
	tasks_free(s->tasks);
	include_scanner_free(s->scanner);
	if (s->locks && s->locks->pending) {
		s->locks->orphan = s->store;
	} else {
		store_free(s->store);
		free(s->locks);
	}
	toolchains_free(s->toolchains);
	if (s->files)
		file_index_save(s->files);
	file_index_free(s->files);
	if (s->platforms != s->config.platforms)
		platforms_free(s->platforms);
	if (s->scratch)
		fs_remove_tree(s->scratch, NULL);
	free(s->scratch);
	if (s->own_cache)
		fs_remove_tree(s->config.cache_dir, NULL);
	strv_release(&s->notes);
	unit_kinds_release(&s->kinds);
	config_release(&s->config);
}

struct engine *engine_open(uv_loop_t *loop, const struct engine_config *c,
	const struct engine_events *ev, struct error *err)
{
	struct engine *e = xcalloc(1, sizeof *e);
	e->s.loop = loop;
	e->s.events = *ev;
	e->s.opened = uv_hrtime();
	e->s.compat = strv_contains(&c->build_properties, COMPAT_PROPERTY);
	config_copy(&e->s.config, c);
	if (open_shared(&e->s, err) < 0) {
		close_shared(&e->s);
		free(e);
		return NULL;
	}
	return e;
}

int engine_rescan(struct engine *e, struct error *err)
{
	struct shared *s = &e->s;
	if (s->platforms == s->config.platforms)
		return 0;
	struct platforms *found = platforms_open(&s->config.dirs, err);
	if (!found)
		return -1;
	context_list_free(e->contexts);
	e->contexts = NULL;
	platforms_free(s->platforms);
	s->platforms = found;
	return 0;
}

static void close_timer_gone(uv_handle_t *h)
{
	struct engine *e = h->data;
	void (*closed)(void *ctx) = e->closed;
	void *ctx = e->closed_ctx;
	free(h);
	free(e);
	closed(ctx);
}

/* The last turn: no run is left, so nothing refers to contexts any more. */
static void close_now(uv_timer_t *t)
{
	struct engine *e = t->data;
	context_list_free(e->contexts);
	close_shared(&e->s);
	uv_close((uv_handle_t *)t, close_timer_gone);
}

static void stop_all(struct engine *e)
{
	struct queued *q, *next_q;
	struct run *r, *next;
	DL_FOREACH_SAFE(e->queue, q, next_q)
	{
		DL_DELETE(e->queue, q);
		queued_free(q);
	}
	defer_stop(e->s.defer); /* we may have been called by one of its calls */
	tasks_free(e->s.tasks);
	e->s.tasks = NULL;
	for (struct context *c = e->contexts; c; c = c->next)
		units_abandon(c);
	DL_FOREACH_SAFE(e->runs, r, next)
	{
		DL_DELETE(e->runs, r);
		run_free(r);
	}
}

void engine_close(struct engine *e, void (*closed)(void *ctx), void *ctx)
{
	e->closing = true;
	e->closed = closed;
	e->closed_ctx = ctx;
	stop_all(e);
	e->close_timer = xcalloc(1, sizeof *e->close_timer);
	uv_timer_init(e->s.loop, e->close_timer);
	e->close_timer->data = e;
	uv_timer_start(e->close_timer, close_now, 0, 0);
}
