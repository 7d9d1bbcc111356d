/* Which directories a plan needs elsewhere: roots, what git ignores and must go all the same, what never goes, what is empty there. And
 * whether a worker that shows just that finds every name of the plan where it is here, whatever symlinks it goes through: looked at in
 * a mount namespace in which the originals are hidden.
 */
#include "cli/sources.h"

#include <sys/wait.h>
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/source_links.h"
#include "git/snapshot.h"
#include "sketch/board.h"
#include "sketch/platform.h"
#include "unit/library_util.h"
#include "worker/view.h"

static struct options options;
static struct plan plan;
static struct sources got;
static char why[2048];

static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* In the test's directory. */
static void sh(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *line = xvasprintf(fmt, ap), *all = xasprintf("cd '%s' && %s", at("boss"), line);
	va_end(ap);
	if (system(all) != 0) {
		printf("Bail out! %s\n", all);
		exit(99);
	}
	free(line);
	free(all);
}

/* ---- plans ---- */

static void forget(void)
{
	selection_release(&plan.selection);
	settings_release(&plan.settings);
	free(plan.setup.cache_dir);
	free(plan.setup.dirs.user_dir);
	plan = (struct plan){0};
	sources_release(&got);
}

/* Of the sketches found beneath `place`, asked for in `cwd`; names are from boss/. */
static void make_plan(const char *cwd, const char *place, const char *user)
{
	struct strv args = STRV_INIT;
	struct error err = ERROR_INIT;
	char *path = xasprintf("boss/%s", place), *dir = xasprintf("boss/%s", cwd);
	forget();
	strv_push(&args, at(path));
	ok(select_sketches(&plan.selection, &options, &args, at(dir), &err) == 0 &&
			plan.selection.n,
		"sketches in %s %s", place, err.text);
	plan.setup.cache_dir = xstrdup(at("cache"));
	if (user) {
		free(path);
		path = xasprintf("boss/%s", user);
		plan.setup.dirs.user_dir = xstrdup(at(path));
	}
	strv_release(&args);
	free(path);
	free(dir);
}

static void name_dir(struct strv *to, const char *rel)
{
	char *path = xasprintf("boss/%s", rel);
	strv_push(to, at(path));
	free(path);
}

static int find(const char *out_dir)
{
	struct error err = ERROR_INIT;
	char *out = xasprintf("boss/%s", out_dir);
	sources_release(&got);
	int ret = sources_find(&got, &plan, at(out), &err);
	snprintf(why, sizeof why, "%s", err.text);
	free(out);
	return ret;
}

static void finds(const char *out_dir, const char *roots, const char *name)
{
	ok(find(out_dir) == 0, "%s: %s", name, why);
	is_strv(&got.roots, roots, name);
}

/* "path>target …" below the test's directory. */
static void are_links(const char *want, const char *name)
{
	struct strv paths = STRV_INIT;
	for (size_t i = 0; i < got.n_links; i++) {
		const char *target = got.links[i].target;
		strv_pushf(&paths, "%s>%s", got.links[i].path, target + strlen(at("")) + 1);
	}
	is_strv(&paths, want, name);
	strv_release(&paths);
}

/* ---- what a worker sees ---- */

static struct view *view;

static void show(const char *dir, const char *path)
{
	struct error err = ERROR_INIT;
	if (view_bind(view, dir, path, &err) < 0)
		diag("%s", err.text);
}

static void show_all(void)
{
	struct error err = ERROR_INIT;
	show(at("nothing"), at("boss"));
	for (size_t i = 0; i < got.empty.n; i++)
		if (!fs_is_dir(got.empty.v[i]))
			fs_mkdirs(got.empty.v[i], &err);
	for (size_t i = 0; i < got.roots.n; i++) {
		char *copy = xasprintf("copies/%zu", i);
		show(at(copy), got.roots.v[i]);
		free(copy);
	}
	for (size_t i = 0; i < got.n_links; i++) {
		char *dir = path_dir(got.links[i].path);
		if (fs_mkdirs(dir, &err) < 0 || symlink(got.links[i].target, got.links[i].path) < 0)
			diag("no link at %s", got.links[i].path);
		free(dir);
	}
}

