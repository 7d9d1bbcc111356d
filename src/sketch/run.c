/* run: the life of one build: loading, the clock, commands and hooks, the end. Discovery, compiling and linking lie in their own files. It
 * never touches another run; units are the only thing they share.
 */
#include "sketch/run.h"

#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/defer.h"
#include "sketch/fileindex_internal.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/record.h"
#include "sketch/tasks.h"
#include "sketch/unit.h"
#include "sketch/units.h"

static double seconds_since(uint64_t t)
{
	return (double)(uv_hrtime() - t) / 1e9;
}

/* ---- the end ---- */

static void report(void *ctx)
{
	struct run *r = ctx;
	r->result.total = seconds_since(r->started);
	r->done(r);
}

void run_maybe_report(struct run *r)
{
	if (r->ended && !r->task && !r->group.running)
		defer_call(r->shared->defer, report, r);
}

void run_drop_units(struct run *r)
{
	for (size_t i = 0; i < r->n_units; i++) {
		unit_unwait(r->units[i], r);
		unit_put(r->units[i]);
	}
	free(r->units);
	r->units = NULL;
	r->n_units = r->units_left = 0;
}

void run_end(struct run *r, enum build_verdict verdict, char *reason)
{
	if (r->ended) {
		free(reason);
		return;
	}
	r->ended = true;
	r->result.verdict = verdict;
	r->result.reason = reason;
	if (verdict == BUILD_INFRA)
		r->result.fault = fault_kind(reason);
	run_clock(r, false);
	defer_drop(r->shared->defer, r);
	for (size_t i = 0; i < r->n_units; i++)
		unit_unwait(r->units[i], r);
	group_cancel(&r->group);
	if (r->task)
		task_cancel(r->task);
	run_maybe_report(r);
}

void run_stop(struct run *r, enum build_verdict verdict, const char *reason)
{
	run_end(r, verdict, xstrdup(reason));
}

/* ---- the clock ---- */

double run_phase(struct run *r)
{
	double seconds = seconds_since(r->phase_started);
	r->phase_started = uv_hrtime();
	return seconds;
}

static void on_timeout(uv_timer_t *t)
{
	struct run *r = t->data;
	run_end(r, BUILD_TIMEOUT,
		xasprintf("took longer than %g s; cure: a longer --timeout",
			r->shared->config.timeout));
}

void run_clock(struct run *r, bool runs)
{
	if (r->shared->config.timeout <= 0)
		return;
	if (!runs) {
		if (uv_is_active((uv_handle_t *)r->timer))
			r->left -= seconds_since(r->timer_started);
		uv_timer_stop(r->timer);
		return;
	}
	r->timer_started = uv_hrtime();
	uv_timer_start(r->timer, on_timeout, r->left > 0 ? (uint64_t)(r->left * 1000) : 0, 0);
}

/* ---- commands ---- */

void run_show(struct run *r, const struct strv *argv)
{
	command_text(argv, &r->result.cmd);
}

static void on_command_start(void *ctx)
{
	run_clock(ctx, true);
}

static void on_command(void *ctx, const struct proc_result *p, const char *why)
{
	struct run *r = ctx;
	r->task = NULL;
	run_clock(r, false);
	if (r->ended) {
		run_maybe_report(r);
		return;
	}
	if (!p) {
		run_end(r, BUILD_INFRA, xstrdup(why));
		return;
	}
	r->result.cpu += p->cpu;
	char *fault = task_fault(r->shared->tasks, &r->command, p);
	if (fault) {
		buf_add(&r->result.err, p->err.data, p->err.len);
		run_end(r, BUILD_INFRA, fault);
		return;
	}
	r->after(r, p);
}

void run_command(struct run *r, const struct strv *argv,
	void (*after)(struct run *r, const struct proc_result *p))
{
	struct task_spec spec = {
		.argv = argv,
		.cwd = r->job.build_dir,
		.stage = STAGE_SKETCH,
		.started = on_command_start,
	};
	strv_clear(&r->command);
	strv_push_all(&r->command, argv);
	r->after = after;
	r->task = task_submit(r->shared->tasks, &spec, on_command, r);
}

void run_add_step(struct run *r, const struct strv *argv)
{
	r->steps = xreallocarray(r->steps, r->n_steps + 1, sizeof *r->steps);
	r->steps[r->n_steps] = (struct strv)STRV_INIT;
	strv_push_all(&r->steps[r->n_steps++], argv);
}

int run_add_recipes(struct run *r, const char *prefix, struct error *err)
{
	struct strv keys = STRV_INIT, argv = STRV_INIT;
	int ret = 0;
	context_recipes(r->context, prefix, ".pattern", &keys);
	for (size_t i = 0; i < keys.n && ret == 0; i++) {
		strv_clear(&argv);
		ret = context_recipe_argv(r->context, r->overlay, keys.v[i], &argv, err);
		if (ret == 0)
			run_add_step(r, &argv);
	}
	strv_release(&keys);
	strv_release(&argv);
	return ret;
}

