/* message_response: the responses, worker to boss. The tables are docs/protocol.md in code. */
#include "wire/message.h"

#include <stdlib.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/xalloc.h"
#include "wire/frame.h"
#include "wire/message_internal.h"

/* ---- the parts of responses ---- */

static const char *verdict_of(int v)
{
	return verdict_name((enum verdict)v);
}

static const char *fault_of(int f)
{
	return fault_name((enum fault)f);
}

static const char *unit_kind_name(int kind)
{
	return kind == UNIT_CORE ? "core" : "library";
}

static const struct field held_fields[] = {
	{ROW("user", FIELD_STR, probe_held, user)},
	{ROW("slots", FIELD_INT, probe_held, slots), .max = MAX_THREADS},
};
static const struct layout held_layout = LAYOUT(probe_held, held_fields);

static const struct field platform_fields[] = {
	{ROW("id", FIELD_STR, probe_platform, id), .check = check_filled},
	{ROW("version", FIELD_STR, probe_platform, version)},
	{ROW("dir", FIELD_STR, probe_platform, dir), .check = check_path},
};
static const struct layout platform_layout = LAYOUT(probe_platform, platform_fields);

static const struct field facts_fields[] = {
	{ROW("platform_version", FIELD_STR, probe_facts, platform_version), .optional = true},
	{ROW("build_board", FIELD_STR, probe_facts, build_board), .optional = true},
	{ROW("mcu", FIELD_STR, probe_facts, mcu), .optional = true},
	{ROW("defines", FIELD_STR, probe_facts, defines), .optional = true},
	{ROW("ram", FIELD_I64, probe_facts, ram), .min = -1, .dflt = -1, .max = MAX_WHOLE,
		.optional = true},
};
static const struct layout facts_layout = LAYOUT(probe_facts, facts_fields);

static const struct field board_fields[] = {
	{ROW("board", FIELD_STR, probe_board, board), .check = check_board},
	{ROW("fqbn", FIELD_STR, probe_board, fqbn), .check = check_board, .optional = true},
	{ROW("digest", FIELD_STR, probe_board, digest), .check = check_digest, .optional = true},
	{ROW("toolchain", FIELD_STR, probe_board, toolchain), .optional = true},
	{ROW("why", FIELD_STR, probe_board, why), .optional = true},
	{ROW("facts", FIELD_OBJECT, probe_board, facts), .of = &facts_layout, .optional = true},
};
static const struct layout board_layout = LAYOUT(probe_board, board_fields);

static const struct field probe_parts[] = {
	{ROW("threads", FIELD_INT, probe, threads), .max = MAX_THREADS},
	{ROW("load", FIELD_NUM, probe, load), .max = MAX_LOAD},
	{ROW("memory", FIELD_I64, probe, memory), .max = MAX_WHOLE},
	{ROW("disk", FIELD_I64, probe, disk), .max = MAX_WHOLE},
	{ROW("no_view", FIELD_BOOL, probe, no_view), .optional = true},
	{ROW("held", FIELD_LIST, probe, held), COUNT(probe, n_held), .of = &held_layout},
	{ROW("platforms", FIELD_LIST, probe, platforms), COUNT(probe, n_platforms),
		.of = &platform_layout},
	{ROW("boards", FIELD_LIST, probe, boards), COUNT(probe, n_boards), .of = &board_layout},
};
static const struct layout probe_layout = LAYOUT(probe, probe_parts);

static const struct field unit_parts[] = {
	{ROW("board", FIELD_STR, unit_report, board), .check = check_board},
	{ROW("name", FIELD_STR, unit_report, name), .check = check_filled},
	{ROW("kind", FIELD_ENUM, unit_report, kind), .name_of = unit_kind_name,
		.max = UNIT_LIBRARY},
	{ROW("verdict", FIELD_ENUM, unit_report, verdict), .name_of = verdict_of, .min = VERDICT_OK,
		.max = VERDICT_FAILED},
	{ROW("reused", FIELD_BOOL, unit_report, reused)},
	{ROW("start", FIELD_NUM, unit_report, start), .max = MAX_SECONDS},
	{ROW("time", FIELD_NUM, unit_report, seconds), .max = MAX_SECONDS},
};
static const struct layout unit_layout = LAYOUT(unit_report, unit_parts);

