/* progress: what a run shows while it runs: on a terminal one live status line, else one line per finished job and a status line
 * now and then. Writes to one descriptor; keeps no job.
 */
#ifndef BOSS_REPORT_PROGRESS_H
#define BOSS_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include "boss/report/text.h"

struct progress;
struct run_row;

struct progress_config {
	int fd; /* where people read */
	struct report_style style;
	bool live; /* fd is a terminal */
	bool quiet; /* failures only */
	bool all_jobs; /* a line per job on a terminal too */
	bool commands; /* print each job's `cmd` */
	bool warnings; /* print what the compiler said of jobs that are ok */
	int json_fd; /* one object per job goes there; -1 none */
	double status_every; /* seconds, off a terminal */
};

struct progress_counts {
	size_t total, done, failed, running;
	double eta; /* seconds; negative not known */
	size_t machines, all_machines; /* that build now, of a lab; 0 of 0: no lab */
};

struct progress *progress_new(const struct progress_config *c);
void progress_free(struct progress *p); /* takes the live line away */
/* The errno of the first text that could not be written; 0: none. */
int progress_failed(const struct progress *p);

/* A job ended, was skipped, or was not run. */
void progress_job(struct progress *p, const struct run_row *r);
/* Now and then, `now` in seconds of any steady clock. */
void progress_status(struct progress *p, const struct progress_counts *c, double now);
/* The live line steps aside for other output, and comes back at the next status. */
void progress_hide(struct progress *p);

#endif
