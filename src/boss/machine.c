/* machine: see machine.h. Two tables: what a state does when it is entered, and which message leads where. A
 * message that no row expects is an error of the worker's and ends it.
 */
#include "boss/machine.h"

#include <assert.h>
#include <stdlib.h>
#include "common/timing.h"
#include "common/error.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "wire/message.h"

struct machine {
	char *name;
	char *version, *arch; /* of its worker */
	struct machine_config config;
	struct machine_events events;
	enum machine_state state;
	bool entered; /* the state's action was done */
	bool quitting; /* asked to: its end is no loss */
	char *fault; /* to be told as lost */
	enum ending ending; /* of the link, if it has told */
	unsigned slots;
	bool limit_due; /* to be told */
	unsigned limits_owed; /* told, and not answered yet */
	uint64_t since; /* ms of the loop's clock when the state was first seen; 0 not yet */
	bool overdue; /* at the look before */
};

static void act_connect(struct machine *m);
static void act_probe(struct machine *m);
static void act_setup(struct machine *m);
static void act_push(struct machine *m);
static void act_configure(struct machine *m);
static void act_prepare(struct machine *m);
static void act_look(struct machine *m);
static void act_ready(struct machine *m);
static void act_finish(struct machine *m);
static void act_quit(struct machine *m);
static void act_close(struct machine *m);

#define NO_DEADLINE TIMING_COUNT

/* What a state does first, and how long its answer may take. Connecting and pushing are the link's, which has deadlines of its own. */
static const struct {
	const char *name;
	void (*action)(struct machine *m);
	enum timing deadline;
} states[MACHINE_STATES] = {
	[MACHINE_NEW] = {"new", NULL, NO_DEADLINE},
	[MACHINE_CONNECTING] = {"connecting", act_connect, NO_DEADLINE},
	[MACHINE_PROBING] = {"probing", act_probe, TIMING_ANSWER},
	[MACHINE_SETTING_UP] = {"setting up", act_setup, TIMING_ANSWER},
	[MACHINE_PUSHING] = {"pushing", act_push, NO_DEADLINE},
	[MACHINE_CONFIGURING] = {"configuring", act_configure, TIMING_ANSWER},
	[MACHINE_PREPARING] = {"preparing", act_prepare, TIMING_CHECKOUT},
	[MACHINE_LOOKING] = {"looking at boards", act_look, TIMING_CHECKOUT},
	[MACHINE_BUILDING] = {"building", act_ready, NO_DEADLINE},
	[MACHINE_FINISHING] = {"finishing", act_finish, TIMING_ANSWER},
	[MACHINE_QUITTING] = {"quitting", act_quit, TIMING_ANSWER},
	[MACHINE_LEAVING] = {"leaving", NULL, TIMING_GRACE},
	[MACHINE_CLOSING] = {"closing", act_close, NO_DEADLINE},
	[MACHINE_GONE] = {"gone", NULL, NO_DEADLINE},
};

/* Which message ends which state. */
static const struct {
	enum response_kind event;
	enum machine_state from;
} steps[] = {
	{RESP_READY, MACHINE_CONNECTING},
	{RESP_PROBE_DONE, MACHINE_PROBING},
	{RESP_SETUP_DONE, MACHINE_SETTING_UP},
	{RESP_CONFIGURE_DONE, MACHINE_CONFIGURING},
	{RESP_BUILD_PREPARE_DONE, MACHINE_PREPARING},
	{RESP_PROBE_DONE, MACHINE_LOOKING},
	{RESP_BUILD_DONE, MACHINE_FINISHING},
	{RESP_QUIT_ACK, MACHINE_QUITTING},
};

/* Whether a machine passes through that state on its way. */
static bool passes(const struct machine *m, enum machine_state s)
{
	const struct machine_config *c = &m->config;
	bool far = c->link.ops->push != NULL;
	switch (s) {
	case MACHINE_PROBING: return c->probe;
	case MACHINE_SETTING_UP:
	case MACHINE_LEAVING: return far;
	case MACHINE_PUSHING: return far && c->source;
	case MACHINE_LOOKING: return c->boards && c->boards->n;
	case MACHINE_PREPARING:
	case MACHINE_BUILDING:
	case MACHINE_FINISHING: return !c->look_only;
	default: return true;
	}
}

