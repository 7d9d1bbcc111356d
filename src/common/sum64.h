/* sum64: a 64-bit check sum that notices a damaged or half-written file of our own cache, and spreads keys over hash
 * slots. It is no digest: contents are always compared by SHA-256.
 */
#ifndef COMMON_SUM64_H
#define COMMON_SUM64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SUM64_START 0x9e3779b97f4a7c15u

static inline uint64_t sum64_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

/* The sum of `len` bytes on top of `h`, SUM64_START at first. The length counts. */
static inline uint64_t sum64(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;
	h = sum64_mix(h, len);
	for (; len >= sizeof word; len -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		h = sum64_mix(h, word);
	}
	word = 0;
	if (len)
		memcpy(&word, p, len);
	return sum64_mix(h, word);
}

#endif
