/* run_discover: the libraries of one sketch: predicted, then proved by what the compiler read; the reference's own passes only where neither
 * settles it.
 */
#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/record.h"
#include "sketch/run.h"
#include "sketch/unit.h"

/* A correction may itself need one; more than that is the exact passes' business. */
#define MAX_ATTEMPTS 3

static struct discover_sources sources_of(const struct run *r)
{
	return (struct discover_sources){
		.merged = buf_str(&r->merged.text),
		.merged_len = r->merged.text.len,
		.sketch_dir = r->sketch_build_dir,
		.sources = &r->sources,
	};
}

/* What only boardman finds is told: the Arduino IDE would not. */
static void note_inner(struct run *r, const struct used_library *u)
{
	if (!strchr(u->header, '/') || u->lib->place != LIBRARY_GIVEN)
		return;
	char *line = xasprintf("'%s' comes before any header that names %s: found because that is "
			       "the library under "
			       "work; arduino-cli would not find it",
		u->header, u->lib->name);
	shared_note(r->shared, line);
	free(line);
}

void run_set_libraries(struct run *r, const struct library_list *l)
{
	struct library_list copy = {0};
	library_list_copy(&copy, l);
	library_list_release(&r->libraries);
	r->libraries = copy;
	strv_clear(&r->dirs);
	discover_include_dirs(&r->context->discover, &r->libraries, &r->dirs);
	include_list_free(r->includes);
	r->includes = include_list_new(r->shared->files, &r->dirs);
	strv_clear(&r->result.libraries);
	for (size_t i = 0; i < l->n; i++)
		note_inner(r, &l->v[i]);
	for (size_t i = 0; i < l->n; i++)
		strv_pushf(&r->result.libraries, "%s@%s", l->v[i].lib->name, l->v[i].lib->version);
}

void run_release_discovery(struct run *r)
{
	library_list_release(&r->libraries);
	exact_free(r->exact);
	r->exact = NULL;
	buf_release(&r->why);
}

static void go_on(struct run *r)
{
	/* No compile will prove the prediction. */
	if (r->shared->config.config_only && !r->is_exact)
		run_discover_exactly(r);
	else if (r->shared->config.config_only)
		run_end(r, BUILD_OK, NULL);
	else
		run_compile(r);
}

void run_discover(struct run *r)
{
	struct discover_sources s = sources_of(r);
	struct library_list l = {0};
	struct error err = ERROR_INIT;
	bool sure;
	if (discover_predict(&r->context->discover, &s, &l, &sure, &err) < 0) {
		run_end(r, BUILD_FAILED, xstrdup(err.text));
	} else if (!sure) {
		run_discover_exactly(r);
	} else {
		run_set_libraries(r, &l);
		go_on(r);
	}
	library_list_release(&l);
}

/* ---- the reference's passes ---- */

static void exact_step(struct run *r);

static void on_exact(struct run *r, const struct proc_result *p)
{
	buf_clear(&r->why);
	buf_add(&r->why, p->err.data, p->err.len);
	exact_result(r->exact, p->exit_status, buf_str(&p->err));
	exact_step(r);
}

