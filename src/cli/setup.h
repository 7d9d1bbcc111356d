/* setup: what several verbs begin with: this user's Arduino directories, the platforms in them, boards by name, the libraries a
 * board sees, and where boardman keeps its cache.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <stdbool.h>
#include "common/strv.h"
#include "sketch/platform.h"

struct board;
struct error;
struct file_index;
struct libraries;
struct options;
struct toolchains;

struct setup {
	const struct options *options; /* borrowed */
	struct arduino_dirs dirs;
	struct platforms *platforms;
	char *cache_dir;
	struct file_index *files; /* opened when first needed */
	struct toolchains *toolchains;
	struct strv told; /* notes that the user has seen */
};

int setup_open(struct setup *s, const struct options *o, struct error *err);
void setup_release(struct setup *s);
/* Tells the user a line, once; not with --quiet. */
void setup_note(void *setup, const char *line);

/* True for --build-property boardman.compat=arduino-builder. */
bool setup_compat(const struct options *o);
/* The level by its name; -E without one means default. */
const char *setup_warnings(const struct options *o);
/* NULL and err. */
struct board *setup_board(struct setup *s, const char *text, struct error *err);
/* "avr-gcc 7.3.0"; NULL when it cannot be told; new string. */
char *setup_compiler_text(struct setup *s, const struct board *b);
/* False for a vendor:arch:id of a platform that is not installed. */
bool setup_has_platform(struct setup *s, const char *fqbn);
/* Single boards out of -b values: commas and @FILE. */
int setup_board_names(const struct options *o, struct strv *out, struct error *err);
/* The libraries that a sketch sees: `own` are for it alone, NULL none; free with libraries_free. Without a board those of no platform. */
struct libraries *setup_libraries(struct setup *s, const struct board *b, const char *tree_library,
	const struct strv *own, struct error *err);
/* The list with absolute paths. */
void setup_absolute(const struct strv *paths, struct strv *out);

#endif