static void drop_steps(struct run *r)
{
	for (size_t i = 0; i < r->n_steps; i++)
		strv_release(&r->steps[i]);
	free(r->steps);
	r->steps = NULL;
	r->n_steps = r->next_step = 0;
}

static void on_step(struct run *r, const struct proc_result *p)
{
	buf_add(&r->result.log, p->out.data, p->out.len);
	buf_add(&r->result.err, p->err.data, p->err.len);
	if (p->exit_status) {
		if (run_fall_back(r))
			return;
		r->result.return_code = p->exit_status;
		if (r->confirmed) {
			run_gather(r);
			record_make(r);
		}
		run_end(r, BUILD_FAILED,
			xasprintf("'%s' ended with status %d", path_base(r->command.v[0]),
				p->exit_status));
		return;
	}
	r->next_step++;
	run_steps(r, r->after_steps);
}

void run_steps(struct run *r, void (*after)(struct run *r))
{
	r->after_steps = after;
	if (r->next_step < r->n_steps) {
		run_command(r, &r->steps[r->next_step], on_step);
		return;
	}
	drop_steps(r);
	after(r);
}

/* ---- loading ---- */

static int copy_file(struct run *r, const char *rel, struct error *err)
{
	struct buf text = BUF_INIT;
	char *from = path_join(r->sketch.dir, rel), *to = path_join(r->sketch_build_dir, rel);
	char *dir = path_dir(to);
	int ret = source_copy_text(from, r->shared->compat, &text, err);
	if (ret == 0)
		ret = fs_mkdirs(dir, err);
	if (ret == 0)
		ret = fs_write(to, text.data, text.len, err);
	/* Looked at before a compiler reads it: what is as young as that would not be kept. */
	if (ret == 0)
		file_index_get(r->shared->files, to);
	buf_release(&text);
	free(from);
	free(to);
	free(dir);
	return ret;
}

