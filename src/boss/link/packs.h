/* packs: what is sent to machines, made once for all that have the same base, on a thread.
 */
#ifndef BOSS_LINK_PACKS_H
#define BOSS_LINK_PACKS_H

#include <uv.h>
#include "common/strv.h"

struct buf;
struct packs;
struct pack_wish;

/* `repo`: our own repository. One for a run. */
struct packs *packs_new(uv_loop_t *loop, const char *repo);
/* When no wish is open. */
void packs_free(struct packs *p);
/* Asks for a pack of `commit` without what the first of `bases` (ids that the other side has) that we know has. `done` comes from the loop; `pack` is borrowed and
 * stays until packs_free; NULL and why when it could not be made. */
struct pack_wish *packs_want(struct packs *p, const char *commit, const struct strv *bases,
	void (*done)(void *ctx, const struct buf *pack, const char *why), void *ctx);
/* Its `done` will not come. */
void packs_cancel(struct pack_wish *w);

#endif
