/* The engine as its caller sees it, over the tiny platform: verdicts, order of events, cancelling, closing, limits. */
#include "sketch/engine.h"

#include "unit/engine_util.h"

static void is_verdict(const struct desk *d, uint64_t id, enum build_verdict want, const char *name)
{
	const struct done *o = desk_done(d, id);
	if (!is_int(o->verdict, want, name))
		diag("%s\n%s", o->reason ? o->reason : "", o->err ? o->err : "");
}

static void good(void)
{
	struct desk d = {0};
	put_sketch("Plain", "");
	put_sketch("Libs", "#include <Blinker.h>");
	desk_open(&d);
	desk_submit(&d, 7, "tiny:tiny:one", "Plain");
	is_int((long long)d.trace.len, 0, "nothing comes from within submit");
	desk_submit(&d, 8, "tiny:tiny:one", "Libs");
	desk_wait(&d, 2);
	is_verdict(&d, 7, BUILD_OK, "a sketch builds");
	is_verdict(&d, 8, BUILD_OK, "one with a library too");
	const struct done *o = desk_done(&d, 7);
	ok(!o->reason, "no reason for what is right");
	ok(o->key && strlen(o->key) == 64, "a key");
	ok(o->n_artifacts == 1 && o->named, "one artefact, and it is there at the call");
	ok(o->flash >= 300 && o->flash < 1000, "flash of the size table (%lld)",
		(long long)o->flash);
	is_int(o->ram, 0, "RAM");
	is_int((long long)o->n_units, 1, "one unit: the core");
	is_str(o->libraries, "", "no library");
	is_str(desk_done(&d, 8)->libraries, "Blinker@2.1.0", "library and version");
	is_int((long long)desk_done(&d, 8)->n_units, 2, "two units");
	is_int(traced(&d, "unit core core\n"), 1, "the core was told of once");
	is_int(traced(&d, "unit Blinker\n"), 1, "so was the library");
	is_int(traced(&d, "unit "), 2, "and nothing else");
	const char *t = buf_str(&d.trace), *started = strstr(t, "started 7 0\n");
	ok(started == t, "started comes first");
	const char *unit = strstr(t, "unit core"), *end = strstr(t, "finished 7");
	ok(unit && end && started < unit && unit < end, "then the unit, then finished");
	ok(strstr(t, "started 8 1\n"), "the second job has a slot of its own");
	unsigned long n = engine_processes(d.engine);
	ok(n >= 8 && n < 40, "processes are counted (%lu)", n);
	ok(!fs_exists(at("build/7")), "the build directory is gone");
	ok(desk_close(&d), "no handle is left");
}

static void reused(void)
{
	struct desk d = {0};
	tiny_forget(test_tmpdir());
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Libs");
	desk_wait(&d, 1);
	is_verdict(&d, 1, BUILD_OK, "built again by another engine");
	is_int(tiny_starts(test_tmpdir(), "compile", NULL), 0, "without a compile");
	is_int(tiny_starts(test_tmpdir(), "link", NULL), 0, "without a link");
	is_int(traced(&d, "unit core core reused\n"), 1, "the core was reused");
	is_int((long long)engine_processes(d.engine), 0, "no process at all");
	is_int((long long)desk_done(&d, 1)->n_artifacts, 1, "the artefact comes nevertheless");
	ok(desk_close(&d), "closed");
}

/* The caller holds the result. */
static void unchanged(void)
{
	struct desk d = {0};
	desk_open(&d);
	desk_submit(&d, 20, "tiny:tiny:one", "Libs");
	desk_wait(&d, 1);
	char *key = xstrdup(desk_done(&d, 20)->key), *deps = xstrdup(at("deps/20"));
	char *sketch = xstrdup(at("sketches/Libs")), *build = xstrdup(at("build/21"));
	must(key, "no key");
	struct engine_job j = {21, "tiny:tiny:one", sketch, NULL, build, key, deps, NULL};
	engine_submit(d.engine, &j);
	desk_wait(&d, 2);
	is_verdict(&d, 21, BUILD_UNCHANGED, "a result that still stands is not made again");
	ok(!fs_exists(build), "nothing was put in its place");
	key[3] = key[3] == '0' ? '1' : '0';
	j.id = 22;
	engine_submit(d.engine, &j);
	desk_wait(&d, 3);
	is_verdict(&d, 22, BUILD_OK, "a wrong key proves nothing");
	free(key);
	free(deps);
	free(sketch);
	free(build);
	ok(desk_close(&d), "closed");
}

