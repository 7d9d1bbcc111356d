/* utf8: whether bytes are UTF-8, and text made of what is not. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* No surrogates, no overlong forms, nothing above U+10FFFF. */
bool utf8_valid(const char *s, size_t len);
/* The length of the character at the start; 0 when none stands there, or nothing. */
size_t utf8_first(const char *s, size_t len);
/* Adds the text; each piece that is not UTF-8 becomes one U+FFFD. */
void utf8_add(struct buf *out, const char *s, size_t len);
/* The greatest length up to `max` at which valid UTF-8 can be cut without splitting a character. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
