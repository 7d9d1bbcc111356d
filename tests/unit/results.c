/* results and record: publishing, replacing, reusing, what is refused, a full disk. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "boss/record.h"
#include "boss/results.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

static char *dir, *build;

static void put(const char *d, const char *name, const char *text)
{
	struct error err = ERROR_INIT;
	char *path = path_join(d, name), *parent = path_dir(path);
	if (fs_mkdirs(parent, &err) < 0 || fs_write(path, text, strlen(text), &err) < 0)
		printf("Bail out! %s\n", err.text);
	free(path);
	free(parent);
}

static bool there(const char *name)
{
	char *path = path_join(dir, name);
	bool is = fs_exists(path);
	free(path);
	return is;
}

static struct record head(void)
{
	return (struct record){
		.engine = 1,
		.host = xstrdup("local"),
		.boot = xstrdup("boot-1"),
		.commit = xstrdup("current"),
		.board = xstrdup("a:b:c"),
		.sketch = xstrdup("examples/X"),
		.sketch_dir = xstrdup("/t/examples/X"),
	};
}

static const struct known_rules rules = {
	.board = "a:b:c", .sketch_dir = "/t/examples/X", .engine = 1, .boot = "boot-1"};

/* A result with two artefacts in the build directory. */
static void fill(struct build_result *r, const char *hex)
{
	*r = (struct build_result){.verdict = VERDICT_OK, .key = xstrdup("k1"), .warnings = 2};
	r->sizes = (struct sizes){924, 32256, 9, -1};
	r->times.total = 1.5;
	buf_addstr(&r->deps, "tree\tX.ino\tabc\n");
	buf_addstr(&r->syms, ".text\t4\tmain\n");
	strv_push(&r->libraries, "Wire@1.0");
	put(build, "X.ino.hex", hex);
	put(build, "objects/x.o", "object");
	r->artifacts = xcalloc(2, sizeof *r->artifacts);
	r->n_artifacts = 2;
	r->artifacts[0] = (struct artifact){
		.name = xstrdup("X.ino.hex"), .path = path_join(build, "X.ino.hex")};
	r->artifacts[1] = (struct artifact){
		.name = xstrdup("objects/x.o"), .path = path_join(build, "objects/x.o")};
}

static int publish(struct build_result *r, bool keep, struct error *err)
{
	struct record rec = head();
	int ret = results_publish(dir, &rec, r, keep, err);
	int reason = errno;
	record_release(&rec);
	errno = reason;
	return ret;
}

static void checking(void)
{
	struct error err = ERROR_INIT;
	const char *out = test_tmpdir();
	char *board = path_dir(dir), *commit = path_dir(board);
	is_int(results_check_dir(out, dir, &err), 0, "nothing is there");
	fs_mkdirs(commit, &err);
	is_int(results_check_dir(out, dir, &err), 0, "nothing but what is above");
	is_int(symlink("/", board), 0, "a symlink above");
	is_int(results_check_dir(out, dir, &err), -1, "… is refused");
	ok(strstr(err.text, board) != NULL, "which is told: %s", err.text);
	unlink(board);
	fs_mkdirs(board, &err);
	is_int(symlink("/gone", dir), 0, "one to nowhere in its place");
	is_int(results_check_dir(out, dir, &err), -1, "… too");
	unlink(dir);
	fs_mkdirs(dir, &err);
	is_int(results_check_dir(out, dir, &err), 1, "directories are taken");
	rmdir(dir);
	free(board);
	free(commit);
}

