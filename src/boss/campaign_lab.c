/* campaign_lab: the machines of a run: they come, are found fit or busy, are lost and tried again; and which of them may build which board. No machine
 * waits for another, but that the reference toolchains are chosen when all have shown theirs, or after a short grace.
 */
#include "boss/campaign_internal.h"

#include <stdlib.h>
#include <string.h>
#include "boss/fitness.h"
#include "boss/machine.h"
#include "boss/matrix.h"
#include "boss/reference.h"
#include "boss/rundoc.h"
#include "boss/trace.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/timing.h"
#include "common/xalloc.h"

size_t lab_index(const struct lab_machine *lm)
{
	return (size_t)(lm - lm->campaign->machines);
}

static size_t n_boards(const struct campaign *c)
{
	return c->config->matrix->boards->n;
}

void lab_tell(struct campaign *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *line = xvasprintf(fmt, ap);
	va_end(ap);
	rundoc_log(c->doc, line);
	if (c->config->note)
		c->config->note(c->config->note_ctx, line);
	free(line);
}

/* ---- what machines show ---- */

static void looks_free(struct lab_machine *lm)
{
	for (size_t b = 0; lm->looks && b < n_boards(lm->campaign); b++) {
		free(lm->looks[b].digest);
		free(lm->looks[b].toolchain);
		free(lm->looks[b].why);
	}
	free(lm->looks);
	lm->looks = NULL;
}

static void on_probed(void *ctx, struct machine *m, const struct probe *p)
{
	struct lab_machine *lm = ctx;
	char *why = fitness_trouble(&lm->campaign->config->limits, p);
	lm->busy = why != NULL;
	if (why)
		machine_refuse(m, why);
	free(why);
}

static void on_looked(void *ctx, struct machine *m, const struct probe *p)
{
	struct lab_machine *lm = ctx;
	const struct strv *boards = lm->campaign->config->matrix->boards;
	(void)m;
	looks_free(lm);
	lm->looks = xcalloc(boards->n + 1, sizeof *lm->looks);
	for (size_t i = 0; i < p->n_boards; i++) {
		for (size_t b = 0; b < boards->n; b++) {
			struct look *l = &lm->looks[b];
			if (strcmp(boards->v[b], p->boards[i].board) != 0 || l->digest || l->why)
				continue;
			l->digest = xstrdup(p->boards[i].digest);
			l->toolchain = xstrdup(p->boards[i].toolchain);
			l->why = xstrdup(p->boards[i].why);
		}
	}
}

/* ---- the reference toolchain ---- */

static void choose(struct campaign *c, size_t board)
{
	struct reference_vote *v = xcalloc(c->n_machines + 1, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < c->n_machines; i++) {
		const struct lab_machine *lm = &c->machines[i];
		if (lm->slots && lm->looks && lm->looks[board].digest)
			v[n++] = (struct reference_vote){lm->spec->name, lm->looks[board].digest,
				lm->slots, lm->spec->local};
	}
	c->reference[board] = xstrdup(reference_choose(v, n, c->config->reference));
	free(v);
}

bool lab_may_build(const struct campaign *c, const struct lab_machine *lm, size_t board)
{
	const char *digest = lm->looks ? lm->looks[board].digest : NULL;
	if (!c->lab)
		return true;
	return digest && c->reference[board] && !lm->barred &&
	       (c->config->allow_mixed || !strcmp(digest, c->reference[board]));
}

static void admit(struct campaign *c, struct lab_machine *lm)
{
	for (size_t b = 0; c->lab && b < n_boards(c); b++) {
		if (!c->reference[b])
			choose(c, b);
		sched_machine_board(c->sched, lab_index(lm), b, lab_may_build(c, lm, b));
	}
	sched_machine_ready(c->sched, lab_index(lm), lm->slots);
	campaign_wake(c);
}

static bool differs(const struct campaign *c, const struct lab_machine *lm, size_t board)
{
	return lm->slots && lm->looks && lm->looks[board].digest && !lab_may_build(c, lm, board);
}

