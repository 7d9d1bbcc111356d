/* visible: what others have said, in a form that may be shown: no terminal and no CI service obeys it. */
#ifndef COMMON_VISIBLE_H
#define COMMON_VISIBLE_H

#include <stddef.h>

struct buf;

/* Adds one line (without its end). Control characters, a newline among them but no tab, and bytes that are not UTF-8 become \xNN; so does the
 * first byte of what a CI service would take for a command. */
void visible_add(struct buf *out, const char *line, size_t len);
void visible_addstr(struct buf *out, const char *line);
void visible_addf(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
