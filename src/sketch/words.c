/* words: see words.h. Open addressing and no allocation per word, because every sketch of a run
 * passes through here and the whole look at one has to stay far below the cost of starting a
 * process.
 */
#include "sketch/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

static size_t hash(const char *s, size_t len)
{
	uint64_t h = len;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

static struct word *place(const struct word_map *m, const char *s, size_t len)
{
	size_t i = hash(s, len) & (m->cap - 1);
	while (m->v[i].s && (m->v[i].len != len || memcmp(m->v[i].s, s, len) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->v[i];
}

static void grow(struct word_map *m)
{
	struct word_map larger = {.cap = m->cap * 2};
	larger.v = xcalloc(larger.cap, sizeof *larger.v);
	for (size_t i = 0; i < m->cap; i++) {
		if (m->v[i].s)
			*place(&larger, m->v[i].s, m->v[i].len) = m->v[i];
	}
	larger.n = m->n;
	free(m->v);
	*m = larger;
}

void words_init(struct word_map *m, size_t len)
{
	size_t cap = 256;
	while (cap < len / 16 && cap < 65536)
		cap *= 2;
	*m = (struct word_map){.v = xcalloc(cap, sizeof *m->v), .cap = cap};
}

struct word *words_touch(struct word_map *m, const char *s, size_t len, int position)
{
	if (m->n >= m->cap / 2)
		grow(m);
	struct word *w = place(m, s, len);
	if (!w->s) {
		*w = (struct word){.s = s, .len = len, .first = position};
		m->n++;
	}
	return w;
}

struct word *words_find(const struct word_map *m, const char *s, size_t len)
{
	struct word *w = place(m, s, len);
	return w->s ? w : NULL;
}

void words_release(struct word_map *m)
{
	free(m->v);
	*m = (struct word_map){0};
}
