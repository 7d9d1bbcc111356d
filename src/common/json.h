/* json: the only door to cJSON. Strict on input (depth, trailing garbage, duplicate-free use),
 * safe on output (bytes that are not UTF-8 become U+FFFD). Numbers are kept as doubles by cJSON:
 * integers are exact to 2^53; larger ones travel as strings.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct strv;
struct json; /* a value; children belong to their parent */

#define JSON_MAX_DEPTH 16

/* Parses exactly one value of `len` bytes. Free with json_free. NULL and err on failure. */
struct json *json_parse(const char *text, size_t len, struct error *err);
void json_free(struct json *v);

/* Building. The add functions copy strings; json_add takes `child`. */
struct json *json_object(void);
struct json *json_array(void);
void json_add(struct json *obj, const char *key, struct json *child);
void json_add_str(struct json *obj, const char *key, const char *s); /* NULL adds nothing */
void json_add_strn(struct json *obj, const char *key, const char *s, size_t len);
void json_add_int(struct json *obj, const char *key, int64_t n);
void json_add_num(struct json *obj, const char *key, double n);
void json_add_bool(struct json *obj, const char *key, bool b);
void json_add_strv(struct json *obj, const char *key, const struct strv *sv);
void json_append(struct json *array, struct json *child); /* takes child */
void json_append_str(struct json *array, const char *s);

/* Reading: the default comes back when the key is absent or of another type. Strings are borrowed. */
const char *json_str(const struct json *obj, const char *key, const char *dflt);
int64_t json_int(const struct json *obj, const char *key, int64_t dflt);
double json_num(const struct json *obj, const char *key, double dflt);
bool json_bool(const struct json *obj, const char *key, bool dflt);
const struct json *json_get(const struct json *obj, const char *key); /* NULL when absent */
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
const char *json_string(const struct json *v, const char *dflt); /* the value itself */
/* The value itself, strictly: false, and nothing is set, when it is of another type, no whole number up to 2^53, or not finite. NULL is no value. */
bool json_as_int(const struct json *v, int64_t *n);
bool json_as_num(const struct json *v, double *n);
bool json_as_bool(const struct json *v, bool *b);
/* Children of an object or array. */
size_t json_count(const struct json *v);
/* First child of an object or array, and the next one; NULL at the end. */
const struct json *json_child(const struct json *v);
const struct json *json_next(const struct json *v);
const char *json_key(const struct json *v);

/* One line without a newline. `pretty` gives indented lines. */
void json_print(const struct json *v, struct buf *out);
void json_print_pretty(const struct json *v, struct buf *out);

#endif