/* What the names lead to, and what the headers resolve to for the first sketch; new string. */
static char *sight(const char *headers)
{
	struct buf b = BUF_INIT;
	struct strv names = STRV_INIT, folders = STRV_INIT;
	struct error err = ERROR_INIT;
	const struct matrix_sketch *m = &plan.selection.v[0];
	for (size_t i = 0; i < plan.selection.n; i++)
		strv_push(&names, plan.selection.v[i].dir);
	strv_push_all(&names, &plan.settings.library_dirs);
	strv_push_all(&folders, &plan.settings.libraries_dirs);
	if (plan.setup.dirs.user_dir)
		strv_push_take(&folders, path_join(plan.setup.dirs.user_dir, "libraries"));
	strv_push_all(&names, &folders);
	for (size_t i = 0; i < names.n; i++) {
		char *real = path_real(names.v[i], NULL);
		buf_addf(&b, "%s\n", real ? real : "nothing");
		free(real);
	}
	const struct library_search search = {.given = &plan.settings.library_dirs,
		.tree_library = m->tree_library,
		.folders = &folders,
		.platform_dir = "/nowhere",
		.arch = "avr"};
	struct libraries *ls = libraries_open(&search, &err);
	buf_addf(&b, "%s", err.text);
	strv_clear(&names);
	strv_split(&names, headers, " ");
	for (size_t i = 0; ls && i < names.n; i++) {
		size_t n;
		const struct library **losers;
		const struct library *lib = libraries_resolve(ls, names.v[i], &losers, &n);
		buf_addf(&b, "%s %s %zu\n", names.v[i], lib ? lib->dir : "none", n);
		free(losers);
	}
	libraries_free(ls);
	strv_release(&names);
	strv_release(&folders);
	return buf_detach(&b);
}

/* As they are sent. */
static void copy_roots(void)
{
	struct snapshot_root *roots = xcalloc(got.roots.n + 1, sizeof *roots);
	struct snapshot snap = {0};
	struct error err = ERROR_INIT;
	char *repo = xstrdup(at("snapshots"));
	for (size_t i = 0; i < got.roots.n; i++)
		roots[i] = (struct snapshot_root){got.roots.v[i], &got.needed, &got.needed_tops};
	const struct snapshot_config config = {
		.repo = repo, .roots = roots, .n_roots = got.roots.n, .excluded = &got.excluded};
	if (snapshot_make(&snap, &config, &err) < 0)
		diag("%s", err.text);
	sh("rm -rf ../copies ../nothing ../scratch && mkdir ../copies ../nothing ../scratch");
	for (size_t i = 0; i < snap.dirs.n; i++) {
		setenv("FROM", snap.dirs.v[i], 1);
		sh("mkdir ../copies/%zu && git --git-dir=../snapshots archive \"%s:$FROM\" | "
		   "tar -x -C ../copies/%zu",
			i, snap.tree, i);
	}
	snapshot_release(&snap);
	free(repo);
	free(roots);
}

static bool can_show;

/* Looks once here and once as a worker. */
static void is_same_there(const char *headers, const char *name)
{
	int status;
	char *here = sight(headers);
	if (!can_show) {
		ok(true, "%s # SKIP no mount namespaces", name);
		free(here);
		return;
	}
	copy_roots();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		const struct strv kept = STRV_INIT;
		view_enter(NULL);
		view = view_new(at("scratch"), &kept);
		show_all();
		char *there = sight(headers);
		bool same = !strcmp(here, there) && !strstr(here, "nothing");
		if (!same)
			diag("here:\n%sthere:\n%s", here, there);
		fflush(stdout);
		_exit(!same);
	}
	ok(waitpid(pid, &status, 0) == pid && status == 0, "%s", name);
	free(here);
}

static void look_whether_we_can_show(void)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(view_enter(NULL) < 0);
	can_show = waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- cases ---- */

static void make_sketch(const char *dir, const char *text)
{
	char *path = xasprintf("boss/%s/%s.ino", dir, path_base(dir));
	put(path, text);
	free(path);
}

