/* lexer: see lexer.h. One pass over the bytes, no copies. It expands no macro and evaluates no
 * condition: text that #if would leave out is cut into tokens as well.
 */
#include "sketch/lexer.h"

#include <string.h>

#include "common/xalloc.h"

enum byte_class { OTHER, SPACE, NEWLINE, LETTER, DIGIT };

#define L LETTER
#define D DIGIT
/* Bytes beyond ASCII are letters: a compiler takes them so, or refuses them. */
static const unsigned char classes[256] = {
	['\t'] = SPACE,
	['\v'] = SPACE,
	['\f'] = SPACE,
	['\r'] = SPACE,
	[' '] = SPACE,
	['\n'] = NEWLINE,
	['$'] = L,
	['_'] = L,
	['0' ... '9'] = D,
	['A' ... 'Z'] = L,
	['a' ... 'z'] = L,
	[0x80 ... 0xff] = L,
};
#undef L
#undef D

static enum byte_class class_of(const char *p)
{
	return classes[(unsigned char)*p];
}

static bool is_word(const char *p)
{
	return class_of(p) >= LETTER;
}

size_t lex_splice(const char *p, const char *end)
{
	if (p == end || *p != '\\')
		return 0;
	const char *q = p + 1;
	while (q < end && class_of(q) == SPACE)
		q++;
	return q < end && *q == '\n' ? (size_t)(q + 1 - p) : 0;
}

/* True when a splice between these two bytes makes one token of what looks like two. */
static bool glues(char before, char after)
{
	if (before == '/' || before == '*')
		return after == '/' || after == '*';
	if (!is_word(&before))
		return false;
	return is_word(&after) || after == '"' || after == '\'';
}

static bool has_odd_splice(const char *text, const char *end)
{
	for (const char *p = text; p < end && (p = memchr(p, '\\', (size_t)(end - p))); p++) {
		const char *after = p;
		for (size_t n; (n = lex_splice(after, end));)
			after += n;
		if (after > p && after < end && p > text && glues(p[-1], *after))
			return true;
	}
	return false;
}

static bool has_trigraph(const char *text, const char *end)
{
	for (const char *p = text; p < end && (p = memchr(p, '?', (size_t)(end - p))); p++) {
		if (end - p >= 3 && p[1] == '?' && p[2] && strchr("=/'()!<>-", p[2]))
			return true;
	}
	return false;
}

void lexer_init(struct lexer *l, const char *text, size_t len)
{
	*l = (struct lexer){.p = text, .end = text, .line = 1, .line_start = true};
	if (!len)
		return;
	l->end = text + len;
	l->doubt = has_odd_splice(text, l->end) || has_trigraph(text, l->end) ||
		   memchr(text, '\0', len);
}

/* Moves on to `to`, counting lines. */
static void advance(struct lexer *l, const char *to)
{
	for (const char *p = l->p; p < to && (p = memchr(p, '\n', (size_t)(to - p))); p++)
		l->line++;
	l->p = to;
}

static void finish(struct lexer *l, struct lexeme *t, enum lex_kind kind, const char *to)
{
	t->kind = kind;
	t->len = (size_t)(to - t->s);
	if (kind == LEX_COMMENT || kind == LEX_STRING || kind == LEX_CHAR || kind == LEX_RAW)
		advance(l, to);
	else
		l->p = to;
}

static void take_line_comment(struct lexer *l, struct lexeme *t)
{
	const char *p = t->s;
	for (;;) {
		p = memchr(p, '\n', (size_t)(l->end - p));
		if (!p)
			break;
		const char *q = p;
		while (q[-1] == ' ' || q[-1] == '\t' || q[-1] == '\r' || q[-1] == '\v' ||
			q[-1] == '\f')
			q--;
		if (q[-1] != '\\')
			break;
		p++;
	}
	finish(l, t, LEX_COMMENT, p ? p : l->end);
}

static void take_block_comment(struct lexer *l, struct lexeme *t)
{
	const char *p = t->s + 2;
	while (p < l->end && (p = memchr(p, '*', (size_t)(l->end - p)))) {
		if (++p < l->end && *p == '/') {
			finish(l, t, LEX_COMMENT, p + 1);
			return;
		}
	}
	l->doubt = true;
	finish(l, t, LEX_COMMENT, l->end);
}

