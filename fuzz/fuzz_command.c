/* fuzz_command: a line from a boss. What is taken can be said again, and is then the same. */
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

static bool put(struct buf *out, const struct message_command *m)
{
	struct error err = ERROR_INIT;
	/* Escapes are longer than what they stand for; nothing else may be refused. */
	if (message_put_command(out, &m->c, &err) == 0)
		return true;
	expect(strstr(err.text, "more than") != NULL);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_command m, again;
	struct error err = ERROR_INIT;
	struct buf line = BUF_INIT, second = BUF_INIT;
	bool unknown;
	if (message_get_command(&m, (const char *)data, size, &unknown, &err) < 0) {
		expect(*err.text);
		return 0;
	}
	const char *end = put(&line, &m) ? strchr(line.data, '\n') : NULL;
	if (end && end[1] == '\0') {
		expect(line.len <= WIRE_MAX_LINE);
		expect(message_get_command(&again, line.data, line.len - 1, &unknown, &err) == 0);
		expect(put(&second, &again));
		expect(!strcmp(line.data, second.data));
		message_command_release(&again);
	}
	buf_release(&line);
	buf_release(&second);
	message_command_release(&m);
	return 0;
}
