/* The store's files: objects and locks, what a crash or a full disk does to them; and real compiles by avr-gcc
 * where there is one.
 */
#include <errno.h>
#include <sys/file.h>
#include <sys/wait.h>
#include "sketch/fileindex_internal.h"
#include "sketch/store_internal.h"
#include "sketch/toolchain.h"
#include "unit/store_case.h"

static struct compile_output found(struct test_run *r, const struct test_case *c)
{
	struct compile_output out = {0};
	run_open(r, c);
	must(store_find_compile(r->st, &r->in, &out), "found");
	return out;
}

static void objects(void)
{
	struct test_case c = simple();
	struct test_run r;
	must(keep(&c), "kept");
	struct compile_output out = found(&r, &c);
	struct stat st;
	must(stat(out.object, &st) == 0, out.object);
	is_int(st.st_mode & 07777, 0444, "an object is read-only");
	ok(path_beneath(out.object, at("cache/objects")), "and lies in the cache");
	compile_output_release(&out);
	run_close(&r);
	must(stat(at("cache/manifests"), &st) == 0, "manifests");
	is_int(st.st_mode & 07777, 0700, "the cache is private");
	c.flags = "-Os";
	must(keep(&c), "kept");
	struct store_usage u;
	struct fs_list shards;
	must(store_measure(at("cache"), &u, NULL) == 0 &&
			fs_list(at("cache/objects"), &shards, NULL) == 0,
		"measure");
	is_int((long long)u.entries, 3, "two manifests share an equal object");
	fs_list_release(&shards);
}

static void damaged_objects(void)
{
	struct test_case c = simple();
	struct test_run r;
	must(keep(&c), "kept");
	struct compile_output out = found(&r, &c);
	flip(out.object, 3);
	struct compile_output again = {0};
	ok(!store_find_compile(r.st, &r.in, &again), "a flipped bit is noticed, in the same run");
	ok(!fs_exists(out.object), "and the object removed");
	run_keep(&r, &c, &again);
	is_str(again.object, out.object, "it is made anew");
	compile_output_release(&again);
	unlink(out.object);
	ok(!store_find_compile(r.st, &r.in, &again), "an object that was pruned is missed");
	run_close(&r);
	compile_output_release(&out);
	must(keep(&c), "kept");
	out = found(&r, &c);
	run_close(&r);
	flip(out.object, -1);
	misses(&c, "a flipped bit is noticed, in the next run");
	compile_output_release(&out);
}

static void use_marks(void)
{
	struct test_case c = simple();
	struct test_run r;
	must(keep(&c), "kept");
	struct compile_output out = found(&r, &c);
	struct stat st;
	run_close(&r);
	struct timespec old[2] = {{.tv_sec = time(NULL) - 200000}, {.tv_sec = time(NULL) - 200000}};
	utimensat(AT_FDCWD, out.object, old, 0);
	hits(&c, "object text", "an object not used for days");
	must(stat(out.object, &st) == 0, out.object);
	ok(time(NULL) - st.st_mtime < 100, "counts as used now");
	struct timespec hours[2] = {{.tv_sec = time(NULL) - 7200}, {.tv_sec = time(NULL) - 7200}};
	utimensat(AT_FDCWD, out.object, hours, 0);
	hits(&c, "object text", "one used today");
	must(stat(out.object, &st) == 0, out.object);
	ok(time(NULL) - st.st_mtime > 7000, "is not marked again");
	compile_output_release(&out);
}

static void bad_input(void)
{
	struct test_case c = simple();
	struct test_run r;
	struct compile_output out = {0};
	struct error err = ERROR_INIT;
	struct buf none = BUF_INIT;
	run_open(&r, &c);
	unlink(r.object);
	ok(store_keep_compile(r.st, &r.in, at("none.d"), &none, &out, &err) < 0 && err.text[0],
		"no object: %s", err.text);
	put("build/out.o", "x");
	ok(store_keep_compile(r.st, &r.in, at("none.d"), &none, &out, &err) < 0,
		"no dependency file: %s", err.text);
	put("build/odd.d", "what is this\n");
	ok(store_keep_compile(r.st, &r.in, at("build/odd.d"), &none, &out, &err) < 0,
		"an odd one: %s", err.text);
	put("build/gone.d", "out.o: gone.h\n");
	is_int(store_keep_compile(r.st, &r.in, at("build/gone.d"), &none, &out, &err), 0,
		"a dependency that is gone");
	is_str(out.object, r.object, "is not kept");
	compile_output_release(&out);
	unlink(r.source);
	file_index_forget(r.ix, NULL);
	ok(!store_find_compile(r.st, &r.in, &out), "no source, no result");
	run_close(&r);
}

