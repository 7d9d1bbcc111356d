/* props: Arduino property files as an ordered map of strings.
 *
 * Follows the platform specification and what arduino-cli makes of it: a key that is set again
 * moves to the end, ".linux" is taken out of a key once, a file that is not UTF-8 is Latin-1,
 * expansion is repeated textual replacement. Refuses files over 8 MiB, NUL bytes, lines without
 * '='; an expansion that grows without end stops growing.
 */
#include "sketch/props.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "common/xalloc.h"

/* Linux starts no command longer than 2 MiB. */
enum { MAX_FILE = 8 << 20, MAX_EXPANDED = 2 << 20, MAX_PASSES = 10 };

static const char OS_SUFFIX[] = ".linux";

/* While a text is expanded, stands for a '{' that begins no reference, or for itself. */
enum { MARK = 1, MARKED_BRACE = 2 };

struct props {
	struct strmap map;
	struct strmap texts; /* keys whose values hold no references */
};

struct props *props_new(void)
{
	struct props *p = xcalloc(1, sizeof *p);

	p->map = (struct strmap)STRMAP_INIT(free);
	p->texts = (struct strmap)STRMAP_INIT(NULL);
	return p;
}

struct props *props_clone(const struct props *p)
{
	struct props *copy = props_new();

	props_merge(copy, p);
	return copy;
}

void props_free(struct props *p)
{
	if (!p)
		return;
	strmap_release(&p->map);
	strmap_release(&p->texts);
	free(p);
}

const char *props_get(const struct props *p, const char *key)
{
	return strmap_get(&p->map, key);
}

const char *props_str(const struct props *p, const char *key)
{
	const char *value = props_get(p, key);

	return value ? value : "";
}

/* Takes `value`. */
static void put(struct props *p, const char *key, char *value)
{
	strmap_del(&p->map, key);
	strmap_set(&p->map, key, value);
	if (strmap_first(&p->texts))
		strmap_del(&p->texts, key);
}

void props_set(struct props *p, const char *key, const char *value)
{
	put(p, key, xstrdup(value));
}

void props_set_text(struct props *p, const char *key, const char *value)
{
	put(p, key, xstrdup(value));
	strmap_set(&p->texts, key, p);
}

void props_setf(struct props *p, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(p, key, xvasprintf(fmt, ap));
	va_end(ap);
}

void props_del(struct props *p, const char *key)
{
	strmap_del(&p->map, key);
	strmap_del(&p->texts, key);
}

void props_each(
	const struct props *p, void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	for (struct strmap_entry *e = strmap_first(&p->map); e; e = strmap_next(e))
		fn(ctx, strmap_key(e), strmap_value(e));
}

void props_merge(struct props *p, const struct props *from)
{
	for (struct strmap_entry *e = strmap_first(&from->map); e; e = strmap_next(e))
		props_set(p, strmap_key(e), strmap_value(e));
	for (struct strmap_entry *e = strmap_first(&from->texts); e; e = strmap_next(e))
		strmap_set(&p->texts, strmap_key(e), p);
}

struct props *props_subtree(const struct props *p, const char *prefix)
{
	struct props *sub = props_new();
	size_t n = strlen(prefix);

	for (struct strmap_entry *e = strmap_first(&p->map); e; e = strmap_next(e)) {
		const char *key = strmap_key(e);

		if (strncmp(key, prefix, n) == 0 && key[n] == '.')
			props_set(sub, key + n + 1, strmap_value(e));
	}
	return sub;
}

void props_first_level(const struct props *p, struct strv *out)
{
	struct strmap seen = STRMAP_INIT(NULL);

	for (struct strmap_entry *e = strmap_first(&p->map); e; e = strmap_next(e)) {
		const char *key = strmap_key(e);
		size_t n = strcspn(key, ".");

		if (strmap_getn(&seen, key, n))
			continue;
		strv_push_take(out, xstrndup(key, n));
		strmap_set(&seen, out->v[out->n - 1], &seen);
	}
	strmap_release(&seen);
}

static void add_latin1(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80)
			buf_addch(out, (char)(0xC0 | c >> 6));
		buf_addch(out, (char)(c < 0x80 ? c : 0x80 | (c & 0x3F)));
	}
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Narrows [*s, *end) to what is between the white space around it. */
static void trim(const char **s, const char **end)
{
	while (*s < *end && is_space(**s))
		(*s)++;
	while (*s < *end && is_space((*end)[-1]))
		(*end)--;
}

