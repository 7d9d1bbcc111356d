/* needs: can this sketch do without prototypes? Only for the plain sketch that a reader would nod
 * at: functions of simple types, each defined before anything names it, their types known where the
 * prototypes would stand. Whatever is out of the ordinary (templates, attributes, macros that look
 * like code, conditions that cut a function in two) means "it may need them".
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sketch/lexer.h"
#include "sketch/words.h"

#define MAX_STATEMENT 256
#define MAX_CONDITIONS 64

enum block { BLOCK_FUNCTION, BLOCK_TYPE, BLOCK_NAMESPACE, BLOCK_VALUES };

struct function {
	const char *name;
	size_t len;
};

struct scan {
	struct lexer lx;
	struct word_map words;
	bool needed;

	/* The statement at the outermost level, up to its '{' or ';'. */
	struct lexeme toks[MAX_STATEMENT];
	int positions[MAX_STATEMENT];
	size_t n;
	int parens;
	bool comment; /* one stands inside */
	bool had_block;

	/* The block that it opened. */
	enum block block;
	int depth;
	bool has_union; /* ctags takes a union's members for global functions */

	struct {
		int depth;
		size_t n;
	} conditions[MAX_CONDITIONS];
	int n_conditions;

	int position; /* of the token being read */
	int part; /* 0 in front of the main file, 1 in it, then the other files */
	int part_line; /* of the text, at which that file's first line stands */
	int first_function; /* its position; 0 none yet */
	int sure_line; /* main file's line of the first function outside #if; 0 none yet */
	struct function *functions;
	size_t n_functions, cap_functions;
};

static bool is(const struct lexeme *t, const char *word)
{
	return t->kind == LEX_IDENT && lexeme_is(t, word);
}

static bool is_any(const struct lexeme *t, const char *const *list)
{
	for (; t->kind == LEX_IDENT && *list; list++) {
		if (lexeme_is(t, *list))
			return true;
	}
	return false;
}

static bool is_type_keyword(const struct lexeme *t)
{
	static const char *const list[] = {"struct", "class", "union", "enum", NULL};
	return is_any(t, list);
}

static bool is_basic_type(const struct lexeme *t)
{
	static const char *const list[] = {"void", "int", "char", "bool", "float", "double", "long",
		"short", "unsigned", "signed", NULL};
	return is_any(t, list);
}

/* Keywords that change what a declaration is, and need another look than this one. */
static bool is_odd_specifier(const struct lexeme *t)
{
	static const char *const list[] = {"extern", "template", "typedef", "auto", "constexpr",
		"register", "friend", "virtual", "explicit", "mutable", "thread_local", "typename",
		"operator", "decltype", "using", "namespace", "__attribute__", "alignas", "asm",
		"__asm__", "return", "if", "while", "for", "switch", "do", "else", "try", NULL};
	return is_any(t, list) || is_type_keyword(t);
}

/* A name at the outermost level, outside functions: what it may declare is not known where
 * prototypes would stand, when it first appears behind that place. */
static void mark_declared(struct scan *s, const struct lexeme *t)
{
	struct word *w = s->first_function ? words_find(&s->words, t->s, t->len) : NULL;
	if (w && w->first >= s->first_function)
		w->late = true;
}

static void mark_statement(struct scan *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->toks[i].kind == LEX_IDENT)
			mark_declared(s, &s->toks[i]);
	}
}

static void clear_statement(struct scan *s)
{
	s->n = 0;
	s->parens = 0;
	s->comment = s->had_block = s->has_union = false;
}

static bool has_keyword(const struct scan *s, const char *word)
{
	for (size_t i = 0; i < s->n; i++) {
		if (is(&s->toks[i], word))
			return true;
	}
	return false;
}