static void publishing(void)
{
	struct error err = ERROR_INIT;
	struct build_result r;
	struct record rec;
	fill(&r, ":00");
	is_int(publish(&r, false, &err), 0, "published");
	ok(there("done") && there("deps") && there("syms"), "done, deps, syms are there");
	ok(there("firmware/X.ino.hex") && there("firmware/objects/x.o"), "the artefacts too");
	ok(!there("log") && !there("err") && !there("cmd"), "what is empty is not");
	ok(access(r.artifacts[0].path, F_OK) < 0, "artefacts were moved");
	ok(r.artifacts[0].moved && r.artifacts[1].moved, "… and say so");
	is_int(record_read(&rec, dir, &err), 0, "the record reads back");
	is_int(rec.verdict, VERDICT_OK, "verdict");
	is_str(rec.key, "k1", "key");
	is_str(rec.sketch, "examples/X", "sketch");
	is_str(rec.libraries.v[0], "Wire@1.0", "libraries");
	is_int(rec.sizes.flash, 924, "flash");
	is_int(rec.sizes.ram_max, -1, "an unknown size stays so");
	is_int((long long)rec.n_files, 2, "two files");
	is_int((long long)rec.files[0].size, 3, "size");
	is_str(rec.files[0].sha256,
		"db1196fb489cb4fb49508f4bbfd03da709e0face4440d8834cffc69116de81fd", "digest");
	ok(rec.times.total == 1.5 && rec.warnings == 2 && !rec.reason, "the rest");
	record_release(&rec);
	build_result_release(&r);
}

/* Nothing of the former result survives. */
static void replacing(void)
{
	struct error err = ERROR_INIT;
	struct build_result r = {.verdict = VERDICT_FAILED,
		.return_code = 1,
		.reason = xstrdup("X.ino does not compile"),
		.key = xstrdup("k2")};
	buf_addstr(&r.err, "X.ino:1:1: error: no\n");
	buf_addstr(&r.deps, "d\n");
	is_int(publish(&r, false, &err), 0, "a failure replaces it");
	ok(there("done") && there("err") && there("deps"), "done, err, deps");
	ok(!there("firmware") && !there("syms"), "the old firmware and syms are gone");
	struct record rec;
	record_read(&rec, dir, &err);
	is_int(rec.verdict, VERDICT_FAILED, "failed");
	is_str(rec.reason, "X.ino does not compile", "with its reason");
	record_release(&rec);
	build_result_release(&r);
	results_forget(dir);
	ok(!there("done"), "forgotten");
	is_int(record_read(&rec, dir, &err), -1, "then there is no result");
}

static bool reusable(const struct known_rules *k)
{
	struct record rec;
	struct error err = ERROR_INIT;
	if (record_read(&rec, dir, &err) < 0)
		return false;
	bool is = results_reusable(dir, &rec, k);
	record_release(&rec);
	return is;
}

static void reusing(void)
{
	struct error err = ERROR_INIT;
	struct build_result r;
	struct known_rules k = rules;
	fill(&r, ":0000");
	publish(&r, true, &err);
	ok(access(r.artifacts[0].path, F_OK) == 0 && !r.artifacts[0].moved,
		"with keep the build directory keeps its files");
	build_result_release(&r);
	ok(reusable(&k), "a whole result can be reused");
	k.board = "a:b:d";
	ok(!reusable(&k), "not for another board");
	k = rules;
	k.sketch_dir = "/u/examples/X";
	ok(!reusable(&k), "not for another sketch");
	k = rules;
	k.engine = 2;
	ok(!reusable(&k), "not by another engine");
	k = rules;
	put(dir, "firmware/X.ino.hex", ":1111");
	ok(reusable(&k), "the size is believed in the same boot");
	k.boot = "boot-2";
	ok(!reusable(&k), "in another one the digest is looked at");
	put(dir, "firmware/X.ino.hex", ":0000");
	ok(reusable(&k), "and if it is right");
	put(dir, "firmware/X.ino.hex", ":1111");
	ok(reusable(&k), "that boot is recorded");
	put(dir, "firmware/X.ino.hex", ":1");
	ok(!reusable(&k), "another size is not believed");
	put(dir, "firmware/X.ino.hex", ":1111");
	char *deps = path_join(dir, "deps");
	unlink(deps);
	ok(reusable(&k), "deps that are lost are for the worker to miss");
	k.boot = "boot-3";
	ok(!reusable(&k), "in another boot the result goes with them");
	free(deps);
}

