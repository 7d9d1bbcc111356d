/* words: the identifiers of one text, and where each is first met. Keys are borrowed from the
 * text. */
#ifndef SKETCH_WORDS_H
#define SKETCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct word {
	const char *s; /* NULL in a free place */
	size_t len;
	int first; /* position of the first mention */
	bool late; /* may be declared, or be changed, behind the place where prototypes go */
};

struct word_map {
	struct word *v;
	size_t n, cap; /* cap is a power of two, never full */
};

/* Sized for a text of `len` bytes. */
void words_init(struct word_map *m, size_t len);
/* The word, noted at `position` when it is new. Borrowed until the next words_touch. */
struct word *words_touch(struct word_map *m, const char *s, size_t len, int position);
/* NULL when it was never met. */
struct word *words_find(const struct word_map *m, const char *s, size_t len);
void words_release(struct word_map *m);

#endif
