/* props: parsing, order, expansion, as arduino-cli has them. */
#include "tap.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "sketch/props.h"

static struct props *parsed(const char *text)
{
	struct props *p = props_new();
	struct error err = ERROR_INIT;

	if (props_parse(p, text, strlen(text), "t", &err) < 0)
		diag("unexpected: %s", err.text);
	return p;
}

static void add_pair(void *ctx, const char *key, const char *value)
{
	buf_addf(ctx, "[%s=%s]", key, value);
}

static void is_all(const struct props *p, const char *want, const char *name)
{
	struct buf all = BUF_INIT;

	props_each(p, add_pair, &all);
	is_str(buf_str(&all), want, name);
	buf_release(&all);
}

static void test_lines(void)
{
	static const struct {
		const char *text, *want, *name;
	} row[] = {
		{"a=1\nb=2\n", "[a=1][b=2]", "two lines"},
		{"  a b \t=\t c  d \n", "[a b=c  d]", "trimmed outside, spaces kept inside"},
		{"# no\n\n   # nor this\na=1 # kept", "[a=1 # kept]", "comments are whole lines"},
		{"a=1\r\nb=2\rc=3", "[a=1][b=2][c=3]", "all three line ends"},
		{"a=b=c==", "[a=b=c==]", "the first '=' splits"},
		{"a=\nb", "", "a line without '='"},
		{"a=1\nb=2\na=3", "[b=2][a=3]", "a key set again moves to the end"},
		{"x.linux=l\nx=p", "[x=p]", "the later line wins over .linux"},
		{"x=p\nx.linux=l\nx.windows=w", "[x=l][x.windows=w]", ".linux taken out"},
		{"a.linux.linux.b=1", "[a.linux.b=1]", "only the first .linux"},
		{"a.linuxx=1", "[ax=1]", ".linux anywhere in the key"},
		{"\xEF\xBB\xBF"
		 "a=1",
			"[a=1]", "a byte order mark"},
		{"a=\xC3\xBC", "[a=\xC3\xBC]", "UTF-8 stays"},
		{"a=\xFC\nb=\xC3\xBC", "[a=\xC3\xBC][b=\xC3\x83\xC2\xBC]",
			"one bad byte makes the file Latin-1"},
		{"=v", "[=v]", "an empty key"},
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct props *p = props_new();
		struct error err = ERROR_INIT;
		int rc = props_parse(p, row[i].text, strlen(row[i].text), "b.txt", &err);

		if (*row[i].want)
			is_all(p, row[i].want, row[i].name);
		else
			ok(rc < 0 && strstr(err.text, "b.txt:2: no '=' in 'b'"), "%s: %s",
				row[i].name, err.text);
		props_free(p);
	}
}

static void test_refusals(void)
{
	struct props *p = props_new();
	struct error err = ERROR_INIT;
	char *path = NULL;
	FILE *f;

	ok(props_parse(p, "a=1\0b=2", 7, "n.txt", &err) < 0 && strstr(err.text, "NUL"),
		"a NUL byte is refused");
	ok(props_load(p, "/nonexistent/boards.txt", &err) < 0 &&
			strstr(err.text, "/nonexistent/boards.txt"),
		"a missing file is named");
	if (asprintf(&path, "%s/big.txt", test_tmpdir()) < 0 || !(f = fopen(path, "w")))
		exit(99);
	fputs("a=1\n", f);
	fclose(f);
	ok(props_load(p, path, &err) == 0, "a small file is read");
	is_str(props_get(p, "a"), "1", "and its key is there");
	if (truncate(path, (8 << 20) + 1) < 0)
		exit(99);
	ok(props_load(p, path, &err) < 0, "a file over 8 MiB is refused");
	is_all(p, "[a=1]", "a refused file adds nothing");
	free(path);
	props_free(p);
}

