/* campaign: one run: the jobs of a matrix, the machines that build them, what comes back, and the output tree. It ends when every
 * job has its verdict, or when it was told to stop.
 */
#ifndef BOSS_CAMPAIGN_H
#define BOSS_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include "boss/link/link.h"
#include "boss/report/row.h"

struct buf;
struct error;
struct job;
struct machine_source;
struct matrix;
struct outtree;
struct progress;
struct settings;
struct strv;

/* A machine that may take part. */
struct campaign_machine {
	const char *name;
	bool local; /* the boss's own: on its disk, and trusted to be fit */
	int max_sketches; /* 0: as the worker says */
	/* A way to it, anew each time it is tried. */
	struct link (*connect)(
		void *ctx, const struct campaign_machine *m, struct noise_sink noise);
	void *ctx;
};

/* What a machine must have left to be used. */
struct campaign_limits {
	double max_load; /* x threads */
	uint64_t min_disk, min_memory; /* bytes */
};

struct campaign_config {
	uv_loop_t *loop;
	const struct matrix *matrix;
	const struct settings *settings;
	struct outtree *out;
	const struct campaign_machine *machines;
	size_t n_machines;
	struct campaign_limits limits;
	const struct machine_source
		*source; /* for machines that have not the boss's disk; NULL: there are none */
	const char *reference; /* --reference; NULL */
	bool allow_mixed; /* --allow-mixed-toolchains */
	const char *quarantine; /* where machines that were proved wrong are kept; NULL nowhere */
	double wait; /* seconds for a machine, when nothing else can be done */
	unsigned max_failures; /* 0 no limit */
	bool rebuild_failed; /* -F */
	/* Whether a result still stands, told here and at once; NULL: the worker tells. */
	bool (*stands)(void *ctx, const struct job *j);
	/* What results of the job must have as their settings to stand here, and with what toolchain and platform they must have been made then; and
	 * how another machine's deps become ours, with their new key. NULLs: they stay as they are. */
	const char *(*settings_of)(void *ctx, const struct job *j, const char **digest);
	bool (*adopt)(
		void *ctx, const char *settings, const char *deps, struct buf *out, char **key);
	void *stands_ctx; /* of these three */
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
