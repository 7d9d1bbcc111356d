/* normal_form: blanks the comments that no compiler output can depend on, so that an edited comment
 * compiles nothing anew. Where a compiler might see the text otherwise (lexer's doubt), it is given
 * back as it is. Nothing but comments, and white space behind them at a line's end, is ever
 * touched.
 */
#include "sketch/source.h"

#include <string.h>
#include <strings.h>

#include "sketch/lexer.h"

struct normal {
	struct buf *out;
	const char *done; /* input up to here was written */
	const char *keep_until; /* a directive that stays as it is ends here */
};

static void copy_until(struct normal *n, const char *to)
{
	if (to > n->done) {
		buf_add(n->out, n->done, (size_t)(to - n->done));
		n->done = to;
	}
}

static bool starts(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(end - p) >= len && strncasecmp(p, word, len) == 0;
}

/* What a byte of a comment can be: nothing special, a reason to keep the comment, or the beginning
 * of one. */
enum weight { LIGHT, HEAVY, LOOK };
static const unsigned char weights[256] = {
	[0x00 ... 0x08] = HEAVY,
	[0x0b ... 0x0c] = HEAVY,
	[0x0e ... 0x1f] = HEAVY,
	[0x7f ... 0xff] = HEAVY,
	['\r'] = LOOK,
	['\\'] = LOOK,
	['/'] = LOOK,
	['f'] = LOOK,
	['F'] = LOOK,
	['l'] = LOOK,
	['L'] = LOOK,
	['n'] = LOOK,
	['N'] = LOOK,
};

/* Fall-through and lint marks, nested openers, splices, and a carriage return that ends no line. */
static bool means_something(const char *p, const char *end)
{
	switch (*p) {
	case '\r': return p + 1 == end || p[1] != '\n';
	case '\\': return lex_splice(p, end);
	case '/': return p + 1 < end && p[1] == '*';
	case 'f':
	case 'F': return starts(p, end, "fall");
	case 'l':
	case 'L': return starts(p, end, "lint");
	default: return starts(p, end, "notreached");
	}
}

/* Is this comment's text any compiler's business? */
static bool matters(const char *s, size_t len)
{
	for (const char *p = s + 1, *end = s + len; p < end; p++) {
		unsigned char weight = weights[(unsigned char)*p];
		if (weight == HEAVY || (weight == LOOK && means_something(p, end)))
			return true;
	}
	return false;
}

static void strip_blanks(struct buf *b)
{
	size_t len = b->len;
	while (len && (b->data[len - 1] == ' ' || b->data[len - 1] == '\t'))
		len--;
	buf_truncate(b, len);
}

/* A backslash that only white space would part from the newline would become a splice. */
static bool behind_backslash(const struct buf *b)
{
	size_t len = b->len;
	while (len && strchr(" \t\v\f\r", b->data[len - 1]))
		len--;
	return len && b->data[len - 1] == '\\';
}

/* Every line as many blanks as it had bytes, but none before a newline. */
static void write_blank(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool newline = s[i] == '\n' || (s[i] == '\r' && i + 1 < len && s[i + 1] == '\n');
		if (newline)
			strip_blanks(out);
		char c = newline || s[i] == '\t' ? s[i] : ' ';
		out->data[out->len++] = c;
	}
	out->data[out->len] = '\0';
}

static bool at_newline(const char *p, const char *end)
{
	return p == end || *p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n');
}

/* A comment is one space to the compiler. Its newlines, laid bare, would end a directive, or make
 * one of a '#' that follows. */
static bool joins_lines(const char *s, size_t len, const struct lexer *l)
{
	if (s[1] == '/' || !memchr(s, '\n', len))
		return false;
	const char *p = s + len;
	while (p < l->end && (*p == ' ' || *p == '\t'))
		p++;
	return l->directive || (p < l->end && strchr("#%/\\", *p));
}

static void blank_comment(struct normal *n, const struct lexeme *t, const struct lexer *l)
{
	size_t len = t->len;
	/* The carriage return of CR LF belongs to the newline. */
	if (t->s[1] == '/' && t->s[len - 1] == '\r')
		len--;
	copy_until(n, t->s);
	if (matters(t->s, len) || joins_lines(t->s, len, l) || behind_backslash(n->out))
		return;
	/* The result is never longer than the text: there is room. */
	write_blank(n->out, t->s, len);
	n->done = t->s + len;
	const char *p = n->done, *end = l->end;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (at_newline(p, end)) {
		strip_blanks(n->out);
		n->done = p;
	}
}

/* Header names, and directives whose text a compiler repeats. */
static bool stays(enum lex_directive d)
{
	return d == DIRECTIVE_INCLUDE || d == DIRECTIVE_MESSAGE || d == DIRECTIVE_OTHER ||
	       d == DIRECTIVE_LINE;
}

/* The end of the directive that begins here, and whether it tests for a header. */
static const char *directive_end(struct lexer l, bool *has_include)
{
	struct lexeme t;
	do {
		lexer_next(&l, &t);
		if (t.kind == LEX_IDENT && t.len >= 13 && !memcmp(t.s, "__has_include", 13))
			*has_include = true;
	} while (t.kind != LEX_DIRECTIVE_END);
	return t.s;
}

static void normalise(struct normal *n, struct lexer *l)
{
	struct lexeme t;
	for (lexer_next(l, &t); t.kind != LEX_END && !l->doubt; lexer_next(l, &t)) {
		if (t.kind == LEX_DIRECTIVE) {
			bool has_include = false;
			const char *to = directive_end(*l, &has_include);
			if (has_include || stays(l->directive))
				n->keep_until = to;
		} else if (t.kind == LEX_COMMENT && (!n->keep_until || t.s >= n->keep_until)) {
			blank_comment(n, &t, l);
		}
	}
	copy_until(n, l->end);
}

void source_normal_form(const char *text, size_t len, struct buf *out)
{
	struct lexer l;
	struct normal n = {.out = out, .done = text};
	size_t start = out->len;
	if (!len)
		return;
	buf_reserve(out, len);
	lexer_init(&l, text, len);
	if (!l.doubt)
		normalise(&n, &l);
	if (l.doubt) {
		buf_truncate(out, start);
		buf_add(out, text, len);
	}
}
