/* frame: cuts a stream of bytes into lines, with a ceiling. It knows neither JSON nor descriptors: bytes come in as they were
 * read, lines go out.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include "common/buf.h"

struct error;

#define WIRE_MAX_LINE (1u << 20) /* bytes, newline and prefix included */
#define WIRE_PREFIX "BM> " /* before each response */

struct frame {
	struct buf partial; /* a line without its end yet */
	bool broken; /* a line was over the ceiling or held a NUL: nothing more is taken */
};

/* A line without its newline (and without a \r before it), NUL-terminated, borrowed. False: stop, the rest of the bytes is
 * dropped; the frame is not touched any more, so that its owner may have released it. It must not feed the same frame. */
typedef bool frame_line_fn(void *ctx, const char *line, size_t len);

/* Takes bytes; calls `line` for each whole line. -1 and err when the stream is broken, and from then on. */
int frame_feed(struct frame *f, const void *data, size_t len, frame_line_fn *line, void *ctx,
	struct error *err);
void frame_release(struct frame *f);

#endif
