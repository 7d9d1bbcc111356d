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

struct machine {
	char *name;
	struct machine_config config;
	struct machine_events events;
	enum machine_state state;
	bool entered; /* the state's action was done */
	bool quitting; /* asked to: its end is no loss */
	char *fault; /* to be told as lost */
	unsigned slots;
	uint64_t since; /* ms of the loop's clock when the state was first seen; 0 not yet */
};

static void act_connect(struct machine *m);
static void act_configure(struct machine *m);
static void act_prepare(struct machine *m);
static void act_ready(struct machine *m);
static void act_finish(struct machine *m);
static void act_quit(struct machine *m);
static void act_close(struct machine *m);

/* What a state does first. */
static const struct {
	const char *name;
	void (*action)(struct machine *m);
	bool owes_answer; /* within TIMING_ANSWER */
} states[MACHINE_STATES] = {
	[MACHINE_NEW] = {"new", NULL, false},
	[MACHINE_CONNECTING] = {"connecting", act_connect, true},
	[MACHINE_CONFIGURING] = {"configuring", act_configure, true},
	[MACHINE_PREPARING] = {"preparing", act_prepare, true},
	[MACHINE_BUILDING] = {"building", act_ready, false},
	[MACHINE_FINISHING] = {"finishing", act_finish, true},
	[MACHINE_QUITTING] = {"quitting", act_quit, true},
	[MACHINE_CLOSING] = {"closing", act_close, false},
	[MACHINE_GONE] = {"gone", NULL, false},
};

/* Which message, in which state, leads where. */
static const struct {
	enum response_kind event;
	enum machine_state from, to;
} steps[] = {
	{RESP_READY, MACHINE_CONNECTING, MACHINE_CONFIGURING},
	{RESP_CONFIGURE_DONE, MACHINE_CONFIGURING, MACHINE_PREPARING},
	{RESP_BUILD_PREPARE_DONE, MACHINE_PREPARING, MACHINE_BUILDING},
	{RESP_BUILD_DONE, MACHINE_FINISHING, MACHINE_QUITTING},
	{RESP_QUIT_ACK, MACHINE_QUITTING, MACHINE_CLOSING},
};

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
	m->since = 0;
	m->events.wake(m->events.ctx);
}

/* Takes `why`. The first reason is the one that is told. */
static void fail(struct machine *m, char *why)
{
	log_line(m, "lost: %s", why);
	if (m->fault || m->quitting || m->state >= MACHINE_CLOSING)
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

static void act_configure(struct machine *m)
{
	send(m, &(struct command){.kind = CMD_CONFIGURE, .settings = m->config.settings});
}

static void act_prepare(struct machine *m)
{
	send(m, &(struct command){
			.kind = CMD_BUILD_PREPARE, .max_sketches = m->config.max_sketches});
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

void machine_pump(struct machine *m)
{
	while (!m->entered) {
		m->entered = true;
		if (states[m->state].action)
			states[m->state].action(m);
	}
}

void machine_check(struct machine *m, uint64_t now)
{
	if (!states[m->state].owes_answer)
		return;
	if (!m->since)
		m->since = now;
	else if (now - m->since > timing_ms(TIMING_ANSWER))
		fail(m, xasprintf("no answer while %s", states[m->state].name));
}

void machine_build(struct machine *m, const struct job *jobs, size_t n)
{
	assert(m->state == MACHINE_BUILDING);
	send(m, &(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = jobs, .n_jobs = n});
}

void machine_cancel(struct machine *m, const struct job *jobs, size_t n, enum cancel_mode mode)
{
	if (m->state == MACHINE_BUILDING && n)
		send(m, &(struct command){
				.kind = CMD_CANCEL, .jobs = jobs, .n_jobs = n, .mode = mode});
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

static void step(struct machine *m, const struct response *r)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].event != r->kind || steps[i].from != m->state)
			continue;
		if (r->kind == RESP_BUILD_PREPARE_DONE)
			m->slots = r->slots > 0 ? (unsigned)r->slots : 1;
		go(m, steps[i].to);
		return;
	}
	fail(m, xasprintf("message '%s' while %s", response_name(r->kind), states[m->state].name));
}

static void receive(void *ctx, const struct response *r)
{
	struct machine *m = ctx;
	log_message(m, r);
	if (m->state >= MACHINE_CLOSING)
		return;
	if (r->kind == RESP_ERROR) {
		const char *msg = r->msg ? r->msg : "unknown error";
		if (r->fatal)
			fail(m, xstrdup(msg));
		else
			log_warning("%s: %s", m->name, msg);
	} else if (is_news(r)) {
		m->events.said(m->events.ctx, m, r);
	} else {
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
	free(m->name);
	free(m);
}

const char *machine_name(const struct machine *m)
{
	return m->name;
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
