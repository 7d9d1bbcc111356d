/* session: a table from command to action, and one state. What a message means to the engine is in translate.c, where a worker works in
 * workplace.c.
 */
#include "worker/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "wire/message.h"
#include "worker/machine.h"
#include "worker/probe.h"
#include "worker/share.h"
#include "worker/translate.h"
#include "worker/workplace.h"

enum session_state {
	SESSION_NEW,
	SESSION_CONFIGURED,
	SESSION_PREPARING, /* a snapshot is on its way to the disk */
	SESSION_READY,
	SESSION_DONE
};

static const char *const state_name[] = {
	"new", "configured", "preparing", "ready for jobs", "done"};

struct prepare;

struct session {
	struct session_config config;
	enum session_state state;
	struct engine *engine;
	struct share *share; /* of the machine's slots */
	int threads;
	struct engine_limits limits; /* as configured */
	int max_sketches; /* of build_prepare; 0 none */
	bool held;
	bool shown; /* a snapshot is */
	int running;
	struct prepare *preparing; /* NULL none */
	uv_timer_t *hello;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void answer(struct session *s, const struct response *r)
{
	s->config.to_boss.send(s->config.to_boss.ctx, r);
}

static void send_error(struct session *s, bool fatal, const char *msg)
{
	answer(s, &(struct response){.kind = RESP_ERROR, .msg = msg, .fatal = fatal});
}

/* ---- the engine's events ---- */

static void on_started(void *ctx, uint64_t id, int slot)
{
	struct session *s = ctx;
	struct response r = {.kind = RESP_STARTED,
		.job = (uint32_t)id,
		.attempt = (uint32_t)(id >> 32),
		.slot = slot};
	s->running++;
	answer(s, &r);
}

static void on_unit(void *ctx, const struct engine_unit *u)
{
	struct unit_report report = translate_unit(u);
	answer(ctx, &(struct response){.kind = RESP_UNIT, .unit = &report});
}

static void on_note(void *ctx, const char *line)
{
	answer(ctx, &(struct response){.kind = RESP_NOTE, .msg = line});
}

static void on_finished(void *ctx, const struct engine_result *e)
{
	struct session *s = ctx;
	if (e->verdict == BUILD_CANCELLED) {
		s->running -= e->started;
		answer(s, &(struct response){.kind = RESP_CANCELLED,
				  .job = (uint32_t)e->id,
				  .attempt = (uint32_t)(e->id >> 32)});
		return;
	}
	s->running--;
	struct build_result r = translate_result(e);
	answer(s, &(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
	free(r.artifacts);
}

/* ---- setup and probe ---- */

static void do_setup(struct session *s, const struct command *c)
{
	struct error err = ERROR_INIT;
	if (!s->config.place)
		send_error(s, false, "this worker needs no setup");
	else if (c->protocol != WIRE_PROTOCOL)
		send_error(s, true,
			"the boss speaks another protocol; cure: the same boardman on both");
	else if (workplace_setup(s->config.place, c->run, c->boss, &err) < 0)
		send_error(s, true, err.text);
	else
		answer(s, &(struct response){.kind = RESP_SETUP_DONE,
				  .work_dir = workplace_dir(s->config.place),
				  .git_dir = workplace_git_dir(s->config.place)});
}

static void do_probe(struct session *s, const struct command *c)
{
	struct probe p = {0};
	probe_machine(&p, s->config.place ? workplace_dir(s->config.place) : "/");
	p.no_view = s->config.place && !workplace_has_view(s->config.place);
	probe_platforms(&p, c->settings);
	if (c->boards && s->engine)
		probe_boards(&p, s->engine, c->boards);
	answer(s, &(struct response){.kind = RESP_PROBE_DONE, .probe = &p});
	probe_release(&p);
}

static void do_ping(struct session *s, const struct command *c)
{
	(void)s;
	(void)c;
}

/* ---- configure ---- */

/* The boss's Arduino directories count: its libraries, which come with the snapshot, and its data directory, in whose place ours appears. */
static int find_dirs(
	struct session *s, struct arduino_dirs *dirs, const struct settings *t, struct error *err)
{
	if (arduino_dirs_find(dirs, err) < 0)
		return -1;
	if (!s->config.place)
		return 0;
	free(dirs->user_dir);
	dirs->user_dir = xstrdup(t->user_dir);
	if (!t->data_dir || !dirs->data_dir || !fs_is_dir(dirs->data_dir))
		return 0;
	if (workplace_bind(s->config.place, dirs->data_dir, t->data_dir, err) < 0)
		return -1;
	free(dirs->data_dir);
	dirs->data_dir = xstrdup(t->data_dir);
	return 0;
}

static int open_engine(struct session *s, const struct settings *t, struct error *err)
{
	struct engine_config c = translate_settings(t, s->threads);
	const struct engine_events ev = {on_started, on_unit, on_note, on_finished, s};
	c.platforms = s->config.platforms;
	c.slots = share_slots(s->share);
	if (s->config.place)
		c.cache_dir = workplace_dir(s->config.place);
	if (find_dirs(s, &c.dirs, t, err) == 0)
		s->engine = engine_open(s->config.loop, &c, &ev, err);
	s->limits = c.limits;
	translate_release(&c);
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

/* ---- prepare ---- */

/* A checkout on a thread: a copy of what it needs, since the command is gone by then. */
struct prepare {
	uv_work_t work;
	struct session *session; /* NULL: that is closed */
	struct workplace *place;
	struct commit commit;
	struct scenery scenery;
	int ret;
	struct error err;
};

static int slots_of(const struct session *s)
{
	int all = s->limits.sketch_jobs;
	return s->max_sketches > 0 && s->max_sketches < all ? s->max_sketches : all;
}

static void set_limits(struct session *s)
{
	struct engine_limits l = s->limits;
	l.sketch_jobs = s->held ? 0 : slots_of(s);
	engine_set_limits(s->engine, &l);
}

static void prepared(struct session *s)
{
	set_limits(s);
	s->state = SESSION_READY;
	answer(s, &(struct response){.kind = RESP_BUILD_PREPARE_DONE,
			  .threads = s->threads,
			  .slots = slots_of(s)});
}

static void copy_commit(struct commit *to, const struct commit *from)
{
	*to = (struct commit){xstrdup(from->id), xstrdup(from->tree), xstrdup(from->ref),
		xcalloc(from->n_roots + 1, sizeof *to->roots), from->n_roots};
	for (size_t i = 0; i < from->n_roots; i++)
		to->roots[i] =
			(struct root){xstrdup(from->roots[i].dir), xstrdup(from->roots[i].path)};
}

static void copy_scenery(struct scenery *to, const struct command *c)
{
	if (c->empty)
		strv_push_all(&to->empty, c->empty);
	to->links = xcalloc(c->n_links + 1, sizeof *to->links);
	for (; to->n_links < c->n_links; to->n_links++)
		to->links[to->n_links] = (struct path_link){
			xstrdup(c->links[to->n_links].path), xstrdup(c->links[to->n_links].target)};
}

static void prepare_free(struct prepare *p)
{
	for (size_t i = 0; i < p->scenery.n_links; i++) {
		free(p->scenery.links[i].path);
		free(p->scenery.links[i].target);
	}
	free(p->scenery.links);
	strv_release(&p->scenery.empty);
	commit_release(&p->commit);
	free(p);
}

static void check_out(uv_work_t *w)
{
	struct prepare *p = w->data;
	p->ret = workplace_checkout(p->place, &p->commit, &p->err);
}

static void session_gone(struct session *s);

static void checked_out(uv_work_t *w, int status)
{
	struct prepare *p = w->data;
	struct session *s = p->session;
	(void)status;
	s->preparing = NULL;
	if (s->closing) {
		session_gone(s);
	} else if (p->ret < 0 || workplace_show(p->place, &p->commit, &p->scenery, &p->err) < 0 ||
		   engine_rescan(s->engine, &p->err) < 0) {
		send_error(s, true, p->err.text);
	} else {
		s->shown = true;
		answer(s,
			&(struct response){.kind = RESP_WORKTREE_CREATED, .commit = p->commit.id});
		prepared(s);
	}
	prepare_free(p);
}

static void begin_checkout(struct session *s, const struct command *c)
{
	struct prepare *p = xcalloc(1, sizeof *p);
	p->session = s;
	p->place = s->config.place;
	p->work.data = p;
	copy_commit(&p->commit, &c->commits[0]);
	copy_scenery(&p->scenery, c);
	s->preparing = p;
	s->state = SESSION_PREPARING;
	uv_queue_work(s->config.loop, &p->work, check_out, checked_out);
}

static void do_prepare(struct session *s, const struct command *c)
{
	s->max_sketches = c->max_sketches;
	answer(s, &(struct response){.kind = RESP_BUILD_STARTED, .threads = s->threads});
	if (!c->n_commits)
		prepared(s);
	else if (!s->config.place || c->n_commits > 1 || s->shown)
		send_error(s, true, "this worker shows one snapshot");
	else
		begin_checkout(s, c);
}

/* ---- jobs ---- */

static void do_build(struct session *s, const struct command *c)
{
	for (size_t i = 0; i < c->n_jobs; i++) {
		const struct job *j = &c->jobs[i];
		struct engine_job e = translate_job(j);
		char *own = NULL;
		if (!j->build_dir && s->config.place)
			own = workplace_build_dir(s->config.place, j);
		if (own)
			e.build_dir = own;
		engine_submit(s->engine, &e);
		free(own);
	}
}

/* Stage 1 is driven by demand. */
static void do_open(struct session *s, const struct command *c)
{
	(void)s;
	(void)c;
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
	[CMD_SETUP] = {SESSION_NEW, SESSION_NEW, do_setup},
	[CMD_PROBE] = {SESSION_NEW, SESSION_READY, do_probe},
	[CMD_CONFIGURE] = {SESSION_NEW, SESSION_NEW, do_configure},
	[CMD_BUILD_PREPARE] = {SESSION_CONFIGURED, SESSION_READY, do_prepare},
	[CMD_BUILD_SKETCHES] = {SESSION_READY, SESSION_READY, do_build},
	[CMD_BOARD_OPEN] = {SESSION_READY, SESSION_READY, do_open},
	[CMD_CANCEL] = {SESSION_READY, SESSION_READY, do_cancel},
	[CMD_PING] = {SESSION_NEW, SESSION_DONE, do_ping},
	[CMD_BUILD_DONE] = {SESSION_READY, SESSION_READY, do_build_done},
	[CMD_QUIT] = {SESSION_NEW, SESSION_READY, do_quit},
};

static void on_command(void *ctx, const struct command *c)
{
	struct session *s = ctx;
	if (s->closing)
		return;
	if (s->state < table[c->kind].first || s->state > table[c->kind].last ||
		(c->kind == CMD_BUILD_PREPARE && s->preparing)) {
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
	struct utsname u;
	answer(s, &(struct response){
			  .kind = RESP_READY,
			  .protocol = WIRE_PROTOCOL,
			  .version = s->config.version,
			  .arch = uname(&u) == 0 ? u.machine : "unknown",
			  .threads = s->threads,
			  .slots = s->threads,
		  });
}

struct session *session_new(const struct session_config *c)
{
	struct session *s = xcalloc(1, sizeof *s);
	s->config = *c;
	s->threads = machine_threads();
	s->share = share_new();
	s->hello = xcalloc(1, sizeof *s->hello);
	uv_timer_init(c->loop, s->hello);
	s->hello->data = s;
	uv_timer_start(s->hello, say_ready, 0, 0);
	return s;
}

struct command_sink session_commands(struct session *s)
{
	return (struct command_sink){on_command, s};
}

void session_hold(struct session *s, bool hold)
{
	if (s->held == hold)
		return;
	s->held = hold;
	if (s->engine && !s->closing)
		set_limits(s);
}

int session_running(const struct session *s)
{
	return s->running;
}

static void gone(uv_handle_t *h)
{
	struct session *s = h->data;
	void (*closed)(void *ctx) = s->closed;
	void *ctx = s->closed_ctx;
	share_free(s->share);
	free(h);
	free(s);
	closed(ctx);
}

/* When the engine is gone, and no thread of ours is at work. */
static void session_gone(struct session *s)
{
	if (!s->engine && !s->preparing)
		uv_close((uv_handle_t *)s->hello, gone);
}

static void engine_gone(void *ctx)
{
	struct session *s = ctx;
	s->engine = NULL;
	session_gone(s);
}

void session_free(struct session *s, void (*closed)(void *ctx), void *ctx)
{
	s->closing = true;
	s->closed = closed;
	s->closed_ctx = ctx;
	if (s->preparing)
		uv_cancel((uv_req_t *)&s->preparing->work);
	if (s->engine)
		engine_close(s->engine, engine_gone, s);
	else
		session_gone(s);
}
