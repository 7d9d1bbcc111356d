/* context_util: what all contexts of an engine share, made by hand over a private copy of the tiny platform, for tests of what
 * lies beneath the engine.
 */
#ifndef UNIT_CONTEXT_UTIL_H
#define UNIT_CONTEXT_UTIL_H

#include "lib/tiny.h"
#include "sketch/board.h"
#include "sketch/context.h"
#include "sketch/defer.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/store.h"
#include "sketch/tasks.h"
#include "unit/store_util.h"

struct desk {
	uv_loop_t loop;
	uv_timer_t guard;
	struct shared s;
	struct context *contexts;
	struct buf units; /* "core", "Wire reused" … of unit_done, a line each */
};

TAP_FN void desk_unit(void *ctx, const struct engine_unit *u)
{
	struct desk *d = ctx;
	buf_addf(&d->units, "%s%s%s\n", u->name, u->failed ? " failed" : "",
		u->reused ? " reused" : "");
}

TAP_FN void desk_too_long(uv_timer_t *t)
{
	(void)t;
	printf("Bail out! waited too long\n");
	exit(99);
}

/* d->s.config may hold flags, properties and libraries already. */
TAP_FN void desk_open(struct desk *d)
{
	struct error err = ERROR_INIT;
	struct shared *s = &d->s;
	must(uv_loop_init(&d->loop) == 0, "no loop");
	uv_timer_init(&d->loop, &d->guard);
	uv_timer_start(&d->guard, desk_too_long, 60000, 0);
	uv_unref((uv_handle_t *)&d->guard);
	s->config.dirs.system_hardware = xstrdup(at("hardware"));
	s->config.cache_dir = xstrdup(at("cache"));
	if (!s->config.warnings)
		s->config.warnings = "none";
	strv_push(&s->config.libraries_dirs, at("libraries"));
	s->loop = &d->loop;
	s->events = (struct engine_events){.unit_done = desk_unit, .ctx = d};
	s->opened = uv_hrtime();
	s->platforms = platforms_open(&s->config.dirs, &err);
	must(s->platforms, err.text);
	s->files = file_index_open(s->config.cache_dir);
	s->toolchains = toolchains_open(s->config.cache_dir, s->files);
	s->store = store_open(s->config.cache_dir, s->files, &err);
	must(s->store, err.text);
	s->scanner = include_scanner_new();
	s->tasks = tasks_new(s->loop, 4, 4, s->config.reproducible, &err);
	must(s->tasks, err.text);
	s->defer = defer_new(s->loop);
	s->locks = xcalloc(1, sizeof *s->locks);
}

/* False when a handle was left open. */
TAP_FN bool desk_close(struct desk *d)
{
	struct shared *s = &d->s;
	context_list_free(d->contexts);
	defer_free(s->defer);
	tasks_free(s->tasks);
	include_scanner_free(s->scanner);
	must(s->locks->pending == 0, "somebody still waits for a lock");
	store_free(s->store);
	free(s->locks);
	toolchains_free(s->toolchains);
	file_index_save(s->files);
	file_index_free(s->files);
	platforms_free(s->platforms);
	if (s->scratch)
		fs_remove_tree(s->scratch, NULL);
	free(s->scratch);
	strv_release(&s->notes);
	unit_kinds_release(&s->kinds);
	free(s->config.dirs.system_hardware);
	free((char *)s->config.cache_dir);
	strv_release(&s->config.library_dirs);
	strv_release(&s->config.libraries_dirs);
	strv_release(&s->config.build_properties);
	buf_release(&d->units);
	uv_close((uv_handle_t *)&d->guard, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	return uv_loop_close(&d->loop) == 0;
}

TAP_FN struct context *desk_context(struct desk *d, const char *board)
{
	struct context *c = context_get(&d->contexts, &d->s, board, NULL, NULL);
	must(!c->error.text[0], c->error.text);
	return c;
}

/* Turns the loop until `flag` is set. */
TAP_FN void desk_until(struct desk *d, const bool *flag)
{
	while (!*flag)
		uv_run(&d->loop, UV_RUN_ONCE);
}

TAP_FN void desk_until_file(struct desk *d, const char *path)
{
	while (!fs_exists(path)) {
		uv_run(&d->loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

/* argv's position of `arg` from 1 on; 0 when it is not there. */
TAP_FN size_t arg_at(const struct strv *argv, const char *arg)
{
	for (size_t i = 0; i < argv->n; i++)
		if (!strcmp(argv->v[i], arg))
			return i + 1;
	return 0;
}

#endif
