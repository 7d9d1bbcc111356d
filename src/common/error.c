/* error: see error.h. Writes into the caller's struct only; prints nothing, allocates nothing, and
 * never changes errno.
 */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	/* An argument may be err->text itself. */
	struct error tmp;
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(tmp.text, sizeof tmp.text, fmt, ap);
	va_end(ap);
	strcpy(err->text, tmp.text);
	errno = saved;
	return -1;
}

/* Appends to a text of `used` bytes what still fits. */
static void append(struct error *err, size_t used, const char *s)
{
	size_t room = sizeof err->text - 1 - used;
	size_t len = strnlen(s, room);
	memcpy(err->text + used, s, len);
	err->text[used + len] = '\0';
}

int error_errno(struct error *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	struct error tmp;
	char reason[128];
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(tmp.text, sizeof tmp.text, fmt, ap);
	va_end(ap);
	append(&tmp, strlen(tmp.text), ": ");
	append(&tmp, strlen(tmp.text), strerror_r(saved, reason, sizeof reason));
	strcpy(err->text, tmp.text);
	errno = saved;
	return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	struct error tmp;
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(tmp.text, sizeof tmp.text, fmt, ap);
	va_end(ap);
	append(&tmp, strlen(tmp.text), ": ");
	append(&tmp, strlen(tmp.text), err->text);
	strcpy(err->text, tmp.text);
	errno = saved;
	return -1;
}
