/* layout_get: JSON into structs, by the table. The JSON came from a peer: types, ranges, lengths and counts are looked at before
 * anything is allocated, and no string is taken for more than it is.
 */
#include "wire/layout.h"

#include <stdlib.h>
#include <string.h>
#include "common/base64.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "wire/message.h"

struct get {
	const struct json *obj, *v; /* the object, and the field's value in it; NULL absent */
	struct message_store *store;
	struct error *err;
};

/* `at` is the member. Absent values come only to the types that can make something of it. */
typedef int get_fn(const struct get *g, const struct field *f, char *at, char *base);

static void set_pointer(char *at, const void *p)
{
	memcpy(at, &p, sizeof p);
}

static size_t max_of(const struct field *f, size_t usual)
{
	return f->max ? (size_t)f->max : usual;
}

/* Takes `p`. */
static void *keep(struct message_store *s, void *p)
{
	GROW(s->blocks, s->n, s->cap);
	s->blocks[s->n++] = p;
	return p;
}

void message_store_free(struct message_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->blocks[i]);
	free(s->blocks);
	json_free(s->root);
	free(s);
}

/* ---- strings ---- */

/* Borrowed from the JSON value; NULL and err. */
static const char *take(const struct get *g, const struct field *f, const struct json *v)
{
	const char *s = json_string(v, NULL);
	const char *why = NULL;
	if (!s)
		why = "no string";
	else if (strlen(s) > max_of(f, WIRE_MAX_STRING))
		why = "too long";
	else if (f->check)
		why = f->check(s);
	if (why)
		error_set(g->err, "%s", why);
	return why ? NULL : s;
}

static int get_str(const struct get *g, const struct field *f, char *at, char *base)
{
	const char *s = take(g, f, g->v);
	(void)base;
	if (s)
		set_pointer(at, s);
	return s ? 0 : -1;
}

static int get_text(const struct get *g, const struct field *f, char *at, char *base)
{
	const char *s = take(g, f, g->v);
	(void)base;
	if (!s)
		return -1;
	*(struct buf *)at = (struct buf){(char *)s, strlen(s), strlen(s) + 1};
	return 0;
}

static int get_hex(const struct get *g, const struct field *f, char *at, char *base)
{
	const char *s = take(g, f, g->v), *why = s ? check_digest(s) : NULL;
	(void)base;
	if (!s || why)
		return s ? error_set(g->err, "%s", why) : -1;
	memcpy(at, s, 65);
	return 0;
}

static int get_base64(const struct get *g, const struct field *f, char *at, char *base)
{
	const char *s = json_string(g->v, NULL);
	struct buf data = BUF_INIT;
	if (!s || strlen(s) > (size_t)(f->max + 2) / 3 * 4)
		return error_set(g->err, s ? "too long" : "no string");
	if (base64_decode(&data, s, strlen(s)) < 0) {
		buf_release(&data);
		return error_set(g->err, "not base64");
	}
	size_t len = data.len;
	set_pointer(at, keep(g->store, buf_detach(&data)));
	*(size_t *)(base + f->count_at) = len;
	return 0;
}

static int get_strv(const struct get *g, const struct field *f, char *at, char *base)
{
	struct strv *sv = (struct strv *)at;
	size_t n = json_count(g->v);
	(void)base;
	if (!json_is_array(g->v) || n > max_of(f, WIRE_MAX_LIST))
		return error_set(g->err, json_is_array(g->v) ? "too many entries" : "no list");
	if (!n)
		return 0;
	char **all = keep(g->store, xcalloc(n + 1, sizeof *all));
	size_t i = 0;
	for (const struct json *v = json_child(g->v); v; v = json_next(v)) {
		const char *s = take(g, f, v);
		if (!s)
			return error_prefix(g->err, "entry %zu", i);
		all[i++] = (char *)s;
	}
	*sv = (struct strv){all, n, n + 1};
	return 0;
}

static int get_strv_ref(const struct get *g, const struct field *f, char *at, char *base)
{
	struct strv *sv = keep(g->store, xcalloc(1, sizeof *sv));
	set_pointer(at, sv);
	return g->v ? get_strv(g, f, (char *)sv, base) : 0;
}

/* ---- numbers ---- */

static int get_bool(const struct get *g, const struct field *f, char *at, char *base)
{
	(void)f;
	(void)base;
	return json_as_bool(g->v, (bool *)at) ? 0 : error_set(g->err, "no boolean");
}

static int take_int(const struct get *g, int64_t min, int64_t max, int64_t *n)
{
	if (!json_as_int(g->v, n))
		return error_set(g->err, "no whole number");
	return *n < min || *n > max ? error_set(g->err, "out of range") : 0;
}

