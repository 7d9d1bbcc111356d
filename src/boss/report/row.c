/* row: see row.h. */
#include "boss/report/row.h"

#include <stdlib.h>
#include "common/strmap.h"

void run_row_release(struct run_row *r)
{
	free(r->board);
	free(r->sketch);
	free(r->machine);
	free(r->reason);
	free(r->dir);
	strv_release(&r->libraries);
	for (size_t i = 0; i < r->n_files; i++) {
		free(r->files[i].name);
		free(r->files[i].sha256);
	}
	free(r->files);
	*r = (struct run_row){0};
}

void run_totals_count(struct run_totals *t, const struct run_row *rows, size_t n)
{
	struct strmap boards = STRMAP_INIT(NULL), sketches = STRMAP_INIT(NULL);
	t->jobs = n;
	t->unchanged = 0;
	for (size_t i = 0; i <= VERDICT_NOT_RUN; i++)
		t->by[i] = 0;
	for (size_t i = 0; i < n; i++) {
		t->by[rows[i].verdict]++;
		t->unchanged += rows[i].unchanged;
		strmap_set(&boards, rows[i].board, t);
		strmap_set(&sketches, rows[i].sketch, t);
	}
	t->boards = strmap_count(&boards);
	t->sketches = strmap_count(&sketches);
	strmap_release(&boards);
	strmap_release(&sketches);
}
