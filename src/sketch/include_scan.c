/* include_scan: see include_scan.h. One pass over the bytes; only directives are looked at closely. It never fails and never reads
 * beyond the text; what it cannot make sense of is left out.
 */
#include "sketch/include_scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

enum { MAX_ITEMS = 1 << 18, MAX_NESTING = 256, MAX_BODY = 1024, MAX_NAME = 1024 };

struct macro {
	UT_hash_handle hh;
	struct macro_value value;
	char name[];
};

struct cursor {
	const char *p, *end;
	struct scan *out;
	struct macro_table *names;
	struct buf line; /* of a directive: without comments and splices */
	uint32_t open[MAX_NESTING]; /* the last conditional of each open level */
	size_t depth;
};

struct macro *macro_named(struct macro_table *t, const char *name, size_t len, bool make)
{
	struct macro *m = NULL;
	HASH_FIND(hh, t->head, name, len, m);
	if (m || !make)
		return m;
	m = xcalloc(1, sizeof *m + len + 1);
	memcpy(m->name, name, len);
	HASH_ADD_KEYPTR(hh, t->head, m->name, len, m);
	return m;
}

const char *macro_name(const struct macro *m)
{
	return m->name;
}

struct macro_value *macro_value(struct macro *m)
{
	return &m->value;
}

void macro_table_release(struct macro_table *t)
{
	struct macro *m, *next;
	HASH_ITER (hh, t->head, m, next) {
		HASH_DELETE(hh, t->head, m);
		free(m);
	}
}

/* ---- telling comments and strings apart ---- */

static bool ident_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Length of a backslash-newline at p; 0 when there is none. gcc lets blanks stand between. */
static size_t splice(const char *p, const char *end)
{
	const char *q = p + 1;
	if (p >= end || *p != '\\')
		return 0;
	while (q < end && (*q == ' ' || *q == '\t' || *q == '\r'))
		q++;
	return q < end && *q == '\n' ? (size_t)(q + 1 - p) : 0;
}

/* Behind the block comment that opens at p. */
static const char *block_comment(const char *p, const char *end)
{
	for (p += 2; p < end; p++) {
		p = memchr(p, '*', (size_t)(end - p));
		if (!p)
			return end;
		if (p + 1 < end && p[1] == '/')
			return p + 2;
	}
	return end;
}

/* At the newline that ends the line comment at p. */
static const char *line_comment(const char *p, const char *end)
{
	for (;;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return end;
		const char *back = nl;
		while (back > p && (back[-1] == ' ' || back[-1] == '\t' || back[-1] == '\r'))
			back--;
		if (back == p || back[-1] != '\\')
			return nl;
		p = nl + 1;
	}
}

/* Behind the string or character at p; at the newline when it does not close. */
static const char *quoted(const char *p, const char *end)
{
	char quote = *p++;
	while (p < end && *p != quote && *p != '\n') {
		size_t n = splice(p, end);
		p += n ? n : *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
	}
	return p < end && *p == quote ? p + 1 : p;
}

/* True when the quote at p belongs to a raw string: R, LR, uR, UR or u8R stands before it, and no longer name. */
static bool is_raw(const char *p, const char *start)
{
	const char *q = p;
	if (p == start || p[-1] != 'R')
		return false;
	while (q > start && ident_byte(q[-1]))
		q--;
	size_t n = (size_t)(p - q) - 1;
	return n == 0 || (n == 1 && strchr("LuU", *q)) || (n == 2 && memcmp(q, "u8", 2) == 0);
}

/* Behind the raw string whose quote is at p; behind the quote alone when it is none. */
static const char *raw_string(const char *p, const char *end)
{
	const char *delim = p + 1, *open = delim;
	while (open < end && open - delim <= 16 && !strchr("( )\\\t\n\v\f\"", *open))
		open++;
	if (open >= end || *open != '(')
		return p + 1;
	size_t n = (size_t)(open - delim);
	for (p = open + 1; p < end; p++) {
		p = memchr(p, ')', (size_t)(end - p));
		if (!p || (size_t)(end - p) < n + 2)
			return end;
		if (memcmp(p + 1, delim, n) == 0 && p[1 + n] == '"')
			return p + n + 2;
	}
	return end;
}

/* True when the ' at p stands in a number (1'000). */
static bool is_separator(const char *p, const char *start)
{
	const char *q = p;
	while (q > start && (ident_byte(q[-1]) || q[-1] == '\''))
		q--;
	return q < p && isdigit((unsigned char)*q);
}

/* Bytes at which a code line needs a closer look. */
static const bool special[256] = {['\n'] = true, ['"'] = true, ['\''] = true, ['/'] = true};

/* Behind the newline of the code line at p, comments and strings of several lines included. */
static const char *code_line(const char *p, const char *start, const char *end)
{
	for (;;) {
		while (p < end && !special[(unsigned char)*p])
			p++;
		if (p >= end)
			return end;
		if (*p == '\n')
			return p + 1;
		if (*p == '"')
			p = is_raw(p, start) ? raw_string(p, end) : quoted(p, end);
		else if (*p == '\'')
			p = is_separator(p, start) ? p + 1 : quoted(p, end);
		else if (p + 1 < end && p[1] == '*')
			p = block_comment(p, end);
		else if (p + 1 < end && p[1] == '/')
			p = line_comment(p, end);
		else
			p++;
	}
}

