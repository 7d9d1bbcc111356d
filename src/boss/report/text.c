/* text: see text.h. */
#include "boss/report/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/fs.h"
#include "common/visible.h"

static const char *const color_code[] = {
	[TEXT_PLAIN] = "", [TEXT_GOOD] = "32", [TEXT_BAD] = "1;31", [TEXT_DIM] = "2"};

void text_colored(
	struct buf *out, const struct report_style *s, enum text_color c, const char *text)
{
	if (s->color && c != TEXT_PLAIN)
		buf_addf(out, "\033[%sm%s\033[0m", color_code[c], text);
	else
		buf_addstr(out, text);
}

void text_seconds(struct buf *out, double seconds)
{
	long whole = (long)(seconds + 0.5);
	if (seconds < 0.0995)
		buf_addf(out, "%d ms", (int)(seconds * 1000 + 0.5));
	else if (seconds < 9.95)
		buf_addf(out, "%.1f s", seconds);
	else if (whole < 60)
		buf_addf(out, "%ld s", whole);
	else if (whole < 3600)
		buf_addf(out, "%ld min %ld s", whole / 60, whole % 60);
	else
		buf_addf(out, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
}

void text_count(struct buf *out, size_t n, const char *noun)
{
	size_t len = strlen(noun);
	const char *plural = len > 1 && !strcmp(noun + len - 2, "ch") ? "es" : "s";
	buf_addf(out, "%zu %s%s", n, noun, n == 1 ? "" : plural);
}

void text_line(struct buf *out, const struct report_style *s, const char *line, size_t len)
{
	const char *cwd = s->cwd ? s->cwd : "";
	struct buf shown = BUF_INIT;
	for (size_t from = 0, at; from < len; from = at + strlen(cwd) + 1) {
		at = path_find(line, len, from, cwd);
		buf_add(&shown, line + from, at - from);
	}
	visible_add(out, buf_str(&shown), shown.len);
	buf_release(&shown);
}

void text_path(struct buf *out, const struct report_style *s, const char *path)
{
	bool here = s->cwd && s->cwd[1] && !strcmp(path, s->cwd);
	bool inside = s->cwd && path_beneath(path, s->cwd) && strlen(path) > strlen(s->cwd) + 1;
	const char *shown = here     ? "."
			    : inside ? path + strlen(s->cwd) + (s->cwd[1] != '\0')
				     : path;
	visible_addstr(out, shown);
}

bool text_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 1;
	while (fd >= 0 && max && n > 0) {
		size_t want = max < 65536 ? max : 65536;
		n = read(fd, buf_reserve(out, want), want);
		if (n > 0) {
			out->len += (size_t)n;
			out->data[out->len] = '\0';
			max -= (size_t)n;
		}
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n >= 0;
}

int text_write(int fd, const struct buf *text)
{
	return fs_write_all(fd, text->data, text->len) == 0 || errno == EPIPE ? 0 : errno;
}
