/* machines: the lab as it is now: who is there, how busy, with which platforms, and what each bad state's cure is. Also ends workers
 * that were left, and makes smaller what machines keep.
 */
#include <stdlib.h>
#include <string.h>
#include "boss/campaign.h"
#include "boss/fitness.h"
#include "boss/link/local.h"
#include "boss/quarantine.h"
#include "boss/survey.h"
#include "cli/forgive.h"
#include "cli/lab.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "cli/version.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/host.h"
#include "common/json.h"
#include "common/log.h"
#include "common/visible.h"
#include "common/xalloc.h"
#include "worker/session.h"

#define SCHEMA "boardman-machines/1"
#define GIB ((double)(1ull << 30))
#define DIGEST_SHOWN 12 /* digits: enough to compare by eye */

struct listing {
	struct invocation *in;
	uv_loop_t loop;
	struct lab *lab;
	struct settings settings;
	struct strv boards;
	struct arduino_dirs dirs;
	struct campaign_machine local;
	struct local_worker worker;
	struct survey_row *rows;
	size_t n;
};

/* ---- the machine that we are on ---- */

static void *worker_start(void *ctx, struct response_sink to_boss, struct error *err)
{
	struct listing *l = ctx;
	const struct session_config config = {
		.loop = &l->loop, .to_boss = to_boss, .version = boardman_version()};
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
	struct listing *l = ctx;
	(void)m;
	(void)noise;
	return link_local(&l->worker);
}

/* ---- the table: all that machines say of themselves is made visible ---- */

static void add_gib(struct buf *out, int64_t bytes)
{
	if (bytes < 0)
		buf_addf(out, " %8s", "?");
	else
		buf_addf(out, " %6.1f G", (double)bytes / GIB);
}

static void add_held(struct buf *out, const struct probe *p)
{
	if (!p->n_held)
		return;
	buf_addf(out, "    slots %d/%d held:", fitness_held(p), p->threads);
	for (size_t i = 0; i < p->n_held; i++)
		visible_addf(out, "%s %d by %s", i ? "," : "", p->held[i].slots, p->held[i].user);
	buf_addch(out, '\n');
}

static void add_platforms(struct buf *out, const struct probe *p)
{
	for (size_t i = 0; i < p->n_platforms; i++) {
		const struct probe_platform *f = &p->platforms[i];
		visible_addf(out, "%s%s%s%s", i ? ", " : "    ", f->id, *f->version ? " " : "",
			f->version);
	}
	if (p->n_platforms)
		buf_addch(out, '\n');
}

/* What this machine said of itself; NULL when it was not asked. */
static const struct probe *here(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->rows[i].name, CONFIG_LOCAL))
			return &l->rows[i].facts;
	return NULL;
}

/* Whether a platform that is worked on here has the board: others get it with the sources. */
static bool is_sent(const struct listing *l, const char *board)
{
	const struct probe *p = here(l);
	for (size_t i = 0; p && i < p->n_platforms; i++) {
		size_t len = strlen(p->platforms[i].id);
		if (!strncmp(board, p->platforms[i].id, len) && board[len] == ':')
			return arduino_dirs_own(&l->dirs, p->platforms[i].dir);
	}
	return false;
}

static void add_boards(struct buf *out, const struct listing *l, const struct probe *p)
{
	for (size_t i = 0; i < p->n_boards; i++) {
		const struct probe_board *b = &p->boards[i];
		if (b->digest)
			visible_addf(out, "    %s: %s (%.*s)", b->fqbn ? b->fqbn : b->board,
				b->toolchain ? b->toolchain : "?", DIGEST_SHOWN, b->digest);
		else if (!b->fqbn && is_sent(l, b->board))
			visible_addf(
				out, "    %s: its platform goes there with the sources", b->board);
		else
			visible_addf(
				out, "    %s: %s", b->board, b->why ? b->why : "cannot be built");
		buf_addch(out, '\n');
	}
}

/* The problem, and its cure on the next line. */
static void add_trouble(struct buf *out, const char *name, const char *trouble)
{
	const char *cure = strstr(trouble, "; cure: ");
	visible_add(out, trouble, cure ? (size_t)(cure - trouble) : strlen(trouble));
	buf_addch(out, '\n');
	if (!cure)
		return;
	visible_addf(out, "    %s: %s", name, cure + 2);
	buf_addch(out, '\n');
}

/* Of the columns whose texts are the user's. */
struct widths {
	int name, host;
};

static const char *host_of(const struct listing *l, const char *name)
{
	const struct config_machine *m = config_machine(&l->in->config, name);
	if (!m || !strcmp(name, CONFIG_LOCAL))
		return "this machine";
	if (m->command)
		return "(command)";
	return m->target ? m->target : m->name;
}

