/* board: an FQBN resolved to the properties a build needs. No board is built in. */
#ifndef SKETCH_BOARD_H
#define SKETCH_BOARD_H

#include <stdbool.h>
#include "common/strv.h"

struct error;
struct platform;
struct platforms;
struct props;

struct board {
	char *fqbn; /* canonical: vendor:arch:id[:opt=val,…] as asked for (options sorted as given) */
	char *id, *name; /* uno, "Arduino UNO" */
	struct platform *platform; /* borrowed */
	struct platform *core_platform; /* borrowed; another one for build.core=vendor:core */
	struct props *
		props; /* all merged, in the specification's order, user's properties last; unexpanded */
	char *core_dir; /* absolute */
	char *variant_dir; /* absolute; NULL when the board has none */
	char *compiler; /* of C++: a path, or a name for PATH */
	struct strv notes; /* lines for the user: fixes applied, a tool replaced by the system's */
};

/* What the user's settings add to every board. */
struct board_options {
	const struct strv *build_properties; /* K=V, --build-property */
	const char *warnings; /* none, default, more, all */
	bool no_lto; /* take -flto* out of the flags */
	bool builder_compat; /* boardman.compat=arduino-builder: no menu defaults, --relax for atmega2560 */
};

/* Resolves "vendor:arch:id[:opt=val,…]", or a bare id (and id:opt=val) that exactly one platform has. Unknown
 * boards, options and values are errors that give the nearest names and the cure. Missing compiler likewise
 * ("platform without its compiler"): the compiler of recipe.cpp.o.pattern must exist and be executable; and a recipe that is
 * missing or no command.
 * `compiler_version` (may be NULL) tells a compiler's version for data/platform-fixes.ini, e.g. "5.4.0"; its
 * result is borrowed. The board is freed by board_free. */
struct board *board_resolve(struct platforms *ps, const char *text, const struct board_options *opt,
	const char *(*compiler_version)(void *ctx, const char *compiler), void *ctx,
	struct error *err);
void board_free(struct board *b);

/* "avr-gcc 7.3.0": its compiler, with the version of the tool's package, else the one that `version` knows of it (asked only
 * then). NULL when nobody knows. New string. */
char *board_compiler_text(const struct board *b, const struct platforms *ps,
	const char *(*version)(void *ctx, const char *compiler), void *ctx);

/* What is asked of a board beside building for it; NULL: unknown. */
struct board_facts {
	char *platform_version; /* "": it has none */
	char *build_board, *mcu; /* AVR_UNO, atmega328p */
	char *defines; /* the -D words of its C++ recipe */
	long ram; /* bytes; -1 unknown */
};

/* Fills `f`; release it with board_facts_release. */
void board_get_facts(const struct board *b, struct board_facts *f);
void board_facts_release(struct board_facts *f);

/* Whether `text` has the form of a board's name, be there such a board or not. */
bool board_is_name(const char *text);
/* Whether a canonical FQBN is one that `text` asks for. */
bool board_is_meant(const char *text, const char *fqbn);
/* The canonical FQBN of a board that an installed platform has, even one that cannot be built for here. New string; NULL and err. */
char *board_canonical(struct platforms *ps, const char *text, struct error *err);

/* Expands "{key}" texts with the board's properties; `over` as in props_expand. New string. */
char *board_expand(const struct board *b, const struct props *over, const char *text);
/* Arguments of the expanded recipe `key`; the error names recipe, file and cure. */
int board_recipe_split(const struct board *b, const char *key, const char *text, struct strv *argv,
	struct error *err);
/* The error for a recipe that is wanted and not there: -1. */
int board_recipe_missing(const struct board *b, const char *key, struct error *err);
/* The numeric property, or dflt. */
long board_number(const struct board *b, const char *key, long dflt);

/* Splits a -b value or @FILE into single boards: after a comma a piece KEY=VALUE without a colon continues the
 * options of the board before. @FILE holds a board a line with # comments. Pushes texts to `out`. */
int board_list_parse(const char *value, struct strv *out, struct error *err);

/* The values a user can ask for, for `boardman boards`: "cpu=atmega2560,atmega1280" per menu. */
void board_menus(const struct platform *p, const char *id, struct strv *out);

#endif