static void make_library(const char *dir, const char *header, const char *text)
{
	char *path = xasprintf("boss/%s", dir);
	char *props = xasprintf("name=%s\nversion=1\n", path_base(dir));
	char *file = xasprintf("boss/%s/src/%s", dir, header);
	put_library(path, props, "src/empty.h");
	put(file, text);
	free(path);
	free(props);
	free(file);
}

/* A library that is a repository, as one works on it. */
static void test_tree(void)
{
	make_library("repo", "Own.h", "#include <Used.h>\n");
	make_sketch("repo/examples/One", "#include <Own.h>\n");
	make_sketch("repo/examples/Two", "#include <Inside.h>\n");
	make_library("repo/deps/Inside", "Inside.h", "");
	put("boss/repo/deps/Flat/Flat.h", "");
	put("boss/repo/deps/Flat/utility/f.c", "");
	make_library("user/libraries/Used", "Used.h", "#include <Again.h>\n");
	make_library("user/libraries/Again", "Again.h", "#include <Flat.h>\n");
	make_library("user/libraries/Unused", "Unused.h", "");
	put("boss/repo/.gitignore", "deps\nTwo\nlibrary.properties\nbuild\n");
	put("boss/repo/build/large", "");
	sh("git init -q repo");
	make_plan("repo", "repo/examples", "user");
	name_dir(&plan.settings.libraries_dirs, "repo/deps");
	finds("repo/boardman-out", "boss/repo boss/user/libraries/Again boss/user/libraries/Used",
		"the work tree, and what it reaches of the sketchbook");
	is_strv(&got.needed,
		"boss/repo/deps/Flat/utility boss/repo/deps/Inside/src boss/repo/examples/One "
		"boss/repo/examples/Two boss/repo/src",
		"what goes though git ignores it");
	is_strv(&got.needed_tops, "boss/repo boss/repo/deps/Flat boss/repo/deps/Inside",
		"tops of libraries");
	is_strv(&got.excluded, "boss/repo/boardman-out", "the output directory does not go");
	is_strv(&got.empty, "boss/repo/boardman-out boss/user/libraries", "what is empty there");
	are_links("", "no symlinks");
	ok(!got.notes.n, "no notes");
	is_same_there("Own.h Used.h Again.h Inside.h Flat.h", "a worker sees the same");
	ok(!can_show || (fs_is_file(at("copies/0/examples/Two/Two.ino")) &&
				!fs_exists(at("copies/0/build"))),
		"ignored files go only where they are needed");
	make_plan("repo", "repo/examples/Two", NULL);
	finds("elsewhere/out", "boss/repo", "no sketchbook");
	is_strv(&got.empty, "boss/elsewhere/out", "an output directory elsewhere");
	is_strv(&got.needed, "boss/repo/examples/Two", "only what the selected sketches reach");
}

static void test_no_tree(void)
{
	make_sketch("plain/A", "#include <Used.h>\n");
	make_sketch("plain/B", "");
	make_plan("plain", "plain", "user");
	finds("plain/boardman-out",
		"boss/plain/A boss/plain/B boss/user/libraries/Again boss/user/libraries/Used",
		"without git: each sketch");
	is_strv(&got.needed, "", "all of it goes anyway");
	is_same_there("Used.h Again.h", "a worker sees the same of plain directories");
	make_library("lib", "Lib.h", "");
	make_sketch("lib/examples/E/F", "#include <Lib.h>\n");
	make_plan("lib", "lib/examples", NULL);
	finds("lib/boardman-out", "boss/lib", "without git: the library of the sketch");
	is_strv(&got.empty, "boss/lib/boardman-out", "its output directory");
	make_plan("lib", "plain/B", NULL);
	finds("out", "boss/lib boss/plain/B", "the library that one stands in");
}

