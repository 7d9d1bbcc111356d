/* include_expr: see include_expr.h. Precedence climbing over long long. A macro's body counts as if it stood in parentheses,
 * which is how such macros are written. Depth and number of expansions have ceilings.
 */
#include "sketch/include_expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/xalloc.h"

enum { MAX_DEPTH = 100, MAX_EXPANSIONS = 1000, MAX_TEXT = 16384 };

struct value {
	bool known;
	long long v;
};

struct parser {
	const char *p;
	const struct expr_asks *asks;
	int depth;
	int *expansions; /* shared by all levels */
	bool broken;
};

static const struct value UNKNOWN = {false, 0};

static struct value known(long long v)
{
	return (struct value){true, v};
}

static struct value of_truth(enum truth t)
{
	return t == TRUTH_MAYBE ? UNKNOWN : known(t == TRUTH_YES);
}

static bool ident_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static size_t ident_len(const char *s)
{
	size_t n = 0;
	while (ident_start(s[n]) || (n && isdigit((unsigned char)s[n])))
		n++;
	return n;
}

static void skip(struct parser *x)
{
	x->p += strspn(x->p, " \t\r\v\f\n");
}

static bool take(struct parser *x, char c)
{
	skip(x);
	if (*x->p != c)
		return false;
	x->p++;
	return true;
}

static struct value broken(struct parser *x)
{
	x->broken = true;
	return UNKNOWN;
}

static struct value ternary(struct parser *x);

static struct value number(struct parser *x)
{
	char digits[80], *end;
	size_t n = 0;
	bool real = false;
	for (; isalnum((unsigned char)*x->p) || *x->p == '.' || *x->p == '\''; x->p++) {
		real |= *x->p == '.';
		if (*x->p != '\'' && n + 1 < sizeof digits)
			digits[n++] = *x->p;
	}
	digits[n] = '\0';
	errno = 0;
	bool binary = digits[0] == '0' && (digits[1] | 0x20) == 'b';
	unsigned long long v = binary ? strtoull(digits + 2, &end, 2) : strtoull(digits, &end, 0);
	if (real || errno || end[strspn(end, "uUlLzZ")])
		return UNKNOWN;
	return known((long long)v);
}

/* 'a'; longer ones and escapes have no value here. */
static struct value character(struct parser *x)
{
	const char *p = x->p + 1;
	bool plain = *p && *p != '\\' && *p != '\'' && p[1] == '\'';
	while (*p && *p != '\'')
		p += *p == '\\' && p[1] ? 2 : 1;
	struct value v = plain ? known((unsigned char)x->p[1]) : UNKNOWN;
	x->p = *p ? p + 1 : p;
	return v;
}

static struct value defined(struct parser *x)
{
	const char *body, *params;
	bool paren = take(x, '(');
	skip(x);
	size_t n = ident_len(x->p);
	if (!n)
		return broken(x);
	enum macro_state s = x->asks->macro(x->asks->ctx, x->p, n, &body, &params);
	x->p += n;
	if (paren && !take(x, ')'))
		return broken(x);
	return s == MACRO_MAYBE ? UNKNOWN : known(s == MACRO_DEFINED);
}

/* Behind the parenthesis that closes the one at `p`; NULL when there is none. */
static const char *closing(const char *p)
{
	int open = 0;
	for (; *p; p++) {
		if (*p == '"' || *p == '\'') {
			const char *q = strchr(p + 1, *p);
			p = q ? q : p;
		} else if (*p == '(') {
			open++;
		} else if (*p == ')' && --open == 0) {
			return p + 1;
		}
	}
	return NULL;
}

/* The header in `text` ("<x.h>", "\"x.h\""), or what it expands to. */
static struct value ask_header(struct parser *x, const char *text, bool next)
{
	char *name = expr_header(text, x->asks);
	if (!name)
		return UNKNOWN;
	bool is_quoted = *name == '"';
	name[strlen(name) - 1] = '\0';
	enum truth t = x->asks->has_include(x->asks->ctx, name + 1, is_quoted, next);
	free(name);
	return of_truth(t);
}

static struct value has_include(struct parser *x, bool next)
{
	skip(x);
	const char *end = *x->p == '(' ? closing(x->p) : NULL;
	if (!end)
		return broken(x);
	char *text = xstrndup(x->p + 1, (size_t)(end - x->p) - 2);
	x->p = end;
	struct value v = ask_header(x, text, next);
	free(text);
	return v;
}

