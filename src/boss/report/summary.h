/* summary: one line per job, and the line that ends a run. */
#ifndef BOSS_REPORT_SUMMARY_H
#define BOSS_REPORT_SUMMARY_H

#include <stddef.h>

struct buf;
struct report_style;
struct run_row;
struct run_totals;

/* "ok arduino:avr:uno  examples/Noise  (local, 1.2 s)  3412 bytes of flash (10 %), 212 of RAM (10 %)" and a newline. */
void summary_job(struct buf *out, const struct report_style *s, const struct run_row *r);
/* "not run: 7 jobs (interrupted)" and a newline, nothing when there are none. */
void summary_not_run(struct buf *out, const struct run_row *rows, size_t n);
/* "294 jobs: 291 ok, 1 failed, 2 skipped; 41 s (stage 1 6 s); 3 boards, 98 sketches, 4 machines" and a newline. */
void summary_totals(struct buf *out, const struct report_style *s, const struct run_totals *t);

#endif
