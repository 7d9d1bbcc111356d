/* run_prototypes: the text that is compiled: the merged sketch, with prototypes where it needs them. What the preprocessor and ctags gave is kept
 * like a compiled object, under the sketch's skeleton, so that a changed statement starts neither.
 */
#include <stdlib.h>
#include <string.h>
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/tmp.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/run.h"

/* Serialised as "LINE\n" and the lines; kept like a compiled object, so that a changed header makes them anew. */
static void prototypes_write(const struct prototypes *p, struct buf *out)
{
	buf_addf(out, "%d\n", p->line);
	for (size_t i = 0; i < p->lines.n; i++)
		buf_addf(out, "%s\n", p->lines.v[i]);
}

static void use_prototypes(struct run *r, const struct buf *kept)
{
	struct prototypes p = {0};
	char *rest;
	p.line = (int)strtol(buf_str(kept), &rest, 10);
	strv_split(&p.lines, rest, "\n");
	buf_clear(&r->text);
	prototypes_insert(&r->merged, &p, &r->text);
	prototypes_release(&p);
	run_sources(r);
}

/* The preprocessing run as the store sees it. `argv` gains ctags and the sketch's file names, since they decide the result. */
static struct compile_input prototypes_input(
	struct run *r, struct strv *argv, char **object, struct digest *form)
{
	struct context *c = r->context;
	char ctags[DIGEST_HEX_LEN + 1];
	strv_pushf(argv, "ctags:%s", digest_hex(&c->ctags, ctags));
	for (size_t i = 0; i < r->sketch.ino.n; i++)
		strv_pushf(argv, "prototypes:%s", r->sketch.ino.v[i]);
	source_skeleton(r->merged.text.data, r->merged.text.len, form);
	*object = xasprintf("%s/preproc/prototypes", r->job.build_dir);
	return (struct compile_input){
		.argv = argv,
		.object = *object,
		.includes = r->includes,
		.root = r->sketch_build_dir,
		.build_dir = r->job.build_dir,
		.toolchain = &c->role[LANG_CXX],
		.system_dirs = c->system_dirs[LANG_CXX],
		.source_form = form,
	};
}

struct proto_paths {
	char *merged, *preprocessed, *filtered, *depfile;
};

static struct proto_paths paths_of(const struct run *r)
{
	return (struct proto_paths){
		.merged = xasprintf("%s.merged", r->main_cpp),
		.preprocessed = xasprintf("%s/preproc/sketch.cpp", r->job.build_dir),
		.filtered = xasprintf("%s/preproc/ctags_target.cpp", r->job.build_dir),
		.depfile = xasprintf("%s/preproc/sketch.d", r->job.build_dir),
	};
}

static void paths_release(struct proto_paths *p)
{
	free(p->merged);
	free(p->preprocessed);
	free(p->filtered);
	free(p->depfile);
}

static int preproc_argv(
	struct run *r, const struct proto_paths *p, struct strv *argv, struct error *err)
{
	return context_preproc_argv(r->context, r->overlay, &r->dirs, p->merged, p->preprocessed,
		p->depfile, argv, err);
}

static void keep_prototypes(struct run *r, const struct proto_paths *p, const struct buf *text)
{
	struct strv argv = STRV_INIT;
	struct compile_output out = {0};
	struct buf nothing = BUF_INIT;
	struct error err = ERROR_INIT;
	struct digest form;
	char *object;
	if (preproc_argv(r, p, &argv, NULL) == 0) {
		struct compile_input in = prototypes_input(r, &argv, &object, &form);
		in.source = p->merged;
		in.started = r->preproc_started;
		if (fs_write(object, text->data, text->len, &err) < 0 ||
			store_keep_compile(
				r->shared->store, &in, p->depfile, &nothing, &out, &err) < 0)
			log_debug("%s", err.text);
		free(object);
	}
	compile_output_release(&out);
	strv_release(&argv);
}

/* It writes a temporary file, and is short about it. */
static void ctags_failed(struct run *r, const struct proc_result *p)
{
	const char *said = buf_str(&p->err), *tool = path_base(r->command.v[0]);
	struct error err = ERROR_INIT;
	int len = (int)strcspn(said, "\n");
	buf_add(&r->result.err, p->err.data, p->err.len);
	if (tmp_check(&err) < 0)
		run_end(r, BUILD_INFRA,
			xasprintf("'%s' needs a temporary file, and %s", tool, err.text));
	else if (len)
		run_end(r, BUILD_INFRA,
			xasprintf("'%s' ended with status %d: %.*s", tool, p->exit_status, len,
				said));
	else
		run_end(r, BUILD_INFRA,
			xasprintf("'%s' ended with status %d", tool, p->exit_status));
}

