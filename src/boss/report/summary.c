/* summary: see summary.h. */
#include "boss/report/summary.h"

#include <string.h>
#include "boss/report/failures.h"
#include "boss/report/row.h"
#include "boss/report/text.h"
#include "common/buf.h"
#include "common/visible.h"

static const char *word_of(const struct run_row *r)
{
	switch (r->verdict) {
	case VERDICT_OK: return "ok";
	case VERDICT_SKIPPED: return "skipped";
	case VERDICT_NOT_RUN: return "not run";
	default: return failure_word(r);
	}
}

static enum text_color color_of(const struct run_row *r)
{
	if (failure_is_one(r))
		return TEXT_BAD;
	return r->verdict == VERDICT_OK ? TEXT_GOOD : TEXT_DIM;
}

static void add_size(struct buf *out, const char *lead, int64_t used, int64_t max, const char *what)
{
	if (used < 0)
		return;
	buf_addf(out, "%s%lld bytes of %s", lead, (long long)used, what);
	if (max > 0)
		buf_addf(out, " (%lld %%)", (long long)(used * 100 / max));
}

static void add_how(struct buf *out, const struct run_row *r)
{
	buf_addstr(out, "  (");
	if (r->machine)
		buf_addf(out, "%s, ", r->machine);
	text_seconds(out, r->seconds);
	if (r->warnings) {
		buf_addstr(out, ", ");
		text_count(out, (size_t)r->warnings, "warning");
	}
	buf_addstr(out, r->unchanged ? ", unchanged)" : ")");
}

static void add_reason(struct buf *out, const char *lead, const char *reason)
{
	buf_addstr(out, lead);
	visible_addstr(out, reason ? reason : "no reason known");
	buf_addch(out, ')');
}

void summary_job(struct buf *out, const struct report_style *s, const struct run_row *r)
{
	text_colored(out, s, color_of(r), word_of(r));
	buf_addf(out, " %s  ", r->board);
	text_line(out, s, r->sketch, strlen(r->sketch));
	if (r->verdict == VERDICT_SKIPPED || r->verdict == VERDICT_NOT_RUN)
		add_reason(out, "  (", r->reason);
	else
		add_how(out, r);
	if (r->verdict == VERDICT_OK) {
		add_size(out, "  ", r->sizes.flash, r->sizes.flash_max, "flash");
		add_size(out, ", ", r->sizes.ram, r->sizes.ram_max, "RAM");
	}
	buf_addch(out, '\n');
}

void summary_not_run(struct buf *out, const struct run_row *rows, size_t n)
{
	const char *why = NULL;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].verdict != VERDICT_NOT_RUN)
			continue;
		count++;
		why = why ? why : rows[i].reason;
	}
	if (!count)
		return;
	buf_addstr(out, "not run: ");
	text_count(out, count, "job");
	add_reason(out, " (", why);
	buf_addch(out, '\n');
}

static void add_verdicts(struct buf *out, const struct report_style *s, const struct run_totals *t)
{
	static const char *const words[] = {
		"", "ok", "failed", "timeout", "blocked", "infra", "skipped", "not run"};
	const char *lead = ": ";
	for (int v = VERDICT_OK; v <= VERDICT_NOT_RUN; v++) {
		if (!t->by[v])
			continue;
		struct buf word = BUF_INIT;
		bool bad = v != VERDICT_OK && v != VERDICT_SKIPPED;
		buf_addf(&word, "%zu %s", t->by[v], words[v]);
		buf_addstr(out, lead);
		text_colored(out, s, bad ? TEXT_BAD : TEXT_PLAIN, buf_str(&word));
		buf_release(&word);
		lead = ", ";
	}
	if (t->unchanged)
		buf_addf(out, " (%zu unchanged)", t->unchanged);
}

void summary_totals(struct buf *out, const struct report_style *s, const struct run_totals *t)
{
	text_count(out, t->jobs, "job");
	add_verdicts(out, s, t);
	buf_addstr(out, "; ");
	text_seconds(out, t->seconds);
	if (t->stage1 > 0) {
		buf_addstr(out, " (stage 1 ");
		text_seconds(out, t->stage1);
		buf_addch(out, ')');
	}
	buf_addstr(out, "; ");
	text_count(out, t->boards, "board");
	buf_addstr(out, ", ");
	text_count(out, t->sketches, "sketch");
	buf_addstr(out, ", ");
	text_count(out, t->machines, "machine");
	buf_addch(out, '\n');
}
