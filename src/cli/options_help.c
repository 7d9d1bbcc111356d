/* options_help: the table as people read it. */
#include "cli/options.h"

#include <string.h>
#include "common/buf.h"

#define COLUMN 28 /* where help begins */

static const char *const section_names[] = {
	[SECTION_WHAT] = "What",
	[SECTION_WHERE] = "Where",
	[SECTION_HOW] = "How",
	[SECTION_OUTPUT] = "Output",
};

static void add_names(struct buf *out, const struct option_row *row)
{
	for (const char *c = row->letters; *c; c++)
		buf_addf(out, "-%c, ", *c);
	buf_addf(out, "--%s", row->name);
	if (row->alias)
		buf_addf(out, ", --%s", row->alias);
	if (row->arg)
		buf_addf(out, " %s", row->arg);
}

/* At least two blanks: names and help stay apart. */
static void pad(struct buf *out, size_t line)
{
	buf_addch(out, ' ');
	do
		buf_addch(out, ' ');
	while (out->len - line < COLUMN);
}

/* One option on a line of its own. */
static void add_line(struct buf *out, const struct option_row *row)
{
	size_t line = out->len;
	buf_addstr(out, *row->letters ? "  " : "      ");
	add_names(out, row);
	for (const char *help = row->help, *nl;; help = nl + 1) {
		nl = strchr(help, '\n');
		pad(out, line);
		buf_add(out, help, nl ? (size_t)(nl - help) : strlen(help));
		buf_addch(out, '\n');
		line = out->len;
		if (!nl)
			break;
	}
}

/* Several short ones on one line, `n` rows of them. */
static void add_joined(struct buf *out, const struct option_row *row, size_t n, unsigned verb)
{
	size_t line = out->len;
	for (size_t i = 0; i < n; i++) {
		bool first = out->len == line;
		if (!(row[i].verbs & verb))
			continue;
		buf_addstr(out, !first ? "    " : *row[i].letters ? "  " : "      ");
		add_names(out, &row[i]);
		if (first)
			pad(out, line);
		else
			buf_addstr(out, "  ");
		buf_addstr(out, row[i].help);
	}
	buf_addch(out, '\n');
}

static void add_section(struct buf *out, const struct option_row *t, size_t n,
	enum option_section section, unsigned verb)
{
	bool began = false;
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && t[next].join; next++)
			;
		size_t shown = 0, last = i;
		for (size_t k = i; k < next; k++) {
			if (t[k].section != section || !(t[k].verbs & verb))
				continue;
			shown++;
			last = k;
		}
		if (!shown)
			continue;
		if (!began)
			buf_addf(out, "\n%s\n", section_names[section]);
		began = true;
		if (shown == 1)
			add_line(out, &t[last]);
		else
			add_joined(out, &t[i], next - i, verb);
	}
}

void options_help(struct buf *out, unsigned verb)
{
	size_t n;
	const struct option_row *t = options_table(&n);
	for (int s = 0; s < SECTION_COUNT; s++)
		add_section(out, t, n, (enum option_section)s, verb);
}
