/* failures: see failures.h. It chooses lines, it does not interpret them: the whole text is in the file
 * that each block names.
 */
#include "boss/report/failures.h"

#include <stdlib.h>
#include <string.h>
#include "boss/report/row.h"
#include "boss/report/text.h"
#include "common/buf.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define MAX_BLOCKS 20
#define MAX_LINES 10
#define MAX_OTHERS 8 /* jobs named that have the same error */
#define MAX_READ (4u << 20)

/* Jobs that failed in the same way. */
struct block {
	char *text; /* its lines, indented; owned by the map */
	size_t *rows;
	size_t n, cap;
};

bool failure_is_one(const struct run_row *r)
{
	return r->verdict >= VERDICT_FAILED && r->verdict <= VERDICT_INFRA;
}

const char *failure_word(const struct run_row *r)
{
	switch (r->verdict) {
	case VERDICT_TIMEOUT: return "TIMEOUT";
	case VERDICT_BLOCKED: return "BLOCKED";
	case VERDICT_INFRA: return "INFRA";
	default: return "FAIL";
	}
}

/* ---- which lines ---- */

static bool has(const char *line, size_t len, const char *what)
{
	return memmem(line, len, what, strlen(what)) != NULL;
}

static bool is_error_line(const char *line, size_t len)
{
	static const char *const marks[] = {" error: ", ": error: ", ":error: ", " Error: ",
		"undefined reference to", "multiple definition of", "cannot find -l",
		" will not fit in region", " overflowed by "};
	/* It only counts what others said. */
	if (has(line, len, "collect2: error:") || has(line, len, "lto-wrapper: fatal error:"))
		return false;
	if (len > 7 && !strncmp(line, "error: ", 7))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (has(line, len, marks[i]))
			return true;
	return false;
}

/* Adds up to `room` lines of the text, each indented; only errors, or all. How many. */
static size_t add_lines(struct buf *out, const struct report_style *s, const struct buf *text,
	bool errors_only, size_t room)
{
	size_t n = 0;
	const char *end = buf_str(text) + text->len;
	for (const char *line = buf_str(text), *next; line < end && n < room; line = next) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((nl ? nl : end) - line);
		next = nl ? nl + 1 : end;
		if (!len || (errors_only && !is_error_line(line, len)))
			continue;
		buf_addstr(out, "  ");
		text_line(out, s, line, len);
		buf_addch(out, '\n');
		n++;
	}
	return n;
}

static void read_text(const struct run_row *r, const char *name, struct buf *out)
{
	char *path = r->dir ? path_join(r->dir, name) : NULL;
	if (path)
		text_read(path, MAX_READ, out);
	free(path);
}

static size_t add_reason(struct buf *out, const struct report_style *s, const struct run_row *r)
{
	if (!r->reason)
		return 0;
	buf_addstr(out, "  ");
	text_line(out, s, r->reason, strlen(r->reason));
	buf_addch(out, '\n');
	return 1;
}

static void add_output(struct buf *out, const struct report_style *s, const struct run_row *r,
	struct buf *err, size_t room)
{
	/* The limits write their reason there too. */
	if (r->reason && strstr(buf_str(err), r->reason))
		return;
	if (add_lines(out, s, err, false, room))
		return;
	buf_clear(err);
	read_text(r, "log", err);
	add_lines(out, s, err, false, room);
}

static bool has_cure(const struct run_row *r)
{
	return r->reason && strstr(r->reason, "; cure: ");
}

/* The errors if there are any, else the reason and how the output begins. A timeout, a blocked unit and a machine's fault begin
 * with the reason; one that has a cure is always told. */
static char *lines_of(const struct report_style *s, const struct run_row *r)
{
	struct buf out = BUF_INIT, err = BUF_INIT;
	bool first = r->verdict != VERDICT_FAILED, last = !first && has_cure(r);
	size_t n = first ? add_reason(&out, s, r) : 0;
	read_text(r, "err", &err);
	size_t errors = add_lines(&out, s, &err, true, MAX_LINES - n - last);
	if (last || (!first && !errors))
		n += add_reason(&out, s, r);
	if (!errors)
		add_output(&out, s, r, &err, MAX_LINES - n);
	buf_release(&err);
	return buf_detach(&out);
}

