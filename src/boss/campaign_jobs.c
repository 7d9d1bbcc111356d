/* campaign_jobs: a campaign's jobs: what the output tree knows of them, what is sent, and what becomes of a
 * result. Every way out of here leaves the row with a verdict.
 */
#include "boss/campaign_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "boss/evidence.h"
#include "boss/matrix.h"
#include "boss/outtree.h"
#include "boss/report/progress.h"
#include "boss/results.h"
#include "boss/rundoc.h"
#include "boss/trace.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"

#define COMMIT "current"

static struct run_row *row_of(struct campaign *c, uint32_t id)
{
	return &c->result->rows[c->jobs[id].row];
}

static const struct matrix_sketch *sketch_of(const struct campaign *c, size_t row)
{
	return matrix_sketch(c->config->matrix, row);
}

static void show(struct campaign *c, const struct run_row *r)
{
	if (c->config->progress)
		progress_job(c->config->progress, r);
}

static void end_row(struct campaign *c, struct run_row *r, enum verdict v, const char *reason)
{
	r->verdict = v;
	r->reason = xstrdup(reason);
	show(c, r);
}

static void keep_known(struct campaign *c, uint32_t id);

/* ---- loading ---- */

/* What is there may spare the build, and in any case tells how long it takes. Negative when not known. */
static double load_known(struct campaign *c, struct campaign_job *j, const char *board)
{
	const struct known_rules rules = {
		.board = board,
		.sketch_dir = sketch_of(c, j->row)->dir,
		.engine = c->config->engine,
		.rebuild_failed = c->config->rebuild_failed,
		.boot = c->boot,
	};
	if (record_read(&j->known, j->dir, NULL) < 0)
		return -1;
	double seconds = j->known.times.total;
	j->has_known = !c->config->settings->clean && results_reusable(j->dir, &j->known, &rules);
	if (!j->has_known)
		record_release(&j->known);
	return seconds > 0 ? seconds : -1;
}

static struct job job_as_known(const struct campaign *c, const struct campaign_job *j)
{
	const struct matrix_sketch *s = sketch_of(c, j->row);
	return (struct job){
		.board = (char *)matrix_board(c->config->matrix, j->row),
		.sketch = s->dir,
		.tree_library = s->tree_library,
		.library_dirs = s->library_dirs,
		.known_key = j->known.key,
		.known_deps = j->deps,
	};
}

/* Where the one who would build it may not see what it was made of, that is found out here. */
static bool stands(const struct campaign *c, const struct campaign_job *j)
{
	const struct campaign_config *cc = c->config;
	const struct job job = job_as_known(c, j);
	return j->has_known && cc->stands && cc->stands(cc->stands_ctx, &job);
}

/* By what their results can be ours, as things are now. */
static void ask_settings(const struct campaign *c, struct campaign_job *j)
{
	const struct campaign_config *cc = c->config;
	const struct job job = job_as_known(c, j);
	if (cc->settings_of)
		j->settings = cc->settings_of(cc->stands_ctx, &job, &j->digest);
}

static void job_free(struct campaign_job *j)
{
	free(j->dir);
	free(j->build_dir);
	free(j->deps);
	free(j->charge);
	record_release(&j->known);
}

/* As results_check_dir. Rows of one board stand together, so that what leads to their results is looked at once; beneath what is not there
 * nothing is looked at. */
static int check_dir(struct campaign *c, const char *dir, struct error *err)
{
	char *parent = path_dir(dir);
	bool known = c->checked_dir && !strcmp(c->checked_dir, parent);
	int there = known ? c->checked_there
			  : results_check_dir(outtree_path(c->config->out), parent, err);
	if (there < 0) {
		free(parent);
		return -1;
	}
	free(c->checked_dir);
	c->checked_dir = parent;
	c->checked_there = there;
	return there ? results_check_dir(parent, dir, err) : 0;
}

static void load_job(struct campaign *c, size_t row)
{
	const char *board = matrix_board(c->config->matrix, row);
	struct error err = ERROR_INIT;
	char *dir = results_dir(
		outtree_path(c->config->out), COMMIT, board, sketch_of(c, row)->name, &err);
	int there = dir ? check_dir(c, dir, &err) : -1;
	if (there < 0) {
		end_row(c, &c->result->rows[row], VERDICT_INFRA, err.text);
		free(dir);
		return;
	}
	struct campaign_job *j = &c->jobs[c->n_jobs];
	*j = (struct campaign_job){
		.row = row,
		.dir = dir,
		.build_dir = path_join(dir, "build"),
		.deps = path_join(dir, "deps"),
		.forgotten = !there,
	};
	double expected = there ? load_known(c, j, board) : -1;
	if (stands(c, j)) {
		keep_known(c, (uint32_t)c->n_jobs);
		job_free(j);
		return;
	}
	ask_settings(c, j);
	c->n_jobs++;
	sched_add(c->sched, c->config->matrix->v[row].board, expected);
}

