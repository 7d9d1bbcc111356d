/* lexer: the tokens of small texts, written as one letter each, and the texts that it has doubts
 * about. */
#include "sketch/lexer.h"

#include "common/buf.h"
#include "tap.h"

/* "i:int i:a p:;" and so on; DIRECTIVE_END is "|". */
static char *tokens(const char *text, bool *doubt)
{
	static const char letters[] = "einscrhp/#|";
	struct lexer l;
	struct lexeme t;
	struct buf b = BUF_INIT;
	lexer_init(&l, text, strlen(text));
	for (lexer_next(&l, &t); t.kind != LEX_END; lexer_next(&l, &t)) {
		buf_addf(&b, "%s%c", b.len ? " " : "", letters[t.kind]);
		if (t.kind != LEX_DIRECTIVE_END)
			buf_addf(&b, ":%.*s", (int)t.len, t.s);
	}
	*doubt = l.doubt;
	return buf_detach(&b);
}

static void reads(const char *text, const char *want)
{
	bool doubt;
	char *got = tokens(text, &doubt);
	is_str(got, want, "tokens");
	ok(!doubt, "no doubt about them");
	free(got);
}

static void doubts(const char *text, const char *name)
{
	bool doubt;
	free(tokens(text, &doubt));
	ok(doubt, "a doubt: %s", name);
}

static void test_lines(void)
{
	static const struct {
		const char *word;
		int line;
		bool first;
	} want[] = {{"a", 1, true}, {"b", 1, false}, {"c", 3, false}, {"d", 4, true},
		{"e", 6, true}, {"f", 7, true}};
	struct lexer l;
	struct lexeme t;
	static const char text[] = "  a b /* x\n\n*/ c\n d \"\\\n\"\ne \\\n f";
	size_t i = 0;
	lexer_init(&l, text, sizeof text - 1);
	for (lexer_next(&l, &t); t.kind != LEX_END; lexer_next(&l, &t)) {
		if (t.kind != LEX_IDENT)
			continue;
		ok(lexeme_is(&t, want[i].word) && t.line == want[i].line &&
				t.first == want[i].first,
			"'%s' is in line %d", want[i].word, want[i].line);
		i++;
	}
	is_int((long long)i, 6, "all words were seen");
	lexer_next(&l, &t);
	ok(t.kind == LEX_END, "the end is the end");
}

int main(void)
{
	reads("int a=1.5e+3;", "i:int i:a p:= n:1.5e+3 p:;");
	reads("\"a\\\"b\" 'c' L'\\''", "s:\"a\\\"b\" c:'c' i:L c:'\\''");
	reads("R\"(a\"b)\" u8R\"x()\")x\"", "r:\"(a\"b)\" r:\"x()\")x\"");
	reads("fooR\"(a)\"", "i:fooR s:\"(a)\"");
	reads("a//b\n/*c*/d", "i:a /://b /:/*c*/ i:d");
	reads("#include <a/*b>\nx", "#:#include h:<a/*b> | i:x");
	reads(" # define F(x) \\\n x // y\nz", "#:# define i:F p:( i:x p:) i:x /:// y | i:z");
	reads("/*a*/#if __has_include(<b//c>)\n#endif",
		"/:/*a*/ #:#if i:__has_include p:( h:<b//c> p:) | #:#endif |");
	reads("a # b", "i:a p:# i:b");
	reads("#error don't\nx", "#:#error i:don c:'t | i:x");
	reads("a<b>c", "i:a p:< i:b p:> i:c");
	reads("a \\ \n b", "i:a i:b");
	reads("", "");
	doubts("1'000", "a digit separator");
	doubts("'a", "an open quote");
	doubts("/* a", "an open comment");
	doubts("R\"x(a)y\"", "an open raw string");
	doubts("a\\\nb", "a word over two lines");
	doubts("/\\\n/ a", "a comment mark over two lines");
	doubts("\?\?=", "a trigraph");
	doubts("<%", "a digraph");
	test_lines();
	return done_testing();
}
