/* buf: the one growable byte buffer. `data` is always NUL-terminated once something was added;
 * the NUL is not counted. Zero-initialise with BUF_INIT.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NULL until something was added */
	size_t len;
	size_t cap;
};

#define BUF_INIT \
	{ \
		0 \
	}

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for `extra` more bytes (and the NUL) and returns where they go; the caller adds to `len`. */
char *buf_reserve(struct buf *b, size_t extra);
/* Cuts to `len` bytes, which must not be more than there are. */
void buf_truncate(struct buf *b, size_t len);
/* Empties for reuse, keeps the memory. */
void buf_clear(struct buf *b);
/* Frees the memory; the buffer is usable again. */
void buf_release(struct buf *b);
/* Gives the text to the caller (never NULL; free() it) and leaves the buffer empty. */
char *buf_detach(struct buf *b);
/* The text, "" when empty. Borrowed until the next change. */
const char *buf_str(const struct buf *b);

#endif
