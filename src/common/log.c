/* log: see log.h. One write(2) a line, so that lines of several threads and processes do not mix. Cuts
 * an endless line, and never fails: a stderr that is gone has nobody to tell.
 */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/visible.h"
#include "common/xalloc.h"

#define MAX_LINE 65536

/* Who logs is everybody, at any depth, so that this is the one state that is not passed along. */
static struct {
	enum log_level level;
	void (*before)(void *);
	void (*after)(void *);
	void *ctx;
	const char *cwd;
} state = {.level = LOG_LEVEL_NOTE};

static const char *const prefixes[] = {
	[LOG_LEVEL_ERROR] = "boardman: ",
	[LOG_LEVEL_WARNING] = "warning: ",
	[LOG_LEVEL_NOTE] = "note: ",
	[LOG_LEVEL_DEBUG] = "debug: ",
};

void log_set_level(enum log_level level)
{
	state.level = level;
}

void log_set_hooks(void (*before)(void *), void (*after)(void *), void *ctx)
{
	state.before = before;
	state.after = after;
	state.ctx = ctx;
}

void log_set_cwd(const char *cwd)
{
	state.cwd = cwd;
}

bool log_enabled(enum log_level level)
{
	return level <= state.level;
}

/* Takes the current directory off the paths in the text; its new length. */
static size_t shorten(char *text, size_t len)
{
	const char *cwd = state.cwd ? state.cwd : "";
	size_t to = 0;
	for (size_t from = 0, at; from < len; from = at + strlen(cwd) + 1) {
		at = path_find(text, len, from, cwd);
		memmove(text + to, text + from, at - from);
		to += at - from;
	}
	return to;
}

static void write_line(const struct buf *line)
{
	const char *p = line->data;
	size_t left = line->len;
	while (left) {
		ssize_t n = write(STDERR_FILENO, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		p += n;
		left -= (size_t)n;
	}
}

static __attribute__((format(printf, 3, 0))) void put(
	enum log_level level, const char *prefix, const char *fmt, va_list ap)
{
	if (!log_enabled(level))
		return;
	int saved = errno;
	struct buf line = BUF_INIT;
	char *text = xvasprintf(fmt, ap);
	size_t len = strnlen(text, MAX_LINE);
	while (len && text[len - 1] == '\n')
		len--;
	len = shorten(text, len);
	buf_addstr(&line, prefix);
	/* A newline could begin what poses as a message of our own. */
	visible_add(&line, text, len);
	buf_addch(&line, '\n');
	if (state.before)
		state.before(state.ctx);
	write_line(&line);
	if (state.after)
		state.after(state.ctx);
	buf_release(&line);
	free(text);
	errno = saved;
}

void log_error(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, prefixes[LOG_LEVEL_ERROR], fmt, ap);
	va_end(ap);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put(LOG_LEVEL_WARNING, prefixes[LOG_LEVEL_WARNING], fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put(LOG_LEVEL_NOTE, prefixes[LOG_LEVEL_NOTE], fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put(LOG_LEVEL_DEBUG, prefixes[LOG_LEVEL_DEBUG], fmt, ap);
	va_end(ap);
}

void log_quote(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put(LOG_LEVEL_NOTE, "", fmt, ap);
	va_end(ap);
}
