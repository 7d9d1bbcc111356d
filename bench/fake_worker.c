/* fake_worker: a worker that builds nothing: each job is started and ends at once, with a firmware of 3 KB. It speaks the true protocol, one line
 * in, its answers out; for measuring the boss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/xalloc.h"
#include "wire/frame.h"
#include "wire/message.h"

#define FIRMWARE 3072

static struct buf out;
static char firmware[FIRMWARE], firmware_hex[DIGEST_HEX_LEN + 1];
static bool done;

static void say(const struct response *r)
{
	message_put_response(&out, r);
}

static void piece(const struct job *j, const char *name, const void *data, size_t len)
{
	const struct artifact_piece p = {j->id, j->attempt, name, 0, data, len};
	say(&(struct response){.kind = RESP_ARTIFACT, .piece = &p});
}

static void build(const struct job *j)
{
	static const char deps[] = "settings\t0\t0\n";
	struct artifact a = {.name = (char *)"Sketch.ino.hex", .size = FIRMWARE};
	struct build_result r = {.job = j->id,
		.attempt = j->attempt,
		.verdict = VERDICT_OK,
		.sizes = {900, 32256, 9, 2048},
		.times = {.total = 0.001},
		.artifacts = &a,
		.n_artifacts = 1};
	memcpy(a.sha256, firmware_hex, sizeof a.sha256);
	say(&(struct response){.kind = RESP_STARTED, .job = j->id, .attempt = j->attempt});
	piece(j, "deps", deps, sizeof deps - 1);
	piece(j, a.name, firmware, FIRMWARE);
	say(&(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
}

static void probe(const struct command *c)
{
	struct probe p = {.threads = 4, .memory = 1ll << 34, .disk = 1ll << 34};
	struct probe_board b = {.digest = firmware_hex, .toolchain = (char *)"none"};
	if (c->boards && c->boards->n) {
		b.board = b.fqbn = c->boards->v[0];
		p.boards = &b;
		p.n_boards = 1;
	}
	say(&(struct response){.kind = RESP_PROBE_DONE, .probe = &p});
}

static void answer(const struct command *c)
{
	switch (c->kind) {
	case CMD_SETUP:
		say(&(struct response){.kind = RESP_SETUP_DONE, .work_dir = "/", .git_dir = "/"});
		break;
	case CMD_PROBE: probe(c); break;
	case CMD_CONFIGURE: say(&(struct response){.kind = RESP_CONFIGURE_DONE}); break;
	case CMD_BUILD_PREPARE:
		say(&(struct response){.kind = RESP_BUILD_PREPARE_DONE, .threads = 4, .slots = 4});
		break;
	case CMD_BUILD_SKETCHES:
		for (size_t i = 0; i < c->n_jobs; i++)
			build(&c->jobs[i]);
		break;
	case CMD_PING: say(&(struct response){.kind = RESP_HEARTBEAT}); break;
	case CMD_BUILD_DONE: say(&(struct response){.kind = RESP_BUILD_DONE}); break;
	case CMD_QUIT:
		say(&(struct response){.kind = RESP_QUIT_ACK});
		done = true;
		break;
	default: break; /* what was cancelled has ended long ago */
	}
}

static bool on_line(void *ctx, const char *line, size_t len)
{
	struct message_command m;
	bool unknown;
	(void)ctx;
	if (message_get_command(&m, line, len, &unknown, NULL) == 0) {
		answer(&m.c);
		message_command_release(&m);
	}
	return !done;
}

static bool flush(void)
{
	size_t at = 0;
	while (at < out.len) {
		ssize_t n = write(STDOUT_FILENO, out.data + at, out.len - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	buf_clear(&out);
	return true;
}

int main(void)
{
	struct frame frame = {0};
	struct digest d;
	char bytes[65536];
	memset(firmware, ':', sizeof firmware);
	digest_bytes(&d, firmware, sizeof firmware);
	digest_hex(&d, firmware_hex);
	say(&(struct response){.kind = RESP_READY,
		.protocol = WIRE_PROTOCOL,
		.version = "0",
		.arch = "fake",
		.threads = 4,
		.slots = 4});
	while (flush() && !done) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
		if (n <= 0 || frame_feed(&frame, bytes, (size_t)n, on_line, NULL, NULL) < 0)
			break;
	}
	frame_release(&frame);
	buf_release(&out);
	return 0;
}