static void test_two_trees(void)
{
	make_sketch("one/sketches/A", "");
	make_sketch("one/sub/sketches/C", "");
	make_sketch("one-more/B", "");
	sh("git init -q one && git init -q one-more && git init -q one/sub");
	make_plan("", "one/sketches", NULL);
	name_dir(&plan.settings.library_dirs, "repo");
	finds("out", "boss/one boss/repo", "a library given of another work tree");
	make_plan("", "", NULL);
	ok(find("out") == 0, "all at once");
	ok(strv_contains(&got.roots, at("boss/one")) &&
			strv_contains(&got.roots, at("boss/one-more")) &&
			!strv_contains(&got.roots, at("boss/one/sub")),
		"each work tree, but none that lies beneath another");
	make_plan("", "one/sub", NULL);
	finds("out", "boss/one/sub", "a nested one alone");
}

static void test_given(void)
{
	make_library("one/lib/L", "L.h", "");
	make_library("big/L", "BigL.h", "");
	put("boss/big/other", "");
	sh("git init -q big");
	make_plan("", "one/sketches", NULL);
	name_dir(&plan.settings.library_dirs, "one/lib/L");
	name_dir(&plan.selection.v[0].library_dirs, "big/L");
	name_dir(&plan.settings.libraries_dirs, "one/lib");
	finds("out", "boss/big/L boss/one",
		"one inside the work tree, and one of a work tree that nothing else is of");
	is_strv(&got.empty, "boss/out", "a folder of libraries in a root is not empty");
	is_strv(&got.needed, "boss/one/sketches/A", "given, but not reached");
}

/* ---- platforms ---- */

static struct platform platform, core;
static struct board board = {.platform = &platform, .core_platform = &core};
static struct plan_board plan_board = {.here = &board}, *plan_boards[] = {&plan_board};

/* The plan is for a board of a platform whose core is in another one. */
static void use_platforms(const char *dir, const char *core_dir)
{
	free(platform.dir);
	free(core.dir);
	free(board.core_dir);
	platform.dir = xstrdup(at(dir));
	core.dir = xstrdup(at(core_dir));
	board.core_dir = path_join(core.dir, "cores/c");
	plan.boards = plan_boards;
	plan.n_boards = 1;
}

static void test_platforms(void)
{
	put("boss/book/hardware/mine/avr/boards.txt", "");
	put("boss/dev/Core/avr/boards.txt", "");
	put("boss/dev/Core/.gitignore", "*.a");
	put("boss/given/v/a/boards.txt", "");
	make_sketch("dev/Core/avr/libraries/L/examples/X", "");
	put("boss/installed/v/a/boards.txt", "");
	sh("git init -q dev/Core && ln -s ../../dev/Core book/hardware/linked");
	make_plan("", "one/sketches", "book");
	use_platforms("boss/book/hardware/mine/avr", "boss/installed/v/a");
	finds("out", "boss/book/hardware/mine/avr boss/one",
		"a platform of the sketchbook, not one that is installed");
	use_platforms("boss/book/hardware/linked/avr", "boss/given/v/a");
	name_dir(&plan.setup.dirs.platform_dirs, "given");
	finds("out", "boss/dev/Core/avr boss/given/v/a boss/one",
		"one that is linked into it, and one of --platforms");
	are_links("boss/book/hardware/linked/avr>boss/dev/Core/avr", "… by its name there");
	plan.setup.dirs.system_hardware = xstrdup(at("boss/given"));
	finds("out", "boss/dev/Core/avr boss/one", "… but not where platforms are installed");
	free(plan.setup.dirs.system_hardware);
	plan.setup.dirs.system_hardware = NULL;
	strv_release(&plan.setup.dirs.platform_dirs);

	make_plan("", "dev/Core", "book");
	use_platforms("boss/book/hardware/linked/avr", "boss/book/hardware/linked/avr");
	finds("out", "boss/dev/Core", "one in the work tree of the sketches goes with it");
	is_strv(&got.needed, "boss/dev/Core/avr boss/dev/Core/avr/libraries/L/examples/X",
		"… with what git ignores");
	sh("truncate -s 600M dev/Core/avr/toolchain");
	make_plan("", "one/sketches", "book");
	use_platforms("boss/book/hardware/linked/avr", "boss/installed/v/a");
	finds("out", "boss/one", "one that is very large stays here");
	is_int((long long)got.notes.n, 1, "… which is told");
	ok(strstr(got.notes.v[0], "/boss/book/hardware/linked/avr' is not sent "), "%s",
		got.notes.v[0]);
	sh("rm dev/Core/avr/toolchain");
	use_platforms("", "");
}

