/* survey: see survey.h. Each machine goes its way to LOOKING and says goodbye; one that is busy or full, too: what it
 * would build with is asked for all the same.
 */
#include "boss/survey.h"

#include <stdlib.h>
#include "boss/campaign.h"
#include "boss/fitness.h"
#include "boss/machine.h"
#include "common/timing.h"
#include "common/xalloc.h"

struct survey;

struct asked {
	struct survey *survey;
	struct survey_row *row;
	bool local; /* used, whatever its load */
	struct machine *m; /* NULL: done */
};

struct survey {
	uv_loop_t *loop;
	const struct campaign_limits *limits;
	const struct strv *boards; /* NULL none */
	bool until_known;
	uint64_t known_at; /* ms of the loop's clock; 0: not each board is known yet */
	struct asked *v;
	size_t n;
	uv_idle_t pump;
	uv_timer_t tick;
};

/* ---- copies: what a machine says is borrowed ---- */

static void copy_facts(struct probe *to, const struct probe *p)
{
	probe_release(to);
	*to = (struct probe){
		.threads = p->threads, .load = p->load, .memory = p->memory, .disk = p->disk};
	to->held = xcalloc(p->n_held + 1, sizeof *to->held);
	for (size_t i = 0; i < p->n_held; i++)
		to->held[to->n_held++] =
			(struct probe_held){xstrdup(p->held[i].user), p->held[i].slots};
	to->platforms = xcalloc(p->n_platforms + 1, sizeof *to->platforms);
	for (size_t i = 0; i < p->n_platforms; i++)
		to->platforms[to->n_platforms++] =
			(struct probe_platform){xstrdup(p->platforms[i].id),
				xstrdup(p->platforms[i].version), xstrdup(p->platforms[i].dir)};
}

static struct probe_facts copy_of(const struct probe_facts *f)
{
	return (struct probe_facts){xstrdup(f->platform_version), xstrdup(f->build_board),
		xstrdup(f->mcu), xstrdup(f->defines), f->ram};
}

static void copy_boards(struct probe *to, const struct probe *p)
{
	probe_release(to);
	to->boards = xcalloc(p->n_boards + 1, sizeof *to->boards);
	for (size_t i = 0; i < p->n_boards; i++)
		to->boards[to->n_boards++] = (struct probe_board){
			.board = xstrdup(p->boards[i].board),
			.fqbn = xstrdup(p->boards[i].fqbn),
			.digest = xstrdup(p->boards[i].digest),
			.toolchain = xstrdup(p->boards[i].toolchain),
			.why = xstrdup(p->boards[i].why),
			.facts = copy_of(&p->boards[i].facts),
		};
}

/* ---- what machines say ---- */

static void on_probed(void *ctx, struct machine *m, const struct probe *p)
{
	struct asked *a = ctx;
	copy_facts(&a->row->facts, p);
	free(a->row->version);
	free(a->row->arch);
	a->row->version = xstrdup(machine_version(m));
	a->row->arch = xstrdup(machine_arch(m));
	if (!a->local)
		a->row->trouble = fitness_trouble(a->survey->limits, p);
}

static void on_looked(void *ctx, struct machine *m, const struct probe *p)
{
	struct asked *a = ctx;
	(void)m;
	copy_boards(&a->row->boards, p);
}

static void on_lost(void *ctx, struct machine *m, const char *why)
{
	struct asked *a = ctx;
	a->row->done = machine_ending(m) == ENDING_DONE;
	if (!a->row->trouble)
		a->row->trouble = xstrdup(why);
}

static void pump(uv_idle_t *h);

static void wake(void *ctx)
{
	struct asked *a = ctx;
	uv_idle_start(&a->survey->pump, pump);
}

static void on_ready(void *ctx, struct machine *m, unsigned slots)
{
	(void)ctx;
	(void)m;
	(void)slots;
}

static void on_said(void *ctx, struct machine *m, const struct response *r)
{
	(void)ctx;
	(void)m;
	(void)r;
}