static void add_row(struct buf *out, const struct listing *l, const struct widths *w,
	const struct survey_row *r, int cap)
{
	const struct probe *p = &r->facts;
	buf_addf(out, "%-*s  %-*s", w->name, r->name, w->host, host_of(l, r->name));
	if (p->threads) {
		visible_addf(out, " %-8s %7d %6.1f", r->arch, p->threads, p->load);
		add_gib(out, p->memory);
		add_gib(out, p->disk);
		visible_addf(out, " %8s %4d  ", r->version, cap ? cap : p->threads);
	} else {
		buf_addf(out, " %-8s %7s %6s %8s %8s %8s %4s  ", "", "", "", "", "", "", "");
	}
	if (r->trouble)
		add_trouble(out, r->name, r->trouble);
	else
		buf_addstr(out, "ok\n");
	add_platforms(out, p);
	add_held(out, p);
	add_boards(out, l, &r->boards);
}

static int wider(int width, const char *text)
{
	int len = (int)strlen(text);
	return len > width ? len : width;
}

static struct widths measure(const struct listing *l)
{
	struct widths w = {.name = 11, .host = 20};
	for (size_t i = 0; i < l->n; i++) {
		w.name = wider(w.name, l->rows[i].name);
		w.host = wider(w.host, host_of(l, l->rows[i].name));
	}
	return w;
}

static void show_table(const struct listing *l, const struct campaign_machine *machines)
{
	struct buf out = BUF_INIT;
	const struct widths w = measure(l);
	buf_addf(&out, "%-*s  %-*s %-8s %7s %6s %8s %8s %8s %4s  %s\n", w.name, "name", w.host,
		"host", "arch", "threads", "load", "memory", "disk", "boardman", "cap", "status");
	for (size_t i = 0; i < l->n; i++)
		add_row(&out, l, &w, &l->rows[i], machines[i].max_sketches);
	say(l->in, &out);
	buf_release(&out);
}

/* ---- the same as JSON ---- */

static struct json *platforms_json(const struct probe *p)
{
	struct json *a = json_array();
	for (size_t i = 0; i < p->n_platforms; i++) {
		struct json *o = json_object();
		json_add_str(o, "id", p->platforms[i].id);
		json_add_str(o, "version", p->platforms[i].version);
		json_add_str(o, "dir", p->platforms[i].dir);
		json_append(a, o);
	}
	return a;
}

static struct json *boards_json(const struct probe *p)
{
	struct json *a = json_array();
	for (size_t i = 0; i < p->n_boards; i++) {
		struct json *o = json_object();
		json_add_str(o, "board", p->boards[i].board);
		json_add_str(o, "fqbn", p->boards[i].fqbn);
		json_add_str(o, "toolchain", p->boards[i].toolchain);
		json_add_str(o, "digest", p->boards[i].digest);
		json_add_str(o, "trouble", p->boards[i].why);
		json_append(a, o);
	}
	return a;
}

static struct json *held_json(const struct probe *p)
{
	struct json *o = json_object();
	for (size_t i = 0; i < p->n_held; i++)
		json_add_int(o, p->held[i].user, p->held[i].slots);
	return o;
}

static struct json *row_json(const struct survey_row *r, const char *host, int cap)
{
	const struct probe *p = &r->facts;
	struct json *o = json_object();
	json_add_str(o, "name", r->name);
	json_add_str(o, "host", host);
	json_add_bool(o, "usable", !r->trouble);
	json_add_str(o, "trouble", r->trouble);
	if (!p->threads)
		return o;
	json_add_str(o, "arch", r->arch);
	json_add_str(o, "boardman", r->version);
	json_add_int(o, "threads", p->threads);
	json_add_int(o, "cap", cap ? cap : p->threads);
	json_add_num(o, "load", p->load);
	json_add_int(o, "memory", p->memory);
	json_add_int(o, "disk", p->disk);
	json_add(o, "held", held_json(p));
	json_add(o, "platforms", platforms_json(p));
	json_add(o, "boards", boards_json(&r->boards));
	return o;
}

static void show_json(const struct listing *l, const struct campaign_machine *machines)
{
	struct json *doc = json_object(), *rows = json_array();
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < l->n; i++)
		json_append(rows, row_json(&l->rows[i], host_of(l, l->rows[i].name),
					  machines[i].max_sketches));
	json_add_str(doc, "schema", SCHEMA);
	json_add(doc, "machines", rows);
	json_print_pretty(doc, &out);
	buf_addch(&out, '\n');
	say(l->in, &out);
	json_free(doc);
	buf_release(&out);
}

static enum exit_status status_of(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->rows[i].trouble)
			return STATUS_OK;
	return STATUS_INCOMPLETE;
}

/* ---- errands: each machine's worker program does something there, and what it says is shown ---- */

static bool is_errand(const struct options *o)
{
	return o->kill_workers || o->prune;
}

static void on_said(void *ctx, const char *machine, const char *line)
{
	struct listing *l = ctx;
	struct buf out = BUF_INIT;
	visible_addf(&out, "%s: %s", machine, line);
	buf_addch(&out, '\n');
	say(l->in, &out);
	buf_release(&out);
}

