/* base64: bytes as text and back (Nettle), the plain alphabet of RFC 4648 with padding, no line ends. */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include <stddef.h>

struct buf;

/* Adds the text of `len` bytes: 4 characters for each 3. */
void base64_add(struct buf *out, const void *data, size_t len);
/* Adds the bytes that the text stands for. -1, and nothing is added, unless it is exactly what base64_add writes for some bytes:
 * whole groups of four, no other characters, padding at the end only, no stray bits in front of it. */
int base64_decode(struct buf *out, const char *text, size_t len);

#endif
