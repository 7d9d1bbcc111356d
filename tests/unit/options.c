/* options: the command line's rules, values, help, and that the man page has every option of the table and no other. */
#include "tap.h"

#include <ctype.h>
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

static struct options o;
static struct strv args;

/* Parses words split at blanks. The error's text, "" when there was none. */
static const char *parse(unsigned verb, const char *line)
{
	static struct error err;
	struct given g = {0};
	struct strv argv = STRV_INIT;
	options_release(&o);
	strv_clear(&args);
	strv_push(&argv, "x");
	strv_split(&argv, line, " ");
	err = (struct error)ERROR_INIT;
	if (options_parse(&g, argv.v + 1, verb, &err) == 0) {
		strv_push_all(&args, &g.args);
		options_apply(&o, &g, &err);
	}
	given_release(&g);
	strv_release(&argv);
	return err.text;
}

static void forms(void)
{
	is_str(parse(VERB_COMPILE, "-b uno sketch --board=mega --fqbn a:b:c -bnano"), "",
		"all forms");
	is_int((long long)o.boards.n, 4, "four boards");
	is_str(o.boards.v[1], "mega", "--name=value");
	is_str(o.boards.v[2], "a:b:c", "an alias");
	is_str(o.boards.v[3], "nano", "a letter and its value in one");
	is_int((long long)args.n, 1, "arguments stand anywhere");
	is_str(parse(VERB_COMPILE, "-kqv -Ej4 x"), "", "bundled flags");
	ok(o.keep && o.quiet && o.verbose && o.werror && o.jobs == 4, "all of them");
	is_str(parse(VERB_COMPILE, "-k -- -k --json"), "", "--");
	is_int((long long)args.n, 2, "ends the options");
	is_str(parse(VERB_COMPILE, "-V -"), "", "a second letter, and a dash alone");
	ok(o.verbose && args.n == 1, "is an argument");
	is_str(parse(VERB_COMPILE, "--build-property=a=b=c"), "", "a value with '='");
	is_str(o.build_property.v[0], "a=b=c", "is cut at the first");
	is_str(parse(VERB_COMPILE, ""), "", "nothing");
	ok(o.timeout == 1800 && !o.max_failures && !o.jobs, "the defaults");
}

static void errors(void)
{
	is_str(parse(VERB_COMPILE, "--bord uno"),
		"unknown option '--bord'; cure: did you mean '--board'?", "a slip");
	is_str(parse(VERB_COMPILE, "--xyzzy"), "unknown option '--xyzzy'; cure: see --help",
		"no slip at all");
	is_str(parse(VERB_COMPILE, "-Z"), "unknown option '-Z'; cure: see --help", "a letter");
	is_str(parse(VERB_COMPILE, "--keep=1"), "option '--keep' takes no value", "a flag's value");
	is_str(parse(VERB_COMPILE, "--board"), "option '--board' needs a value; cure: --board B",
		"a missing value");
	is_str(parse(VERB_COMPILE, "-kb"), "option '-b' needs a value; cure: -b B",
		"a missing value in a bundle");
	is_str(parse(VERB_COMPILE, "-j 0"), "--jobs '0' is not a whole number from 1 on",
		"too small");
	is_str(parse(VERB_COMPILE, "-j 2x"), "--jobs '2x' is not a whole number from 1 on",
		"more than a number");
	is_str(parse(VERB_COMPILE, "-j 99999999999999999999"),
		"--jobs '99999999999999999999' is not a whole number from 1 on", "too big");
	is_str(parse(VERB_COMPILE, "--timeout nan"), "--timeout 'nan' is not a number of seconds",
		"not a number");
	is_str(parse(VERB_COMPILE, "--warnings some"),
		"--warnings 'some' is none of none|default|more|all", "no such choice");
	is_str(parse(VERB_BOARDS, "--keep"), "unknown option '--keep'; cure: see --help",
		"another verb's option");
	is_str(parse(VERB_COMPILE, "--output-dir="), "--output-dir is empty", "an empty text");
}

static void defaults(void)
{
	struct error err = ERROR_INIT;
	struct given g = {0};
	char *argv[] = {(char *)"-bmega", (char *)"-bnano", NULL};
	const struct option_row *board = options_find("board", 5, VERB_COMPILE);
	const struct option_row *keep = options_find("keep", 4, VERB_COMPILE);
	options_release(&o);
	option_set_default(&o, board, "uno", &err);
	option_set_default(&o, board, "leonardo", &err);
	is_int((long long)o.boards.n, 2, "a configured list grows");
	options_parse(&g, argv, VERB_COMPILE, &err);
	options_apply(&o, &g, &err);
	is_int((long long)o.boards.n, 2, "the command line's");
	is_str(o.boards.v[0], "mega", "replaces it");
	is_int(option_set_default(&o, keep, "yes", &err), 0, "yes");
	ok(o.keep, "sets a flag");
	is_int(option_set_default(&o, keep, "off", &err), 0, "off");
	ok(!o.keep, "clears it");
	is_int(option_set_default(&o, keep, "maybe", &err), -1, "maybe");
	is_str(err.text, "'maybe' is neither yes nor no", "is refused");
	given_release(&g);
}