static int copy_files(struct run *r, struct error *err)
{
	for (size_t i = 0; i < r->sketch.sources.n; i++)
		if (copy_file(r, r->sketch.sources.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->sketch.others.n; i++)
		if (copy_file(r, r->sketch.others.v[i], err) < 0)
			return -1;
	return 0;
}

static int make_build_dir(struct run *r, struct error *err)
{
	if (fs_remove_tree(r->job.build_dir, err) < 0 || fs_mkdirs(r->sketch_build_dir, err) < 0)
		return -1;
	return 0;
}

static void load_failed(struct run *r, enum build_verdict verdict, const struct error *err)
{
	buf_addf(&r->result.err, "%s\n", err->text);
	run_end(r, verdict, xstrdup(err->text));
}

/* After the prebuild hooks, which may have put files beside the sketch's own. */
static void list_sources(struct run *r)
{
	char *src = path_join(r->sketch_build_dir, "src");
	strv_clear(&r->sources);
	sources_queue(r->sketch_build_dir, false, r->shared->compat, &r->sources, NULL);
	if (fs_is_dir(src))
		sources_queue(src, true, r->shared->compat, &r->sources, NULL);
	free(src);
	run_discover(r);
}

static void look_at(struct run *r, const struct strv *relative)
{
	for (size_t i = 0; i < relative->n; i++) {
		char *path = path_join(r->sketch.dir, relative->v[i]);
		file_index_get(r->shared->files, path);
		free(path);
	}
}

/* What is known before it is read can be told from what is edited during the build. */
static void look_at_sketch(struct run *r)
{
	const struct sketch *s = &r->sketch;
	file_index_get(r->shared->files, s->dir);
	for (size_t i = 0; i < s->ino.n; i++)
		file_index_get(r->shared->files, s->ino.v[i]);
	look_at(r, &s->dirs);
	look_at(r, &s->sources);
	look_at(r, &s->others);
	r->since = file_index_now();
}

static void load(void *ctx)
{
	struct run *r = ctx;
	struct context *c = r->context;
	struct error err = ERROR_INIT;
	if (c->error.text[0]) {
		load_failed(r, c->is_users_fault ? BUILD_FAILED : BUILD_INFRA, &c->error);
		return;
	}
	if (record_is_current(c, r->job.known_key, r->job.known_deps)) {
		run_end(r, BUILD_UNCHANGED, NULL);
		return;
	}
	file_index_get(r->shared->files, r->job.sketch);
	if (sketch_load(&r->sketch, r->job.sketch, &err) < 0) {
		load_failed(r, BUILD_FAILED, &err);
		return;
	}
	look_at_sketch(r);
	if (source_merge(&r->sketch, &r->merged, &err) < 0) {
		load_failed(r, BUILD_FAILED, &err);
		return;
	}
	const char *project = path_base(r->sketch.main_file);
	r->overlay = context_overlay(r->job.build_dir, project, r->sketch.dir);
	r->sketch_build_dir = path_join(r->job.build_dir, "sketch");
	r->main_cpp = xasprintf("%s/%s.cpp", r->sketch_build_dir, project);
	if (make_build_dir(r, &err) < 0 || copy_files(r, &err) < 0 ||
		run_add_recipes(r, "recipe.hooks.prebuild", &err) < 0) {
		load_failed(r, BUILD_INFRA, &err);
		return;
	}
	run_steps(r, list_sources);
}

bool run_retry(struct run *r)
{
	if (r->retried || !r->n_units)
		return false;
	r->retried = true;
	for (size_t i = 0; i < r->n_units; i++)
		unit_distrust(r->units[i]);
	drop_steps(r);
	r->confirmed = r->is_exact = r->compile_failed = false;
	r->attempts = 0;
	buf_clear(&r->result.log);
	buf_clear(&r->result.err);
	run_discover(r);
	return true;
}

bool run_fall_back(struct run *r)
{
	bool kept = false;
	for (size_t i = 0; i < r->n_units; i++)
		kept |= r->units[i]->reused;
	return kept && r->shared->config.fallback_mrproper && run_retry(r);
}

struct engine_job run_job_copy(const struct engine_job *from)
{
	struct strv *dirs = NULL;
	if (from->library_dirs) {
		dirs = xcalloc(1, sizeof *dirs);
		strv_push_all(dirs, from->library_dirs);
	}
	return (struct engine_job){
		.id = from->id,
		.board = xstrdup(from->board),
		.sketch = xstrdup(from->sketch),
		.tree_library = xstrdup(from->tree_library),
		.build_dir = xstrdup(from->build_dir),
		.known_key = xstrdup(from->known_key),
		.known_deps = xstrdup(from->known_deps),
		.library_dirs = dirs,
	};
}

void run_job_release(struct engine_job *j)
{
	struct strv *dirs = (struct strv *)j->library_dirs;
	if (dirs)
		strv_release(dirs);
	free(dirs);
	free((char *)j->board);
	free((char *)j->sketch);
	free((char *)j->tree_library);
	free((char *)j->build_dir);
	free((char *)j->known_key);
	free((char *)j->known_deps);
}

struct run *run_start(struct shared *s, struct context *c, const struct engine_job *job, int slot,
	void (*done)(struct run *r), void *owner)
{
	struct run *r = xcalloc(1, sizeof *r);
	r->shared = s;
	r->context = c;
	c->users++;
	r->slot = slot;
	r->done = done;
	r->owner = owner;
	r->job = *job;
	r->result = (struct engine_result){
		.id = job->id, .flash = -1, .flash_max = -1, .ram = -1, .ram_max = -1};
	r->started = r->phase_started = uv_hrtime();
	r->left = s->config.timeout;
	r->timer = xcalloc(1, sizeof *r->timer);
	uv_timer_init(s->loop, r->timer);
	r->timer->data = r;
	defer_call(s->defer, load, r);
	return r;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void free_result(struct engine_result *e)
{
	free(e->reason);
	free(e->key);
	buf_release(&e->log);
	buf_release(&e->err);
	buf_release(&e->cmd);
	buf_release(&e->deps);
	buf_release(&e->syms);
	strv_release(&e->units);
	strv_release(&e->libraries);
	for (size_t i = 0; i < e->n_artifacts; i++) {
		free(e->artifacts[i].name);
		free(e->artifacts[i].path);
	}
	free(e->artifacts);
}

void run_free(struct run *r)
{
	if (!r)
		return;
	defer_drop(r->shared->defer, r);
	uv_close((uv_handle_t *)r->timer, free_handle);
	run_drop_units(r);
	units_leave(r->context, r->job.build_dir);
	r->group.running = false;
	if (r->group.v)
		group_release(&r->group);
	drop_steps(r);
	run_release_discovery(r);
	include_list_free(r->includes);
	if (r->sketch_build_dir) {
		fs_remove_tree(r->job.build_dir, NULL);
		store_drop(r->shared->store, r->job.build_dir);
	}
	sketch_release(&r->sketch);
	merged_release(&r->merged);
	props_free(r->overlay);
	strv_release(&r->sources);
	strv_release(&r->link_inputs);
	strv_release(&r->dirs);
	strv_release(&r->command);
	buf_release(&r->text);
	free(r->sketch_build_dir);
	free(r->main_cpp);
	free_result(&r->result);
	run_job_release(&r->job);
	r->context->users--;
	free(r);
}
