/* why: for each board and sketch: which libraries it uses, by which header, from where, and which candidates were not chosen; or the
 * rule that skips it. It asks the same code that builds, and when in doubt the compiler's preprocessor.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include "boss/outtree.h"
#include "boss/report/text.h"
#include "cli/dryrun.h"
#include "cli/plan.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/tmp.h"
#include "common/visible.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/context.h"
#include "sketch/discover.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/source.h"
#include "sketch/tool_env.h"

struct why {
	struct invocation *in;
	struct plan plan;
	struct shared shared;
	struct context *contexts;
	uv_loop_t loop;
	struct procs *procs;
	char *scratch; /* for the merged text */
	struct report_style style;
	struct buf out;
};

/* One sketch, loaded. */
struct subject {
	struct sketch sketch;
	struct merged merged;
	struct strv sources; /* absolute */
	struct discover_sources view;
};

/* ---- the preprocessor, one run at a time ---- */

struct answer {
	int status;
	struct buf err;
};

static void on_done(struct proc *p, const struct proc_result *r, void *ctx)
{
	struct answer *a = ctx;
	(void)p;
	a->status = r->exit_status;
	buf_add(&a->err, r->err.data, r->err.len);
}

static int run_one(struct why *w, struct strv *argv, struct answer *a, struct error *err)
{
	struct strv env = STRV_INIT;
	tool_env(&env, false);
	struct proc_spec spec = {.argv = argv->v, .envp = env.v, .timeout = 300};
	a->status = -1;
	struct proc *p = proc_start(w->procs, &spec, on_done, a, err);
	/* The child watcher keeps the loop alive for ever. */
	while (p && a->status < 0)
		uv_run(&w->loop, UV_RUN_ONCE);
	strv_release(&env);
	return p ? 0 : -1;
}

static int preprocess(struct why *w, struct context *c, const struct subject *s,
	const struct library_list *l, const char *source, const char *extra, struct answer *a,
	struct error *err)
{
	struct strv dirs = STRV_INIT, argv = STRV_INIT;
	char *merged = path_join(w->scratch, "sketch.ino.cpp");
	struct props *overlay =
		context_overlay(w->scratch, path_base(s->sketch.main_file), s->sketch.dir);
	discover_include_dirs(&c->discover, l, &dirs);
	if (extra)
		strv_push(&dirs, extra);
	int ret = fs_write(merged, s->merged.text.data, s->merged.text.len, err);
	if (ret == 0)
		ret = context_preproc_argv(c, overlay, &dirs, *source ? source : merged,
			"/dev/null", NULL, &argv, err);
	if (ret == 0)
		ret = run_one(w, &argv, a, err);
	props_free(overlay);
	strv_release(&dirs);
	strv_release(&argv);
	free(merged);
	return ret;
}

/* A header that nobody has could be the compiler's own, for all that the prediction knows. */
static bool reads_well(
	struct why *w, struct context *c, const struct subject *s, const struct library_list *l)
{
	struct answer a = {0};
	bool well = preprocess(w, c, s, l, "", NULL, &a, NULL) == 0 && a.status == 0;
	buf_release(&a.err);
	return well;
}

static int exact_pass(struct why *w, struct context *c, const struct subject *s, struct exact *x,
	const char *source, const char *extra, struct error *err)
{
	struct answer a = {0};
	int ret = preprocess(w, c, s, exact_list(x), source, extra, &a, err);
	if (ret == 0)
		exact_result(x, a.status, buf_str(&a.err));
	buf_release(&a.err);
	return ret;
}

/* The reference's passes. `missing` becomes the header that no library has, or stays NULL. */
static int discover_exactly(struct why *w, struct context *c, const struct subject *s,
	struct library_list *out, char **missing, struct error *err)
{
	struct exact *x = exact_new(&c->discover, &s->view);
	const char *source, *extra;
	enum exact_step step = EXACT_RUN;
	int ret = 0;
	while (ret == 0 && (step = exact_next(x, &source, &extra)) == EXACT_RUN)
		ret = exact_pass(w, c, s, x, source, extra, err);
	if (ret == 0) {
		library_list_copy(out, exact_list(x));
		*missing = xstrdup(step == EXACT_FAILED ? exact_missing(x) : NULL);
	}
	exact_free(x);
	return ret;
}

