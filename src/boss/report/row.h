/* row: one job of a run as reports see it, and the run's totals. Filled from `done` records and run.json, so that a report on
 * yesterday's run equals that of today's.
 */
#ifndef BOSS_REPORT_ROW_H
#define BOSS_REPORT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/strv.h"
#include "wire/job.h"

struct run_file {
	char *name; /* beneath DIR/firmware */
	char *sha256;
	uint64_t size;
};

struct run_row {
	char *board, *sketch; /* as shown */
	char *machine; /* NULL when it ran nowhere */
	char *reason; /* NULL for ok */
	char *dir; /* absolute, of its results; NULL when there are none */
	enum verdict verdict;
	bool unchanged; /* an earlier result that still stands */
	int return_code, warnings;
	double seconds;
	struct sizes sizes;
	struct strv libraries;
	struct run_file *files;
	size_t n_files;
};

struct run_totals {
	size_t jobs, by[VERDICT_NOT_RUN + 1], unchanged; /* by verdict */
	size_t boards, sketches, machines;
	double seconds; /* of the whole run */
	double stage1; /* wall seconds in which some unit was being built; 0 none was */
};

void run_row_release(struct run_row *r);
/* Counts jobs, verdicts, boards and sketches; the rest is left alone. */
void run_totals_count(struct run_totals *t, const struct run_row *rows, size_t n);

#endif