/* A string or character from its quote on. Unterminated it ends with its line, as compilers have
 * it; that is common in #error and worth a doubt elsewhere. */
static void take_quoted(struct lexer *l, struct lexeme *t, enum lex_kind kind)
{
	char quote = *t->s;
	const char *p = t->s + 1;
	while (p < l->end && *p != quote && *p != '\n') {
		size_t splice = *p == '\\' ? lex_splice(p, l->end) : 0;
		if (splice)
			p += splice;
		else
			p += *p == '\\' && p + 1 < l->end ? 2 : 1;
	}
	bool closed = p < l->end && *p == quote;
	if (!closed && l->directive != DIRECTIVE_MESSAGE)
		l->doubt = true;
	finish(l, t, kind, closed ? p + 1 : p);
}

/* R"delimiter( … )delimiter", from its quote on. */
static void take_raw(struct lexer *l, struct lexeme *t)
{
	const char *open = t->s + 1;
	while (open < l->end && *open != '(' && *open != '"' && *open != '\n')
		open++;
	size_t len = (size_t)(open - t->s - 1);
	if (open == l->end || *open != '(' || len > 16) {
		l->doubt = true;
		take_quoted(l, t, LEX_STRING);
		return;
	}
	const char *p = open;
	while (p < l->end && (p = memchr(p, ')', (size_t)(l->end - p)))) {
		p++;
		if ((size_t)(l->end - p) > len && memcmp(p, t->s + 1, len) == 0 && p[len] == '"')
			break;
	}
	const char *to = p && p < l->end ? p + len + 1 : l->end;
	if (!p || p >= l->end || (l->directive && memchr(t->s, '\n', (size_t)(to - t->s))))
		l->doubt = true;
	finish(l, t, LEX_RAW, to);
}

static bool is_raw_prefix(const char *s, size_t len)
{
	if (s[len - 1] != 'R' || len > 3)
		return false;
	return len == 1 || (len == 2 && strchr("uUL", s[0])) || (len == 3 && !memcmp(s, "u8", 2));
}

static void take_word(struct lexer *l, struct lexeme *t)
{
	const char *p = t->s + 1;
	while (p < l->end && is_word(p))
		p++;
	size_t len = (size_t)(p - t->s);
	if (p < l->end && *p == '"' && is_raw_prefix(t->s, len)) {
		t->s = p;
		take_raw(l, t);
		return;
	}
	finish(l, t, LEX_IDENT, p);
	bool condition = l->directive == DIRECTIVE_IF || l->directive == DIRECTIVE_ELSE;
	l->has_include = condition && len >= 13 && !memcmp(t->s, "__has_include", 13);
}

static void take_number(struct lexer *l, struct lexeme *t)
{
	const char *p = t->s + 1;
	while (p < l->end) {
		bool exponent = strchr("eEpP", p[-1]) && (*p == '+' || *p == '-');
		if (!is_word(p) && *p != '.' && !exponent)
			break;
		p++;
	}
	/* A digit separator in one C++, a character constant in another. */
	if (p < l->end && *p == '\'')
		l->doubt = true;
	finish(l, t, LEX_NUMBER, p);
}

/* <name> on one line. */
static bool take_header(struct lexer *l, struct lexeme *t)
{
	const char *p = t->s + 1;
	while (p < l->end && *p != '>' && *p != '\n')
		p++;
	if (p == l->end || *p == '\n')
		return false;
	finish(l, t, LEX_HEADER, p + 1);
	return true;
}

static enum lex_directive directive_of(const char *s, size_t len)
{
	static const struct {
		const char *name;
		enum lex_directive directive;
	} names[] = {
		{"include", DIRECTIVE_INCLUDE},
		{"define", DIRECTIVE_DEFINE},
		{"if", DIRECTIVE_IF},
		{"ifdef", DIRECTIVE_IF},
		{"ifndef", DIRECTIVE_IF},
		{"endif", DIRECTIVE_ENDIF},
		{"else", DIRECTIVE_ELSE},
		{"elif", DIRECTIVE_ELSE},
		{"elifdef", DIRECTIVE_ELSE},
		{"elifndef", DIRECTIVE_ELSE},
		{"undef", DIRECTIVE_UNDEF},
		{"line", DIRECTIVE_LINE},
		{"error", DIRECTIVE_MESSAGE},
		{"warning", DIRECTIVE_MESSAGE},
		{"import", DIRECTIVE_INCLUDE},
		{"include_next", DIRECTIVE_INCLUDE},
		{"embed", DIRECTIVE_INCLUDE},
	};
	if (len && class_of(s) == DIGIT)
		return DIRECTIVE_LINE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strlen(names[i].name) == len && memcmp(names[i].name, s, len) == 0)
			return names[i].directive;
	}
	return DIRECTIVE_OTHER;
}