/* ---- blocks ---- */

static void block_free(void *p)
{
	struct block *b = p;
	free(b->rows);
	free(b->text);
	free(b);
}

static void add_to_block(struct strmap *blocks, char *text, size_t row, const struct run_row *r)
{
	char *key = xasprintf("%s\n%s", verdict_name(r->verdict), text);
	/* Without a text there is nothing that could be the same. */
	if (!*text) {
		free(key);
		key = xasprintf("%zu", row);
	}
	struct block *b = strmap_get(blocks, key);
	if (!b) {
		b = xcalloc(1, sizeof *b);
		b->text = text;
		strmap_set(blocks, key, b);
	} else {
		free(text);
	}
	GROW(b->rows, b->n, b->cap);
	b->rows[b->n++] = row;
	free(key);
}

static void add_head(struct buf *out, const struct report_style *s, const struct run_row *r)
{
	text_colored(out, s, TEXT_BAD, failure_word(r));
	buf_addf(out, " %s  ", r->board);
	text_line(out, s, r->sketch, strlen(r->sketch));
	buf_addstr(out, "  (");
	if (r->machine)
		buf_addf(out, "%s, ", r->machine);
	text_seconds(out, r->seconds);
	buf_addstr(out, r->unchanged ? ", unchanged)\n" : ")\n");
}

static void add_others(struct buf *out, const struct report_style *s, const struct block *b,
	const struct run_row *rows)
{
	if (b->n < 2)
		return;
	buf_addstr(out, "  the same in ");
	text_count(out, b->n - 1, "other job");
	for (size_t i = 1; i < b->n && i <= MAX_OTHERS; i++) {
		const struct run_row *r = &rows[b->rows[i]];
		buf_addstr(out, i == 1 ? ": " : ", ");
		if (strcmp(r->board, rows[b->rows[0]].board) != 0)
			buf_addf(out, "%s ", r->board);
		text_line(out, s, r->sketch, strlen(r->sketch));
	}
	buf_addstr(out, b->n - 1 > MAX_OTHERS ? ", …\n" : "\n");
}

/* The file with the whole text: what the tools said on stdout, else on stderr. */
static void add_log(struct buf *out, const struct report_style *s, const struct run_row *r)
{
	static const char *const names[] = {"log", "err"};
	for (size_t i = 0; r->dir && i < ARRAY_LEN(names); i++) {
		char *path = path_join(r->dir, names[i]);
		bool there = fs_exists(path);
		if (there) {
			buf_addstr(out, "  log: ");
			text_path(out, s, path);
			buf_addch(out, '\n');
		}
		free(path);
		if (there)
			return;
	}
}

static void add_block(struct buf *out, const struct report_style *s, const struct block *b,
	const struct run_row *rows)
{
	const struct run_row *first = &rows[b->rows[0]];
	add_head(out, s, first);
	buf_addstr(out, b->text);
	add_others(out, s, b, rows);
	add_log(out, s, first);
}

void failures_list(
	struct buf *out, const struct report_style *s, const struct run_row *rows, size_t n)
{
	struct strmap blocks = STRMAP_INIT(block_free);
	size_t shown = 0, left = 0;
	for (size_t i = 0; i < n; i++)
		if (failure_is_one(&rows[i]))
			add_to_block(&blocks, lines_of(s, &rows[i]), i, &rows[i]);
	for (struct strmap_entry *e = strmap_first(&blocks); e; e = strmap_next(e)) {
		const struct block *b = strmap_value(e);
		if (shown++ < MAX_BLOCKS)
			add_block(out, s, b, rows);
		else
			left += b->n;
	}
	if (left) {
		buf_addstr(out, "… and ");
		text_count(out, left, "more failure");
		buf_addch(out, '\n');
	}
	strmap_release(&blocks);
}
