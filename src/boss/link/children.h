/* children: tells several watchers that children of this process have ended. One signal handle serves all: libuv writes a message per handle and
 * signal, and drops what the loop's pipe does not take, which hundreds of them fill.
 */
#ifndef BOSS_LINK_CHILDREN_H
#define BOSS_LINK_CHILDREN_H

#include <uv.h>

struct children;
struct children_watcher;

struct children *children_new(uv_loop_t *loop);
/* Nobody watches any more. The memory goes when the loop has let go of the handle. NULL is fine. */
void children_free(struct children *c);

/* From now on look(ctx) is called on the loop's thread whenever a child may have ended; whose it is, waitid(2) tells. It may neither watch nor
 * unwatch. The loop lives while anybody watches. */
struct children_watcher *children_watch(struct children *c, void (*look)(void *ctx), void *ctx);
void children_unwatch(struct children_watcher *w);

#endif
