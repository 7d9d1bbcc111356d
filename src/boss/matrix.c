/* matrix: see matrix.h. It neither knows what a rule looks at nor what becomes of a row.
 */
#include "boss/matrix.h"

#include <stdbool.h>
#include <stdlib.h>
#include "common/error.h"
#include "common/strmap.h"
#include "common/strv.h"
#include "common/xalloc.h"

/* The first index of each distinct text. */
static size_t distinct(
	const char *(*text)(const void *, size_t), const void *from, size_t n, size_t *out)
{
	struct strmap seen = STRMAP_INIT(NULL);
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		const char *s = text(from, i);
		if (strmap_get(&seen, s))
			continue;
		strmap_set(&seen, s, &seen);
		out[found++] = i;
	}
	strmap_release(&seen);
	return found;
}

static const char *board_text(const void *from, size_t i)
{
	return ((const struct strv *)from)->v[i];
}

static const char *sketch_text(const void *from, size_t i)
{
	return ((const struct matrix_sketch *)from)[i].dir;
}

static void add_row(struct matrix *m, size_t board, size_t sketch, matrix_rule_fn *rule, void *ctx)
{
	char *why = NULL;
	enum matrix_answer answer = rule ? rule(ctx, board, sketch, &why) : MATRIX_BUILD;
	if (answer == MATRIX_LEAVE_OUT)
		return;
	m->v[m->n++] = (struct matrix_row){board, sketch, why};
	m->n_jobs += answer == MATRIX_BUILD;
}

int matrix_build(struct matrix *m, const struct strv *boards, const struct matrix_sketch *sketches,
	size_t n_sketches, matrix_rule_fn *rule, void *ctx, struct error *err)
{
	if (boards->n && n_sketches > MATRIX_MAX_ROWS / boards->n)
		return error_set(err, "%zu boards times %zu sketches are more than %d jobs",
			boards->n, n_sketches, MATRIX_MAX_ROWS);
	size_t *b = xcalloc(boards->n + 1, sizeof *b), *s = xcalloc(n_sketches + 1, sizeof *s);
	size_t nb = distinct(board_text, boards, boards->n, b);
	size_t ns = distinct(sketch_text, sketches, n_sketches, s);
	*m = (struct matrix){.boards = boards, .sketches = sketches, .n_sketches = n_sketches};
	m->v = xcalloc(nb * ns + 1, sizeof *m->v);
	for (size_t i = 0; i < nb; i++)
		for (size_t j = 0; j < ns; j++)
			add_row(m, b[i], s[j], rule, ctx);
	free(b);
	free(s);
	return 0;
}

void matrix_release(struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].skip);
	free(m->v);
	*m = (struct matrix){0};
}

const char *matrix_board(const struct matrix *m, size_t row)
{
	return m->boards->v[m->v[row].board];
}

const struct matrix_sketch *matrix_sketch(const struct matrix *m, size_t row)
{
	return &m->sketches[m->v[row].sketch];
}
