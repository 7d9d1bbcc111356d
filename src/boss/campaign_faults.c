/* campaign_faults: machines that could not build, by a fault of their own: what becomes of them, and of the jobs. What a fault proves evidence
 * says; here it is done and told.
 */
#include "boss/campaign_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "boss/evidence.h"
#include "boss/matrix.h"
#include "boss/quarantine.h"
#include "boss/rundoc.h"
#include "common/error.h"
#include "common/log.h"
#include "common/xalloc.h"

static const char *reason_of(const struct build_result *r)
{
	return r->reason ? r->reason : "it gave a result that is none";
}

/* ---- the machine ---- */

/* Half as many at once, unless the job was begun when there were more: several may be killed for one lack. */
static void halve(struct campaign *c, struct lab_machine *lm, const struct build_result *r)
{
	const struct sched_pick p = {r->job, r->attempt};
	bool known = lm->cap && sched_started_at(c->sched, lab_index(lm), p) < lm->capped;
	if (lm->slots <= 1 || known)
		return;
	lm->slots = lm->cap = lm->slots / 2;
	lm->capped = rundoc_clock(c->doc);
	machine_limit(lm->m, (int)lm->cap);
	sched_machine_ready(c->sched, lab_index(lm), lm->slots);
	lab_tell(c, "%s: out of memory: at most %u sketch%s at once from now on (%s)",
		lm->spec->name, lm->cap, lm->cap == 1 ? "" : "es", reason_of(r));
}

static void drain(struct lab_machine *lm, const struct build_result *r)
{
	if (!lm->barred)
		lab_bar(lm, xasprintf("no more jobs in this run: %s; cure: make room there",
				    reason_of(r)));
}

static void hold(struct campaign *c, struct lab_machine *lm, const struct build_result *r)
{
	struct campaign_job *j = &c->jobs[r->job];
	j->accused = lm;
	if (lm->charges++ || lm->barred)
		return;
	sched_hold(c->sched, lab_index(lm), true);
	lab_tell(c, "%s: no jobs until another machine has tried %s for %s: %s", lm->spec->name,
		c->result->rows[j->row].sketch, c->result->rows[j->row].board, reason_of(r));
}

/* ---- the job ---- */

static void charge(struct campaign *c, const struct lab_machine *lm, const struct build_result *r)
{
	struct campaign_job *j = &c->jobs[r->job];
	free(j->charge);
	j->charge = xstrdup(reason_of(r));
	j->charged = lm;
}

static bool has_others(
	const struct campaign *c, const struct lab_machine *lm, const struct build_result *r)
{
	return sched_others(c->sched, lab_index(lm), r->job) || (c->lab && nobody_is_late(c));
}

bool campaign_fault(struct campaign *c, struct lab_machine *lm, const struct build_result *r)
{
	const struct sched_pick p = {r->job, r->attempt};
	if (!sched_wants(c->sched, lab_index(lm), p))
		return false;
	const struct evidence e =
		evidence_of_fault(r->fault, sched_strikes(c->sched, r->job), has_others(c, lm, r));
	switch (e.machine) {
	case MACHINE_STAYS: break;
	case MACHINE_WAITS: hold(c, lm, r); break;
	case MACHINE_HALVED: halve(c, lm, r); break;
	case MACHINE_DRAINED: drain(lm, r); break;
	}
	if (e.job == JOB_ENDS)
		return false;
	charge(c, lm, r);
	return sched_retry(c->sched, lab_index(lm), p, e.job == JOB_AGAIN);
}

/* ---- the judgement ---- */

/* Takes `why`. */
static void put_away(struct lab_machine *lm, char *why)
{
	const char *name = lm->spec->name, *dir = lm->campaign->config->quarantine;
	struct error err = ERROR_INIT;
	lab_bar(lm, quarantine_text(name, why));
	if (dir && quarantine_add(dir, name, why, &err) < 0)
		log_warning("%s", err.text);
	free(why);
}

static void convict(
	struct campaign *c, uint32_t id, const struct lab_machine *by, struct lab_machine *accused)
{
	const struct run_row *row = &c->result->rows[c->jobs[id].row];
	put_away(accused, xasprintf("%s, when %s had no trouble with %s for %s", c->jobs[id].charge,
				  by->spec->name, row->sketch, row->board));
}

void campaign_convict_liar(struct lab_machine *lm, const char *why)
{
	const char *cure = strstr(why, "; cure: "); /* the quarantine's counts */
	put_away(lm, xstrndup(why, cure ? (size_t)(cure - why) : strlen(why)));
}

void campaign_judge(struct campaign *c, uint32_t id, const struct lab_machine *by, enum verdict v)
{
	struct lab_machine *accused = c->jobs[id].accused;
	if (!accused)
		return;
	c->jobs[id].accused = NULL;
	accused->charges--;
	if (by && by != accused && evidence_convicts(v) && !accused->barred)
		convict(c, id, by, accused);
	if (!accused->charges)
		sched_hold(c->sched, lab_index(accused), false);
	campaign_wake(c);
}

void campaign_bar_known(struct campaign *c)
{
	time_t now = time(NULL);
	for (size_t i = 0; c->lab && c->config->quarantine && i < c->n_machines; i++) {
		struct lab_machine *lm = &c->machines[i];
		char *why = quarantine_trouble(c->config->quarantine, lm->spec->name, now);
		if (why)
			lab_bar(lm, why);
	}
}
