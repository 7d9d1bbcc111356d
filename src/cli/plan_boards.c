/* plan_boards: see plan_boards.h. First each is looked for here, then other machines are asked for the rest at once, then all get their
 * places in the order in which they were asked for.
 */
#include "cli/plan_boards.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boss/outtree.h"
#include "cli/lab_boards.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/rules.h"
#include "common/error.h"
#include "common/xalloc.h"

/* ---- one board ---- */

static struct plan_board *new_board(const char *fqbn)
{
	struct plan_board *b = xcalloc(1, sizeof *b);
	struct strv parts = STRV_INIT;
	strv_split(&parts, fqbn, ":");
	b->fqbn = xstrdup(fqbn);
	b->vendor = xstrdup(parts.v[0]);
	b->arch = xstrdup(parts.v[1]);
	b->id = xstrdup(parts.v[2]);
	strv_release(&parts);
	return b;
}

struct plan_board *plan_board_here(struct board *board)
{
	struct plan_board *b = new_board(board->fqbn);
	board_get_facts(board, &b->facts);
	b->here = board;
	return b;
}

struct plan_board *plan_board_far(const char *fqbn, const struct board_facts *facts)
{
	struct plan_board *b = new_board(fqbn);
	b->facts = *facts;
	return b;
}

void plan_board_free(struct plan_board *b)
{
	if (!b)
		return;
	free(b->fqbn);
	free(b->vendor);
	free(b->arch);
	free(b->id);
	board_facts_release(&b->facts);
	board_free(b->here);
	free(b);
}

/* ---- all that are asked for ---- */

/* One as it was asked for. */
struct wanted {
	const char *text;
	struct plan_board *found; /* NULL: not yet, or given to the plan */
	char *why; /* it cannot be built here; NULL: it can */
	size_t place; /* in the plan; SIZE_MAX: none */
};

struct search {
	struct plan *p;
	const struct options *o;
	struct strv texts;
	struct wanted *v; /* one per text */
	struct lab_boards *answers; /* NULL: nobody was asked */
};

static void look_here(struct search *s)
{
	for (size_t i = 0; i < s->texts.n; i++) {
		struct error err = ERROR_INIT;
		struct board *b = setup_board(&s->p->setup, s->texts.v[i], &err);
		s->v[i] = (struct wanted){.text = s->texts.v[i], .place = SIZE_MAX};
		if (b)
			s->v[i].found = plan_board_here(b);
		else
			s->v[i].why = xstrdup(err.text);
	}
}

static int ask_others(struct search *s, const struct plan_asker *asker, struct error *err)
{
	struct strv strange = STRV_INIT;
	int ret = 0;
	for (size_t i = 0; i < s->texts.n; i++)
		if (s->v[i].why && board_is_name(s->v[i].text))
			strv_push_unique(&strange, s->v[i].text);
	if (strange.n) {
		s->answers = asker->ask(asker->ctx, &strange, err);
		ret = s->answers ? 0 : -1;
	}
	strv_release(&strange);
	return ret;
}

/* Whether it is known now. Else err is why not. */
static bool find(struct search *s, struct wanted *w, struct error *err)
{
	if (w->why && s->answers && board_is_name(w->text))
		w->found = lab_boards_find(s->answers, w->text, w->why, err);
	else if (w->why)
		error_set(err, "%s", w->why);
	return w->found != NULL;
}

/* ---- their places ---- */

static int add(struct search *s, struct wanted *w, struct error *err)
{
	struct plan *p = s->p;
	for (w->place = 0; w->place < p->n_boards; ++w->place) {
		if (!strcmp(p->fqbns.v[w->place], w->found->fqbn)) {
			plan_board_free(w->found);
			w->found = NULL;
			return 0;
		}
	}
	char *name = outtree_encode(NAME_BOARD, w->found->fqbn, err);
	if (!name)
		return -1;
	free(name);
	p->boards[p->n_boards++] = w->found;
	strv_push(&p->fqbns, w->found->fqbn);
	w->found = NULL;
	return 0;
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
static int add_given(struct search *s, size_t i, struct error *err)
{
	if (find(s, &s->v[i], err) && add(s, &s->v[i], err) == 0)
		return 0;
	const char *file = file_of(s->o, i);
	return file ? error_prefix(err, "%s", file) : -1;
}

/* One that a sketch asks for itself; in vain, the others go on. */
static int add_own(struct search *s, size_t i, struct error *err)
{
	struct wanted *w = &s->v[i];
	if (find(s, w, err) ? add(s, w, err) == 0 : !setup_has_platform(&s->p->setup, w->text))
		return 0;
	return error_prefix(err, "sketch.yaml of '%s'", rules_asker(s->p->rules, i));
}

/* Those that nobody has come last. */
static void place_missing(struct search *s)
{
	for (size_t i = 0; i < s->texts.n; i++) {
		if (s->v[i].place != SIZE_MAX)
			continue;
		s->v[i].place = s->p->fqbns.n;
		strv_push(&s->p->fqbns, s->v[i].text);
	}
}

static int add_all(struct search *s, struct error *err)
{
	size_t *place = xcalloc(s->texts.n + 1, sizeof *place);
	int ret = 0;
	for (size_t i = 0; ret == 0 && i < s->texts.n; i++)
		ret = s->o->boards.n ? add_given(s, i, err) : add_own(s, i, err);
	if (ret == 0)
		place_missing(s);
	for (size_t i = 0; i < s->texts.n; i++)
		place[i] = s->v[i].place;
	if (ret == 0)
		rules_set_boards(s->p->rules, s->p->boards, s->p->n_boards, place);
	free(place);
	return ret;
}

/* ---- the platforms ---- */

static void add_platform(struct plan *p, const struct platform *platform)
{
	struct strv compilers = STRV_INIT;
	for (size_t i = 0; i < p->n_boards; i++) {
		const struct board *b = p->boards[i]->here;
		if (!b || (b->platform != platform && b->core_platform != platform))
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

static void describe_platforms(struct search *s)
{
	struct plan *p = s->p;
	for (size_t i = 0; i < p->n_boards; i++) {
		const struct board *b = p->boards[i]->here;
		if (b) {
			add_platform(p, b->platform);
			add_platform(p, b->core_platform);
		} else {
			lab_boards_describe(s->answers, p->boards[i], &p->platforms);
		}
	}
}

/* ---- the whole ---- */

static int read_names(struct search *s, struct error *err)
{
	const struct options *o = s->o;
	if (setup_board_names(o, &s->texts, err) < 0)
		return -1;
	if (s->texts.n)
		return 0;
	return o->boards.n ? error_set(err, "no board in '%s'", o->boards.v[0])
			   : rules_default_boards(s->p->rules, &s->texts, err);
}

static void search_release(struct search *s)
{
	for (size_t i = 0; s->v && i < s->texts.n; i++) {
		plan_board_free(s->v[i].found);
		free(s->v[i].why);
	}
	free(s->v);
	lab_boards_free(s->answers);
	strv_release(&s->texts);
}

int plan_find_boards(
	struct plan *p, const struct options *o, const struct plan_asker *asker, struct error *err)
{
	struct search s = {.p = p, .o = o};
	int ret = read_names(&s, err);
	if (ret == 0) {
		p->boards = xcalloc(s.texts.n + 1, sizeof(struct plan_board *));
		s.v = xcalloc(s.texts.n + 1, sizeof *s.v);
		look_here(&s);
		ret = asker ? ask_others(&s, asker, err) : 0;
	}
	if (ret == 0)
		ret = add_all(&s, err);
	if (ret == 0)
		describe_platforms(&s);
	search_release(&s);
	return ret;
}
