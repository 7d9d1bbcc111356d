/* engine: the whole two-stage builder. Jobs go in; events come out. It knows no wire, no JSON, no git, no boss.
 *
 * Stage 1 builds units (core.a, each library's objects) once per key, on demand; stage 2 compiles a sketch, waits for the units its link needs,
 * links and makes the firmware. One pool of CPU tokens feeds every process.
 */
#ifndef SKETCH_ENGINE_H
#define SKETCH_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
#include "common/buf.h"
#include "common/strv.h"
#include "sketch/board.h"
#include "sketch/fault.h"
#include "sketch/platform.h"

struct error;
struct engine;
struct platforms;

/* Raised only when bytes or a verdict could change for the same inputs. */
#define ENGINE_VERSION 3

enum build_verdict {
	BUILD_OK,
	BUILD_FAILED,
	BUILD_TIMEOUT,
	BUILD_BLOCKED,
	BUILD_INFRA,
	BUILD_CANCELLED,
	BUILD_UNCHANGED
};

struct engine_limits {
	int tokens; /* processes at once */
	int framework_jobs; /* of them in stage 1 */
	int sketch_jobs; /* sketches at once */
};

/* The machine's CPU slots, shared with the engines of other processes. All NULL: not shared. None of them waits or fails; `put`, `wanted`
 * and `wait` are called only after a `take`, which comes with the first process. */
struct engine_slots {
	int (*take)(void *ctx); /* a free one's number; -1 none */
	void (*put)(void *ctx, int slot);
	bool (*wanted)(void *ctx); /* whether others wait for one */
	void (*wait)(void *ctx, bool waits); /* tells others that we do, or no more */
	void *ctx; /* must outlive the engine */
};

struct engine_config {
	struct arduino_dirs dirs;
	struct platforms *platforms; /* found in `dirs` already, borrowed; NULL: the engine looks */
	struct strv library_dirs, libraries_dirs; /* --library, --libraries */
	struct strv build_properties;
	const char *cache_dir;
	const char *warnings; /* none, default, more, all */
	bool warnings_are_errors, no_lto, reproducible, check_only, config_only;
	bool clean, rebuild_units, fallback_mrproper;
	bool keep, no_firmware, verbose;
	double timeout; /* seconds per sketch; 0 none */
	struct engine_limits limits;
	struct engine_slots slots;
};

/* All borrowed for the call. */
struct engine_job {
	uint64_t id;
	const char *board;
	const char *sketch;
	const char *tree_library; /* NULL none */
	const char *build_dir; /* made, used as build.path, removed at the end */
	const char *known_key, *known_deps; /* a result that the caller holds; NULL none */
	const struct strv *library_dirs; /* for it alone, beside the config's; NULL none */
};

struct engine_artifact {
	char *name, *path;
};

/* What a finished job gives; borrowed for the callback. */
struct engine_result {
	uint64_t id;
	bool started; /* its `started` came */
	enum build_verdict verdict;
	int return_code;
	enum fault_kind fault; /* of BUILD_INFRA */
	char *reason;
	struct buf log, err, cmd, deps, syms;
	char *key; /* hex; NULL when it must not be reused */
	int warnings;
	int64_t flash, flash_max, ram, ram_max; /* bytes; -1 unknown */
	double total, compile, link, wait, cpu; /* seconds */
	struct strv units, libraries;
	struct engine_artifact *artifacts;
	size_t n_artifacts;
};

struct engine_unit {
	const char *board, *name;
	bool is_core, failed, reused;
	double start, seconds; /* start: since engine_open */
};

/* They come from the loop; any of them may close the engine. */
struct engine_events {
	void (*started)(void *ctx, uint64_t id, int slot);
	void (*unit_done)(void *ctx, const struct engine_unit *u);
	void (*note)(void *ctx, const char *line); /* once per line and run */
	void (*finished)(void *ctx, const struct engine_result *r);
	void *ctx;
};

/* Copies what it needs of the config. */
struct engine *engine_open(uv_loop_t *loop, const struct engine_config *c,
	const struct engine_events *ev, struct error *err);
/* Looks for platforms once more: others may be shown at their paths by now. Not while there are jobs. -1 and err as platforms_open; the
 * engine goes on with what it knew. */
int engine_rescan(struct engine *e, struct error *err);
/* Takes a job. Its `finished` comes later, from the loop, never from within this call. Jobs over sketch_jobs wait in order. After
 * engine_close nothing is taken. */
void engine_submit(struct engine *e, const struct engine_job *j);
/* Unstarted jobs end with BUILD_CANCELLED; with `kill` running ones too. An unknown id is nothing. */
void engine_cancel(struct engine *e, uint64_t id, bool kill);
void engine_set_limits(struct engine *e, const struct engine_limits *l);
/* Kills what runs, saves the file index, closes handles; `closed` is called from the loop when all is gone and the engine is freed. */
void engine_close(struct engine *e, void (*closed)(void *ctx), void *ctx);

/* What a board would be built with here. */
struct engine_look {
	char *fqbn; /* canonical, also of one that cannot be built; NULL unknown */
	char *digest; /* hex, of all that is not sketch or library: equal ones make equal firmware; NULL: it cannot be built */
	char *toolchain; /* for people: "avr-gcc 5.4.0"; NULL */
	char *why; /* it cannot be built; NULL: it can */
	struct board_facts facts; /* all NULL when it cannot be built */
};

/* Fills `out`; release it with engine_look_release. May block for seconds when a toolchain was never seen. */
void engine_look(struct engine *e, const char *board, struct engine_look *out);
void engine_look_release(struct engine_look *l);

/* Whether the result that the caller holds of that job (known_key, known_deps) would come out the same today. Starts no process but to look at a
 * toolchain that was never seen. */
bool engine_stands(struct engine *e, const struct engine_job *j);

/* The digest (hex) of all that decides the job's result beside its sources; false when the board cannot be built here. */
bool engine_settings(struct engine *e, const struct engine_job *j, char hex[65]);
/* Makes the deps of a result of that settings, which another machine has made with the toolchain and platform that this one has, those of one
 * that was made here; directories that have changed since `since` (ns of the kernel's coarse clock) are left as they are there. `out` is
 * empty, *key new. False: nothing can be made of them. */
bool engine_adopt(struct engine *e, const char *settings, int64_t since, const char *deps,
	struct buf *out, char **key);

/* Compilers, archivers and linkers started so far. */
unsigned long engine_processes(const struct engine *e);

#endif
