/* visible: see visible.h. A terminal obeys control characters: in UTF-8 those up to 0x1f, 0x7f, and C1 from 0xc2 0x80 to 0xc2 0x9f; in Latin-1 a
 * lone byte from 0x80 to 0x9f. A CI service obeys lines of the log of a step: GitHub those that begin with "::", whatever blanks stand before;
 * and its older runners, Azure and TeamCity a mark anywhere.
 */
#include "common/visible.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/utf8.h"
#include "common/xalloc.h"

static bool has_mark(const char *s, size_t len, const char *mark)
{
	size_t n = strlen(mark);
	return len >= n && !memcmp(s, mark, n);
}

static bool is_command(const char *s, size_t len, bool at_start)
{
	static const char *const marks[] = {"##[", "##vso[", "##teamcity["};
	if (at_start && has_mark(s, len, "::"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (has_mark(s, len, marks[i]))
			return true;
	return false;
}

/* What may stand before a command. Not all characters beyond ASCII are blanks, but some are. */
static bool may_be_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c >= 0x80;
}

static bool is_control(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	return (len == 1 && ((c < 0x20 && c != '\t') || c == 0x7f)) ||
	       (len == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

/* Most of any line: how many bytes from the start are neither blank nor odd, nor begin a command. */
static size_t plain_len(const char *s, size_t len)
{
	size_t n = 0;
	while (n < len && s[n] > ' ' && s[n] < 0x7f && s[n] != '#' && s[n] != ':')
		n++;
	return n;
}

void visible_add(struct buf *out, const char *line, size_t len)
{
	bool at_start = true;
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		const char *c = line + i;
		n = plain_len(c, len - i);
		if (n) {
			buf_add(out, c, n);
			at_start = false;
			continue;
		}
		n = utf8_first(c, len - i);
		if (!n || is_control(c, n))
			buf_addf(out, "\\x%02x", (unsigned char)c[n ? n - 1 : 0]);
		else if (is_command(c, len - i, at_start))
			buf_addf(out, "\\x%02x", (unsigned char)*c);
		else
			buf_add(out, c, n);
		at_start &= may_be_blank((unsigned char)*c);
	}
}

void visible_addstr(struct buf *out, const char *line)
{
	visible_add(out, line, strlen(line));
}

void visible_addf(struct buf *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);
	va_end(ap);
	visible_addstr(out, text);
	free(text);
}
