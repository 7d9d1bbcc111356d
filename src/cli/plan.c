/* plan: see plan.h. Errors come before anything is built: an unknown board in a list of thirty is told in the
 * first second.
 */
#include "cli/plan.h"

#include <stdlib.h>
#include <string.h>
#include "boss/outtree.h"
#include "cli/rules.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/library.h"

void plan_release(struct plan *p)
{
	matrix_release(&p->matrix);
	rules_free(p->rules);
	for (size_t i = 0; i < p->n_boards; i++)
		plan_board_free(p->boards[i]);
	free(p->boards);
	selection_release(&p->selection);
	settings_release(&p->settings);
	strv_release(&p->fqbns);
	strv_release(&p->platforms);
	setup_release(&p->setup);
}

/* ---- sketches ---- */

static int nothing_found(const struct plan *p, struct error *err)
{
	const struct selection *s = &p->selection;
	if (s->excluded)
		return error_set(err, "no sketch in %s but what --exclude leaves out", s->searched);
	return error_set(
		err, "no sketch in %s; cure: name a sketch, or a directory to search", s->searched);
}

/* Names become directories of the output tree. */
static int check_names(const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < p->selection.n; i++) {
		char *name = outtree_encode(NAME_SKETCH, p->selection.v[i].name, err);
		if (!name)
			return -1;
		free(name);
	}
	return 0;
}

/* A board without its -b is taken for a sketch. */
static void hint_at_board(struct plan *p, const struct strv *args, struct error *err)
{
	for (size_t i = 0; i < args->n; i++) {
		const char *arg = args->v[i];
		struct board *b = fs_exists(arg) ? NULL : setup_board(&p->setup, arg, NULL);
		if (!b)
			continue;
		board_free(b);
		error_set(err,
			"no such file or directory: '%s'; cure: -b %s, if the board is meant", arg,
			arg);
		return;
	}
}

static int find_sketches(struct plan *p, struct invocation *in, struct error *err)
{
	if (select_sketches(&p->selection, &in->options, in->args, in->cwd, err) < 0) {
		hint_at_board(p, in->args, err);
		return -1;
	}
	for (size_t i = 0; i < p->selection.warnings.n; i++)
		log_warning("%s", p->selection.warnings.v[i]);
	if (!p->selection.n)
		return nothing_found(p, err);
	if (check_names(p, err) < 0)
		return -1;
	p->rules = rules_open(&p->setup, &p->selection, !in->options.no_filter, err);
	for (size_t i = 0; p->rules && i < p->selection.n; i++)
		rules_library_dirs(p->rules, i, &p->selection.v[i].library_dirs);
	return p->rules ? 0 : -1;
}

/* ---- libraries ---- */

/* What --library names is looked at here, not once per job. */
static int check_libraries(struct plan *p, const struct options *o, struct error *err)
{
	if (!o->library.n || !p->n_boards)
		return 0;
	struct libraries *ls = setup_libraries(&p->setup, p->boards[0]->here, NULL, NULL, err);
	if (!ls)
		return error_prefix(err, "--library");
	libraries_free(ls);
	return 0;
}

/* ---- settings ---- */

static void fill_settings(struct plan *p, const struct options *o)
{
	struct settings *s = &p->settings;
	setup_absolute(&o->platforms, &s->platform_dirs);
	setup_absolute(&o->library, &s->library_dirs);
	setup_absolute(&o->libraries, &s->libraries_dirs);
	strv_push_all(&s->build_properties, &o->build_property);
	s->cache_dir = xstrdup(p->setup.cache_dir);
	s->user_dir = xstrdup(p->setup.dirs.user_dir);
	s->data_dir = xstrdup(p->setup.dirs.data_dir);
	s->warnings = (enum warnings)o->warnings;
	s->warnings_are_errors = o->werror;
	s->no_lto = o->no_lto;
	s->reproducible = o->reproducible;
	s->check_only = o->check;
	s->config_only = o->config_only;
	s->clean = o->clean;
	s->rebuild_units = o->mrproper;
	s->fallback_mrproper = o->fallback_mrproper;
	s->keep = o->keep;
	s->no_firmware = o->no_firmware;
	s->verbose = o->verbose;
	s->framework_jobs = (int)(o->framework_jobs ? o->framework_jobs : o->jobs);
	s->sketch_jobs = (int)(o->sketch_jobs ? o->sketch_jobs : o->jobs);
	s->timeout = o->timeout;
}

int plan_make(
	struct plan *p, struct invocation *in, const struct plan_asker *asker, struct error *err)
{
	*p = (struct plan){0};
	if (setup_open(&p->setup, &in->options, err) < 0 || find_sketches(p, in, err) < 0)
		return -1;
	fill_settings(p, &in->options);
	if (plan_find_boards(p, &in->options, asker, err) < 0 ||
		check_libraries(p, &in->options, err) < 0)
		return -1;
	return matrix_build(
		&p->matrix, &p->fqbns, p->selection.v, p->selection.n, rules_ask, p->rules, err);
}

bool plan_is_filtered(const struct plan *p)
{
	for (size_t i = 0; i < p->matrix.n; i++)
		if (p->matrix.v[i].skip && rules_is_filter(p->matrix.v[i].skip))
			return true;
	return false;
}

void plan_skips(const struct plan *p, struct buf *out)
{
	struct strmap counts = STRMAP_INIT(free);
	for (size_t i = 0; i < p->matrix.n; i++) {
		const char *why = p->matrix.v[i].skip;
		if (!why)
			continue;
		size_t *n = strmap_get(&counts, why);
		if (!n) {
			n = xcalloc(1, sizeof *n);
			strmap_set(&counts, why, n);
		}
		++*n;
	}
	for (struct strmap_entry *e = strmap_first(&counts); e; e = strmap_next(e))
		buf_addf(out, "skipped %zu (%s)\n", *(size_t *)strmap_value(e), strmap_key(e));
	strmap_release(&counts);
}
