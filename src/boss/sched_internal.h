/* sched_internal: the tables that the scheduler's files share. For no other file.
 *
 * sched.c holds the states and what machines say, sched_queue.c the order of what is queued, sched_learn.c speeds and
 * costs, sched_pick.c the choice, sched_plan.c the choice when jobs are scarce, sched_retry.c what a machine could not build.
 */
#ifndef BOSS_SCHED_INTERNAL_H
#define BOSS_SCHED_INTERNAL_H

#include "boss/sched.h"

#define NO_JOB UINT32_MAX
#define NOWHERE SIZE_MAX
#define MAX_TRIES 2 /* of one job at a time */

/* An attempt in the hands of a machine, from its sending until the machine has answered. */
struct attempt {
	struct attempt *next; /* of the same job */
	uint32_t job, attempt;
	size_t machine;
	enum sched_state state; /* SENT or RUNNING */
	bool doomed; /* its result is not wanted */
	bool asked; /* it is in `cancels`, or was */
	double since; /* sent, then started */
	double work; /* reference seconds that were expected */
	double ends; /* not begun yet: when it will have ended, by sched_plan */
};

struct entry {
	size_t board;
	double expected; /* reference seconds; negative: not known */
	enum sched_state state;
	uint32_t attempt; /* the last one */
	uint32_t place; /* in its lane */
	unsigned strikes;
	struct retry {
		size_t not_on; /* the machine that could not build it */
		bool here; /* but for want of room elsewhere */
		bool wanted; /* it is one */
	} retry;
	struct attempt *tries; /* the last one first */
};

/* Jobs of one board in their order, the next one last; which of them are queued is a matter of bits. */
struct lane {
	uint32_t *v; /* ids */
	size_t n, cap;
	struct marks {
		uint64_t *bits;
		size_t n; /* bits set */
		size_t top; /* no word from here on has one */
	} front, rest; /* what came back; the others */
};

struct board {
	struct lane timed, untimed; /* by what is known of them: longest first; as added */
	double timed_left; /* reference seconds queued in `timed` */
	double mean; /* of an untimed job */
	double cost; /* of its stage 1: given, or a guess */
	unsigned opened; /* machines that told theirs */
	bool cost_given;

	/* by sched_refresh */
	double rate; /* of the machines that have it open */
	double ready; /* when the first of them is through stage 1 */
};

/* A board on a machine. */
struct cell {
	bool forbidden;
	bool open, begun, told, through; /* sent; a job started; units were told; stage 1 is done */
	double since; /* open or begun */
	size_t n; /* untimed jobs done */
	double seconds, units; /* they took; stage 1 took */
	double ready; /* when stage 1 is through, by sched_plan; negative: nobody begins it */
};

struct pool_machine {
	unsigned slots; /* 0: not ready */
	bool on_hold; /* sched_hold */
	bool had_batch, forbids; /* forbids: boards nobody told of */
	struct attempt **held; /* in the order in which they were sent */
	size_t n_held, cap_held;
	double held_work;
	struct cell *cells;
	size_t n_cells;

	size_t results;
	double timed_expected, timed_seconds; /* sums over timed jobs */
	double expected, seconds; /* of its results, by sched_refresh */
	double speed; /* by sched_watch */
	/* by sched_plan */
	double *free; /* a heap: when each slot is free */
	size_t first, last; /* of what it is to begin, in `plan`; NOWHERE */
};

struct sched {
	struct sched_config config;
	struct entry *jobs;
	size_t n, cap;
	struct board *boards;
	size_t n_boards;
	struct pool_machine *machines;
	size_t n_machines, cap_machines;
	struct sched_cancel *cancels;
	size_t n_cancels, cap_cancels;
	uint32_t *retries; /* queued, but in no lane */
	size_t n_retries, cap_retries;
	bool sorted, stopped;
	size_t count[SCHED_DONE + 1];
	size_t failed;

	struct plan {
		struct planned {
			uint32_t id, attempt; /* void when the job has had another attempt since */
			double start;
			size_t next; /* of the same machine; NOWHERE */
		} * v;
		struct todo {
			uint32_t id;
			double rank; /* the greatest first */
		} * todo;
		size_t n;
		double until; /* it is made anew then */
	} plan;
	double watched; /* when */

