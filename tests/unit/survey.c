/* Machines that are asked and build nothing: what they say is kept; and one that says nothing is waited for only as long as it could matter. */
#include "boss/survey.h"

#include "boss/campaign.h"
#include "boss/link/link.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "unit/tap.h"

/* A worker that answers from the loop's next turn on, or never. */
struct fake {
	const char *name;
	const char *digest; /* of each board; NULL: it has none */
	bool silent;
	double load;
	uv_loop_t *loop;
	uv_timer_t timer;
	struct response_sink to_boss;
	enum response_kind next;
	struct strv boards; /* asked for last */
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void say_probe(struct fake *f)
{
	struct probe p = {.threads = 2, .load = f->load, .memory = 1, .disk = 1};
	p.boards = xcalloc(f->boards.n + 1, sizeof *p.boards);
	for (; p.n_boards < f->boards.n; p.n_boards++)
		p.boards[p.n_boards] = (struct probe_board){
			.board = xstrdup(f->boards.v[p.n_boards]),
			.digest = xstrdup(f->digest),
			.facts = {.mcu = xstrdup("chip"), .ram = 64},
		};
	f->to_boss.send(f->to_boss.ctx, &(struct response){.kind = RESP_PROBE_DONE, .probe = &p});
	probe_release(&p);
}

static void say(uv_timer_t *t)
{
	struct fake *f = t->data;
	if (f->next == RESP_PROBE_DONE)
		say_probe(f);
	else
		f->to_boss.send(f->to_boss.ctx,
			&(struct response){.kind = f->next, .version = "v", .arch = "a"});
}

static void say_soon(struct fake *f, enum response_kind what)
{
	f->next = what;
	if (!f->silent)
		uv_timer_start(&f->timer, say, 0, 0);
}

static int fake_open(void *impl, struct response_sink to_boss, struct error *err)
{
	struct fake *f = impl;
	(void)err;
	f->to_boss = to_boss;
	say_soon(f, RESP_READY);
	return 0;
}

static void on_command(void *ctx, const struct command *c)
{
	struct fake *f = ctx;
	strv_clear(&f->boards);
	if (c->kind == CMD_PROBE && c->boards)
		strv_push_all(&f->boards, c->boards);
	say_soon(f, c->kind == CMD_PROBE  ? RESP_PROBE_DONE
		    : c->kind == CMD_QUIT ? RESP_QUIT_ACK
					  : RESP_CONFIGURE_DONE);
}

static struct command_sink fake_commands(void *impl)
{
	return (struct command_sink){on_command, impl};
}

static void gone(uv_handle_t *h)
{
	struct fake *f = h->data;
	f->closed(f->closed_ctx);
}

static void fake_close(void *impl, void (*closed)(void *ctx), void *ctx)
{
	struct fake *f = impl;
	f->closed = closed;
	f->closed_ctx = ctx;
	uv_close((uv_handle_t *)&f->timer, gone);
}

static void fake_free(void *impl)
{
	struct fake *f = impl;
	strv_release(&f->boards);
}

static struct link connect_fake(
	void *ctx, const struct campaign_machine *m, struct noise_sink noise)
{
	static const struct link_ops ops = {.open = fake_open,
		.commands = fake_commands,
		.close = fake_close,
		.free = fake_free};
	struct fake *f = ctx;
	(void)m;
	(void)noise;
	uv_timer_init(f->loop, &f->timer);
	f->timer.data = f;
	return (struct link){&ops, f};
}

/* Asks two machines for two boards. */
static struct survey_row *ask(struct fake *a, struct fake *b, bool until_known)
{
	static const struct campaign_limits limits = {.max_load = 1};
	static const struct settings settings;
	struct fake *fakes[] = {a, b};
	struct campaign_machine machines[2];
	struct strv boards = STRV_INIT;
	uv_loop_t loop;
	strv_push(&boards, "a:b:one");
	strv_push(&boards, "a:b:two");
	uv_loop_init(&loop);
	for (int i = 0; i < 2; i++) {
		fakes[i]->loop = &loop;
		machines[i] = (struct campaign_machine){
			.name = fakes[i]->name, .connect = connect_fake, .ctx = fakes[i]};
	}
	struct survey_row *rows =
		survey_run(&loop, machines, 2, &settings, &boards, &limits, until_known);
	uv_loop_close(&loop);
	strv_release(&boards);
	return rows;
}

static void test_all_answer(void)
{
	struct fake a = {.name = "a", .digest = "d"}, b = {.name = "b", .load = 3};
	struct survey_row *rows = ask(&a, &b, false);
	is_str(rows[0].name, "a", "a machine");
	is_str(rows[0].arch, "a", "its architecture");
	is_int(rows[0].facts.threads, 2, "its threads");
	is_int((long)rows[0].boards.n_boards, 2, "each board is answered");
	is_str(rows[0].boards.boards[1].board, "a:b:two", "… by its name");
	is_str(rows[0].boards.boards[1].digest, "d", "… with its digest");
	is_str(rows[0].boards.boards[1].facts.mcu, "chip", "… and its facts");
	is_int(rows[0].boards.boards[1].facts.ram, 64, "… all of them");
	ok(!rows[0].trouble, "it would be used");
	ok(rows[1].trouble && strstr(rows[1].trouble, "busy"), "a busy one would not");
	is_int((long)rows[1].boards.n_boards, 2, "… and is asked all the same");
	survey_release(rows, 2);
}

/* Without an end to the waiting this would not return. */
static void test_silence(void)
{
	struct fake a = {.name = "a", .digest = "d"}, b = {.name = "b", .silent = true};
	struct survey_row *rows = ask(&a, &b, true);
	is_int((long)rows[0].boards.n_boards, 2, "one that answers");
	is_int((long)rows[1].boards.n_boards, 0, "one that does not is not waited for");
	survey_release(rows, 2);
}

int main(void)
{
	setenv("BOARDMAN_TIME_DIVISOR", "50", 1);
	test_all_answer();
	test_silence();
	return done_testing();
}