static void amounts(void)
{
	unsigned long long n = 7;
	struct error err = ERROR_INIT;
	ok(parse_size("10G", &n, &err) == 0 && n == 10ull << 30, "10G");
	ok(parse_size("512", &n, &err) == 0 && n == 512, "512");
	ok(parse_age("2d", &n, &err) == 0 && n == 172800, "2d");
	n = 7;
	ok(parse_age("5", &n, &err) < 0, "an age needs its unit");
	is_str(err.text, "'5' is no amount; cure: a number, then one of smhdw", "which is told");
	ok(parse_size("", &n, &err) < 0 && parse_size("G", &n, &err) < 0 &&
			parse_size("-1", &n, &err) < 0 && parse_size("1X", &n, &err) < 0 &&
			parse_size("1GG", &n, &err) < 0,
		"what is none is refused");
	ok(parse_size("99999999T", &n, &err) < 0, "so is what is too much");
	is_int((long long)n, 7, "and nothing is set");
}

static void near(void)
{
	static const char *const words[] = {"compile", "cache", NULL, "sketches"};
	is_str(nearest("compil", words, 4), "compile", "a letter is missing");
	is_str(nearest("cahce", words, 4), "cache", "two are swapped");
	is_str(nearest("sketch", words, 4), "sketches", "it begins so");
	is_str(nearest("frobnicate", words, 4), NULL, "nothing is near");
}

/* Each row has a name of its own among its verbs, letters too. */
static void table(void)
{
	size_t n, bad = 0;
	const struct option_row *t = options_table(&n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			if (!(t[i].verbs & t[k].verbs))
				continue;
			bad += !strcmp(t[i].name, t[k].name);
			for (const char *c = t[i].letters; *c; c++)
				bad += strchr(t[k].letters, *c) != NULL;
		}
		bad += t[i].kind != OPTION_FLAG && !t[i].arg;
		bad += t[i].kind == OPTION_FLAG && t[i].arg;
	}
	is_int((long long)bad, 0,
		"no two rows share a name or a letter, flags alone have no argument");
}

static size_t longest_line(const struct buf *text)
{
	size_t longest = 0, at = 0;
	for (size_t i = 0; i < text->len; i++) {
		at = text->data[i] == '\n' ? 0
					   : at + (((unsigned char)text->data[i] & 0xc0) != 0x80);
		longest = at > longest ? at : longest;
	}
	return longest;
}

static void help(void)
{
	size_t n_verbs, n, missing = 0;
	const struct verb *const *verbs = verbs_table(&n_verbs);
	const struct option_row *t = options_table(&n);
	struct buf out = BUF_INIT;
	for (size_t v = 0; v < n_verbs; v++) {
		buf_clear(&out);
		help_verb(&out, verbs[v]);
		for (size_t i = 0; i < n; i++) {
			char *name = xasprintf("--%s", t[i].name);
			if (t[i].verbs & verbs[v]->bit)
				missing += !strstr(buf_str(&out), name);
			free(name);
		}
		ok(longest_line(&out) <= 100, "%s --help fits in 100 columns", verbs[v]->name);
	}
	is_int((long long)missing, 0, "--help has every option of its verb");
	buf_clear(&out);
	help_all(&out);
	for (size_t v = 0; v < n_verbs; v++)
		ok(strstr(buf_str(&out), verbs[v]->name) != NULL, "help names %s", verbs[v]->name);
	buf_release(&out);
}

/* ---- the man page ---- */

static bool man_has(const char *man, const char *flag)
{
	char *text = xasprintf("Fl %s", flag);
	bool has = false;
	for (const char *p = strstr(man, text); p && !has; p = strstr(p + 1, text))
		has = strchr(" ,\n", p[strlen(text)]) != NULL;
	free(text);
	if (!has)
		diag("not there: Fl %s", flag);
	return has;
}

/* A word behind "Fl" that no row has; NULL. New string. */
static char *unknown_in(const char *man)
{
	for (const char *p = man; (p = strstr(p, "Fl "));) {
		p += 3;
		size_t len = strcspn(p, " ,\n"), n;
		bool known = false;
		const struct option_row *t = options_table(&n);
		if (len > 1 && *p == '-')
			known = options_find(p + 1, len - 1, VERB_ALL) != NULL ||
				!strncmp(p, "-version", len);
		for (size_t i = 0; len == 1 && i < n; i++)
			known |= strchr(t[i].letters, *p) != NULL;
		if (!known)
			return xstrndup(p, len);
	}
	return NULL;
}

static void man_page(void)
{
	const char *srcdir = getenv("srcdir");
	struct buf man = BUF_INIT;
	struct error err = ERROR_INIT;
	size_t n, missing = 0;
	const struct option_row *t = options_table(&n);
	char *path = path_join(srcdir ? srcdir : ".", "man/boardman.1");
	if (!ok(fs_read(path, 0, &man, &err) == 0, "man/boardman.1 is there"))
		diag("%s", err.text);
	for (size_t i = 0; i < n; i++) {
		char *name = xasprintf("-%s", t[i].name), *alias = xasprintf("-%s", t[i].alias);
		missing += !man_has(buf_str(&man), name);
		missing += t[i].alias && !man_has(buf_str(&man), alias);
		for (const char *c = t[i].letters; *c; c++) {
			char letter[] = {*c, '\0'};
			missing += !man_has(buf_str(&man), letter);
		}
		free(name);
		free(alias);
	}
	is_int((long long)missing, 0, "the man page has every option");
	char *unknown = unknown_in(buf_str(&man));
	is_str(unknown, NULL, "and none that there is not");
	free(unknown);
	static const char *const statuses[] = {".It 0", ".It 1", ".It 2", ".It 3", ".It 130"};
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		ok(strstr(buf_str(&man), statuses[i]) != NULL, "exit status %s", statuses[i]);
	buf_release(&man);
	free(path);
}

int main(void)
{
	options_init(&o);
	forms();
	errors();
	defaults();
	amounts();
	near();
	table();
	help();
	man_page();
	options_release(&o);
	strv_release(&args);
	return done_testing();
}
