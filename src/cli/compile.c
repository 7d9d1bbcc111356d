/* compile: the verb that builds. It wires the worker to the boss, shows what happens, and says how it ended;
 * the building is theirs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include "boss/campaign.h"
#include "boss/link/local.h"
#include "boss/outtree.h"
#include "boss/report/document.h"
#include "boss/report/failures.h"
#include "boss/report/progress.h"
#include "boss/report/summary.h"
#include "cli/say.h"
#include "common/timing.h"
#include "cli/dryrun.h"
#include "cli/judge.h"
#include "cli/forgive.h"
#include "cli/lab.h"
#include "cli/lab_boards.h"
#include "cli/plan.h"
#include "cli/trim.h"
#include "cli/verb.h"
#include "cli/version.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/engine.h"
#include "worker/session.h"

#define FEW_JOBS 3 /* on a terminal so many are shown one by one */

struct compile {
	struct invocation *in;
	struct plan plan;
	char *out_dir;
	struct outtree *out;
	int fd; /* where people read */
	struct report_style style;
	struct progress *progress;
	uv_loop_t loop;
	struct local_worker worker; /* how to start the one in this process */
	struct campaign_machine local;
	struct lab *lab; /* NULL: this machine alone */
	char *quarantine; /* its directory; NULL: without a lab, or nowhere */
	bool nobody_asked; /* of boards that are not here */
	struct campaign_result result;
	enum exit_status status;
};

static bool wants_lab(const struct invocation *in)
{
	return in->options.dist || in->options.use_machines.n;
}

/* ---- the worker in this process ---- */

static void *worker_start(void *ctx, struct response_sink to_boss, struct error *err)
{
	struct compile *c = ctx;
	const struct session_config config = {
		.loop = &c->loop,
		.to_boss = to_boss,
		.platforms = c->plan.setup.platforms,
		.version = boardman_version(),
	};
	(void)err;
	return session_new(&config);
}

static struct command_sink worker_commands(void *worker)
{
	return session_commands(worker);
}

static void worker_stop(void *worker, void (*closed)(void *ctx), void *ctx)
{
	session_free(worker, closed, ctx);
}

static struct link connect_local(
	void *ctx, const struct campaign_machine *m, struct noise_sink noise)
{
	struct compile *c = ctx;
	(void)m;
	(void)noise;
	return link_local(&c->worker);
}

/* ---- how it looks ---- */

static bool is_terminal(int fd)
{
	const char *term = getenv("TERM");
	return isatty(fd) && !(term && !strcmp(term, "dumb"));
}

static bool wants_color(const struct options *o, int fd)
{
	const char *no = getenv("NO_COLOR");
	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return is_terminal(fd) && !(no && *no);
}

/* With JSON on stdout people read stderr. */
static void choose_style(struct compile *c)
{
	const struct options *o = &c->in->options;
	c->fd = o->json || o->json_lines ? STDERR_FILENO : STDOUT_FILENO;
	c->style = (struct report_style){
		.color = wants_color(o, c->fd),
		.cwd = c->in->cwd,
	};
}

static void step_aside(void *progress)
{
	progress_hide(progress);
}

static void open_progress(struct compile *c)
{
	const struct options *o = &c->in->options;
	const struct progress_config config = {
		.fd = c->fd,
		.style = c->style,
		.live = is_terminal(c->fd),
		.quiet = o->quiet,
		.all_jobs = c->plan.matrix.n_jobs <= FEW_JOBS,
		.commands = o->verbose,
		.warnings = o->warnings != WARNINGS_NONE || o->werror,
		.json_fd = o->json_lines ? STDOUT_FILENO : -1,
		.status_every = timing_ms(TIMING_STATUS) / 1000.0,
	};
	c->progress = progress_new(&config);
	log_set_hooks(step_aside, NULL, c->progress);
}

static void close_progress(struct compile *c)
{
	log_set_hooks(NULL, NULL, NULL);
	say_failed(c->in, progress_failed(c->progress));
	progress_free(c->progress);
	c->progress = NULL;
}

static void show_platforms(struct compile *c)
{
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < c->plan.platforms.n; i++) {
		text_line(&out, &c->style, c->plan.platforms.v[i], strlen(c->plan.platforms.v[i]));
		buf_addch(&out, '\n');
	}
	if (!c->in->options.quiet)
		say_to(c->in, c->fd, &out);
	buf_release(&out);
}

static void show_board_notes(struct compile *c)
{
	for (size_t i = 0; i < c->plan.n_boards; i++) {
		const struct board *b = c->plan.boards[i]->here;
		for (size_t k = 0; b && k < b->notes.n; k++)
			setup_note(&c->plan.setup, b->notes.v[k]);
	}
}

/* ---- how it ended ---- */

