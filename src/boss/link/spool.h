/* spool: files on their way from a worker: pieces come in, whole files go out with the result they belong to. It trusts nothing: only jobs it was told
 * to expect, only allowed names, pieces in order, sizes below a ceiling, digests as the result says. Names of the worker never become paths.
 */
#ifndef BOSS_LINK_SPOOL_H
#define BOSS_LINK_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include "wire/job.h"

struct error;
struct spool;

#define SPOOL_MAX_FILE (256ull << 20) /* bytes of one file */
#define SPOOL_MAX_JOB (1ull << 30) /* of all files of one job */

/* Files lie in `dir`, which is made when first needed and removed with the spool; NULL: no file may come. */
struct spool *spool_new(const char *dir);
void spool_free(struct spool *s);
/* The worker was given that attempt: it may send files of it. */
void spool_expect(struct spool *s, uint32_t job, uint32_t attempt);
/* Nothing of it is wanted any more: what came is dropped, and what still comes is an error no longer than this. */
void spool_drop(struct spool *s, uint32_t job, uint32_t attempt);
/* -1 and err: the worker lies, or our disk does not take it. */
int spool_piece(struct spool *s, const struct artifact_piece *p, struct error *err);
/* Gives the result as its files make it: artefacts with the paths where they lie, texts whole. `out` borrows from `r`, and from the spool until
 * spool_drop, which removes the files that were not moved. -1 and err: the worker lies, or our disk has not kept it. */
int spool_complete(
	struct spool *s, const struct build_result *r, struct build_result *out, struct error *err);
/* An error was our own disk's: no worker is to blame. */
bool spool_is_broken(const struct spool *s);

#endif