/* One line for each board whose machines disagree: whose toolchain counts, and who gets none of its jobs. */
static void tell_mixed(struct campaign *c, size_t board)
{
	struct buf others = BUF_INIT, ours = BUF_INIT;
	const char *toolchain = NULL;
	for (size_t i = 0; i < c->n_machines; i++) {
		const struct lab_machine *lm = &c->machines[i];
		struct buf *to = differs(c, lm, board) ? &others : &ours;
		if (!lm->slots || !lm->looks || !lm->looks[board].digest)
			continue;
		if (to == &ours)
			toolchain = lm->looks[board].toolchain;
		buf_addf(to, "%s%s", to->len ? ", " : "", lm->spec->name);
		if (to == &others)
			buf_addf(to, " (%s)", lm->looks[board].toolchain);
	}
	if (others.len)
		lab_tell(c,
			"%s: %s of %s counts; another toolchain or platform, and so no jobs of it: "
			"%s",
			c->config->matrix->boards->v[board], toolchain ? toolchain : "that",
			buf_str(&ours), buf_str(&others));
	buf_release(&others);
	buf_release(&ours);
}

/* One line for a machine: the boards that it cannot build while others can, and the first one's reason. One that comes late is also told if
 * its toolchain is another. */
static void tell_without(struct campaign *c, struct lab_machine *lm, bool late)
{
	struct buf boards = BUF_INIT;
	const char *why = NULL;
	for (size_t b = 0; c->lab && lm->looks && b < n_boards(c); b++) {
		bool other = lm->looks[b].digest != NULL;
		if (!c->reference[b] || lab_may_build(c, lm, b) || (other && !late))
			continue;
		buf_addf(&boards, "%s%s", boards.len ? ", " : "", c->config->matrix->boards->v[b]);
		if (!why)
			why = other ? "another toolchain or platform" : lm->looks[b].why;
	}
	if (boards.len && !lm->told_boards) {
		lab_tell(c, "%s: no jobs of %s: %s", lm->spec->name, buf_str(&boards),
			why ? why : "it cannot build that");
		lm->told_boards = true;
	}
	buf_release(&boards);
}

static void decide(struct campaign *c)
{
	c->decided = true;
	for (size_t b = 0; c->lab && b < n_boards(c); b++)
		choose(c, b);
	for (size_t b = 0; c->lab && b < n_boards(c); b++)
		tell_mixed(c, b);
	for (size_t i = 0; i < c->n_machines; i++) {
		if (!c->machines[i].slots)
			continue;
		tell_without(c, &c->machines[i], false);
		admit(c, &c->machines[i]);
	}
}

/* Whether all that can build the board, so far, would build it alike. */
static bool agree_on(const struct campaign *c, size_t board)
{
	const char *digest = NULL;
	for (size_t i = 0; i < c->n_machines; i++) {
		const struct lab_machine *lm = &c->machines[i];
		const char *its = lm->slots && lm->looks ? lm->looks[board].digest : NULL;
		if (its && digest && strcmp(its, digest) != 0)
			return false;
		digest = its ? its : digest;
	}
	return digest != NULL;
}

static bool all_agree(const struct campaign *c)
{
	for (size_t b = 0; b < n_boards(c); b++)
		if (!agree_on(c, b))
			return false;
	return true;
}

static void decide_if_due(struct campaign *c)
{
	bool all = true, any = false;
	if (c->decided)
		return;
	for (size_t i = 0; i < c->n_machines; i++) {
		all &= c->machines[i].settled;
		any |= c->machines[i].slots > 0;
	}
	uint64_t waited = uv_now(c->config->loop) - c->first_look;
	if (any && (all || waited > timing_ms(all_agree(c) ? TIMING_AGREED : TIMING_GRACE)))
		decide(c);
}

void lab_bar(struct lab_machine *lm, char *why)
{
	struct campaign *c = lm->campaign;
	free(lm->barred);
	lm->barred = why;
	lm->settled = true;
	free(c->fault);
	c->fault = xasprintf("%s: %s", lm->spec->name, why);
	lab_tell(c, "%s", c->fault);
	sched_machine_board(c->sched, lab_index(lm), SCHED_EVERY_BOARD, false);
	campaign_wake(c);
}

/* ---- coming and going ---- */

static void on_ready(void *ctx, struct machine *m, unsigned slots)
{
	struct lab_machine *lm = ctx;
	struct campaign *c = lm->campaign;
	(void)m;
	lm->slots = slots;
	lm->settled = true;
	lm->losses = 0;
	if (lm->told_away)
		lab_tell(c, "%s: %s, with %u slot%s", lm->spec->name, lm->served ? "back" : "here",
			slots, slots == 1 ? "" : "s");
	lm->told_away = false;
	lm->served = true;
	if (!c->first_look)
		c->first_look = uv_now(c->config->loop);
	if (c->decided) {
		admit(c, lm);
		tell_without(c, lm, true);
	}
	campaign_wake(c);
}