/* ---- telling ---- */

static void add_library(struct why *w, const struct library *l)
{
	visible_addstr(&w->out, l->name);
	buf_addstr(&w->out, *l->version ? " " : "");
	visible_addstr(&w->out, l->version);
	buf_addstr(&w->out, " in ");
	text_path(&w->out, &w->style, l->dir);
}

static void add_used(struct why *w, const struct context *c, const struct used_library *u)
{
	const struct library **losers = NULL;
	size_t n = 0;
	buf_addstr(&w->out, "  ");
	add_library(w, u->lib);
	buf_addstr(&w->out, "\n    for ");
	visible_addstr(&w->out, u->header ? u->header : "?");
	buf_addstr(&w->out, ", included by ");
	text_path(&w->out, &w->style, u->from && *u->from ? u->from : "the sketch");
	buf_addch(&w->out, '\n');
	if (u->header)
		libraries_resolve(c->libraries, u->header, &losers, &n);
	for (size_t i = 0; i < n; i++) {
		buf_addstr(&w->out, "    not chosen: ");
		add_library(w, losers[i]);
		buf_addch(&w->out, '\n');
	}
	free(losers);
}

static void add_list(
	struct why *w, const struct context *c, const struct library_list *l, const char *missing)
{
	if (!l->n && !missing)
		buf_addstr(&w->out, "  no library\n");
	for (size_t i = 0; i < l->n; i++)
		add_used(w, c, &l->v[i]);
	if (!missing)
		return;
	buf_addstr(&w->out, "  no library has '");
	visible_addstr(&w->out, missing);
	buf_addstr(&w->out, "'; cure: install one, or give --library\n");
}

/* ---- one row ---- */

static int load_subject(struct subject *s, const char *dir, struct error *err)
{
	if (sketch_load(&s->sketch, dir, err) < 0 || source_merge(&s->sketch, &s->merged, err) < 0)
		return -1;
	for (size_t i = 0; i < s->sketch.sources.n; i++)
		strv_push_take(&s->sources, path_join(dir, s->sketch.sources.v[i]));
	s->view = (struct discover_sources){
		.merged = buf_str(&s->merged.text),
		.merged_len = s->merged.text.len,
		.sketch_dir = s->sketch.dir,
		.sources = &s->sources,
	};
	return 0;
}

static void release_subject(struct subject *s)
{
	sketch_release(&s->sketch);
	merged_release(&s->merged);
	strv_release(&s->sources);
}

static int explain(struct why *w, struct context *c, const struct subject *s, struct error *err)
{
	struct library_list l = {0};
	char *missing = NULL;
	bool sure = false;
	int ret = discover_predict(&c->discover, &s->view, &l, &sure, err);
	if (ret == 0 && !(sure && reads_well(w, c, s, &l))) {
		library_list_release(&l);
		ret = discover_exactly(w, c, s, &l, &missing, err);
	}
	if (ret == 0)
		add_list(w, c, &l, missing);
	library_list_release(&l);
	free(missing);
	return ret;
}

static int explain_row(struct why *w, size_t row, struct error *err)
{
	const struct matrix_sketch *ms = matrix_sketch(&w->plan.matrix, row);
	const char *board = matrix_board(&w->plan.matrix, row), *skip = w->plan.matrix.v[row].skip;
	char *out_dir = outtree_default(w->in->cwd);
	char *why = skip ? xstrdup(skip) : dryrun_reason(&w->plan, &w->in->options, out_dir, row);
	struct subject s = {0};
	buf_addf(&w->out, "%s  %s\n  %s: ", board, ms->name, skip ? "skipped" : "built");
	visible_addstr(&w->out, why);
	buf_addch(&w->out, '\n');
	/* Without its platform there is no more to tell. */
	bool known = w->plan.matrix.v[row].board < w->plan.n_boards;
	int ret = known ? load_subject(&s, ms->dir, err) : 0;
	if (ret == 0 && known) {
		struct context *c = context_get(
			&w->contexts, &w->shared, board, ms->tree_library, &ms->library_dirs);
		ret = *c->error.text ? error_set(err, "%s", c->error.text) : explain(w, c, &s, err);
	}
	release_subject(&s);
	free(out_dir);
	free(why);
	return ret;
}

