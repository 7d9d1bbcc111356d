/* run_compile: the sketch's own sources, while the units its link needs are built. Where the platform has hooks between the
 * stages, they go one after the other as in the reference: sketch, libraries, core.
 */
#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/record.h"
#include "sketch/run.h"
#include "sketch/unit.h"
#include "sketch/units.h"

/* ---- the sketch's sources ---- */

static int by_name(const void *a, const void *b)
{
	const struct tu *x = a, *y = b;
	bool xs = strstr(x->name, "sketch/src/") == x->name,
	     ys = strstr(y->name, "sketch/src/") == y->name;
	return xs != ys ? xs - ys : strcmp(x->name, y->name);
}

static int fill_tu(struct run *r, struct tu *t, const char *source, struct error *err)
{
	char *rel = path_relative(source, r->job.build_dir);
	t->source = xstrdup(source);
	t->name = xasprintf("%s.o", rel);
	t->object = path_join(r->job.build_dir, t->name);
	t->depfile = xasprintf("%s/%s.d", r->job.build_dir, rel);
	t->language = language_of(source);
	free(rel);
	if (context_compile_argv(r->context, r->overlay, t->language, &r->dirs, t->source,
		    t->object, t->depfile, &t->argv, err) < 0)
		return -1;
	if (r->shared->config.warnings_are_errors)
		strv_push(&t->argv, "-Werror");
	if (!strcmp(source, r->main_cpp) && r->context->form_is_safe) {
		struct buf form = BUF_INIT;
		source_normal_form(r->text.data, r->text.len, &form);
		digest_bytes(&t->form, form.data, form.len);
		t->has_form = true;
		buf_release(&form);
	}
	return 0;
}

/* All files that lie in build.path/sketch by now: the sketch's own, X.ino.cpp, and what a hook put there. */
static int fill_group(struct run *r, struct error *err)
{
	struct strv all = STRV_INIT;
	char *src = path_join(r->sketch_build_dir, "src");
	int ret = sources_in(r->sketch_build_dir, false, r->shared->compat, &all, err);
	if (ret == 0 && fs_is_dir(src))
		ret = sources_in(src, true, r->shared->compat, &all, err);
	group_init(&r->group, r->context, all.n);
	for (size_t i = 0; i < all.n && ret == 0; i++)
		ret = fill_tu(r, &r->group.v[i], all.v[i], err);
	if (!r->shared->compat && r->group.n)
		qsort(r->group.v, r->group.n, sizeof *r->group.v, by_name);
	strv_release(&all);
	free(src);
	return ret;
}

static void when_all_there(struct run *r);

static void on_unit(void *ctx, struct unit *u)
{
	struct run *r = ctx;
	(void)u;
	r->units_left--;
	when_all_there(r);
}

static int want_unit(
	struct run *r, const struct library *lib, const struct unit_ask *ask, struct error *err)
{
	struct unit *u = unit_get(r->context, lib, ask, err);
	if (!u)
		return -1;
	r->units[r->n_units++] = u;
	r->units_left++;
	unit_wait(u, on_unit, r);
	return 0;
}

static int want_libraries(struct run *r, const struct unit_ask *ask, struct error *err)
{
	for (size_t i = 0; i < r->libraries.n; i++)
		if (want_unit(r, r->libraries.v[i].lib, ask, err) < 0)
			return -1;
	return 0;
}

static int want_core(struct run *r, const struct unit_ask *ask, struct error *err)
{
	return want_unit(r, NULL, ask, err);
}

static int want_all(struct run *r, const struct unit_ask *ask, struct error *err)
{
	return want_libraries(r, ask, err) < 0 ? -1 : want_core(r, ask, err);
}

/* With what its properties and files say now: a hook may have changed an argument file. */
static int want(struct run *r,
	int (*units)(struct run *r, const struct unit_ask *ask, struct error *err),
	struct error *err)
{
	struct unit_ask ask;
	unit_ask_init(&ask, r->context, &r->dirs, r->overlay);
	return units(r, &ask, err);
}

/* ---- stages one after the other ---- */

/* What runs before and after each stage, and the units it asks for. */
static const struct {
	const char *before, *after;
	int (*units)(struct run *r, const struct unit_ask *ask, struct error *err);
} stages[] = {
	{"recipe.hooks.sketch.prebuild", "recipe.hooks.sketch.postbuild", NULL},
	{"recipe.hooks.libraries.prebuild", "recipe.hooks.libraries.postbuild", want_libraries},
	{"recipe.hooks.core.prebuild", "recipe.hooks.core.postbuild", want_core},
};

static bool has_stage_hooks(const struct context *c)
{
	struct strv keys = STRV_INIT;
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		context_recipes(c, stages[i].before, ".pattern", &keys);
		context_recipes(c, stages[i].after, ".pattern", &keys);
	}
	bool any = keys.n > 0;
	strv_release(&keys);
	return any;
}

static void run_group(struct run *r);