static void failed_again(void)
{
	struct error err = ERROR_INIT;
	struct known_rules k = rules;
	struct build_result r = {.verdict = VERDICT_FAILED, .key = xstrdup("k")};
	buf_addstr(&r.deps, "d\n");
	publish(&r, false, &err);
	ok(reusable(&k), "a failure is reused");
	k.rebuild_failed = true;
	ok(!reusable(&k), "but with -F");
	k = rules;
	r.verdict = VERDICT_TIMEOUT;
	publish(&r, false, &err);
	ok(!reusable(&k), "a timeout is not");
	r.verdict = VERDICT_FAILED;
	free(r.key);
	r.key = NULL;
	publish(&r, false, &err);
	ok(!reusable(&k), "nor a result without a key");
	build_result_release(&r);
}

static void bad_names(void)
{
	static const char *const good[] = {"X.ino.hex", "..x", "objects/a/b.o", "a b"};
	static const char *const bad[] = {"", "/etc/passwd", "..", ".", "../x", "a/b",
		"objects/../x", "objects/", "objects//x", "x/", "objects"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ok(artifact_name_ok(good[i]), "'%s' is a name", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!artifact_name_ok(bad[i]), "'%s' is none", bad[i]);
	struct error err = ERROR_INIT;
	struct build_result r;
	fill(&r, ":00");
	free(r.artifacts[1].name);
	r.artifacts[1].name = xstrdup("../evil");
	is_int(publish(&r, false, &err), -1, "a result with a bad name is refused");
	ok(strstr(err.text, "../evil") != NULL, "which is told: %s", err.text);
	ok(!there("done") && !there("firmware") && !there("evil"), "and nothing of it is left");
	build_result_release(&r);
}

static void bad_records(void)
{
	static const char *const texts[] = {"", "{", "null", "[]", "{}",
		"{\"schema\":\"boardman-done/2\",\"verdict\":\"ok\"}",
		"{\"schema\":\"boardman-done/"
		"1\",\"verdict\":\"fine\",\"commit\":\"c\",\"board\":\"b\","
		"\"sketch\":\"s\",\"sketch_dir\":\"/s\"}",
		"{\"schema\":\"boardman-done/"
		"1\",\"verdict\":\"ok\",\"commit\":\"c\",\"board\":\"b\","
		"\"sketch\":\"s\",\"sketch_dir\":\"/s\",\"artifacts\":[{\"name\":\"../"
		"x\",\"size\":1,"
		"\"sha256\":\"\"}]}"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct record rec = {0};
		is_int(record_parse(&rec, texts[i], strlen(texts[i]), NULL), -1, texts[i]);
	}
}

/* A limit on file size stands for a full disk: both end a write early. */
static void no_room(void)
{
	struct error err = ERROR_INIT;
	struct build_result r = {.verdict = VERDICT_OK};
	struct rlimit old, small = {100, 100};
	for (int i = 0; i < 4096; i++)
		buf_addstr(&r.log, "all work and no play\n");
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	is_int(publish(&r, false, &err), -1, "a write that ends early is an error");
	is_int(errno, EFBIG, "its reason is handed on");
	setrlimit(RLIMIT_FSIZE, &old);
	ok(!there("done") && !there("log"), "nothing half-written is left");
	build_result_release(&r);
}

int main(void)
{
	dir = results_dir(test_tmpdir(), "current", "a:b:c", "examples/X", NULL);
	build = path_join(dir, "build");
	char *want = path_join(test_tmpdir(), "current/a.b.c/examples+X");
	is_str(dir, want, "where a job's results are");
	free(want);
	checking();
	publishing();
	replacing();
	reusing();
	failed_again();
	bad_names();
	bad_records();
	no_room();
	free(dir);
	free(build);
	return done_testing();
}