/* ---- directives ---- */

static const char *blanks(const char *p, const char *end)
{
	for (;;) {
		size_t n = splice(p, end);
		if (n)
			p += n;
		else if (p < end &&
			 (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\v' || *p == '\f'))
			p++;
		else if (end - p > 1 && p[0] == '/' && p[1] == '*')
			p = block_comment(p, end);
		else
			return p;
	}
}

/* Behind the header name that opens at p, or at the end of the line. A backslash is a plain byte in it. */
static const char *header_name(const char *p, const char *end)
{
	char close = *p == '<' ? '>' : '"';
	for (p++; p < end && *p != '\n'; p++) {
		if (*p == close)
			return p + 1;
	}
	return p;
}

/* Behind the next piece of a directive's line, which is added to `line`: comments as one blank, splices not at all. In an
 * #include nothing inside <> or "" is a comment. */
static const char *collect_piece(struct buf *line, const char *p, const char *end, bool include)
{
	size_t n = splice(p, end);
	const char *from = p;
	if (n)
		return p + n;
	if (*p == '/' && end - p > 1 && (p[1] == '*' || p[1] == '/')) {
		buf_addch(line, ' ');
		return p[1] == '*' ? block_comment(p, end) : line_comment(p, end);
	}
	if (include && (*p == '<' || *p == '"'))
		p = header_name(p, end);
	else if (*p == '"' || *p == '\'')
		p = quoted(p, end);
	else
		p++;
	buf_add(line, from, (size_t)(p - from));
	return p;
}

/* Reads the rest of a directive into c->line, without blanks at its ends. Leaves c->p behind the newline. */
static char *collect(struct cursor *c, bool include)
{
	const char *p = c->p;
	buf_clear(&c->line);
	while (p < c->end && *p != '\n')
		p = collect_piece(&c->line, p, c->end, include);
	c->p = p < c->end ? p + 1 : c->end;
	while (c->line.len && isspace((unsigned char)c->line.data[c->line.len - 1]))
		buf_truncate(&c->line, c->line.len - 1);
	buf_add(&c->line, "", 0);
	char *text = c->line.data ? c->line.data : NULL;
	return text ? text + strspn(text, " \t\r\v\f") : NULL;
}

static uint32_t keep(struct cursor *c, const char *s, size_t len)
{
	struct buf *pool = &c->out->pool;
	uint32_t at = (uint32_t)pool->len;
	buf_add(pool, s, len);
	buf_addch(pool, '\0');
	return at;
}

static struct scan_item *add_item(struct cursor *c, enum scan_op op)
{
	static const struct scan_item none;
	struct scan *s = c->out;
	if (s->n >= MAX_ITEMS)
		return NULL;
	GROW(s->v, s->n, s->cap);
	struct scan_item *i = &s->v[s->n++];
	*i = none;
	i->op = (uint8_t)op;
	return i;
}

static size_t name_len(const char *s)
{
	size_t n = 0;
	while (ident_byte(s[n]) && n < MAX_NAME)
		n++;
	return n;
}

static void on_include(struct cursor *c, const char *text, bool next)
{
	struct scan_item *i = *text ? add_item(c, SCAN_INCLUDE) : NULL;
	if (!i)
		return;
	bool angle = *text == '<';
	const char *close = angle || *text == '"' ? strchr(text + 1, angle ? '>' : '"') : NULL;
	i->next = next;
	i->form = !close ? SCAN_COMPUTED : angle ? SCAN_ANGLE : SCAN_QUOTED;
	i->text =
		close ? keep(c, text + 1, (size_t)(close - text - 1)) : keep(c, text, strlen(text));
}

/* A body over the limit is cut to '?', which has no value. */
static void on_define(struct cursor *c, const char *text)
{
	size_t n = name_len(text);
	struct scan_item *i = n ? add_item(c, SCAN_DEFINE) : NULL;
	if (!i)
		return;
	i->macro = macro_named(c->names, text, n, true);
	text += n;
	if (*text == '(') {
		size_t p = strcspn(text, ")");
		i->function = true;
		i->params = keep(c, text + 1, p ? p - 1 : 0);
		text += p + (text[p] == ')');
	}
	text += strspn(text, " \t\r\v\f");
	size_t len = strlen(text);
	i->text = len > MAX_BODY ? keep(c, "?", 1) : keep(c, text, len);
}

static void on_undef(struct cursor *c, const char *text)
{
	size_t n = name_len(text);
	struct scan_item *i = n ? add_item(c, SCAN_UNDEF) : NULL;
	if (i)
		i->macro = macro_named(c->names, text, n, true);
}

static void open_level(struct cursor *c)
{
	if (c->depth < MAX_NESTING)
		c->open[c->depth] = (uint32_t)c->out->n - 1;
	c->depth++;
}

static void on_if(struct cursor *c, const char *text)
{
	struct scan_item *i = add_item(c, SCAN_IF);
	if (!i)
		return;
	i->text = keep(c, text, strlen(text));
	open_level(c);
}

static void on_ifdef(struct cursor *c, const char *text, enum scan_op op)
{
	size_t n = name_len(text);
	if (!n) {
		on_if(c, "?");
		return;
	}
	struct scan_item *i = add_item(c, op);
	if (!i)
		return;
	i->macro = macro_named(c->names, text, n, true);
	open_level(c);
}

/* Links the open conditional of this level to the item just added. */
static void link_level(struct cursor *c)
{
	if (c->depth && c->depth <= MAX_NESTING) {
		c->out->v[c->open[c->depth - 1]].skip = (uint32_t)c->out->n - 1;
		c->open[c->depth - 1] = (uint32_t)c->out->n - 1;
	}
}

static void on_else(struct cursor *c, const char *text)
{
	struct scan_item *i = c->depth ? add_item(c, text ? SCAN_ELIF : SCAN_ELSE) : NULL;
	if (!i)
		return;
	if (text)
		i->text = keep(c, text, strlen(text));
	link_level(c);
}

/* #elifdef and #elifndef as the #elif they stand for. */
static void on_elifdef(struct cursor *c, const char *text, const char *no)
{
	char *as_elif = xasprintf("%sdefined %.*s", no, (int)name_len(text), text);
	on_else(c, as_elif);
	free(as_elif);
}

static void on_endif(struct cursor *c)
{
	struct scan *s = c->out;
	if (!c->depth)
		return;
	/* A conditional with nothing in it decides nothing. */
	bool empty = c->depth <= MAX_NESTING && s->n && c->open[c->depth - 1] == s->n - 1 &&
		     s->v[s->n - 1].op <= SCAN_IFNDEF && s->v[s->n - 1].op >= SCAN_IF;
	if (empty)
		s->n--;
	else if (add_item(c, SCAN_ENDIF))
		link_level(c);
	c->depth--;
}

/* #line 12 "file" */
static void on_line(struct cursor *c, const char *text)
{
	const char *open = strchr(text, '"'), *close = open ? strrchr(open + 1, '"') : NULL;
	struct scan_item *i = close ? add_item(c, SCAN_LINE) : NULL;
	if (!i)
		return;
	char *name = xstrndup(open + 1, (size_t)(close - open - 1)), *to = name;
	for (const char *from = name; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
	i->text = keep(c, name, strlen(name));
	free(name);
}

static bool is(const char *name, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(name, want, len) == 0;
}

/* c->p is behind the '#'. Leaves it behind the directive. */
static void directive(struct cursor *c)
{
	const char *name = c->p = blanks(c->p, c->end);
	size_t n = 0;
	while (name + n < c->end && ident_byte(name[n]))
		n++;
	c->p += n;
	bool next = is(name, n, "include_next");
	bool include = next || is(name, n, "include") || is(name, n, "import");
	const char *text = collect(c, include);
	if (!text)
		text = "";
	if (include)
		on_include(c, text, next);
	else if (is(name, n, "define"))
		on_define(c, text);
	else if (is(name, n, "undef"))
		on_undef(c, text);
	else if (is(name, n, "if"))
		on_if(c, text);
	else if (is(name, n, "ifdef") || is(name, n, "ifndef"))
		on_ifdef(c, text, n == 5 ? SCAN_IFDEF : SCAN_IFNDEF);
	else if (is(name, n, "elif") || is(name, n, "else"))
		on_else(c, name[2] == 'i' ? text : NULL);
	else if (is(name, n, "elifdef") || is(name, n, "elifndef"))
		on_elifdef(c, text, n == 7 ? "" : "!");
	else if (is(name, n, "endif"))
		on_endif(c);
	else if (is(name, n, "line"))
		on_line(c, text);
	else if (is(name, n, "pragma") && is(text, name_len(text), "once"))
		c->out->once = true;
}

/* Wholly inside #ifndef X / #define X. */
static bool is_guarded(const struct scan *s)
{
	return s->n >= 3 && s->v[0].op == SCAN_IFNDEF && s->v[0].skip == s->n - 1 &&
	       s->v[1].op == SCAN_DEFINE && s->v[1].macro == s->v[0].macro;
}

void scan_text(struct scan *s, struct macro_table *names, const char *text, size_t len)
{
	struct cursor c = {.p = text, .end = text + len, .out = s, .names = names};
	s->n = 0;
	s->once = false;
	buf_clear(&s->pool);
	buf_addch(&s->pool, '\0');
	while (c.p < c.end) {
		c.p = blanks(c.p, c.end);
		if (c.p < c.end && *c.p == '#') {
			c.p++;
			directive(&c);
		} else {
			c.p = code_line(c.p, text, c.end);
		}
	}
	/* What was never closed ends with the text. */
	for (; c.depth; c.depth--) {
		if (c.depth <= MAX_NESTING)
			s->v[c.open[c.depth - 1]].skip = (uint32_t)s->n;
	}
	s->once |= is_guarded(s);
	buf_release(&c.line);
}

void scan_release(struct scan *s)
{
	free(s->v);
	buf_release(&s->pool);
	*s = (struct scan){0};
}