	/* what was learnt */
	bool anchored; /* jobs were timed in earlier runs */
	size_t results, blind; /* blind: those of untimed jobs */
	size_t fresh_until; /* so many results */
	size_t ready, slots; /* machines; theirs */
	double mean_guess; /* of a job nobody knows anything of */
	double rate; /* slots times speed, of all */
	double held_work; /* that is left of what machines hold, by sched_watch */
};

/* ---- sched.c ---- */
/* Hands the job to the machine; it is out of the queue. */
struct sched_pick sched_give(struct sched *s, size_t machine, uint32_t id, double now);
struct attempt *sched_find(const struct sched *s, size_t machine, struct sched_pick p);
struct cell *sched_cell(struct sched *s, struct pool_machine *m, size_t board);
/* To be told by sched_reclaim. */
void sched_ask_back(struct sched *s, struct attempt *t, enum cancel_mode mode);
/* The machine has it no more. */
void sched_drop_try(struct sched *s, struct attempt *t);
/* Nobody has the job any more, or another one goes on with it. */
void sched_give_up(struct sched *s, struct entry *j);
/* The job is done: all that have it are to stop. */
void sched_finish(struct sched *s, struct entry *j);
bool sched_may_build(const struct pool_machine *m, size_t board);

/* ---- sched_queue.c ---- */
void sched_queue_build(struct sched *s);
void sched_queue_release(struct board *b);
void sched_queue_put(struct sched *s, uint32_t id, bool front);
void sched_queue_remove(struct sched *s, uint32_t id);
/* The next one of at most `limit` reference seconds, what came back first; NO_JOB. It stays. */
uint32_t sched_queue_peek(const struct sched *s, const struct board *b, double limit);
uint32_t sched_queue_shortest(const struct sched *s, const struct board *b);
size_t sched_queue_count(const struct board *b);
bool sched_queue_came_back(const struct board *b); /* some of them did */
double sched_queue_work(const struct board *b); /* reference seconds */
double sched_queue_all_work(const struct sched *s);
double sched_work_of(const struct sched *s, uint32_t id);

/* ---- sched_learn.c ---- */
void sched_learn(struct sched *s, struct pool_machine *m, const struct entry *j, double seconds);
/* Brings all that is derived up to date: speeds, means, rates. Cheap when nothing was learnt. */
void sched_refresh(struct sched *s);
void sched_stale(struct sched *s);
/* A machine of which nothing came yet is no faster than what it has been building for so long. */
void sched_watch(struct sched *s, double now);
/* The machine has it open from now on. */
void sched_count_open(struct sched *s, const struct pool_machine *m, size_t board);
/* Its speed, with doubt while it has shown nothing. */
double sched_pace(const struct pool_machine *m);
/* Seconds from now until stage 1 of an open board is through there. */
double sched_lead(const struct sched *s, const struct pool_machine *m, size_t board, double now);
/* Seconds until a running attempt is at its end, if the job takes `doubt` times as long as expected. */
double sched_left(const struct sched *s, const struct attempt *t, double now, double doubt);

/* ---- sched_pick.c ---- */
/* Jobs that the machine may hold beyond its slots. */
unsigned sched_prefetch(const struct sched *s, const struct pool_machine *m);

/* ---- sched_retry.c ---- */
void sched_retry_put(struct sched *s, uint32_t id);
/* The next one that the machine may try, taken out; NO_JOB. */
uint32_t sched_retry_take(struct sched *s, size_t machine);
/* Ends those of the board. */
void sched_retry_end_board(struct sched *s, size_t board, sched_ended *ended, void *ctx);

/* ---- sched_plan.c ---- */
/* The next job that the machine is to begin by the plan: a queued one, or one that others hold and it will end earlier. NO_JOB. */
uint32_t sched_planned(struct sched *s, size_t machine, double now);
/* Other machines, or other boards: what was planned is void. */
void sched_replan(struct sched *s);
/* For another attempt of a held job: what nobody has begun is taken back, and of several attempts the worst. */
void sched_relieve(struct sched *s, uint32_t id, double now);

#endif