void campaign_load(struct campaign *c)
{
	const struct matrix *m = c->config->matrix;
	const struct sched_config config = {.max_failures = c->config->max_failures,
		.prefetch = 2,
		.max_strikes = EVIDENCE_STRIKES};
	c->sched = sched_new(&config);
	c->jobs = xcalloc(m->n_jobs + 1, sizeof *c->jobs);
	boot_id(c->boot);
	for (size_t i = 0; i < m->n; i++) {
		struct run_row *r = &c->result->rows[i];
		*r = (struct run_row){.sizes = {-1, -1, -1, -1}};
		r->board = xstrdup(matrix_board(m, i));
		r->sketch = xstrdup(sketch_of(c, i)->name);
		if (m->v[i].skip)
			end_row(c, r, VERDICT_SKIPPED, m->v[i].skip);
		else
			load_job(c, i);
	}
}

void campaign_unload(struct campaign *c)
{
	for (size_t i = 0; i < c->n_jobs; i++)
		job_free(&c->jobs[i]);
	free(c->jobs);
	free(c->checked_dir);
	sched_free(c->sched);
}

/* ---- sending ---- */

void campaign_job_command(
	const struct campaign *c, const struct lab_machine *lm, struct sched_pick p, struct job *j)
{
	const struct campaign_job *cj = &c->jobs[p.id];
	const struct matrix_sketch *s = sketch_of(c, cj->row);
	bool known = cj->has_known && lm->spec->local;
	*j = (struct job){
		.id = p.id,
		.attempt = p.attempt,
		.commit = (char *)COMMIT,
		.board = (char *)matrix_board(c->config->matrix, cj->row),
		.sketch = s->dir,
		.tree_library = s->tree_library,
		.library_dirs = s->library_dirs,
		.build_dir = cj->build_dir,
		.known_key = known ? cj->known.key : NULL,
		.known_deps = known ? cj->deps : NULL,
	};
}

static void forget(struct campaign *c, struct campaign_job *j)
{
	rundoc_begin(c->doc);
	if (!j->forgotten && j->dir)
		results_forget(j->dir);
	j->forgotten = true;
}

/* A known result is likely to stand: it is found out within milliseconds, so that removing it waits. */
void campaign_job_started(struct campaign *c, uint32_t id, int slot)
{
	struct campaign_job *j = &c->jobs[id];
	j->slot = slot;
	j->started = rundoc_clock(c->doc);
	if (!j->has_known)
		forget(c, j);
}

void campaign_jobs_age(struct campaign *c)
{
	double before = rundoc_clock(c->doc) - 0.1;
	for (size_t i = 0; i < c->n_jobs; i++)
		if (c->jobs[i].has_known && c->jobs[i].started < before &&
			sched_state_of(c->sched, (uint32_t)i) == SCHED_RUNNING)
			forget(c, &c->jobs[i]);
}

/* ---- ending ---- */

void campaign_job_end(struct campaign *c, uint32_t id, enum verdict v, const char *reason)
{
	campaign_judge(c, id, NULL, v);
	end_row(c, row_of(c, id), v, reason);
}

static void fill_row(struct run_row *r, const char *dir, const struct record *rec)
{
	r->verdict = rec->verdict;
	r->machine = xstrdup(rec->host);
	r->reason = xstrdup(rec->reason);
	r->dir = xstrdup(dir);
	r->return_code = rec->return_code;
	r->warnings = rec->warnings;
	r->seconds = rec->times.total;
	r->sizes = rec->sizes;
	strv_push_all(&r->libraries, &rec->libraries);
	r->files = xcalloc(rec->n_files + 1, sizeof *r->files);
	r->n_files = rec->n_files;
	for (size_t i = 0; i < rec->n_files; i++) {
		r->files[i].name = xstrdup(rec->files[i].name);
		r->files[i].sha256 = xstrdup(rec->files[i].sha256);
		r->files[i].size = rec->files[i].size;
	}
}

static void finish_row(struct campaign *c, uint32_t id)
{
	struct run_row *r = row_of(c, id);
	rundoc_sketch(c->doc, r, c->jobs[id].started);
	if (r->machine && !r->unchanged)
		trace_span(c->trace, r->machine, LANE_SLOTS + c->jobs[id].slot, "sketch", r->sketch,
			c->jobs[id].started, rundoc_clock(c->doc) - c->jobs[id].started);
	show(c, r);
}