/* As on a full or read-only disk: nothing can be written in tmp. */
static void no_room(void)
{
	struct error err = ERROR_INIT;
	struct test_case c = simple();
	must(fs_remove_tree(at("cache"), &err) == 0, err.text);
	put("cache/tmp", "not a directory");
	struct test_run r;
	struct compile_output out = {0};
	run_open(&r, &c);
	run_keep(&r, &c, &out);
	is_str(out.object, r.object, "without room the object stays where it is");
	ok(is_digest_of(&out.digest, "object text") && out.deps.n == 2, "and the rest is told");
	compile_output_release(&out);
	struct digest key = {{7}};
	struct strv names = STRV_INIT, paths = STRV_INIT;
	strv_push(&names, "a");
	strv_push(&paths, r.source);
	ok(store_keep_bundle(r.st, &key, &names, &paths, &err) < 0 && err.text[0],
		"a bundle says why: %s", err.text);
	store_keep_text(r.st, &key, "x", 1);
	struct buf text = BUF_INIT;
	ok(!store_find_text(r.st, &key, &text), "a text is lost");
	strv_release(&names);
	strv_release(&paths);
	run_close(&r);
	must(fs_remove_tree(at("cache"), &err) == 0, err.text);
	put("file", "");
	struct store *st = store_open(at("file/cache"), NULL, &err);
	ok(!st && err.text[0], "no cache directory: %s", err.text);
	store_free(st);
}

/* Two builders of one unit. */
static void locks(void)
{
	struct test_case c = simple();
	struct test_run r;
	struct error err = ERROR_INIT;
	struct digest key = {{4}}, other = {{5}};
	int go[2], status;
	char byte;
	run_open(&r, &c);
	int fd = store_lock(r.st, &key, &err);
	must(fd >= 0 && pipe(go) == 0, err.text);
	int second = store_lock(r.st, &other, &err);
	ok(second >= 0, "another key is free");
	close(second);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd); /* a lock is held while any copy of its descriptor is open */
		struct file_index *ix = file_index_open(at("cache"));
		struct store *st = store_open(at("cache"), ix, NULL);
		if (write(go[1], "s", 1) != 1)
			_exit(3);
		int mine = store_lock(st, &key, NULL);
		_exit(mine >= 0 && fs_exists(at("released")) ? 0 : 1);
	}
	must(read(go[0], &byte, 1) == 1, "child");
	put("released", "");
	close(fd);
	must(waitpid(pid, &status, 0) == pid, "wait");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the second builder waits for the first");
	char hex[DIGEST_HEX_LEN + 1];
	char *path = xasprintf("%s/%s", at("cache/locks"), digest_hex(&key, hex));
	unlink(path);
	fd = store_lock(r.st, &key, &err);
	ok(fd >= 0 && fs_exists(path), "a lock whose file was pruned works");
	close(fd);
	free(path);
	close(go[0]);
	close(go[1]);
	run_close(&r);
}

static void leftovers(void)
{
	struct test_case c = simple();
	struct test_run r;
	struct timespec old[2] = {{.tv_sec = time(NULL) - 100000}, {.tv_sec = time(NULL) - 100000}};
	put("cache/tmp/old", "half a fi");
	put("cache/tmp/new", "half a fi");
	put("cache/tmp/run-999999999/u1/x.o", "");
	char *mine = xasprintf("cache/tmp/run-%ld", (long)getpid());
	must(mkdir(at(mine), 0700) == 0, mine);
	utimensat(AT_FDCWD, at("cache/tmp/old"), old, 0);
	utimensat(AT_FDCWD, at("cache/tmp/run-999999999"), old, 0);
	utimensat(AT_FDCWD, at(mine), old, 0);
	run_open(&r, &c);
	ok(!fs_exists(at("cache/tmp/old")), "what a crash left yesterday goes");
	ok(!fs_exists(at("cache/tmp/run-999999999")), "with whole directories");
	ok(fs_exists(at("cache/tmp/new")), "young ones stay");
	ok(fs_exists(at(mine)), "a living run's directory stays");
	run_close(&r);
	free(mine);
}

