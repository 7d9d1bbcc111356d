/* boards: what can be built here: each board of each installed platform, with its sizes and options. A
 * platform whose compiler is missing is listed too; why its boards cannot be built is told.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/say.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/props.h"

struct listing {
	struct setup setup;
	const struct strv *words; /* all must be in a board's text */
	struct buf out, rows;
	struct strv compilers; /* of the platform at hand */
	struct json *boards;
	size_t shown;
};

struct row {
	char *fqbn;
	const char *name;
	long flash, ram; /* -1 unknown */
	char *trouble; /* NULL: it can be built */
	char *compiler; /* NULL unknown */
	struct strv menus;
};

static bool is_wanted(const struct listing *l, const struct row *r)
{
	for (size_t i = 0; i < l->words->n; i++)
		if (!strcasestr(r->fqbn, l->words->v[i]) && !strcasestr(r->name, l->words->v[i]))
			return false;
	return true;
}

static void resolve(struct listing *l, struct row *r)
{
	struct error err = ERROR_INIT;
	struct board *b = setup_board(&l->setup, r->fqbn, &err);
	r->flash = r->ram = -1;
	if (!b) {
		r->trouble = xstrdup(err.text);
		return;
	}
	r->flash = board_number(b, "upload.maximum_size", -1);
	r->ram = board_number(b, "upload.maximum_data_size", -1);
	r->compiler = setup_compiler_text(&l->setup, b);
	if (r->compiler)
		strv_push_unique(&l->compilers, r->compiler);
	board_free(b);
}

static void add_number(struct buf *out, long n)
{
	if (n >= 0)
		buf_addf(out, "%10ld", n);
	else
		buf_addf(out, "%10s", "?");
}

static void add_text(struct listing *l, const struct row *r)
{
	buf_addf(&l->rows, "  %-32s", r->fqbn);
	add_number(&l->rows, r->flash);
	add_number(&l->rows, r->ram);
	buf_addf(&l->rows, "  %s\n", r->name);
	for (size_t i = 0; i < r->menus.n; i++)
		buf_addf(&l->rows, "      %s\n", r->menus.v[i]);
	if (r->trouble)
		buf_addf(&l->rows, "      cannot be built: %s\n", r->trouble);
}

static void add_json(struct listing *l, const struct platform *p, const struct row *r)
{
	struct json *o = json_object(), *menus = json_object();
	json_add_str(o, "fqbn", r->fqbn);
	json_add_str(o, "name", r->name);
	json_add_str(o, "platform_version", p->version);
	json_add_str(o, "platform_dir", p->dir);
	if (r->flash >= 0)
		json_add_int(o, "flash", r->flash);
	if (r->ram >= 0)
		json_add_int(o, "ram", r->ram);
	json_add_str(o, "compiler", r->compiler);
	json_add_str(o, "trouble", r->trouble);
	for (size_t i = 0; i < r->menus.n; i++) {
		char *equals = strchr(r->menus.v[i], '=');
		struct strv values = STRV_INIT;
		if (!equals)
			continue;
		char *name = xstrndup(r->menus.v[i], (size_t)(equals - r->menus.v[i]));
		strv_split(&values, equals + 1, ",");
		json_add_strv(menus, name, &values);
		strv_release(&values);
		free(name);
	}
	json_add(o, "menus", menus);
	json_append(l->boards, o);
}

static void add_board(struct listing *l, const struct platform *p, const char *id)
{
	struct row r = {0};
	char *key = xasprintf("%s.name", id);
	r.name = props_get(p->boards, key);
	r.fqbn = xasprintf("%s:%s:%s", p->vendor, p->arch, id);
	/* "menu" and the like are no boards. */
	if (r.name && is_wanted(l, &r)) {
		resolve(l, &r);
		board_menus(p, id, &r.menus);
		add_text(l, &r);
		add_json(l, p, &r);
		l->shown++;
	}
	free(r.fqbn);
	free(r.trouble);
	free(r.compiler);
	strv_release(&r.menus);
	free(key);
}

static void add_platform(struct listing *l, const struct platform *p)
{
	struct strv ids = STRV_INIT;
	buf_clear(&l->rows);
	strv_clear(&l->compilers);
	props_first_level(p->boards, &ids);
	for (size_t i = 0; i < ids.n; i++)
		add_board(l, p, ids.v[i]);
	strv_release(&ids);
	if (!l->rows.len)
		return;
	char *line = platform_describe(l->setup.platforms, p, &l->compilers);
	buf_addf(&l->out, "%s%s\n  %-32s%10s%10s  %s\n", l->out.len ? "\n" : "", line, "board",
		"flash", "RAM", "name");
	buf_add(&l->out, l->rows.data, l->rows.len);
	free(line);
}

static enum exit_status show(struct invocation *in, struct listing *l)
{
	if (!l->shown) {
		log_error(l->words->n
				  ? "no installed board matches; cure: 'boardman boards' lists all"
				  : "no Arduino platform is installed; cure: arduino-cli core "
				    "install arduino:avr, or install arduino-core-avr");
		return STATUS_USAGE;
	}
	if (in->options.json) {
		struct json *doc = json_object();
		buf_clear(&l->out);
		json_add_str(doc, "schema", "boardman-boards/1");
		json_add(doc, "boards", l->boards);
		l->boards = NULL;
		json_print_pretty(doc, &l->out);
		buf_addch(&l->out, '\n');
		json_free(doc);
	}
	say(in, &l->out);
	return STATUS_OK;
}

static enum exit_status run(struct invocation *in)
{
	struct listing l = {.words = in->args, .boards = json_array()};
	struct error err = ERROR_INIT;
	enum exit_status status = STATUS_USAGE;
	if (setup_open(&l.setup, &in->options, &err) < 0) {
		log_error("%s", err.text);
	} else {
		const struct platform *p;
		for (size_t i = 0; (p = platforms_at(l.setup.platforms, i)); i++)
			add_platform(&l, p);
		status = show(in, &l);
	}
	if (l.boards)
		json_free(l.boards);
	buf_release(&l.out);
	buf_release(&l.rows);
	strv_release(&l.compilers);
	setup_release(&l.setup);
	return status;
}

const struct verb verb_boards = {
	.name = "boards",
	.summary = "list boards that can be built",
	.usage = "[OPTION…] [WORD…]",
	.intro = "Lists the boards of all installed platforms, or those with each WORD in their "
		 "name.\n",
	.bit = VERB_BOARDS,
	.run = run,
};
