/* unit_internal: what the files of units share. */
#ifndef SKETCH_UNIT_INTERNAL_H
#define SKETCH_UNIT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct digest;
struct error;
struct library;
struct unit;
struct unit_ask;

/* ---- unit.c ---- */

/* A new one, which starts from the loop. NULL and err when its sources cannot be listed. */
struct unit *unit_new(struct context *c, const struct library *library, const struct unit_ask *ask,
	struct error *err);
/* Nobody may use it or wait for it any more. What it made in the scratch directory goes too. */
void unit_free(struct unit *u);
/* "core", or the library's. */
const char *unit_name(const struct unit *u);
/* Its build.path is gone. */
bool unit_is_orphan(const struct unit *u);
void unit_add_file(struct unit *u, const char *name, const char *path, const struct digest *digest);
/* The two ends. `reason` is taken; `infra`: a machine's fault. */
void unit_ready(struct unit *u);
void unit_fail(struct unit *u, bool infra, char *reason);

/* ---- unit_archive.c ---- */

/* Makes the archive of what is compiled, or takes a kept one; the unit is ready or failed then. */
void unit_archive(struct unit *u);

/* ---- unit_lock.c ---- */

/* Calls back from the loop with the machine-wide lock of the unit's kind held, if it can be had. */
void unit_lock(struct unit *u, void (*locked)(struct unit *u));
void unit_unlock(struct unit *u);
/* Nobody waits for it any more. */
void unit_lock_forget(struct unit *u);

/* ---- units.c ---- */

/* One that makes the same objects for another include list right now. */
struct unit *units_busy_sibling(const struct unit *u);
/* Frees what nobody can ask for again, and of the others that nobody uses all but the latest. */
void units_trim(struct context *c);

#endif