static void on_ctags(struct run *r, const struct proc_result *p)
{
	struct prototypes found = {0};
	struct proto_paths paths = paths_of(r);
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;
	if (p->exit_status)
		ctags_failed(r, p);
	else if (prototypes_parse(
			 buf_str(&p->out), p->out.len, &r->sketch, &r->merged, &found, &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else {
		prototypes_write(&found, &text);
		keep_prototypes(r, &paths, &text);
		use_prototypes(r, &text);
	}
	prototypes_release(&found);
	paths_release(&paths);
	buf_release(&text);
}

static int ctags_argv(struct run *r, const char *file, struct strv *argv, struct error *err)
{
	static const char *const options[] = {"-u", "--language-force=c++", "-f", "-",
		"--c++-kinds=svpf", "--fields=KSTtzns", "--line-directives"};
	if (context_ctags(r->context, argv, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		strv_push(argv, options[i]);
	strv_push(argv, file);
	return 0;
}

static void on_preprocessed(struct run *r, const struct proc_result *p)
{
	struct proto_paths paths = paths_of(r);
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT, filtered = BUF_INIT;
	struct strv argv = STRV_INIT;
	if (p->exit_status && !r->is_exact) {
		run_discover_exactly(r);
		goto out;
	}
	if (p->exit_status) {
		buf_add(&r->result.err, p->err.data, p->err.len);
		r->result.return_code = p->exit_status;
		run_end(r, BUILD_FAILED, xstrdup("the sketch cannot be preprocessed"));
		goto out;
	}
	if (fs_read(paths.preprocessed, 0, &text, &err) < 0)
		goto fail;
	prototypes_filter(text.data, text.len, &r->sketch, &filtered);
	if (fs_write(paths.filtered, filtered.data, filtered.len, &err) < 0)
		goto fail;
	if (ctags_argv(r, paths.filtered, &argv, &err) < 0)
		goto fail;
	run_command(r, &argv, on_ctags);
	goto out;
fail:
	run_end(r, BUILD_INFRA, xstrdup(err.text));
out:
	paths_release(&paths);
	strv_release(&argv);
	buf_release(&text);
	buf_release(&filtered);
}

static bool find_prototypes(struct run *r, const struct proto_paths *p, struct buf *out)
{
	struct strv argv = STRV_INIT;
	struct compile_output kept = {0};
	struct digest form;
	char *object;
	bool found = false;
	if (preproc_argv(r, p, &argv, NULL) == 0) {
		struct compile_input in = prototypes_input(r, &argv, &object, &form);
		in.source = p->merged;
		found = store_find_compile(r->shared->store, &in, &kept) &&
			fs_read(kept.object, 0, out, NULL) == 0;
		free(object);
	}
	compile_output_release(&kept);
	strv_release(&argv);
	return found;
}

static void make_prototypes(struct run *r)
{
	struct proto_paths paths = paths_of(r);
	struct error err = ERROR_INIT;
	struct buf kept = BUF_INIT;
	struct strv argv = STRV_INIT;
	char *dir = path_dir(paths.filtered);
	if (fs_mkdirs(dir, &err) < 0 ||
		fs_write(paths.merged, r->merged.text.data, r->merged.text.len, &err) < 0 ||
		preproc_argv(r, &paths, &argv, &err) < 0) {
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	} else if (!r->shared->config.clean && find_prototypes(r, &paths, &kept)) {
		use_prototypes(r, &kept);
	} else {
		file_index_get(r->shared->files, paths.merged);
		clock_gettime(CLOCK_REALTIME, &r->preproc_started);
		run_command(r, &argv, on_preprocessed);
	}
	free(dir);
	paths_release(&paths);
	buf_release(&kept);
	strv_release(&argv);
}

void run_compile(struct run *r)
{
	buf_clear(&r->result.cmd);
	r->with_prototypes |= source_needs_prototypes(r->merged.text.data, r->merged.text.len);
	if (r->with_prototypes) {
		make_prototypes(r);
		return;
	}
	buf_clear(&r->text);
	buf_add(&r->text, r->merged.text.data, r->merged.text.len);
	run_sources(r);
}
