/* ctags_parse: see ctags_parse.h. A row is name, file, pattern and `key:value` fields with tabs
 * between. The pattern may hold tabs itself, so every piece that looks like a field is taken for
 * one; that is how the reference reads it, and the result must agree.
 */
#include "sketch/ctags_parse.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/xalloc.h"

#define MAX_TAGS 20000

struct piece {
	const char *s;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct piece trim(struct piece p)
{
	while (p.len && is_blank(p.s[0])) {
		p.s++;
		p.len--;
	}
	while (p.len && is_blank(p.s[p.len - 1]))
		p.len--;
	return p;
}

/* Cuts `rest` at the first `c`; false when nothing is left. */
static bool next_piece(struct piece *rest, char c, struct piece *out)
{
	if (!rest->s)
		return false;
	const char *at = memchr(rest->s, c, rest->len);
	*out = (struct piece){rest->s, at ? (size_t)(at - rest->s) : rest->len};
	rest->s = at ? at + 1 : NULL;
	rest->len = at ? rest->len - out->len - 1 : 0;
	return true;
}

static bool same(struct piece p, const char *text)
{
	return strlen(text) == p.len && memcmp(p.s, text, p.len) == 0;
}

static int number(struct piece p)
{
	long n = 0;
	for (size_t i = 0; i < p.len; i++) {
		if (p.s[i] < '0' || p.s[i] > '9')
			return 0;
		n = n * 10 + (p.s[i] - '0');
		if (n > INT_MAX / 2)
			return 0;
	}
	return (int)n;
}

static enum tag_kind kind_of(struct piece p)
{
	if (same(p, "function"))
		return TAG_FUNCTION;
	return same(p, "prototype") ? TAG_PROTOTYPE : TAG_OTHER;
}

/* What a tag needs beyond the row's fields while it is read. */
struct fields {
	struct piece signature, returntype;
	bool in_class, in_struct, in_namespace;
};

static void read_field(struct tag *t, struct fields *f, struct piece text)
{
	struct piece key;
	if (!next_piece(&text, ':', &key) || !text.s)
		return;
	struct piece value = trim(text);
	if (same(key, "kind"))
		t->kind = kind_of(value);
	else if (same(key, "line"))
		t->line = number(value);
	else if (same(key, "signature"))
		f->signature = value;
	else if (same(key, "returntype"))
		f->returntype = value;
	else if (same(key, "class"))
		f->in_class = value.len > 0;
	else if (same(key, "struct"))
		f->in_struct = value.len > 0;
	else if (same(key, "namespace"))
		f->in_namespace = value.len > 0;
}

/* ctags copies the name out of a line marker as it is written there, with backslashes doubled and quotes as octal. */
static char *file_name(struct piece p)
{
	char *name = xstrndup(p.s, p.len), *to = name;
	for (const char *from = name; *from; from++) {
		bool quote = strncmp(from, "\\042", 4) == 0;
		*to++ = quote ? '"' : *from;
		if (quote)
			from += 3;
		else if (from[0] == '\\' && from[1] == '\\')
			from++;
	}
	*to = '\0';
	return name;
}

/* Between the pattern's marks, escapes and all. */
static char *code_of(struct piece row)
{
	const char *open = memmem(row.s, row.len, "/^", 2);
	const char *close = memmem(row.s, row.len, "$/;", 3);
	if (!open || !close || close < open + 2)
		return xstrdup("");
	return xstrndup(open + 2, (size_t)(close - open - 2));
}

static bool parse_row(struct tag *t, struct piece row)
{
	struct piece rest = row, name, file, piece;
	struct fields f = {0};
	if (!next_piece(&rest, '\t', &name) || !next_piece(&rest, '\t', &file))
		return false;
	while (next_piece(&rest, '\t', &piece))
		read_field(t, &f, piece);
	t->global = !f.in_class && !f.in_struct && !f.in_namespace;
	t->name = xstrndup(name.s, name.len);
	t->file = file_name(file);
	t->code = code_of(row);
	t->prototype = xasprintf("%.*s %s%.*s;", (int)f.returntype.len,
		f.returntype.s ? f.returntype.s : "", t->name, (int)f.signature.len,
		f.signature.s ? f.signature.s : "");
	t->modifiers = "";
	return true;
}

int tags_parse(struct tags *tags, const char *text, size_t len, struct error *err)
{
	struct piece rest = {text, len}, row;
	while (next_piece(&rest, '\n', &row)) {
		row = trim(row);
		if (!row.len || row.len > INT_MAX / 4)
			continue;
		if (tags->n == MAX_TAGS)
			return error_set(err,
				"ctags names more than %d things: too many for a sketch", MAX_TAGS);
		struct tag t = {0};
		if (!parse_row(&t, row))
			continue;
		GROW(tags->v, tags->n, tags->cap);
		tags->v[tags->n++] = t;
	}
	return 0;
}

void tags_release(struct tags *tags)
{
	for (size_t i = 0; i < tags->n; i++) {
		free(tags->v[i].name);
		free(tags->v[i].file);
		free(tags->v[i].code);
		free(tags->v[i].prototype);
	}
	free(tags->v);
	*tags = (struct tags){0};
}
