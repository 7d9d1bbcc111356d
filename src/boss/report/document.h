/* document: a run for programs: --json and --json-lines. The schema's number is raised when a member changes its meaning
 * or goes; members may be added.
 */
#ifndef BOSS_REPORT_DOCUMENT_H
#define BOSS_REPORT_DOCUMENT_H

#include <stddef.h>

struct buf;
struct json;
struct run_row;
struct run_totals;

/* One job's object, free with json_free. */
struct json *document_job(const struct run_row *r);
/* One line: the object, its schema named, and a newline. */
void document_line(struct buf *out, const struct run_row *r);
/* The whole document and a newline. `version` is boardman's; `out_dir` the output directory, NULL when none was made. */
void document_run(struct buf *out, const struct run_row *rows, size_t n, const struct run_totals *t,
	int exit_status, const char *version, const char *out_dir);

#endif
