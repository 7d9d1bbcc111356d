/* context: one board as one engine builds for it: properties, recipes, libraries, toolchain digests.
 * Made per (board, tree library, own libraries), shared by all jobs of it; holds the units too.
 */
#ifndef SKETCH_CONTEXT_H
#define SKETCH_CONTEXT_H

#include <stdbool.h>
#include "common/digest.h"
#include "common/error.h"
#include "common/strv.h"
#include "sketch/discover.h"
#include "sketch/engine.h"
#include "sketch/toolchain.h"
#include "sketch/unit_kind.h"

struct board;
struct buf;
struct defer;
struct file_index;
struct libraries;
struct platforms;
struct props;
struct size_rules;
struct store;
struct unit;

/* Threads that wait for a unit's lock use the store. */
struct locks {
	unsigned pending;
	struct store *orphan; /* the engine is gone: the last one frees it */
};

/* What all contexts of an engine share. */
struct shared {
	struct engine_config config; /* deep copy */
	struct platforms *platforms;
	struct file_index *files;
	struct toolchains *toolchains;
	struct store *store;
	struct include_scanner *scanner;
	struct tasks *tasks;
	struct defer *defer;
	struct locks *locks; /* outlives the engine while one is waited for */
	uv_loop_t *loop;
	char *scratch; /* <cache>/tmp/run-<pid>: units are built below it; see shared_scratch */
	bool own_cache; /* the cache is a directory of this run alone, and goes with it */
	unsigned next_unit; /* names directories in scratch */
	uint64_t opened; /* uv_hrtime of engine_open */
	bool compat; /* boardman.compat=arduino-builder */
	struct engine_events events;
	struct strv notes; /* each once */
	size_t n_told; /* of them */
	struct unit_kinds kinds;
};

/* A source's language, by its recipe. */
enum language { LANG_C, LANG_CXX, LANG_ASM, LANG_COUNT };

struct context {
	struct shared *shared;
	char *board_text, *tree_library;
	struct strv library_dirs; /* that only some sketches have */
	struct error error; /* text set: the board cannot be built here */
	bool is_users_fault; /* that is for what the user gave, not for the machine */
	struct board *board;
	struct libraries *libraries;
	struct discover_context discover;
	char *recipe[LANG_COUNT]; /* compile recipes, expanded but for per-sketch keys */
	char *preproc; /* recipe.preproc.macros or what stands for it */
	struct strv sample; /* one C++ compile command, for discovery */
	struct digest role[LANG_COUNT];
	const struct strv *system_dirs[LANG_COUNT];
	struct digest link_role;
	struct digest ctags; /* all 0 while there is none */
	struct digest rules; /* of what decides results beside sources and libraries */
	struct digest
		settings; /* of all that decides results beside sources: see context_settings */
	struct size_rules *size;
	bool form_is_safe; /* comments cannot change what this compiler says */
	struct unit *units; /* see units.h */
	unsigned users; /* runs */
	struct context *prev, *next; /* the latest asked for first */
};

/* Finds or makes; never NULL: look at `error`. `library_dirs` are beside the config's; NULL none. It lives while `users` counts it or
 * a unit of it is made, and the latest of the others do too. */
struct context *context_get(struct context **list, struct shared *s, const char *board,
	const char *tree_library, const struct strv *library_dirs);
void context_list_free(struct context *list);

/* Tells the user a line, once per engine: from the loop, or at once where there is none. */
void shared_note(struct shared *s, const char *line);

/* The engine's scratch directory, made when first asked for; NULL and err when it cannot be. Borrowed. */
const char *shared_scratch(struct shared *s, struct error *err);

enum language language_of(const char *path);
enum tool_role language_role(enum language l);

/* The per-sketch properties: build.path, build.project_name, build.source.path. */
struct props *context_overlay(const char *build_dir, const char *project, const char *sketch_dir);

/* One compile's command: -MMD becomes -MD, the dependency file goes to `depfile`. `dirs` are the -I directories. */
int context_compile_argv(const struct context *c, struct props *overlay, enum language l,
	const struct strv *dirs, const char *source, const char *object, const char *depfile,
	struct strv *argv, struct error *err);
/* The preprocessor's: output to `out`, dependencies to `depfile` (NULL none). */
int context_preproc_argv(const struct context *c, struct props *overlay, const struct strv *dirs,
	const char *source, const char *out, const char *depfile, struct strv *argv,
	struct error *err);
/* Any other recipe by its key, e.g. "recipe.c.combine.pattern". */
int context_recipe_argv(const struct context *c, const struct props *overlay, const char *key,
	struct strv *argv, struct error *err);
/* Adds the program that makes prototypes: arduino-cli's own or one that the platform brings, else Debian's. -1 and err when
 * there is none. */
int context_ctags(const struct context *c, struct strv *argv, struct error *err);
/* Keys "PREFIX.*SUFFIX" that have a value, sorted, or PREFIX+SUFFIX itself when there are none. */
void context_recipes(
	const struct context *c, const char *prefix, const char *suffix, struct strv *keys);

/* '"-Ia" "-Ib"' */
void includes_text(const struct strv *dirs, struct buf *out);
/* One line a person can paste into a shell. */
void command_text(const struct strv *argv, struct buf *out);

#endif
