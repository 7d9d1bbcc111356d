/* translate: between the wire's nouns and the engine's. The engine knows no wire, so that somebody has to. */
#ifndef WORKER_TRANSLATE_H
#define WORKER_TRANSLATE_H

#include <stdint.h>
#include "sketch/engine.h"
#include "wire/job.h"

/* What the engine knows by number, the wire knows by (job, attempt). */
static inline uint64_t job_number(uint32_t job, uint32_t attempt)
{
	return (uint64_t)attempt << 32 | job;
}

/* Borrows everything of `e`; only the array of artefacts is new: free() it. */
struct build_result translate_result(const struct engine_result *e);
/* Borrows everything of `u`. */
struct unit_report translate_unit(const struct engine_unit *u);
/* Borrows everything of `j`. */
struct engine_job translate_job(const struct job *j);
/* Everything but dirs and platforms. Release it; texts are borrowed from `t`. */
struct engine_config translate_settings(const struct settings *t, int threads);
void translate_release(struct engine_config *c);

#endif
