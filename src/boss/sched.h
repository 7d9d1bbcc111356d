/* sched: which job goes to which machine next, and what state every job is in. Pure: no descriptors, no
 * loop; time is an argument. Job state lives here and nowhere else: queued -> sent -> running -> done.
 *
 * One pool serves all machines, and each is asked in turn what it gets. It is list scheduling, the longest first
 * (Graham 1969), on machines whose speeds are learnt (earliest completion, Ibarra and Kim 1977), with backup tasks
 * at the end (Dean and Ghemawat 2004). Boards stay together, for opening one on a machine costs its stage 1.
 * All durations that are expected are reference seconds: what a machine of speed 1 takes.
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
	unsigned
		prefetch; /* jobs a machine holds beyond its slots, or more if its jobs are short */
	unsigned max_strikes; /* running on a machine that is lost, so often: infra; 0: 2 */
	double round_trip; /* seconds from a result to the start of what it made room for; 0: 0.1 */
};

/* A job in the hands of a machine. */
struct sched_pick {
	uint32_t id, attempt;
};

/* What is to be cancelled where. */
struct sched_cancel {
	size_t machine;
	struct sched_pick pick;
	enum cancel_mode mode;
};

struct sched_counts {
	size_t total, queued, sent, running, done, failed;
};

#define SCHED_EVERY_BOARD SIZE_MAX

/* Tells of a job that ends here, as infra. */
typedef void sched_ended(void *ctx, uint32_t id);

struct sched *sched_new(const struct sched_config *c);
void sched_free(struct sched *s);

/* Adds a job of board number `board` (small numbers); `expected` reference seconds, negative when not known. Its id:
 * 0, 1, … Not after the first sched_take. */
uint32_t sched_add(struct sched *s, size_t board, double expected);
/* Reference seconds of the board's stage 1, where they are known before a machine told. */
void sched_board_cost(struct sched *s, size_t board, double seconds);

/* Its index: 0, 1, … It gets nothing before it is ready, and may build every board until it is told otherwise. */
size_t sched_add_machine(struct sched *s);
void sched_machine_ready(struct sched *s, size_t machine, unsigned slots);
/* At any time; SCHED_EVERY_BOARD for all. What was sent there but may not be built comes back by sched_reclaim. */
void sched_machine_board(struct sched *s, size_t machine, size_t board, bool allowed);
/* It holds nothing any more: its jobs go back to the front, those that were running on it with a strike. One with too many
 * that runs nowhere else ends. It may become ready again. */
void sched_machine_lost(struct sched *s, size_t machine, sched_ended *ended, void *ctx);
/* Fills `boards` with those that have queued jobs and that no machine may build, ready or not; at most `max`. How many. */
size_t sched_unbuildable(const struct sched *s, size_t *boards, size_t max);
/* Ends what is queued of the board. */
void sched_end_board(struct sched *s, size_t board, sched_ended *ended, void *ctx);

/* Fills `out` with what to send to the machine now, at most `max`; they are sent then. How many. To be asked whenever
 * something was said or lost, and now and then, as time tells too. A job may be sent while another machine has it. */
size_t sched_take(struct sched *s, size_t machine, double now, struct sched_pick *out, size_t max);
/* Fills `out` with what machines are to be told to give back: unstarted jobs that another one got, attempts
 * that another one won. Each is given once; to be asked after every round of takes. How many. */
size_t sched_reclaim(struct sched *s, struct sched_cancel *out, size_t max);
/* False when that attempt is not this machine's any more: the message is dropped. */
bool sched_started(struct sched *s, size_t machine, struct sched_pick p, double now);
/* First result wins; false: late, drop it. `seconds` it took to build, waiting for its stage 1 not counted; negative when
 * nothing was built. */
bool sched_result(
	struct sched *s, size_t machine, struct sched_pick p, enum verdict v, double seconds);
/* The machine gave it back unbuilt: unless another has it, it is queued again. False: late. */
bool sched_cancelled(struct sched *s, size_t machine, struct sched_pick p);
/* The machine could not build it: a strike, and unless another has it already it is tried again, before anything else: by another machine or,
 * `here`, by this one if no other that may build it has room. False: late. */
bool sched_retry(struct sched *s, size_t machine, struct sched_pick p, bool here);
/* Whether an attempt is still wanted, how often the job was running on a machine that could not build it, and whether another one that is ready may. */
bool sched_wants(const struct sched *s, size_t machine, struct sched_pick p);
unsigned sched_strikes(const struct sched *s, uint32_t id);
bool sched_others(const struct sched *s, size_t machine, uint32_t id);
/* Ends what is to be tried again, but may be by no machine that is ready. */
void sched_end_stranded(struct sched *s, sched_ended *ended, void *ctx);
/* A machine on hold gets nothing but what others could not build; what it has not started comes back by sched_reclaim. */
void sched_hold(struct sched *s, size_t machine, bool hold);
/* The machine made a unit of the board's stage 1 in `seconds`. */
void sched_unit(struct sched *s, size_t machine, size_t board, double seconds);

/* Nothing is handed out from now on. */
void sched_stop(struct sched *s);
bool sched_stopped(const struct sched *s); /* by that, or by max_failures */
/* True when all is done, or it is stopped and no machine holds a job. */
bool sched_finished(const struct sched *s);

/* What a machine holds in that state (sent or running), without what it is to give back: fills `out`, at most `max`. How
 * many. */
size_t sched_held(const struct sched *s, size_t machine, enum sched_state state,
	struct sched_pick *out, size_t max);
enum sched_state sched_state_of(const struct sched *s, uint32_t id);
/* When the machine started it; negative when it has not, or does not hold it. */
double sched_started_at(const struct sched *s, size_t machine, struct sched_pick p);
void sched_count(const struct sched *s, struct sched_counts *out);
/* How many times as fast as the reference; 1 while nothing is known. */
double sched_machine_speed(const struct sched *s, size_t machine);
/* Seconds until the end; negative while nothing is known. */
double sched_eta(const struct sched *s, double now);

#endif
