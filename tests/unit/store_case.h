/* store_case: a compile that never ran, for the store's tests: the test writes what it "read" and "made", and each find opens
 * index and store anew, as a next run of boardman would.
 */
#ifndef UNIT_STORE_CASE_H
#define UNIT_STORE_CASE_H

#include "sketch/fileindex.h"
#include "sketch/store.h"
#include "unit/store_util.h"

/* Names are below the test's directory; NULL or empty lists are fine. */
struct test_case {
	const char *source; /* "lib/a.cpp" */
	const char *includes; /* "one two" */
	const char *system; /* "sys1 sys2" */
	const char *root; /* "lib" */
	const char *build; /* "build" */
	const char *flags; /* "-Os -DX": as they are; '%' stands for the test's directory */
	const char *deps; /* beside the source: "lib/a.h one/b.h" */
	const char *err; /* stderr */
	const char *object; /* its content */
	const char *form; /* text of the normal form; NULL: none */
	long started; /* seconds from now */
};

struct test_run {
	struct file_index *ix;
	struct store *st;
	struct include_list *il;
	struct strv argv, dirs, system;
	struct digest toolchain, form;
	char *source, *object, *root, *build;
	struct compile_input in;
};

TAP_FN void push_dirs(struct strv *out, const char *names)
{
	struct strv words = STRV_INIT;
	if (names)
		strv_split(&words, names, " ");
	for (size_t i = 0; i < words.n; i++)
		strv_push(out, at(words.v[i]));
	strv_release(&words);
}

TAP_FN void push_flags(struct strv *out, const char *flags)
{
	struct strv words = STRV_INIT;
	strv_split(&words, flags ? flags : "", " ");
	for (size_t i = 0; i < words.n; i++) {
		char *at_sign = strchr(words.v[i], '%');
		if (at_sign)
			strv_pushf(out, "%.*s%s%s", (int)(at_sign - words.v[i]), words.v[i],
				test_tmpdir(), at_sign + 1);
		else
			strv_push(out, words.v[i]);
	}
	strv_release(&words);
}

TAP_FN void run_open(struct test_run *r, const struct test_case *c)
{
	struct error err = ERROR_INIT;
	*r = (struct test_run){0};
	r->ix = file_index_open(at("cache"));
	r->st = store_open(at("cache"), r->ix, &err);
	must(r->st != NULL, err.text);
	push_dirs(&r->dirs, c->includes);
	push_dirs(&r->system, c->system);
	r->il = include_list_new(r->ix, &r->dirs);
	r->source = xstrdup(at(c->source));
	r->build = c->build ? xstrdup(at(c->build)) : NULL;
	r->object = xasprintf("%s/out.o", r->build ? r->build : test_tmpdir());
	r->root = c->root ? xstrdup(at(c->root)) : NULL;
	strv_push(&r->argv, "gcc");
	push_flags(&r->argv, c->flags);
	for (size_t i = 0; i < r->dirs.n; i++)
		strv_pushf(&r->argv, "-I%s", r->dirs.v[i]);
	strv_push(&r->argv, "-MF");
	strv_pushf(&r->argv, "%s.d", r->object);
	strv_push(&r->argv, r->source);
	strv_push(&r->argv, "-o");
	strv_push(&r->argv, r->object);
	if (c->form)
		digest_bytes(&r->form, c->form, strlen(c->form));
	r->in = (struct compile_input){
		.argv = &r->argv,
		.source = r->source,
		.object = r->object,
		.includes = r->il,
		.root = r->root,
		.build_dir = r->build,
		.toolchain = &r->toolchain,
		.system_dirs = &r->system,
		.source_form = c->form ? &r->form : NULL,
	};
	clock_gettime(CLOCK_REALTIME, &r->in.started);
	/* Files of a test are new; a command that starts later has seen them as they are. */
	r->in.started.tv_sec += c->started ? c->started : 60;
}

TAP_FN void run_close(struct test_run *r)
{
	include_list_free(r->il);
	store_free(r->st);
	file_index_free(r->ix);
	strv_release(&r->argv);
	strv_release(&r->dirs);
	strv_release(&r->system);
	free(r->source);
	free(r->object);
	free(r->root);
	free(r->build);
}

