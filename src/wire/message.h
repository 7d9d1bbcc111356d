/* message: commands and responses as lines of JSON, both ways. docs/protocol.md is the text this follows. What is decoded
 * came from a peer: every ceiling and every type is checked here, and nowhere is a path made of it.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "wire/job.h"

struct buf;
struct error;

#define WIRE_PROTOCOL 1
#define WIRE_MAX_JOBS 256 /* in one build_sketches or cancel */
#define WIRE_MAX_PIECE (48u << 10) /* bytes of content in one artifact message */
#define WIRE_MAX_LONG_TEXT (64u << 20) /* of log, err, cmd, deps, syms each, as an artefact */
#define WIRE_MAX_TEXT (64u << 10) /* of stdout, stderr and commands in a build_result */
#define WIRE_MAX_STRING (16u << 10) /* bytes of any other string */
#define WIRE_MAX_ARTIFACTS 4096 /* of one job */
#define WIRE_MAX_LIST 65536 /* entries of any other list */

/* Adds the command's line, newline included; jobs that are too many or too long for one line become several. -1 and err, and nothing is
 * added, when it cannot be said: a path is not UTF-8, a value is one that the worker would refuse, or a single line would be over
 * WIRE_MAX_LINE. */
int message_put_command(struct buf *out, const struct command *c, struct error *err);

/* Adds the response's line, prefix and newline included. Always adds one that the boss takes: text is cut and mended; a result that cannot be
 * told (its list of artefacts is over WIRE_MAX_LINE, say) becomes `infra` with that as the reason, any other response an `error`. */
void message_put_response(struct buf *out, const struct response *r);

/* Whether a build_result carries this stdout, stderr or commands byte for byte. Otherwise it is cut on a character's boundary, at WIRE_MAX_TEXT bytes
 * or twice that in JSON's form, and what is not UTF-8 is replaced: the whole has to go as an artefact. */
bool message_text_whole(const struct buf *text);

/* A decoded message and all that it points to; its strings and arrays are released with it, never one by one. */
struct message_command {
	struct command c;
	struct message_store *store;
};
struct message_response {
	struct response r;
	struct message_store *store;
};

/* `line` without its newline. -1 and err: the text says what is wrong and is fit for an `error` response. An unknown command gives -1 with
 * *unknown true. Pointers and lists that the command's kind has are never NULL, but for a list of no entries. */
int message_get_command(
	struct message_command *m, const char *line, size_t len, bool *unknown, struct error *err);
/* `line` without its prefix and newline. The artefacts of a build_result have no path. */
int message_get_response(
	struct message_response *m, const char *line, size_t len, struct error *err);
void message_command_release(struct message_command *m);
void message_response_release(struct message_response *m);

#endif
