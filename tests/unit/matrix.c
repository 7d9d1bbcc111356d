/* matrix: boards times sketches. */
#include "tap.h"

#include "boss/matrix.h"
#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"

static struct matrix_sketch sketches[] = {
	{(char *)"/t/a", (char *)"a", NULL, STRV_INIT},
	{(char *)"/t/b", (char *)"b", (char *)"/t", STRV_INIT},
	{(char *)"/t/a", (char *)"a", NULL, STRV_INIT},
};

/* Board 0 does not build b; board 1 was not asked for a. */
static enum matrix_answer rule(void *ctx, size_t board, size_t sketch, char **why)
{
	++*(int *)ctx;
	if (board == 0 && sketch == 1) {
		*why = xstrdup("no b");
		return MATRIX_SKIP;
	}
	return board == 1 && sketch == 0 ? MATRIX_LEAVE_OUT : MATRIX_BUILD;
}

static void order(void)
{
	struct strv boards = STRV_INIT;
	struct matrix m;
	strv_push(&boards, "v:a:one");
	strv_push(&boards, "v:a:two");
	strv_push(&boards, "v:a:one");
	is_int(matrix_build(&m, &boards, sketches, 3, NULL, NULL, NULL), 0, "built");
	is_int((long long)m.n, 4, "what is named twice counts once");
	is_int((long long)m.n_jobs, 4, "without rules all are jobs");
	is_str(matrix_board(&m, 0), "v:a:one", "boards stand together: first");
	is_str(matrix_board(&m, 1), "v:a:one", "boards stand together: second");
	is_str(matrix_board(&m, 2), "v:a:two", "then the next board");
	is_str(matrix_sketch(&m, 1)->name, "b", "sketches in their order");
	matrix_release(&m);
	strv_release(&boards);
}

static void rules(void)
{
	struct strv boards = STRV_INIT;
	struct matrix m;
	int asked = 0;
	strv_push(&boards, "v:a:one");
	strv_push(&boards, "v:a:two");
	matrix_build(&m, &boards, sketches, 2, rule, &asked, NULL);
	is_int(asked, 4, "the rule is asked for each pair");
	is_int((long long)m.n, 3, "what nobody asked for has no row");
	is_int((long long)m.n_jobs, 2, "a skipped row is no job");
	is_str(m.v[1].skip, "no b", "a skipped row says why");
	ok(!m.v[0].skip, "another does not");
	matrix_release(&m);
	strv_release(&boards);
}

static void edges(void)
{
	struct strv none = STRV_INIT, many = STRV_INIT;
	struct error err = ERROR_INIT;
	struct matrix m;
	is_int(matrix_build(&m, &none, sketches, 2, NULL, NULL, &err), 0, "no boards");
	is_int((long long)m.n, 0, "give no rows");
	matrix_release(&m);
	for (int i = 0; i < 1001; i++)
		strv_pushf(&many, "v:a:%d", i);
	is_int(matrix_build(&m, &many, sketches, 1000, NULL, NULL, &err), -1,
		"more than a million are refused");
	ok(strstr(err.text, "1001 boards times 1000 sketches") != NULL, "with the numbers");
	strv_release(&many);
}

int main(void)
{
	order();
	rules();
	edges();
	return done_testing();
}
