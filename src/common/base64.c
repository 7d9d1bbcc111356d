/* base64: see base64.h. Nettle encodes. It decodes a character at a time, and too kindly (it skips blanks), so that this is done here by a
 * table.
 */
#include "common/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <nettle/base64.h>

#include "common/buf.h"

#define NO_DIGIT 64 /* a bit that no digit's value has */

void base64_add(struct buf *out, const void *data, size_t len)
{
	size_t chars = BASE64_ENCODE_RAW_LENGTH(len);
	base64_encode_raw(buf_reserve(out, chars), len, data);
	out->len += chars;
	buf_truncate(out, out->len);
}

/* What each character stands for. */
static void fill_values(uint8_t value[256])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	memset(value, NO_DIGIT, 256);
	for (uint8_t i = 0; alphabet[i]; i++)
		value[(uint8_t)alphabet[i]] = i;
}

/* The 24 bits of four characters; adds the bits of their values to `seen`. */
static inline uint32_t group(const uint8_t value[256], const char *four, uint32_t *seen)
{
	uint32_t a = value[(uint8_t)four[0]], b = value[(uint8_t)four[1]];
	uint32_t c = value[(uint8_t)four[2]], d = value[(uint8_t)four[3]];
	*seen |= a | b | c | d;
	return a << 18 | b << 12 | c << 6 | d;
}

/* The last group, of which `pad` characters are padding. False when there are bits where that stands. */
static bool add_padded(
	const uint8_t value[256], const char *four, size_t pad, char *to, uint32_t *seen)
{
	const char filled[4] = {four[0], four[1], pad == 2 ? 'A' : four[2], 'A'};
	uint32_t bits = group(value, filled, seen);
	to[0] = (char)(bits >> 16);
	if (pad == 1)
		to[1] = (char)(bits >> 8);
	return !(bits & (pad == 2 ? 0xffff : 0xff));
}

int base64_decode(struct buf *out, const char *text, size_t len)
{
	uint8_t value[256];
	uint32_t seen = 0;
	if (len == 0)
		return 0;
	if (len % 4)
		return -1;
	size_t pad = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
	size_t whole = pad ? len - 4 : len, n = len / 4 * 3 - pad, before = out->len;
	char *to = buf_reserve(out, n);
	fill_values(value);
	for (size_t i = 0; i < whole; i += 4, to += 3) {
		uint32_t bits = group(value, text + i, &seen);
		to[0] = (char)(bits >> 16);
		to[1] = (char)(bits >> 8);
		to[2] = (char)bits;
	}
	bool good = !pad || add_padded(value, text + whole, pad, to, &seen);
	good &= !(seen & NO_DIGIT);
	out->len = before + (good ? n : 0);
	buf_truncate(out, out->len);
	return good ? 0 : -1;
}
