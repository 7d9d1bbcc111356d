/* filter: the `// @filter` comments by which FastLED's sketches say for which boards they are meant.
 *
 *   // @filter: (memory is large) and ((platform is teensy) or (platform is esp32*))
 *   // @filter … // require: … //   - board: uno,mega … // exclude: … // @end-filter
 *
 * Read as one logical expression with the usual meaning of and, or, not. What cannot be read, what is ambiguous, and what
 * cannot be known of a board never skips a sketch: it is told.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct filter;

/* The first filter in a sketch's text. *out is NULL when there is none. -1 and err for one that cannot be read. */
int filter_parse(const char *text, size_t len, struct filter **out, struct error *err);
void filter_free(struct filter *f);
/* Its text, on one line. */
const char *filter_text(const struct filter *f);
/* True when there are more than one: the others do not count. */
bool filter_is_first_of_many(const struct filter *f);

/* What is known of a board; NULL or -1 where nothing is. */
struct filter_board {
	const char *vendor, *arch, *id;
	const char *build_board; /* AVR_UNO */
	const char *mcu; /* atmega328p */
	const char *flags; /* text in which -D are looked for */
	long ram; /* bytes */
};

enum filter_answer { FILTER_BUILD, FILTER_SKIP, FILTER_UNKNOWN };

/* FILTER_UNKNOWN: `err` says what of it cannot be answered for that board. */
enum filter_answer filter_ask(
	const struct filter *f, const struct filter_board *b, struct error *err);

/* ---- filter_board.c ---- */

enum filter_key { FILTER_MEMORY, FILTER_PLATFORM, FILTER_TARGET, FILTER_BOARD };
/* 1 yes, 0 no, -1 cannot be known. `value` may hold '*'. `at_least`: a memory tier is a minimum. */
int filter_board_is(
	const struct filter_board *b, enum filter_key key, const char *value, bool at_least);

#endif
