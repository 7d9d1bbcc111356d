/* sched: which job goes to which machine next, and what state every job is in. Pure: no descriptors, no
 * loop; time is an argument. Job state lives here and nowhere else: queued -> sent -> running -> done.
 *
 * One pool serves all machines. Boards stay together so that few are open on a machine at once; within a
 * board the longest job goes first. What a machine loses goes back to the front.
 */
#ifndef BOSS_SCHED_H
#define BOSS_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/job.h"

struct sched;

enum sched_state { SCHED_QUEUED, SCHED_SENT, SCHED_RUNNING, SCHED_DONE };

struct sched_config {
	unsigned
		max_failures; /* this many failed, timeout, blocked: hand out no more; 0 no limit */
	unsigned prefetch; /* jobs a machine holds beyond its slots */
	unsigned max_strikes; /* running on a machine that is lost, so often: infra; 0: 2 */
};

/* A job in the hands of a machine. */
struct sched_pick {
	uint32_t id, attempt;
};

struct sched_counts {
	size_t total, queued, sent, running, done, failed;
};

struct sched *sched_new(const struct sched_config *c);
void sched_free(struct sched *s);

/* Adds a job of board number `board` (small numbers); `expected` seconds, negative when not known. Its id: 0, 1, … */
uint32_t sched_add(struct sched *s, size_t board, double expected);
/* Its index: 0, 1, … It gets nothing before it is ready. */
size_t sched_add_machine(struct sched *s);
void sched_machine_ready(struct sched *s, size_t machine, unsigned slots);
/* It holds nothing any more: its jobs go back to the front. Those that were running on it get a strike; one with too many
 * ends as infra and is told to `ended`. */
void sched_machine_lost(
	struct sched *s, size_t machine, void (*ended)(void *ctx, uint32_t id), void *ctx);

/* Fills `out` with what to send to the machine now, at most `max`; they are sent then. How many. */
size_t sched_take(struct sched *s, size_t machine, struct sched_pick *out, size_t max);
/* False when that attempt is not this machine's any more: the message is dropped. */
bool sched_started(struct sched *s, size_t machine, struct sched_pick p, double now);
/* First result wins; false: late, drop it. `seconds` it took, negative when nothing was built. */
bool sched_result(
	struct sched *s, size_t machine, struct sched_pick p, enum verdict v, double seconds);
/* The machine gave it back unbuilt: it is queued again. False: late. */
bool sched_cancelled(struct sched *s, size_t machine, struct sched_pick p);

/* Nothing is handed out from now on. */
void sched_stop(struct sched *s);
bool sched_stopped(const struct sched *s); /* by that, or by max_failures */
/* True when all is done, or it is stopped and no machine holds a job. */
bool sched_finished(const struct sched *s);

/* What a machine holds in that state (sent or running): fills `out`, at most `max`. How many. */
size_t sched_held(const struct sched *s, size_t machine, enum sched_state state,
	struct sched_pick *out, size_t max);
enum sched_state sched_state_of(const struct sched *s, uint32_t id);
double sched_started_at(const struct sched *s, uint32_t id);
void sched_count(const struct sched *s, struct sched_counts *out);
/* Seconds until the end; negative while nothing is known. */
double sched_eta(const struct sched *s);

#endif
