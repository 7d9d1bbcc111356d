/* Units of stage 1 over the tiny platform: made once, shared, waited for, distrusted; what they leave for the link, and why
 * they fail.
 */
#include "sketch/unit.h"

#include "sketch/unit_sources.h"
#include "sketch/units.h"
#include "unit/context_util.h"

struct work {
	struct desk d;
	struct context *c;
	struct props *over;
	struct strv dirs; /* core, variant, Blinker, Wire */
	int calls; /* of waiters */
};

static void open_work(struct work *w)
{
	desk_open(&w->d);
	w->c = desk_context(&w->d, "tiny:tiny:one");
	w->over = context_overlay(at("build"), "S.ino", "/s");
	strv_push(&w->dirs, w->c->board->core_dir);
	strv_push(&w->dirs, w->c->board->variant_dir);
	tiny_forget(test_tmpdir());
}

static bool close_work(struct work *w)
{
	props_free(w->over);
	strv_release(&w->dirs);
	return desk_close(&w->d);
}

static const struct library *library(struct work *w, const char *name)
{
	const struct library *l = libraries_by_name(w->c->libraries, name);
	must(l, name);
	return l;
}

static struct unit *get_with(
	struct work *w, const char *name, const struct strv *dirs, struct props *over)
{
	struct error err = ERROR_INIT;
	struct unit_ask ask;
	unit_ask_init(&ask, w->c, dirs, over);
	struct unit *u = unit_get(w->c, name ? library(w, name) : NULL, &ask, &err);
	must(u, err.text);
	return u;
}

/* NULL is the core. */
static struct unit *get(struct work *w, const char *name)
{
	return get_with(w, name, &w->dirs, w->over);
}

static void on_unit(void *ctx, struct unit *u)
{
	struct work *w = ctx;
	w->calls++;
	ok(u->state >= UNIT_READY, "called back when it is over");
}

static void until(struct work *w, struct unit *u)
{
	int before = w->calls;
	unit_wait(u, on_unit, w);
	is_int(w->calls, before, "never from within unit_wait");
	while (w->calls == before)
		uv_run(&w->d.loop, UV_RUN_ONCE);
}

static int compiles(const char *part)
{
	return tiny_starts(test_tmpdir(), "compile", part);
}

static void core(void)
{
	struct work w = {0};
	open_work(&w);
	struct unit *u = get(&w, NULL);
	is_int(u->state, UNIT_NEW, "nothing happens from within unit_get");
	until(&w, u);
	is_int(u->state, UNIT_READY, "the core is made");
	is_int(compiles(NULL), 3, "of three sources");
	is_int(tiny_starts(test_tmpdir(), "ar", NULL), 1, "one archiver");
	ok(u->n_files == 1 && !strcmp(u->files[0].name, "core/core.a") &&
			fs_is_file(u->files[0].path),
		"a file for the link");
	ok(strstr(u->deps, "platform\t") && strstr(u->deps, "/wiring.c\t") &&
			strstr(u->deps, "/cores/tiny/\t") && strstr(u->deps, "/pins_arduino.h\t"),
		"what it read is on record, directories too");
	ok(!u->reused && u->lock == -1, "not reused; its lock is released");
	is_str(buf_str(&w.d.units), "core\n", "told once");

	strv_push(&w.dirs, at("libraries/Blinker/src"));
	ok(get(&w, NULL) == u, "whatever libraries a sketch has: the same core");
	until(&w, u);
	is_int(compiles(NULL), 3, "nothing is made again");
	char *digest = xasprintf("%02x%02x", u->key.b[0], u->key.b[31]);
	ok(close_work(&w), "closed");

	struct work again = {0};
	open_work(&again);
	u = get(&again, NULL);
	until(&again, u);
	is_int(compiles(NULL) + tiny_starts(test_tmpdir(), "ar", NULL), 0,
		"in another run nothing is made");
	ok(u->reused && u->state == UNIT_READY, "it is reused");
	char *other = xasprintf("%02x%02x", u->key.b[0], u->key.b[31]);
	is_str(other, digest, "under the same key");
	is_str(buf_str(&again.d.units), "core reused\n", "and told so");
	free(digest);
	free(other);
	ok(close_work(&again), "closed");

	struct work anew = {.d.s.config.rebuild_units = true};
	open_work(&anew);
	u = get(&anew, NULL);
	until(&anew, u);
	is_int(compiles(NULL), 3, "-m: made again");
	ok(!u->reused, "not reused");
	ok(close_work(&anew), "closed");
}

