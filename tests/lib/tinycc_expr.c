/* tinycc_expr: the value of a #if line: integers, defined, __has_include, macros that stand for such, and C's operators
 * but ?: and the bitwise ones. Function-like macros and anything else it does not know count as 0.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tinycc.h"

struct parser {
	const char *p;
	const struct lookup *look;
	int depth;
};

static const struct operator
{
	const char *text;
	int level;
}
operators[] = {
	{"||", 1},
	{"&&", 2},
	{"==", 3},
	{"!=", 3},
	{"<=", 4},
	{">=", 4},
	{"<", 4},
	{">", 4},
	{"+", 5},
	{"-", 5},
	{"*", 6},
	{"/", 6},
	{"%", 6},
};

static long binary(struct parser *ps, int level);

static void spaces(struct parser *ps)
{
	while (isspace((unsigned char)*ps->p))
		ps->p++;
}

static bool take(struct parser *ps, char c)
{
	spaces(ps);
	if (*ps->p != c)
		return false;
	ps->p++;
	return true;
}

static char *identifier(struct parser *ps)
{
	spaces(ps);
	size_t n = 0;
	while (isalnum((unsigned char)ps->p[n]) || ps->p[n] == '_')
		n++;
	char *name = format("%.*s", (int)n, ps->p);
	ps->p += n;
	return name;
}

static long defined(struct parser *ps)
{
	bool open = take(ps, '(');
	const char *name = identifier(ps);
	if (open)
		take(ps, ')');
	return ps->look->macro(ps->look->ctx, name) != NULL;
}

static long has_include(struct parser *ps)
{
	take(ps, '(');
	spaces(ps);
	bool quoted = *ps->p == '"';
	if (*ps->p)
		ps->p++;
	size_t n = strcspn(ps->p, quoted ? "\"" : ">");
	char *name = format("%.*s", (int)n, ps->p);
	ps->p += n + (ps->p[n] != '\0');
	take(ps, ')');
	return ps->look->header(ps->look->ctx, name, quoted);
}

static void skip_arguments(struct parser *ps)
{
	int open = 0;
	spaces(ps);
	if (*ps->p != '(')
		return;
	do {
		open += (*ps->p == '(') - (*ps->p == ')');
		ps->p++;
	} while (open > 0 && *ps->p);
}

static long named(struct parser *ps)
{
	const char *name = identifier(ps);
	if (strcmp(name, "defined") == 0)
		return defined(ps);
	if (strcmp(name, "__has_include") == 0)
		return has_include(ps);
	if (strcmp(name, "true") == 0)
		return 1;
	const char *text = ps->look->macro(ps->look->ctx, name);
	skip_arguments(ps);
	if (!text || ps->depth >= 20)
		return 0;
	struct parser inner = {.p = text, .look = ps->look, .depth = ps->depth + 1};
	return binary(&inner, 1);
}

static long primary(struct parser *ps)
{
	spaces(ps);
	if (take(ps, '!'))
		return !primary(ps);
	if (take(ps, '-'))
		return -primary(ps);
	if (take(ps, '(')) {
		long v = binary(ps, 1);
		take(ps, ')');
		return v;
	}
	if (isdigit((unsigned char)*ps->p)) {
		char *end;
		long v = strtol(ps->p, &end, 0);
		ps->p = end + strspn(end, "uUlL");
		return v;
	}
	if (isalpha((unsigned char)*ps->p) || *ps->p == '_')
		return named(ps);
	return 0;
}

static long apply(const char *op, long a, long b)
{
	switch (op[0]) {
	case '|': return a || b;
	case '&': return a && b;
	case '=': return a == b;
	case '!': return a != b;
	case '<': return op[1] ? a <= b : a < b;
	case '>': return op[1] ? a >= b : a > b;
	case '+': return a + b;
	case '-': return a - b;
	case '*': return a * b;
	case '/': return b ? a / b : 0;
	default: return b ? a % b : 0;
	}
}

static long binary(struct parser *ps, int level)
{
	long v = primary(ps);
	for (;;) {
		const struct operator* op = NULL;
		spaces(ps);
		for (size_t i = 0; i < sizeof(operators) / sizeof(*operators) && !op; i++)
			if (strncmp(ps->p, operators[i].text, strlen(operators[i].text)) == 0)
				op = &operators[i];
		if (!op || op->level < level)
			return v;
		ps->p += strlen(op->text);
		v = apply(op->text, v, binary(ps, op->level + 1));
	}
}

long if_value(const char *text, const struct lookup *look)
{
	struct parser ps = {.p = text, .look = look};
	return binary(&ps, 1);
}
