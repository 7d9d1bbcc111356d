/* lab_boards: see lab_boards.h. What machines say is believed only of boards that are meant by what they were asked.
 */
#include "cli/lab_boards.h"

#include <stdlib.h>
#include <string.h>
#include "boss/campaign.h"
#include "boss/survey.h"
#include "cli/config.h"
#include "cli/lab.h"
#include "cli/plan_boards.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "wire/job.h"

struct lab_boards {
	struct survey_row *rows;
	size_t n;
};

struct lab_boards *lab_boards_new(struct survey_row *rows, size_t n)
{
	struct lab_boards *l = xcalloc(1, sizeof *l);
	*l = (struct lab_boards){rows, n};
	return l;
}

/* A bare id could be in a platform of any machine. */
static bool are_full(const struct strv *boards)
{
	for (size_t i = 0; i < boards->n; i++)
		if (!board_is_meant(boards->v[i], boards->v[i]))
			return false;
	return true;
}

struct lab_boards *lab_boards_ask(uv_loop_t *loop, const struct lab *l,
	const struct settings *settings, const struct strv *boards)
{
	/* However busy it is, it can tell. */
	const struct campaign_limits none = {.max_load = 1e6};
	size_t n;
	const struct campaign_machine *machines = lab_machines(l, &n);
	return lab_boards_new(
		survey_run(loop, machines, n, settings, boards, &none, are_full(boards)), n);
}

void lab_boards_free(struct lab_boards *l)
{
	if (!l)
		return;
	survey_release(l->rows, l->n);
	free(l);
}

static bool is_local(const struct survey_row *r)
{
	return !strcmp(r->name, CONFIG_LOCAL);
}

static bool has_answered(const struct survey_row *r)
{
	return r->boards.n_boards > 0;
}

bool lab_boards_answered(const struct lab_boards *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (has_answered(&l->rows[i]) && !is_local(&l->rows[i]))
			return true;
	return false;
}

/* What the machine says of the board; NULL: nothing. */
static const struct probe_board *answer_of(const struct survey_row *r, const char *text)
{
	for (size_t i = 0; i < r->boards.n_boards; i++)
		if (!strcmp(r->boards.boards[i].board, text))
			return &r->boards.boards[i];
	return NULL;
}

/* What a machine says that has it. */
static const struct probe_board *knower_of(const struct survey_row *r, const char *text)
{
	const struct probe_board *a = answer_of(r, text);
	return a && a->fqbn && board_is_meant(text, a->fqbn) ? a : NULL;
}

/* ---- nobody has it ---- */

static void add_name(struct buf *list, const char *name)
{
	buf_addf(list, "%s%s", list->len ? ", " : "", name);
}

/* A machine that has the platform tells more than one that lacks it. */
static const struct survey_row *best_teller(const struct lab_boards *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct survey_row *r = &l->rows[i];
		for (size_t k = 0; has_answered(r) && k < r->facts.n_platforms; k++) {
			const char *id = r->facts.platforms[k].id;
			if (!strncmp(text, id, strlen(id)) && text[strlen(id)] == ':')
				return r;
		}
	}
	return NULL;
}

static void unknown(
	const struct lab_boards *l, const char *text, const char *why, struct error *err)
{
	struct buf asked = BUF_INIT, silent = BUF_INIT;
	for (size_t i = 0; i < l->n; i++)
		if (!is_local(&l->rows[i]))
			add_name(has_answered(&l->rows[i]) ? &asked : &silent, l->rows[i].name);
	const struct survey_row *r = best_teller(l, text);
	const struct probe_board *a = r ? answer_of(r, text) : NULL;
	bool told = a && a->why;
	error_set(err, "unknown board '%s', here and on %s%s%s%s: %s%s%s", text, buf_str(&asked),
		silent.len ? " (" : "", buf_str(&silent), silent.len ? " could not be asked)" : "",
		told ? r->name : "", told ? ": " : "", told ? a->why : why);
	buf_release(&asked);
	buf_release(&silent);
}

