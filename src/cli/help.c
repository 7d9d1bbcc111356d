/* help: what there is, out of the tables. */
#include <string.h>
#include "cli/nearest.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/xalloc.h"

static const struct verb *const table[] = {
	&verb_compile,
	&verb_machines,
	&verb_boards,
	&verb_sketches,
	&verb_why,
	&verb_cache,
	&verb_worker,
	&verb_version,
	&verb_help,
};

const struct verb *const *verbs_table(size_t *n)
{
	*n = ARRAY_LEN(table);
	return table;
}

const struct verb *verb_find(const char *name)
{
	const char *names[2 * ARRAY_LEN(table)];
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		names[2 * i] = table[i]->name;
		names[2 * i + 1] = table[i]->alias;
		if (!strcmp(table[i]->name, name) ||
			(table[i]->alias && !strcmp(table[i]->alias, name)))
			return table[i];
	}
	const char *near = nearest(name, names, ARRAY_LEN(names));
	if (near)
		log_error("unknown verb '%s'; cure: did you mean '%s'?", name, near);
	else
		log_error("unknown verb '%s'; cure: see 'boardman help'", name);
	return NULL;
}

const struct verb *verb_of_option(const char *option)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i]->alias && !strcmp(table[i]->alias, option))
			return table[i];
	return NULL;
}

static void add_verb(struct buf *out, const struct verb *v)
{
	size_t line = out->len;
	buf_addf(out, "  %-12s%s", v->name, v->summary);
	if (v->also) {
		do
			buf_addch(out, ' ');
		while (out->len - line < 48);
		buf_addf(out, "(%s)", v->also);
	}
	buf_addch(out, '\n');
}

void help_all(struct buf *out)
{
	buf_addstr(out,
		"usage: boardman VERB [OPTION…] [ARG…]\n\n"
		"Build many Arduino sketches for many boards, here or on a lab of machines.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		add_verb(out, table[i]);
	buf_addstr(out,
		"\nStart here:\n"
		"  boardman compile -b arduino:avr:uno                 the sketch or library you "
		"are in\n"
		"  boardman compile -b uno,mega examples               all examples, two boards\n"
		"  boardman compile -b @boards.txt --dist              …on the configured "
		"machines\n"
		"\nConfig: ~/.config/boardman/boardman.conf   Cache: ~/.cache/boardman   "
		"Results: ./boardman-out\n"
		"Exit: 0 all ok  1 a sketch failed  2 usage or nothing selected  3 not all built  "
		"130 interrupted\n");
}

void help_verb(struct buf *out, const struct verb *v)
{
	buf_addf(out, "usage: boardman %s%s%s\n", v->name, *v->usage ? " " : "", v->usage);
	if (*v->intro)
		buf_addf(out, "\n%s", v->intro);
	options_help(out, v->bit);
}

static enum exit_status run(struct invocation *in)
{
	struct buf out = BUF_INIT;
	const struct verb *v = in->args->n ? verb_find(in->args->v[0]) : NULL;
	if (in->args->n && !v)
		return STATUS_USAGE;
	if (v)
		help_verb(&out, v);
	else
		help_all(&out);
	say(in, &out);
	buf_release(&out);
	return STATUS_OK;
}

const struct verb verb_help = {
	.name = "help",
	.summary = "this text, or that of a verb",
	.usage = "[VERB]",
	.intro = "",
	.bit = VERB_HELP,
	.run = run,
};