/* "static const unsigned long *", before the name: one type, no macro beside it. */
static bool plain_return_type(const struct scan *s, size_t name)
{
	bool basic = false, named = false, pointer = false;
	for (size_t i = 0; i < name; i++) {
		const struct lexeme *t = &s->toks[i];
		bool qualifier = is(t, "const") || is(t, "volatile");
		if (t->line != s->toks[name].line || is_odd_specifier(t))
			return false;
		if (lexeme_punct(t, '*') || lexeme_punct(t, '&'))
			pointer = true;
		else if (t->kind != LEX_IDENT)
			return false;
		else if (qualifier || (i < 2 && (is(t, "static") || is(t, "inline"))))
			continue;
		else if (pointer || named || (basic && !is_basic_type(t)))
			return false;
		else if (is_basic_type(t))
			basic = true;
		else
			named = true;
	}
	return basic || named;
}

/* "(const char *s, int n[4], ...)": no function pointers, templates or qualified names. */
static bool plain_parameters(const struct scan *s, size_t open, bool *has_default)
{
	for (size_t i = open + 1; i + 1 < s->n; i++) {
		const struct lexeme *t = &s->toks[i];
		if (t->kind == LEX_PUNCT && !strchr("*&,[]=.-", *t->s))
			return false;
		if (t->kind == LEX_RAW || is_odd_specifier(t))
			return false;
		if (lexeme_punct(t, '='))
			*has_default = true;
	}
	return true;
}

static bool signature_is_late(struct scan *s, size_t name)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct lexeme *t = &s->toks[i];
		if (i == name || t->kind != LEX_IDENT)
			continue;
		const struct word *w = words_find(&s->words, t->s, t->len);
		if (w && w->late)
			return true;
	}
	return false;
}

/* Prototypes would go before the first function's line. A condition may take a function out, so the
 * first one is looked at in two ways: the first that may be, and the first that must be. */
static void note_function(struct scan *s, size_t name)
{
	if (!s->first_function && s->part == 1)
		s->first_function = s->positions[0];
	if (!s->sure_line && s->part == 1 && !s->n_conditions)
		s->sure_line = s->toks[0].line - s->part_line + 1;
	GROW(s->functions, s->n_functions, s->cap_functions);
	s->functions[s->n_functions++] = (struct function){s->toks[name].s, s->toks[name].len};
}

/* An interrupt handler: its macro brings its own declaration. */
static bool is_handler(const struct scan *s)
{
	return s->n >= 4 && (is(&s->toks[0], "ISR") || is(&s->toks[0], "SIGNAL")) &&
	       lexeme_punct(&s->toks[1], '(');
}

/* The '(' of the parameters, whose ')' ends the statement so far. */
static size_t find_open(const struct scan *s)
{
	int depth = 0;
	for (size_t i = s->n; i-- > 0;) {
		depth += lexeme_punct(&s->toks[i], ')');
		depth -= lexeme_punct(&s->toks[i], '(');
		if (depth == 0)
			return i;
	}
	return 0;
}

/* True when the function in the statement is one that certainly gets along alone. */
static bool plain_function(struct scan *s)
{
	size_t open = find_open(s), name = open - 1;
	bool has_default = false;
	if (!s->toks[0].first || s->comment || s->parens)
		return false;
	if (is_handler(s)) {
		note_function(s, 0);
		return true;
	}
	if (open < 1 || s->toks[name].kind != LEX_IDENT)
		return false;
	/* A member of a class declared above; it gets no prototype. */
	if (name >= 3 && lexeme_punct(&s->toks[name - 1], ':') &&
		lexeme_punct(&s->toks[name - 2], ':') && s->toks[name - 3].kind == LEX_IDENT)
		return !has_keyword(s, "operator") && !has_keyword(s, "template");
	if (!plain_return_type(s, name) || !plain_parameters(s, open, &has_default))
		return false;
	const struct word *w = words_find(&s->words, s->toks[name].s, s->toks[name].len);
	if (!w || w->first < s->positions[name])
		return false;
	note_function(s, name);
	return has_default || !signature_is_late(s, name);
}