/* Splits "a, f(b,c)" at the commas outside parentheses. Gives argument `i` in *arg, false beyond the last. */
static bool argument(const char *args, size_t i, const char **arg, size_t *len)
{
	int open = 0;
	const char *from = args;
	for (const char *p = args;; p++) {
		if (*p == '(')
			open++;
		else if (*p == ')')
			open--;
		else if (!*p || (*p == ',' && open == 0)) {
			if (i-- == 0) {
				from += strspn(from, " \t");
				*arg = from;
				*len = p > from ? (size_t)(p - from) : 0;
				return true;
			}
			if (!*p)
				return false;
			from = p + 1;
		}
	}
}

/* Which parameter the name is; -1 for none. */
static int parameter(const char *params, const char *name, size_t len)
{
	int i = 0;
	for (const char *p = params; *p; i++) {
		p += strspn(p, " \t");
		size_t n = strcspn(p, ", \t");
		if (n == len && memcmp(p, name, n) == 0)
			return i;
		p += strcspn(p, ",");
		p += *p == ',';
	}
	return -1;
}

/* The body with its parameters replaced. New string; NULL when it grows too large. */
static char *substitute(const char *body, const char *params, const char *args)
{
	struct buf out = BUF_INIT;
	for (const char *p = body; *p && out.len < MAX_TEXT;) {
		size_t n = ident_len(p), len;
		const char *arg;
		int i = n ? parameter(params, p, n) : -1;
		if (i >= 0 && argument(args, (size_t)i, &arg, &len))
			buf_add(&out, arg, len);
		else if (i < 0)
			buf_add(&out, p, n ? n : 1);
		p += n ? n : 1;
		/* The rest of a number is no name. */
		while (!n && isdigit((unsigned char)p[-1]) && (isalnum((unsigned char)*p)))
			buf_addch(&out, *p++);
	}
	if (out.len < MAX_TEXT)
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}

/* A body as an expression of its own. */
static struct value sub_value(struct parser *x, const char *text)
{
	struct parser y = {
		.p = text, .asks = x->asks, .depth = x->depth + 1, .expansions = x->expansions};
	if (y.depth > MAX_DEPTH || ++*x->expansions > MAX_EXPANSIONS)
		return UNKNOWN;
	struct value v = ternary(&y);
	skip(&y);
	return y.broken || *y.p ? UNKNOWN : v;
}

/* A macro with parameters; x->p is behind its name. Without '(' it is no macro, but 0. */
static struct value call(struct parser *x, const char *body, const char *params)
{
	skip(x);
	if (*x->p != '(')
		return known(0);
	const char *end = closing(x->p);
	if (!end)
		return broken(x);
	char *args = xstrndup(x->p + 1, (size_t)(end - x->p) - 2);
	char *text = substitute(body, params, args);
	struct value v = text ? sub_value(x, text) : UNKNOWN;
	x->p = end;
	free(args);
	free(text);
	return v;
}

static bool is(const char *s, size_t n, const char *want)
{
	return strlen(want) == n && memcmp(s, want, n) == 0;
}

static struct value identifier(struct parser *x)
{
	const char *name = x->p, *body, *params;
	size_t n = ident_len(name);
	x->p += n;
	if (is(name, n, "defined"))
		return defined(x);
	if (is(name, n, "__has_include") || is(name, n, "__has_include_next"))
		return has_include(x, n > 13);
	if (is(name, n, "true"))
		return known(1);
	enum macro_state s = x->asks->macro(x->asks->ctx, name, n, &body, &params);
	if (s == MACRO_DEFINED && params)
		return call(x, body, params);
	skip(x);
	if (*x->p == '(') {
		/* __has_attribute(x) and the like; nothing that we could know. */
		const char *end = closing(x->p);
		if (!end)
			return broken(x);
		x->p = end;
		return UNKNOWN;
	}
	if (s == MACRO_DEFINED)
		return sub_value(x, body);
	return s == MACRO_MAYBE ? UNKNOWN : known(0);
}

static struct value unary(struct parser *x)
{
	skip(x);
	char c = *x->p;
	if (x->depth > MAX_DEPTH)
		return broken(x);
	if (isdigit((unsigned char)c))
		return number(x);
	if (c == '\'')
		return character(x);
	if (ident_start(c))
		return identifier(x);
	if (!c || !strchr("!~-+(", c))
		return broken(x);
	x->p++;
	x->depth++;
	struct value v = c == '(' ? ternary(x) : unary(x);
	x->depth--;
	if (c == '(')
		return take(x, ')') ? v : broken(x);
	if (v.known && c == '!')
		v.v = !v.v;
	else if (v.known && c == '~')
		v.v = ~v.v;
	else if (v.known && c == '-')
		v.v = (long long)(0 - (unsigned long long)v.v);
	return v;
}