static enum machine_state next_state(const struct machine *m)
{
	enum machine_state s = m->state + 1;
	while (!passes(m, s))
		s++;
	return s;
}

/* ---- telling ---- */

static __attribute__((format(printf, 2, 3))) void log_line(struct machine *m, const char *fmt, ...)
{
	va_list ap;
	if (!m->events.log)
		return;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap), *line = xasprintf("[%s] %s", m->name, text);
	va_end(ap);
	m->events.log(m->events.ctx, line);
	free(text);
	free(line);
}

static void go(struct machine *m, enum machine_state to)
{
	if (m->state == to || m->state == MACHINE_GONE)
		return;
	log_line(m, "%s -> %s", states[m->state].name, states[to].name);
	m->state = to;
	m->entered = false;
	m->overdue = false;
	m->since = 0;
	m->events.wake(m->events.ctx);
}

/* Takes `why`. The first reason is the one that is told. */
static void fail(struct machine *m, char *why)
{
	log_line(m, m->state == MACHINE_LEAVING ? "left: %s" : "lost: %s", why);
	if (m->fault || m->quitting || m->state >= MACHINE_LEAVING)
		free(why);
	else
		m->fault = why;
	if (m->state < MACHINE_CLOSING)
		go(m, MACHINE_CLOSING);
}

/* ---- commands ---- */

static void send(struct machine *m, const struct command *c)
{
	struct command_sink to = m->config.link.ops->commands(m->config.link.impl);
	if (c->n_jobs)
		log_line(m, ">> %s, %zu jobs", command_name(c->kind), c->n_jobs);
	else
		log_line(m, ">> %s", command_name(c->kind));
	to.send(to.ctx, c);
}

static void receive(void *ctx, const struct response *r);

static void act_connect(struct machine *m)
{
	struct error err = ERROR_INIT;
	struct response_sink sink = {receive, m};
	if (m->config.link.ops->open(m->config.link.impl, sink, &err) < 0)
		fail(m, xstrdup(err.text));
}

static void act_probe(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_PROBE});
}

static void act_setup(struct machine *m)
{
	const struct machine_source *src = m->config.source;
	send(m, &(struct command){
			.kind = CMD_SETUP,
			.protocol = WIRE_PROTOCOL,
			.run = src ? src->run : "look",
			.boss = src ? src->boss : "boardman machines",
		});
}

static void on_pushed(void *ctx, const char *why)
{
	struct machine *m = ctx;
	if (m->state != MACHINE_PUSHING)
		return;
	if (why)
		fail(m, xasprintf("the sources cannot be pushed: %s", why));
	else
		go(m, next_state(m));
}

static void act_push(struct machine *m)
{
	const struct machine_source *src = m->config.source;
	m->config.link.ops->push(
		m->config.link.impl, src->commit_id, src->commit.ref, on_pushed, m);
}

static void act_configure(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_CONFIGURE, .settings = m->config.settings});
}

static void act_prepare(struct machine *m)
{
	const struct machine_source *src = m->config.link.ops->push ? m->config.source : NULL;
	send(m, &(struct command){
			.kind = CMD_BUILD_PREPARE,
			.commits = src ? &src->commit : NULL,
			.n_commits = src ? 1 : 0,
			.empty = src ? &src->empty : NULL,
			.links = src ? src->links : NULL,
			.n_links = src ? src->n_links : 0,
			.max_sketches = m->config.max_sketches,
		});
}

static void act_look(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_PROBE,
			.boards = m->config.boards,
			.settings = m->config.settings});
}

static void act_ready(struct machine *m)
{
	m->events.ready(m->events.ctx, m, m->slots);
}

static void act_finish(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_BUILD_DONE});
}

static void act_quit(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_QUIT});
}

