/* dryrun: -n: what would be built, and why or why not. */
#ifndef CLI_DRYRUN_H
#define CLI_DRYRUN_H

#include <stddef.h>

struct buf;
struct options;
struct plan;
struct report_style;
struct strv;

/* Why a row of the plan would be built, as far as the output tree tells. New string. */
char *dryrun_reason(const struct plan *p, const struct options *o, const char *out_dir, size_t row);
/* Adds the text, with --json the document; `machines` are those that would be used. Looks at `out_dir`, makes nothing. */
void dryrun_show(const struct plan *p, const struct options *o, const char *out_dir,
	const struct strv *machines, const struct report_style *style, struct buf *out);

#endif
