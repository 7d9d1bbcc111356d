/* campaign_nobody: jobs that no machine can build, as the lab is now, and runs in which no machine is left. Nobody is given up while one
 * that is not here is worth waiting for.
 */
#include "boss/campaign_internal.h"

#include <stdlib.h>
#include "boss/matrix.h"
#include "common/buf.h"
#include "common/xalloc.h"

static bool may_come(const struct campaign *c)
{
	bool coming = false;
	for (size_t i = 0; i < c->n_machines; i++)
		coming |= !c->machines[i].slots && !c->machines[i].barred;
	return coming;
}

bool nobody_is_late(const struct campaign *c)
{
	uint64_t now = uv_now(c->config->loop);
	return may_come(c) && (double)(now - c->began) < c->config->wait * 1000;
}

/* Why, for each machine that was asked. New string. */
static char *why_nobody(const struct campaign *c, size_t board)
{
	struct buf text = BUF_INIT;
	buf_addstr(&text, "no machine can build it");
	for (size_t i = 0; i < c->n_machines; i++) {
		const struct lab_machine *lm = &c->machines[i];
		const char *why = lm->looks ? lm->looks[board].why : lm->why;
		if (lm->barred)
			why = lm->barred;
		if (why)
			buf_addf(&text, "; %s: %s", lm->spec->name, why);
	}
	return buf_detach(&text);
}

struct nobody {
	struct campaign *campaign;
	char *why;
};

static void on_nobody(void *ctx, uint32_t id)
{
	struct nobody *n = ctx;
	campaign_job_end(n->campaign, id, VERDICT_INFRA, n->why);
}

static void end_board(struct campaign *c, size_t board)
{
	struct nobody n = {c, why_nobody(c, board)};
	sched_end_board(c->sched, board, on_nobody, &n);
	free(n.why);
}

static bool has_builder(const struct campaign *c, size_t board)
{
	for (size_t i = 0; i < c->n_machines; i++)
		if (c->machines[i].slots && lab_may_build(c, &c->machines[i], board))
			return true;
	return false;
}

static void on_stranded(void *ctx, uint32_t id)
{
	struct campaign *c = ctx;
	const struct campaign_job *j = &c->jobs[id];
	char *reason = xasprintf(
		"%s: %s; no other machine could try it", j->charged->spec->name, j->charge);
	campaign_job_end(c, id, VERDICT_INFRA, reason);
	free(reason);
}

void nobody_tick(struct campaign *c)
{
	if (!c->lab || !c->decided || nobody_is_late(c))
		return;
	for (size_t b = 0; b < c->config->matrix->boards->n; b++)
		if (!has_builder(c, b))
			end_board(c, b);
	sched_end_stranded(c->sched, on_stranded, c);
}

static bool is_here(const struct lab_machine *lm)
{
	return lm->slots > 0 || (lm->spec->local && lm->m);
}

void nobody_pump(struct campaign *c)
{
	uint64_t now = uv_now(c->config->loop);
	bool here = false;
	for (size_t i = 0; i < c->n_machines; i++)
		here |= is_here(&c->machines[i]);
	if (here || c->stop != STOP_NONE) {
		c->idle_since = 0;
		return;
	}
	if (!c->idle_since)
		c->idle_since = now ? now : 1;
	if (!c->lab || !may_come(c) || (double)(now - c->idle_since) >= c->config->wait * 1000)
		campaign_stop(c, STOP_MACHINES);
}
