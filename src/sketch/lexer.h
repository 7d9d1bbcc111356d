/* lexer: C++ source cut into the few kinds of token that the .ino rules need. Comments, strings,
 * raw strings, line splices and directives are told apart as a compiler does; operators come as
 * single bytes. It never fails: where a compiler might read the text in another way, `doubt` is set
 * and the caller has to be careful.
 */
#ifndef SKETCH_LEXER_H
#define SKETCH_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum lex_kind {
	LEX_END,
	LEX_IDENT,
	LEX_NUMBER,
	LEX_STRING, /* with its quotes; a prefix is an identifier of its own */
	LEX_CHAR,
	LEX_RAW, /* the quoted part of a raw string; its prefix is left out */
	LEX_HEADER, /* <name> where a header name may stand */
	LEX_PUNCT, /* one byte */
	LEX_COMMENT,
	LEX_DIRECTIVE, /* '#' and the name; what follows belongs to it until… */
	LEX_DIRECTIVE_END, /* …this, at the newline or the text's end */
};

enum lex_directive {
	DIRECTIVE_NONE,
	DIRECTIVE_INCLUDE, /* include, import, include_next, embed */
	DIRECTIVE_DEFINE,
	DIRECTIVE_UNDEF,
	DIRECTIVE_IF, /* if, ifdef, ifndef */
	DIRECTIVE_ELSE, /* elif, elifdef, elifndef, else */
	DIRECTIVE_ENDIF,
	DIRECTIVE_LINE, /* line, or a line marker */
	DIRECTIVE_MESSAGE, /* error, warning: free text */
	DIRECTIVE_OTHER, /* pragma, ident, an empty or unknown one */
};

struct lexeme {
	enum lex_kind kind;
	bool first; /* nothing but white space before it on its line */
	int line; /* where it begins, 1-based */
	const char *s;
	size_t len;
};

struct lexer {
	const char *p, *end;
	int line;
	enum lex_directive directive; /* the one being read */
	bool doubt;
	/* Inside. */
	bool line_start; /* a '#' would begin a directive */
	bool header_next, has_include;
	int used_line; /* the last one that holds part of a token */
};

void lexer_init(struct lexer *l, const char *text, size_t len);
/* The next token; LEX_END again and again at the end. */
void lexer_next(struct lexer *l, struct lexeme *t);

static inline bool lexeme_is(const struct lexeme *t, const char *text)
{
	return strlen(text) == t->len && memcmp(t->s, text, t->len) == 0;
}
static inline bool lexeme_punct(const struct lexeme *t, char c)
{
	return t->kind == LEX_PUNCT && *t->s == c;
}
/* Length of the line splice at `p` (backslash, white space, newline); 0 when there is none. */
size_t lex_splice(const char *p, const char *end);

#endif
