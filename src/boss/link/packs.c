/* packs: see packs.h. A pack is looked for by (commit, base) after the base was found on the thread; those who want one that is being
 * made wait for it.
 */
#include "boss/link/packs.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "git/pack.h"

#define MAX_BASES 64 /* of what a machine has are looked at */

struct pack {
	uv_work_t work;
	struct packs *owner;
	char *commit, *base; /* base: NULL none */
	struct buf bytes;
	bool ready;
	struct error err;
	struct pack *next;
};

struct pack_wish {
	uv_work_t work; /* finds the base */
	struct packs *owner;
	char *commit;
	struct strv bases;
	char *base; /* found; NULL none */
	struct pack *pack; /* waits for it */
	void (*done)(void *ctx, const struct buf *pack, const char *why); /* NULL: cancelled */
	void *ctx;
	struct pack_wish *prev, *next;
};

struct packs {
	uv_loop_t *loop;
	char *repo;
	struct pack *all;
	struct pack_wish *wishes;
};

static void wish_free(struct pack_wish *w)
{
	DL_DELETE(w->owner->wishes, w);
	strv_release(&w->bases);
	free(w->commit);
	free(w->base);
	free(w);
}

static void grant(struct pack_wish *w)
{
	const struct pack *p = w->pack;
	const char *why = *p->err.text ? p->err.text : NULL;
	if (w->done)
		w->done(w->ctx, why ? NULL : &p->bytes, why);
	wish_free(w);
}

/* ---- making ---- */

static void make(uv_work_t *work)
{
	struct pack *p = work->data;
	pack_make(&p->bytes, p->owner->repo, p->commit, p->base, &p->err);
}

static void made(uv_work_t *work, int status)
{
	struct pack *p = work->data;
	struct pack_wish *w, *next;
	(void)status;
	p->ready = true;
	DL_FOREACH_SAFE(p->owner->wishes, w, next)
	if (w->pack == p)
		grant(w);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct pack *get(struct packs *ps, const char *commit, const char *base)
{
	struct pack *p;
	LL_FOREACH (ps->all, p)
		if (!strcmp(p->commit, commit) && same(p->base, base))
			return p;
	p = xcalloc(1, sizeof *p);
	p->owner = ps;
	p->commit = xstrdup(commit);
	p->base = xstrdup(base);
	p->work.data = p;
	LL_PREPEND(ps->all, p);
	uv_queue_work(ps->loop, &p->work, make, made);
	return p;
}

/* ---- finding the base ---- */

static void look(uv_work_t *work)
{
	struct pack_wish *w = work->data;
	for (size_t i = 0; i < w->bases.n && i < MAX_BASES && !w->base; i++)
		if (pack_has(w->owner->repo, w->bases.v[i]))
			w->base = xstrdup(w->bases.v[i]);
}

static void looked(uv_work_t *work, int status)
{
	struct pack_wish *w = work->data;
	(void)status;
	if (!w->done) {
		wish_free(w);
		return;
	}
	w->pack = get(w->owner, w->commit, w->base);
	if (w->pack->ready)
		grant(w);
}

struct pack_wish *packs_want(struct packs *p, const char *commit, const struct strv *bases,
	void (*done)(void *ctx, const struct buf *pack, const char *why), void *ctx)
{
	struct pack_wish *w = xcalloc(1, sizeof *w);
	w->owner = p;
	w->commit = xstrdup(commit);
	strv_push_all(&w->bases, bases);
	w->done = done;
	w->ctx = ctx;
	w->work.data = w;
	DL_APPEND(p->wishes, w);
	uv_queue_work(p->loop, &w->work, look, looked);
	return w;
}

void packs_cancel(struct pack_wish *w)
{
	if (!w)
		return;
	w->done = NULL;
	/* Nobody is told; it goes when the thread is done with it, or now. */
	if (w->pack)
		wish_free(w);
}

/* ---- life ---- */

struct packs *packs_new(uv_loop_t *loop, const char *repo)
{
	struct packs *p = xcalloc(1, sizeof *p);
	p->loop = loop;
	p->repo = xstrdup(repo);
	return p;
}

void packs_free(struct packs *p)
{
	struct pack *k, *next;
	if (!p)
		return;
	LL_FOREACH_SAFE(p->all, k, next)
	{
		free(k->commit);
		free(k->base);
		buf_release(&k->bytes);
		free(k);
	}
	free(p->repo);
	free(p);
}
