/* file_scan: see file_scan.h. The first pass looks at bytes only, since nearly no file has any of these words; only one that
 * has is cut into tokens, to leave out comments. It expands no macro and evaluates no condition.
 */
#include "sketch/file_scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/lexer.h"

static const struct {
	const char *prefix;
	unsigned flag;
} words[] = {
	{"__FILE_", FILE_MENTIONS_FILE}, /* __FILE__, __FILE_NAME__ */
	{"__BASE_FILE__", FILE_MENTIONS_FILE},
	{"__builtin_FILE", FILE_MENTIONS_FILE},
	{"__builtin_source_location", FILE_MENTIONS_FILE},
	{"__DATE__", FILE_MENTIONS_TIME},
	{"__TIME__", FILE_MENTIONS_TIME},
	{"__TIMESTAMP__", FILE_MENTIONS_TIME},
	{"__has_include", FILE_MENTIONS_HAS_INCLUDE},
};

static unsigned flag_at(const char *p, size_t left)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].prefix);
		if (n <= left && p[2] == words[i].prefix[2] && !memcmp(p, words[i].prefix, n))
			return words[i].flag;
	}
	return 0;
}

static unsigned flags_of_bytes(const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	unsigned flags = 0;
	while ((p = memchr(p, '_', (size_t)(end - p)))) {
		if (end - p < 8)
			break;
		if (p[1] == '_' && p[2] != '_')
			flags |= flag_at(p, (size_t)(end - p));
		p++;
	}
	return flags;
}

/* Comments and plain strings cannot expand anything; all else counts. */
static unsigned flags_of_tokens(const char *text, size_t len, unsigned all)
{
	struct lexer l;
	struct lexeme t;
	unsigned flags = 0;
	lexer_init(&l, text, len);
	do {
		lexer_next(&l, &t);
		if (t.kind == LEX_IDENT || t.kind == LEX_NUMBER)
			flags |= flags_of_bytes(t.s, t.len);
	} while (t.kind != LEX_END && flags != all && !l.doubt);
	return l.doubt ? all : flags;
}

/* An assembler's own include leaves no trace in a dependency file. Looked for in strings too, where asm() has it. */
static bool reads_others(const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	while ((p = memmem(p, (size_t)(end - p), ".inc", 4))) {
		p += 4;
		size_t left = (size_t)(end - p);
		if (left >= 3 && !memcmp(p, "bin", 3))
			return true;
		if (left < 5 || memcmp(p, "lude", 4))
			continue;
		for (p += 4; p < end && (*p == ' ' || *p == '\t' || *p == '\\');)
			p++;
		if (p < end && *p == '"')
			return true;
	}
	return false;
}

static bool is_binary(const char *text, size_t len)
{
	return (len >= 4 && !memcmp(text, "\177ELF", 4)) ||
	       (len >= 8 && !memcmp(text, "!<arch>\n", 8));
}

unsigned file_scan_flags(const char *text, size_t len)
{
	if (!len || is_binary(text, len))
		return 0;
	unsigned flags = flags_of_bytes(text, len);
	if (flags)
		flags = flags_of_tokens(text, len, flags);
	return flags | (reads_others(text, len) ? FILE_READS_OTHERS : 0);
}

static void add_name(struct strv *to, const struct lexeme *t, size_t skip)
{
	char *name = xstrndup(t->s + skip, t->len - skip - 1);
	strv_push_unique(to, name);
	free(name);
}

static bool is_name(const struct lexeme *t)
{
	return t->len > 2 && (t->kind == LEX_STRING || t->kind == LEX_HEADER);
}

/* After __has_include; reads on to what follows. */
static void scan_test(struct lexer *l, struct lexeme *t, struct header_names *out)
{
	bool next = !lexeme_is(t, "__has_include");
	do
		lexer_next(l, t);
	while (t->kind == LEX_COMMENT);
	if (!lexeme_punct(t, '(')) /* defined(__has_include) */
		return;
	do
		lexer_next(l, t);
	while (t->kind == LEX_COMMENT);
	if (!next && is_name(t))
		add_name(&out->tested, t, 0);
	else
		out->computed_test = true;
}

static void scan_include(struct lexer *l, struct lexeme *t, struct header_names *out)
{
	do
		lexer_next(l, t);
	while (t->kind == LEX_COMMENT);
	if (!is_name(t))
		out->computed_include = true;
	else if (t->kind == LEX_STRING)
		add_name(&out->quoted, t, 1);
}

void file_scan_names(const char *text, size_t len, struct header_names *out)
{
	struct lexer l;
	struct lexeme t;
	bool tests = file_scan_flags(text, len) & FILE_MENTIONS_HAS_INCLUDE;
	*out = (struct header_names){0};
	if (is_binary(text, len))
		return;
	lexer_init(&l, text, len);
	do {
		lexer_next(&l, &t);
		while (t.kind == LEX_IDENT && t.len >= 13 && !memcmp(t.s, "__has_include", 13))
			scan_test(&l, &t, out);
		if (t.kind == LEX_DIRECTIVE && l.directive == DIRECTIVE_INCLUDE)
			scan_include(&l, &t, out);
	} while (t.kind != LEX_END);
	if (l.doubt) {
		out->computed_include = true;
		out->computed_test |= tests;
	}
}

void header_names_release(struct header_names *n)
{
	strv_release(&n->quoted);
	strv_release(&n->tested);
}
