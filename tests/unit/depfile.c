/* Make-syntax dependency files as gcc and clang write them. */
#include "common/buf.h"
#include "sketch/store.h"
#include "unit/tap.h"

/* Words joined by '|'; NULL when refused. */
static char *parsed(const char *text, size_t len)
{
	static char joined[4096];
	struct strv out = STRV_INIT;
	if (depfile_parse(text, len, &out) < 0) {
		strv_release(&out);
		return NULL;
	}
	joined[0] = '\0';
	for (size_t i = 0; i < out.n; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, out.v[i]);
	}
	strv_release(&out);
	return joined;
}

static void gives(const char *text, const char *want, const char *what)
{
	is_str(parsed(text, strlen(text)), want, what);
}

int main(void)
{
	gives("a.o: a.c b.h\n", "a.c|b.h", "one rule");
	gives("a.o: a.c b.h", "a.c|b.h", "without a newline at the end");
	gives("a.o: a.c \\\n b.h \\\n\tc.h\n", "a.c|b.h|c.h", "continued lines");
	gives("a.o: a.c \\\r\n b.h\r\n", "a.c|b.h", "with carriage returns");
	gives("a.o:\n", "", "no prerequisites");
	gives("", "", "an empty file");
	gives("\n\n", "", "empty lines");
	gives("a.o : a.c\n", "a.c", "a blank before the colon");
	gives("a.o x.d: a.c\n", "a.c", "two targets");
	gives("a.o: a.c b.h\nb.h:\n", "a.c|b.h", "-MP's empty rules");
	gives("a.o: a.c b.h b.h\na.o: c.h b.h\n", "a.c|b.h|c.h", "each once, in order");
	gives("a\\ b/x.o: a\\ b/x.c a\\ b/y$$z\\#q.h\n", "a b/x.c|a b/y$z#q.h", "blanks, $ and #");
	gives("a.o: a\\\\\\ b.h c\\d.h\n", "a\\ b.h|c\\d.h",
		"backslashes before a blank are doubled, others not");
	gives("a.o: a\\\\ b.h\n", "a\\|b.h", "an even number quotes nothing");
	gives("a.o: c:/x.h d:e.h\n", "c:/x.h|d:e.h", "colons in names");
	gives("c:/a.o: a.c\n", "a.c", "a colon in a target");
	gives("a\\:b.o: a\\:c.h\n", "a:c.h", "quoted colons");
	gives("a.o: long/name\\\n.h\n", "long/name|.h", "a continuation ends a word");
	gives("a.o: $x\n", "$x", "a lone $ is itself");
	gives("a.c b.h\n", NULL, "no rule");
	gives(": a.c\n", NULL, "no target");
	is_str(parsed("a.o: a\0b\n", 9), NULL, "a NUL");
	struct buf big = BUF_INIT;
	struct strv out = STRV_INIT;
	buf_addstr(&big, "a.o:");
	for (int i = 0; i < 70000; i++)
		buf_addf(&big, " %d.h", i);
	is_int(depfile_parse(big.data, big.len, &out), -1, "more than anyone reads");
	is_int((long long)out.n, 0, "then nothing is given");
	strv_release(&out);
	buf_release(&big);
	return done_testing();
}
