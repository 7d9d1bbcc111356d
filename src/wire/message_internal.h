/* message_internal: what the files of message share. */
#ifndef WIRE_MESSAGE_INTERNAL_H
#define WIRE_MESSAGE_INTERNAL_H

#include <limits.h>
#include <stddef.h>
#include "wire/layout.h"

struct error;
struct json;

#define MAX_THREADS 65536 /* threads, slots and sketches at once of one machine */
#define MAX_WHOLE (1LL << 53) /* what JSON keeps exactly */
#define MAX_SECONDS 1000000000
#define MAX_LOAD 1000000

/* What a message holds beside its name. NULL for a kind without keys. */
const struct layout *message_command_layout(int kind);
const struct layout *message_response_layout(int kind);
/* struct settings, all but cache_dir. */
extern const struct layout settings_layout;
const char *settings_warnings_name(int value);

/* One line's object. NULL and err. */
struct json *message_parse(const char *line, size_t len, struct error *err);
/* The kind with the name that stands under `key`; `n` when it is none of them, -1 and err when there is no name. */
int message_kind(const struct json *o, const char *key, const char *(*name_of)(int), int n,
	struct error *err);

#endif
