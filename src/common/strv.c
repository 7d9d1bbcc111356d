/* strv: see strv.h. Keeps v[n] NULL once v exists. Looks strings up one by one: for sets that grow
 * with the input use strmap.
 */
#include "common/strv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

void strv_push_take(struct strv *sv, char *s)
{
	if (sv->n + 1 >= sv->cap) {
		sv->cap = sv->cap ? sv->cap * 2 : 8;
		sv->v = xreallocarray(sv->v, sv->cap, sizeof *sv->v);
	}
	sv->v[sv->n++] = s;
	sv->v[sv->n] = NULL;
}

void strv_push(struct strv *sv, const char *s)
{
	strv_push_take(sv, xstrdup(s));
}

void strv_pushf(struct strv *sv, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = xvasprintf(fmt, ap);
	va_end(ap);
	strv_push_take(sv, s);
}

void strv_push_all(struct strv *sv, const struct strv *from)
{
	size_t n = from->n;
	for (size_t i = 0; i < n; i++)
		strv_push(sv, from->v[i]);
}

bool strv_contains(const struct strv *sv, const char *s)
{
	for (size_t i = 0; i < sv->n; i++) {
		if (strcmp(sv->v[i], s) == 0)
			return true;
	}
	return false;
}

bool strv_push_unique(struct strv *sv, const char *s)
{
	if (strv_contains(sv, s))
		return false;
	strv_push(sv, s);
	return true;
}

bool strv_equal(const struct strv *a, const struct strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *sv)
{
	if (sv->n > 1)
		qsort(sv->v, sv->n, sizeof *sv->v, compare);
}

void strv_split(struct strv *sv, const char *s, const char *seps)
{
	for (;;) {
		s += strspn(s, seps);
		size_t len = strcspn(s, seps);
		if (!len)
			return;
		strv_push_take(sv, xstrndup(s, len));
		s += len;
	}
}

char *strv_take(struct strv *sv, size_t i)
{
	assert(i < sv->n);
	char *s = sv->v[i];
	/* Moves the NULL at the end too. */
	memmove(&sv->v[i], &sv->v[i + 1], (sv->n - i) * sizeof *sv->v);
	sv->n--;
	return s;
}

void strv_clear(struct strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	sv->n = 0;
	if (sv->v)
		sv->v[0] = NULL;
}

void strv_release(struct strv *sv)
{
	strv_clear(sv);
	free(sv->v);
	*sv = (struct strv)STRV_INIT;
}