static enum exit_status status_of(const struct campaign_result *r)
{
	const size_t *by = r->totals.by;
	if (r->interrupted)
		return STATUS_INTERRUPTED;
	if (by[VERDICT_FAILED] || by[VERDICT_TIMEOUT] || by[VERDICT_BLOCKED])
		return STATUS_FAILED;
	if (by[VERDICT_INFRA] || by[VERDICT_NOT_RUN])
		return STATUS_INCOMPLETE;
	return STATUS_OK;
}

static void show_end(struct compile *c)
{
	struct buf out = BUF_INIT;
	const struct campaign_result *r = &c->result;
	failures_list(&out, &c->style, r->rows, r->n);
	summary_not_run(&out, r->rows, r->n);
	summary_totals(&out, &c->style, &r->totals);
	say_to(c->in, c->fd, &out);
	buf_clear(&out);
	if (r->trouble)
		log_error("%s", r->trouble);
	if (c->in->options.json) {
		document_run(
			&out, r->rows, r->n, &r->totals, c->status, boardman_version(), c->out_dir);
		say(c->in, &out);
	}
	buf_release(&out);
}

/* ---- the run ---- */

static bool stands(void *judge, const struct job *j)
{
	return judge_stands(judge, j);
}

static const char *settings_of(void *judge, const struct job *j, const char **digest)
{
	return judge_settings(judge, j, digest);
}

static bool adopt(void *judge, const char *settings, const char *deps, struct buf *out, char **key)
{
	return judge_adopt(judge, settings, deps, out, key);
}

static void run_campaign(struct compile *c)
{
	const struct options *o = &c->in->options;
	const struct config *conf = &c->in->config;
	struct campaign_config config = {
		.loop = &c->loop,
		.matrix = &c->plan.matrix,
		.settings = &c->plan.settings,
		.out = c->out,
		.limits = {conf->max_load, conf->min_disk, conf->min_memory},
		.source = c->lab ? lab_source(c->lab) : NULL,
		.reference = o->reference,
		.allow_mixed = o->allow_mixed,
		.quarantine = c->quarantine,
		.wait = o->wait,
		.max_failures = (unsigned)o->max_failures,
		.rebuild_failed = o->rebuild_failed,
		.stands = c->lab ? stands : NULL,
		.settings_of = c->lab ? settings_of : NULL,
		.adopt = adopt,
		.engine = ENGINE_VERSION,
		.version = boardman_version(),
		.platforms = &c->plan.platforms,
		.progress = c->progress,
		.note = setup_note,
		.note_ctx = &c->plan.setup,
	};
	config.machines = &c->local;
	config.n_machines = 1;
	if (c->lab)
		config.machines = lab_machines(c->lab, &config.n_machines);
	struct judge *judge =
		c->lab ? judge_open(&c->plan.settings, c->plan.setup.platforms, lab_since(c->lab))
		       : NULL;
	config.stands_ctx = judge;
	campaign_run(&config, &c->result);
	judge_close(judge);
}

static bool may_build_here(const struct compile *c)
{
	const struct config_machine *local = config_machine(&c->in->config, CONFIG_LOCAL);
	return !c->in->options.no_local && !(local && local->max_sketches == 0);
}

/* A name that is mistyped must not let another toolchain count. */
static int check_reference(const struct compile *c, struct error *err)
{
	size_t n;
	const char *name = c->in->options.reference;
	const struct campaign_machine *machines = lab_machines(c->lab, &n);
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(machines[i].name, name))
			return 0;
	return name ? error_set(err,
			      "--reference: no machine '%s' in this run; cure: one that is used, "
			      "or '%s', for this one, where it may build",
			      name, CONFIG_LOCAL)
		    : 0;
}

/* The machines; this one is among them unless it may not build. */
static int open_lab(struct compile *c, struct error *err)
{
	if (c->lab)
		return 0;
	c->lab = lab_new(&c->loop, c->in, NULL, err);
	if (!c->lab)
		return -1;
	c->quarantine = forgive_dir(NULL);
	if (may_build_here(c))
		lab_add_local(c->lab, &c->local);
	return check_reference(c, err);
}

static struct lab_boards *ask_machines(void *ctx, const struct strv *boards, struct error *err)
{
	struct compile *c = ctx;
	if (open_lab(c, err) < 0)
		return NULL;
	char *more = boards->n > 1 ? xasprintf(" and %zu more", boards->n - 1) : xstrdup("");
	char *line = xasprintf("not here: %s%s; asking the machines", boards->v[0], more);
	setup_note(&c->plan.setup, line);
	free(line);
	free(more);
	struct lab_boards *answers = lab_boards_ask(&c->loop, c->lab, &c->plan.settings, boards);
	c->nobody_asked = !lab_boards_answered(answers);
	return answers;
}

