/* dryrun: see dryrun.h. Whether a result that is there still stands is found out by the worker, which
 * compares contents; that is not done here.
 */
#include "cli/dryrun.h"

#include <stdlib.h>
#include <string.h>
#include "boss/record.h"
#include "boss/report/text.h"
#include "boss/results.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/json.h"
#include "common/visible.h"
#include "common/xalloc.h"
#include "sketch/engine.h"

char *dryrun_reason(const struct plan *p, const struct options *o, const char *out_dir, size_t row)
{
	const struct matrix_sketch *s = matrix_sketch(&p->matrix, row);
	const char *board = matrix_board(&p->matrix, row);
	char *why;
	struct record r = {0};
	const struct known_rules rules = {
		.board = board,
		.sketch_dir = s->dir,
		.engine = ENGINE_VERSION,
		.rebuild_failed = o->rebuild_failed,
		.boot = "",
	};
	char *dir = results_dir(out_dir, "current", board, s->name, NULL);
	if (o->clean)
		why = xstrdup("--clean");
	else if (!dir || record_read(&r, dir, NULL) < 0)
		why = xstrdup("no result yet");
	else if (results_reusable(dir, &r, &rules))
		why = xasprintf("if something changed since it was %s", verdict_name(r.verdict));
	else
		why = xasprintf("it was %s, and that does not stand", verdict_name(r.verdict));
	record_release(&r);
	free(dir);
	return why;
}

static void add_row(struct buf *out, struct json *jobs, const struct plan *p, size_t row,
	const char *why, const struct report_style *style)
{
	const char *board = matrix_board(&p->matrix, row);
	const char *name = matrix_sketch(&p->matrix, row)->name;
	bool skipped = p->matrix.v[row].skip != NULL;
	struct json *o = json_object();
	json_add_str(o, "board", board);
	json_add_str(o, "sketch", name);
	json_add_str(o, "plan", skipped ? "skip" : "build");
	json_add_str(o, "reason", why);
	json_append(jobs, o);
	buf_addf(out, "%s %s  ", skipped ? "skip" : "build", board);
	text_line(out, style, name, strlen(name));
	buf_addstr(out, "  (");
	visible_addstr(out, why);
	buf_addstr(out, ")\n");
}

void dryrun_show(const struct plan *p, const struct options *o, const char *out_dir,
	const struct strv *machines, const struct report_style *style, struct buf *out)
{
	struct json *doc = json_object(), *jobs = json_array();
	for (size_t i = 0; i < p->matrix.n; i++) {
		const char *skip = p->matrix.v[i].skip;
		char *why = skip ? xstrdup(skip) : dryrun_reason(p, o, out_dir, i);
		add_row(out, jobs, p, i, why, style);
		free(why);
	}
	text_count(out, p->matrix.n_jobs, "job");
	buf_addf(out, ", %zu skipped", p->matrix.n - p->matrix.n_jobs);
	for (size_t i = 0; i < machines->n; i++)
		buf_addf(out, "%s%s", i ? ", " : "; on ", machines->v[i]);
	buf_addch(out, '\n');
	json_add_str(doc, "schema", "boardman-plan/1");
	if (machines->n)
		json_add_strv(doc, "machines", machines);
	json_add(doc, "jobs", jobs);
	if (o->json || o->json_lines) {
		buf_clear(out);
		json_print_pretty(doc, out);
		buf_addch(out, '\n');
	}
	json_free(doc);
}
