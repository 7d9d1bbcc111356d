/* layout_put: structs into JSON, by the table. Whatever it lets through must pass layout_get: the limits are the same rows'.
 */
#include "wire/layout.h"

#include <math.h>
#include <string.h>
#include "common/base64.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "wire/message.h"

/* A text in its JSON form. Twice is what newlines and quotes need; only control bytes take six. */
#define MAX_TEXT_ENCODED (2 * WIRE_MAX_TEXT)

struct put {
	struct json *obj;
	bool mend;
	struct error *err;
};

/* `at` is the member. */
typedef int put_fn(const struct put *p, const struct field *f, const char *at, const char *base);

static const void *pointer_at(const char *at)
{
	const void *p;
	memcpy(&p, at, sizeof p);
	return p;
}

static size_t max_of(const struct field *f, size_t usual)
{
	return f->max ? (size_t)f->max : usual;
}

/* ---- strings ---- */

static size_t encoded_len(unsigned char c)
{
	if (c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v'))
		return 2;
	return c < 0x20 ? 6 : 1;
}

size_t layout_text_len(const char *s, size_t len)
{
	size_t i = 0, cost = 0;
	for (; i < len && i < WIRE_MAX_TEXT && s[i]; i++) {
		cost += encoded_len((unsigned char)s[i]);
		if (cost > MAX_TEXT_ENCODED)
			break;
	}
	i = utf8_cut(s, len, i);
	return utf8_valid(s, i) ? i : 0;
}

/* Adds the bytes as valid UTF-8 without NUL. */
static void mend_text(struct buf *out, const char *s, size_t len)
{
	struct buf raw = BUF_INIT;
	buf_add(&raw, s, len);
	for (size_t i = 0; i < len; i++) {
		if (!raw.data[i])
			raw.data[i] = (char)0xff;
	}
	utf8_add(out, raw.data, raw.len);
	buf_release(&raw);
}

/* The string as it can be sent: itself, or made in `room`; NULL and err when it cannot be. */
static const char *fit(const struct put *p, const struct field *f, const char *s, struct buf *room)
{
	size_t len = strlen(s), max = max_of(f, WIRE_MAX_STRING);
	if (len > max || !utf8_valid(s, len)) {
		if (!p->mend) {
			error_set(p->err, "%s: '%.200s'", len > max ? "too long" : "not UTF-8", s);
			return NULL;
		}
		mend_text(room, s, utf8_cut(s, len, max));
		buf_truncate(room, utf8_cut(room->data, room->len, max));
		s = room->data;
	}
	const char *why = f->check ? f->check(s) : NULL;
	if (why)
		error_set(p->err, "%s: '%.200s'", why, s);
	return why ? NULL : s;
}

static int put_str(const struct put *p, const struct field *f, const char *at, const char *base)
{
	const char *s = pointer_at(at);
	struct buf room = BUF_INIT;
	(void)base;
	if (!s)
		return f->optional ? 0 : error_set(p->err, "missing");
	s = fit(p, f, s, &room);
	if (s)
		json_add_str(p->obj, f->name, s);
	buf_release(&room);
	return s ? 0 : -1;
}

static int put_text(const struct put *p, const struct field *f, const char *at, const char *base)
{
	const struct buf *text = (const struct buf *)at;
	(void)base;
	if (!text->len)
		return 0;
	size_t n = layout_text_len(text->data, text->len);
	if (n == text->len || (n && n >= WIRE_MAX_TEXT - 3)) {
		json_add_strn(p->obj, f->name, text->data, n);
		return 0;
	}
	struct buf mended = BUF_INIT;
	mend_text(&mended, text->data, utf8_cut(text->data, text->len, WIRE_MAX_TEXT));
	json_add_strn(p->obj, f->name, mended.data, layout_text_len(mended.data, mended.len));
	buf_release(&mended);
	return 0;
}

static int put_hex(const struct put *p, const struct field *f, const char *at, const char *base)
{
	(void)base;
	if (!*at)
		return f->optional ? 0 : error_set(p->err, "missing");
	const char *why = check_digest(at);
	if (why)
		return error_set(p->err, "%s", why);
	json_add_str(p->obj, f->name, at);
	return 0;
}

static int put_base64(const struct put *p, const struct field *f, const char *at, const char *base)
{
	size_t len = *(const size_t *)(base + f->count_at);
	struct buf text = BUF_INIT;
	if (len > (size_t)f->max)
		return error_set(p->err, "too long");
	base64_add(&text, pointer_at(at), len);
	json_add_str(p->obj, f->name, buf_str(&text));
	buf_release(&text);
	return 0;
}

static int put_strings(const struct put *p, const struct field *f, const struct strv *sv)
{
	struct json *array = json_array();
	struct buf room = BUF_INIT;
	int ret = 0;
	if (sv->n > max_of(f, WIRE_MAX_LIST))
		ret = error_set(p->err, "too many entries");
	for (size_t i = 0; i < sv->n && ret == 0; i++) {
		const char *s = fit(p, f, sv->v[i], &room);
		if (s)
			json_append_str(array, s);
		ret = s ? 0 : -1;
		buf_clear(&room);
	}
	buf_release(&room);
	json_add(p->obj, f->name, array);
	return ret;
}

static int put_strv(const struct put *p, const struct field *f, const char *at, const char *base)
{
	const struct strv *sv = (const struct strv *)at;
	(void)base;
	return f->optional && !sv->n ? 0 : put_strings(p, f, sv);
}

static int put_strv_ref(
	const struct put *p, const struct field *f, const char *at, const char *base)
{
	static const struct strv none = STRV_INIT;
	const struct strv *sv = pointer_at(at);
	(void)base;
	return f->optional && (!sv || !sv->n) ? 0 : put_strings(p, f, sv ? sv : &none);
}

/* ---- numbers ---- */

static int put_bool(const struct put *p, const struct field *f, const char *at, const char *base)
{
	bool b = *(const bool *)at;
	(void)base;
	if (b || !f->optional)
		json_add_bool(p->obj, f->name, b);
	return 0;
}

static int put_number(const struct put *p, const struct field *f, int64_t n)
{
	if (f->optional && n == f->dflt)
		return 0;
	if (n < f->min || n > f->max) {
		if (!p->mend)
			return error_set(p->err, "out of range");
		n = n < f->min ? f->min : f->max;
	}
	json_add_int(p->obj, f->name, n);
	return 0;
}

static int put_int(const struct put *p, const struct field *f, const char *at, const char *base)
{
	(void)base;
	return put_number(p, f, *(const int *)at);
}

static int put_i64(const struct put *p, const struct field *f, const char *at, const char *base)
{
	(void)base;
	return put_number(p, f, *(const int64_t *)at);
}

static int put_u32(const struct put *p, const struct field *f, const char *at, const char *base)
{
	uint32_t n = *(const uint32_t *)at;
	(void)base;
	if (n != f->dflt || !f->optional)
		json_add_int(p->obj, f->name, n);
	return 0;
}

static int put_num(const struct put *p, const struct field *f, const char *at, const char *base)
{
	double n = *(const double *)at, min = (double)f->min, max = (double)f->max;
	(void)base;
	if (!(n >= min && n <= max)) {
		if (!p->mend)
			return error_set(p->err, "out of range");
		n = n > max ? max : min;
	}
	if (!f->optional || n < 0 || n > 0)
		json_add_num(p->obj, f->name, n);
	return 0;
}

static int put_enum(const struct put *p, const struct field *f, const char *at, const char *base)
{
	int n = *(const int *)at;
	(void)base;
	if (f->optional && n == f->dflt)
		return 0;
	if (n < f->min || n > f->max)
		return error_set(p->err, "out of range");
	json_add_str(p->obj, f->name, f->name_of(n));
	return 0;
}

/* ---- structs ---- */

static int put_list(const struct put *p, const struct field *f, const char *at, const char *base)
{
	const char *rows = pointer_at(at);
	size_t n = *(const size_t *)(base + f->count_at);
	int ret = 0;
	if (f->optional && !n)
		return 0;
	if (n > max_of(f, WIRE_MAX_LIST))
		return error_set(p->err, "too many entries");
	struct json *array = json_array();
	for (size_t i = 0; i < n && ret == 0; i++) {
		struct json *row = json_object();
		ret = layout_put(f->of, rows + i * f->of->size, row, p->mend, p->err);
		json_append(array, row);
	}
	json_add(p->obj, f->name, array);
	return ret;
}

static int put_struct(const struct put *p, const struct field *f, const void *from)
{
	struct json *o = json_object();
	int ret = layout_put(f->of, from, o, p->mend, p->err);
	if (f->optional && !json_child(o))
		json_free(o);
	else
		json_add(p->obj, f->name, o);
	return ret;
}

static int put_object(const struct put *p, const struct field *f, const char *at, const char *base)
{
	(void)base;
	return put_struct(p, f, at);
}

static int put_ref(const struct put *p, const struct field *f, const char *at, const char *base)
{
	const void *from = pointer_at(at);
	(void)base;
	if (!from)
		return f->optional ? 0 : error_set(p->err, "missing");
	if (!f->name)
		return layout_put(f->of, from, p->obj, p->mend, p->err);
	return put_struct(p, f, from);
}

static put_fn *const puts_of[FIELD_TYPES] = {
	[FIELD_STR] = put_str,
	[FIELD_TEXT] = put_text,
	[FIELD_HEX] = put_hex,
	[FIELD_BASE64] = put_base64,
	[FIELD_BOOL] = put_bool,
	[FIELD_INT] = put_int,
	[FIELD_U32] = put_u32,
	[FIELD_I64] = put_i64,
	[FIELD_NUM] = put_num,
	[FIELD_ENUM] = put_enum,
	[FIELD_STRV] = put_strv,
	[FIELD_STRV_REF] = put_strv_ref,
	[FIELD_LIST] = put_list,
	[FIELD_OBJECT] = put_object,
	[FIELD_REF] = put_ref,
};

int layout_put(
	const struct layout *l, const void *from, struct json *obj, bool mend, struct error *err)
{
	const struct put p = {obj, mend, err};
	const char *base = from;
	for (size_t i = 0; i < l->n; i++) {
		const struct field *f = &l->fields[i];
		if (puts_of[f->type](&p, f, base + f->at, base) < 0)
			return f->name ? error_prefix(err, "'%s'", f->name) : -1;
	}
	return 0;
}
