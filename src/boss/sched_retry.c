/* sched_retry: jobs that a machine could not build, by a fault of its own. They are in no lane: each goes to the first machine with room that has not
 * failed it, before anything that the machine would choose.
 */
#include "boss/sched_internal.h"

#include <string.h>
#include "common/xalloc.h"

void sched_retry_put(struct sched *s, uint32_t id)
{
	GROW(s->retries, s->n_retries, s->cap_retries);
	s->retries[s->n_retries++] = id;
}

static uint32_t take_at(struct sched *s, size_t i)
{
	uint32_t id = s->retries[i];
	s->n_retries--;
	memmove(&s->retries[i], &s->retries[i + 1], (s->n_retries - i) * sizeof *s->retries);
	return id;
}

bool sched_others(const struct sched *s, size_t machine, uint32_t id)
{
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		if (i != machine && m->slots && sched_may_build(m, s->jobs[id].board))
			return true;
	}
	return false;
}

/* Whether another machine would begin it now. */
static bool others_have_room(const struct sched *s, size_t machine, uint32_t id)
{
	for (size_t i = 0; i < s->n_machines; i++) {
		const struct pool_machine *m = &s->machines[i];
		if (i != machine && m->n_held < m->slots && sched_may_build(m, s->jobs[id].board))
			return true;
	}
	return false;
}

static bool may_try(const struct sched *s, size_t machine, uint32_t id)
{
	const struct entry *j = &s->jobs[id];
	const struct pool_machine *m = &s->machines[machine];
	if (!m->slots || !sched_may_build(m, j->board))
		return false;
	return machine != j->retry.not_on || (j->retry.here && !others_have_room(s, machine, id));
}

uint32_t sched_retry_take(struct sched *s, size_t machine)
{
	for (size_t i = 0; i < s->n_retries; i++)
		if (may_try(s, machine, s->retries[i]))
			return take_at(s, i);
	return NO_JOB;
}

bool sched_retry(struct sched *s, size_t machine, struct sched_pick p, bool here)
{
	if (!sched_wants(s, machine, p))
		return false;
	struct entry *j = &s->jobs[p.id];
	sched_drop_try(s, sched_find(s, machine, p));
	j->strikes++;
	j->retry = (struct retry){.not_on = machine, .here = here, .wanted = true};
	sched_give_up(s, j);
	return true;
}

bool sched_wants(const struct sched *s, size_t machine, struct sched_pick p)
{
	const struct attempt *t = sched_find(s, machine, p);
	return t && !t->doomed;
}

unsigned sched_strikes(const struct sched *s, uint32_t id)
{
	return s->jobs[id].strikes;
}

/* ---- ends ---- */

static void end_at(struct sched *s, size_t i, sched_ended *ended, void *ctx)
{
	uint32_t id = take_at(s, i);
	sched_finish(s, &s->jobs[id]);
	ended(ctx, id);
}

void sched_retry_end_board(struct sched *s, size_t board, sched_ended *ended, void *ctx)
{
	for (size_t i = s->n_retries; i-- > 0;)
		if (s->jobs[s->retries[i]].board == board)
			end_at(s, i, ended, ctx);
}

static bool is_stranded(const struct sched *s, uint32_t id)
{
	for (size_t i = 0; i < s->n_machines; i++)
		if (may_try(s, i, id))
			return false;
	return true;
}

void sched_end_stranded(struct sched *s, sched_ended *ended, void *ctx)
{
	for (size_t i = s->n_retries; i-- > 0;)
		if (is_stranded(s, s->retries[i]))
			end_at(s, i, ended, ctx);
}
