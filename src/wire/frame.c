/* frame: see frame.h. Lines are the same however the bytes were cut into reads; what is broken stays broken, since nobody knows
 * where the next line would begin.
 */
#include "wire/frame.h"

#include <string.h>
#include "common/error.h"

static int broken(struct frame *f, struct error *err)
{
	f->broken = true;
	buf_release(&f->partial);
	return error_set(err, "a line holds a NUL byte or more than %u bytes", WIRE_MAX_LINE);
}

/* Hands out the line. The buffer is out of the frame meanwhile: when the answer is false, the frame may be gone. */
static bool deliver(struct frame *f, frame_line_fn *line, void *ctx)
{
	struct buf whole = f->partial;
	f->partial = (struct buf)BUF_INIT;
	if (whole.len && whole.data[whole.len - 1] == '\r')
		buf_truncate(&whole, whole.len - 1);
	if (!line(ctx, buf_str(&whole), whole.len)) {
		buf_release(&whole);
		return false;
	}
	buf_clear(&whole);
	f->partial = whole;
	return true;
}

int frame_feed(struct frame *f, const void *data, size_t len, frame_line_fn *line, void *ctx,
	struct error *err)
{
	const char *at = data;
	if (f->broken)
		return broken(f, err);
	while (len > 0) {
		size_t room = WIRE_MAX_LINE - f->partial.len; /* the newline included */
		size_t seen = len < room ? len : room;
		const char *end = memchr(at, '\n', seen);
		size_t n = end ? (size_t)(end - at) : seen;
		if (memchr(at, '\0', n) || (!end && n == room))
			return broken(f, err);
		buf_add(&f->partial, at, n);
		n += end != NULL;
		at += n;
		len -= n;
		if (end && !deliver(f, line, ctx))
			return 0;
	}
	return 0;
}

void frame_release(struct frame *f)
{
	buf_release(&f->partial);
	f->broken = false;
}
