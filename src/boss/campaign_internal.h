/* campaign_internal: what the campaign's files share. For no other file. */
#ifndef BOSS_CAMPAIGN_INTERNAL_H
#define BOSS_CAMPAIGN_INTERNAL_H

#include "boss/campaign.h"
#include "boss/machine.h"
#include "boss/record.h"
#include "boss/sched.h"

struct rundoc;
struct trace;

/* A row of the matrix that is to be built; its index is the scheduler's id. */
struct campaign_job {
	size_t row;
	char *dir; /* of its results */
	char *build_dir, *deps; /* in it */
	struct record known; /* what is there, when has_known */
	bool has_known; /* it may still stand */
	bool forgotten; /* it has no `done` */
	const char *settings, *digest; /* see campaign_config; NULL: none can be ours. Borrowed */
	double started; /* rundoc_clock */
	int slot; /* where it was started last */
	struct lab_machine
		*accused; /* could not build it, and waits for another one's try; NULL none */
	const struct lab_machine *
		charged; /* the last one that could not build it, though it was tried again; NULL none */
	char *charge; /* why */
};

/* Why nothing more is handed out. */
enum campaign_stop { STOP_NONE, STOP_FAILURES, STOP_INTERRUPT, STOP_DISK, STOP_MACHINES };

/* With what a machine would build a board. */
struct look {
	char *digest, *toolchain; /* NULL: it cannot */
	char *why;
};

/* A machine of the run; its index is the scheduler's. */
struct lab_machine {
	struct campaign *campaign;
	const struct campaign_machine *spec;
	struct machine *m; /* NULL: away */
	enum machine_state seen; /* its state as the trace has it */
	double since; /* rundoc_clock */
	struct look *looks; /* by board; NULL: it was not asked yet */
	unsigned slots; /* 0: not ready */
	bool settled; /* it was ready, or lost, at least once */
	bool served; /* it was ready */
	bool busy; /* refused for its load, memory or disk */
	bool told_boards; /* the user knows which boards it gets no jobs of */
	bool told_away; /* the user knows that it is away */
	unsigned losses;
	uint64_t again_at; /* ms of the loop's clock: try then; 0: not away */
	char *why; /* it is away; NULL */
	char *barred; /* why it gets no jobs in this run; NULL: it may */
	unsigned charges; /* jobs of which it is the accused */
	unsigned cap; /* of slots, since memory ran out; 0: as the worker says */
	double capped; /* rundoc_clock */
};

struct campaign {
	const struct campaign_config *config;
	struct campaign_result *result;
	struct campaign_job *jobs;
	size_t n_jobs;
	char *checked_dir; /* of a board's results, which may be written to; NULL none yet */
	bool checked_there; /* it was there */
	struct sched *sched;
	struct lab_machine *machines;
	size_t n_machines;
	bool lab; /* there is more than the local machine */
	char **reference; /* digest by board, of a lab; NULL: none yet */
	bool decided; /* the reference toolchains are */
	uint64_t began, first_look, idle_since; /* ms of the loop's clock; 0 not yet */
	struct rundoc *doc;
	struct trace *trace;
	char boot[64];

	enum campaign_stop stop;
	bool told_stop; /* the machines were */
	bool ended; /* all said, waiting for handles */
	char *fault; /* why the last machine was lost */
	char *disk_fault; /* what the disk has no room for; NULL */

	uv_idle_t pump;
	uv_timer_t tick, deadline;
	uv_signal_t signals[3];
};

/* campaign_jobs.c: jobs and their results */

/* Fills jobs and scheduler from the matrix and from what the output tree holds. Rows that are no jobs get their verdict, those whose result stands too. */
void campaign_load(struct campaign *c);
void campaign_unload(struct campaign *c);
/* Fills `j` with what to send to `lm`; all borrowed from the campaign. */
void campaign_job_command(
	const struct campaign *c, const struct lab_machine *lm, struct sched_pick p, struct job *j);
void campaign_job_started(struct campaign *c, uint32_t id, int slot);
/* A result that the scheduler has not seen yet; false: it was late. */
bool campaign_job_result(struct campaign *c, struct lab_machine *lm, const struct build_result *r);
/* Ends a job without a result. */
void campaign_job_end(struct campaign *c, uint32_t id, enum verdict v, const char *reason);
/* A job that runs for long is built for certain: what is on disk of it is not called built any more. */
void campaign_jobs_age(struct campaign *c);

/* campaign_faults.c: machines that could not build, and their jobs */

/* An infra. True when its job is tried again; else it ends so. */
bool campaign_fault(struct campaign *c, struct lab_machine *lm, const struct build_result *r);
/* The job has its last verdict: what that says of the machine that waits for it. `by` has built it; NULL: nobody. */
void campaign_judge(struct campaign *c, uint32_t id, const struct lab_machine *by, enum verdict v);
/* It has said what no true worker says: no more jobs, in this run and in others. */
void campaign_convict_liar(struct lab_machine *lm, const char *why);
/* Machines that earlier runs have put into quarantine get no jobs. */
void campaign_bar_known(struct campaign *c);

/* campaign_nobody.c: what nobody can build */

/* Whether a machine that is not here is worth waiting for. */
bool nobody_is_late(const struct campaign *c);
/* Stops when nobody is here and none is worth waiting for. */
void nobody_pump(struct campaign *c);
/* Ends the jobs that none of the machines that are here may build. */
void nobody_tick(struct campaign *c);

/* campaign_lab.c: the machines, and who may build what */

void lab_open(struct campaign *c);
/* Writes down whose toolchains counted. */
void lab_record(const struct campaign *c);
void lab_free(struct campaign *c);
/* Pumps them all, tries those again whose time has come, frees what is gone, chooses reference toolchains, and gives up what nobody can build. */
void lab_pump(struct campaign *c);
/* The same for what depends on time alone; now and then. */
void lab_tick(struct campaign *c);
/* Says goodbye to all (or just closes them): none is tried again. */
void lab_quit(struct campaign *c, bool kill);
/* How many are ready for jobs. */
size_t lab_building(const struct campaign *c);
/* None is connected any more. */
bool lab_is_gone(const struct campaign *c);
size_t lab_index(const struct lab_machine *lm);
bool lab_may_build(const struct campaign *c, const struct lab_machine *lm, size_t board);
/* It gets no more jobs in this run; takes `why`. */
void lab_bar(struct lab_machine *lm, char *why);
/* A line for the user and boss.log. */
void lab_tell(struct campaign *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* campaign.c */
void campaign_stop(struct campaign *c, enum campaign_stop why);
/* The disk of the results takes no more: `why` is for the user; NULL: it is full. */
void campaign_stop_for_disk(struct campaign *c, const char *why);
void campaign_wake(void *campaign);
void campaign_said(struct campaign *c, struct lab_machine *lm, const struct response *r);

#endif
