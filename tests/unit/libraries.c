/* libraries: the index and the resolver: who wins, who is hidden, what counts once. */
#include "unit/library_util.h"

#include <unistd.h>

static const char *winner(const struct libraries *ls, const char *header)
{
	const struct library *l = libraries_resolve(ls, header, NULL, NULL);
	return l ? l->dir + strlen(at("")) + 1 : NULL;
}

static void put_for(const char *dir, const char *name, const char *archs, const char *header)
{
	char *properties = xasprintf("name=%s\nversion=1.0\narchitectures=%s\n", name, archs);
	put_library(dir, properties, header);
	free(properties);
}

/* Two libraries with the same header; the first must win over the second. */
struct pair {
	const char *dir[2], *name[2], *archs[2];
	const char *why;
};

static const struct pair PAIRS[] = {
	{{"user/A1", "user/A2"}, {"a", "b"}, {"avr", "*"}, "for the architecture over for any"},
	{{"user/B1", "user/B2"}, {"a", "b"}, {"*", "samd"}, "for any over for another one"},
	{{"user/Hdr3", "user/C2"}, {"Hdr3", "Hdr3"}, {"*", "*"}, "name and folder over name"},
	{{"user/Hdr4", "user/Hdr4-main"}, {"x", "y"}, {"*", "*"}, "exact over -main"},
	{{"user/Hdr5-main", "user/Hdr5-master"}, {"x", "y"}, {"*", "*"}, "-main over -master"},
	{{"user/Hdr6-master", "user/Hdr6_lib"}, {"x", "y"}, {"*", "*"}, "-master over a prefix"},
	{{"user/Hdr7_lib", "user/My_Hdr7"}, {"x", "y"}, {"*", "*"}, "prefix over suffix"},
	{{"user/My_Hdr8", "user/My_Hdr8_lib"}, {"x", "y"}, {"*", "*"}, "suffix over inside"},
	{{"user/My_Hdr9_lib", "user/Other9"}, {"x", "y"}, {"*", "*"}, "inside over nothing"},
	{{"user/P1", "platform/libraries/P1"}, {"p", "q"}, {"*", "*"},
		"user's over the platform's"},
	{{"platform/libraries/P2", "core/libraries/P2"}, {"p", "q"}, {"*", "*"},
		"platform's over core's"},
	{{"core/libraries/P3", "builtin/P3"}, {"p", "q"}, {"*", "*"}, "core's over built-in"},
	{{"builtin/Hdr13", "user/Q"}, {"Hdr13", "z"}, {"*", "*"}, "a name outweighs a place"},
	{{"user/R1", "builtin/Hdr14"}, {"r", "Hdr14"}, {"avr", "esp32"},
		"architecture outweighs a name"},
	{{"user/Z15", "user/A15"}, {"Zhdr", "Qqqq"}, {"*", "*"}, "the closer name"},
	{{"user/Z16", "user/A16"}, {"aaa", "bbb"}, {"*", "*"},
		"the first name where none is close"},
};

static void priorities(void)
{
	for (size_t i = 0; i < ARRAY_LEN(PAIRS); i++) {
		char *header = xasprintf("Hdr%zu.h", i + 1);
		for (int j = 0; j < 2; j++)
			put_for(PAIRS[i].dir[j], PAIRS[i].name[j], PAIRS[i].archs[j], header);
		free(header);
	}
	/* Not what this one is about. */
	put_for("user/My_Hdr2x", "Thing", "samd", "lone.h");
	struct libraries *ls = open_index(NULL, NULL, false);
	for (size_t i = 0; i < ARRAY_LEN(PAIRS); i++) {
		char *header = xasprintf("Hdr%zu.h", i + 1);
		is_str(winner(ls, header), PAIRS[i].dir[0], PAIRS[i].why);
		free(header);
	}
	is_str(winner(ls, "lone.h"), "user/My_Hdr2x", "the only one, whatever its architecture");
	ok(!winner(ls, "none.h"), "nobody has it");
	libraries_free(ls);
}

