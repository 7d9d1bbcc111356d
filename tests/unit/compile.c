/* Groups of compiles over the tiny compiler: hits and misses, which failure counts, cancelling. */
#include "sketch/compile.h"

#include "unit/context_util.h"

struct work {
	struct desk d;
	struct context *c;
	struct props *over;
	struct strv dirs;
	struct include_list *includes;
	struct group g;
	bool ended;
	int ends;
};

static void on_done(void *ctx, struct group *g)
{
	struct work *w = ctx;
	(void)g;
	w->ended = true;
	w->ends++;
}

static void open_work(struct work *w)
{
	desk_open(&w->d);
	w->c = desk_context(&w->d, "tiny:tiny:one");
	w->over = context_overlay(at("build"), "S.ino", "/s");
	strv_push(&w->dirs, w->c->board->core_dir);
	strv_push(&w->dirs, w->c->board->variant_dir);
	w->includes = include_list_new(w->d.s.files, &w->dirs);
	fs_mkdirs(at("build"), NULL);
}

/* A group of the sources src/1.cpp … src/n.cpp. */
static void fill(struct work *w, size_t n)
{
	struct error err = ERROR_INIT;
	struct group *g = &w->g;
	file_index_forget(w->d.s.files, NULL);
	group_init(g, w->c, n);
	for (size_t i = 0; i < n; i++) {
		struct tu *t = &g->v[i];
		t->source = xasprintf("%s/src/%zu.cpp", test_tmpdir(), i + 1);
		t->name = xasprintf("%zu.o", i + 1);
		t->object = xasprintf("%s/build/%zu.o", test_tmpdir(), i + 1);
		t->depfile = xasprintf("%s/build/%zu.d", test_tmpdir(), i + 1);
		t->language = LANG_CXX;
		must(context_compile_argv(w->c, w->over, LANG_CXX, &w->dirs, t->source, t->object,
			     t->depfile, &t->argv, &err) == 0,
			err.text);
	}
	g->root = xstrdup(at("src"));
	g->build_dir = xstrdup(at("build"));
	g->includes = w->includes;
	g->stage = STAGE_SKETCH;
	g->done = on_done;
	g->ctx = w;
	w->ended = false;
	tiny_forget(test_tmpdir());
	usleep(30000); /* what is younger than a tick when the compiler starts is not kept */
}

static void run(struct work *w, size_t n)
{
	fill(w, n);
	group_run(&w->g);
	ok(!w->ended, "the end never comes from within group_run");
	desk_until(&w->d, &w->ended);
}

static int compiles(void)
{
	return tiny_starts(test_tmpdir(), "compile", NULL);
}

/* Taken without a compiler. */
static bool is_kept(const struct tu *t)
{
	return t->done && t->status == 0 && !t->started.tv_sec;
}

static int kept(const struct work *w)
{
	int n = 0;
	for (size_t i = 0; i < w->g.n; i++)
		n += is_kept(&w->g.v[i]);
	return n;
}

static bool close_work(struct work *w)
{
	include_list_free(w->includes);
	strv_release(&w->dirs);
	props_free(w->over);
	return desk_close(&w->d);
}

static void hits(void)
{
	struct work w = {0};
	put("src/1.cpp", "int a;\n#include \"own.h\"\n");
	put("src/2.cpp", "#include <Arduino.h>\n");
	put("src/own.h", "int b;\n");
	open_work(&w);
	run(&w, 2);
	ok(!w.g.failed && !w.g.why && kept(&w) == 0, "nothing is kept yet");
	is_int(compiles(), 2, "both were compiled");
	ok(w.g.v[0].done && !is_kept(&w.g.v[0]) && w.g.v[0].status == 0,
		"the outcome of the first");
	ok(w.g.v[0].out.deps.n == 2 && !strcmp(w.g.v[0].out.deps.v[1], at("src/own.h")),
		"and what it read");
	ok(fs_is_file(w.g.v[1].out.object), "the other's object");
	struct digest first = w.g.v[0].out.digest;
	group_release(&w.g);

	run(&w, 2);
	is_int(kept(&w), 2, "the same again: two hits");
	is_int(compiles(), 0, "no compiler");
	ok(is_kept(&w.g.v[0]) && digest_equal(&first, &w.g.v[0].out.digest), "the same object");
	ok(w.g.v[0].out.deps.n == 2, "and what it read");
	group_release(&w.g);

	fill(&w, 2);
	ok(group_lookup(&w.g), "all is there");
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	is_int(kept(&w), 2, "counted once");
	group_release(&w.g);

	put("src/own.h", "int c;\n");
	fill(&w, 2);
	ok(!group_lookup(&w.g), "a changed header: not all");
	ok(!w.g.v[0].done && w.g.v[1].done, "but what is there was taken");
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	is_int(compiles(), 1, "the other is compiled");
	ok(!digest_equal(&first, &w.g.v[0].out.digest), "to another object");
	group_release(&w.g);

	fill(&w, 2);
	w.g.lookup = false;
	ok(!group_lookup(&w.g), "without leave nothing is taken");
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	is_int(compiles(), 2, "and all is compiled");
	group_release(&w.g);

	run(&w, 0);
	ok(!w.g.failed, "an empty group ends too");
	group_release(&w.g);
	is_int(w.ends, 6, "each group ended once");
	ok(close_work(&w), "closed");
}

static void put_text(const char *name, const char *fmt)
{
	char *text = xasprintf(fmt, test_tmpdir(), test_tmpdir());
	put(name, text);
	free(text);
}

