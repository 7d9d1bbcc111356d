/* campaign_internal: what the campaign's files share. For no other file. */
#ifndef BOSS_CAMPAIGN_INTERNAL_H
#define BOSS_CAMPAIGN_INTERNAL_H

#include "boss/campaign.h"
#include "boss/record.h"
#include "boss/sched.h"

struct machine;
struct rundoc;

/* A row of the matrix that is to be built; its index is the scheduler's id. */
struct campaign_job {
	size_t row;
	char *dir; /* of its results */
	char *build_dir, *deps; /* in it */
	struct record known; /* what is there, when has_known */
	bool has_known; /* it may still stand */
	bool forgotten; /* its `done` was removed */
	double started; /* rundoc_clock */
};

/* Why nothing more is handed out. */
enum campaign_stop { STOP_NONE, STOP_FAILURES, STOP_INTERRUPT, STOP_DISK, STOP_MACHINES };

struct campaign {
	const struct campaign_config *config;
	struct campaign_result *result;
	struct campaign_job *jobs;
	size_t n_jobs;
	struct sched *sched;
	struct machine *machine; /* the only one so far */
	struct rundoc *doc;
	char boot[64];

	enum campaign_stop stop;
	bool told_stop; /* the machines were */
	bool ended; /* all said, waiting for handles */
	char *fault; /* why the machine was lost, or what the disk has no room for */

	uv_idle_t pump;
	uv_timer_t tick, deadline;
	uv_signal_t signals[3];
};

/* campaign_jobs.c: jobs and their results */

/* Fills jobs and scheduler from the matrix and from what the output tree holds. Rows that are no jobs get their verdict. */
void campaign_load(struct campaign *c);
void campaign_unload(struct campaign *c);
/* Fills `j` with what to send; all borrowed from the campaign. */
void campaign_job_command(const struct campaign *c, struct sched_pick p, struct job *j);
void campaign_job_started(struct campaign *c, uint32_t id);
/* A result that the scheduler has not seen yet; false: it was late. */
bool campaign_job_result(struct campaign *c, const struct build_result *r);
/* Ends a job without a result. */
void campaign_job_end(struct campaign *c, uint32_t id, enum verdict v, const char *reason);
/* A job that runs for long is built for certain: what is on disk of it is not called built any more. */
void campaign_jobs_age(struct campaign *c);

/* campaign.c */
void campaign_stop(struct campaign *c, enum campaign_stop why);

#endif