static void variant(void)
{
	struct work w = {0};
	put("hardware/tiny/tiny/variants/big/wiring.c", "int same_name;\n");
	open_work(&w);
	w.c = desk_context(&w.d, "tiny:tiny:two");
	struct unit *u = get(&w, NULL);
	until(&w, u);
	is_int((long long)u->n_files, 3, "the variant's objects and core.a");
	is_str(u->files[0].name, "core/variant.cpp.o", "the variant's first");
	is_str(u->files[1].name, "core/variant/wiring.c.o",
		"with a name apart where the core has it");
	is_str(u->files[2].name, "core/core.a", "core.a last");
	ok(close_work(&w), "closed");
	unlink(at("hardware/tiny/tiny/variants/big/wiring.c"));
}

static void libraries(void)
{
	struct work w = {0};
	open_work(&w);
	strv_push(&w.dirs, at("libraries/Sensor"));
	strv_push(&w.dirs, at("hardware/tiny/tiny/libraries/Wire/src"));
	struct unit *u = get(&w, "Sensor");
	until(&w, u);
	if (!is_int(u->state, UNIT_READY, "a library with utility/"))
		diag("%s\n%s", u->reason, buf_str(&u->err));
	ok(u->n_files == 2 && !strcmp(u->files[0].name, "libraries/Sensor/Sensor.cpp.o") &&
			!strcmp(u->files[1].name, "libraries/Sensor/utility/bits.c.o"),
		"its objects");
	is_int(tiny_starts(test_tmpdir(), "ar", NULL), 0, "no archive");
	const struct strv *deps = unit_deps_of(u, at("libraries/Sensor/Sensor.cpp"));
	ok(deps && deps->n == 1 && strstr(deps->v[0], "/Wire.h"), "what it reads of others");
	deps = unit_deps_of(u, at("libraries/Sensor/utility/bits.c"));
	ok(deps && deps->n == 0, "its other source reads nothing of them");
	ok(!unit_deps_of(u, at("libraries/Sensor/none.cpp")), "no such source");
	ok(get(&w, "Sensor") == u, "the same directories: the same unit");
	ok(close_work(&w), "closed");
}

static void dot_a(void)
{
	struct work w = {0};
	put("libraries/Arch/library.properties", "name=Arch\nversion=1.0\ndot_a_linkage=true\n");
	put("libraries/Arch/src/Arch.h", "");
	put("libraries/Arch/src/a.cpp", "int a;\n");
	put("libraries/Arch/src/b/b.c", "int b;\n");
	open_work(&w);
	strv_push(&w.dirs, at("libraries/Arch/src"));
	struct unit *u = get(&w, "Arch");
	until(&w, u);
	ok(u->n_files == 1 && !strcmp(u->files[0].name, "libraries/Arch/Arch.a"),
		"dot_a_linkage: one archive");
	char *text = slurp(u->files[0].path);
	ok(strstr(text, "member a.cpp.o") && strstr(text, "member b.c.o"), "with all objects");
	free(text);
	ok(close_work(&w), "closed");
}

/* Two include lists that make no difference to the library: compiled once, by the first. */
static void siblings(void)
{
	struct work w = {.d.s.config.rebuild_units = true};
	open_work(&w);
	strv_push(&w.dirs, at("libraries/Blinker/src"));
	struct unit *a = get(&w, "Blinker");
	strv_push(&w.dirs, at("hardware/tiny/tiny/libraries/Wire/src"));
	struct unit *b = get(&w, "Blinker");
	ok(a != b, "another include list, another unit");
	until(&w, b);
	is_int(a->state, UNIT_READY, "but it waits for the first");
	is_int(compiles(NULL), 2, "whose two objects it takes");
	ok(b->reused && !a->reused, "it is the one that is reused");
	is_str(buf_str(&w.d.units), "Blinker\n", "only the first is told");
	ok(a->n_files == b->n_files && digest_equal(&a->key, &b->key), "they are the same");

	/* A directory that shadows a header of the library's makes a difference. */
	put("shadow/Arduino.h", "int other;\n");
	struct strv other = STRV_INIT;
	strv_push(&other, at("shadow"));
	strv_push_all(&other, &w.dirs);
	struct unit *c = get_with(&w, "Blinker", &other, w.over);
	until(&w, c);
	ok(compiles(NULL) > 2 && !digest_equal(&a->key, &c->key),
		"another Arduino.h: other objects");
	free(strv_take(&other, other.n - 1));
	strv_push(&other, at("libraries/Sensor"));
	ok(get_with(&w, "Blinker", &other, w.over) != c, "as many directories, but others");
	strv_release(&other);
	ok(close_work(&w), "closed");
}

