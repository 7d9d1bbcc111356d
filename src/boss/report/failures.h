/* failures: the listing of what did not build, at a run's end. */
#ifndef BOSS_REPORT_FAILURES_H
#define BOSS_REPORT_FAILURES_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct report_style;
struct run_row;

/* True for the verdicts that are listed: failed, timeout, blocked, infra. */
bool failure_is_one(const struct run_row *r);
/* "FAIL", "TIMEOUT", … */
const char *failure_word(const struct run_row *r);
/* Adds a block per failure, at most 20 of at most 10 lines each, as USE says; an error met in several jobs, wherever it is in
 * each, stands once, with their count and the first of them. Reads DIR/err and DIR/log. */
void failures_list(
	struct buf *out, const struct report_style *s, const struct run_row *rows, size_t n);

#endif