static bool is_type_definition(const struct scan *s)
{
	bool found = false;
	for (size_t i = 0; i < s->n; i++) {
		if (lexeme_punct(&s->toks[i], '(') || is(&s->toks[i], "template"))
			return false;
		found = found || is_type_keyword(&s->toks[i]);
	}
	return found && !lexeme_punct(&s->toks[s->n - 1], ')');
}

/* '{' at the outermost level. */
static void open_block(struct scan *s)
{
	const struct lexeme *last = s->n ? &s->toks[s->n - 1] : NULL;
	if (!last || s->parens) {
		s->needed = true;
		return;
	}
	s->depth = 1;
	s->had_block = true;
	if (lexeme_punct(last, '=')) {
		s->block = BLOCK_VALUES;
	} else if (is(&s->toks[0], "namespace") && s->n <= 2) {
		s->block = BLOCK_NAMESPACE;
	} else if (is_type_definition(s)) {
		s->block = BLOCK_TYPE;
		s->has_union = has_keyword(s, "union");
	} else if (lexeme_punct(last, ')') && plain_function(s)) {
		s->block = BLOCK_FUNCTION;
		clear_statement(s);
	} else {
		s->needed = true;
	}
}

static void close_block(struct scan *s)
{
	if (--s->depth > 0)
		return;
	if (s->depth < 0)
		s->needed = true;
	else if (s->block == BLOCK_NAMESPACE)
		clear_statement(s);
}

/* ';' at the outermost level. A call there, or a word alone, can be a macro that makes a
 * function. */
static void end_statement(struct scan *s)
{
	static const char *const harmless[] = {
		"static_assert", "_Static_assert", "asm", "__asm__", NULL};
	bool call = s->n >= 2 && s->toks[0].kind == LEX_IDENT && lexeme_punct(&s->toks[1], '(');
	bool alone = s->n == 1 && !s->had_block;
	bool own_line = s->n >= 2 && s->toks[0].kind == LEX_IDENT &&
			s->toks[1].line != s->toks[0].line && !is_basic_type(&s->toks[0]) &&
			!is_odd_specifier(&s->toks[0]);
	if (s->parens || alone || own_line || (call && !is_any(&s->toks[0], harmless)))
		s->needed = true;
	if (s->first_function && s->n && is(&s->toks[0], "using"))
		s->needed = true;
	mark_statement(s);
	clear_statement(s);
}

static void read_outer(struct scan *s, const struct lexeme *t)
{
	if (lexeme_punct(t, '{')) {
		open_block(s);
		return;
	}
	if (lexeme_punct(t, ';')) {
		end_statement(s);
		return;
	}
	if (s->n == MAX_STATEMENT || lexeme_punct(t, '}')) {
		s->needed = true;
		return;
	}
	s->parens += lexeme_punct(t, '(');
	s->parens -= lexeme_punct(t, ')');
	s->positions[s->n] = s->position;
	s->toks[s->n++] = *t;
}

static void read_inner(struct scan *s, const struct lexeme *t)
{
	if (lexeme_punct(t, '{'))
		s->depth++;
	else if (lexeme_punct(t, '}'))
		close_block(s);
	else if (lexeme_punct(t, '(') && s->has_union)
		s->needed = true;
	else if (t->kind == LEX_IDENT && s->block != BLOCK_FUNCTION)
		mark_declared(s, t);
	s->has_union = s->has_union || (s->block == BLOCK_TYPE && is(t, "union"));
}

/* A branch has to leave braces and the statement as it found them. */
static void check_condition(struct scan *s, enum lex_directive d)
{
	if (d == DIRECTIVE_IF) {
		if (s->n_conditions == MAX_CONDITIONS) {
			s->needed = true;
			return;
		}
		s->conditions[s->n_conditions].depth = s->depth;
		s->conditions[s->n_conditions++].n = s->n;
		return;
	}
	if (!s->n_conditions || s->conditions[s->n_conditions - 1].depth != s->depth ||
		s->conditions[s->n_conditions - 1].n != s->n)
		s->needed = true;
	else if (d == DIRECTIVE_ENDIF)
		s->n_conditions--;
}