static void losers(void)
{
	const struct library **v;
	size_t n;
	put_for("user/L1", "l1", "*", "Lose.h");
	put_for("user/Lose", "Lose", "*", "Lose.h");
	put_for("user/L2", "l2", "avr", "Lose.h");
	struct libraries *ls = open_index(NULL, NULL, false);
	is_str(libraries_resolve(ls, "Lose.h", &v, &n)->folder, "Lose", "the best");
	is_int((long long)n, 2, "two lose");
	is_str(v[0]->folder, "L2", "best loser first");
	is_str(v[1]->folder, "L1", "then the other");
	free(v);
	libraries_resolve(ls, "none.h", &v, &n);
	ok(!v && n == 0, "no losers where nobody has it");
	libraries_free(ls);
}

static void given(void)
{
	put_for("user/Gift", "Gift", "avr", "Gift.h");
	put("pr123/library.properties", "name=Gift\nversion=2.0\narchitectures=esp32\n");
	put("pr123/src/Gift.h", "");
	put_for("user/Other", "Other", "avr", "Other.h");
	ok(chdir("/") == 0, "elsewhere");
	struct libraries *ls = open_index("pr123", NULL, false);
	is_str(winner(ls, "Gift.h"), "pr123",
		"a given library beats an installed one whatever its folder");
	is_int(libraries_resolve(ls, "Gift.h", NULL, NULL)->place, LIBRARY_GIVEN, "and is given");
	char *want =
		xasprintf("using %s as Gift 2.0; ignoring %s (1.0)", at("pr123"), at("user/Gift"));
	is_int((long long)libraries_notes(ls)->n, 1, "one note");
	is_str(libraries_notes(ls)->v[0], want, "that says so");
	free(want);
	libraries_free(ls);

	ok(chdir(at("pr123")) == 0, "in the tree's own library");
	ls = open_index(NULL, "pr123", false);
	is_str(winner(ls, "Gift.h"), "pr123", "the tree's library counts as given");
	want = xasprintf("using ./ as Gift 2.0; ignoring %s (1.0)", at("user/Gift"));
	is_str(libraries_notes(ls)->v[0], want, "its path as the user sees it");
	free(want);
	libraries_free(ls);
	ok(chdir("/") == 0, "elsewhere");
}

static void given_wrong(void)
{
	struct error err = ERROR_INIT;
	struct strv dirs = STRV_INIT;
	put("empty/readme", "");
	strv_push(&dirs, at("empty"));
	struct library_search s = {.given = &dirs, .arch = "avr"};
	ok(!libraries_open(&s, &err), "a given directory without anything is an error");
	ok(strstr(err.text, "is not a library; cure: ") != NULL, "with a cure: %s", err.text);
	strv_clear(&dirs);
	strv_push(&dirs, at("nowhere"));
	ok(!libraries_open(&s, &err), "so is one that is not there");
	strv_clear(&dirs);
	put("bad/library.properties", "nonsense\n");
	strv_push(&dirs, at("bad"));
	ok(!libraries_open(&s, &err), "and one with broken properties");
	ok(strstr(err.text, "library.properties") != NULL, "which are named: %s", err.text);
	strv_release(&dirs);
}

static void symlinks(void)
{
	put_for("elsewhere/fastled-git", "Linked", "*", "Linked.h");
	ok(symlink(at("elsewhere/fastled-git"), at("user/Linked")) == 0, "a library by symlink");
	ok(symlink(at("elsewhere/fastled-git"), at("user/Linked2")) == 0, "twice");
	const struct library **v;
	size_t n;
	struct libraries *ls = open_index(NULL, NULL, false);
	const struct library *l = libraries_resolve(ls, "Linked.h", &v, &n);
	is_str(l->dir, at("elsewhere/fastled-git"), "its directory is the real one");
	is_str(l->folder, "Linked", "its folder is the link's name");
	is_int((long long)n, 0, "it counts once");
	free(v);
	libraries_free(ls);
	ls = open_index("elsewhere/fastled-git", NULL, false);
	l = libraries_resolve(ls, "Linked.h", NULL, NULL);
	is_int(l->place, LIBRARY_GIVEN, "in the strongest place it was found in");
	is_int((long long)libraries_notes(ls)->n, 0, "and hides nothing");
	libraries_free(ls);
}