/* In this order: a usage error leaves no output tree behind. */
static int open_all(struct compile *c, struct error *err)
{
	if (wants_lab(c->in) && open_lab(c, err) < 0)
		return -1;
	c->out = outtree_open(c->out_dir, err);
	if (!c->out)
		return -1;
	return c->lab ? lab_take_sources(c->lab, &c->plan, c->out_dir, err) : 0;
}

static enum exit_status build(struct compile *c)
{
	struct error err = ERROR_INIT;
	enum exit_status status = STATUS_USAGE;
	if (open_all(c, &err) == 0) {
		open_progress(c);
		run_campaign(c);
		close_progress(c);
		status = c->status = status_of(&c->result);
		show_end(c);
	}
	/* Whatever still runs ends with us; its handles can't be closed any more. */
	if (c->result.abandoned)
		_exit(status);
	if (*err.text)
		log_error("%s", err.text);
	else
		trim_cache(c->plan.setup.cache_dir, c->in->config.cache_max, c->result.built);
	return status;
}

static enum exit_status nothing_to_build(struct compile *c)
{
	struct buf out = BUF_INIT;
	plan_skips(&c->plan, &out);
	say_to(c->in, c->fd, &out);
	buf_release(&out);
	log_error("all jobs are skipped; cure: %s",
		plan_is_filtered(&c->plan) ? "--no-filter builds what library.properties and "
					     "@filter would skip"
					   : "install what the profiles in sketch.yaml want");
	return STATUS_USAGE;
}

static enum exit_status usage_error(const char *text)
{
	log_error("%s", text);
	return STATUS_USAGE;
}

/* What would be built and, in a lab, on which machines: none of them is asked. */
static enum exit_status show_plan(struct compile *c)
{
	struct error err = ERROR_INIT;
	struct strv machines = STRV_INIT;
	struct buf out = BUF_INIT;
	bool lab = wants_lab(c->in);
	if (lab && may_build_here(c))
		strv_push(&machines, CONFIG_LOCAL);
	int ret = lab ? lab_names(c->in, NULL, &machines, &err) : 0;
	if (ret == 0)
		dryrun_show(&c->plan, &c->in->options, c->out_dir, &machines, &c->style, &out);
	say(c->in, &out);
	buf_release(&out);
	strv_release(&machines);
	return ret == 0 ? STATUS_OK : usage_error(err.text);
}

static enum exit_status go(struct compile *c)
{
	struct error err = ERROR_INIT;
	const struct plan_asker asker = {ask_machines, c};
	if (wants_lab(c->in) && lab_enter(c->in->argv, &err) < 0)
		return usage_error(err.text);
	if (plan_make(&c->plan, c->in, wants_lab(c->in) ? &asker : NULL, &err) < 0) {
		usage_error(err.text);
		return c->nobody_asked ? STATUS_INCOMPLETE : STATUS_USAGE;
	}
	if (!may_build_here(c) && !wants_lab(c->in))
		return usage_error(
			c->in->options.no_local
				? "--no-local leaves nobody to build; cure: --dist, or "
				  "--use-machines"
				: "[machine:local] max_sketches = 0: nothing may be built here; "
				  "cure: raise it, or --dist");
	show_platforms(c);
	show_board_notes(c);
	if (!c->plan.matrix.n_jobs)
		return nothing_to_build(c);
	c->out_dir = c->in->options.output_dir ? path_absolute(c->in->options.output_dir)
					       : outtree_default(c->in->cwd);
	return c->in->options.dry_run ? show_plan(c) : build(c);
}

static enum exit_status run(struct invocation *in)
{
	const struct config_machine *local = config_machine(&in->config, CONFIG_LOCAL);
	struct compile c = {.in = in};
	c.worker = (struct local_worker){worker_start, worker_commands, worker_stop, &c};
	c.local = (struct campaign_machine){
		.name = CONFIG_LOCAL,
		.local = true,
		.max_sketches = local && local->max_sketches > 0 ? (int)local->max_sketches : 0,
		.connect = connect_local,
		.ctx = &c,
	};
	choose_style(&c);
	uv_loop_init(&c.loop);
	enum exit_status status = go(&c);
	lab_delete(c.lab);
	uv_run(&c.loop, UV_RUN_DEFAULT);
	uv_loop_close(&c.loop);
	campaign_result_release(&c.result);
	outtree_close(c.out);
	free(c.out_dir);
	free(c.quarantine);
	plan_release(&c.plan);
	return status;
}

const struct verb verb_compile = {
	.name = "compile",
	.alias = "compile-many",
	.summary = "build sketches",
	.also = "also: compile-many",
	.usage = "[-b BOARD…] [OPTION…] [SKETCH…]",
	.intro =
		"SKETCH is a sketch, its .ino, or a directory to search. None: the sketch you are\n"
		"in, or the examples of the library you are in. That library beats installed "
		"ones.\n",
	.bit = VERB_COMPILE,
	.run = run,
};
