/* rundoc: what OUT says of the run as a whole: run.json, phases.tsv, boss.log, worker-MACHINE.log. Reports of another day read run.json: it names every
 * job of the run, also those that have no directory.
 */
#ifndef BOSS_RUNDOC_H
#define BOSS_RUNDOC_H

#include <stdbool.h>
#include <stddef.h>
#include "wire/job.h"

struct error;
struct run_row;
struct run_totals;
struct strv;
struct rundoc;

struct rundoc_head {
	const char *version; /* boardman's */
	int engine;
	const struct strv *boards, *platforms; /* platforms: lines for people */
};

/* Starts boss.log; phases.tsv and the workers' logs of the run before go. Failing to write is told in `err`, and not fatal to a run: the rundoc is there
 * and usable. */
struct rundoc *rundoc_open(const char *out, const struct rundoc_head *head, struct error *err);
/* To be called before this run makes or removes a result: run.json gets the state "running". Until then the run before is the last
 * that counts. */
void rundoc_begin(struct rundoc *d);
/* A line of boss.log, stamped with the seconds since rundoc_open. */
void rundoc_log(struct rundoc *d, const char *line);
/* A line of worker-MACHINE.log: what a machine said beside the protocol. What is beyond 16 MiB is dropped. */
void rundoc_noise(struct rundoc *d, const char *machine, const char *line);
/* For run.json: whose toolchain counted for a board, and the machines that had it. */
void rundoc_toolchain(struct rundoc *d, const char *board, const char *toolchain,
	const char *digest, const struct strv *machines);
/* Gives the logs to the system, now and then. */
void rundoc_flush(struct rundoc *d);
/* A row of phases.tsv. */
void rundoc_unit(struct rundoc *d, const char *machine, const struct unit_report *u);
void rundoc_sketch(struct rundoc *d, const struct run_row *r, double start);
/* Wall seconds in which some unit was being built. */
double rundoc_stage1(const struct rundoc *d);
/* Seconds since rundoc_open. */
double rundoc_clock(const struct rundoc *d);
/* Writes phases.tsv and the whole run.json. */
int rundoc_end(struct rundoc *d, const struct run_row *rows, size_t n, const struct run_totals *t,
	bool interrupted, struct error *err);
void rundoc_free(struct rundoc *d);

#endif
