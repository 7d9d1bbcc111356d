/* fuzz_response: a line from a worker. What is taken can be said again, and is then the same; whatever is said is taken. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "wire/frame.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_always)
{
	if (!true_always)
		abort();
}

static void put(struct buf *out, const struct response *r)
{
	message_put_response(out, r);
	expect(out->len <= WIRE_MAX_LINE && out->data[out->len - 1] == '\n');
	expect(!strncmp(out->data, WIRE_PREFIX, strlen(WIRE_PREFIX)));
}

static void get(struct message_response *m, const struct buf *line)
{
	size_t skip = strlen(WIRE_PREFIX);
	expect(message_get_response(m, line->data + skip, line->len - skip - 1, NULL) == 0);
}

/* Any bytes as what tools have said. */
static void check_texts(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	struct message_response m;
	buf_add(&text, data, size);
	struct build_result b = {
		.verdict = VERDICT_OK, .log = text, .err = text, .cmd = text, .reason = text.data};
	put(&line, &(struct response){.kind = RESP_BUILD_RESULT, .result = &b});
	get(&m, &line);
	const struct buf *got = &m.r.result->err;
	expect(m.r.result->verdict == VERDICT_OK && got->len <= WIRE_MAX_TEXT);
	if (message_text_whole(&text))
		expect(got->len == size && !memcmp(buf_str(got), buf_str(&text), size));
	else
		expect(got->len != size || memcmp(got->data, text.data, size) != 0);
	message_response_release(&m);
	buf_release(&text);
	buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_response m, again;
	struct error err = ERROR_INIT;
	struct buf line = BUF_INIT, second = BUF_INIT;
	check_texts(data, size);
	if (message_get_response(&m, (const char *)data, size, &err) < 0) {
		expect(*err.text);
		return 0;
	}
	put(&line, &m.r);
	get(&again, &line);
	put(&second, &again.r);
	expect(!strcmp(line.data, second.data));
	message_response_release(&again);
	buf_release(&line);
	buf_release(&second);
	message_response_release(&m);
	return 0;
}