static void nobody_asked(const struct lab_boards *l, const char *text, struct error *err)
{
	struct buf troubles = BUF_INIT;
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i].trouble && !is_local(&l->rows[i]))
			buf_addf(&troubles, "; %s: %s", l->rows[i].name, l->rows[i].trouble);
	error_set(err, "board '%s' is not known here, and no machine can be asked%s", text,
		buf_str(&troubles));
	buf_release(&troubles);
}

/* ---- somebody has it ---- */

static struct board_facts facts_of(const struct probe_board *b)
{
	const struct probe_facts *f = &b->facts;
	return (struct board_facts){
		.platform_version = xstrdup(f->platform_version),
		.build_board = xstrdup(f->build_board),
		.mcu = xstrdup(f->mcu),
		.defines = xstrdup(f->defines),
		.ram = (long)f->ram,
	};
}

static int ambiguous(const char *text, const struct strv *names, struct error *err)
{
	struct buf list = BUF_INIT;
	for (size_t i = 0; i < names->n; i++)
		add_name(&list, names->v[i]);
	error_set(err, "board '%s' is in %zu platforms of the machines; cure: write one of %s",
		text, names->n, buf_str(&list));
	buf_release(&list);
	return -1;
}

struct plan_board *lab_boards_find(
	const struct lab_boards *l, const char *text, const char *why, struct error *err)
{
	const struct probe_board *best = NULL;
	struct strv names = STRV_INIT;
	struct plan_board *found = NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct probe_board *a = knower_of(&l->rows[i], text);
		if (!a)
			continue;
		strv_push_unique(&names, a->fqbn);
		if (!best || (a->digest && !best->digest))
			best = a;
	}
	if (names.n > 1) {
		ambiguous(text, &names, err);
	} else if (best) {
		const struct board_facts facts = facts_of(best);
		found = plan_board_far(best->fqbn, &facts);
	} else if (lab_boards_answered(l)) {
		unknown(l, text, why, err);
	} else {
		nobody_asked(l, text, err);
	}
	strv_release(&names);
	return found;
}

/* ---- telling ---- */

static const struct probe_board *builder_of(const struct survey_row *r, const char *fqbn)
{
	for (size_t i = 0; !r->trouble && i < r->boards.n_boards; i++) {
		const struct probe_board *b = &r->boards.boards[i];
		if (b->digest && b->fqbn && !strcmp(b->fqbn, fqbn))
			return b;
	}
	return NULL;
}

static const char *version_of(const struct probe_board *b)
{
	return b->facts.platform_version ? b->facts.platform_version : "";
}

static void describe(const struct lab_boards *l, const struct plan_board *b, const char *version,
	struct strv *lines)
{
	struct buf machines = BUF_INIT, compilers = BUF_INIT;
	struct strv told = STRV_INIT;
	for (size_t i = 0; i < l->n; i++) {
		const struct probe_board *a = builder_of(&l->rows[i], b->fqbn);
		if (!a || strcmp(version_of(a), version) != 0)
			continue;
		add_name(&machines, l->rows[i].name);
		if (a->toolchain && strv_push_unique(&told, a->toolchain))
			add_name(&compilers, a->toolchain);
	}
	char *line = xasprintf("%s:%s%s%s on %s%s%s%s", b->vendor, b->arch, *version ? " " : "",
		version, buf_str(&machines), compilers.len ? " (" : "", buf_str(&compilers),
		compilers.len ? ")" : "");
	strv_push_unique(lines, line);
	free(line);
	strv_release(&told);
	buf_release(&machines);
	buf_release(&compilers);
}

void lab_boards_describe(const struct lab_boards *l, const struct plan_board *b, struct strv *lines)
{
	struct strv versions = STRV_INIT;
	for (size_t i = 0; i < l->n; i++) {
		const struct probe_board *a = builder_of(&l->rows[i], b->fqbn);
		if (a)
			strv_push_unique(&versions, version_of(a));
	}
	for (size_t i = 0; i < versions.n; i++)
		describe(l, b, versions.v[i], lines);
	strv_release(&versions);
}