/* ---- avr-gcc ---- */

struct avr {
	struct file_index *ix;
	struct toolchains *tc;
	struct store *st;
	int compiles;
};

static void avr_open(struct avr *a)
{
	a->ix = file_index_open(at("cache"));
	a->tc = toolchains_open(at("cache"), a->ix);
	a->st = store_open(at("cache"), a->ix, NULL);
	must(a->st != NULL, "store");
}

static void avr_close(struct avr *a)
{
	store_free(a->st);
	toolchains_free(a->tc);
	file_index_save(a->ix);
	file_index_free(a->ix);
}

static bool has_avr_gcc(void)
{
	struct avr a = {0};
	avr_open(&a);
	bool has = *toolchain_version(a.tc, "avr-g++");
	avr_close(&a);
	return has;
}

static int run(const struct strv *argv)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv->v[0], argv->v);
		_exit(127);
	}
	must(waitpid(pid, &status, 0) == pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Compiles lib/lib.cpp with these -I directories unless it is kept; the object's content. */
static char *avr_compile(struct avr *a, const char *includes, const char *build)
{
	struct strv argv = STRV_INIT, dirs = STRV_INIT;
	struct compile_output out = {0};
	struct buf none = BUF_INIT;
	struct error err = ERROR_INIT;
	struct digest toolchain;
	char *source = xstrdup(at("lib/lib.cpp")), *dir = xstrdup(at(build)),
	     *root = xstrdup(at("lib"));
	char *object = path_join(dir, "lib.o"), *depfile = path_join(dir, "lib.d");
	must(fs_mkdirs(dir, &err) == 0, err.text);
	push_dirs(&dirs, includes);
	strv_push(&argv, "avr-g++");
	strv_push(&argv, "-mmcu=atmega328p");
	strv_push(&argv, "-Os");
	strv_push(&argv, "-c");
	strv_push(&argv, "-MD");
	strv_push(&argv, "-MF");
	strv_push(&argv, depfile);
	for (size_t i = 0; i < dirs.n; i++)
		strv_pushf(&argv, "-I%s", dirs.v[i]);
	strv_push(&argv, source);
	strv_push(&argv, "-o");
	strv_push(&argv, object);
	must(toolchain_digest(a->tc, &argv, TOOL_CXX, &toolchain, &err) == 0, err.text);
	struct include_list *il = include_list_new(a->ix, &dirs);
	struct compile_input in = {
		.argv = &argv,
		.source = source,
		.object = object,
		.includes = il,
		.root = root,
		.build_dir = dir,
		.toolchain = &toolchain,
		.system_dirs = toolchain_system_dirs(a->tc, &argv, TOOL_CXX),
	};
	if (!store_find_compile(a->st, &in, &out)) {
		a->compiles++;
		/* Sources of a test are younger than a clock's tick. */
		clock_gettime(CLOCK_REALTIME, &in.started);
		in.started.tv_sec += 60;
		must(run(&argv) == 0, "avr-g++");
		must(store_keep_compile(a->st, &in, depfile, &none, &out, &err) == 0, err.text);
	}
	struct buf bytes = BUF_INIT;
	must(fs_read(out.object, 0, &bytes, &err) == 0, err.text);
	struct digest d;
	char hex[DIGEST_HEX_LEN + 1];
	digest_bytes(&d, bytes.data, bytes.len);
	buf_release(&bytes);
	compile_output_release(&out);
	include_list_free(il);
	strv_release(&argv);
	strv_release(&dirs);
	free(source);
	free(object);
	free(depfile);
	free(dir);
	free(root);
	return xstrdup(digest_hex(&d, hex));
}

static void real(void)
{
	struct avr a = {0};
	put("lib/lib.cpp",
		"#include <avr/io.h>\n#include <assist.h>\nint f() { return LEVEL + PINB; }\n");
	put("helper/assist.h", "#define LEVEL 1\n");
	put("sketch1/x.h", "");
	put("sketch2/y.h", "");
	avr_open(&a);
	char *first = avr_compile(&a, "lib helper sketch1", "b1"),
	     *same = avr_compile(&a, "lib helper sketch1", "b1");
	is_int(a.compiles, 1, "avr-gcc: compiled once");
	is_str(same, first, "and taken from the store");
	free(same);
	same = avr_compile(&a, "lib sketch2 helper", "b2");
	is_int(a.compiles, 1, "another sketch's list and build directory share it");
	is_str(same, first, "the same object");
	free(same);
	avr_close(&a);
	put("helper/assist.h", "#define LEVEL 2\n");
	avr_open(&a);
	char *other = avr_compile(&a, "lib helper sketch1", "b1");
	is_int(a.compiles, 2, "a changed header compiles");
	ok(strcmp(other, first) != 0, "to another object");
	free(other);
	avr_close(&a);
	put("helper/assist.h", "#define LEVEL 1\n");
	put("sketch2/assist.h", "#define LEVEL 3\n");
	avr_open(&a);
	same = avr_compile(&a, "lib helper sketch2", "b1");
	is_int(a.compiles, 2, "changed back, it is there");
	is_str(same, first, "as it was");
	free(same);
	other = avr_compile(&a, "lib sketch2 helper", "b2");
	is_int(a.compiles, 3, "a header that shadows it compiles");
	free(other);
	avr_close(&a);
	free(first);
}

/* One compile in build/N that reads a header there. */
static void compile_in(struct test_run *r, int n)
{
	struct error err = ERROR_INIT;
	struct compile_output out = {0};
	struct buf none = BUF_INIT;
	char name[32];
	snprintf(name, sizeof name, "build/%d", n);
	char *dir = xstrdup(at(name)), *own = path_join(dir, "own.h");
	char *object = path_join(dir, "a.o"), *depfile = path_join(dir, "a.d");
	char *text = xasprintf("a.o: %s %s\n", r->source, own);
	must(fs_mkdirs(dir, &err) == 0 && fs_write(own, "int own;\n", 9, &err) == 0, err.text);
	must(fs_write(object, "o", 1, &err) == 0, err.text);
	must(fs_write(depfile, text, strlen(text), &err) == 0, err.text);
	strv_clear(&r->argv);
	strv_push(&r->argv, "gcc");
	strv_pushf(&r->argv, "-I%s", dir);
	strv_push(&r->argv, r->source);
	strv_push(&r->argv, "-o");
	strv_push(&r->argv, object);
	r->in.object = object;
	r->in.build_dir = dir;
	store_find_compile(r->st, &r->in, &out);
	compile_output_release(&out);
	must(store_keep_compile(r->st, &r->in, depfile, &none, &out, &err) == 0, err.text);
	compile_output_release(&out);
	ok(strmap_get(&r->st->names, own) && r->st->n_lists > 1, "something is remembered");
	store_drop(r->st, dir);
	free(dir);
	free(own);
	free(object);
	free(depfile);
	free(text);
}

/* What is remembered of a build directory goes with it. */
static void dropped(void)
{
	struct test_case c = simple();
	struct test_run r;
	put("src/a.c", "#include <own.h>\nint a;\n");
	run_open(&r, &c);
	compile_in(&r, 1);
	size_t paths = file_index_count(r.ix), lists = r.st->n_lists;
	size_t names = strmap_count(&r.st->names);
	compile_in(&r, 2);
	compile_in(&r, 3);
	is_int((long long)file_index_count(r.ix), (long long)paths, "no path more");
	is_int((long long)r.st->n_lists, (long long)lists, "no search list more");
	is_int((long long)strmap_count(&r.st->names), (long long)names, "no names more");
	r.in.object = r.object;
	r.in.build_dir = r.build;
	run_close(&r);
}

int main(void)
{
	objects();
	damaged_objects();
	use_marks();
	bad_input();
	no_room();
	locks();
	leftovers();
	dropped();
	if (has_avr_gcc())
		real();
	else
		ok(true, "no avr-g++ here");
	return done_testing();
}