static void closed(void *ctx)
{
	struct machine *m = ctx;
	m->state = MACHINE_GONE;
	log_line(m, "gone");
	m->events.gone(m->events.ctx, m);
}

static void act_close(struct machine *m)
{
	char *fault = m->fault;
	m->fault = NULL;
	if (fault)
		m->events.lost(m->events.ctx, m, fault);
	free(fault);
	m->config.link.ops->close(m->config.link.impl, closed, m);
}

static void send_limit(struct machine *m)
{
	m->limit_due = false;
	m->limits_owed++;
	send(m, &(struct command){
			.kind = CMD_BUILD_PREPARE, .max_sketches = m->config.max_sketches});
}

void machine_pump(struct machine *m)
{
	while (!m->entered) {
		m->entered = true;
		if (states[m->state].action)
			states[m->state].action(m);
	}
	if (m->limit_due && m->state == MACHINE_BUILDING)
		send_limit(m);
}

void machine_check(struct machine *m, uint64_t now)
{
	enum timing deadline = states[m->state].deadline;
	if (deadline == NO_DEADLINE)
		return;
	if (!m->since)
		m->since = now;
	else if (now - m->since <= timing_ms(deadline))
		return;
	else if (!m->overdue)
		m->overdue = true; /* where we did not run for long, the answer is not yet read */
	else
		fail(m, xasprintf("no answer while %s; cure: look whether it hangs, or its network "
				  "does",
				states[m->state].name));
}

void machine_build(struct machine *m, const struct job *jobs, size_t n)
{
	assert(m->state == MACHINE_BUILDING);
	send(m, &(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = jobs, .n_jobs = n});
}

void machine_cancel(struct machine *m, const struct job *jobs, size_t n, enum cancel_mode mode)
{
	for (size_t at = 0; m->state == MACHINE_BUILDING && at < n; at += WIRE_MAX_JOBS)
		send(m, &(struct command){
				.kind = CMD_CANCEL,
				.jobs = jobs + at,
				.n_jobs = n - at < WIRE_MAX_JOBS ? n - at : WIRE_MAX_JOBS,
				.mode = mode,
			});
}

void machine_limit(struct machine *m, int max_sketches)
{
	m->config.max_sketches = max_sketches;
	m->limit_due = m->state == MACHINE_BUILDING;
	m->events.wake(m->events.ctx);
}

/* ---- messages ---- */

static void log_message(struct machine *m, const struct response *r)
{
	const char *name = response_name(r->kind);
	if (r->kind == RESP_BUILD_RESULT)
		log_line(m, "<< %s %u.%u %s", name, r->result->job, r->result->attempt,
			r->result->unchanged ? "unchanged" : verdict_name(r->result->verdict));
	else if (r->kind == RESP_UNIT)
		log_line(m, "<< %s %s %s: %s%s, %.3f s", name, r->unit->board, r->unit->name,
			verdict_name(r->unit->verdict), r->unit->reused ? ", reused" : "",
			r->unit->seconds);
	else if (r->msg)
		log_line(m, "<< %s: %s", name, r->msg);
	else if (r->kind == RESP_STARTED || r->kind == RESP_CANCELLED)
		log_line(m, "<< %s %u.%u", name, r->job, r->attempt);
	else
		log_line(m, "<< %s", name);
}

/* Messages about jobs and units; none after the goodbye. */
static bool is_news(const struct response *r)
{
	switch (r->kind) {
	case RESP_STARTED:
	case RESP_UNIT:
	case RESP_NOTE:
	case RESP_BUILD_RESULT:
	case RESP_CANCELLED: return true;
	default: return false;
	}
}

static void note_ready(struct machine *m, const struct response *r)
{
	free(m->version);
	free(m->arch);
	m->version = xstrdup(r->version);
	m->arch = xstrdup(r->arch);
}

