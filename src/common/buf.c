/* buf: see buf.h. Grows by doubling and keeps one byte for the NUL. Knows no ceiling: whoever adds
 * what a peer or a file can grow has to check the length first.
 */
#include "common/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

#define BUF_MIN 64

char *buf_reserve(struct buf *b, size_t extra)
{
	/* Half the address space: xreallocarray dies on it, and doubling cannot wrap before. */
	size_t want = extra < SIZE_MAX / 2 - b->len ? b->len + extra + 1 : SIZE_MAX / 2;
	if (want > b->cap) {
		size_t cap = b->cap * 2 > BUF_MIN ? b->cap * 2 : BUF_MIN;
		if (cap < want)
			cap = want;
		b->data = xreallocarray(b->data, cap, 1);
		b->cap = cap;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = buf_reserve(b, len);
	if (len)
		memcpy(to, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
	char *to = buf_reserve(b, 1);
	to[0] = c;
	to[1] = '\0';
	b->len++;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = xvasprintf(fmt, ap);
	va_end(ap);
	buf_addstr(b, s);
	free(s);
}

void buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

char *buf_detach(struct buf *b)
{
	char *s = buf_reserve(b, 0) - b->len;
	s[b->len] = '\0';
	*b = (struct buf)BUF_INIT;
	return s;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}