static void stage_begins(struct run *r)
{
	struct error err = ERROR_INIT;
	if (!stages[r->stage].units)
		run_group(r);
	else if (want(r, stages[r->stage].units, &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		when_all_there(r);
}

static void stage_ends(struct run *r)
{
	struct error err = ERROR_INIT;
	if (run_add_recipes(r, stages[r->stage].after, &err) < 0 ||
		(++r->stage < ARRAY_LEN(stages) &&
			run_add_recipes(r, stages[r->stage].before, &err) < 0))
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		run_steps(r, r->stage < ARRAY_LEN(stages) ? stage_begins : run_confirm);
}

/* A failed compile leaves no dependency file; the preprocessor writes one, if it is not the preprocessor that failed. */
static void on_failed_deps(struct run *r, const struct proc_result *p)
{
	struct buf text = BUF_INIT;
	struct tu *t = r->group.failed;
	if (p->exit_status == 0 && fs_read(t->depfile, 0, &text, NULL) == 0)
		depfile_parse(text.data, text.len, &t->out.deps);
	buf_release(&text);
	if (t->out.deps.n)
		when_all_there(r);
	else if (r->is_exact)
		run_compile_failed(r);
	else
		run_discover_exactly(r);
}

/* By its own command: the platform's preprocessor recipe takes all for C++. -w, since -Werror would spoil it. */
static void ask_failed_deps(struct run *r)
{
	struct strv argv = STRV_INIT;
	const struct tu *t = r->group.failed;
	for (size_t i = 0; i < t->argv.n; i++)
		strv_push(&argv, strcmp(t->argv.v[i], t->object) ? t->argv.v[i] : "/dev/null");
	strv_push(&argv, "-E");
	strv_push(&argv, "-w");
	run_command(r, &argv, on_failed_deps);
	strv_release(&argv);
}

static void on_compiled(void *ctx, struct group *g)
{
	struct run *r = ctx;
	if (r->ended) {
		run_maybe_report(r);
		return;
	}
	for (size_t i = 0; i < g->n; i++)
		r->result.cpu += g->v[i].cpu;
	if (g->why) {
		run_end(r, BUILD_INFRA, xstrdup(g->why));
		return;
	}
	r->result.compile = run_phase(r);
	if (g->failed) {
		r->compile_failed = true;
		ask_failed_deps(r);
		return;
	}
	when_all_there(r);
}

/* The text scan that spared the prototypes reads no headers: a macro there may name a function of the sketch. */
static bool may_want_prototypes(const struct run *r)
{
	const char *said = buf_str(&r->group.failed->err);
	return !r->with_prototypes && (strstr(said, "not declared in this scope") ||
					      strstr(said, "undeclared identifier"));
}

void run_compile_failed(struct run *r)
{
	struct tu *t = r->group.failed;
	if (may_want_prototypes(r)) {
		r->with_prototypes = true;
		run_compile(r);
		return;
	}
	if (run_fall_back(r))
		return;
	for (struct tu *i = r->group.v; i <= t; i++) {
		buf_add(&r->result.log, i->log.data, i->log.len);
		buf_add(&r->result.err, i->err.data, i->err.len);
	}
	r->result.return_code = t->status;
	if (t->out.deps.n) /* else nobody knows what it read: never reused */
		record_make(r);
	run_end(r, BUILD_FAILED, xasprintf("%s does not compile", path_base(t->source)));
}

static void blocked(struct run *r, struct unit *u)
{
	if (u->lost && run_retry(r))
		return;
	buf_add(&r->result.err, u->err.data, u->err.len);
	buf_add(&r->result.log, u->log.data, u->log.len);
	run_end(r,
		u->infra       ? BUILD_INFRA
		: u->timed_out ? BUILD_TIMEOUT
			       : BUILD_BLOCKED,
		xstrdup(u->reason));
}

static struct unit *failed_unit(const struct run *r)
{
	for (size_t i = r->n_units; i-- > 0;) /* the core first */
		if (r->units[i]->state == UNIT_FAILED)
			return r->units[i];
	return NULL;
}

/* Goes on once its own sources and all units are through. */
static void when_all_there(struct run *r)
{
	if (r->ended || r->group.running || r->task ||
		(r->compile_failed && !r->group.failed->out.deps.n))
		return;
	if (r->units_left)
		return;
	r->result.wait += run_phase(r);
	struct unit *bad = failed_unit(r);
	if (r->staged && !bad && !r->compile_failed && r->stage < ARRAY_LEN(stages))
		stage_ends(r);
	else if (bad && !r->compile_failed && (!bad->library || r->is_exact || bad->infra))
		blocked(r, bad);
	else if (bad && !r->compile_failed)
		run_discover_exactly(r); /* perhaps that library is not wanted at all */
	else
		run_confirm(r);
}

static void on_clock(void *ctx, bool runs)
{
	run_clock(ctx, runs);
}

static void run_group(struct run *r)
{
	r->group.root = xstrdup(r->sketch_build_dir);
	r->group.build_dir = xstrdup(r->job.build_dir);
	r->group.includes = r->includes;
	r->group.stage = STAGE_SKETCH;
	r->group.lookup = !r->shared->config.clean;
	r->group.done = on_compiled;
	r->group.clock = on_clock;
	r->group.ctx = r;
	run_phase(r);
	group_run(&r->group);
}

static void run_staged(struct run *r)
{
	struct error err = ERROR_INIT;
	r->staged = true;
	r->stage = 0;
	if (run_add_recipes(r, stages[0].before, &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		run_steps(r, stage_begins);
}

void run_sources(struct run *r)
{
	struct error err = ERROR_INIT;
	if (r->group.v)
		group_release(&r->group);
	r->compile_failed = false;
	run_drop_units(r);
	r->units = xcalloc(r->libraries.n + 1, sizeof *r->units);
	if (fs_write(r->main_cpp, r->text.data, r->text.len, &err) < 0 || fill_group(r, &err) < 0) {
		run_end(r, BUILD_INFRA, xstrdup(err.text));
		return;
	}
	for (size_t i = 0; i < r->group.n; i++)
		run_show(r, &r->group.v[i].argv);
	if (has_stage_hooks(r->context))
		run_staged(r);
	else if (want(r, want_all, &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		run_group(r);
}