static void bad(void)
{
	struct desk d = {0};
	put_sketch("Wrong", "// tiny: fail no such thing\n#include <Blinker.h>");
	put_sketch("Nowhere", "#include <NoSuch.h>");
	put_sketch("Big", "// tiny: bytes 5000");
	put_sketch("Warns", "// tiny: warn odd");
	put("sketches/Empty/readme.txt", "no sketch");
	d.config.warnings = "all";
	d.config.limits = (struct engine_limits){4, 2, 8};
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Wrong");
	desk_submit(&d, 2, "tiny:tiny:none", "Plain");
	desk_submit(&d, 3, "tiny:tiny:one", "Nowhere");
	desk_submit(&d, 4, "tiny:tiny:small", "Big");
	desk_submit(&d, 5, "tiny:tiny:one", "Empty");
	desk_submit(&d, 6, "tiny:tiny:one", "Warns");
	desk_submit(&d, 7, "tiny:tiny:one", "Missing");
	desk_wait(&d, 7);
	is_verdict(&d, 1, BUILD_FAILED, "an error in the sketch");
	is_str(desk_done(&d, 1)->reason, "Wrong.ino.cpp does not compile", "its reason");
	ok(strstr(desk_done(&d, 1)->err, "no such thing"), "the compiler's words");
	is_int(desk_done(&d, 1)->return_code, 1, "and its status");
	ok(desk_done(&d, 1)->key, "a failure that is the sketch's has a key");
	is_verdict(&d, 2, BUILD_INFRA, "an unknown board");
	ok(strstr(desk_done(&d, 2)->reason, "none"), "its reason names it");
	ok(!desk_done(&d, 2)->key, "and it is not kept");
	is_verdict(&d, 3, BUILD_FAILED, "a header nobody has");
	ok(strstr(desk_done(&d, 3)->reason, "no library has 'NoSuch.h'"), "its reason");
	is_verdict(&d, 4, BUILD_FAILED, "too big");
	ok(strstr(desk_done(&d, 4)->reason, "of 1000 bytes of flash"), "says how much (%s)",
		desk_done(&d, 4)->reason);
	ok(desk_done(&d, 4)->flash > 5000, "the size is told");
	is_verdict(&d, 5, BUILD_FAILED, "no sketch in that directory");
	is_verdict(&d, 6, BUILD_OK, "a warning is no failure");
	is_int(desk_done(&d, 6)->warnings, 1, "it is counted");
	is_verdict(&d, 7, BUILD_FAILED, "no such directory");
	is_int(traced(&d, "started "), 7, "all were started");
	is_int(traced(&d, "finished "), 7, "each ended once");
	ok(desk_close(&d), "closed");
}

/* Recipes that only this sketch's name breaks, and one that only the core's C wants: the sketch is not at fault. */
static void recipes(void)
{
	static const char *const broken[] = {"recipe.hooks.prebuild.1.pattern",
		"recipe.hooks.sketch.prebuild.1.pattern", "recipe.hooks.sketch.postbuild.1.pattern",
		"recipe.hooks.core.postbuild.1.pattern", "recipe.hooks.linking.prelink.1.pattern",
		"recipe.objcopy.hex.pattern", "recipe.hooks.postbuild.1.pattern",
		"recipe.advanced_size.pattern"};
	put_sketch("'Odd", "");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct desk d = {0};
		strv_pushf(
			&d.config.build_properties, "%s=/bin/echo {build.project_name}", broken[i]);
		desk_open(&d);
		desk_submit(&d, 1, "tiny:tiny:one", "'Odd");
		desk_wait(&d, 1);
		const struct done *o = desk_done(&d, 1);
		is_verdict(&d, 1, BUILD_INFRA, "a recipe that is no command");
		ok(o->reason && strstr(o->reason, broken[i]) &&
				strstr(o->reason, "/tiny/platform.txt' is no command: ") &&
				strstr(o->reason, "; cure: "),
			"%s", o->reason ? o->reason : broken[i]);
		ok(desk_close(&d), "closed");
	}
	struct desk d = {0};
	strv_push(&d.config.build_properties, "recipe.c.o.pattern=");
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Plain");
	desk_wait(&d, 1);
	is_verdict(&d, 1, BUILD_INFRA, "no recipe for C, where there is C");
	const char *why = desk_done(&d, 1)->reason;
	ok(why && strstr(why, "/tiny/platform.txt' has no recipe.c.o.pattern; cure: "), "%s",
		why ? why : "");
	ok(desk_close(&d), "closed");
}