/* White space, splices, and outside a directive newlines. */
static void skip_space(struct lexer *l)
{
	while (l->p < l->end) {
		enum byte_class c = class_of(l->p);
		size_t splice;
		if (c == SPACE) {
			l->p++;
		} else if (c == NEWLINE && !l->directive) {
			l->p++;
			l->line++;
			l->line_start = true;
		} else if (*l->p == '\\' && (splice = lex_splice(l->p, l->end))) {
			l->p += splice;
			l->line++;
		} else {
			return;
		}
	}
}

/* Only blanks and splices may stand between '#' and the name here; a comment makes it a directive
 * of unknown kind, and that is worth a doubt. */
static void take_directive(struct lexer *l, struct lexeme *t)
{
	l->p = t->s + 1;
	l->directive = DIRECTIVE_OTHER;
	skip_space(l);
	const char *name = l->p, *p = name;
	while (p < l->end && is_word(p))
		p++;
	if (p == name && p < l->end && *p == '/')
		l->doubt = true;
	l->directive = directive_of(name, (size_t)(p - name));
	l->header_next = l->directive == DIRECTIVE_INCLUDE;
	finish(l, t, LEX_DIRECTIVE, p);
}

static void take_punct(struct lexer *l, struct lexeme *t)
{
	char c = *t->s, next = t->s + 1 < l->end ? t->s[1] : '\0';
	bool header = l->header_next;
	if (c == '(' && l->has_include) {
		l->header_next = true;
		finish(l, t, LEX_PUNCT, t->s + 1);
		return;
	}
	if (c == '<' && header && take_header(l, t))
		return;
	/* Braces and '#' spelt as digraphs. */
	if ((c == '<' && next == '%') || (c == '%' && (next == '>' || next == ':')))
		l->doubt = true;
	finish(l, t, LEX_PUNCT, t->s + 1);
}

static void take_token(struct lexer *l, struct lexeme *t)
{
	char c = *t->s, next = t->s + 1 < l->end ? t->s[1] : '\0';
	switch (class_of(t->s)) {
	case LETTER: take_word(l, t); return;
	case DIGIT: take_number(l, t); return;
	default: break;
	}
	if (c == '"')
		take_quoted(l, t, LEX_STRING);
	else if (c == '\'')
		take_quoted(l, t, LEX_CHAR);
	else if (c == '.' && class_of(&next) == DIGIT)
		take_number(l, t);
	else
		take_punct(l, t);
}

static void next_token(struct lexer *l, struct lexeme *t)
{
	char next = l->p + 1 < l->end ? l->p[1] : '\0';
	if (*l->p == '/' && next == '/') {
		take_line_comment(l, t);
		return;
	}
	if (*l->p == '/' && next == '*') {
		/* What follows a comment that began a line may be a directive: line_start stays. */
		take_block_comment(l, t);
		return;
	}
	bool directive = *l->p == '#' && l->line_start && !l->directive;
	bool header = l->header_next, include = l->has_include;
	l->line_start = false;
	if (directive) {
		take_directive(l, t);
		return;
	}
	take_token(l, t);
	if (header)
		l->header_next = false;
	if (include)
		l->has_include = false;
}

void lexer_next(struct lexer *l, struct lexeme *t)
{
	skip_space(l);
	*t = (struct lexeme){.s = l->p, .line = l->line, .first = l->line != l->used_line};
	if (l->p < l->end && !(l->directive && *l->p == '\n')) {
		next_token(l, t);
		l->used_line = l->line;
		return;
	}
	t->kind = l->directive ? LEX_DIRECTIVE_END : LEX_END;
	l->directive = DIRECTIVE_NONE;
	l->header_next = l->has_include = false;
}
