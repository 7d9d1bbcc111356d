/* message_command: the commands, boss to worker. The tables are docs/protocol.md in code. */
#include "wire/message.h"

#include <stdlib.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/xalloc.h"
#include "wire/frame.h"
#include "wire/message_internal.h"

/* ---- the parts of commands ---- */

static const struct field root_fields[] = {
	{ROW("dir", FIELD_STR, root, dir), .check = check_name},
	{ROW("path", FIELD_STR, root, path), .check = check_clean_path},
};
static const struct layout root_layout = LAYOUT(root, root_fields);

static const struct field commit_fields[] = {
	{ROW("id", FIELD_STR, commit, id), .check = check_name},
	{ROW("tree", FIELD_STR, commit, tree), .check = check_tree},
	{ROW("ref", FIELD_STR, commit, ref), .check = check_ref},
	{ROW("roots", FIELD_LIST, commit, roots), COUNT(commit, n_roots), .of = &root_layout},
};
static const struct layout commit_layout = LAYOUT(commit, commit_fields);

static const struct field link_fields[] = {
	{ROW("path", FIELD_STR, path_link, path), .check = check_clean_path},
	{ROW("target", FIELD_STR, path_link, target), .check = check_clean_path},
};
static const struct layout link_layout = LAYOUT(path_link, link_fields);

static const struct field job_fields[] = {
	{ROW("job", FIELD_U32, job, id)},
	{ROW("attempt", FIELD_U32, job, attempt)},
	{ROW("commit", FIELD_STR, job, commit), .check = check_name},
	{ROW("board", FIELD_STR, job, board), .check = check_board},
	{ROW("sketch", FIELD_STR, job, sketch), .check = check_clean_path},
	{ROW("tree_library", FIELD_STR, job, tree_library), .check = check_clean_path,
		.optional = true},
	{ROW("library_dirs", FIELD_STRV, job, library_dirs), .check = check_path, .optional = true},
	{ROW("build_dir", FIELD_STR, job, build_dir), .check = check_clean_path, .optional = true},
	{ROW("known_key", FIELD_STR, job, known_key), .check = check_digest, .optional = true},
	{ROW("known_deps", FIELD_STR, job, known_deps), .check = check_path, .optional = true},
};
static const struct layout job_layout = LAYOUT(job, job_fields);

static const struct field attempt_fields[] = {
	{ROW("job", FIELD_U32, job, id)},
	{ROW("attempt", FIELD_U32, job, attempt)},
};
static const struct layout attempt_layout = LAYOUT(job, attempt_fields);

/* Of the settings, what a toolchain depends on. */
static const struct field probe_settings_fields[] = {
	{ROW("platform_dirs", FIELD_STRV, settings, platform_dirs), .check = check_path,
		.optional = true},
	{ROW("build_properties", FIELD_STRV, settings, build_properties), .check = check_setting,
		.optional = true},
	{ROW("warnings", FIELD_ENUM, settings, warnings), .name_of = settings_warnings_name,
		.max = WARNINGS_ALL, .optional = true},
	{ROW("no_lto", FIELD_BOOL, settings, no_lto), .optional = true},
};
static const struct layout probe_settings_layout = LAYOUT(settings, probe_settings_fields);

static const char *mode_name(int mode)
{
	return mode == CANCEL_KILL ? "kill" : "unstarted";
}

/* ---- the commands ---- */

static const struct field setup_fields[] = {
	{ROW("protocol", FIELD_INT, command, protocol), .max = INT_MAX},
	{ROW("run", FIELD_STR, command, run), .check = check_run_id},
	{ROW("boss", FIELD_STR, command, boss), .check = check_filled},
};
static const struct field probe_fields[] = {
	{ROW("boards", FIELD_STRV_REF, command, boards), .check = check_board},
	{ROW(NULL, FIELD_REF, command, settings), .of = &probe_settings_layout, .optional = true},
};
static const struct field configure_fields[] = {
	{ROW("settings", FIELD_REF, command, settings), .of = &settings_layout},
};
static const struct field prepare_fields[] = {
	{ROW("commits", FIELD_LIST, command, commits), COUNT(command, n_commits),
		.of = &commit_layout},
	{ROW("empty", FIELD_STRV_REF, command, empty), .check = check_clean_path, .optional = true},
	{ROW("links", FIELD_LIST, command, links), COUNT(command, n_links), .of = &link_layout,
		.optional = true},
	{ROW("max_sketches", FIELD_INT, command, max_sketches), .max = MAX_THREADS,
		.optional = true},
};
static const struct field build_fields[] = {
	{ROW("jobs", FIELD_LIST, command, jobs), COUNT(command, n_jobs), .of = &job_layout,
		.max = WIRE_MAX_JOBS},
};
static const struct field open_fields[] = {
	{ROW("commit", FIELD_STR, command, commit), .check = check_name},
	{ROW("board", FIELD_STR, command, board), .check = check_board},
};
static const struct field cancel_fields[] = {
	{ROW("jobs", FIELD_LIST, command, jobs), COUNT(command, n_jobs), .of = &attempt_layout,
		.max = WIRE_MAX_JOBS},
	{ROW("mode", FIELD_ENUM, command, mode), .name_of = mode_name, .max = CANCEL_KILL},
};

