/* plan: see plan.h. Errors come before anything is built: an unknown board in a list of thirty is told in the
 * first second.
 */
#include "cli/plan.h"

#include <stdint.h>
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
		board_free(p->boards[i]);
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

/* ---- boards ---- */

static void add_platform(struct plan *p, const struct platform *platform)
{
	struct strv compilers = STRV_INIT;
	for (size_t i = 0; i < p->n_boards; i++) {
		const struct board *b = p->boards[i];
		if (b->platform != platform && b->core_platform != platform)
			continue;
		char *text = setup_compiler_text(&p->setup, b);
		if (text)
			strv_push_unique(&compilers, text);
		free(text);
	}
	char *line = platform_describe(p->setup.platforms, platform, &compilers);
	strv_push_unique(&p->platforms, line);
	free(line);
	strv_release(&compilers);
}

static void describe_platforms(struct plan *p)
{
	for (size_t i = 0; i < p->n_boards; i++) {
		add_platform(p, p->boards[i]->platform);
		add_platform(p, p->boards[i]->core_platform);
	}
}

/* The number of the board that is meant by `text`; -1 and err. */
static int add_board(struct plan *p, const char *text, size_t *place, struct error *err)
{
	struct board *b = setup_board(&p->setup, text, err);
	if (!b)
		return -1;
	for (*place = 0; *place < p->n_boards; ++*place) {
		if (!strcmp(p->fqbns.v[*place], b->fqbn)) {
			board_free(b);
			return 0;
		}
	}
	char *name = outtree_encode(NAME_BOARD, b->fqbn, err);
	if (!name) {
		board_free(b);
		return -1;
	}
	free(name);
	p->boards[p->n_boards++] = b;
	strv_push(&p->fqbns, b->fqbn);
	return 0;
}

/* One that a sketch asks for itself, in vain: the others go on. */
static int add_wanted_board(struct plan *p, size_t i, const char *text, size_t *place,
	struct strv *missing, struct error *err)
{
	if (add_board(p, text, place, err) == 0)
		return 0;
	if (setup_has_platform(&p->setup, text))
		return error_prefix(err, "sketch.yaml of '%s'", rules_asker(p->rules, i));
	*place = SIZE_MAX;
	strv_push(missing, text);
	return 0;
}

/* Those that have no place yet come last. */
static void place_missing(struct plan *p, const struct strv *missing, size_t *place, size_t n)
{
	for (size_t i = 0, next = p->n_boards; i < n; i++)
		if (place[i] == SIZE_MAX)
			place[i] = next++;
	strv_push_all(&p->fqbns, missing);
}

/* The -b value that the i-th board comes from, when that is a file. */
static const char *file_of(const struct options *o, size_t i)
{
	for (size_t k = 0; k < o->boards.n; k++) {
		struct strv names = STRV_INIT;
		board_list_parse(o->boards.v[k], &names, NULL);
		size_t n = names.n;
		strv_release(&names);
		if (i < n)
			return o->boards.v[k][0] == '@' ? o->boards.v[k] + 1 : NULL;
		i -= n;
	}
	return NULL;
}

/* One that the user asks for. */
static int add_given_board(struct plan *p, const struct options *o, size_t i, const char *text,
	size_t *place, struct error *err)
{
	if (add_board(p, text, place, err) == 0)
		return 0;
	const char *file = file_of(o, i);
	return file ? error_prefix(err, "%s", file) : -1;
}

static int find_boards(struct plan *p, const struct options *o, struct error *err)
{
	struct strv asked = STRV_INIT, missing = STRV_INIT;
	size_t *place = NULL;
	int ret = setup_board_names(o, &asked, err);
	if (ret == 0 && !asked.n)
		ret = o->boards.n ? error_set(err, "no board in '%s'", o->boards.v[0])
				  : rules_default_boards(p->rules, &asked, err);
	place = xcalloc(asked.n + 1, sizeof *place);
	p->boards = xcalloc(asked.n + 1, sizeof(struct board *));
	for (size_t i = 0; ret == 0 && i < asked.n; i++)
		ret = o->boards.n ? add_given_board(p, o, i, asked.v[i], &place[i], err)
				  : add_wanted_board(p, i, asked.v[i], &place[i], &missing, err);
	if (ret == 0) {
		place_missing(p, &missing, place, asked.n);
		describe_platforms(p);
		rules_set_boards(p->rules, p->boards, p->n_boards, place);
	}
	free(place);
	strv_release(&asked);
	strv_release(&missing);
	return ret;
}

/* What --library names is looked at here, not once per job. */
static int check_libraries(struct plan *p, const struct options *o, struct error *err)
{
	if (!o->library.n || !p->n_boards)
		return 0;
	struct libraries *ls = setup_libraries(&p->setup, p->boards[0], NULL, NULL, err);
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

int plan_make(struct plan *p, struct invocation *in, struct error *err)
{
	*p = (struct plan){0};
	if (setup_open(&p->setup, &in->options, err) < 0 || find_sketches(p, in, err) < 0 ||
		find_boards(p, &in->options, err) < 0 || check_libraries(p, &in->options, err) < 0)
		return -1;
	fill_settings(p, &in->options);
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