struct op {
	char text[3];
	int level;
};

/* Longer ones first. */
static const struct op OPS[] = {{"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7},
	{"<<", 8}, {">>", 8}, {"|", 3}, {"^", 4}, {"&", 5}, {"<", 7}, {">", 7}, {"+", 9}, {"-", 9},
	{"*", 10}, {"/", 10}, {"%", 10}};

static const struct op *next_op(struct parser *x)
{
	skip(x);
	for (size_t i = 0; i < ARRAY_LEN(OPS); i++) {
		if (strncmp(x->p, OPS[i].text, strlen(OPS[i].text)) == 0)
			return &OPS[i];
	}
	return NULL;
}

/* In unsigned arithmetic, which wraps. */
static struct value arithmetic(char op, bool twice, long long a, long long b)
{
	unsigned long long x = (unsigned long long)a, y = (unsigned long long)b;
	switch (op) {
	case '|': return known((long long)(x | y));
	case '^': return known((long long)(x ^ y));
	case '&': return known((long long)(x & y));
	case '+': return known((long long)(x + y));
	case '-': return known((long long)(x - y));
	case '*': return known((long long)(x * y));
	case '<': return twice ? known(y < 64 ? (long long)(x << y) : 0) : known(a < b);
	case '>': return twice ? known(y < 64 ? a >> y : 0) : known(a > b);
	default: break;
	}
	if (b == 0 || b == -1)
		return UNKNOWN;
	return known(op == '/' ? a / b : a % b);
}

static struct value apply(const char *op, struct value a, struct value b)
{
	bool or = strcmp(op, "||") == 0;
	if (or || strcmp(op, "&&") == 0) {
		/* One side may settle it. */
		if ((a.known && !a.v == ! or) || (b.known && !b.v == ! or))
			return known(or);
		return a.known && b.known ? known(! or) : UNKNOWN;
	}
	if (!a.known || !b.known)
		return UNKNOWN;
	if (strcmp(op, "==") == 0)
		return known(a.v == b.v);
	if (strcmp(op, "!=") == 0)
		return known(a.v != b.v);
	if (strcmp(op, "<=") == 0)
		return known(a.v <= b.v);
	if (strcmp(op, ">=") == 0)
		return known(a.v >= b.v);
	return arithmetic(op[0], op[1] != '\0', a.v, b.v);
}

static struct value binary(struct parser *x, int level)
{
	struct value a = unary(x);
	const struct op *op;
	while (!x->broken && (op = next_op(x)) && op->level >= level) {
		x->p += strlen(op->text);
		a = apply(op->text, a, binary(x, op->level + 1));
	}
	return a;
}

static struct value ternary(struct parser *x)
{
	struct value cond = binary(x, 1);
	if (x->broken || !take(x, '?'))
		return cond;
	if (++x->depth > MAX_DEPTH)
		return broken(x);
	struct value yes = ternary(x);
	if (!take(x, ':'))
		return broken(x);
	struct value no = ternary(x);
	x->depth--;
	return !cond.known ? UNKNOWN : cond.v ? yes : no;
}

enum truth expr_truth(const char *text, const struct expr_asks *asks)
{
	int expansions = 0;
	struct parser x = {.p = text, .asks = asks, .expansions = &expansions};
	struct value v = ternary(&x);
	skip(&x);
	if (x.broken || *x.p || !v.known)
		return TRUTH_MAYBE;
	return v.v ? TRUTH_YES : TRUTH_NO;
}

/* "<x.h>" or "\"x.h\"" alone, blanks around it. */
static char *plain_header(const char *text)
{
	text += strspn(text, " \t");
	char close = *text == '<' ? '>' : *text == '"' ? '"' : '\0';
	const char *end = close ? strchr(text + 1, close) : NULL;
	if (!end || end[1 + strspn(end + 1, " \t")])
		return NULL;
	return xstrndup(text, (size_t)(end - text) + 1);
}

char *expr_header(const char *text, const struct expr_asks *asks)
{
	const char *body, *params;
	for (int i = 0; i < MAX_DEPTH; i++) {
		char *name = plain_header(text);
		if (name)
			return name;
		text += strspn(text, " \t");
		size_t n = ident_len(text);
		if (!n || text[n + strspn(text + n, " \t")])
			return NULL;
		if (asks->macro(asks->ctx, text, n, &body, &params) != MACRO_DEFINED || params)
			return NULL;
		text = body;
	}
	return NULL;
}
