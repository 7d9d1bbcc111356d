/* lab_boards: what the machines of a lab know of boards that this one cannot build: who has them, and what their rules are asked. */
#ifndef CLI_LAB_BOARDS_H
#define CLI_LAB_BOARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct error;
struct lab;
struct lab_boards;
struct plan_board;
struct settings;
struct strv;
struct survey_row;

/* Asks all machines of the lab; runs the loop until each has answered or failed, or those that have know enough. */
struct lab_boards *lab_boards_ask(uv_loop_t *loop, const struct lab *l,
	const struct settings *settings, const struct strv *boards);
/* Of answers that are there already. Takes the rows, each of a machine's. */
struct lab_boards *lab_boards_new(struct survey_row *rows, size_t n);
/* NULL is fine. */
void lab_boards_free(struct lab_boards *l);

/* Whether another machine than this one has answered at all. */
bool lab_boards_answered(const struct lab_boards *l);
/* The board that `text` means on the machines, with the facts of one that can build it, if one can. NULL and err, which begins with "unknown board" when it is: nobody
 * has it, or they have several of that id. `why` is what this machine has against it. */
struct plan_board *lab_boards_find(
	const struct lab_boards *l, const char *text, const char *why, struct error *err);
/* Pushes a line for the user per version of the board's platform: "arduino:avr 1.8.6 on ohau, moa (avr-gcc 7.3.0)". Each line once. */
void lab_boards_describe(
	const struct lab_boards *l, const struct plan_board *b, struct strv *lines);

#endif