static void on_gone(void *ctx, struct machine *m)
{
	(void)m;
	wake(ctx);
}

/* ---- the run ---- */

static void pump(uv_idle_t *h)
{
	struct survey *s = h->data;
	size_t left = 0;
	uv_idle_stop(h);
	for (size_t i = 0; i < s->n; i++) {
		struct asked *a = &s->v[i];
		if (a->m)
			machine_pump(a->m);
		if (a->m && machine_state(a->m) == MACHINE_GONE) {
			machine_free(a->m);
			a->m = NULL;
		}
		left += a->m != NULL;
	}
	if (left || uv_is_closing((uv_handle_t *)&s->tick))
		return;
	uv_close((uv_handle_t *)&s->pump, NULL);
	uv_close((uv_handle_t *)&s->tick, NULL);
}

static bool is_known(const struct survey *s, size_t board)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct probe *p = &s->v[i].row->boards;
		if (board < p->n_boards && p->boards[board].digest)
			return true;
	}
	return false;
}

static bool all_known(const struct survey *s)
{
	for (size_t b = 0; b < s->boards->n; b++)
		if (!is_known(s, b))
			return false;
	return true;
}

/* Whether those that have not answered were waited for long enough. */
static bool is_enough(struct survey *s)
{
	if (s->until_known && !s->known_at && all_known(s))
		s->known_at = uv_now(s->loop);
	return s->known_at && uv_now(s->loop) - s->known_at > timing_ms(TIMING_GRACE);
}

static void on_tick(uv_timer_t *t)
{
	struct survey *s = t->data;
	bool enough = is_enough(s);
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].m && enough)
			machine_kill(s->v[i].m);
		else if (s->v[i].m)
			machine_check(s->v[i].m, uv_now(s->loop));
	}
}

static void ask(struct asked *a, const struct campaign_machine *spec, size_t index,
	const struct settings *settings, const struct strv *boards)
{
	const struct machine_events events = {
		.probed = on_probed,
		.looked = on_looked,
		.ready = on_ready,
		.said = on_said,
		.lost = on_lost,
		.gone = on_gone,
		.wake = wake,
		.ctx = a,
	};
	const struct machine_config config = {
		.name = spec->name,
		.settings = settings,
		.boards = boards,
		.probe = true,
		.look_only = true,
		.link = spec->connect(spec->ctx, spec, (struct noise_sink){0}),
		.index = index,
	};
	a->row->name = spec->name;
	a->row->version = xstrdup("");
	a->row->arch = xstrdup("");
	a->m = machine_new(&config, &events);
	machine_connect(a->m);
}

struct survey_row *survey_run(uv_loop_t *loop, const struct campaign_machine *machines, size_t n,
	const struct settings *settings, const struct strv *boards,
	const struct campaign_limits *limits, bool until_known)
{
	struct survey s = {.loop = loop,
		.limits = limits,
		.boards = boards,
		.until_known = until_known,
		.n = n};
	struct survey_row *rows = xcalloc(n + 1, sizeof *rows);
	s.v = xcalloc(n + 1, sizeof *s.v);
	uv_idle_init(loop, &s.pump);
	uv_timer_init(loop, &s.tick);
	s.pump.data = s.tick.data = &s;
	uv_timer_start(&s.tick, on_tick, timing_ms(TIMING_TICK), timing_ms(TIMING_TICK));
	for (size_t i = 0; i < n; i++) {
		s.v[i] = (struct asked){.survey = &s, .row = &rows[i], .local = machines[i].local};
		ask(&s.v[i], &machines[i], i, settings, boards);
	}
	uv_idle_start(&s.pump, pump);
	uv_run(loop, UV_RUN_DEFAULT);
	free(s.v);
	return rows;
}

void survey_release(struct survey_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].version);
		free(rows[i].arch);
		free(rows[i].trouble);
		probe_release(&rows[i].facts);
		probe_release(&rows[i].boards);
	}
	free(rows);
}
