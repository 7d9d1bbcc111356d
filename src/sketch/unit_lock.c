/* unit_lock: the machine-wide lock of a unit's kind, waited for in a thread of libuv's pool, so that the loop goes on.
 */
#include <stdlib.h>
#include <unistd.h>
#include "common/xalloc.h"
#include "sketch/context.h"
#include "sketch/store.h"
#include "sketch/unit.h"
#include "sketch/unit_internal.h"

struct lock_request {
	uv_work_t work;
	struct unit *unit; /* NULL: nobody wants it any more */
	void (*locked)(struct unit *u);
	struct store *store;
	struct locks *locks;
	struct digest kind;
	int fd;
};

static void lock_work(uv_work_t *w)
{
	struct lock_request *r = w->data;
	r->fd = store_lock(r->store, &r->kind, NULL);
}

static void leave(struct locks *l)
{
	if (l->pending || !l->orphan)
		return;
	store_free(l->orphan);
	free(l);
}

/* A lock that cannot be had (read-only cache) is gone without: the store's writes are atomic anyway. */
static void lock_done(uv_work_t *w, int status)
{
	struct lock_request *r = w->data;
	struct unit *u = r->unit;
	(void)status;
	r->locks->pending--;
	if (!u) {
		if (r->fd >= 0)
			close(r->fd);
		leave(r->locks);
		free(r);
		return;
	}
	u->locking = NULL;
	u->lock = r->fd;
	void (*locked)(struct unit * u) = r->locked;
	free(r);
	locked(u);
}

void unit_lock(struct unit *u, void (*locked)(struct unit *u))
{
	struct shared *s = u->context->shared;
	struct lock_request *r = xcalloc(1, sizeof *r);
	*r = (struct lock_request){
		.unit = u,
		.locked = locked,
		.store = s->store,
		.locks = s->locks,
		.kind = u->kind,
		.fd = -1,
	};
	r->work.data = r;
	s->locks->pending++;
	u->locking = r;
	u->state = UNIT_LOCKING;
	uv_queue_work(s->loop, &r->work, lock_work, lock_done);
}

void unit_unlock(struct unit *u)
{
	if (u->lock >= 0)
		close(u->lock);
	u->lock = -1;
}

void unit_lock_forget(struct unit *u)
{
	if (u->locking)
		u->locking->unit = NULL;
	u->locking = NULL;
}
