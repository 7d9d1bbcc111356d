/* fuzz_frame: lines are the same however the bytes are cut. The first byte is the size of the pieces, the rest the stream. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_always)
{
	if (!true_always)
		abort();
}

static bool on_line(void *ctx, const char *line, size_t len)
{
	struct buf *all = ctx;
	expect(strlen(line) == len && len < WIRE_MAX_LINE && !strchr(line, '\n'));
	buf_add(all, line, len);
	buf_addch(all, '\n');
	return true;
}

static bool on_line_stops(void *ctx, const char *line, size_t len)
{
	on_line(ctx, line, len);
	return false;
}

/* Whether the stream was good. */
static bool feed(const uint8_t *data, size_t size, size_t step, struct buf *all)
{
	struct frame f = {0};
	struct error err = ERROR_INIT;
	int ret = 0;
	for (size_t at = 0; at < size && ret == 0; at += step)
		ret = frame_feed(
			&f, data + at, size - at < step ? size - at : step, on_line, all, &err);
	expect(ret == 0 || *err.text);
	expect(f.partial.len < WIRE_MAX_LINE);
	if (ret < 0)
		expect(frame_feed(&f, "x\n", 2, on_line, all, NULL) < 0);
	frame_release(&f);
	return ret == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT, pieces = BUF_INIT, first = BUF_INIT;
	struct frame f = {0};
	if (size < 1)
		return 0;
	size_t step = (size_t)data[0] + 1;
	bool good = feed(data + 1, size - 1, size, &once);
	expect(feed(data + 1, size - 1, step, &pieces) == good);
	expect(!strcmp(buf_str(&once), buf_str(&pieces)));
	frame_feed(&f, data + 1, size - 1, on_line_stops, &first, NULL);
	expect(!strncmp(buf_str(&once), buf_str(&first), first.len));
	frame_release(&f);
	buf_release(&once);
	buf_release(&pieces);
	buf_release(&first);
	return 0;
}
