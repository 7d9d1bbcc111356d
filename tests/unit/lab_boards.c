/* What machines' answers make of a board that is not here: found, unknown, in doubt; whose facts count; who is told. */
#include "cli/lab_boards.h"

#include "boss/survey.h"
#include "cli/plan_boards.h"
#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "unit/tap.h"

enum { MAX_ROWS = 4 };

static struct survey_row *rows;
static size_t n_rows;

/* A machine with one platform. */
static struct survey_row *machine(const char *name, const char *platform)
{
	if (!n_rows)
		rows = xcalloc(MAX_ROWS, sizeof *rows);
	struct survey_row *r = &rows[n_rows++];
	r->name = name;
	r->facts.platforms = xcalloc(1, sizeof *r->facts.platforms);
	r->facts.platforms[r->facts.n_platforms++] =
		(struct probe_platform){xstrdup(platform), xstrdup("1"), xstrdup("/p")};
	return r;
}

/* What it answers: with a digest it can build the board. */
static void answers(struct survey_row *r, const char *board, const char *fqbn, const char *digest,
	const char *version)
{
	struct probe *p = &r->boards;
	p->boards = xreallocarray(p->boards, p->n_boards + 1, sizeof *p->boards);
	p->boards[p->n_boards++] = (struct probe_board){
		.board = xstrdup(board),
		.fqbn = xstrdup(fqbn),
		.digest = xstrdup(digest),
		.toolchain = digest ? xstrdup("cc 1") : NULL,
		.why = digest ? NULL : xasprintf("%s cannot", r->name),
		.facts = {.platform_version = xstrdup(version), .mcu = xstrdup(version), .ram = 7},
	};
}

static struct lab_boards *asked(void)
{
	struct lab_boards *l = lab_boards_new(rows, n_rows);
	n_rows = 0;
	return l;
}

static void refused(const struct lab_boards *l, const char *text, const char *want)
{
	struct error err = ERROR_INIT;
	struct plan_board *b = lab_boards_find(l, text, "not here", &err);
	ok(!b, "%s: refused", text);
	is_str(err.text, want, text);
	plan_board_free(b);
}

static void test_found(void)
{
	struct strv lines = STRV_INIT;
	struct error err = ERROR_INIT;
	answers(machine("local", "x:y"), "one", NULL, NULL, NULL);
	answers(machine("a", "v:w"), "one", "v:w:one", NULL, NULL);
	answers(machine("b", "v:w"), "one", "v:w:one", "digest", "2.0");
	answers(machine("c", "v:w"), "one", "v:w:one", "other", "3.0");
	struct lab_boards *l = asked();
	struct plan_board *b = lab_boards_find(l, "one", "not here", &err);
	ok(b && !b->here, "found elsewhere");
	is_str(b->fqbn, "v:w:one", "its name");
	is_str(b->vendor, "v", "its vendor");
	is_str(b->arch, "w", "its architecture");
	is_str(b->id, "one", "its id");
	is_str(b->facts.platform_version, "2.0", "the facts of the first that can build it");
	is_int(b->facts.ram, 7, "… all of them");
	lab_boards_describe(l, b, &lines);
	lab_boards_describe(l, b, &lines);
	is_int((long)lines.n, 2, "a line per version");
	is_str(lines.v[0], "v:w 2.0 on b (cc 1)", "the first");
	is_str(lines.v[1], "v:w 3.0 on c (cc 1)", "the second");
	plan_board_free(b);
	lab_boards_free(l);
	strv_release(&lines);
}

/* Its jobs will be told that nobody can build them. */
static void test_only_known(void)
{
	struct error err = ERROR_INIT;
	answers(machine("a", "v:w"), "v:w:one", "v:w:one", NULL, NULL);
	struct lab_boards *l = asked();
	struct plan_board *b = lab_boards_find(l, "v:w:one", "not here", &err);
	ok(b && !b->facts.platform_version && !b->facts.mcu, "known, and nothing of it");
	plan_board_free(b);
	lab_boards_free(l);
}

static void test_unknown(void)
{
	answers(machine("a", "x:y"), "v:w:one", NULL, NULL, NULL);
	answers(machine("b", "v:w"), "v:w:one", NULL, NULL, NULL);
	machine("c", "v:w");
	struct lab_boards *l = asked();
	ok(lab_boards_answered(l), "answered");
	refused(l, "v:w:one",
		"unknown board 'v:w:one', here and on a, b (c could not be asked): b: b cannot");
	lab_boards_free(l);
	answers(machine("a", "x:y"), "v:w:one", NULL, NULL, NULL);
	l = asked();
	refused(l, "v:w:one", "unknown board 'v:w:one', here and on a: not here");
	lab_boards_free(l);
}

static void test_lies(void)
{
	answers(machine("a", "v:w"), "one", "v:w:two", "digest", "1");
	answers(machine("b", "v:w"), "one", "../one", "digest", "1");
	struct lab_boards *l = asked();
	refused(l, "one", "unknown board 'one', here and on a, b: not here");
	lab_boards_free(l);
}

static void test_doubt(void)
{
	answers(machine("a", "v:w"), "one", "v:w:one", "digest", "1");
	answers(machine("b", "x:w"), "one", "x:w:one", NULL, NULL);
	struct lab_boards *l = asked();
	refused(l, "one",
		"board 'one' is in 2 platforms of the machines; cure: write one of v:w:one, "
		"x:w:one");
	lab_boards_free(l);
}

static void test_nobody(void)
{
	answers(machine("local", "x:y"), "v:w:one", NULL, NULL, NULL);
	machine("a", "v:w")->trouble = xstrdup("it is off");
	struct lab_boards *l = asked();
	ok(!lab_boards_answered(l), "this machine does not count");
	refused(l, "v:w:one",
		"board 'v:w:one' is not known here, and no machine can be asked; a: it is off");
	lab_boards_free(l);
}

int main(void)
{
	test_found();
	test_only_known();
	test_unknown();
	test_lies();
	test_doubt();
	test_nobody();
	return done_testing();
}