/* ---- what it needs ---- */

/* Borrows from plan and options. */
static int open_shared(struct why *w, struct error *err)
{
	struct setup *s = &w->plan.setup;
	const struct settings *t = &w->plan.settings;
	if (host_dir_make(s->cache_dir, err) < 0)
		return -1;
	if (!s->files)
		s->files = file_index_open(s->cache_dir);
	if (!s->toolchains)
		s->toolchains = toolchains_open(s->cache_dir, s->files);
	w->shared = (struct shared){
		.config = {.dirs = s->dirs,
			.library_dirs = t->library_dirs,
			.libraries_dirs = t->libraries_dirs,
			.build_properties = t->build_properties,
			.cache_dir = s->cache_dir,
			.warnings = setup_warnings(&w->in->options)},
		.platforms = s->platforms,
		.files = s->files,
		.toolchains = s->toolchains,
		.scanner = include_scanner_new(),
		.compat = setup_compat(&w->in->options),
		.events = {.note = setup_note, .ctx = s},
	};
	return 0;
}

static int open_scratch(struct why *w, struct error *err)
{
	w->scratch = tmp_new_dir("boardman-why", err);
	if (!w->scratch)
		return -1;
	uv_loop_init(&w->loop);
	w->procs = procs_new(&w->loop, err);
	return w->procs ? 0 : -1;
}

static void close_all(struct why *w)
{
	if (w->scratch) {
		if (w->procs)
			procs_free(w->procs);
		uv_run(&w->loop, UV_RUN_DEFAULT);
		uv_loop_close(&w->loop);
		fs_remove_tree(w->scratch, NULL);
		free(w->scratch);
	}
	context_list_free(w->contexts);
	strv_release(&w->shared.notes);
	if (w->shared.scanner)
		include_scanner_free(w->shared.scanner);
	if (w->shared.files)
		file_index_save(w->shared.files);
	plan_release(&w->plan);
	buf_release(&w->out);
}

static int explain_all(struct why *w, struct error *err)
{
	if (plan_make(&w->plan, w->in, NULL, err) < 0 || open_shared(w, err) < 0 ||
		open_scratch(w, err) < 0)
		return -1;
	int ret = 0;
	for (size_t i = 0; i < w->plan.matrix.n; i++) {
		struct error row = ERROR_INIT;
		if (explain_row(w, i, &row) == 0)
			continue;
		buf_addstr(&w->out, "  ");
		text_line(&w->out, &w->style, row.text, strlen(row.text));
		buf_addch(&w->out, '\n');
		ret = error_set(err, "not all can be explained");
	}
	return ret;
}

static enum exit_status run(struct invocation *in)
{
	struct why w = {.in = in, .style = {.cwd = in->cwd}};
	struct error err = ERROR_INIT;
	int ret = explain_all(&w, &err);
	say(in, &w.out);
	if (ret < 0)
		log_error("%s", err.text);
	close_all(&w);
	return ret < 0 ? STATUS_USAGE : STATUS_OK;
}

const struct verb verb_why = {
	.name = "why",
	.summary = "explain a library, a skip, a rebuild",
	.usage = "[-b BOARD…] [OPTION…] [SKETCH…]",
	.intro = "For each board and sketch: each library, the header that pulled it in, from "
		 "where, and\n"
		 "the candidates that were not chosen; whether it would be built, and why.\n",
	.bit = VERB_WHY,
	.run = run,
};
