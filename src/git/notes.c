/* notes: see notes.h.
 */
#include "git/notes.h"

#include <stdarg.h>
#include <stdlib.h>
#include "common/xalloc.h"

#define MAX_NOTES 20

void notes_add(struct notes *n, const char *fmt, ...)
{
	if (n->lines.n == MAX_NOTES) {
		n->more++;
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	strv_push_take(&n->lines, xvasprintf(fmt, ap));
	va_end(ap);
}

void notes_finish(struct notes *n, struct strv *out)
{
	strv_push_all(out, &n->lines);
	if (n->more)
		strv_pushf(out, "%zu notes more", n->more);
	strv_release(&n->lines);
	n->more = 0;
}
