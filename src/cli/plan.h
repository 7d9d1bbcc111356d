/* plan: what a compile would build: boards, sketches, rules, jobs, settings. Nothing is made on disk. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "boss/matrix.h"
#include "cli/plan_boards.h"
#include "cli/select.h"
#include "cli/setup.h"
#include "wire/job.h"

struct invocation;
struct rules;

struct plan {
	struct setup setup;
	struct selection selection;
	struct rules *rules;
	struct plan_board **boards; /* each once */
	size_t n_boards;
	struct strv fqbns; /* theirs; then those that nobody has, all skipped */
	struct strv platforms; /* a line each, for people */
	struct matrix matrix;
	struct settings settings;
};

/* `asker` is for boards that cannot be built here; NULL: nobody is asked. -1 and err: a usage error. A plan without rows is one. Release it in either
 * case. */
int plan_make(
	struct plan *p, struct invocation *in, const struct plan_asker *asker, struct error *err);
void plan_release(struct plan *p);
/* Whether a rule that --no-filter turns off skips a row. */
bool plan_is_filtered(const struct plan *p);
/* Adds why each row is skipped, each reason once with its count, for "all were skipped". */
void plan_skips(const struct plan *p, struct buf *out);

#endif
