/* units: one list per context, the least recently used first. It is short: units in use, and a few that are not.
 */
#include "sketch/units.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/library.h"
#include "sketch/unit.h"
#include "sketch/unit_internal.h"
#include "sketch/unit_sources.h"

/* That nobody uses, kept in case somebody asks soon; it costs some ten KiB each, and a few lookups to have again. */
#define MAX_IDLE 64

void unit_ask_init(
	struct unit_ask *a, const struct context *c, const struct strv *dirs, struct props *overlay)
{
	char *flavor = unit_flavor(c, overlay);
	a->dirs = dirs;
	a->overlay = overlay;
	a->place = unit_place(c, overlay);
	digest_bytes(&a->flavor, flavor, strlen(flavor));
	free(flavor);
}

/* ---- finding ---- */

static bool same_kind(const struct unit *u, const struct unit *o)
{
	return o != u && o->library == u->library && digest_equal(&o->kind, &u->kind);
}

struct unit *units_busy_sibling(const struct unit *u)
{
	struct unit *o;
	DL_FOREACH (u->context->units, o)
		if (same_kind(u, o) && o->state > UNIT_NEW && o->state < UNIT_READY)
			return o;
	return NULL;
}

/* What a machine's fault spoiled is tried again by whoever asks next. */
static bool is_gone(const struct unit *u)
{
	return u->stale || u->infra || unit_is_orphan(u);
}

static bool has_dirs(const struct unit *u, const struct strv *dirs)
{
	size_t extra = u->library && u->library->utility_dir ? 1 : 0;
	if (u->dirs.n != dirs->n + extra)
		return false;
	for (size_t i = 0; i < dirs->n; i++)
		if (strcmp(u->dirs.v[i], dirs->v[i]))
			return false;
	return true;
}

static bool suits(const struct unit *u, const struct library *library, const struct unit_ask *ask)
{
	if (is_gone(u) || u->library != library || !digest_equal(&u->kind, &ask->kind))
		return false;
	if (ask->place ? !u->place || strcmp(u->place, ask->place) : u->place != NULL)
		return false;
	return has_dirs(u, ask->dirs);
}

static struct unit *find(
	struct context *c, const struct library *library, const struct unit_ask *ask)
{
	struct unit *u;
	DL_FOREACH (c->units, u)
		if (suits(u, library, ask))
			return u;
	return NULL;
}

/* The library with its commands, or the core and variant with theirs. */
static void digest_kind(
	const struct context *c, const struct library *library, struct unit_ask *ask)
{
	const struct board *b = c->board;
	struct digester *d = digester_new();
	digester_add_digest(d, &ask->flavor);
	digester_addstr(d, library ? library->dir : b->core_dir);
	digester_addstr(d, library ? NULL : b->variant_dir);
	digester_finish(d, &ask->kind);
	digester_free(d);
}

struct unit *unit_get(struct context *c, const struct library *library, const struct unit_ask *ask,
	struct error *err)
{
	struct strv own = STRV_INIT;
	struct unit_ask its = *ask;
	if (!library) { /* the core never sees libraries */
		strv_push(&own, c->board->core_dir);
		if (c->board->variant_dir)
			strv_push(&own, c->board->variant_dir);
		its.dirs = &own;
	}
	digest_kind(c, library, &its);
	struct unit *u = find(c, library, &its);
	if (!u && (u = unit_new(c, library, &its, err)))
		DL_APPEND(c->units, u);
	if (u)
		u->users++;
	strv_release(&own);
	return u;
}

/* ---- counting ---- */

static bool is_idle(const struct unit *u)
{
	return u->over && !u->users && !u->waiters;
}

void units_trim(struct context *c)
{
	struct unit *u, *next;
	size_t idle = 0;
	DL_FOREACH (c->units, u)
		idle += is_idle(u);
	DL_FOREACH_SAFE(c->units, u, next)
	{
		if (!is_idle(u) || (idle <= MAX_IDLE && !is_gone(u)))
			continue;
		DL_DELETE(c->units, u);
		unit_free(u);
		idle--;
	}
}

void unit_put(struct unit *u)
{
	struct context *c = u->context;
	u->users--;
	DL_DELETE(c->units, u);
	DL_APPEND(c->units, u);
	units_trim(c);
}

bool units_idle(const struct context *c)
{
	const struct unit *u;
	DL_FOREACH (c->units, u)
		if (!is_idle(u))
			return false;
	return true;
}

void units_leave(struct context *c, const char *build_dir)
{
	struct unit *u;
	DL_FOREACH (c->units, u) {
		if (!u->place || strcmp(u->place, build_dir))
			continue;
		*u->place = '\0';
		group_cancel(&u->group);
	}
	units_trim(c);
}

void units_abandon(struct context *c)
{
	struct unit *u;
	DL_FOREACH (c->units, u) {
		unit_lock_forget(u);
		u->group.running = false;
	}
}

void units_free(struct context *c)
{
	struct unit *u, *next;
	DL_FOREACH_SAFE(c->units, u, next)
	{
		DL_DELETE(c->units, u);
		unit_free(u);
	}
}