/* The known result stands; should its `done` be gone meanwhile, it is written again. */
static void keep_known(struct campaign *c, uint32_t id)
{
	struct campaign_job *j = &c->jobs[id];
	struct error err = ERROR_INIT;
	if (j->forgotten && results_put_record(j->dir, &j->known, &err) < 0)
		log_warning("%s", err.text);
	fill_row(row_of(c, id), j->dir, &j->known);
	row_of(c, id)->unchanged = true;
	finish_row(c, id);
}

static bool is_full(int reason)
{
	return reason == ENOSPC || reason == EDQUOT;
}

static void publish(struct campaign *c, const struct lab_machine *lm, const struct build_result *r)
{
	struct campaign_job *j = &c->jobs[r->job];
	const struct matrix_sketch *s = sketch_of(c, j->row);
	struct error err = ERROR_INIT;
	struct record rec = {
		.engine = c->config->engine,
		.host = xstrdup(lm->spec->name),
		.boot = xstrdup(c->boot),
		.commit = xstrdup(COMMIT),
		.board = xstrdup(matrix_board(c->config->matrix, j->row)),
		.sketch = xstrdup(s->name),
		.sketch_dir = xstrdup(s->dir),
	};
	rundoc_begin(c->doc);
	j->forgotten = true;
	if (results_publish(j->dir, &rec, r, c->config->settings->keep, &err) == 0) {
		c->result->built++;
		fill_row(row_of(c, r->job), j->dir, &rec);
		finish_row(c, r->job);
	} else if (is_full(errno)) {
		campaign_stop_for_disk(c, NULL);
		campaign_job_end(c, r->job, VERDICT_NOT_RUN, "disk full");
	} else {
		campaign_job_end(c, r->job, VERDICT_INFRA, err.text);
	}
	record_release(&rec);
}

/* Where a machine differs only in that it was not sent all there is here, its result is one that was made here. */
static void publish_far(
	struct campaign *c, const struct lab_machine *lm, const struct build_result *r)
{
	const struct campaign_config *cc = c->config;
	const struct campaign_job *j = &c->jobs[r->job];
	const struct look *look = lm->looks ? &lm->looks[cc->matrix->v[j->row].board] : NULL;
	struct build_result ours = *r;
	struct buf deps = BUF_INIT;
	char *key = NULL;
	if (r->deps.len && j->settings && look && look->digest &&
		!strcmp(look->digest, j->digest) &&
		cc->adopt(cc->stands_ctx, j->settings, buf_str(&r->deps), &deps, &key)) {
		ours.deps = deps;
		ours.key = key;
	}
	publish(c, lm, &ours);
	buf_release(&deps);
	free(key);
}

/* The worker shares our disk: what does not fit there would not fit here. */
static bool tells_of_full_disk(const struct build_result *r)
{
	return r->verdict == VERDICT_INFRA && r->fault == FAULT_NOSPACE;
}

static void stop_for_disk(struct campaign *c, const struct build_result *r)
{
	forget(c, &c->jobs[r->job]);
	campaign_stop_for_disk(c, r->reason);
	campaign_job_end(c, r->job, VERDICT_NOT_RUN, "disk full");
}

static bool is_a_result(const struct build_result *r)
{
	return r->verdict >= VERDICT_OK && r->verdict <= VERDICT_INFRA;
}

bool campaign_job_result(struct campaign *c, struct lab_machine *lm, const struct build_result *r)
{
	struct sched_pick p = {r->job, r->attempt};
	bool stands = r->unchanged && r->job < c->n_jobs && c->jobs[r->job].has_known;
	enum verdict v = stands		  ? c->jobs[r->job].known.verdict
			 : is_a_result(r) ? r->verdict
					  : VERDICT_INFRA;
	bool ours_full = lm->spec->local && tells_of_full_disk(r);
	if (v == VERDICT_INFRA && !ours_full && campaign_fault(c, lm, r))
		return true;
	double seconds = stands ? -1 : r->times.total - r->times.wait;
	if (!sched_result(c->sched, lab_index(lm), p, v, seconds))
		return false;
	campaign_judge(c, r->job, lm, v);
	if (stands)
		keep_known(c, r->job);
	else if (r->unchanged || !is_a_result(r))
		campaign_job_end(c, r->job, VERDICT_INFRA, "the worker gave a result that is none");
	else if (ours_full)
		stop_for_disk(c, r);
	else if (lm->spec->local)
		publish(c, lm, r);
	else
		publish_far(c, lm, r);
	return true;
}