static void note_answer(struct machine *m, const struct response *r)
{
	if (r->kind == RESP_READY)
		note_ready(m, r);
	else if (r->kind == RESP_BUILD_PREPARE_DONE)
		m->slots = r->slots > 0 ? (unsigned)r->slots : 1;
	else if (r->kind == RESP_PROBE_DONE && m->state == MACHINE_PROBING)
		m->events.probed(m->events.ctx, m, r->probe);
	else if (r->kind == RESP_PROBE_DONE)
		m->events.looked(m->events.ctx, m, r->probe);
}

static void step(struct machine *m, const struct response *r)
{
	enum machine_state before = m->state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].event != r->kind || steps[i].from != before)
			continue;
		note_answer(m, r);
		if (m->state == before) /* else it was refused */
			go(m, next_state(m));
		return;
	}
	fail(m, xasprintf("message '%s' while %s", response_name(r->kind), states[m->state].name));
}

/* What only tells that it is on its way. */
static bool is_sign_of_life(const struct response *r)
{
	return r->kind == RESP_HEARTBEAT || r->kind == RESP_BUILD_STARTED ||
	       r->kind == RESP_WORKTREE_CREATED;
}

static void on_error(struct machine *m, const struct response *r)
{
	const char *msg = r->msg ? r->msg : "unknown error";
	if (!r->fatal) {
		log_warning("%s: %s", m->name, msg);
		return;
	}
	m->ending = r->ending;
	if (r->ending == ENDING_NO_ROOM) {
		m->events.no_room(m->events.ctx, msg);
		machine_kill(m);
	} else {
		fail(m, xstrdup(msg));
	}
}

/* To a new limit, which it may get while it is told to finish. */
static bool is_owed(struct machine *m, const struct response *r)
{
	if (r->kind != RESP_BUILD_PREPARE_DONE || !m->limits_owed)
		return false;
	m->limits_owed--;
	return true;
}

static void receive(void *ctx, const struct response *r)
{
	struct machine *m = ctx;
	if (r->kind != RESP_HEARTBEAT)
		log_message(m, r);
	if (m->state >= MACHINE_CLOSING || is_sign_of_life(r))
		return;
	if (r->kind == RESP_ERROR) {
		on_error(m, r);
	} else if (m->state == MACHINE_LEAVING) {
		return;
	} else if (is_news(r)) {
		m->events.said(m->events.ctx, m, r);
	} else if (!is_owed(m, r)) {
		step(m, r);
	}
}

/* ---- life ---- */

struct machine *machine_new(const struct machine_config *c, const struct machine_events *ev)
{
	struct machine *m = xcalloc(1, sizeof *m);
	m->name = xstrdup(c->name);
	m->config = *c;
	m->events = *ev;
	m->entered = true;
	return m;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	assert(m->state == MACHINE_NEW || m->state == MACHINE_GONE);
	m->config.link.ops->free(m->config.link.impl);
	free(m->fault);
	free(m->version);
	free(m->arch);
	free(m->name);
	free(m);
}

const char *machine_name(const struct machine *m)
{
	return m->name;
}

const char *machine_version(const struct machine *m)
{
	return m->version ? m->version : "";
}

const char *machine_arch(const struct machine *m)
{
	return m->arch ? m->arch : "";
}

enum ending machine_ending(const struct machine *m)
{
	return m->ending;
}

size_t machine_index(const struct machine *m)
{
	return m->config.index;
}

enum machine_state machine_state(const struct machine *m)
{
	return m->state;
}

const char *machine_state_name(enum machine_state s)
{
	return states[s].name;
}

void machine_refuse(struct machine *m, const char *why)
{
	fail(m, xstrdup(why));
}

void machine_connect(struct machine *m)
{
	go(m, MACHINE_CONNECTING);
}

void machine_quit(struct machine *m)
{
	m->quitting = true;
	if (m->state == MACHINE_BUILDING)
		go(m, MACHINE_FINISHING);
	else if (m->state < MACHINE_BUILDING)
		go(m, MACHINE_CLOSING);
}

void machine_kill(struct machine *m)
{
	m->quitting = true;
	if (m->state < MACHINE_CLOSING)
		go(m, MACHINE_CLOSING);
}
