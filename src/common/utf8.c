/* utf8: see utf8.h. Works on bytes with a length, so that a NUL is a character like another. Knows
 * nothing of widths, case or normal forms.
 */
#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

#include "common/buf.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* The length of the character at the start, 1 to 4. Where none stands there, 0, and *bad is how many
 * bytes to give up: the longest start of a character, at least 1. */
static size_t char_len(const unsigned char *s, size_t len, size_t *bad)
{
	unsigned char c = s[0], low = 0x80, high = 0xbf;
	size_t need = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	*bad = 1;
	/* The second byte alone tells overlong forms, surrogates and what is too great. */
	switch (c) {
	case 0xe0: low = 0xa0; break;
	case 0xed: high = 0x9f; break;
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break;
	default: break;
	}
	for (size_t i = 1; i < need; i++) {
		if (i == len || s[i] < low || s[i] > high) {
			*bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

/* How many bytes of ASCII stand at the start: nearly all that comes is that, so that it is looked at by words. */
static size_t ascii_len(const char *s, size_t len)
{
	const uint64_t high_bits = UINT64_C(0x8080808080808080);
	size_t i = 0;
	for (uint64_t word; len - i >= sizeof word; i += sizeof word) {
		memcpy(&word, s + i, sizeof word);
		if (word & high_bits)
			break;
	}
	while (i < len && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

/* How much from the start is valid; *bad as above unless that is all. */
static size_t valid_len(const char *s, size_t len, size_t *bad)
{
	size_t i = 0;
	while (i += ascii_len(s + i, len - i), i < len) {
		size_t n = char_len((const unsigned char *)s + i, len - i, bad);
		if (!n)
			break;
		i += n;
	}
	return i;
}

size_t utf8_first(const char *s, size_t len)
{
	size_t bad;
	return len ? char_len((const unsigned char *)s, len, &bad) : 0;
}

bool utf8_valid(const char *s, size_t len)
{
	size_t bad;
	return valid_len(s, len, &bad) == len;
}

void utf8_add(struct buf *out, const char *s, size_t len)
{
	for (;;) {
		size_t bad, good = valid_len(s, len, &bad);
		buf_add(out, s, good);
		if (good == len)
			return;
		buf_addstr(out, REPLACEMENT);
		s += good + bad;
		len -= good + bad;
	}
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	/* At most three continuation bytes follow a first one; more are not UTF-8 and may be cut. */
	for (size_t back = 0; back <= 3 && back < max; back++) {
		if (((unsigned char)s[max - back] & 0xc0) != 0x80)
			return max - back;
	}
	return max <= 3 ? 0 : max;
}
