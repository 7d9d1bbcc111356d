/* push: the boss's side of git's receive-pack protocol (version 0, gitprotocol-pack(5)), as a state machine over bytes: it touches no
 * descriptor. Feed it what the far side says; it tells what to send.
 *
 * The caller: feeds until PUSH_ASKING, looks at push_refs for a base, calls push_send, sends what that gives and then the pack when one is
 * needed, and feeds until PUSH_DONE.
 */
#ifndef GIT_PUSH_H
#define GIT_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct buf;
struct error;
struct push;

/* A line that the script prints before receive-pack: what comes before is a chatty login shell's. */
#define PUSH_MARK "BM>GO"
/* The refs that are ours. */
#define PUSH_PREFIX "refs/bm/"

/* What the far side may say: bytes before the mark, pkt-lines in all, refs kept, bytes of a ref's name. */
#define PUSH_MAX_NOISE (1u << 20)
#define PUSH_MAX_LINES 100000
#define PUSH_MAX_REFS 4096
#define PUSH_MAX_NAME 1024

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
/* "listening", … */
const char *push_state_name(enum push_state s);
/* Takes bytes. -1 and err when the far side says no, or nonsense; the state is PUSH_FAILED then, and stays. After PUSH_DONE they are dropped. */
int push_feed(struct push *p, const void *data, size_t len, struct error *err);
/* What the far side has beneath PUSH_PREFIX, in its order. Borrowed. */
const struct push_ref *push_refs(const struct push *p, size_t *n);
/* In PUSH_ASKING: adds to `out` what goes before the pack: creates or moves `ref` to `id` (hex) and deletes those of `drop` that it has
 * (never `ref`; a deletion that is refused does not fail the push). *needs_pack: a pack must follow, since the ref is created or moved. When
 * nothing is to be done `out` is just the flush that says goodbye, and the state PUSH_DONE. */
void push_send(struct push *p, const char *ref, const char *id, const struct strv *drop,
	struct buf *out, bool *needs_pack);

#endif
