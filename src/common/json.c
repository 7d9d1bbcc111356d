/* json: see json.h. A struct json is a cJSON under another name. What cJSON takes too lightly is refused
 * by a scan before it parses, and what it prints too lightly is mended after: depth, NUL bytes, control
 * bytes, keys that stand twice, integers above 10^15, bytes that are not UTF-8.
 */
#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "common/xalloc.h"

#define EXACT_AS_DOUBLE 9007199254740992.0 /* 2^53 */

static const cJSON *in(const struct json *v)
{
	return (const cJSON *)v;
}

static cJSON *in_mutable(struct json *v)
{
	return (cJSON *)v;
}

static struct json *out_checked(cJSON *v)
{
	return xcheck(v);
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Not 0 when a byte of the word is less than `limit`, which is 0x80 at most. */
static uint64_t any_below(uint64_t word, uint8_t limit)
{
	return (word - EACH_BYTE(limit)) & ~word & EACH_BYTE(0x80);
}

/* How many bytes a scan of a string may pass over: a piece of a file is one long string, so that it is looked at by words. */
static size_t plain_len(const char *s, size_t len)
{
	size_t n = 0;
	for (uint64_t word; len - n >= sizeof word; n += sizeof word) {
		memcpy(&word, s + n, sizeof word);
		if (any_below(word, 0x20) || any_below(word ^ EACH_BYTE('"'), 1) ||
			any_below(word ^ EACH_BYTE('\\'), 1))
			break;
	}
	return n;
}

/* Skips a string whose opening quote is text[at]; where it ends, or `len` when something is wrong. */
static size_t scan_string(const char *text, size_t len, size_t at, const char **why)
{
	at++;
	at += plain_len(text + at, len - at);
	for (; at < len && text[at] != '"'; at++) {
		if ((unsigned char)text[at] < 0x20)
			*why = "a control byte in a string";
		if (text[at] == '\\') {
			/* It would end the string early. */
			if (len - at > 5 && memcmp(text + at, "\\u0000", 6) == 0)
				*why = "a NUL in a string";
			at++;
		}
		if (*why)
			break;
	}
	return at;
}

/* What cJSON lets pass but we do not. NULL when there is nothing of it. */
static const char *scan(const char *text, size_t len)
{
	const char *why = NULL;
	int depth = 0;
	for (size_t i = 0; i < len && !why; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"')
			i = scan_string(text, len, i, &why);
		else if ((c == '[' || c == '{') && ++depth > JSON_MAX_DEPTH)
			why = "nested too deeply";
		else if (c == ']' || c == '}')
			depth--;
		else if (c < 0x20 && c != '\t' && c != '\r' && c != '\n')
			why = "a control byte";
	}
	return why;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool keys_repeat(const cJSON *obj)
{
	const char **keys = NULL;
	size_t n = 0, cap = 0;
	bool twice = false;
	for (const cJSON *c = obj->child; c; c = c->next) {
		GROW(keys, n, cap);
		keys[n++] = c->string;
	}
	if (n > 1)
		qsort(keys, n, sizeof *keys, by_text);
	for (size_t i = 1; i < n && !twice; i++)
		twice = strcmp(keys[i - 1], keys[i]) == 0;
	free(keys);
	return twice;
}

/* The depth is known to be small. */
static bool any_keys_repeat(const cJSON *v)
{
	if (cJSON_IsObject(v) && keys_repeat(v))
		return true;
	for (const cJSON *c = v->child; c; c = c->next) {
		if (c->child && any_keys_repeat(c))
			return true;
	}
	return false;
}

struct json *json_parse(const char *text, size_t len, struct error *err)
{
	const char *why = scan(text, len);
	if (why) {
		error_set(err, "malformed JSON: %s", why);
		return NULL;
	}
	/* The NUL is what tells cJSON that nothing follows; some versions read one byte too far without. */
	char *copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	const char *end = copy;
	cJSON *v = cJSON_ParseWithLengthOpts(copy, len + 1, &end, 1);
	if (!v)
		error_set(err, "malformed JSON at byte %zu", (size_t)(end - copy));
	free(copy);
	if (v && any_keys_repeat(v)) {
		cJSON_Delete(v);
		v = NULL;
		error_set(err, "malformed JSON: a key stands twice in one object");
	}
	return (struct json *)v;
}

void json_free(struct json *v)
{
	cJSON_Delete(in_mutable(v));
}

struct json *json_object(void)
{
	return out_checked(cJSON_CreateObject());
}

struct json *json_array(void)
{
	return out_checked(cJSON_CreateArray());
}

void json_add(struct json *obj, const char *key, struct json *child)
{
	if (!cJSON_AddItemToObject(in_mutable(obj), key, in_mutable(child)))
		xcheck(NULL);
}

void json_append(struct json *array, struct json *child)
{
	if (!cJSON_AddItemToArray(in_mutable(array), in_mutable(child)))
		xcheck(NULL);
}

void json_append_str(struct json *array, const char *s)
{
	json_append(array, out_checked(cJSON_CreateString(s)));
}

void json_add_str(struct json *obj, const char *key, const char *s)
{
	if (s)
		json_add(obj, key, out_checked(cJSON_CreateString(s)));
}

void json_add_strn(struct json *obj, const char *key, const char *s, size_t len)
{
	struct buf b = BUF_INIT;
	/* A NUL would end the string: it becomes a byte that the output replaces. */
	buf_add(&b, s, len);
	for (size_t i = 0; i < b.len; i++) {
		if (!b.data[i])
			b.data[i] = (char)0xff;
	}
	json_add_str(obj, key, buf_str(&b));
	buf_release(&b);
}

/* As text: cJSON prints a double, reads it back to see whether 15 digits do, and thinks so where they are close. */
void json_add_int(struct json *obj, const char *key, int64_t n)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%lld", (long long)n);
	json_add(obj, key, out_checked(cJSON_CreateRaw(digits)));
}

void json_add_num(struct json *obj, const char *key, double n)
{
	if (fabs(n) <= EXACT_AS_DOUBLE && n == trunc(n))
		json_add_int(obj, key, (int64_t)n);
	else
		json_add(obj, key, out_checked(cJSON_CreateNumber(n)));
}

void json_add_bool(struct json *obj, const char *key, bool b)
{
	json_add(obj, key, out_checked(cJSON_CreateBool(b)));
}

void json_add_strv(struct json *obj, const char *key, const struct strv *sv)
{
	struct json *array = json_array();
	for (size_t i = 0; i < sv->n; i++)
		json_append_str(array, sv->v[i]);
	json_add(obj, key, array);
}

const struct json *json_get(const struct json *obj, const char *key)
{
	if (!json_is_object(obj))
		return NULL;
	return (const struct json *)cJSON_GetObjectItemCaseSensitive(in(obj), key);
}

const char *json_str(const struct json *obj, const char *key, const char *dflt)
{
	return json_string(json_get(obj, key), dflt);
}

bool json_as_num(const struct json *v, double *n)
{
	if (cJSON_IsRaw(in(v))) { /* of json_add_int */
		*n = strtod(in(v)->valuestring, NULL);
		return true;
	}
	if (!cJSON_IsNumber(in(v)) || !isfinite(in(v)->valuedouble))
		return false;
	*n = in(v)->valuedouble;
	return true;
}

bool json_as_int(const struct json *v, int64_t *n)
{
	if (cJSON_IsRaw(in(v))) {
		*n = strtoll(in(v)->valuestring, NULL, 10);
		return true;
	}
	if (!cJSON_IsNumber(in(v)))
		return false;
	double d = in(v)->valuedouble;
	if (!(d >= -EXACT_AS_DOUBLE && d <= EXACT_AS_DOUBLE) || d != (double)(int64_t)d)
		return false;
	*n = (int64_t)d;
	return true;
}

bool json_as_bool(const struct json *v, bool *b)
{
	if (!cJSON_IsBool(in(v)))
		return false;
	*b = cJSON_IsTrue(in(v));
	return true;
}

double json_num(const struct json *obj, const char *key, double dflt)
{
	json_as_num(json_get(obj, key), &dflt);
	return dflt;
}

int64_t json_int(const struct json *obj, const char *key, int64_t dflt)
{
	json_as_int(json_get(obj, key), &dflt);
	return dflt;
}

bool json_bool(const struct json *obj, const char *key, bool dflt)
{
	json_as_bool(json_get(obj, key), &dflt);
	return dflt;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;
	for (const struct json *c = json_child(v); c; c = json_next(c))
		n++;
	return n;
}

bool json_is_object(const struct json *v)
{
	return cJSON_IsObject(in(v));
}

bool json_is_array(const struct json *v)
{
	return cJSON_IsArray(in(v));
}

const char *json_string(const struct json *v, const char *dflt)
{
	return cJSON_IsString(in(v)) ? in(v)->valuestring : dflt;
}

const struct json *json_child(const struct json *v)
{
	return v ? (const struct json *)in(v)->child : NULL;
}

const struct json *json_next(const struct json *v)
{
	return (const struct json *)in(v)->next;
}

const char *json_key(const struct json *v)
{
	return in(v)->string;
}

static void add_printed(struct buf *out, char *text)
{
	/* Outside of strings all is ASCII, so that the whole can be mended as one. */
	xcheck(text);
	utf8_add(out, text, strlen(text));
	cJSON_free(text);
}

void json_print(const struct json *v, struct buf *out)
{
	add_printed(out, cJSON_PrintUnformatted(in(v)));
}

void json_print_pretty(const struct json *v, struct buf *out)
{
	add_printed(out, cJSON_Print(in(v)));
}
