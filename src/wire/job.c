/* job: names of verdicts and messages, and the release of what messages carry. It checks nothing: what comes from a
 * peer is checked where it is decoded.
 */
#include "wire/job.h"

#include <stdlib.h>
#include <string.h>
#include "common/xalloc.h"

static const char *const verdict_names[] = {
	[VERDICT_NONE] = "none",
	[VERDICT_OK] = "ok",
	[VERDICT_FAILED] = "failed",
	[VERDICT_TIMEOUT] = "timeout",
	[VERDICT_BLOCKED] = "blocked",
	[VERDICT_INFRA] = "infra",
	[VERDICT_SKIPPED] = "skipped",
	[VERDICT_NOT_RUN] = "not_run",
};

const char *verdict_name(enum verdict v)
{
	return (size_t)v < ARRAY_LEN(verdict_names) ? verdict_names[v] : "none";
}

enum verdict verdict_parse(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(verdict_names); i++)
		if (!strcmp(name, verdict_names[i]))
			return (enum verdict)i;
	return VERDICT_NONE;
}

const char *fault_name(enum fault f)
{
	static const char *const names[] = {"other", "oom", "nospace"};
	return names[f];
}

static const char *const command_names[CMD_COUNT] = {
	[CMD_SETUP] = "setup",
	[CMD_PROBE] = "probe",
	[CMD_CONFIGURE] = "configure",
	[CMD_BUILD_PREPARE] = "build_prepare",
	[CMD_BUILD_SKETCHES] = "build_sketches",
	[CMD_BOARD_OPEN] = "board_open",
	[CMD_CANCEL] = "cancel",
	[CMD_PING] = "ping",
	[CMD_BUILD_DONE] = "build_done",
	[CMD_QUIT] = "quit",
};

const char *command_name(enum command_kind k)
{
	return command_names[k];
}

static const char *const response_names[RESP_COUNT] = {
	[RESP_READY] = "ready",
	[RESP_SETUP_DONE] = "setup_done",
	[RESP_PROBE_DONE] = "probe_done",
	[RESP_CONFIGURE_DONE] = "configure_done",
	[RESP_BUILD_STARTED] = "build_started",
	[RESP_WORKTREE_CREATED] = "worktree_created",
	[RESP_BUILD_PREPARE_DONE] = "build_prepare_done",
	[RESP_STARTED] = "started",
	[RESP_UNIT] = "unit",
	[RESP_NOTE] = "note",
	[RESP_ARTIFACT] = "artifact",
	[RESP_BUILD_RESULT] = "build_result",
	[RESP_CANCELLED] = "cancelled",
	[RESP_HEARTBEAT] = "heartbeat",
	[RESP_BUILD_DONE] = "build_done",
	[RESP_QUIT_ACK] = "quit_ack",
	[RESP_ERROR] = "error",
};

const char *response_name(enum response_kind k)
{
	return response_names[k];
}

#define MAX_PART 255 /* bytes: what file systems take */
#define MAX_PARTS 16

static bool part_ok(const char *part, size_t len)
{
	bool dots = (len == 1 && part[0] == '.') || (len == 2 && !memcmp(part, "..", 2));
	return len > 0 && len <= MAX_PART && !dots;
}

bool artifact_name_ok(const char *name)
{
	size_t parts = 0;
	const char *p = name;
	for (;; p++) {
		size_t len = strcspn(p, "/");
		if (!part_ok(p, len) || ++parts > MAX_PARTS)
			return false;
		p += len;
		if (!*p)
			break;
	}
	return parts == 1 ? strcmp(name, "objects") != 0 : !strncmp(name, "objects/", 8);
}

void settings_release(struct settings *s)
{
	strv_release(&s->platform_dirs);
	strv_release(&s->library_dirs);
	strv_release(&s->libraries_dirs);
	strv_release(&s->build_properties);
	free(s->cache_dir);
	free(s->user_dir);
	free(s->data_dir);
	*s = (struct settings){0};
}

void job_release(struct job *j)
{
	free(j->commit);
	free(j->board);
	free(j->sketch);
	free(j->tree_library);
	strv_release(&j->library_dirs);
	free(j->build_dir);
	free(j->known_key);
	free(j->known_deps);
	*j = (struct job){0};
}

void commit_release(struct commit *c)
{
	free(c->id);
	free(c->tree);
	free(c->ref);
	for (size_t i = 0; i < c->n_roots; i++) {
		free(c->roots[i].dir);
		free(c->roots[i].path);
	}
	free(c->roots);
	*c = (struct commit){0};
}

void probe_release(struct probe *p)
{
	for (size_t i = 0; i < p->n_held; i++)
		free(p->held[i].user);
	for (size_t i = 0; i < p->n_platforms; i++) {
		free(p->platforms[i].id);
		free(p->platforms[i].version);
		free(p->platforms[i].dir);
	}
	for (size_t i = 0; i < p->n_boards; i++) {
		free(p->boards[i].board);
		free(p->boards[i].fqbn);
		free(p->boards[i].digest);
		free(p->boards[i].toolchain);
		free(p->boards[i].why);
		free(p->boards[i].facts.platform_version);
		free(p->boards[i].facts.build_board);
		free(p->boards[i].facts.mcu);
		free(p->boards[i].facts.defines);
	}
	free(p->held);
	free(p->platforms);
	free(p->boards);
	*p = (struct probe){0};
}

void build_result_release(struct build_result *r)
{
	free(r->reason);
	buf_release(&r->log);
	buf_release(&r->err);
	buf_release(&r->cmd);
	buf_release(&r->deps);
	buf_release(&r->syms);
	free(r->key);
	strv_release(&r->units);
	strv_release(&r->libraries);
	for (size_t i = 0; i < r->n_artifacts; i++) {
		free(r->artifacts[i].name);
		free(r->artifacts[i].path);
	}
	free(r->artifacts);
	*r = (struct build_result){0};
}