static int get_i64(const struct get *g, const struct field *f, char *at, char *base)
{
	int64_t n = f->dflt;
	(void)base;
	if (g->v && take_int(g, f->min, f->max, &n) < 0)
		return -1;
	*(int64_t *)at = n;
	return 0;
}

static int get_int(const struct get *g, const struct field *f, char *at, char *base)
{
	int64_t n;
	(void)base;
	if (take_int(g, f->min, f->max, &n) < 0)
		return -1;
	*(int *)at = (int)n;
	return 0;
}

static int get_u32(const struct get *g, const struct field *f, char *at, char *base)
{
	int64_t n;
	(void)f;
	(void)base;
	if (take_int(g, 0, UINT32_MAX, &n) < 0)
		return -1;
	*(uint32_t *)at = (uint32_t)n;
	return 0;
}

static int get_num(const struct get *g, const struct field *f, char *at, char *base)
{
	double n;
	(void)base;
	if (!json_as_num(g->v, &n))
		return error_set(g->err, "no number");
	if (n < (double)f->min || n > (double)f->max)
		return error_set(g->err, "out of range");
	*(double *)at = n;
	return 0;
}

static int get_enum(const struct get *g, const struct field *f, char *at, char *base)
{
	const char *s = json_string(g->v, NULL);
	(void)base;
	for (int i = (int)f->min; s && i <= f->max; i++) {
		if (!strcmp(s, f->name_of(i))) {
			*(int *)at = i;
			return 0;
		}
	}
	return error_set(g->err, s ? "none of its values" : "no string");
}

/* ---- structs ---- */

static int get_list(const struct get *g, const struct field *f, char *at, char *base)
{
	size_t n = json_count(g->v), i = 0;
	if (!json_is_array(g->v) || n > max_of(f, WIRE_MAX_LIST))
		return error_set(g->err, json_is_array(g->v) ? "too many entries" : "no list");
	if (!n)
		return 0;
	char *rows = keep(g->store, xcalloc(n, f->of->size));
	for (const struct json *v = json_child(g->v); v; v = json_next(v), i++) {
		if (!json_is_object(v))
			return error_set(g->err, "entry %zu: no object", i);
		if (layout_get(f->of, rows + i * f->of->size, v, g->store, g->err) < 0)
			return error_prefix(g->err, "entry %zu", i);
	}
	set_pointer(at, rows);
	*(size_t *)(base + f->count_at) = n;
	return 0;
}

static int get_object(const struct get *g, const struct field *f, char *at, char *base)
{
	(void)base;
	if (g->v && !json_is_object(g->v))
		return error_set(g->err, "no object");
	return layout_get(f->of, at, g->v, g->store, g->err);
}

static int get_ref(const struct get *g, const struct field *f, char *at, char *base)
{
	const struct json *v = f->name ? g->v : g->obj;
	(void)base;
	if (!json_is_object(v))
		return error_set(g->err, "no object");
	void *to = keep(g->store, xcalloc(1, f->of->size));
	set_pointer(at, to);
	return layout_get(f->of, to, v, g->store, g->err);
}

static const struct {
	get_fn *get;
	bool absent_too; /* makes something of an absent value */
} gets_of[FIELD_TYPES] = {
	[FIELD_STR] = {get_str, false},
	[FIELD_TEXT] = {get_text, false},
	[FIELD_HEX] = {get_hex, false},
	[FIELD_BASE64] = {get_base64, false},
	[FIELD_BOOL] = {get_bool, false},
	[FIELD_INT] = {get_int, false},
	[FIELD_U32] = {get_u32, false},
	[FIELD_I64] = {get_i64, true},
	[FIELD_NUM] = {get_num, false},
	[FIELD_ENUM] = {get_enum, false},
	[FIELD_STRV] = {get_strv, false},
	[FIELD_STRV_REF] = {get_strv_ref, true},
	[FIELD_LIST] = {get_list, false},
	[FIELD_OBJECT] = {get_object, true},
	[FIELD_REF] = {get_ref, false},
};

int layout_get(const struct layout *l, void *to, const struct json *obj,
	struct message_store *store, struct error *err)
{
	char *base = to;
	for (size_t i = 0; i < l->n; i++) {
		const struct field *f = &l->fields[i];
		const struct get g = {obj, f->name ? json_get(obj, f->name) : NULL, store, err};
		bool here = g.v || !f->name;
		if (!here && !f->optional)
			return error_set(err, "'%s' is missing", f->name);
		if (!here && !gets_of[f->type].absent_too)
			continue;
		if (gets_of[f->type].get(&g, f, base + f->at, base) < 0)
			return f->name ? error_prefix(err, "'%s'", f->name) : -1;
	}
	return 0;
}
