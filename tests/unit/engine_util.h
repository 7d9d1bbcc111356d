/* engine_util: an engine over a private copy of the tiny platform: sketches written on the spot, and what the engine told about
 * them. A test that waits longer than a minute is ended.
 */
#ifndef UNIT_ENGINE_UTIL_H
#define UNIT_ENGINE_UTIL_H

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>
#include "lib/tiny.h"
#include "sketch/engine.h"
#include "unit/store_util.h"

#define MAX_DONE 64

/* A result, copied. */
struct done {
	uint64_t id;
	enum build_verdict verdict;
	int return_code, warnings;
	char *reason, *err, *key, *libraries, *artifacts;
	int64_t flash, ram;
	size_t n_artifacts, n_units;
	bool named; /* every artefact was there, with a name */
};

struct desk {
	uv_loop_t loop;
	uv_timer_t guard;
	struct engine_config config;
	struct engine *engine;
	struct buf trace; /* "started 1 0\n", "unit core\n", "finished 1\n" in order */
	struct strv notes;
	struct done done[MAX_DONE];
	size_t n_done;
	bool closed, closing;
	const char *close_on; /* the first event that begins so closes the engine */
	uint64_t cancel_on_finish; /* another job that is cancelled when the first one ends */
};

TAP_FN void desk_on_closed(void *ctx)
{
	((struct desk *)ctx)->closed = true;
}

/* "unit core", "note" … */
TAP_FN void desk_event(struct desk *d, const char *event)
{
	must(!d->closing, "an event after the end");
	if (!d->close_on || strncmp(event, d->close_on, strlen(d->close_on)))
		return;
	d->closing = true;
	engine_close(d->engine, desk_on_closed, d);
}

TAP_FN void desk_started(void *ctx, uint64_t id, int slot)
{
	struct desk *d = ctx;
	buf_addf(&d->trace, "started %llu %d\n", (unsigned long long)id, slot);
	desk_event(d, "started");
}

TAP_FN void desk_unit(void *ctx, const struct engine_unit *u)
{
	struct desk *d = ctx;
	buf_addf(&d->trace, "unit %s%s%s%s\n", u->name, u->is_core ? " core" : "",
		u->failed ? " failed" : "", u->reused ? " reused" : "");
	desk_event(d, u->is_core ? "unit core" : "unit library");
}

TAP_FN void desk_note(void *ctx, const char *line)
{
	struct desk *d = ctx;
	strv_push(&d->notes, line);
	desk_event(d, "note");
}

TAP_FN void desk_finished(void *ctx, const struct engine_result *r)
{
	struct desk *d = ctx;
	struct buf libraries = BUF_INIT;
	must(d->n_done < MAX_DONE, "too many results");
	buf_addf(&d->trace, "finished %llu\n", (unsigned long long)r->id);
	for (size_t i = 0; i < r->libraries.n; i++)
		buf_addf(&libraries, "%s%s", i ? " " : "", r->libraries.v[i]);
	struct buf names = BUF_INIT;
	for (size_t i = 0; i < r->n_artifacts; i++)
		buf_addf(&names, "%s%s", i ? " " : "", r->artifacts[i].name);
	struct done *o = &d->done[d->n_done++];
	*o = (struct done){.id = r->id,
		.verdict = r->verdict,
		.return_code = r->return_code,
		.warnings = r->warnings,
		.reason = xstrdup(r->reason),
		.err = xstrdup(buf_str(&r->err)),
		.key = xstrdup(r->key),
		.libraries = buf_detach(&libraries),
		.artifacts = buf_detach(&names),
		.flash = r->flash,
		.ram = r->ram,
		.n_artifacts = r->n_artifacts,
		.n_units = r->units.n,
		.named = true};
	for (size_t i = 0; i < r->n_artifacts; i++)
		o->named &= *r->artifacts[i].name && fs_is_file(r->artifacts[i].path);
	if (r->key) {
		char *name = xasprintf("deps/%llu", (unsigned long long)r->id);
		put(name, buf_str(&r->deps));
		free(name);
	}
	if (d->cancel_on_finish) {
		uint64_t id = d->cancel_on_finish;
		d->cancel_on_finish = 0;
		engine_cancel(d->engine, id, true);
	}
	desk_event(d, "finished");
}

TAP_FN void desk_too_long(uv_timer_t *t)
{
	(void)t;
	printf("Bail out! waited too long\n");
	exit(99);
}