static void put_line(struct props *p, const char *line, const char *equals, const char *end)
{
	const char *value = equals + 1;
	const char *key_end = equals;
	char *key, *suffix;

	trim(&line, &key_end);
	trim(&value, &end);
	key = xstrndup(line, (size_t)(key_end - line));
	suffix = strstr(key, OS_SUFFIX);
	if (suffix)
		memmove(suffix, suffix + strlen(OS_SUFFIX), strlen(suffix + strlen(OS_SUFFIX)) + 1);
	put(p, key, xstrndup(value, (size_t)(end - value)));
	free(key);
}

static int parse_utf8(
	struct props *p, const char *text, size_t len, const char *name, struct error *err)
{
	const char *end = text + len;
	size_t number = 1;

	for (const char *line = text, *next; line < end; line = next, number++) {
		const char *stop = line, *equals;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		next = stop + (end - stop > 1 && stop[0] == '\r' && stop[1] == '\n' ? 2 : 1);
		trim(&line, &stop);
		if (line == stop || *line == '#')
			continue;
		equals = memchr(line, '=', (size_t)(stop - line));
		if (!equals)
			return error_set(err, "%s:%zu: no '=' in '%.*s'; cure: write key=value",
				name, number, (int)(stop - line > 60 ? 60 : stop - line), line);
		put_line(p, line, equals, stop);
	}
	return 0;
}

int props_parse(struct props *p, const char *text, size_t len, const char *name, struct error *err)
{
	struct buf utf8 = BUF_INIT;
	int rc;

	if (len > MAX_FILE)
		return error_set(err, "'%s' has more than %d MiB; no property file is that large",
			name, MAX_FILE >> 20);
	if (memchr(text, '\0', len))
		return error_set(err, "'%s' has a NUL byte: not a property file", name);
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (utf8_valid(text, len))
		return parse_utf8(p, text, len, name, err);
	add_latin1(&utf8, text, len);
	rc = parse_utf8(p, buf_str(&utf8), utf8.len, name, err);
	buf_release(&utf8);
	return rc;
}

int props_load(struct props *p, const char *path, struct error *err)
{
	struct buf text = BUF_INIT;
	int rc = fs_read(path, MAX_FILE, &text, err);

	if (rc == 0)
		rc = props_parse(p, buf_str(&text), text.len, path, err);
	buf_release(&text);
	return rc;
}

static const char *lookup(
	const struct props *p, const struct props *over, const char *key, size_t len, bool *is_text)
{
	const char *value = over ? strmap_getn(&over->map, key, len) : NULL;
	const struct props *from = value ? over : p;

	*is_text = strmap_getn(&from->texts, key, len) != NULL;
	return value ? value : strmap_getn(&p->map, key, len);
}

static void add_marked(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '{' || *text == MARK)
			buf_addch(out, MARK);
		buf_addch(out, (char)(*text == '{' ? MARKED_BRACE : *text));
	}
}

/* Takes the marks out again, in place. */
static void unmark(char *text)
{
	char *to = text;

	while (*text) {
		bool marked = *text == MARK && (text[1] == MARK || text[1] == MARKED_BRACE);

		text += marked;
		*to++ = (char)(marked && *text == MARKED_BRACE ? '{' : *text);
		text++;
	}
	*to = '\0';
}

/* One pass over `text`: the innermost {key}s. False when nothing was replaced or the result
 * would be too large. */
static bool expand_pass(
	const struct props *p, const struct props *over, const char *text, struct buf *out)
{
	bool replaced = false, is_text = false;

	while (*text) {
		size_t plain = strcspn(text, "{");
		const char *value = NULL;
		size_t key;

		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		key = strcspn(text + 1, "{}");
		if (text[1 + key] == '}')
			value = lookup(p, over, text + 1, key, &is_text);
		if (!value) {
			buf_addch(out, *text++);
			continue;
		}
		if (out->len + strlen(value) > MAX_EXPANDED)
			return false;
		if (is_text)
			add_marked(out, value);
		else
			buf_addstr(out, value);
		text += key + 2;
		replaced = true;
	}
	return replaced;
}

/* Takes "{…}" out in place; the first '}' ends it, but not one that follows '{' at once. */
static void drop_braces(char *text)
{
	char *to = text, *last = strrchr(text, '}');

	while (*text) {
		if (last && *text == '{' && text + 2 <= last)
			text = strchr(text + 2, '}') + 1;
		else
			*to++ = *text++;
	}
	*to = '\0';
}

char *props_expand(
	const struct props *p, const struct props *over, const char *text, bool drop_unresolved)
{
	char *result = xstrdup(text);

	for (int pass = 0; pass < MAX_PASSES; pass++) {
		struct buf out = BUF_INIT;

		if (!expand_pass(p, over, result, &out)) {
			buf_release(&out);
			break;
		}
		free(result);
		result = buf_detach(&out);
	}
	if (drop_unresolved)
		drop_braces(result);
	if (strchr(result, MARK))
		unmark(result);
	return result;
}
