/* evidence: what the end of a try says of its job and of the machines that had it. One machine alone proves nothing: it cannot tell its own fault
 * from a job that no machine can build. So the job is tried on another. If that one cannot build it either, the job is at fault;
 * if it can, or its compiler says what is wrong with the source, the first machine is. Pure.
 */
#ifndef BOSS_EVIDENCE_H
#define BOSS_EVIDENCE_H

#include "wire/job.h"

#define EVIDENCE_STRIKES 2 /* machines that could not build a job: then it is the job */

enum evidence_job {
	JOB_ENDS,
	JOB_ELSEWHERE, /* is tried again by another machine */
	JOB_AGAIN, /* … or by the same one, if no other has room */
};

enum evidence_machine {
	MACHINE_STAYS,
	MACHINE_WAITS, /* gets no more jobs until another machine has tried this one */
	MACHINE_HALVED, /* gets half as many at once */
	MACHINE_DRAINED, /* gets none any more in this run */
};

struct evidence {
	enum evidence_job job;
	enum evidence_machine machine;
};

/* Of an infra: `strikes` that the job had before, and whether another machine may build it. */
struct evidence evidence_of_fault(enum fault fault, unsigned strikes, bool others);

/* Whether a job's last verdict proves the machine wrong that could not build it before. */
bool evidence_convicts(enum verdict v);

#endif