static void on_said(void *ctx, struct machine *m, const struct response *r)
{
	struct lab_machine *lm = ctx;
	(void)m;
	campaign_said(lm->campaign, lm, r);
}

static void on_ended_by_loss(void *ctx, uint32_t id)
{
	struct lab_machine *lm = ctx;
	enum campaign_stop stop = lm->campaign->stop;
	if (stop == STOP_INTERRUPT || stop == STOP_DISK)
		return; /* we have ended it, and say so at the end */
	char *reason = xasprintf("%s: %s", lm->spec->name, lm->why ? lm->why : "it went away");
	campaign_job_end(lm->campaign, id, VERDICT_INFRA, reason);
	free(reason);
}

static unsigned delay_of(const struct lab_machine *lm)
{
	static const enum timing delays[] = {
		TIMING_RETRY_FIRST, TIMING_RETRY_SECOND, TIMING_RETRY_THIRD, TIMING_RETRY};
	size_t i = lm->losses < ARRAY_LEN(delays) ? lm->losses : ARRAY_LEN(delays) - 1;
	return timing_ms(lm->busy ? TIMING_REPROBE : delays[i]);
}

static bool tries_again(const struct lab_machine *lm)
{
	const struct campaign *c = lm->campaign;
	return c->lab && !lm->barred && c->stop == STOP_NONE && !sched_finished(c->sched);
}

/* When it is tried again stands before the cure, which may take all of the line. */
static void tell_lost(struct campaign *c, const struct lab_machine *lm, unsigned delay)
{
	const char *cure = strstr(lm->why, "; cure: ");
	int len = cure ? (int)(cure - lm->why) : (int)strlen(lm->why);
	if (tries_again(lm))
		lab_tell(c, "%s: %.*s; trying again in %g s%s", lm->spec->name, len, lm->why,
			delay / 1000.0, cure ? cure : "");
	else
		lab_tell(c, "%s: %s", lm->spec->name, lm->why);
}

static void on_lost(void *ctx, struct machine *m, const char *why)
{
	struct lab_machine *lm = ctx;
	struct campaign *c = lm->campaign;
	unsigned delay = delay_of(lm);
	free(lm->why);
	lm->why = xstrdup(why);
	free(c->fault);
	c->fault = xasprintf("%s: %s", lm->spec->name, why);
	if (machine_ending(m) == ENDING_LIE)
		campaign_convict_liar(lm, why);
	else if (c->lab && !lm->told_away)
		tell_lost(c, lm, delay);
	lm->told_away = true;
	lm->settled = true;
	lm->slots = 0;
	sched_machine_lost(c->sched, lab_index(lm), on_ended_by_loss, lm);
	lm->again_at = uv_now(c->config->loop) + delay;
	lm->losses++;
	campaign_wake(c);
}

/* After a goodbye or a kill its jobs never came back. */
static void on_gone(void *ctx, struct machine *m)
{
	struct lab_machine *lm = ctx;
	(void)m;
	lm->slots = 0;
	sched_machine_lost(lm->campaign->sched, lab_index(lm), on_ended_by_loss, lm);
	campaign_wake(lm->campaign);
}

static void on_no_room(void *ctx, const char *why)
{
	struct lab_machine *lm = ctx;
	campaign_stop_for_disk(lm->campaign, why);
}

static void on_wake(void *ctx)
{
	struct lab_machine *lm = ctx;
	campaign_wake(lm->campaign);
}

static void on_log(void *ctx, const char *line)
{
	struct lab_machine *lm = ctx;
	rundoc_log(lm->campaign->doc, line);
}

static void on_noise(void *ctx, const char *line)
{
	const struct lab_machine *lm = ctx;
	rundoc_noise(lm->campaign->doc, lm->spec->name, line);
}

static void come(struct lab_machine *lm)
{
	const struct noise_sink noise = {on_noise, lm};
	struct campaign *c = lm->campaign;
	const struct campaign_config *cc = c->config;
	const struct machine_events events = {
		.probed = on_probed,
		.looked = on_looked,
		.ready = on_ready,
		.said = on_said,
		.lost = on_lost,
		.gone = on_gone,
		.no_room = on_no_room,
		.wake = on_wake,
		.log = on_log,
		.ctx = lm,
	};
	const struct machine_config config = {
		.name = lm->spec->name,
		.settings = cc->settings,
		.source = lm->spec->local ? NULL : cc->source,
		.boards = c->lab ? cc->matrix->boards : NULL,
		.probe = !lm->spec->local,
		.max_sketches = lm->cap ? (int)lm->cap : lm->spec->max_sketches,
		.link = lm->spec->connect(lm->spec->ctx, lm->spec, noise),
		.index = lab_index(lm),
	};
	lm->again_at = 0;
	lm->m = machine_new(&config, &events);
	machine_connect(lm->m);
}

