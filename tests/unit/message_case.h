/* message_case: what the tests of messages share: ids that are right, a line in and out. */
#ifndef UNIT_MESSAGE_CASE_H
#define UNIT_MESSAGE_CASE_H

#include "common/buf.h"
#include "common/error.h"
#include "tap.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/message_internal.h"

#define HEX8 "0123abcd"
#define HEX64 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8
#define HEX40 HEX8 HEX8 HEX8 HEX8 HEX8

/* The line without its newline and, for a response, its prefix; from memory that ends with it. */
TAP_FN int get_command(
	struct message_command *m, const char *line, size_t len, bool *unknown, struct error *err)
{
	char *exact = malloc(len + !len);
	memcpy(exact, line, len);
	int ret = message_get_command(m, exact, len, unknown, err);
	free(exact);
	return ret;
}

TAP_FN int get_response(struct message_response *m, const char *line, size_t len, struct error *err)
{
	char *exact = malloc(len + !len);
	memcpy(exact, line, len);
	int ret = message_get_response(m, exact, len, err);
	free(exact);
	return ret;
}

/* The command as it is after the way over the wire; release it. False: it did not come through. */
TAP_FN bool over_command(struct message_command *m, const struct command *c)
{
	struct buf line = BUF_INIT;
	struct error err = ERROR_INIT;
	bool unknown;
	int ret = message_put_command(&line, c, &err);
	if (ret == 0)
		ret = get_command(m, line.data, line.len - 1, &unknown, &err);
	if (ret < 0)
		diag("%s\n%.500s", err.text, buf_str(&line));
	buf_release(&line);
	return ret == 0;
}

TAP_FN bool over_response(struct message_response *m, const struct response *r)
{
	struct buf line = BUF_INIT;
	struct error err = ERROR_INIT;
	message_put_response(&line, r);
	int ret = line.len > WIRE_MAX_LINE ? error_set(&err, "a line of %zu bytes", line.len)
					   : get_response(m, line.data + 4, line.len - 5, &err);
	if (ret < 0)
		diag("%s\n%.500s", err.text, buf_str(&line));
	buf_release(&line);
	return ret == 0;
}

#endif