/* Opens the engine with d->config, whose directories are filled in here. */
TAP_FN void desk_open(struct desk *d)
{
	struct error err = ERROR_INIT;
	struct engine_events ev = {desk_started, desk_unit, desk_note, desk_finished, d};
	static char hardware[4200], cache[4200];
	snprintf(hardware, sizeof hardware, "%s", at("hardware"));
	snprintf(cache, sizeof cache, "%s", at("cache"));
	must(uv_loop_init(&d->loop) == 0, "no loop");
	uv_timer_init(&d->loop, &d->guard);
	uv_timer_start(&d->guard, desk_too_long, 60000, 0);
	uv_unref((uv_handle_t *)&d->guard);
	d->config.dirs.system_hardware = hardware;
	if (!d->config.cache_dir)
		d->config.cache_dir = cache;
	if (!d->config.libraries_dirs.n)
		strv_push(&d->config.libraries_dirs, at("libraries"));
	if (!d->config.limits.tokens)
		d->config.limits = (struct engine_limits){4, 2, 2};
	d->engine = engine_open(&d->loop, &d->config, &ev, &err);
	must(d->engine, err.text);
}

/* Until `n` jobs have ended. */
TAP_FN void desk_wait(struct desk *d, size_t n)
{
	while (d->n_done < n)
		uv_run(&d->loop, UV_RUN_ONCE);
}

/* Until that file is there. */
TAP_FN void desk_wait_file(struct desk *d, const char *path)
{
	while (!fs_exists(path)) {
		uv_run(&d->loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

TAP_FN void desk_forget(struct desk *d)
{
	for (size_t i = 0; i < d->n_done; i++) {
		free(d->done[i].reason);
		free(d->done[i].err);
		free(d->done[i].key);
		free(d->done[i].libraries);
		free(d->done[i].artifacts);
	}
	d->n_done = 0;
	buf_release(&d->trace);
	strv_release(&d->notes);
}

/* Closes the engine unless a callback has, and the loop. False when a handle was left open. */
TAP_FN bool desk_close(struct desk *d)
{
	if (!d->closing)
		engine_close(d->engine, desk_on_closed, d);
	while (!d->closed)
		uv_run(&d->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&d->guard, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	bool clean = uv_loop_close(&d->loop) == 0;
	desk_forget(d);
	strv_release(&d->config.libraries_dirs);
	strv_release(&d->config.library_dirs);
	strv_release(&d->config.build_properties);
	d->engine = NULL;
	return clean;
}

/* Hands in a job for sketches/NAME on tiny:tiny:BOARD. */
TAP_FN void desk_submit(struct desk *d, uint64_t id, const char *board, const char *name)
{
	char *sketch = xasprintf("%s/sketches/%s", test_tmpdir(), name);
	char *build = xasprintf("%s/build/%llu", test_tmpdir(), (unsigned long long)id);
	struct engine_job j = {.id = id, .board = board, .sketch = sketch, .build_dir = build};
	engine_submit(d->engine, &j);
	free(sketch);
	free(build);
}

TAP_FN const struct done *desk_done(const struct desk *d, uint64_t id)
{
	static const struct done none = {.verdict = (enum build_verdict) - 1};
	for (size_t i = 0; i < d->n_done; i++)
		if (d->done[i].id == id)
			return &d->done[i];
	return &none;
}

/* sketches/NAME/NAME.ino: `head`, then setup and loop. */
TAP_FN void put_sketch(const char *name, const char *head)
{
	char *path = xasprintf("sketches/%s/%s.ino", name, name);
	char *text = xasprintf("%s\nvoid setup()\n{\n}\n\nvoid loop()\n{\n}\n", head);
	put(path, text);
	free(path);
	free(text);
}

/* How many processes run a program that lies in the test's directory. */
TAP_FN int leftovers(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;
	while (d && (e = readdir(d))) {
		char path[300], exe[4096];
		snprintf(path, sizeof path, "/proc/%s/exe", e->d_name);
		ssize_t len = readlink(path, exe, sizeof exe - 1);
		if (len < 0)
			continue;
		exe[len] = '\0';
		n += path_beneath(exe, test_tmpdir());
	}
	if (d)
		closedir(d);
	return n;
}

/* How many lines of the trace begin with that. */
TAP_FN int traced(const struct desk *d, const char *start)
{
	int n = 0;
	for (const char *p = buf_str(&d->trace); *p;) {
		n += !strncmp(p, start, strlen(start));
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return n;
}

#endif