static void blocked(void)
{
	struct desk d = {0};
	put("lib2/Bad/library.properties", "name=Bad\nversion=1.0\n");
	put("lib2/Bad/src/Bad.h", "#pragma once\n");
	put("lib2/Bad/src/Bad.cpp", "#include \"Bad.h\"\n// tiny: fail broken library\n");
	put_sketch("UsesBad", "#include <Bad.h>");
	strv_push(&d.config.libraries_dirs, at("lib2"));
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "UsesBad");
	desk_submit(&d, 2, "tiny:tiny:one", "Plain");
	desk_wait(&d, 2);
	is_verdict(&d, 1, BUILD_BLOCKED, "a library that does not compile blocks the sketch");
	ok(strstr(desk_done(&d, 1)->reason, "Bad: ") && strstr(desk_done(&d, 1)->err, "broken lib"),
		"the reason names it (%s)", desk_done(&d, 1)->reason);
	is_verdict(&d, 2, BUILD_OK, "but nobody else");
	is_int(traced(&d, "unit Bad failed\n"), 1, "its failure was told once");
	ok(desk_close(&d), "closed");
}

static void timeouts(void)
{
	struct desk d = {0};
	put_sketch("Hangs", "// tiny: hang");
	d.config.timeout = 1;
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Hangs");
	desk_submit(&d, 2, "tiny:tiny:one", "Plain");
	desk_wait(&d, 2);
	is_verdict(&d, 1, BUILD_TIMEOUT, "a compiler that hangs");
	ok(strstr(desk_done(&d, 1)->reason, "took longer than 1 s"), "its reason");
	ok(!desk_done(&d, 1)->key, "it is not kept");
	is_verdict(&d, 2, BUILD_OK, "nobody else is hit");
	is_int(leftovers(), 0, "it was killed");
	ok(desk_close(&d), "closed");
}

/* A unit over the limit is no fault of the compiler's, nor a "no" of it. */
static void unit_timeouts(void)
{
	struct desk d = {0};
	put("lib4/Endless/library.properties", "name=Endless\nversion=1.0\n");
	put("lib4/Endless/src/Endless.h", "#pragma once\n");
	put("lib4/Endless/src/Endless.cpp", "#include \"Endless.h\"\n// tiny: hang\n");
	put_sketch("UsesEndless", "#include <Endless.h>");
	put_sketch("UsesItToo", "#include <Endless.h>\n#include <Blinker.h>");
	strv_push(&d.config.libraries_dirs, at("lib4"));
	strv_push(&d.config.libraries_dirs, at("libraries"));
	d.config.timeout = 1;
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "UsesEndless");
	desk_submit(&d, 2, "tiny:tiny:one", "UsesItToo");
	desk_submit(&d, 3, "tiny:tiny:one", "Plain");
	desk_wait(&d, 3);
	is_verdict(&d, 1, BUILD_TIMEOUT, "a library that takes too long: so does the sketch");
	ok(strstr(desk_done(&d, 1)->reason, "Endless.cpp takes too long"), "its reason (%s)",
		desk_done(&d, 1)->reason);
	ok(!desk_done(&d, 1)->key, "it is not kept");
	is_verdict(&d, 2, BUILD_TIMEOUT, "so does each that waits for it");
	is_verdict(&d, 3, BUILD_OK, "nobody else is hit");
	ok(desk_close(&d), "closed");
}

