/* rows: the record of what was read: lines "root\tpath\tdigest\n", root one of tree, library, platform, toolchain; a directory's
 * path ends with a slash and its digest is that of its listing. The first line is "settings\t<hex>\t<key hex>".
 */
#ifndef SKETCH_ROWS_H
#define SKETCH_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/strmap.h"

struct buf;
struct context;
struct digest;
struct file_index;
struct strv;

/* Collects rows, each path once. */
struct rows {
	struct strmap seen;
	struct buf *out; /* borrowed */
	struct context *context;
	const char *tree; /* the sketch's directory; NULL none */
	int64_t since; /* when what is added next may have been used first: it must not have changed since; 0: known to be what was used */
	bool gone; /* the record is not complete: a file could not be looked at, or has changed meanwhile */
};

void rows_init(struct rows *r, struct context *c, const char *tree, struct buf *out);
void rows_release(struct rows *r);
void rows_add(struct rows *r, const char *path);
/* A directory, and with `recursive` all beneath it. */
void rows_add_dir(struct rows *r, const char *path, bool recursive);
/* Rows made by another collector. */
void rows_add_text(struct rows *r, const char *text);

/* True when every row of `text` (without the first line) still is as recorded. */
bool rows_current(const char *text, struct file_index *ix);

#endif
