/* message: commands and responses as lines of JSON, both ways. docs/protocol.md is the text this follows. What is decoded
 * came from a peer: every ceiling and every type is checked here, and nowhere is a path made of it.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "wire/job.h"

struct buf;
struct error;

#define WIRE_PROTOCOL 1
#define WIRE_MAX_JOBS 256 /* in one build_sketches or cancel */
#define WIRE_MAX_PIECE (48u << 10) /* bytes of content in one artifact message */
#define WIRE_MAX_TEXT (64u << 10) /* of stdout, stderr and commands in a build_result */
#define WIRE_MAX_ARTIFACTS 4096 /* of one job */
#define WIRE_MAX_LIST 65536 /* entries of any other list */

/* Adds the line, newline included; for a response the prefix too. The texts of a build_result must have been cut already: a line
 * that would be over WIRE_MAX_LINE is a bug of ours. */
void message_put_command(struct buf *out, const struct command *c);
void message_put_response(struct buf *out, const struct response *r);

/* A decoded message and all that it points to. */
struct message_command {
	struct command c;
	struct message_store *store;
};
struct message_response {
	struct response r;
	struct message_store *store;
};

/* `line` without its newline. -1 and err: the text says what is wrong and is fit for an `error` response. An unknown command gives -1 with
 * *unknown true. */
int message_get_command(
	struct message_command *m, const char *line, size_t len, bool *unknown, struct error *err);
/* `line` without its prefix and newline. */
int message_get_response(
	struct message_response *m, const char *line, size_t len, struct error *err);
void message_command_release(struct message_command *m);
void message_response_release(struct message_response *m);

#endif
