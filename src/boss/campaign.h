/* campaign: one run: the jobs of a matrix, the machines that build them, what comes back, and the output tree. It ends when every
 * job has its verdict, or when it was told to stop.
 */
#ifndef BOSS_CAMPAIGN_H
#define BOSS_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
#include "boss/link/link.h"
#include "boss/report/row.h"

struct error;
struct matrix;
struct outtree;
struct progress;
struct settings;
struct strv;

struct campaign_config {
	uv_loop_t *loop;
	const struct matrix *matrix;
	const struct settings *settings;
	struct outtree *out;
	struct link local; /* taken: the worker in this process */
	int local_max_sketches; /* 0: as the worker says */
	unsigned max_failures; /* 0 no limit */
	bool rebuild_failed; /* -F */
	int engine; /* the engine's version */
	const char *version; /* boardman's */
	const struct strv *platforms; /* lines for run.json */
	struct progress *progress; /* NULL none */
	void (*note)(void *ctx, const char *line); /* a line for the user */
	void *note_ctx;
};

struct campaign_result {
	struct run_row *rows; /* one per row of the matrix, in its order */
	size_t n;
	struct run_totals totals;
	size_t built; /* results that were written */
	bool interrupted;
	bool abandoned; /* interrupted twice: the loop must not be run any more */
	bool disk_full;
	char *trouble; /* a line for the user on why not all was built; NULL none */
};

/* Runs the loop until the end. */
void campaign_run(const struct campaign_config *c, struct campaign_result *out);
void campaign_result_release(struct campaign_result *r);

#endif