static void test_names(void)
{
	make_sketch("o'dd na\"me/$x/Sk etch", "#include <Übel.h>\n");
	make_library("üser/libraries/a b;c", "Übel.h", "");
	make_plan("", "o'dd na\"me", "üser");
	finds("o u t", "boss/o'dd na\"me/$x/Sk etch boss/üser/libraries/a b;c", "odd names");
	is_same_there("Übel.h", "a worker sees odd names");
}

static void test_refused(void)
{
	make_sketch("home/Sketch", "");
	make_sketch("home/own/Sketch", "");
	setenv("HOME", at("boss/home"), 1);
	make_plan("", "home/Sketch", NULL);
	finds("out", "boss/home/Sketch", "a sketch in the home directory");
	sh("git init -q home && git init -q home/own");
	ok(find("out") < 0 && strstr(why, "is your home directory; cure: 'git init'"), "%s", why);
	make_plan("", "home/own", NULL);
	name_dir(&plan.settings.library_dirs, "lib");
	finds("out", "boss/home/own boss/lib", "a work tree in it");
	name_dir(&plan.settings.libraries_dirs, "home");
	ok(find("out") < 0 && strstr(why, "is your home directory; cure: keep libraries"), "%s",
		why);
	strv_clear(&plan.settings.libraries_dirs);
	strv_push(&plan.settings.libraries_dirs, "/");
	ok(find("out") < 0 && strstr(why, "'/' cannot be a folder of libraries on other machines: "
					  "it is the root"),
		"%s", why);
	setenv("HOME", at("boss/home/own/deep"), 1);
	strv_clear(&plan.settings.libraries_dirs);
	ok(find("out") < 0 && strstr(why, "holds your home directory"), "%s", why);
	setenv("HOME", "/nonexistent", 1);
	free(plan.setup.cache_dir);
	plan.setup.cache_dir = xstrdup(at("boss/home/own/cache/boardman"));
	ok(find("out") < 0 && strstr(why, "XDG_CACHE_HOME"), "%s", why);
}

/* ---- symlinks ---- */

/* The whole project behind one: as when /home is one. */
static void test_linked_home(void)
{
	make_library("data/me/repo", "Own.h", "");
	make_sketch("data/me/repo/examples/A", "#include <Own.h>\n#include <Used.h>\n");
	make_sketch("data/me/repo/examples/B", "");
	make_library("data/me/user/libraries/Used", "Used.h", "");
	sh("git init -q data/me/repo && ln -s data link");
	make_plan("link/me/repo", "link/me/repo/examples", "link/me/user");
	finds("link/me/repo/out", "boss/data/me/repo boss/data/me/user/libraries/Used",
		"real paths");
	are_links("boss/link/me/repo>boss/data/me/repo "
		  "boss/link/me/user/libraries>boss/data/me/user/libraries",
		"links as deep as can be, each once");
	is_strv(&got.needed,
		"boss/data/me/repo/examples/A boss/data/me/repo/examples/B boss/data/me/repo/src",
		"what git ignores, by real paths");
	is_strv(&got.excluded, "boss/data/me/repo/out", "the output directory");
	is_same_there("Own.h Used.h", "a worker sees the same through a symlink above all");
	make_plan("link/me/repo", "link/me/repo/examples/A", NULL);
	name_dir(&plan.settings.library_dirs, "data/me/repo");
	finds("link/elsewhere/out", "boss/data/me/repo", "one tree by two names");
	are_links("boss/link/elsewhere/out>boss/data/elsewhere/out "
		  "boss/link/me/repo>boss/data/me/repo",
		"an output directory that is not there yet");
	is_same_there("Own.h", "a worker sees one tree by two names");
}