/* ---- all of them ---- */

/* A span for the state it has left. */
static void trace_state(struct campaign *c, struct lab_machine *lm)
{
	enum machine_state now = machine_state(lm->m);
	double clock = rundoc_clock(c->doc);
	if (now == lm->seen)
		return;
	if (lm->seen != MACHINE_NEW && lm->seen != MACHINE_GONE)
		trace_span(c->trace, lm->spec->name, LANE_MACHINE, "machine",
			machine_state_name(lm->seen), lm->since, clock - lm->since);
	lm->seen = now;
	lm->since = clock;
}

static void pump_one(struct campaign *c, struct lab_machine *lm)
{
	bool again = lm->again_at && uv_now(c->config->loop) >= lm->again_at;
	if (lm->m) {
		machine_pump(lm->m);
		trace_state(c, lm);
	}
	if (lm->m && machine_state(lm->m) == MACHINE_GONE) {
		machine_free(lm->m);
		lm->m = NULL;
	}
	if (!lm->m && again && tries_again(lm)) {
		come(lm);
		machine_pump(lm->m);
	}
}

void lab_pump(struct campaign *c)
{
	for (size_t i = 0; i < c->n_machines; i++)
		pump_one(c, &c->machines[i]);
	decide_if_due(c);
	nobody_pump(c);
}

void lab_tick(struct campaign *c)
{
	for (size_t i = 0; i < c->n_machines; i++)
		if (c->machines[i].m)
			machine_check(c->machines[i].m, uv_now(c->config->loop));
	nobody_tick(c);
	campaign_wake(c);
}

void lab_quit(struct campaign *c, bool kill)
{
	for (size_t i = 0; i < c->n_machines; i++) {
		c->machines[i].again_at = 0;
		if (c->machines[i].m && kill)
			machine_kill(c->machines[i].m);
		else if (c->machines[i].m)
			machine_quit(c->machines[i].m);
	}
}

size_t lab_building(const struct campaign *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n_machines; i++)
		n += c->machines[i].slots > 0;
	return n;
}

bool lab_is_gone(const struct campaign *c)
{
	for (size_t i = 0; i < c->n_machines; i++)
		if (c->machines[i].m)
			return false;
	return true;
}

void lab_open(struct campaign *c)
{
	const struct campaign_config *cc = c->config;
	c->n_machines = cc->n_machines;
	c->machines = xcalloc(c->n_machines + 1, sizeof *c->machines);
	c->lab = cc->n_machines > 1 || !cc->machines[0].local;
	c->reference = xcalloc(n_boards(c) + 1, sizeof *c->reference);
	c->began = uv_now(cc->loop);
	for (size_t i = 0; i < c->n_machines; i++) {
		struct lab_machine *lm = &c->machines[i];
		*lm = (struct lab_machine){.campaign = c, .spec = &cc->machines[i]};
		sched_add_machine(c->sched);
	}
	campaign_bar_known(c);
	for (size_t i = 0; i < c->n_machines; i++)
		if (!c->machines[i].barred)
			come(&c->machines[i]);
}

void lab_record(const struct campaign *c)
{
	for (size_t b = 0; c->lab && b < n_boards(c); b++) {
		struct strv machines = STRV_INIT;
		const char *toolchain = NULL;
		for (size_t i = 0; c->reference[b] && i < c->n_machines; i++) {
			const struct lab_machine *lm = &c->machines[i];
			const struct look *l = lm->looks ? &lm->looks[b] : NULL;
			if (!l || !l->digest || strcmp(l->digest, c->reference[b]) != 0)
				continue;
			strv_push(&machines, lm->spec->name);
			toolchain = l->toolchain;
		}
		if (machines.n)
			rundoc_toolchain(c->doc, c->config->matrix->boards->v[b], toolchain,
				c->reference[b], &machines);
		strv_release(&machines);
	}
}

void lab_free(struct campaign *c)
{
	for (size_t i = 0; i < c->n_machines; i++) {
		looks_free(&c->machines[i]);
		free(c->machines[i].why);
		free(c->machines[i].barred);
	}
	for (size_t b = 0; b < n_boards(c); b++)
		free(c->reference[b]);
	free(c->reference);
	free(c->machines);
}