/* One token, held by stage 1 for longer than the limit of each process. */
static void waits_for_token(void)
{
	struct desk d = {.config.limits = {1, 1, 2}, .config.timeout = 2};
	put("lib5/Lengthy/library.properties", "name=Lengthy\nversion=1.0\n");
	put("lib5/Lengthy/src/Lengthy.h", "#pragma once\n");
	for (int i = 0; i < 5; i++) {
		char *name = xasprintf("lib5/Lengthy/src/%d.c", i);
		char *text = xasprintf(
			"// tiny: touch %s/lengthy.runs\n// tiny: sleep 600\n", test_tmpdir());
		put(name, text);
		free(name);
		free(text);
	}
	put_sketch("Patient", "int patient;");
	put_sketch("UsesLengthy", "#include <Lengthy.h>");
	strv_push(&d.config.libraries_dirs, at("lib5"));
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "UsesLengthy");
	desk_wait_file(&d, at("lengthy.runs"));
	desk_submit(&d, 2, "tiny:tiny:one", "Patient");
	desk_wait(&d, 2);
	is_verdict(&d, 1, BUILD_OK, "the clock stands while units are made");
	is_verdict(&d, 2, BUILD_OK, "and while stage 1 has the token");
	ok(desk_close(&d), "closed");
}

/* A sketch that touches the file NAME.runs and then waits for NAME.go. */
static void put_waiting(const char *name)
{
	char *head = xasprintf("// tiny: touch %s/%s.runs\n// tiny: wait %s/%s.go", test_tmpdir(),
		name, test_tmpdir(), name);
	put_sketch(name, head);
	free(head);
}

static const char *file_of(const char *name, const char *ext)
{
	static char buf[300];
	snprintf(buf, sizeof buf, "%s.%s", name, ext);
	return at(buf);
}

