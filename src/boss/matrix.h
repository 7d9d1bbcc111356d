/* matrix: boards times sketches, one row each: a job, or a skip with the rule that made it. Pure: the
 * rules are asked of the caller.
 */
#ifndef BOSS_MATRIX_H
#define BOSS_MATRIX_H

#include <stddef.h>
#include "common/strv.h"

struct error;

#define MATRIX_MAX_ROWS 1000000

struct matrix_sketch {
	char *dir; /* absolute */
	char *name; /* its path from the top of its tree; what users see */
	char *tree_library; /* NULL none */
	struct strv library_dirs; /* absolute: one library each, for this sketch alone */
};

struct matrix_row {
	size_t board; /* index into boards: rows of one board stand together */
	size_t sketch; /* index into sketches */
	char *skip; /* the rule that leaves it out; NULL: to be built */
};

/* Owns all but what the caller was told to keep. */
struct matrix {
	const struct strv *boards; /* borrowed: canonical FQBNs */
	const struct matrix_sketch *sketches; /* borrowed */
	size_t n_sketches;
	struct matrix_row *v;
	size_t n;
	size_t n_jobs; /* rows without a skip */
};

enum matrix_answer {
	MATRIX_BUILD,
	MATRIX_SKIP, /* a row that says why */
	MATRIX_LEAVE_OUT, /* nobody asked for it: no row */
};

/* What becomes of (board, sketch). With MATRIX_SKIP *why is a new string. */
typedef enum matrix_answer matrix_rule_fn(void *ctx, size_t board, size_t sketch, char **why);

/* Fills `m`, boards in order and in each the sketches in order; a board or sketch directory named twice counts once. `rule` may be
 * NULL. Refuses more than MATRIX_MAX_ROWS. */
int matrix_build(struct matrix *m, const struct strv *boards, const struct matrix_sketch *sketches,
	size_t n_sketches, matrix_rule_fn *rule, void *ctx, struct error *err);
void matrix_release(struct matrix *m);

const char *matrix_board(const struct matrix *m, size_t row);
const struct matrix_sketch *matrix_sketch(const struct matrix *m, size_t row);

#endif