/* One source with one header. */
TAP_FN struct test_case simple(void)
{
	put("src/a.c", "int a;\n");
	put("src/a.h", "int h;\n");
	return (struct test_case){.source = "src/a.c",
		.root = "src",
		.build = "build",
		.deps = "src/a.h",
		.object = "object text"};
}

/* Keeps within an open run. */
TAP_FN void run_keep(struct test_run *r, const struct test_case *c, struct compile_output *out)
{
	struct strv deps = STRV_INIT;
	struct buf text = BUF_INIT, messages = BUF_INIT;
	struct error err = ERROR_INIT;
	char *depfile = xasprintf("%s.d", r->object), *dir = path_dir(r->object);
	must(fs_mkdirs(dir, &err) == 0, err.text);
	push_dirs(&deps, c->deps);
	buf_addf(&text, "out.o: %s", r->source);
	for (size_t i = 0; i < deps.n; i++)
		buf_addf(&text, " \\\n %s", deps.v[i]);
	buf_addch(&text, '\n');
	const char *object = c->object ? c->object : "object";
	must(fs_write(depfile, text.data, text.len, &err) == 0, err.text);
	must(fs_write(r->object, object, strlen(object), &err) == 0, err.text);
	buf_addstr(&messages, c->err ? c->err : "");
	must(store_keep_compile(r->st, &r->in, depfile, &messages, out, &err) == 0, err.text);
	buf_release(&messages);
	buf_release(&text);
	strv_release(&deps);
	free(depfile);
	free(dir);
}

/* True when it came to the store. */
TAP_FN bool keep(const struct test_case *c)
{
	struct test_run r;
	struct compile_output out = {0};
	run_open(&r, c);
	run_keep(&r, c, &out);
	bool kept = strcmp(out.object, r.object) != 0;
	compile_output_release(&out);
	run_close(&r);
	return kept;
}

/* What a find gives: the object's content, or NULL. free() it. With `deps`: the paths it read, below the test's directory. */
TAP_FN char *find_deps(const struct test_case *c, struct buf *deps)
{
	struct test_run r;
	struct compile_output out = {0};
	char *object = NULL;
	run_open(&r, c);
	if (store_find_compile(r.st, &r.in, &out)) {
		object = slurp(out.object);
		for (size_t i = 0; deps && i < out.deps.n; i++) {
			char *rel = path_relative(out.deps.v[i], test_tmpdir());
			buf_addf(deps, "%s%s", i ? " " : "", rel);
			free(rel);
		}
		compile_output_release(&out);
	}
	run_close(&r);
	return object;
}

TAP_FN void hits(const struct test_case *c, const char *object, const char *what)
{
	char *got = find_deps(c, NULL);
	is_str(got, object, what);
	free(got);
}

/* A library that reads its own header, another library's, the core's and the system's. */
TAP_FN struct test_case unit(void)
{
	put("lib/a.cpp",
		"#include \"a.h\"\n#include <b.h>\n#include \"core.h\"\n#include <sys.h>\n");
	put("lib/a.h", "int a;\n");
	put("other/b.h", "int b;\n");
	put("core/core.h", "int core;\n");
	put("sys1/keep", "");
	put("sys2/sys.h", "int sys;\n");
	return (struct test_case){
		.source = "lib/a.cpp",
		.includes = "core lib other",
		.system = "sys1 sys2",
		.root = "lib",
		.build = "build1",
		.flags = "-Os",
		.deps = "lib/a.h other/b.h core/core.h sys2/sys.h",
		.object = "one",
	};
}

TAP_FN void fresh(void)
{
	struct error err = ERROR_INIT;
	must(fs_remove_tree(at("cache"), &err) == 0, err.text);
}

TAP_FN struct test_case kept(void)
{
	fresh();
	struct test_case c = unit();
	must(keep(&c), "kept");
	return c;
}

#define misses(c, what) hits(c, NULL, what)

#endif
