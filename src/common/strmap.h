/* strmap: string keys to pointers, on uthash. Iteration is in insertion order.
 * Owns its keys; values are freed by the destructor given at init, if any.
 */
#ifndef COMMON_STRMAP_H
#define COMMON_STRMAP_H

#include <stddef.h>

struct strmap_entry;
struct strmap {
	struct strmap_entry *head;
	void (*free_value)(void *);
};

#define STRMAP_INIT(destructor) \
	{ \
		.free_value = (destructor) \
	}

/* The value, or NULL. */
void *strmap_get(const struct strmap *m, const char *key);
void *strmap_getn(const struct strmap *m, const char *key, size_t len);
/* Sets or replaces (the old value is freed). Takes `value`. */
void strmap_set(struct strmap *m, const char *key, void *value);
/* Removes and frees the value; nothing when absent. */
void strmap_del(struct strmap *m, const char *key);
size_t strmap_count(const struct strmap *m);
/* For loops: `e = strmap_first(m); e; e = strmap_next(e)`. The map must not change meanwhile. */
struct strmap_entry *strmap_first(const struct strmap *m);
struct strmap_entry *strmap_next(const struct strmap_entry *e);
const char *strmap_key(const struct strmap_entry *e);
void *strmap_value(const struct strmap_entry *e);
void strmap_release(struct strmap *m);

#endif
