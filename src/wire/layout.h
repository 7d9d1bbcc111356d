/* layout: how a struct stands in a JSON object. One table of fields drives both ways, so that what is sent and what is taken cannot differ.
 * Internal to wire and its tests.
 */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/check.h"

struct buf;
struct error;
struct json;
struct layout;

enum field_type {
	FIELD_STR, /* char *; NULL absent */
	FIELD_TEXT, /* struct buf of any bytes; empty absent; sent cut */
	FIELD_HEX, /* char[65], a digest; "" absent */
	FIELD_BASE64, /* void * at `at`, size_t at `count_at` */
	FIELD_BOOL,
	FIELD_INT, /* int */
	FIELD_U32, /* uint32_t, all of its range */
	FIELD_I64, /* int64_t, or uint64_t with min 0 */
	FIELD_NUM, /* double */
	FIELD_ENUM, /* an enum, by its name */
	FIELD_STRV, /* struct strv; empty absent */
	FIELD_STRV_REF, /* struct strv *; NULL absent, and empty when it was */
	FIELD_LIST, /* array of structs at `at`, size_t at `count_at` */
	FIELD_OBJECT, /* a struct in the struct */
	FIELD_REF, /* pointer to a struct; without a name its fields stand in the same object */
	FIELD_TYPES
};

struct field {
	const char *name; /* the key */
	enum field_type type;
	size_t at, count_at; /* offsets */
	bool optional; /* absent when it has its default */
	int64_t dflt; /* of numbers; 0, NULL, false and empty for the others */
	int64_t min,
		max; /* numbers; max of strings in bytes and of lists in entries: 0 for the usual ceiling */
	check_fn *check; /* each string; NULL: any */
	const char *(*name_of)(int value); /* FIELD_ENUM, min to max */
	const struct layout *of; /* FIELD_LIST, FIELD_OBJECT, FIELD_REF */
};

struct layout {
	size_t size; /* of the struct */
	const struct field *fields;
	size_t n;
};

/* For rows: {ROW("job", FIELD_U32, job, id), .optional = true}. */
#define ROW(key, kind, strct, member) \
	.name = (key), .type = (kind), .at = offsetof(struct strct, member)
#define COUNT(strct, member) .count_at = offsetof(struct strct, member)
#define LAYOUT(strct, rows) \
	{ \
		sizeof(struct strct), (rows), sizeof(rows) / sizeof *(rows) \
	}

/* Adds the fields of the struct to `obj`. `mend`: what a peer would refuse of text and numbers is cut, replaced or moved into range, as
 * befits what tools have said; else it is an error. -1 and err. */
int layout_put(
	const struct layout *l, const void *from, struct json *obj, bool mend, struct error *err);

/* What decoding has allocated; strings are those of the JSON value. */
struct message_store {
	struct json *root; /* owned */
	void **blocks;
	size_t n, cap;
};
void message_store_free(struct message_store *s);

/* Fills the zeroed struct from `obj` (NULL: an empty one); all that it points to belongs to the store. -1 and err. */
int layout_get(const struct layout *l, void *to, const struct json *obj,
	struct message_store *store, struct error *err);

/* How much of the text is sent as it is: all, unless it is too long, or holds a NUL or what is not UTF-8. */
size_t layout_text_len(const char *s, size_t len);

#endif