static void begin_directive(struct scan *s, const struct lexeme *t)
{
	enum lex_directive d = s->lx.directive;
	if (d == DIRECTIVE_IF || d == DIRECTIVE_ELSE || d == DIRECTIVE_ENDIF)
		check_condition(s, d);
	/* What it brings is not known where the prototypes would stand. */
	if (d == DIRECTIVE_INCLUDE && s->first_function)
		s->needed = true;
	if (d != DIRECTIVE_LINE)
		return;
	/* Our own marks stand between whole files. */
	if (s->n || s->depth || s->n_conditions)
		s->needed = true;
	s->part++;
	s->part_line = t->line + 1;
}

/* Tokens that ctags reads in a way of its own, or that change what a name means. */
static bool is_treacherous(const struct lexeme *t)
{
	return t->kind == LEX_RAW || is(t, "_Pragma") || is(t, "pop_macro");
}

/* #define and #undef: the name is another one from here on. All words count as mentions. */
static void read_directive(struct scan *s, const struct lexeme *t, bool *named)
{
	enum lex_directive d = s->lx.directive;
	if (t->kind != LEX_IDENT)
		return;
	struct word *w = words_touch(&s->words, t->s, t->len, s->position);
	if (!*named && (d == DIRECTIVE_DEFINE || d == DIRECTIVE_UNDEF) && s->first_function)
		w->late = true;
	*named = true;
}

static void read_tokens(struct scan *s)
{
	struct lexeme t;
	bool named = false;
	for (lexer_next(&s->lx, &t); t.kind != LEX_END && !s->needed; lexer_next(&s->lx, &t)) {
		s->position++;
		s->needed = is_treacherous(&t);
		if (t.kind == LEX_DIRECTIVE) {
			named = false;
			begin_directive(s, &t);
		} else if (t.kind == LEX_COMMENT) {
			s->comment = s->comment || s->n;
		} else if (s->lx.directive) {
			read_directive(s, &t, &named);
		} else if (t.kind != LEX_DIRECTIVE_END) {
			if (t.kind == LEX_IDENT)
				words_touch(&s->words, t.s, t.len, s->position);
			if (s->depth)
				read_inner(s, &t);
			else
				read_outer(s, &t);
		}
	}
}

/* The reference also puts prototypes before the first line that ctags lists and that holds "&f" or
 * "(f)", even in a comment, even where that is the beginning of a longer name. */
static bool line_mentions(const struct scan *s, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p != '&' && *p != '(')
			continue;
		for (size_t i = 0; i < s->n_functions; i++) {
			const struct function *f = &s->functions[i];
			if ((size_t)(end - p - 1) < f->len || memcmp(p + 1, f->name, f->len) != 0)
				continue;
			if (*p == '&' || (p + 1 + f->len < end && p[1 + f->len] == ')'))
				return true;
		}
	}
	return false;
}

/* Line numbers of all files are taken for the main file's, so each file's lines above the first
 * function are looked at. */
static bool mentioned_above(const struct scan *s, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	int line = 0;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = nl ? nl : end;
		if (line_end - p > 6 && memcmp(p, "#line ", 6) == 0)
			line = 0;
		else if (++line < s->sure_line && line_mentions(s, p, line_end))
			return true;
		p = nl ? nl + 1 : end;
	}
	return false;
}

bool source_needs_prototypes(const char *text, size_t len)
{
	struct scan *s = xcalloc(1, sizeof *s);
	lexer_init(&s->lx, text, len);
	words_init(&s->words, len);
	s->needed = s->lx.doubt;
	if (!s->needed)
		read_tokens(s);
	bool needed = s->needed || s->lx.doubt || s->n || s->depth || s->n_conditions;
	if (!needed && s->n_functions)
		needed = !s->sure_line || mentioned_above(s, text, len);
	words_release(&s->words);
	free(s->functions);
	free(s);
	return needed;
}