static void exact_run(struct run *r, const char *source, const char *extra)
{
	struct strv dirs = STRV_INIT, argv = STRV_INIT;
	struct error err = ERROR_INIT;
	char *merged = xasprintf("%s.merged", r->main_cpp);
	discover_include_dirs(&r->context->discover, exact_list(r->exact), &dirs);
	if (extra)
		strv_push(&dirs, extra);
	if (fs_write(merged, r->merged.text.data, r->merged.text.len, &err) < 0 ||
		context_preproc_argv(r->context, r->overlay, &dirs, *source ? source : merged,
			"/dev/null", NULL, &argv, &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		run_command(r, &argv, on_exact);
	free(merged);
	strv_release(&dirs);
	strv_release(&argv);
}

/* "Wire.h" and Wire: what depends= names is a library, not a header, but often they are called alike. */
static bool is_named_like(const char *header, const char *name)
{
	const char *base = path_base(header);
	size_t n = strlen(name);
	return !strncmp(base, name, n) && base[n] == '.';
}

/* What the library wants and nobody has; one that is named like the header stands alone. */
static void add_depends(
	const struct run *r, const struct library *l, const char *header, struct strv *out)
{
	for (size_t i = 0; l && i < l->depends.n; i++) {
		const char *name = l->depends.v[i];
		if (libraries_by_name(r->context->libraries, name))
			continue;
		if (is_named_like(header, name))
			strv_clear(out);
		else if (out->n == 1 && is_named_like(header, out->v[0]))
			continue;
		strv_push_unique(out, name);
	}
}

static char *missing_text(const struct run *r, const char *header)
{
	if (!strncmp(header, "../", 3))
		return xasprintf(
			"'%s' is not beside the copy of the sketch that is compiled; cure: "
			"put it in the sketch's folder, or in a library",
			header);
	const struct libraries *ls = r->context->libraries;
	const struct library_list *used = exact_list(r->exact);
	struct strv names = STRV_INIT;
	struct buf text = BUF_INIT;
	buf_addf(&text, "no library has '%s'; cure: ", header);
	add_depends(r, libraries_owner(ls, r->sketch.dir), header, &names);
	for (size_t i = 0; i < used->n; i++)
		add_depends(r, used->v[i].lib, header, &names);
	buf_addstr(&text, names.n ? "arduino-cli lib install"
				  : "install one that has it, or name its "
				    "directory with --library");
	for (size_t i = 0; i < names.n; i++)
		buf_addf(&text, " \"%s\"", names.v[i]);
	strv_release(&names);
	return buf_detach(&text);
}

static void fail_missing(struct run *r)
{
	buf_add(&r->result.err, r->why.data, r->why.len);
	r->result.return_code = 1;
	run_end(r, BUILD_FAILED, missing_text(r, exact_missing(r->exact)));
}

/* What was read, and where the missing ones were looked for, so that the failure stands as long as that is so. */
static void on_missing_deps(struct run *r, const struct proc_result *p)
{
	struct buf text = BUF_INIT;
	char *depfile = xasprintf("%s.d", r->main_cpp);
	if (p->exit_status == 0 && fs_read(depfile, 0, &text, NULL) == 0) {
		struct strv deps = STRV_INIT;
		depfile_parse(text.data, text.len, &deps);
		record_missing(r, &deps);
		strv_release(&deps);
	}
	free(depfile);
	buf_release(&text);
	fail_missing(r);
}

/* The reference stops here too; what the preprocessor said is the sketch's error. */
static void exact_failed(struct run *r, const char *source)
{
	struct strv argv = STRV_INIT;
	run_set_libraries(r, exact_list(r->exact));
	if (!exact_missing(r->exact)) {
		go_on(r); /* the compiler will say it better */
		return;
	}
	char *depfile = xasprintf("%s.d", r->main_cpp),
	     *merged = xasprintf("%s.merged", r->main_cpp);
	/* For another file's sake nobody knows all that was read before it: never reused. */
	if (!*source && context_preproc_argv(r->context, r->overlay, &r->dirs, merged, "/dev/null",
				NULL, &argv, NULL) == 0) {
		strv_push(&argv, "-M");
		strv_push(&argv, "-MG");
		strv_push(&argv, "-MF");
		strv_push(&argv, depfile);
		run_command(r, &argv, on_missing_deps);
	} else {
		fail_missing(r);
	}
	free(depfile);
	free(merged);
	strv_release(&argv);
}

static void exact_step(struct run *r)
{
	const char *source, *extra;
	switch (exact_next(r->exact, &source, &extra)) {
	case EXACT_RUN: exact_run(r, source, extra); return;
	case EXACT_FAILED: exact_failed(r, source); return;
	case EXACT_DONE: break;
	}
	bool same = r->includes && library_list_same(&r->libraries, exact_list(r->exact));
	if (same && r->compile_failed) {
		run_compile_failed(r);
		return;
	}
	run_set_libraries(r, exact_list(r->exact));
	go_on(r);
}

void run_discover_exactly(struct run *r)
{
	struct discover_sources s = sources_of(r);
	r->is_exact = true;
	exact_free(r->exact);
	r->exact = exact_new(&r->context->discover, &s);
	exact_step(r);
}

/* ---- the proof ---- */

static const struct strv *deps_of(void *ctx, const char *source)
{
	struct run *r = ctx;
	const char *path = *source ? source : r->main_cpp;
	for (size_t i = 0; i < r->group.n; i++)
		if (!strcmp(r->group.v[i].source, path))
			return r->group.v[i].out.deps.n ? &r->group.v[i].out.deps : NULL;
	for (size_t i = 0; i < r->n_units; i++) {
		const struct strv *deps =
			r->units[i]->library ? unit_deps_of(r->units[i], path) : NULL;
		if (deps)
			return deps;
	}
	return NULL;
}

static void confirmed(struct run *r)
{
	r->confirmed = true;
	if (r->compile_failed)
		run_compile_failed(r);
	else
		run_link(r);
}

void run_confirm(struct run *r)
{
	struct discover_sources s = sources_of(r);
	struct library_list actual = {0};
	if (r->is_exact || r->confirmed) {
		confirmed(r);
		return;
	}
	if (discover_from_deps(&r->context->discover, &s, &r->libraries, deps_of, r, &actual) < 0) {
		/* Not all is known because something did not compile: ask the preprocessor. */
		run_discover_exactly(r);
	} else if (library_list_same(&r->libraries, &actual)) {
		confirmed(r);
	} else if (++r->attempts < MAX_ATTEMPTS) {
		run_set_libraries(r, &actual);
		run_compile(r);
	} else {
		run_discover_exactly(r);
	}
	library_list_release(&actual);
}