static void cancel(void)
{
	struct desk d = {.config.limits = {4, 2, 1}};
	put_waiting("Waits");
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Waits");
	desk_submit(&d, 2, "tiny:tiny:one", "Plain");
	desk_submit(&d, 3, "tiny:tiny:one", "Plain");
	desk_submit(&d, 4, "tiny:tiny:one", "Plain");
	engine_cancel(d.engine, 99, true);
	engine_cancel(d.engine, 4, false);
	is_verdict(&d, 4, BUILD_CANCELLED, "a job is cancelled before the loop has seen it");
	is_int((long long)d.n_done, 1, "an unknown one is nothing");
	desk_wait_file(&d, file_of("Waits", "runs"));
	is_int(traced(&d, "started "), 1, "one slot, one start");
	engine_cancel(d.engine, 2, false);
	is_verdict(&d, 2, BUILD_CANCELLED, "an unstarted one goes at once");
	is_int(desk_done(&d, 2)->flash, -1, "its sizes are unknown");
	engine_cancel(d.engine, 1, false);
	for (int i = 0; i < 50; i++) {
		uv_run(&d.loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
	is_int((long long)d.n_done, 2, "a running one stays without kill");
	engine_cancel(d.engine, 1, true);
	engine_cancel(d.engine, 1, true);
	desk_wait(&d, 4);
	is_verdict(&d, 1, BUILD_CANCELLED, "and goes with it");
	ok(!desk_done(&d, 1)->key, "it is not kept");
	is_verdict(&d, 3, BUILD_OK, "the next one takes the slot");
	ok(strstr(buf_str(&d.trace), "finished 1\nstarted 3 0\n"), "the same slot");
	is_int(traced(&d, "finished "), 4, "each ended once");
	engine_cancel(d.engine, 3, true);
	is_int((long long)d.n_done, 4, "one that has ended is nothing");
	is_int(leftovers(), 0, "no process is left");
	ok(desk_close(&d), "closed");
}

static void limits(void)
{
	struct desk d = {.config.limits = {4, 2, 1}};
	struct engine_limits three = {4, 2, 3};
	char name[16];
	for (int i = 1; i <= 4; i++) {
		snprintf(name, sizeof name, "W%d", i);
		put_waiting(name);
	}
	desk_open(&d);
	for (int i = 1; i <= 4; i++) {
		snprintf(name, sizeof name, "W%d", i);
		desk_submit(&d, (uint64_t)i, "tiny:tiny:one", name);
	}
	desk_wait_file(&d, file_of("W1", "runs"));
	is_int(traced(&d, "started "), 1, "one at a time");
	engine_set_limits(d.engine, &three);
	desk_wait_file(&d, file_of("W2", "runs"));
	desk_wait_file(&d, file_of("W3", "runs"));
	is_int(traced(&d, "started "), 3, "more room, more sketches");
	ok(!fs_exists(file_of("W4", "runs")), "but no more than that");
	put("W2.go", "");
	desk_wait_file(&d, file_of("W4", "runs"));
	is_str(strstr(buf_str(&d.trace), "finished 2"), "finished 2\nstarted 4 1\n",
		"the next takes the slot that was freed");
	put("W1.go", "");
	put("W3.go", "");
	put("W4.go", "");
	desk_wait(&d, 4);
	for (uint64_t i = 1; i <= 4; i++)
		is_verdict(&d, i, BUILD_OK, "all are built");
	ok(desk_close(&d), "closed");
}

struct machine {
	int n, used, most, takes;
	bool waiting;
};

static int machine_take(void *ctx)
{
	struct machine *m = ctx;
	m->takes++;
	if (m->used >= m->n)
		return -1;
	if (++m->used > m->most)
		m->most = m->used;
	return m->used;
}

static void machine_put(void *ctx, int slot)
{
	(void)slot;
	((struct machine *)ctx)->used--;
}

static bool machine_wanted(void *ctx)
{
	(void)ctx;
	return false;
}

static void machine_wait(void *ctx, bool waits)
{
	((struct machine *)ctx)->waiting = waits;
}

static void machine_slots(void)
{
	struct machine m = {.n = 1};
	struct desk d = {
		.config.slots = {machine_take, machine_put, machine_wanted, machine_wait, &m}};
	put_sketch("M1", "int m1; // tiny: sleep 5");
	put_sketch("M2", "int m2; // tiny: sleep 5");
	put_sketch("M3", "int m3;");
	put_sketch("M4", "int m4;");
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "M1");
	desk_submit(&d, 2, "tiny:tiny:one", "M2");
	desk_wait(&d, 2);
	is_verdict(&d, 1, BUILD_OK, "two build on one slot of the machine");
	is_verdict(&d, 2, BUILD_OK, "both");
	is_int(m.most, 1, "which they share");
	is_int(m.used, 0, "and give back");
	m.takes = 0;
	desk_submit(&d, 3, "tiny:tiny:one", "M1");
	desk_wait(&d, 3);
	is_int(m.takes, 0, "a build that starts no process asks for none");
	m.n = 0;
	desk_submit(&d, 4, "tiny:tiny:one", "M3");
	while (!m.waiting)
		uv_run(&d.loop, UV_RUN_ONCE);
	engine_cancel(d.engine, 4, true);
	desk_wait(&d, 4);
	is_verdict(&d, 4, BUILD_CANCELLED, "one that waits for a slot can be cancelled");
	ok(!m.waiting, "then it waits no more");
	desk_submit(&d, 5, "tiny:tiny:one", "M4");
	while (!m.waiting)
		uv_run(&d.loop, UV_RUN_ONCE);
	ok(desk_close(&d), "closing while one waits leaves no handle");
	ok(!m.waiting && !m.used, "nor a wish");
}

static void close_running(void)
{
	struct desk d = {0};
	put_waiting("Stuck");
	put("lib3/Slow/library.properties", "name=Slow\nversion=1.0\n");
	put("lib3/Slow/src/Slow.h", "#pragma once\n");
	char *text =
		xasprintf("// tiny: touch %s/slow.runs\n// tiny: fork-and-hold\n// tiny: hang\n",
			test_tmpdir());
	put("lib3/Slow/src/Slow.cpp", text);
	free(text);
	put_sketch("UsesSlow", "#include <Slow.h>");
	strv_push(&d.config.libraries_dirs, at("lib3"));
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Stuck");
	desk_submit(&d, 2, "tiny:tiny:one", "UsesSlow");
	desk_submit(&d, 3, "tiny:tiny:one", "Plain");
	desk_wait_file(&d, file_of("Stuck", "runs"));
	desk_wait_file(&d, at("slow.runs"));
	ok(leftovers() >= 2, "compilers run");
	ok(desk_close(&d), "closing while they do leaves no handle");
	for (int i = 0; i < 100 && leftovers(); i++)
		usleep(10000);
	is_int(leftovers(), 0, "and no process");
	is_int(waitpid(-1, NULL, WNOHANG), -1, "nor a zombie");
	struct fs_list l = {0};
	must(fs_list(at("cache/tmp"), &l, NULL) == 0, "no tmp");
	is_int((long long)l.n, 0, "nor anything half made in the cache");
	fs_list_release(&l);
}

static void close_early(void)
{
	struct desk d = {0}, e = {0};
	desk_open(&d);
	ok(desk_close(&d), "an engine that did nothing");
	desk_open(&e);
	desk_submit(&e, 1, "tiny:tiny:one", "Plain");
	ok(desk_close(&e), "one whose job has not begun");
}

/* From within `finished`, at every point of the others' lives. */
static void close_from_callback(void)
{
	int clean = 0;
	for (int round = 0; round < 12; round++) {
		struct desk d = {.config.limits = {4, 2, 8}, .config.rebuild_units = true};
		desk_open(&d);
		d.close_on = "finished";
		desk_submit(&d, 2, round % 2 ? "tiny:tiny:two" : "tiny:tiny:one", "Libs");
		desk_submit(&d, 3, "tiny:tiny:two", "Libs");
		for (int i = 0; i < round; i++) {
			uv_run(&d.loop, UV_RUN_NOWAIT);
			usleep(1000);
		}
		desk_submit(&d, 1, "tiny:tiny:none", "Plain");
		desk_submit(&d, 4, "tiny:tiny:one", "Plain");
		desk_wait(&d, 1);
		clean += desk_close(&d);
	}
	is_int(clean, 12, "closing from within a result's call leaves nothing");
	is_int(leftovers(), 0, "and no process");
}

/* Here the other's next steps are queued already: kept results, then units that want their lock. */
static void close_in_batch(void)
{
	for (int rebuild = 0; rebuild < 2; rebuild++) {
		struct desk d = {.config.limits = {4, 2, 8}, .config.rebuild_units = rebuild};
		desk_open(&d);
		d.close_on = "finished";
		desk_submit(&d, 1, "tiny:tiny:none", "Plain");
		desk_submit(&d, 2, "tiny:tiny:one", "Plain");
		desk_submit(&d, 3, "tiny:tiny:one", "Libs");
		desk_wait(&d, 1);
		ok(desk_close(&d), "closed while others' steps are queued");
		is_int(leftovers(), 0, "no process is left");
	}
}

/* From within each kind of event, with kept units and with units that are made; others are at work meanwhile. */
static void close_from_events(void)
{
	static const char *const events[] = {
		"started", "note", "unit core", "unit library", "finished"};
	put("given/library.properties", "name=Given\nversion=1.0\n");
	put("given/src/Given.h", "#pragma once\n");
	put("given/src/detail/part.h", "#pragma once\n");
	put("given/src/Given.cpp", "int given;\n");
	put_sketch("Inner", "#include <detail/part.h>\n#include <Blinker.h>");
	for (size_t i = 0; i < 2 * ARRAY_LEN(events); i++) {
		struct desk d = {.config.limits = {4, 2, 8}, .config.rebuild_units = i % 2};
		strv_push(&d.config.library_dirs, at("given"));
		d.close_on = events[i / 2];
		desk_open(&d);
		desk_submit(&d, 1, "tiny:tiny:one", "Inner");
		desk_submit(&d, 2, "tiny:tiny:one", "Libs");
		desk_submit(&d, 3, "tiny:tiny:two", "Plain");
		while (!d.closing)
			uv_run(&d.loop, UV_RUN_ONCE);
		ok(desk_close(&d), "closed from within '%s'", events[i / 2]);
	}
	is_int(leftovers(), 0, "no process is left");
}

static void cancel_from_callback(void)
{
	struct desk d = {.config.limits = {4, 2, 8}};
	desk_open(&d);
	d.cancel_on_finish = 2;
	desk_submit(&d, 2, "tiny:tiny:one", "Stuck");
	desk_submit(&d, 1, "tiny:tiny:none", "Plain");
	desk_wait(&d, 2);
	is_verdict(&d, 2, BUILD_CANCELLED, "cancelled from within another's result");
	ok(desk_close(&d), "closed");
}

static void notes(void)
{
	struct desk d = {0};
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Plain");
	desk_submit(&d, 2, "tiny:tiny:two", "Plain");
	desk_submit(&d, 3, "tiny:tiny:two:speed=fast", "Plain");
	desk_wait(&d, 3);
	for (size_t i = 0; i < d.notes.n; i++)
		for (size_t k = 0; k < i; k++)
			ok(strcmp(d.notes.v[i], d.notes.v[k]) != 0, "note %zu is told once", i);
	is_int(traced(&d, "unit core core"), 3, "a core for each board and option");
	ok(desk_close(&d), "closed");
}

/* Directories of units that live. */
static int unit_dirs(void)
{
	char *dir = xasprintf("%s/cache/tmp/run-%d", test_tmpdir(), (int)getpid());
	struct fs_list l = {0};
	int n = fs_list(dir, &l, NULL) == 0 ? (int)l.n : -1;
	fs_list_release(&l);
	free(dir);
	return n;
}

/* Where commands read in the build directory each sketch has units of its own; they go with it. */
static void puts_back(void)
{
	struct desk d = {.config.rebuild_units = true};
	strv_push(&d.config.build_properties, "build.extra_flags=-I{build.path}/x");
	put_sketch("Broken", "#include <Blinker.h>\n// tiny: fail it");
	desk_open(&d);
	desk_submit(&d, 1, "tiny:tiny:one", "Libs");
	desk_submit(&d, 2, "tiny:tiny:one", "Plain");
	desk_submit(&d, 3, "tiny:tiny:one", "Broken");
	desk_wait(&d, 3);
	is_verdict(&d, 1, BUILD_OK, "built with units of its own");
	is_verdict(&d, 3, BUILD_FAILED, "not built");
	is_int(unit_dirs(), 0, "no unit outlives the sketch that it was for");
	ok(desk_close(&d), "closed");
}

static void engine_gone(void *ctx)
{
	*(bool *)ctx = true;
}

/* Without a cache it makes do with TMPDIR; without that, too, it says so. */
static void broken_config(void)
{
	uv_loop_t loop;
	struct error err = ERROR_INIT;
	struct engine_events ev = {0};
	struct fs_list left = {0};
	bool gone = false;
	char *cache = xstrdup(put("a-file", ""));
	char *tmp = xstrdup(getenv("TMPDIR")), *none = xasprintf("%s/no-such", test_tmpdir());
	char *own = xasprintf("%s/own", test_tmpdir());
	uv_loop_init(&loop);
	struct engine_config c = {.cache_dir = cache, .limits = {1, 1, 1}};
	setenv("TMPDIR", none, 1);
	ok(!engine_open(&loop, &c, &ev, &err) && err.text[0], "no cache in a file (%s)", err.text);
	uv_run(&loop, UV_RUN_DEFAULT);
	must(mkdir(own, 0700) == 0, own);
	setenv("TMPDIR", own, 1);
	struct engine *e = engine_open(&loop, &c, &ev, &err);
	ok(e != NULL, "but one of its own");
	if (e)
		engine_close(e, engine_gone, &gone);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left of the attempts");
	ok(gone && fs_list(own, &left, NULL) == 0 && !left.n, "nor of that cache");
	fs_list_release(&left);
	if (tmp)
		setenv("TMPDIR", tmp, 1);
	else
		unsetenv("TMPDIR");
	free(tmp);
	free(none);
	free(own);
	free(cache);
}

int main(void)
{
	tiny_install(test_tmpdir());
	good();
	reused();
	unchanged();
	bad();
	recipes();
	blocked();
	timeouts();
	unit_timeouts();
	waits_for_token();
	cancel();
	limits();
	machine_slots();
	close_running();
	close_early();
	close_from_callback();
	close_in_batch();
	close_from_events();
	cancel_from_callback();
	notes();
	puts_back();
	broken_config();
	return done_testing();
}
