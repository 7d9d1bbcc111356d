/* strv: the one vector of strings. `v` is NULL-terminated, so it serves as argv, and is NULL
 * while nothing was ever pushed. Owns its strings. Zero-initialise with STRV_INIT.
 */
#ifndef COMMON_STRV_H
#define COMMON_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **v;
	size_t n;
	size_t cap;
};

#define STRV_INIT \
	{ \
		0 \
	}

void strv_push(struct strv *sv, const char *s);
/* Takes `s`. */
void strv_push_take(struct strv *sv, char *s);
void strv_pushf(struct strv *sv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_push_all(struct strv *sv, const struct strv *from);
bool strv_contains(const struct strv *sv, const char *s);
/* Pushes unless it is there; true when pushed. */
bool strv_push_unique(struct strv *sv, const char *s);
bool strv_equal(const struct strv *a, const struct strv *b);
/* Bytewise order. */
void strv_sort(struct strv *sv);
/* Splits at each byte of `seps`; empty pieces are left out. */
void strv_split(struct strv *sv, const char *s, const char *seps);
/* Takes element i out; the caller frees it. */
char *strv_take(struct strv *sv, size_t i);
void strv_clear(struct strv *sv);
void strv_release(struct strv *sv);

#endif
