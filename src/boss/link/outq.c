/* outq: see outq.h.
 */
#include "boss/link/outq.h"

#include <assert.h>
#include <string.h>

/* More memory than this is not kept by an empty queue. */
#define KEEP 65536

const char *outq_head(const struct outq *q)
{
	return buf_str(&q->bytes) + q->sent;
}

size_t outq_len(const struct outq *q)
{
	return q->bytes.len - q->sent;
}

/* Moves what waits to the front, when less waits than was sent. */
static void compact(struct outq *q)
{
	size_t left = outq_len(q);
	if (!q->sent || left > q->sent)
		return;
	memmove(q->bytes.data, q->bytes.data + q->sent, left);
	buf_truncate(&q->bytes, left);
	q->sent = 0;
}

void outq_add(struct outq *q, const void *data, size_t len)
{
	compact(q);
	buf_add(&q->bytes, data, len);
}

void outq_sent(struct outq *q, size_t n)
{
	assert(n <= outq_len(q));
	q->sent += n;
	if (outq_len(q))
		return;
	q->sent = 0;
	if (q->bytes.cap > KEEP)
		buf_release(&q->bytes);
	else
		buf_clear(&q->bytes);
}

void outq_release(struct outq *q)
{
	buf_release(&q->bytes);
	q->sent = 0;
}