static enum exit_status run_errand(struct listing *l)
{
	const struct campaign_machine *machines = lab_machines(l->lab, &l->n);
	const struct campaign_limits none = {.max_load = 1e6};
	enum exit_status status = STATUS_OK;
	lab_listen(l->lab, on_said, l);
	l->rows = survey_run(&l->loop, machines, l->n, &l->settings, NULL, &none, false);
	for (size_t i = 0; i < l->n; i++) {
		if (l->rows[i].done)
			continue;
		log_error("%s: %s", l->rows[i].name,
			l->rows[i].trouble ? l->rows[i].trouble
					   : "its boardman did something else; cure: have this "
					     "version there");
		status = STATUS_INCOMPLETE;
	}
	return status;
}

static int check_errand(const struct options *o, struct error *err)
{
	if (o->prune && o->kill_workers)
		return error_set(err, "--prune and --kill-workers are two errands; cure: run one, "
				      "then the other");
	if ((o->max_size || o->older_than) && !o->prune)
		return error_set(err, "--max-size and --older-than belong to --prune");
	if (o->force && !o->kill_workers)
		return error_set(err, "--force belongs to --kill-workers");
	return 0;
}

/* ---- the verb ---- */

/* Those that an earlier run has proved wrong. */
static void add_quarantine(struct listing *l)
{
	char *dir = forgive_dir(NULL);
	time_t now = time(NULL);
	for (size_t i = 0; dir && i < l->n; i++)
		if (!l->rows[i].trouble)
			l->rows[i].trouble = quarantine_trouble(dir, l->rows[i].name, now);
	free(dir);
}

static enum exit_status survey(struct listing *l)
{
	const struct config *c = &l->in->config;
	const struct campaign_limits limits = {c->max_load, c->min_disk, c->min_memory};
	const struct campaign_machine *machines = lab_machines(l->lab, &l->n);
	l->rows = survey_run(&l->loop, machines, l->n, &l->settings, &l->boards, &limits, false);
	add_quarantine(l);
	if (l->in->options.json)
		show_json(l, machines);
	else
		show_table(l, machines);
	return status_of(l);
}

static int fill(struct listing *l, struct error *err)
{
	const struct options *o = &l->in->options;
	struct arduino_dirs *dirs = &l->dirs;
	if (arduino_dirs_find(dirs, err) < 0 || setup_board_names(o, &l->boards, err) < 0)
		return -1;
	l->settings.user_dir = xstrdup(dirs->user_dir);
	l->settings.data_dir = xstrdup(dirs->data_dir);
	setup_absolute(&o->platforms, &l->settings.platform_dirs);
	strv_push_all(&dirs->platform_dirs, &l->settings.platform_dirs);
	strv_push_all(&l->settings.build_properties, &o->build_property);
	l->settings.cache_dir = host_cache_dir(err);
	return l->settings.cache_dir ? 0 : -1;
}

/* This machine is shown too, unless others are named or nothing may be built here. */
static bool shows_local(const struct invocation *in)
{
	const struct config_machine *m = config_machine(&in->config, CONFIG_LOCAL);
	return !in->args->n && !is_errand(&in->options) && !(m && m->max_sketches == 0);
}

static int local_limit(const struct invocation *in)
{
	const struct config_machine *m = config_machine(&in->config, CONFIG_LOCAL);
	return m && m->max_sketches > 0 ? (int)m->max_sketches : 0;
}

static enum exit_status run(struct invocation *in)
{
	struct listing l = {.in = in};
	struct error err = ERROR_INIT;
	enum exit_status status = STATUS_USAGE;
	if (in->options.forgive)
		return forgive_run(in->args);
	l.worker = (struct local_worker){worker_start, worker_commands, worker_stop, &l};
	l.local = (struct campaign_machine){
		.name = CONFIG_LOCAL,
		.local = true,
		.max_sketches = local_limit(in),
		.connect = connect_local,
		.ctx = &l,
	};
	uv_loop_init(&l.loop);
	if (lab_enter(in->argv, &err) == 0 && check_errand(&in->options, &err) == 0 &&
		fill(&l, &err) == 0)
		l.lab = lab_new(&l.loop, in, in->args, &err);
	if (l.lab && shows_local(in))
		lab_add_local(l.lab, &l.local);
	if (l.lab)
		status = is_errand(&in->options) ? run_errand(&l) : survey(&l);
	else
		log_error("%s", err.text);
	survey_release(l.rows, l.n);
	lab_delete(l.lab);
	uv_run(&l.loop, UV_RUN_DEFAULT);
	uv_loop_close(&l.loop);
	settings_release(&l.settings);
	arduino_dirs_release(&l.dirs);
	strv_release(&l.boards);
	return status;
}

const struct verb verb_machines = {
	.name = "machines",
	.alias = "--mach",
	.summary = "probe, equip, clean the lab",
	.also = "also: --mach",
	.usage = "[-b BOARD…] [OPTION…] [NAME…]",
	.intro = "NAME is a configured machine. None: all, and this one.\n",
	.bit = VERB_MACHINES,
	.run = run,
};
