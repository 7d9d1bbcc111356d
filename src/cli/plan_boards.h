/* plan_boards: the boards of a plan: what the user, or the sketches, ask for; found here, else with the help of other machines. */
#ifndef CLI_PLAN_BOARDS_H
#define CLI_PLAN_BOARDS_H

#include "sketch/board.h"

struct error;
struct lab_boards;
struct options;
struct plan;

struct plan_board {
	char *fqbn; /* canonical */
	char *vendor, *arch, *id; /* its parts */
	struct board_facts facts;
	struct board *here; /* NULL: only other machines can build it */
};

/* Takes the board. */
struct plan_board *plan_board_here(struct board *b);
/* One that is not here. Takes what `facts` holds. */
struct plan_board *plan_board_far(const char *fqbn, const struct board_facts *facts);
void plan_board_free(struct plan_board *b);

/* Where boards are looked for that this machine cannot build. */
struct plan_asker {
	/* What other machines say of them; free it with lab_boards_free. NULL and err: nobody can be asked. */
	struct lab_boards *(*ask)(void *ctx, const struct strv *boards, struct error *err);
	void *ctx;
};

/* Fills the plan's boards, fqbns and platforms. `asker` may be NULL. -1 and err: a usage error. */
int plan_find_boards(
	struct plan *p, const struct options *o, const struct plan_asker *asker, struct error *err);

#endif
