/* skeleton: what of the merged text decides the prototypes and where they go. Bodies of functions
 * and comments by themselves do not, and are left out line by line; all else stays, to the byte.
 * Where leaving out might be wrong (unbalanced braces, conditions that cut a body, linkage blocks,
 * templates, raw strings) the whole text is the skeleton.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/xalloc.h"
#include "sketch/lexer.h"
#include "sketch/skeleton.h"

#define MAX_CONDITIONS 64

struct shape {
	struct lexer lx;
	const char *text;
	bool unsafe; /* nothing may be left out */
	bool *keep; /* per line, 1-based */
	int lines;

	int depth; /* braces */
	int parens;
	bool body; /* inside a function's */
	int comment_line; /* where the last comment of several lines inside a body ended */
	int directive_line;

	/* The statement at hand. */
	int words; /* tokens in it; a body's '{' ends one */
	int name_words; /* of them before its first '(' */
	bool type, assigned, handler;
	bool scope; /* a namespace: no ';' at its end */
	struct lexeme last; /* its last token */

	struct {
		int depth, parens, words;
	} conditions[MAX_CONDITIONS];
	int n_conditions;
	int define_braces; /* of the #define being read */
};

static void keep_lines(struct shape *s, int from, int to)
{
	for (int i = from; i <= to && i <= s->lines; i++)
		s->keep[i] = true;
}

