/* evidence: what faults do to jobs and machines, and which verdicts prove a machine wrong. */
#include "boss/evidence.h"

#include "tap.h"

static void fault(enum fault f, unsigned strikes, bool others, enum evidence_job job,
	enum evidence_machine machine, const char *name)
{
	const struct evidence e = evidence_of_fault(f, strikes, others);
	ok(e.job == job && e.machine == machine, "%s: job %d, machine %d", name, e.job, e.machine);
}

int main(void)
{
	fault(FAULT_OTHER, 0, true, JOB_ELSEWHERE, MACHINE_WAITS, "a fault: another machine tries");
	fault(FAULT_OTHER, 0, false, JOB_ENDS, MACHINE_STAYS, "… if there is one");
	fault(FAULT_OTHER, 1, true, JOB_ENDS, MACHINE_STAYS, "two machines agree: it is the job");
	fault(FAULT_OOM, 0, true, JOB_AGAIN, MACHINE_HALVED, "no memory: less at once");
	fault(FAULT_OOM, 0, false, JOB_AGAIN, MACHINE_HALVED, "… also on the only machine");
	fault(FAULT_OOM, 1, true, JOB_ENDS, MACHINE_HALVED, "… and once more: it ends");
	fault(FAULT_NOSPACE, 0, true, JOB_ELSEWHERE, MACHINE_DRAINED, "a full disk: elsewhere");
	fault(FAULT_NOSPACE, 0, false, JOB_ENDS, MACHINE_DRAINED, "… if there is a machine");
	fault(FAULT_NOSPACE, 1, true, JOB_ENDS, MACHINE_DRAINED, "… and once more: it ends");
	ok(evidence_convicts(VERDICT_OK), "another one builds it: the first is proved wrong");
	ok(evidence_convicts(VERDICT_FAILED), "… or its compiler refuses it");
	ok(evidence_convicts(VERDICT_BLOCKED), "… or its stage 1");
	ok(!evidence_convicts(VERDICT_INFRA), "it cannot either: that proves nothing");
	ok(!evidence_convicts(VERDICT_TIMEOUT), "nor does a job that does not end");
	return done_testing();
}