static void owners(void)
{
	put_for("user/Own", "Own", "*", "Own.h");
	put_for("user/Own/extras/Inner", "Inner", "*", "Inner.h");
	struct libraries *ls = open_index("user/Own/extras/Inner", NULL, false);
	const struct library *own = libraries_by_name(ls, "Own"),
			     *inner = libraries_by_name(ls, "Inner");
	ok(own && libraries_owner(ls, at("user/Own/a/b/c.h")) == own, "a file below");
	ok(libraries_owner(ls, at("user/Own")) == own, "the directory itself");
	ok(libraries_owner(ls, at("user/Own/extras/Inner/x.h")) == inner, "the innermost");
	ok(libraries_owner(ls, at("user/Own/src/../x//y.h")) == own, "by an untidy path");
	ok(!libraries_owner(ls, at("user/Own2/x.h")), "a longer name is another one");
	ok(!libraries_owner(ls, "/usr/include/x.h"), "nobody's");
	ok(libraries_by_name(ls, "Own") == own && !libraries_by_name(ls, "own"), "names are exact");
	libraries_free(ls);
}

static void digests(void)
{
	struct libraries *a = open_index(NULL, NULL, false), *b = open_index(NULL, NULL, false);
	char *before = xstrdup(libraries_digest(a));
	is_str(libraries_digest(b), before, "the same index has the same digest");
	is_int((long long)strlen(before), 64, "in hex");
	libraries_free(a);
	libraries_free(b);
	put("user/Own/More.h", "");
	a = open_index(NULL, NULL, false);
	ok(strcmp(libraries_digest(a), before) != 0, "a new top header changes it");
	libraries_free(a);
	a = open_index(NULL, NULL, true);
	ok(strcmp(libraries_digest(a), before) != 0, "so do other rules");
	libraries_free(a);
	free(before);
}

/* What arduino-builder 1.3.25 takes, seen in runs of it. */
static void builder(void)
{
	put_for("user/Bld", "something else", "*", "Bld.h");
	put_for("user/a_bld", "Bld", "avr", "Bld.h");
	put_for("user/Cld-master", "x", "*", "Cld.h");
	put_for("user/Cldx", "Cld", "*", "Cld.h");
	put_for("user/Dq1", "x", "*", "Ddd.h");
	put_for("user/Dq2", "y", "*", "Ddd.h");
	put_for("user/Eq1", "x", "samd", "Eee.h");
	put_for("user/Eee", "y", "samd", "Eee.h");
	put_for("user/Eq3", "z", "avr", "Eee.h");
	put_for("user/Ff", "x", "*", "Ff.h");
	put_for("builtin/Ff", "x", "avr", "Ff.h");
	struct libraries *ls = open_index(NULL, NULL, true);
	is_str(winner(ls, "Bld.h"), "user/Bld", "builder: the folder counts, not the name");
	is_str(winner(ls, "Cld.h"), "user/Cld-master", "builder: -master over a prefix");
	is_str(winner(ls, "Ddd.h"), "user/Dq2", "builder: without any fit the last one");
	is_str(winner(ls, "Eee.h"), "user/Eee",
		"builder: a fit for another architecture over none for this one");
	is_str(winner(ls, "Ff.h"), "builtin/Ff",
		"builder: of two fits the one for the architecture, whatever its place");
	libraries_free(ls);
}

int main(void)
{
	setenv("HOME", "/nonexistent", 1);
	priorities();
	losers();
	given();
	given_wrong();
	symlinks();
	owners();
	digests();
	builder();
	return done_testing();
}