static void put_broken(const char *text)
{
	put("libraries/Broken/library.properties", "name=Broken\nversion=1.0\n");
	put("libraries/Broken/src/Broken.h", "");
	put("libraries/Broken/src/a.cpp", text);
	put("libraries/Broken/src/b.cpp", "// tiny: fail the second\n");
}

static void failures(void)
{
	static const struct {
		const char *text, *reason;
		bool infra, timed_out;
	} t[] = {
		{"// tiny: fail it is wrong\n", "a.cpp does not compile", false, false},
		{"// tiny: die SEGV\n", "signal 11", true, false},
		{"// tiny: hang\n", "a.cpp takes too long", false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct work w = {.d.s.config.timeout = t[i].timed_out ? 0.5 : 0};
		put_broken(t[i].text);
		if (t[i].timed_out)
			put("libraries/Broken/src/b.cpp", "int b;\n");
		open_work(&w);
		strv_push(&w.dirs, at("libraries/Broken/src"));
		struct unit *u = get(&w, "Broken");
		until(&w, u);
		is_int(u->state, UNIT_FAILED, "it fails");
		ok(!strncmp(u->reason, "Broken: ", 8) && strstr(u->reason, t[i].reason), "%s",
			u->reason);
		ok(u->infra == t[i].infra && u->timed_out == t[i].timed_out, "whose fault");
		ok(!strstr(buf_str(&u->err), "second"), "only the first failure is told");
		if (i == 0)
			ok(strstr(buf_str(&u->err), "it is wrong"), "in the compiler's words");
		is_str(buf_str(&w.d.units), "Broken failed\n", "told once");
		ok(!u->deps && u->lock == -1, "no record; no lock");
		struct unit *again = get(&w, "Broken");
		ok((again == u) == !t[i].infra,
			"it stays so for this run, unless a machine is to blame");
		until(&w, again);
		ok(close_work(&w), "closed");
	}
	struct work w = {0};
	put_broken("int a;\n");
	put("libraries/Broken/src/b.cpp", "int b;\n");
	open_work(&w);
	strv_push(&w.dirs, at("libraries/Broken/src"));
	struct unit *u = get(&w, "Broken");
	until(&w, u);
	is_int(u->state, UNIT_READY, "repaired, it is made in the next");
	ok(close_work(&w), "closed");
}

static void archiver_fails(void)
{
	struct work w = {0};
	strv_push(&w.d.s.config.build_properties, "recipe.ar.pattern=/bin/false {object_file}");
	open_work(&w);
	struct unit *u = get(&w, NULL);
	until(&w, u);
	ok(u->state == UNIT_FAILED && !u->infra && !strcmp(u->reason, "core cannot be archived"),
		"%s", u->reason);
	ok(close_work(&w), "closed");
	struct work v = {0};
	strv_push(&v.d.s.config.build_properties, "recipe.ar.pattern=/no/such/ar {object_file}");
	open_work(&v);
	u = get(&v, NULL);
	until(&v, u);
	ok(u->state == UNIT_FAILED && u->infra && strstr(u->reason, "/no/such/ar"), "%s",
		u->reason);
	ok(close_work(&v), "closed");
}

static void time_of_day(void)
{
	struct work w = {0};
	put("libraries/Clock/library.properties", "name=Clock\nversion=1.0\n");
	put("libraries/Clock/src/Clock.h", "");
	put("libraries/Clock/src/c.cpp", "const char *t = __TIME__;\n");
	for (int i = 0; i < 2; i++) {
		w = (struct work){0};
		open_work(&w);
		strv_push(&w.dirs, at("libraries/Clock/src"));
		struct unit *u = get(&w, "Clock");
		until(&w, u);
		ok(u->uses_time && compiles("c.cpp") == 1,
			"the time of day is compiled in each run");
		ok(get(&w, "Clock") == u, "once");
		ok(close_work(&w), "closed");
	}
}

static void flavors(void)
{
	struct work w = {0}, d = {0}, e = {0};
	open_work(&w);
	struct props *other = context_overlay(at("elsewhere"), "T.ino", "/t");
	char *a = unit_flavor(w.c, w.over), *b = unit_flavor(w.c, other);
	is_str(a, b, "build path and sketch are no difference");
	free(a);
	free(b);
	struct unit *u = get(&w, NULL);
	ok(get_with(&w, NULL, &w.dirs, other) == u, "so jobs share");
	until(&w, u);
	props_free(other);
	ok(close_work(&w), "closed");

	strv_push(&d.d.s.config.build_properties, "build.extra_flags=-DNAME={build.project_name} "
						  "@{build.path}/args -L{build.path}/x");
	open_work(&d);
	put("build/args", "-DA");
	put("elsewhere/args", "-DA");
	other = context_overlay(at("elsewhere"), "S.ino", "/t");
	a = unit_flavor(d.c, d.over);
	b = unit_flavor(d.c, other);
	is_str(a, b, "argument files count by content");
	free(b);
	put("elsewhere/args", "-DB");
	b = unit_flavor(d.c, other);
	ok(strcmp(a, b) != 0, "other arguments");
	free(b);
	put("elsewhere/args", "-DA");
	props_set(other, "build.project_name", "T.ino");
	b = unit_flavor(d.c, other);
	ok(strcmp(a, b) != 0, "a property that is compiled in");
	free(a);
	free(b);
	props_free(other);
	ok(close_work(&d), "closed");

	strv_push(&e.d.s.config.build_properties, "build.extra_flags=-DPATH={build.path}");
	open_work(&e);
	other = context_overlay(at("elsewhere"), "S.ino", "/s");
	a = unit_flavor(e.c, e.over);
	b = unit_flavor(e.c, other);
	ok(strcmp(a, b) != 0, "the build path, where it is compiled in");
	free(a);
	free(b);
	props_free(other);
	ok(close_work(&e), "closed");
}

/* A failed sketch distrusts what was kept. */
static void stale(void)
{
	struct work w = {0};
	open_work(&w);
	struct unit *u = get(&w, NULL);
	until(&w, u);
	is_int(compiles(NULL), 0, "kept");
	unit_distrust(u);
	struct unit *v = get(&w, NULL);
	ok(v != u, "a distrusted one is not given again");
	until(&w, v);
	is_int(compiles(NULL), 3, "the next one is made anew");
	ok(get(&w, NULL) == v, "and is trusted");
	ok(close_work(&w), "closed");
}

static void never(void *ctx, struct unit *u)
{
	(void)u;
	*(bool *)ctx = true;
}

static void unwait(void)
{
	struct work w = {.d.s.config.rebuild_units = true};
	bool called = false;
	open_work(&w);
	struct unit *u = get(&w, NULL);
	unit_wait(u, never, &called);
	unit_unwait(u, &called);
	until(&w, u);
	ok(!called, "who took back the wait is not called");
	ok(close_work(&w), "closed");
}

/* What a lock's holder made meanwhile is taken. */
static void locked(void)
{
	struct work w = {.d.s.config.rebuild_units = false}, other = {0};
	put("libraries/Locked/library.properties", "name=Locked\nversion=1.0\n");
	put("libraries/Locked/src/Locked.h", "");
	char *text = xasprintf(
		"// tiny: touch %s/l.runs\n// tiny: wait %s/l.go\n", test_tmpdir(), test_tmpdir());
	put("libraries/Locked/src/l.cpp", text);
	free(text);
	usleep(30000);
	open_work(&w);
	open_work(&other);
	strv_push(&w.dirs, at("libraries/Locked/src"));
	strv_push(&other.dirs, at("libraries/Locked/src"));
	struct unit *u = get(&w, "Locked"), *v = get(&other, "Locked");
	desk_until_file(&w.d, at("l.runs"));
	for (int i = 0; i < 30; i++) {
		uv_run(&other.d.loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
	is_int(v->state, UNIT_LOCKING, "another builder waits for the lock");
	put("l.go", "");
	until(&w, u);
	until(&other, v);
	is_int(v->state, UNIT_READY, "and goes on");
	is_int(compiles("l.cpp"), 1, "with what was made meanwhile");
	ok(close_work(&other), "closed");
	ok(close_work(&w), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	usleep(30000); /* files younger than a tick are not kept */
	core();
	variant();
	libraries();
	dot_a();
	siblings();
	failures();
	archiver_fails();
	time_of_day();
	flavors();
	stale();
	unwait();
	locked();
	return done_testing();
}
