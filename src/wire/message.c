/* message: what commands and responses have in common: a line is one object, and one of its keys names the kind. */
#include "wire/message.h"

#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/utf8.h"
#include "wire/frame.h"
#include "wire/message_internal.h"

struct json *message_parse(const char *line, size_t len, struct error *err)
{
	if (len > WIRE_MAX_LINE) {
		error_set(err, "a line of more than %u bytes", WIRE_MAX_LINE);
		return NULL;
	}
	if (!utf8_valid(line, len)) {
		error_set(err, "a line that is not UTF-8");
		return NULL;
	}
	struct json *o = json_parse(line, len, err);
	if (o && !json_is_object(o)) {
		json_free(o);
		o = NULL;
		error_set(err, "a line that is no JSON object");
	}
	return o;
}

int message_kind(const struct json *o, const char *key, const char *(*name_of)(int), int n,
	struct error *err)
{
	const char *name = json_str(o, key, NULL);
	if (!name)
		return error_set(err, "a message without '%s'", key);
	for (int i = 0; i < n; i++)
		if (!strcmp(name, name_of(i)))
			return i;
	return n;
}

bool message_text_whole(const struct buf *text)
{
	return layout_text_len(buf_str(text), text->len) == text->len;
}