static int newlines(const char *p, size_t len)
{
	int n = 0;
	for (const char *end = p + len; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

static void begin_statement(struct shape *s)
{
	s->words = s->name_words = 0;
	s->type = s->assigned = s->handler = s->scope = false;
	s->last = (struct lexeme){.kind = LEX_END};
}

static bool is_word(const struct lexeme *t, const char *word)
{
	return t->kind == LEX_IDENT && lexeme_is(t, word);
}

/* A '{' that can only open a function's body: behind "type name(…)", or an interrupt handler's
 * macro. */
static bool opens_body(const struct shape *s)
{
	bool behind = lexeme_punct(&s->last, ')') || is_word(&s->last, "const");
	return behind && !s->type && !s->assigned && (s->name_words >= 2 || s->handler);
}

static void note_token(struct shape *s, const struct lexeme *t)
{
	static const char *const types[] = {"struct", "class", "union", "enum", "namespace"};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		s->type = s->type || is_word(t, types[i]);
	if (!s->words) {
		s->handler = is_word(t, "ISR") || is_word(t, "SIGNAL");
		s->scope = is_word(t, "namespace");
	}
	s->assigned = s->assigned || (lexeme_punct(t, '=') && !s->parens);
	if (s->name_words == s->words && !lexeme_punct(t, '('))
		s->name_words++;
	s->words++;
	s->last = *t;
}

static void open_brace(struct shape *s, const struct lexeme *t)
{
	bool opens = !s->depth && opens_body(s);
	if (opens)
		s->body = true;
	if (opens || !s->body)
		keep_lines(s, t->line, t->line);
	s->depth++;
}

/* An open parenthesis at a body's end could make what follows the arguments of a macro; a comment
 * that ends on that line would hide the end from the reference. */
static void close_brace(struct shape *s, const struct lexeme *t)
{
	s->depth--;
	bool ends = s->body && !s->depth;
	if (ends || !s->body) {
		keep_lines(s, t->line, t->line);
		s->unsafe = s->unsafe || s->parens || s->comment_line == t->line;
	}
	if (s->depth < 0)
		s->unsafe = true;
	if (ends || (!s->depth && s->scope))
		begin_statement(s);
	if (ends)
		s->body = false;
}

static void read_code(struct shape *s, const struct lexeme *t)
{
	s->parens += lexeme_punct(t, '(');
	s->parens -= lexeme_punct(t, ')');
	if (s->parens < 0)
		s->unsafe = true;
	if (lexeme_punct(t, '{')) {
		open_brace(s, t);
	} else if (lexeme_punct(t, '}')) {
		close_brace(s, t);
	} else if (!s->body) {
		keep_lines(s, t->line, t->line + newlines(t->s, t->len));
		if (!s->depth && !s->parens && lexeme_punct(t, ';'))
			begin_statement(s);
		else if (!s->depth)
			note_token(s, t);
	}
}

/* A block comment between statements: its inner lines are left out, unless the reference, which
 * looks for comments line by line, would not know them for such. */
static bool hides_its_lines(const struct lexeme *t)
{
	const char *end = t->s + t->len, *last = memrchr(t->s, '\n', t->len);
	return last && !memmem(last, (size_t)(end - last), "//", 2) &&
	       !memmem(t->s + 2, t->len - 2, "/*", 2);
}

static void read_comment(struct shape *s, const struct lexeme *t)
{
	int to = t->line + newlines(t->s, t->len);
	if (s->body) {
		s->comment_line = to > t->line ? to : s->comment_line;
		return;
	}
	if (t->s[1] == '/' && to == t->line)
		return;
	if (t->s[1] == '/' || s->words || s->depth || s->parens || !hides_its_lines(t)) {
		keep_lines(s, t->line, to);
		return;
	}
	keep_lines(s, t->line, t->line);
	keep_lines(s, to, to);
}

/* A branch has to leave braces, parentheses and the statement as it found them. */
static void check_condition(struct shape *s, enum lex_directive d)
{
	if (d == DIRECTIVE_IF && s->n_conditions < MAX_CONDITIONS) {
		s->conditions[s->n_conditions].depth = s->depth;
		s->conditions[s->n_conditions].parens = s->parens;
		s->conditions[s->n_conditions++].words = s->words;
		return;
	}
	if (d == DIRECTIVE_IF || !s->n_conditions ||
		s->conditions[s->n_conditions - 1].depth != s->depth ||
		s->conditions[s->n_conditions - 1].parens != s->parens ||
		s->conditions[s->n_conditions - 1].words != s->words)
		s->unsafe = true;
	else if (d == DIRECTIVE_ENDIF)
		s->n_conditions--;
}

/* Directives stay, wherever they stand; a macro has to be balanced in itself. */
static void read_directive(struct shape *s, const struct lexeme *t)
{
	if (t->kind == LEX_DIRECTIVE) {
		enum lex_directive d = s->lx.directive;
		s->define_braces = 0;
		s->directive_line = t->line;
		if (d == DIRECTIVE_IF || d == DIRECTIVE_ELSE || d == DIRECTIVE_ENDIF)
			check_condition(s, d);
	}
	if (t->kind == LEX_DIRECTIVE_END)
		keep_lines(s, s->directive_line, t->line);
	s->define_braces += lexeme_punct(t, '{') - lexeme_punct(t, '}');
	if (s->define_braces < 0 || (t->kind == LEX_DIRECTIVE_END && s->define_braces))
		s->unsafe = true;
}

static void read_tokens(struct shape *s)
{
	struct lexeme t;
	for (lexer_next(&s->lx, &t); t.kind != LEX_END && !s->unsafe; lexer_next(&s->lx, &t)) {
		if (t.kind == LEX_RAW || is_word(&t, "_Pragma"))
			s->unsafe = true;
		else if (s->lx.directive || t.kind == LEX_DIRECTIVE_END)
			read_directive(s, &t);
		else if (t.kind == LEX_COMMENT)
			read_comment(s, &t);
		else
			read_code(s, &t);
	}
}

/* `extern "C"` and `template` make the reference read whole files line by line. */
static bool has_far_reaching_words(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	while (p < end && (p = memmem(p, (size_t)(end - p), "extern", 6))) {
		p += 6;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p < end && *p == '"')
			return true;
	}
	return memmem(text, len, "template", 8);
}

static void write_lines(const struct shape *s, size_t len, struct buf *out)
{
	const char *p = s->text, *end = p + len;
	int dropped = 0;
	for (int line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;
		if (s->keep[line]) {
			if (dropped)
				buf_addf(out, "-%d\n", dropped);
			dropped = 0;
			buf_addch(out, '+');
			buf_add(out, p, (size_t)(next - p));
		} else {
			dropped++;
		}
		p = next;
	}
	if (dropped)
		buf_addf(out, "-%d\n", dropped);
}

void skeleton_text(const char *text, size_t len, struct buf *out)
{
	if (!len) {
		buf_addch(out, '=');
		return;
	}
	struct shape s = {.text = text, .lines = newlines(text, len) + 1};
	lexer_init(&s.lx, text, len);
	s.unsafe = s.lx.doubt || has_far_reaching_words(text, len);
	s.keep = xcalloc((size_t)s.lines + 2, sizeof *s.keep);
	if (!s.unsafe)
		read_tokens(&s);
	if (s.unsafe || s.lx.doubt || s.depth || s.parens || s.n_conditions) {
		buf_addch(out, '=');
		buf_add(out, text, len);
	} else {
		write_lines(&s, len, out);
	}
	free(s.keep);
}

void source_skeleton(const char *text, size_t len, struct digest *out)
{
	struct buf b = BUF_INIT;
	buf_reserve(&b, len + 1);
	skeleton_text(text, len, &b);
	digest_bytes(out, b.data, b.len);
	buf_release(&b);
}