static const struct field piece_parts[] = {
	{ROW("job", FIELD_U32, artifact_piece, job)},
	{ROW("attempt", FIELD_U32, artifact_piece, attempt)},
	{ROW("name", FIELD_STR, artifact_piece, name), .check = check_artifact},
	{ROW("seq", FIELD_U32, artifact_piece, seq)},
	{ROW("data", FIELD_BASE64, artifact_piece, data), COUNT(artifact_piece, len),
		.max = WIRE_MAX_PIECE},
};
static const struct layout piece_layout = LAYOUT(artifact_piece, piece_parts);

#define SIZE(member) \
	ROW(#member, FIELD_I64, sizes, member), .min = -1, .dflt = -1, .max = MAX_WHOLE, \
						.optional = true
static const struct field sizes_fields[] = {
	{SIZE(flash)},
	{SIZE(flash_max)},
	{SIZE(ram)},
	{SIZE(ram_max)},
};
static const struct layout sizes_layout = LAYOUT(sizes, sizes_fields);

#define TIME(member) ROW(#member, FIELD_NUM, times, member), .max = MAX_SECONDS, .optional = true
static const struct field times_fields[] = {
	{TIME(total)},
	{TIME(compile)},
	{TIME(link)},
	{TIME(wait)},
	{TIME(cpu)},
};
static const struct layout times_layout = LAYOUT(times, times_fields);

static const struct field artifact_fields[] = {
	{ROW("name", FIELD_STR, artifact, name), .check = check_artifact},
	{ROW("size", FIELD_I64, artifact, size), .max = MAX_WHOLE},
	{ROW("sha256", FIELD_HEX, artifact, sha256)},
};
static const struct layout artifact_layout = LAYOUT(artifact, artifact_fields);

#define TEXT(key, member) \
	ROW(key, FIELD_TEXT, build_result, member), .max = WIRE_MAX_TEXT, .optional = true
static const struct field result_parts[] = {
	{ROW("job", FIELD_U32, build_result, job)},
	{ROW("attempt", FIELD_U32, build_result, attempt)},
	{ROW("verdict", FIELD_ENUM, build_result, verdict), .name_of = verdict_of,
		.min = VERDICT_OK, .max = VERDICT_INFRA, .optional = true},
	{ROW("unchanged", FIELD_BOOL, build_result, unchanged), .optional = true},
	{ROW("return_code", FIELD_INT, build_result, return_code), .min = INT_MIN, .max = INT_MAX,
		.optional = true},
	{ROW("reason", FIELD_STR, build_result, reason), .optional = true},
	{ROW("fault", FIELD_ENUM, build_result, fault), .name_of = fault_of, .max = FAULT_NOSPACE,
		.optional = true},
	{TEXT("stdout", log)},
	{TEXT("stderr", err)},
	{TEXT("commands", cmd)},
	{ROW("key", FIELD_STR, build_result, key), .check = check_digest, .optional = true},
	{ROW("warnings", FIELD_INT, build_result, warnings), .max = INT_MAX, .optional = true},
	{ROW("sizes", FIELD_OBJECT, build_result, sizes), .of = &sizes_layout, .optional = true},
	{ROW("times", FIELD_OBJECT, build_result, times), .of = &times_layout, .optional = true},
	{ROW("units", FIELD_STRV, build_result, units), .check = check_digest, .optional = true},
	{ROW("libraries", FIELD_STRV, build_result, libraries), .check = check_filled,
		.optional = true},
	{ROW("artifacts", FIELD_LIST, build_result, artifacts), COUNT(build_result, n_artifacts),
		.of = &artifact_layout, .max = WIRE_MAX_ARTIFACTS, .optional = true},
};
static const struct layout result_layout = LAYOUT(build_result, result_parts);

/* ---- the responses ---- */

static const struct field ready_fields[] = {
	{ROW("protocol", FIELD_INT, response, protocol), .max = INT_MAX},
	{ROW("version", FIELD_STR, response, version)},
	{ROW("arch", FIELD_STR, response, arch)},
	{ROW("threads", FIELD_INT, response, threads), .min = 1, .max = MAX_THREADS},
	{ROW("slots", FIELD_INT, response, slots), .min = 1, .max = MAX_THREADS},
};
static const struct field setup_done_fields[] = {
	{ROW("work_dir", FIELD_STR, response, work_dir), .check = check_path},
	{ROW("git_dir", FIELD_STR, response, git_dir), .check = check_path},
};
static const struct field probe_done_fields[] = {
	{ROW(NULL, FIELD_REF, response, probe), .of = &probe_layout},
};
static const struct field started_fields_of_build[] = {
	{ROW("num_threads", FIELD_INT, response, threads), .min = 1, .max = MAX_THREADS},
};
static const struct field worktree_fields[] = {
	{ROW("commit", FIELD_STR, response, commit), .check = check_name},
};
static const struct field prepared_fields[] = {
	{ROW("threads", FIELD_INT, response, threads), .min = 1, .max = MAX_THREADS},
	{ROW("slots", FIELD_INT, response, slots), .min = 1, .max = MAX_THREADS},
};
static const struct field started_fields[] = {
	{ROW("job", FIELD_U32, response, job)},
	{ROW("attempt", FIELD_U32, response, attempt)},
	{ROW("slot", FIELD_INT, response, slot), .max = MAX_THREADS},
};
static const struct field unit_fields[] = {
	{ROW(NULL, FIELD_REF, response, unit), .of = &unit_layout},
};
static const struct field note_fields[] = {
	{ROW("msg", FIELD_STR, response, msg)},
};
static const struct field piece_fields[] = {
	{ROW(NULL, FIELD_REF, response, piece), .of = &piece_layout},
};
static const struct field result_fields[] = {
	{ROW(NULL, FIELD_REF, response, result), .of = &result_layout},
};
static const struct field cancelled_fields[] = {
	{ROW("job", FIELD_U32, response, job)},
	{ROW("attempt", FIELD_U32, response, attempt)},
};
static const struct field heartbeat_fields[] = {
	{ROW("running", FIELD_INT, response, running), .max = MAX_THREADS},
	{ROW("load", FIELD_NUM, response, load), .max = MAX_LOAD},
};
static const struct field build_done_fields[] = {
	{ROW("exceptions", FIELD_INT, response, exceptions), .max = INT_MAX},
};
static const struct field error_fields[] = {
	{ROW("msg", FIELD_STR, response, msg)},
	{ROW("job", FIELD_U32, response, job), .optional = true},
	{ROW("attempt", FIELD_U32, response, attempt), .optional = true},
	{ROW("fatal", FIELD_BOOL, response, fatal)},
};

static const struct layout layouts[RESP_COUNT] = {
	[RESP_READY] = LAYOUT(response, ready_fields),
	[RESP_SETUP_DONE] = LAYOUT(response, setup_done_fields),
	[RESP_PROBE_DONE] = LAYOUT(response, probe_done_fields),
	[RESP_CONFIGURE_DONE] = {0},
	[RESP_BUILD_STARTED] = LAYOUT(response, started_fields_of_build),
	[RESP_WORKTREE_CREATED] = LAYOUT(response, worktree_fields),
	[RESP_BUILD_PREPARE_DONE] = LAYOUT(response, prepared_fields),
	[RESP_STARTED] = LAYOUT(response, started_fields),
	[RESP_UNIT] = LAYOUT(response, unit_fields),
	[RESP_NOTE] = LAYOUT(response, note_fields),
	[RESP_ARTIFACT] = LAYOUT(response, piece_fields),
	[RESP_BUILD_RESULT] = LAYOUT(response, result_fields),
	[RESP_CANCELLED] = LAYOUT(response, cancelled_fields),
	[RESP_HEARTBEAT] = LAYOUT(response, heartbeat_fields),
	[RESP_BUILD_DONE] = LAYOUT(response, build_done_fields),
	[RESP_QUIT_ACK] = {0},
	[RESP_ERROR] = LAYOUT(response, error_fields),
};

const struct layout *message_response_layout(int kind)
{
	return &layouts[kind];
}

/* ---- encoding ---- */

/* A result says how the job ended, or that nothing has changed; one of them. */
static int check_result(const struct response *r, struct error *err)
{
	if (r->kind != RESP_BUILD_RESULT || !r->result)
		return 0;
	if (r->result->unchanged != (r->result->verdict == VERDICT_NONE))
		return error_set(err, "neither or both of 'verdict' and 'unchanged'");
	return 0;
}

static int put_line(struct buf *out, const struct response *r, struct error *err)
{
	size_t before = out->len;
	struct json *o = json_object();
	json_add_str(o, "resp", response_name(r->kind));
	int ret = check_result(r, err);
	if (ret == 0)
		ret = layout_put(&layouts[r->kind], r, o, true, err);
	if (ret == 0) {
		buf_addstr(out, WIRE_PREFIX);
		json_print(o, out);
		buf_addch(out, '\n');
	}
	json_free(o);
	if (out->len - before > WIRE_MAX_LINE) {
		buf_truncate(out, before);
		ret = error_set(err, "more than %u bytes", WIRE_MAX_LINE);
	}
	return ret;
}

/* What to say instead of what cannot be said. */
static void put_instead(struct buf *out, const struct response *r, const struct error *why)
{
	char *msg =
		xasprintf("response '%s' cannot be sent: %s", response_name(r->kind), why->text);
	struct response instead = {.kind = RESP_ERROR, .msg = msg};
	struct build_result result = {
		.verdict = VERDICT_INFRA, .reason = msg, .sizes = {-1, -1, -1, -1}};
	if (r->kind == RESP_BUILD_RESULT && r->result) {
		result.job = r->result->job;
		result.attempt = r->result->attempt;
		instead = (struct response){.kind = RESP_BUILD_RESULT, .result = &result};
	}
	put_line(out, &instead, NULL);
	free(msg);
}

void message_put_response(struct buf *out, const struct response *r)
{
	struct error err = ERROR_INIT;
	if (put_line(out, r, &err) < 0)
		put_instead(out, r, &err);
}

/* ---- decoding ---- */

static const char *name_of(int kind)
{
	return response_name((enum response_kind)kind);
}

static int get(struct response *r, struct message_store *store, struct error *err)
{
	int kind = message_kind(store->root, "resp", name_of, RESP_COUNT, err);
	if (kind < 0)
		return -1;
	if (kind == RESP_COUNT)
		return error_set(err, "an unknown response");
	r->kind = (enum response_kind)kind;
	if (layout_get(&layouts[kind], r, store->root, store, err) < 0 || check_result(r, err) < 0)
		return error_prefix(err, "response '%s'", response_name(r->kind));
	return 0;
}

int message_get_response(
	struct message_response *m, const char *line, size_t len, struct error *err)
{
	struct response r = {0};
	struct json *root = message_parse(line, len, err);
	if (!root)
		return -1;
	struct message_store *store = xcalloc(1, sizeof *store);
	store->root = root;
	if (get(&r, store, err) < 0) {
		message_store_free(store);
		return -1;
	}
	*m = (struct message_response){r, store};
	return 0;
}

void message_response_release(struct message_response *m)
{
	message_store_free(m->store);
	*m = (struct message_response){0};
}
