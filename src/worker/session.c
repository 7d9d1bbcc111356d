/* session: a table from command to action, one state, and the translation between the wire's nouns and the engine's.
 */
#include "worker/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "worker/machine.h"

enum session_state { SESSION_NEW, SESSION_CONFIGURED, SESSION_READY, SESSION_DONE };

static const char *const state_name[] = {"new", "configured", "ready for jobs", "done"};

/* What the engine knows by number, the wire knows by (job, attempt). */
struct session {
	uv_loop_t *loop;
	struct response_sink to_boss;
	enum session_state state;
	struct engine *engine;
	int threads;
	struct engine_config config;
	struct platforms *platforms; /* lent; NULL: the engine looks for itself */
	uv_timer_t *hello;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static uint64_t job_number(uint32_t job, uint32_t attempt)
{
	return (uint64_t)attempt << 32 | job;
}

static void answer(struct session *s, const struct response *r)
{
	s->to_boss.send(s->to_boss.ctx, r);
}

static void send_error(struct session *s, bool fatal, const char *msg)
{
	answer(s, &(struct response){.kind = RESP_ERROR, .msg = msg, .fatal = fatal});
}

/* ---- the engine's events ---- */

static void on_started(void *ctx, uint64_t id, int slot)
{
	struct response r = {.kind = RESP_STARTED,
		.job = (uint32_t)id,
		.attempt = (uint32_t)(id >> 32),
		.slot = slot};
	answer(ctx, &r);
}

static void on_unit(void *ctx, const struct engine_unit *u)
{
	struct unit_report report = {
		.board = (char *)u->board,
		.name = (char *)u->name,
		.kind = u->is_core ? UNIT_CORE : UNIT_LIBRARY,
		.verdict = u->failed ? VERDICT_FAILED : VERDICT_OK,
		.reused = u->reused,
		.seconds = u->seconds,
		.start = u->start,
	};
	answer(ctx, &(struct response){.kind = RESP_UNIT, .unit = &report});
}

static void on_note(void *ctx, const char *line)
{
	answer(ctx, &(struct response){.kind = RESP_NOTE, .msg = line});
}

static enum verdict verdict_of(enum build_verdict v)
{
	static const enum verdict table[] = {
		[BUILD_OK] = VERDICT_OK,
		[BUILD_FAILED] = VERDICT_FAILED,
		[BUILD_TIMEOUT] = VERDICT_TIMEOUT,
		[BUILD_BLOCKED] = VERDICT_BLOCKED,
		[BUILD_INFRA] = VERDICT_INFRA,
		[BUILD_CANCELLED] = VERDICT_NOT_RUN,
		[BUILD_UNCHANGED] = VERDICT_NONE,
	};
	return table[v];
}

/* Borrows everything of `e`; only the array of artefacts is new. */
static struct build_result result_of(const struct engine_result *e)
{
	struct build_result r = {
		.job = (uint32_t)e->id,
		.attempt = (uint32_t)(e->id >> 32),
		.verdict = verdict_of(e->verdict),
		.unchanged = e->verdict == BUILD_UNCHANGED,
		.return_code = e->return_code,
		.reason = e->reason,
		.log = e->log,
		.err = e->err,
		.cmd = e->cmd,
		.deps = e->deps,
		.syms = e->syms,
		.key = e->key,
		.warnings = e->warnings,
		.sizes = {e->flash, e->flash_max, e->ram, e->ram_max},
		.times = {e->total, e->compile, e->link, e->wait, e->cpu},
		.units = e->units,
		.libraries = e->libraries,
		.n_artifacts = e->n_artifacts,
	};
	r.artifacts = xcalloc(e->n_artifacts + 1, sizeof *r.artifacts);
	for (size_t i = 0; i < e->n_artifacts; i++) {
		struct stat st;
		r.artifacts[i].name = e->artifacts[i].name;
		r.artifacts[i].path = e->artifacts[i].path;
		if (stat(e->artifacts[i].path, &st) == 0)
			r.artifacts[i].size = (uint64_t)st.st_size;
	}
	return r;
}

static void on_finished(void *ctx, const struct engine_result *e)
{
	struct session *s = ctx;
	if (e->verdict == BUILD_CANCELLED) {
		answer(s, &(struct response){.kind = RESP_CANCELLED,
				  .job = (uint32_t)e->id,
				  .attempt = (uint32_t)(e->id >> 32)});
		return;
	}
	struct build_result r = result_of(e);
	answer(s, &(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
	free(r.artifacts);
}

/* ---- the boss's commands ---- */

static const char *warnings_name(const struct settings *t)
{
	static const char *const names[] = {"none", "default", "more", "all"};
	/* An error needs a warning to come from. */
	return t->warnings_are_errors && t->warnings == WARNINGS_NONE ? "default"
								      : names[t->warnings];
}

static struct engine_limits limits_of(const struct session *s, const struct settings *t)
{
	int two = s->threads < 2 ? s->threads : 2;
	struct engine_limits l = {
		.framework_jobs = t->framework_jobs > 0 ? t->framework_jobs : two,
		.sketch_jobs = t->sketch_jobs > 0 ? t->sketch_jobs : s->threads,
	};
	l.tokens = s->threads;
	if (l.tokens < l.sketch_jobs)
		l.tokens = l.sketch_jobs;
	if (l.tokens < l.framework_jobs)
		l.tokens = l.framework_jobs;
	return l;
}

static void config_release(struct engine_config *c)
{
	arduino_dirs_release(&c->dirs);
	strv_release(&c->library_dirs);
	strv_release(&c->libraries_dirs);
	strv_release(&c->build_properties);
}

static int open_engine(struct session *s, const struct settings *t, struct error *err)
{
	struct engine_config c = {
		.platforms = s->platforms,
		.cache_dir = t->cache_dir,
		.warnings = warnings_name(t),
		.warnings_are_errors = t->warnings_are_errors,
		.no_lto = t->no_lto,
		.reproducible = t->reproducible,
		.check_only = t->check_only,
		.config_only = t->config_only,
		.clean = t->clean,
		.rebuild_units = t->rebuild_units,
		.fallback_mrproper = t->fallback_mrproper,
		.keep = t->keep,
		.no_firmware = t->no_firmware,
		.verbose = t->verbose,
		.timeout = t->timeout,
		.limits = limits_of(s, t),
	};
	struct engine_events ev = {on_started, on_unit, on_note, on_finished, s};
	if (arduino_dirs_find(&c.dirs, err) < 0)
		return -1;
	strv_push_all(&c.dirs.platform_dirs, &t->platform_dirs);
	strv_push_all(&c.library_dirs, &t->library_dirs);
	strv_push_all(&c.libraries_dirs, &t->libraries_dirs);
	strv_push_all(&c.build_properties, &t->build_properties);
	s->engine = engine_open(s->loop, &c, &ev, err);
	s->config.limits = c.limits;
	config_release(&c);
	return s->engine ? 0 : -1;
}

static void do_configure(struct session *s, const struct command *c)
{
	struct error err = ERROR_INIT;
	if (open_engine(s, c->settings, &err) < 0) {
		send_error(s, true, err.text);
		return;
	}
	s->state = SESSION_CONFIGURED;
	answer(s, &(struct response){.kind = RESP_CONFIGURE_DONE});
}

static void do_prepare(struct session *s, const struct command *c)
{
	struct engine_limits l = s->config.limits;
	if (c->max_sketches > 0 && c->max_sketches < l.sketch_jobs)
		l.sketch_jobs = c->max_sketches;
	engine_set_limits(s->engine, &l);
	s->state = SESSION_READY;
	answer(s, &(struct response){.kind = RESP_BUILD_PREPARE_DONE,
			  .threads = s->threads,
			  .slots = l.sketch_jobs});
}

static void do_build(struct session *s, const struct command *c)
{
	for (size_t i = 0; i < c->n_jobs; i++) {
		const struct job *j = &c->jobs[i];
		struct engine_job e = {
			.id = job_number(j->id, j->attempt),
			.board = j->board,
			.sketch = j->sketch,
			.tree_library = j->tree_library,
			.build_dir = j->build_dir,
			.known_key = j->known_key,
			.known_deps = j->known_deps,
			.library_dirs = &j->library_dirs,
		};
		engine_submit(s->engine, &e);
	}
}

static void do_cancel(struct session *s, const struct command *c)
{
	for (size_t i = 0; i < c->n_jobs; i++)
		engine_cancel(s->engine, job_number(c->jobs[i].id, c->jobs[i].attempt),
			c->mode == CANCEL_KILL);
}

static void do_build_done(struct session *s, const struct command *c)
{
	(void)c;
	s->state = SESSION_CONFIGURED;
	answer(s, &(struct response){.kind = RESP_BUILD_DONE});
}

static void do_quit(struct session *s, const struct command *c)
{
	(void)c;
	s->state = SESSION_DONE;
	answer(s, &(struct response){.kind = RESP_QUIT_ACK});
}

/* Which command is taken in which states, and what it does. */
static const struct {
	enum session_state first, last;
	void (*act)(struct session *s, const struct command *c);
} table[CMD_COUNT] = {
	[CMD_CONFIGURE] = {SESSION_NEW, SESSION_NEW, do_configure},
	[CMD_BUILD_PREPARE] = {SESSION_CONFIGURED, SESSION_READY, do_prepare},
	[CMD_BUILD_SKETCHES] = {SESSION_READY, SESSION_READY, do_build},
	[CMD_CANCEL] = {SESSION_READY, SESSION_READY, do_cancel},
	[CMD_BUILD_DONE] = {SESSION_READY, SESSION_READY, do_build_done},
	[CMD_QUIT] = {SESSION_NEW, SESSION_READY, do_quit},
};

static void on_command(void *ctx, const struct command *c)
{
	struct session *s = ctx;
	if (s->closing)
		return;
	if (!table[c->kind].act || s->state < table[c->kind].first ||
		s->state > table[c->kind].last) {
		char *msg = xasprintf(
			"command '%s' in state '%s'", command_name(c->kind), state_name[s->state]);
		send_error(s, false, msg);
		free(msg);
		return;
	}
	table[c->kind].act(s, c);
}

/* ---- life ---- */

static void say_ready(uv_timer_t *t)
{
	struct session *s = t->data;
	answer(s,
		&(struct response){.kind = RESP_READY, .threads = s->threads, .slots = s->threads});
}

struct session *session_new(uv_loop_t *loop, struct response_sink to_boss, struct error *err)
{
	(void)err;
	struct session *s = xcalloc(1, sizeof *s);
	s->loop = loop;
	s->to_boss = to_boss;
	s->threads = machine_threads();
	s->hello = xcalloc(1, sizeof *s->hello);
	uv_timer_init(loop, s->hello);
	s->hello->data = s;
	uv_timer_start(s->hello, say_ready, 0, 0);
	return s;
}

void session_lend_platforms(struct session *s, struct platforms *platforms)
{
	s->platforms = platforms;
}

struct command_sink session_commands(struct session *s)
{
	return (struct command_sink){on_command, s};
}

static void gone(uv_handle_t *h)
{
	struct session *s = h->data;
	void (*closed)(void *ctx) = s->closed;
	void *ctx = s->closed_ctx;
	free(h);
	free(s);
	closed(ctx);
}

static void engine_gone(void *ctx)
{
	struct session *s = ctx;
	uv_close((uv_handle_t *)s->hello, gone);
}

void session_free(struct session *s, void (*closed)(void *ctx), void *ctx)
{
	s->closing = true;
	s->closed = closed;
	s->closed_ctx = ctx;
	if (s->engine)
		engine_close(s->engine, engine_gone, s);
	else
		engine_gone(s);
}
