/* Files from a worker: whole ones come out, lies do not: names, order, sizes, digests, jobs that nobody gave it. */
#include "boss/link/spool.h"

#include "unit/store_util.h"

static struct spool *spool;
static struct error err;

static int piece(uint32_t job, const char *name, uint32_t seq, const char *text)
{
	const struct artifact_piece p = {.job = job,
		.attempt = 1,
		.name = name,
		.seq = seq,
		.data = text,
		.len = strlen(text)};
	err.text[0] = '\0';
	return spool_piece(spool, &p, &err);
}

static void digest_text(const char *text, char hex[65])
{
	struct digest d;
	digest_bytes(&d, text, strlen(text));
	digest_hex(&d, hex);
}

static int complete(uint32_t job, const char *name, const char *content, struct build_result *out)
{
	static struct artifact a;
	const struct build_result r = {.job = job,
		.attempt = 1,
		.verdict = VERDICT_OK,
		.artifacts = &a,
		.n_artifacts = !!name};
	err.text[0] = '\0';
	a = (struct artifact){.name = (char *)name, .size = name ? strlen(content) : 0};
	if (name)
		digest_text(content, a.sha256);
	return spool_complete(spool, &r, out, &err);
}

static bool file_is(const char *path, const char *text)
{
	char *is = slurp(path);
	bool same = !strcmp(is, text);
	free(is);
	return same;
}

static void test_whole(void)
{
	struct build_result out;
	spool_expect(spool, 1, 1);
	is_int(piece(1, "deps", 0, "rows\n"), 0, "a text");
	is_int(piece(1, "Blink.ino.hex", 0, ":00"), 0, "a file …");
	is_int(piece(1, "Blink.ino.hex", 1, "01FF"), 0, "… in two pieces");
	is_int(piece(1, "empty.eep", 0, ""), 0, "an empty file");
	is_int(piece(1, "err", 0, "a long text"), 0, "another text");
	is_int(complete(1, "Blink.ino.hex", ":0001FF", &out), 0, "complete");
	ok(file_is(out.artifacts[0].path, ":0001FF"), "the file is whole");
	is_str(buf_str(&out.deps), "rows\n", "so is a text");
	is_str(buf_str(&out.err), "a long text", "and another");
	is_int(complete(1, "empty.eep", "", &out), 0, "the empty one is there");
	spool_drop(spool, 1, 1);
	ok(!fs_exists(at("spool/1.1.1")), "dropped, nothing is left");
}

/* What its taker has moved is not looked for: another may lie there by then. */
static void test_moved(void)
{
	struct build_result out;
	spool_expect(spool, 9, 1);
	piece(9, "a.hex", 0, "x");
	is_int(complete(9, "a.hex", "x", &out), 0, "complete");
	out.artifacts[0].moved = true;
	spool_drop(spool, 9, 1);
	ok(fs_exists(at("spool/9.1.0")), "nothing is removed in its place");
	unlink(at("spool/9.1.0"));
}

static void test_long_text(void)
{
	struct build_result out;
	char *line = xcalloc(1, 40001);
	size_t sum = 0;
	memset(line, 'x', 40000);
	spool_expect(spool, 5, 1);
	for (uint32_t i = 0; i < 10; i++, sum += 40000)
		piece(5, "log", i, line);
	ok(fs_exists(at("spool/5.1.0")), "a long text goes to the disk");
	is_int(complete(5, NULL, NULL, &out), 0, "complete");
	ok(out.log.len == sum && strspn(buf_str(&out.log), "x") == sum, "it is whole");
	spool_drop(spool, 5, 1);
	ok(!fs_exists(at("spool/5.1.0")), "and goes from the disk");
	free(line);
}

static void refused(const char *name, int ret)
{
	ok(ret == -1, "%s: refused", name);
	ok(*err.text, "… with a reason: %s", err.text);
	spool_drop(spool, 2, 1);
	spool_expect(spool, 2, 1);
}

static void test_lies(void)
{
	struct build_result out;
	static const char *const names[] = {"../x", "/etc/passwd", "a/b", "objects/../x", "", ".",
		"..", "objects/", "objects", "done", "x\ny"};
	spool_expect(spool, 2, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(names[i], "done") || !strcmp(names[i], "x\ny"))
			continue;
		refused(names[i], piece(2, names[i], 0, "x"));
	}
	refused("a piece that is not the first", piece(2, "a.hex", 1, "x"));
	piece(2, "a.hex", 0, "x");
	refused("a gap", piece(2, "a.hex", 2, "x"));
	piece(2, "a.hex", 0, "x");
	refused("the same piece again", piece(2, "a.hex", 0, "x"));
	piece(2, "a.hex", 0, "x");
	piece(2, "b.hex", 0, "x");
	refused("a file that was over", piece(2, "a.hex", 1, "x"));
	piece(2, "a.hex", 0, "x");
	refused("other content than was said", complete(2, "a.hex", "y", &out));
	piece(2, "a.hex", 0, "x");
	refused("another size", complete(2, "a.hex", "xx", &out));
	refused("a file that never came", complete(2, "a.hex", "", &out));
	piece(2, "log", 0, "x");
	refused("a text as a file", complete(2, "log", "x", &out));
	piece(2, "objects/a", 0, "x");
	refused("a file in a file", piece(2, "objects/a/b", 0, "x"));
	piece(2, "objects/a/b", 0, "x");
	refused("a file that is a directory", piece(2, "objects/a", 0, "x"));
	spool_drop(spool, 2, 1);
}

static void test_not_expected(void)
{
	struct build_result out;
	is_int(piece(7, "a.hex", 0, "x"), 0, "of a job that nobody gave it, a piece is dropped");
	ok(!fs_exists(at("spool/7.1.0")), "… and leaves nothing");
	is_int(complete(7, NULL, NULL, &out), 0, "its result is somebody else's to drop");
	spool_expect(spool, 3, 1);
	spool_expect(spool, 3, 2);
	piece(3, "a.hex", 0, "x");
	spool_drop(spool, 3, 2);
	ok(fs_exists(at("spool/3.1.0")), "another attempt's files stay");
}

int main(void)
{
	spool = spool_new(at("spool"));
	test_whole();
	test_moved();
	test_long_text();
	test_lies();
	test_not_expected();
	spool_free(spool);
	ok(!fs_exists(at("spool")), "a spool leaves nothing");
	return done_testing();
}
