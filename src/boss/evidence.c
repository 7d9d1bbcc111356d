/* evidence: see evidence.h. A full disk and a lack of memory are what they are: nobody needs a second opinion on them, and neither is a reason to
 * do without the machine tomorrow.
 */
#include "boss/evidence.h"

static const struct evidence table[] = {
	[FAULT_OTHER] = {JOB_ELSEWHERE, MACHINE_WAITS},
	[FAULT_OOM] = {JOB_AGAIN, MACHINE_HALVED},
	[FAULT_NOSPACE] = {JOB_ELSEWHERE, MACHINE_DRAINED},
};

struct evidence evidence_of_fault(enum fault fault, unsigned strikes, bool others)
{
	struct evidence e = table[fault];
	if (strikes + 1 >= EVIDENCE_STRIKES || (e.job == JOB_ELSEWHERE && !others))
		e.job = JOB_ENDS;
	if (e.job == JOB_ENDS && e.machine == MACHINE_WAITS)
		e.machine = MACHINE_STAYS;
	return e;
}

bool evidence_convicts(enum verdict v)
{
	return v == VERDICT_OK || v == VERDICT_FAILED || v == VERDICT_BLOCKED;
}
