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

/* What one job's failure looks like. */
struct failure {
	char *text; /* its lines, indented */
	char *key; /* what makes two the same; NULL nothing */
	char *place; /* where its first error is; NULL when only the reason counts */
	size_t errors; /* lines of them in the text */
};

struct member {
	size_t row;
	char *place;
};

/* Jobs that failed in the same way. */
struct block {
	char *text; /* of the first */
	bool differs; /* only the first error is the same */
	size_t errors;
	struct member *v;
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

/* Where in the line the error begins, behind its place; NULL when it is none. */
static const char *error_in(const char *line, size_t len)
{
	static const char *const marks[] = {"fatal error: ", " error: ", ":error: ", " Error: ",
		"undefined reference to", "multiple definition of", "cannot find -l",
		" will not fit in region", " overflowed by "};
	/* It only counts what others said. */
	if (has(line, len, "collect2: error:") || has(line, len, "lto-wrapper: fatal error:"))
		return NULL;
	if (len > 7 && !strncmp(line, "error: ", 7))
		return line;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *at = memmem(line, len, marks[i], strlen(marks[i]));
		if (at)
			return at + strspn(at, " :");
	}
	return NULL;
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
		if (!len || (errors_only && !error_in(line, len)))
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

/* The first error, apart from *place, where it is; NULL when there is none. New strings. */
static char *first_error(const struct report_style *s, const struct buf *text, char **place)
{
	const char *end = buf_str(text) + text->len;
	for (const char *line = buf_str(text), *next; line < end; line = next) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((nl ? nl : end) - line);
		const char *error = error_in(line, len);
		next = nl ? nl + 1 : end;
		if (!error)
			continue;
		size_t before = (size_t)(error - line);
		struct buf shown = BUF_INIT;
		while (before && strchr(" :", line[before - 1]))
			before--;
		text_line(&shown, s, line, before);
		*place = buf_detach(&shown);
		return xstrndup(error, len - (size_t)(error - line));
	}
	return NULL;
}

/* One error in many sketches is one: a reason that has a cure, or the first error wherever it is; else the whole text. */
static char *key_of(const struct run_row *r, const char *error, const char *text)
{
	const char *verdict = verdict_name(r->verdict), *reason = r->reason ? r->reason : "";
	if (has_cure(r))
		return xasprintf("%s\n%s", verdict, reason);
	if (error)
		return xasprintf(
			"%s\n%s\n%s", verdict, r->verdict == VERDICT_FAILED ? "" : reason, error);
	return *text ? xasprintf("%s\n%s", verdict, text) : NULL;
}

/* The errors if there are any, else the reason and how the output begins. A timeout, a blocked unit and a machine's fault begin
 * with the reason; one that has a cure is always told. */
static struct failure failure_of(const struct report_style *s, const struct run_row *r)
{
	struct failure f = {0};
	struct buf out = BUF_INIT, err = BUF_INIT;
	bool first = r->verdict != VERDICT_FAILED, last = !first && has_cure(r);
	size_t n = first ? add_reason(&out, s, r) : 0;
	read_text(r, "err", &err);
	f.errors = add_lines(&out, s, &err, true, MAX_LINES - n - last);
	if (last || (!first && !f.errors))
		n += add_reason(&out, s, r);
	char *error = has_cure(r) ? NULL : first_error(s, &err, &f.place);
	if (!f.errors)
		add_output(&out, s, r, &err, MAX_LINES - n);
	f.text = buf_detach(&out);
	f.key = key_of(r, error, f.text);
	free(error);
	buf_release(&err);
	return f;
}

/* ---- blocks ---- */

static void block_free(void *p)
{
	struct block *b = p;
	for (size_t i = 0; i < b->n; i++)
		free(b->v[i].place);
	free(b->v);
	free(b->text);
	free(b);
}

/* Takes what `f` holds. */
static void add_to_block(struct strmap *blocks, struct failure *f, size_t row)
{
	/* Without a text there is nothing that could be the same. */
	char *key = f->key ? f->key : xasprintf("%zu", row);
	struct block *b = strmap_get(blocks, key);
	if (!b) {
		b = xcalloc(1, sizeof *b);
		b->text = f->text;
		b->errors = f->errors;
		strmap_set(blocks, key, b);
	} else {
		b->differs |= f->place && (f->errors > 1 || b->errors > 1) &&
			      strcmp(f->text, b->text) != 0;
		free(f->text);
	}
	GROW(b->v, b->n, b->cap);
	b->v[b->n++] = (struct member){row, f->place};
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

/* A FILE:LINE in the sketch itself tells its name as well. */
static bool is_place_in(const char *place, const char *sketch)
{
	const char *number = place ? strrchr(place, ':') : NULL;
	if (!number || !number[1] || number[1 + strspn(number + 1, "0123456789")])
		return false;
	char *dir = xasprintf("%s/", path_base(sketch));
	bool is = strstr(place, dir);
	free(dir);
	return is;
}

static void add_others(struct buf *out, const struct report_style *s, const struct block *b,
	const struct run_row *rows)
{
	const char *first = b->v[0].place;
	if (b->n < 2)
		return;
	buf_addstr(out, b->differs ? "  the same first error in " : "  the same in ");
	text_count(out, b->n - 1, "other job");
	for (size_t i = 1; i < b->n && i <= MAX_OTHERS; i++) {
		const struct run_row *r = &rows[b->v[i].row];
		const char *place = b->v[i].place;
		buf_addstr(out, i == 1 ? ": " : ", ");
		if (strcmp(r->board, rows[b->v[0].row].board) != 0)
			buf_addf(out, "%s ", r->board);
		if (is_place_in(place, r->sketch) && strcmp(place, first) != 0)
			buf_addstr(out, place);
		else
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
	const struct run_row *first = &rows[b->v[0].row];
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
	for (size_t i = 0; i < n; i++) {
		if (!failure_is_one(&rows[i]))
			continue;
		struct failure f = failure_of(s, &rows[i]);
		add_to_block(&blocks, &f, i);
	}
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
