/* text: pieces of text as reports write them: numbers, times, colours, lines of tools that are not to be trusted.
 */
#ifndef BOSS_REPORT_TEXT_H
#define BOSS_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct report_style {
	bool color;
	const char *cwd; /* paths beneath it are shown relative to it; NULL: as they are */
};

enum text_color { TEXT_PLAIN, TEXT_GOOD, TEXT_BAD, TEXT_DIM };

/* The text in that colour, or as it is. */
void text_colored(
	struct buf *out, const struct report_style *s, enum text_color c, const char *text);
/* "12 ms", "1.2 s", "41 s", "2 min 5 s", "1 h 3 min" */
void text_seconds(struct buf *out, double seconds);
/* "1 job", "3 jobs", "1 sketch", "2 sketches" */
void text_count(struct buf *out, size_t n, const char *noun);
/* One line of a tool's output: paths beneath the cwd relative, the rest as common/visible has it. */
void text_line(struct buf *out, const struct report_style *s, const char *line, size_t len);
/* Adds the file's first `max` bytes; false when it cannot be read. */
bool text_read(const char *path, size_t max, struct buf *out);
/* Writes all of it. 0, or the errno of what hinders; a reader that went away does not: it has what it wanted. */
int text_write(int fd, const struct buf *text);
/* A path as shown. */
void text_path(struct buf *out, const struct report_style *s, const char *path);

#endif
