/* outq: bytes that wait to be written. Each is moved once on the average, and a queue that was long gives its memory back.
 */
#ifndef BOSS_LINK_OUTQ_H
#define BOSS_LINK_OUTQ_H

#include <stddef.h>
#include "common/buf.h"

struct outq {
	struct buf bytes;
	size_t sent; /* of them */
};

void outq_add(struct outq *q, const void *data, size_t len);
/* The bytes that wait, borrowed until the next change, and how many. */
const char *outq_head(const struct outq *q);
size_t outq_len(const struct outq *q);
/* `n` of them were written. */
void outq_sent(struct outq *q, size_t n);
void outq_release(struct outq *q);

#endif
