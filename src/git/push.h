/* push: the boss's side of git's receive-pack protocol (version 0, gitprotocol-pack(5)), as a state machine over bytes: it touches no
 * descriptor. Feed it what the far side says; it tells what to send.
 */
#ifndef GIT_PUSH_H
#define GIT_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct buf;
struct error;
struct push;

#define PUSH_MARK \
	"BM>GO" /* a line that the script prints before receive-pack: what comes before is a chatty login shell's */

enum push_state {
	PUSH_LISTENING, /* the far side tells its refs */
	PUSH_ASKING, /* refs are known: push_refs, then push_send */
	PUSH_SENT, /* waits for the report */
	PUSH_DONE, /* the ref is there */
	PUSH_FAILED,
};

struct push_ref {
	char *name, *id; /* hex */
};

struct push *push_new(void);
void push_free(struct push *p);
enum push_state push_state(const struct push *p);
/* Takes bytes. -1 and err when the far side says no, or nonsense; the state is PUSH_FAILED then. */
int push_feed(struct push *p, const void *data, size_t len, struct error *err);
/* What the far side has beneath refs/bm/, in its order. Borrowed. */
const struct push_ref *push_refs(const struct push *p, size_t *n);
/* In PUSH_ASKING: adds to `out` what goes before the pack: creates or moves `ref` to `id` and deletes those of `drop` that it has. *needs_pack is false when
 * the ref is there already with that id and nothing is to be deleted: `out` is then just the flush that says goodbye, and the state PUSH_DONE. A pack must follow when
 * anything is created or moved. */
void push_send(struct push *p, const char *ref, const char *id, const struct strv *drop,
	struct buf *out, bool *needs_pack);

#endif