/* The second fails at once, the first a while later, the third would run for ever. */
static void first_failure(void)
{
	struct work w = {0};
	unlink(at("second-failed"));
	put_text("src/1.cpp", "// tiny: wait %s/second-failed\n// tiny: fail one\n");
	put_text("src/2.cpp",
		"// tiny: touch %s/second-failed\n// tiny: warn two-w\n// tiny: fail two\n");
	put("src/3.cpp", "// tiny: hang\n");
	put("src/4.cpp", "int d;\n");
	open_work(&w);
	run(&w, 4);
	ok(w.g.failed == &w.g.v[0], "the first in order counts, not the first in time");
	ok(strstr(buf_str(&w.g.v[0].err), "one"), "its words");
	is_int(w.g.v[0].status, 1, "and status");
	ok(!w.g.why, "no other reason");
	ok(w.g.v[1].dropped && w.g.v[1].done, "what comes after it is dropped");
	ok(w.g.v[2].done && w.g.v[2].status == -1, "and killed");
	group_release(&w.g);

	put("src/1.cpp", "int a;\n");
	put("src/2.cpp", "// tiny: fail two\n");
	run(&w, 4);
	ok(w.g.failed == &w.g.v[1] && w.g.v[0].status == 0, "the one before it is finished");
	group_release(&w.g);
	run(&w, 1);
	is_int(kept(&w), 1, "and kept");
	group_release(&w.g);
	put("src/1.cpp", "// tiny: fail one\n");
	run(&w, 1);
	group_release(&w.g);
	run(&w, 1);
	ok(w.g.failed && kept(&w) == 0 && compiles() == 1, "a failure never is");
	group_release(&w.g);
	ok(close_work(&w), "closed");
}

static void machine_failures(void)
{
	struct work w = {0};
	put("src/1.cpp", "// tiny: die SEGV\n");
	open_work(&w);
	run(&w, 1);
	ok(w.g.failed && w.g.why && strstr(w.g.why, "signal 11"), "a crash is the machine's (%s)",
		w.g.why ? w.g.why : "");
	group_release(&w.g);
	put("src/1.cpp", "int a;\n");
	put("src/2.cpp", "int b;\n");
	fill(&w, 2);
	free(w.g.v[0].argv.v[0]);
	w.g.v[0].argv.v[0] = xstrdup(at("no-such-compiler"));
	w.g.lookup = false;
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	ok(w.g.why && strstr(w.g.why, "no-such-compiler"), "so is a compiler that is not there");
	group_release(&w.g);
	put("a-file", "");
	fill(&w, 2);
	free(w.g.v[0].object);
	w.g.v[0].object = xstrdup(at("a-file/1.o"));
	w.g.lookup = false;
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	ok(w.g.why && strstr(w.g.why, "a-file"), "and no place for the object (%s)",
		w.g.why ? w.g.why : "");
	group_release(&w.g);
	put("src/1.cpp", "// tiny: hang\n");
	fill(&w, 1);
	w.g.timeout = 0.3;
	group_run(&w.g);
	desk_until(&w.d, &w.ended);
	ok(w.g.failed && w.g.v[0].timed_out && !w.g.why, "the time limit is told");
	group_release(&w.g);
	ok(close_work(&w), "closed");
}

static void cancelling(void)
{
	struct work w = {0};
	unlink(at("runs"));
	put_text("src/1.cpp", "// tiny: touch %s/runs\n// tiny: hang\n");
	put("src/2.cpp", "int b2;\n");
	open_work(&w);
	group_init(&w.g, w.c, 0);
	group_cancel(&w.g);
	ok(!w.g.cancelled, "a group that does not run cannot be cancelled");
	group_release(&w.g);
	fill(&w, 2);
	group_run(&w.g);
	desk_until_file(&w.d, at("runs"));
	group_cancel(&w.g);
	group_cancel(&w.g);
	ok(!w.ended, "the end does not come from within");
	desk_until(&w.d, &w.ended);
	ok(w.g.cancelled && !w.g.failed && !w.g.why, "cancelled is not failed");
	is_int(w.g.v[0].status, -1, "what ran is killed");
	is_int(w.ends, 1, "one end");
	group_release(&w.g);

	put("src/1.cpp", "int a;\n");
	fill(&w, 2);
	group_run(&w.g);
	group_cancel(&w.g);
	desk_until(&w.d, &w.ended);
	is_int(compiles(), 0, "cancelled at once: nothing starts");
	group_release(&w.g);
	ok(close_work(&w), "closed");
}

/* A result whose text changed while it was compiled is good for this once. */
static void changed_meanwhile(void)
{
	struct work w = {0};
	put("src/own.h", "int v1;\n");
	unlink(at("runs"));
	unlink(at("go"));
	put_text("src/1.cpp", "#include \"own.h\"\n// tiny: touch %s/runs\n// tiny: wait %s/go\n");
	open_work(&w);
	fill(&w, 1);
	group_run(&w.g);
	desk_until_file(&w.d, at("runs"));
	put("src/own.h", "int v2;\n");
	put("go", "");
	desk_until(&w.d, &w.ended);
	ok(!w.g.failed, "the compile is no failure");
	group_release(&w.g);
	run(&w, 1);
	is_int(kept(&w), 0, "but is not taken for the new text's");
	group_release(&w.g);
	put("src/own.h", "int v1;\n");
	run(&w, 1);
	is_int(kept(&w), 0, "nor for the old one's");
	group_release(&w.g);
	ok(close_work(&w), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	hits();
	first_failure();
	machine_failures();
	cancelling();
	changed_meanwhile();
	return done_testing();
}
