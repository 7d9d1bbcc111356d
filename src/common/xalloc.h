/* xalloc: allocation that does not fail. Out of memory prints one line and exits with status 3;
 * nothing else in library code exits.
 */
#ifndef COMMON_XALLOC_H
#define COMMON_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* Dies on overflow of n * size too. */
void *xreallocarray(void *p, size_t n, size_t size);
/* For memory that a library allocated: dies when `p` is NULL, else gives it back. */
void *xcheck(void *p);
/* NULL gives NULL. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Makes room for at least one more element in array `v` with `n` used and `cap` allocated. */
#define GROW(v, n, cap) \
	do { \
		if ((n) == (cap)) { \
			(cap) = (cap) ? (cap)*2 : 8; \
			(v) = xreallocarray((v), (cap), sizeof *(v)); \
		} \
	} while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

#endif
