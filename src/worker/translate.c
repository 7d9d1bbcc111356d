/* translate: see translate.h. */
#include "worker/translate.h"

#include <sys/stat.h>
#include "common/xalloc.h"

static enum verdict verdict_of(enum build_verdict v)
{
	static const enum verdict table[] = {
		[BUILD_OK] = VERDICT_OK,
		[BUILD_FAILED] = VERDICT_FAILED,
		[BUILD_TIMEOUT] = VERDICT_TIMEOUT,
		[BUILD_BLOCKED] = VERDICT_BLOCKED,
		[BUILD_INFRA] = VERDICT_INFRA,
		[BUILD_CANCELLED] = VERDICT_NOT_RUN,
		[BUILD_UNCHANGED] = VERDICT_NONE,
	};
	return table[v];
}

static enum fault lack_of(enum fault_kind k)
{
	static const enum fault table[] = {
		[FAULT_KIND_OTHER] = FAULT_OTHER,
		[FAULT_KIND_MEMORY] = FAULT_OOM,
		[FAULT_KIND_DISK] = FAULT_NOSPACE,
	};
	return table[k];
}

static void translate_artifacts(struct build_result *r, const struct engine_result *e)
{
	r->n_artifacts = e->n_artifacts;
	r->artifacts = xcalloc(e->n_artifacts + 1, sizeof *r->artifacts);
	for (size_t i = 0; i < e->n_artifacts; i++) {
		struct stat st;
		r->artifacts[i].name = e->artifacts[i].name;
		r->artifacts[i].path = e->artifacts[i].path;
		if (stat(e->artifacts[i].path, &st) == 0)
			r->artifacts[i].size = (uint64_t)st.st_size;
	}
}

struct build_result translate_result(const struct engine_result *e)
{
	struct build_result r = {
		.job = (uint32_t)e->id,
		.attempt = (uint32_t)(e->id >> 32),
		.verdict = verdict_of(e->verdict),
		.unchanged = e->verdict == BUILD_UNCHANGED,
		.return_code = e->return_code,
		.fault = lack_of(e->fault),
		.reason = e->reason,
		.log = e->log,
		.err = e->err,
		.cmd = e->cmd,
		.deps = e->deps,
		.syms = e->syms,
		.key = e->key,
		.warnings = e->warnings,
		.sizes = {e->flash, e->flash_max, e->ram, e->ram_max},
		.times = {e->total, e->compile, e->link, e->wait, e->cpu},
		.units = e->units,
		.libraries = e->libraries,
	};
	translate_artifacts(&r, e);
	return r;
}

struct unit_report translate_unit(const struct engine_unit *u)
{
	return (struct unit_report){
		.board = (char *)u->board,
		.name = (char *)u->name,
		.kind = u->is_core ? UNIT_CORE : UNIT_LIBRARY,
		.verdict = u->failed ? VERDICT_FAILED : VERDICT_OK,
		.reused = u->reused,
		.seconds = u->seconds,
		.start = u->start,
	};
}

struct engine_job translate_job(const struct job *j)
{
	return (struct engine_job){
		.id = job_number(j->id, j->attempt),
		.board = j->board,
		.sketch = j->sketch,
		.tree_library = j->tree_library,
		.library_dirs = &j->library_dirs,
		.build_dir = j->build_dir,
		.known_key = j->known_key,
		.known_deps = j->known_deps,
	};
}

static const char *warnings_name(const struct settings *t)
{
	static const char *const names[] = {"none", "default", "more", "all"};
	/* An error needs a warning to come from. */
	return t->warnings_are_errors && t->warnings == WARNINGS_NONE ? "default"
								      : names[t->warnings];
}

static struct engine_limits limits_of(const struct settings *t, int threads)
{
	int two = threads < 2 ? threads : 2;
	struct engine_limits l = {
		.framework_jobs = t->framework_jobs > 0 ? t->framework_jobs : two,
		.sketch_jobs = t->sketch_jobs > 0 ? t->sketch_jobs : threads,
	};
	l.tokens = threads;
	if (l.tokens < l.sketch_jobs)
		l.tokens = l.sketch_jobs;
	if (l.tokens < l.framework_jobs)
		l.tokens = l.framework_jobs;
	return l;
}

struct engine_config translate_settings(const struct settings *t, int threads)
{
	struct engine_config c = {
		.cache_dir = t->cache_dir,
		.warnings = warnings_name(t),
		.warnings_are_errors = t->warnings_are_errors,
		.no_lto = t->no_lto,
		.reproducible = t->reproducible,
		.check_only = t->check_only,
		.config_only = t->config_only,
		.clean = t->clean,
		.rebuild_units = t->rebuild_units,
		.fallback_mrproper = t->fallback_mrproper,
		.keep = t->keep,
		.no_firmware = t->no_firmware,
		.verbose = t->verbose,
		.timeout = t->timeout,
		.limits = limits_of(t, threads),
	};
	strv_push_all(&c.dirs.platform_dirs, &t->platform_dirs);
	strv_push_all(&c.library_dirs, &t->library_dirs);
	strv_push_all(&c.libraries_dirs, &t->libraries_dirs);
	strv_push_all(&c.build_properties, &t->build_properties);
	return c;
}

void translate_release(struct engine_config *c)
{
	arduino_dirs_release(&c->dirs);
	strv_release(&c->library_dirs);
	strv_release(&c->libraries_dirs);
	strv_release(&c->build_properties);
}
