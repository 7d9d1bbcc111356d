/* board_internal: what the files behind board.h share. */
#ifndef SKETCH_BOARD_INTERNAL_H
#define SKETCH_BOARD_INTERNAL_H

#include <stdbool.h>
#include "common/strv.h"
#include "sketch/board.h"

struct error;
struct platform;
struct platforms;
struct props;

/* A board's name as the user wrote it, in parts. */
struct fqbn {
	char *vendor, *arch; /* NULL for a bare id */
	char *id;
	struct strv options, values; /* in step */
};

int fqbn_parse(struct fqbn *f, const char *text, struct error *err);
void fqbn_release(struct fqbn *f);
/* vendor:arch:id[:opt=val,…]; new string. */
char *fqbn_text(const struct fqbn *f);

/* The platform that has the board; fills in vendor and arch of a bare id. NULL and err naming
 * the nearest boards. */
struct platform *board_locate(struct platforms *ps, struct fqbn *f, struct error *err);

/* A menu's values that have a label, in order. `board` is the board's own properties. */
void menu_values(const struct props *board, const char *menu, struct strv *out);
/* Merges what the chosen options (with `defaults` each menu's first value too) say into `board`.
 * Errors name the valid ones. */
int menu_apply(struct props *board, const struct fqbn *f, bool defaults, struct error *err);

/* All properties but the user's, by arduino-cli's order. Fills b->core_platform, core_dir,
 * variant_dir and props. */
int board_merge(struct board *b, struct platforms *ps, const struct fqbn *f, bool menu_defaults,
	struct error *err);

/* The compiler of recipe.cpp.o.pattern: new string. Takes the system's where the platform's tool
 * is not installed, with a note. NULL and err with the cure when there is none. */
char *board_compiler(struct board *b, struct error *err);

/* That what every build needs is there, and that all that a build may run is a command. */
int board_check_recipes(const struct board *b, struct error *err);

/* Last touches on merged properties. */
void props_drop_lto(struct props *p);
void props_set_time(struct board *b);

#endif