static const struct layout layouts[CMD_COUNT] = {
	[CMD_SETUP] = LAYOUT(command, setup_fields),
	[CMD_PROBE] = LAYOUT(command, probe_fields),
	[CMD_CONFIGURE] = LAYOUT(command, configure_fields),
	[CMD_BUILD_PREPARE] = LAYOUT(command, prepare_fields),
	[CMD_BUILD_SKETCHES] = LAYOUT(command, build_fields),
	[CMD_BOARD_OPEN] = LAYOUT(command, open_fields),
	[CMD_CANCEL] = LAYOUT(command, cancel_fields),
	[CMD_PING] = {0},
	[CMD_BUILD_DONE] = {0},
	[CMD_QUIT] = {0},
};

const struct layout *message_command_layout(int kind)
{
	return &layouts[kind];
}

/* ---- encoding ---- */

/* Adds one line; -1 and err, and nothing is added, when it cannot be said. *too_long: fewer jobs may fit. */
static int put_line(struct buf *out, const struct command *c, bool *too_long, struct error *err)
{
	size_t before = out->len;
	struct json *o = json_object();
	*too_long = false;
	json_add_str(o, "cmd", command_name(c->kind));
	int ret = layout_put(&layouts[c->kind], c, o, false, err);
	if (ret == 0) {
		json_print(o, out);
		buf_addch(out, '\n');
		*too_long = out->len - before > WIRE_MAX_LINE;
	}
	json_free(o);
	if (*too_long) {
		buf_truncate(out, before);
		ret = error_set(err, "more than %u bytes", WIRE_MAX_LINE);
	}
	return ret;
}

static int put_jobs(struct buf *out, const struct command *c, struct error *err)
{
	struct command part = *c;
	bool too_long;
	for (size_t at = 0; at < c->n_jobs; at += part.n_jobs) {
		part.jobs = c->jobs + at;
		part.n_jobs = c->n_jobs - at < WIRE_MAX_JOBS ? c->n_jobs - at : WIRE_MAX_JOBS;
		while (put_line(out, &part, &too_long, err) < 0) {
			if (!too_long || part.n_jobs == 1)
				return -1;
			part.n_jobs /= 2;
		}
	}
	return 0;
}

int message_put_command(struct buf *out, const struct command *c, struct error *err)
{
	size_t before = out->len;
	bool too_long;
	int ret = c->n_jobs ? put_jobs(out, c, err) : put_line(out, c, &too_long, err);
	if (ret < 0) {
		buf_truncate(out, before);
		error_prefix(err, "command '%s'", command_name(c->kind));
	}
	return ret;
}

/* ---- decoding ---- */

static const char *name_of(int kind)
{
	return command_name((enum command_kind)kind);
}

/* What stands in the peer's text is not repeated: it would have to be made harmless first. */
static int get(struct command *c, struct message_store *store, bool *unknown, struct error *err)
{
	int kind = message_kind(store->root, "cmd", name_of, CMD_COUNT, err);
	if (kind < 0)
		return -1;
	*unknown = kind == CMD_COUNT;
	if (*unknown)
		return error_set(err, "an unknown command");
	c->kind = (enum command_kind)kind;
	if (layout_get(&layouts[kind], c, store->root, store, err) < 0)
		return error_prefix(err, "command '%s'", command_name(c->kind));
	return 0;
}

int message_get_command(
	struct message_command *m, const char *line, size_t len, bool *unknown, struct error *err)
{
	struct command c = {0};
	struct json *root = message_parse(line, len, err);
	*unknown = false;
	if (!root)
		return -1;
	struct message_store *store = xcalloc(1, sizeof *store);
	store->root = root;
	if (get(&c, store, unknown, err) < 0) {
		message_store_free(store);
		return -1;
	}
	*m = (struct message_command){c, store};
	return 0;
}

void message_command_release(struct message_command *m)
{
	message_store_free(m->store);
	*m = (struct message_command){0};
}
