/* job: names of verdicts and the release of what messages carry. It checks nothing: what comes from a
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

void settings_release(struct settings *s)
{
	strv_release(&s->platform_dirs);
	strv_release(&s->library_dirs);
	strv_release(&s->libraries_dirs);
	strv_release(&s->build_properties);
	free(s->cache_dir);
	*s = (struct settings){0};
}

void job_release(struct job *j)
{
	free(j->commit);
	free(j->board);
	free(j->sketch);
	free(j->tree_library);
	free(j->build_dir);
	free(j->known_key);
	free(j->known_deps);
	*j = (struct job){0};
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
