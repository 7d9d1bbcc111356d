/* survey: asks machines how they are and with what they would build some boards; builds nothing. */
#ifndef BOSS_SURVEY_H
#define BOSS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
#include "wire/job.h"

struct campaign_limits;
struct campaign_machine;
struct settings;
struct strv;

/* What is known of one machine. */
struct survey_row {
	const char *name; /* borrowed from the machine */
	char *version,
		*arch; /* of boardman there, and of the machine; "" when it was not reached */
	struct probe facts; /* zero when it was not reached */
	struct probe boards; /* only n_boards and boards count */
	char *trouble; /* why it would not be used, with the cure; NULL: it would */
	bool done; /* the program that was started there has ended with status 0 */
};

/* Fills one row per machine, in their order; runs the loop until all have answered or failed, with `until_known` no longer than a grace after each
 * board is known to a machine that can build it. Release with survey_release. */
struct survey_row *survey_run(uv_loop_t *loop, const struct campaign_machine *machines, size_t n,
	const struct settings *settings, const struct strv *boards,
	const struct campaign_limits *limits, bool until_known);
void survey_release(struct survey_row *rows, size_t n);

#endif