/* Libraries under work are linked into the sketchbook. */
static void test_linked_library(void)
{
	make_library("dev/Mono/libs/Linked", "Linked.h", "");
	make_library("dev/Alone", "Alone.h", "");
	make_sketch("dev/Mono/app", "#include <Linked.h>\n#include <Alone.h>\n#include <Own.h>\n");
	make_library("book/libraries/Twin", "Linked.h", "");
	sh("git init -q dev/Mono && git init -q dev/Alone");
	sh("ln -s ../../dev/Mono/libs/Linked book/libraries/Linked");
	sh("ln -s '%s' book/libraries/Alone", at("boss/dev/Alone"));
	sh("ln -s ../../dev/Alone book/libraries/Alone2 && ln -s nowhere book/libraries/Dead");
	sh("ln -s ../../data/me/repo book/libraries/Own");
	make_plan("dev/Mono", "dev/Mono/app", "book");
	finds("dev/Mono/out",
		"boss/book/libraries/Twin boss/data/me/repo boss/dev/Alone boss/dev/Mono",
		"where they are; the tree's own is not sent twice");
	are_links("boss/book/libraries/Alone>boss/dev/Alone "
		  "boss/book/libraries/Alone2>boss/dev/Alone "
		  "boss/book/libraries/Linked>boss/dev/Mono/libs/Linked "
		  "boss/book/libraries/Own>boss/data/me/repo",
		"and where the folder has them");
	is_strv(&got.needed,
		"boss/data/me/repo/src boss/dev/Alone/src boss/dev/Mono/app "
		"boss/dev/Mono/libs/Linked/src",
		"what git ignores of linked libraries");
	is_same_there("Linked.h Alone.h Own.h", "a worker sees the same linked libraries");
}

/* One in the tree goes with it, wherever it leads. */
static void test_links_inside(void)
{
	make_sketch("far/Sketch", "#include <Far.h>\n");
	make_library("far/libs/Far", "Far.h", "");
	make_library("dev/Mono/libs/Near", "Near.h", "");
	sh("echo folder >dev/Mono/.gitignore && mkdir -p dev/Mono/examples dev/Mono/folder && ln "
	   "-s ../../../hop/Sketch "
	   "dev/Mono/examples/Sketch");
	sh("ln -s far hop && ln -s ../libs/Near dev/Mono/folder/Near");
	sh("ln -s '%s' dev/Mono/folder/Far", at("boss/far/libs/Far"));
	make_plan("dev/Mono", "dev/Mono/examples/Sketch", NULL);
	finds("out", "boss/far/Sketch", "only what it leads to");
	are_links("boss/dev/Mono/examples/Sketch>boss/far/Sketch", "the name is made");
	is_same_there("", "a worker sees a sketch through a symlink");
	make_plan("dev/Mono", "dev/Mono", NULL);
	name_dir(&plan.settings.libraries_dirs, "dev/Mono/folder");
	finds("out", "boss/dev/Mono boss/far/Sketch boss/far/libs/Far",
		"the tree, and where its links lead");
	are_links("boss/hop/Sketch>boss/far/Sketch", "the rest of a chain that begins in the tree");
	ok(strv_contains(&got.needed_tops, at("boss/dev/Mono/folder")),
		"links that git may ignore");
	is_same_there("Far.h Linked.h", "a worker sees the same through links of the tree");
}

static void test_real(void)
{
	char *real = source_real(at("boss/link/no/such/thing"));
	is_str(real, at("boss/data/no/such/thing"), "what does not exist yet");
	free(real);
	sh("ln -s loop loop");
	real = source_real(at("boss/loop/x"));
	is_str(real, at("boss/loop/x"), "a symlink to itself");
	free(real);
}

int main(void)
{
	struct error err = ERROR_INIT;
	options_init(&options);
	fs_mkdirs(at("boss"), &err);
	setenv("HOME", at("home"), 1);
	look_whether_we_can_show();
	test_tree();
	test_no_tree();
	test_two_trees();
	test_given();
	test_platforms();
	test_names();
	test_refused();
	setenv("HOME", at("home"), 1);
	test_linked_home();
	test_linked_library();
	test_links_inside();
	test_real();
	forget();
	options_release(&options);
	return done_testing();
}
