/* strmap: see strmap.h. An entry and its key are one allocation. Without memory it ends as xalloc
 * does; it never reports a failed insertion.
 */
#include "common/strmap.h"

#include <stdlib.h>
#include <string.h>

#include "common/sum64.h"
#include "common/xalloc.h"

/* uthash marks its fall-throughs by comments, which clang does not read. */
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

struct strmap_entry {
	UT_hash_handle hh;
	void *value;
	char key[];
};

static unsigned hash_of(const char *key, size_t len)
{
	return (unsigned)sum64(SUM64_START, key, len);
}

static struct strmap_entry *find_hashed(
	const struct strmap *m, const char *key, size_t len, unsigned hash)
{
	struct strmap_entry *e = NULL;
	HASH_FIND_BYHASHVALUE(hh, m->head, key, len, hash, e);
	return e;
}

static struct strmap_entry *find(const struct strmap *m, const char *key, size_t len)
{
	return m->head ? find_hashed(m, key, len, hash_of(key, len)) : NULL;
}

void *strmap_getn(const struct strmap *m, const char *key, size_t len)
{
	struct strmap_entry *e = find(m, key, len);
	return e ? e->value : NULL;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	return strmap_getn(m, key, strlen(key));
}

static void drop_value(struct strmap *m, void *value)
{
	if (m->free_value)
		m->free_value(value);
}

void strmap_set(struct strmap *m, const char *key, void *value)
{
	size_t len = strlen(key);
	unsigned hash = hash_of(key, len);
	struct strmap_entry *e = find_hashed(m, key, len, hash);
	if (e) {
		void *old = e->value;
		e->value = value;
		if (old != value)
			drop_value(m, old);
		return;
	}
	e = xmalloc(sizeof *e + len + 1);
	e->value = value;
	memcpy(e->key, key, len + 1);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, m->head, e->key, len, hash, e);
}

void strmap_del(struct strmap *m, const char *key)
{
	struct strmap_entry *e = find(m, key, strlen(key));
	if (!e)
		return;
	HASH_DELETE(hh, m->head, e);
	drop_value(m, e->value);
	free(e);
}

size_t strmap_count(const struct strmap *m)
{
	return HASH_COUNT(m->head);
}

struct strmap_entry *strmap_first(const struct strmap *m)
{
	return m->head;
}

struct strmap_entry *strmap_next(const struct strmap_entry *e)
{
	return e->hh.next;
}

const char *strmap_key(const struct strmap_entry *e)
{
	return e->key;
}

void *strmap_value(const struct strmap_entry *e)
{
	return e->value;
}

void strmap_release(struct strmap *m)
{
	struct strmap_entry *e = m->head;
	HASH_CLEAR(hh, m->head);
	while (e) {
		struct strmap_entry *next = e->hh.next;
		drop_value(m, e->value);
		free(e);
		e = next;
	}
}