static void test_map(void)
{
	struct props *p = parsed("uno.name=U\nmenu.cpu=C\nuno.build.mcu=m\nmega.name=M\nplain=1");
	struct props *sub = props_subtree(p, "uno"), *copy = props_clone(p);
	struct strv first = STRV_INIT;

	is_all(sub, "[name=U][build.mcu=m]", "subtree");
	props_first_level(p, &first);
	ok(first.n == 4 && !strcmp(first.v[0], "uno") && !strcmp(first.v[1], "menu") &&
			!strcmp(first.v[2], "mega") && !strcmp(first.v[3], "plain"),
		"first level in order, each once");
	props_setf(copy, "plain", "%d-%s", 7, "x");
	is_str(props_get(copy, "plain"), "7-x", "setf");
	is_str(props_get(p, "plain"), "1", "a clone is its own");
	props_del(copy, "plain");
	is_str(props_get(copy, "plain"), NULL, "deleted is absent");
	is_str(props_str(copy, "plain"), "", "props_str gives \"\" for absent");
	props_set(sub, "plain", "s");
	props_merge(copy, sub);
	is_str(props_get(copy, "plain"), "s", "merge brings new keys");
	is_str(props_get(copy, "name"), "U", "merge brings all");
	strv_release(&first);
	props_free(copy);
	props_free(sub);
	props_free(p);
	props_free(NULL);
}

static void test_text(void)
{
	struct props *p = props_new();
	struct props *over = props_new();
	props_set(p, "a", "A");
	props_set(p, "p", "{dir}/x");
	props_set_text(over, "dir", "/{a}\001{\001\002{dir}");
	char *got = props_expand(p, over, "{a} {p} {none}", false);
	is_str(got, "A /{a}\001{\001\002{dir}/x {none}", "text is not expanded");
	free(got);
	got = props_expand(p, over, "{a}{none}{dir}", true);
	is_str(got, "A/{a}\001{\001\002{dir}", "nor dropped");
	free(got);
	struct props *copy = props_clone(over);
	got = props_expand(copy, NULL, "{dir}", false);
	is_str(got, "/{a}\001{\001\002{dir}", "nor in a copy");
	free(got);
	props_set(copy, "dir", "{a}");
	got = props_expand(p, copy, "{dir}", false);
	is_str(got, "A", "until it is set otherwise");
	free(got);
	props_free(copy);
	props_free(over);
	props_free(p);
}

static void test_expand(void)
{
	static const struct {
		const char *text, *want;
		bool drop;
	} row[] = {
		{"{a}-{b}", "1-<1>", false},
		{"{a}{nope}{a}", "1{nope}1", false},
		{"{a}{nope}{a}", "11", true},
		{"{k{a}}", "one", false},
		{"{ {a} }", "{ 1 }", false},
		{"{a", "{a", false},
		{"}{", "}{", true},
		{"{}x}y", "y", true},
		{"{a}}", "1}", false},
		{"{c0}", "end", false},
		{"{over}", "mine", false},
		{"", "", true},
	};
	struct props *p = parsed("a=1\nb=<{a}>\nk1=one\nover=yours\nself={self}\n"
				 "c0={c1}\nc1={c2}\nc2={c3}\nc3={c4}\nc4={c5}\nc5={c6}\nc6={c7}\n"
				 "c7={c8}\nc8={c9}\nc9=end\nc10={c0}\nc11={c10}");
	struct props *over = parsed("over=mine");

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *got = props_expand(p, over, row[i].text, row[i].drop);

		is_str(got, row[i].want, row[i].text);
		free(got);
	}
	char *deep = props_expand(p, NULL, "{c11}", false);
	is_str(deep, "{c8}", "ten passes, no more");
	char *self = props_expand(p, NULL, "{self}", false);
	is_str(self, "{self}", "a key that is itself");
	char *yours = props_expand(p, NULL, "{over}", false);
	is_str(yours, "yours", "without an overlay");
	free(deep);
	free(self);
	free(yours);
	props_free(over);
	props_free(p);
}

static void test_growth(void)
{
	struct props *p = props_new();
	struct buf many = BUF_INIT;
	char *got;

	for (int i = 0; i < 1000; i++)
		buf_addstr(&many, "{x}");
	props_set(p, "x", buf_str(&many));
	got = props_expand(p, NULL, "{x}", false);
	ok(strlen(got) <= 2 << 20, "endless growth stops below the ceiling: %zu", strlen(got));
	free(got);
	buf_release(&many);
	props_free(p);
}

int main(void)
{
	test_lines();
	test_refusals();
	test_map();
	test_expand();
	test_text();
	test_growth();
	return done_testing();
}
