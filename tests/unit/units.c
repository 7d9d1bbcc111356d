/* The units of a context: how many live, whose, and for how long; and that what is freed is forgotten by nobody who needs it. */
#include "sketch/units.h"

#include <utlist.h>
#include "sketch/unit.h"
#include "unit/context_util.h"

#define MANY 200
#define MAX_IDLE 64

struct work {
	struct desk d;
	struct context *c;
	struct strv dirs; /* core, variant, Blinker */
	int calls; /* of waiters */
};

static void open_work(struct work *w)
{
	desk_open(&w->d);
	w->c = desk_context(&w->d, "tiny:tiny:one");
	strv_push(&w->dirs, w->c->board->core_dir);
	strv_push(&w->dirs, w->c->board->variant_dir);
	strv_push(&w->dirs, at("libraries/Blinker/src"));
	tiny_forget(test_tmpdir());
}

static bool close_work(struct work *w)
{
	strv_release(&w->dirs);
	return desk_close(&w->d);
}

/* Blinker for the i-th include list, in the build directory of that name. */
static struct unit *get_in(struct work *w, int i, const char *build)
{
	struct error err = ERROR_INIT;
	struct unit_ask ask;
	struct strv dirs = STRV_INIT;
	struct props *over = context_overlay(build, "S.ino", "/s");
	strv_push_all(&dirs, &w->dirs);
	strv_pushf(&dirs, "%s/other/%d", test_tmpdir(), i);
	unit_ask_init(&ask, w->c, &dirs, over);
	struct unit *u = unit_get(w->c, libraries_by_name(w->c->libraries, "Blinker"), &ask, &err);
	must(u, err.text);
	strv_release(&dirs);
	props_free(over);
	return u;
}

static struct unit *get(struct work *w, int i)
{
	return get_in(w, i, at("build"));
}

static void on_unit(void *ctx, struct unit *u)
{
	(void)u;
	((struct work *)ctx)->calls++;
}

static void until(struct work *w, struct unit *u)
{
	int before = w->calls;
	unit_wait(u, on_unit, w);
	while (w->calls == before || !u->over)
		uv_run(&w->d.loop, UV_RUN_ONCE);
}

static int live(const struct work *w)
{
	struct unit *u;
	int n = 0;
	DL_COUNT(w->c->units, u, n);
	return n;
}

static bool lives(const struct work *w, const struct unit *want)
{
	const struct unit *u;
	DL_FOREACH (w->c->units, u)
		if (u == want)
			return true;
	return false;
}

static int scratch_dirs(const struct work *w)
{
	struct fs_list l = {0};
	if (!w->d.s.scratch || fs_list(w->d.s.scratch, &l, NULL) < 0)
		return -1;
	int n = (int)l.n;
	fs_list_release(&l);
	return n;
}

/* One sketch after another, each with its own include list. */
static void bounded(void)
{
	struct work w = {.d.s.config.rebuild_units = true};
	struct unit *used, *u;
	int most = 0;
	open_work(&w);
	used = get(&w, 0);
	until(&w, used);
	for (int i = 1; i < MANY; i++) {
		u = get(&w, i);
		until(&w, u);
		unit_put(u);
		most = live(&w) > most ? live(&w) : most;
	}
	is_int(most, MAX_IDLE + 1, "units of 200 include lists: no more live than that");
	ok(lives(&w, used), "the oldest one is used, and lives");
	ok(get(&w, MANY - 1) == u, "the latest one is there for who asks");
	unit_put(u);
	is_int(tiny_starts(test_tmpdir(), "compile", NULL), 2,
		"-m: the two sources were compiled once, though the first was long gone");
	is_str(buf_str(&w.d.units), "Blinker\n", "and told of once");
	is_int(scratch_dirs(&w), 1, "only who is used has a directory");
	unit_put(used);
	is_int(live(&w), MAX_IDLE, "put back: not one too many");
	u = get(&w, 1);
	until(&w, u);
	ok(u->reused && u->state == UNIT_READY, "one that was freed is found again in the cache");
	is_int(tiny_starts(test_tmpdir(), "compile", NULL), 2, "without a compiler");
	ok(close_work(&w), "closed");
}

static void oldest_first(void)
{
	struct work w = {0};
	struct unit *all[MAX_IDLE], *extra;
	open_work(&w);
	for (int i = 0; i < MAX_IDLE; i++) {
		all[i] = get(&w, i);
		until(&w, all[i]);
		unit_put(all[i]);
	}
	ok(get(&w, 0) == all[0], "used again");
	unit_put(all[0]);
	extra = get(&w, MAX_IDLE);
	until(&w, extra);
	unit_put(extra);
	ok(lives(&w, all[0]) && lives(&w, extra), "the latest ones stay");
	ok(!lives(&w, all[1]) && lives(&w, all[2]), "the one that nobody used for longest goes");
	ok(close_work(&w), "closed");
}

/* What nobody can get any more goes at once. */
static void gone(void)
{
	struct work w = {0}, p = {0};
	open_work(&w);
	struct unit *u = get(&w, 0), *same = get(&w, 0);
	ok(u == same && u->users == 2, "two users");
	until(&w, u);
	unit_distrust(u);
	unit_put(u);
	is_int(live(&w), 1, "a distrusted one lives while it is used");
	unit_put(u);
	is_int(live(&w), 0, "and no longer");
	ok(close_work(&w), "closed");

	strv_push(&p.d.s.config.build_properties, "build.extra_flags=-I{build.path}/x");
	open_work(&p);
	for (int i = 0; i < 5; i++) {
		u = get_in(&p, 0, at("build"));
		until(&p, u);
		unit_put(u);
		is_int(live(&p), 1, "one that is for a build directory");
		units_leave(p.c, at("build"));
		is_int(live(&p), 0, "goes with it");
	}
	ok(close_work(&p), "closed");
}

static void while_made(void)
{
	struct work w = {.d.s.config.rebuild_units = true};
	open_work(&w);
	struct unit *u = get(&w, 0);
	unit_put(u);
	ok(lives(&w, u) && !units_idle(w.c), "put back before it is made: it lives");
	until(&w, u);
	is_int(u->state, UNIT_READY, "and is made");
	ok(lives(&w, u) && units_idle(w.c), "for who asks next");
	ok(close_work(&w), "closed");
}

static void put_back(void *ctx, struct unit *u)
{
	unit_put(u);
	(*(int *)ctx)++;
}

/* A run that starts over puts its units back from within the call. */
static void from_callback(void)
{
	struct work w = {0};
	int calls = 0;
	open_work(&w);
	struct unit *u = get(&w, 0), *same = get(&w, 0);
	unit_wait(u, put_back, &calls);
	unit_wait(same, put_back, &calls);
	unit_distrust(u);
	while (live(&w))
		uv_run(&w.d.loop, UV_RUN_ONCE);
	is_int(calls, 2, "all waiters are called before it goes");
	ok(close_work(&w), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	usleep(30000); /* files younger than a tick are not kept */
	bounded();
	oldest_first();
	gone();
	while_made();
	from_callback();
	return done_testing();
}
