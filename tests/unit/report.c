/* report: the lines of a run's end, of jobs and of status, and the documents. */
#include "tap.h"

#include <fcntl.h>
#include "boss/report/document.h"
#include "boss/report/failures.h"
#include "boss/report/progress.h"
#include "boss/report/row.h"
#include "boss/report/summary.h"
#include "boss/report/text.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"

static struct buf out;

static struct run_row new_row(const char *sketch, enum verdict v)
{
	struct run_row r = {.verdict = v, .seconds = 1.2, .sizes = {-1, -1, -1, -1}};
	r.board = xstrdup("arduino:avr:uno");
	r.sketch = xstrdup(sketch);
	r.machine = xstrdup("ohau");
	return r;
}

/* With a directory of its own and an err file in it. */
static struct run_row failing(const char *sketch, const char *err_text)
{
	struct run_row r = new_row(sketch, VERDICT_FAILED);
	struct error err = ERROR_INIT;
	char *path;
	r.dir = path_join(test_tmpdir(), sketch);
	path = path_join(r.dir, "err");
	fs_mkdirs(r.dir, &err);
	fs_write(path, err_text, strlen(err_text), &err);
	free(path);
	return r;
}

static const char *listed(const struct run_row *rows, size_t n)
{
	const struct report_style s = {.cwd = test_tmpdir()};
	buf_clear(&out);
	failures_list(&out, &s, rows, n);
	return buf_str(&out);
}

static void one_failure(void)
{
	char *text = xasprintf(
		"%s/Noise/Noise.ino: In function 'void loop()':\n"
		"%s/Noise/Noise.ino:14:3: error: 'inoise9' was not declared in this scope\n"
		"   inoise9();\n   ^\n",
		test_tmpdir(), test_tmpdir());
	struct run_row r = failing("Noise", text);
	is_str(listed(&r, 1),
		"FAIL arduino:avr:uno  Noise  (ohau, 1.2 s)\n"
		"  Noise/Noise.ino:14:3: error: 'inoise9' was not declared in this scope\n"
		"  log: Noise/err\n",
		"its errors, with paths as seen from here");
	char *log = path_join(r.dir, "log");
	fs_write(log, "x\n", 2, NULL);
	ok(strstr(listed(&r, 1), "  log: Noise/log\n") != NULL,
		"the log is named when there is one");
	r.unchanged = true;
	ok(strstr(listed(&r, 1), "(ohau, 1.2 s, unchanged)\n") != NULL, "an unchanged one says so");
	free(log);
	free(text);
	run_row_release(&r);
}

static void other_lines(void)
{
	const char *big = "uses 34102 of 32256 bytes of flash (105 %)";
	struct run_row r = failing("Big", "warning: low memory\n");
	r.reason = xstrdup(big);
	ok(strstr(listed(&r, 1), "\n  uses 34102 of 32256 bytes of flash (105 %)\n  warning: low "
				 "memory\n  log: "),
		"without an error line: the reason, then the output");
	free(r.reason);
	r.reason = NULL;
	ok(strstr(listed(&r, 1), "\n  warning: low memory\n  log: "),
		"without a reason: the output");
	run_row_release(&r);

	r = failing("Bigger", "warning: low memory\nuses 34102 of 32256 bytes of flash (105 %)\n");
	r.reason = xstrdup(big);
	ok(strstr(listed(&r, 1), "\n  uses 34102 of 32256 bytes of flash (105 %)\n  log: "),
		"a reason that the output tells is told once");
	run_row_release(&r);

	r = failing("Missing", "a.ino:1:1: error: X.h: No such file\n");
	r.reason = xstrdup("no library has 'X.h'; cure: install it");
	ok(strstr(listed(&r, 1),
		   "\n  a.ino:1:1: error: X.h: No such file\n  no library has 'X.h'; cure: install "
		   "it\n  log: "),
		"a reason with a cure comes with the errors");
	run_row_release(&r);

	r = failing("Blocked", "Wire.cpp:1:1: error: no\n");
	r.verdict = VERDICT_BLOCKED;
	r.reason = xstrdup("Wire does not compile");
	ok(strstr(listed(&r, 1),
		   "BLOCKED arduino:avr:uno  Blocked  (ohau, 1.2 s)\n  Wire does not compile\n"
		   "  Wire.cpp:1:1: error: no\n"),
		"a blocked one: the unit, then its errors");
	run_row_release(&r);

	r = new_row("Gone", VERDICT_INFRA);
	r.reason = xstrdup("the machine went down");
	is_str(listed(&r, 1),
		"INFRA arduino:avr:uno  Gone  (ohau, 1.2 s)\n  the machine went down\n",
		"one without a directory");
	run_row_release(&r);

	r = failing("Link",
		"x.o: In function `main':\nx.c:(.text+0x6): undefined reference to `f'\n"
		"collect2: error: ld returned 1 exit status\n");
	ok(strstr(listed(&r, 1), "\n  x.c:(.text+0x6): undefined reference to `f'\n  log: "),
		"the linker's, without the one that only counts");
	run_row_release(&r);
}

static void the_same(void)
{
	struct run_row rows[14];
	for (int i = 0; i < 12; i++) {
		char name[16];
		snprintf(name, sizeof name, "S%d", i);
		rows[i] = failing(name, "lib.h:3:1: error: boom\n");
	}
	rows[12] = failing("T", "t.ino:1:1: error: other\n");
	rows[13] = new_row("Fine", VERDICT_OK);
	free(rows[1].board);
	rows[1].board = xstrdup("a:b:c");
	const char *text = listed(rows, 14);
	ok(strstr(text, "FAIL arduino:avr:uno  S0  (ohau, 1.2 s)\n  lib.h:3:1: error: boom\n"
			"  the same in 11 other jobs: a:b:c S1, S2, S3, S4, S5, S6, S7, S8, …\n"),
		"an error of several jobs stands once");
	ok(!strstr(text, "FAIL arduino:avr:uno  S2"), "and only once");
	ok(strstr(text, "FAIL arduino:avr:uno  T"), "another has its own block");
	ok(!strstr(text, "Fine"), "what is ok is not there");
	for (int i = 0; i < 14; i++)
		run_row_release(&rows[i]);
}

/* A failure in a sketch of the test's directory. */
static struct run_row failing_in(const char *sketch, const char *fmt, const char *reason)
{
	char *text = xasprintf(fmt, test_tmpdir(), sketch, sketch);
	struct run_row r = failing(sketch, text);
	r.reason = reason ? xstrdup(reason) : NULL;
	free(text);
	return r;
}

static void the_same_elsewhere(void)
{
	const char *missing = "%s/%s/%s.ino:1:10: fatal error: X.h: No such file or directory\n";
	const char *cure = "no library has 'X.h'; cure: install it";
	const char *one = "%s/%s/%s.ino:2:3: error: 'gone' was not declared in this scope\n";
	const char *further = "%s/%s/%s.ino:7:1: error: 'gone' was not declared in this scope\n";
	const char *more = "%s/%s/%s.ino:9:1: error: 'gone' was not declared in this scope\n"
			   "x.ino:1:1: error: and so on\n";
	struct run_row rows[] = {failing_in("A", missing, cure), failing_in("B", missing, cure),
		failing_in("C", missing, "no library has 'X.h'; cure: another"),
		failing_in("D", one, "D does not compile"),
		failing_in("E", further, "E does not compile"),
		failing_in("F", one, "F does not compile"), failing_in("G", missing, cure)};
	is_str(listed(rows, 7),
		"FAIL arduino:avr:uno  A  (ohau, 1.2 s)\n"
		"  A/A.ino:1:10: fatal error: X.h: No such file or directory\n"
		"  no library has 'X.h'; cure: install it\n"
		"  the same in 2 other jobs: B, G\n"
		"  log: A/err\n"
		"FAIL arduino:avr:uno  C  (ohau, 1.2 s)\n"
		"  C/C.ino:1:10: fatal error: X.h: No such file or directory\n"
		"  no library has 'X.h'; cure: another\n"
		"  log: C/err\n"
		"FAIL arduino:avr:uno  D  (ohau, 1.2 s)\n"
		"  D/D.ino:2:3: error: 'gone' was not declared in this scope\n"
		"  the same in 2 other jobs: E/E.ino:7:1, F/F.ino:2:3\n"
		"  log: D/err\n",
		"an error of several sketches stands once, wherever it is in each");
	run_row_release(&rows[4]);
	rows[4] = failing_in("E", more, "E does not compile");
	ok(strstr(listed(rows, 7),
		   "\n  the same first error in 2 other jobs: E/E.ino:9:1, F/F.ino:2:3\n"),
		"of which one has more");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		run_row_release(&rows[i]);

	const char *full = "ld: %s/%s/build/%s.ino.elf section `.text' will not fit in region\n";
	struct run_row large[] = {failing_in("A", full, NULL), failing_in("B", full, NULL)};
	ok(strstr(listed(large, 2), " will not fit in region\n  the same in 1 other job: B\n"),
		"a linker names a file, and no place in it");
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		run_row_release(&large[i]);

	struct run_row slow[] = {new_row("A", VERDICT_TIMEOUT), new_row("B", VERDICT_TIMEOUT),
		new_row("C", VERDICT_INFRA)};
	slow[0].reason = xstrdup("took longer; cure: more");
	slow[1].reason = xstrdup("took longer; cure: more");
	slow[2].reason = xstrdup("took longer; cure: more");
	is_str(listed(slow, 3),
		"TIMEOUT arduino:avr:uno  A  (ohau, 1.2 s)\n  took longer; cure: more\n"
		"  the same in 1 other job: B\n"
		"INFRA arduino:avr:uno  C  (ohau, 1.2 s)\n  took longer; cure: more\n",
		"another verdict is another failure");
	for (size_t i = 0; i < ARRAY_LEN(slow); i++)
		run_row_release(&slow[i]);
}

static void many(void)
{
	struct run_row rows[25];
	struct buf lines = BUF_INIT;
	size_t blocks = 0, shown = 0;
	for (int i = 0; i < 25; i++) {
		char name[16];
		snprintf(name, sizeof name, "M%d", i);
		buf_clear(&lines);
		for (int k = 0; k < 30; k++)
			buf_addf(&lines, "%s.ino:%d:1: error: no %d\n", name, k, i);
		rows[i] = failing(name, buf_str(&lines));
	}
	const char *text = listed(rows, 25);
	for (const char *p = text; (p = strstr(p, "FAIL ")); p++)
		blocks++;
	for (const char *p = text; (p = strstr(p, ": error: ")); p++)
		shown++;
	is_int((long long)blocks, 20, "at most 20 failures");
	is_int((long long)shown, 200, "of 10 lines each");
	ok(strstr(text, "… and 5 more failures\n") != NULL, "the rest is counted");
	for (int i = 0; i < 25; i++)
		run_row_release(&rows[i]);
	buf_release(&lines);
}

static void totals(void)
{
	const struct report_style s = {0};
	struct run_totals t = {.jobs = 294,
		.seconds = 41.2,
		.stage1 = 6.4,
		.boards = 3,
		.sketches = 98,
		.machines = 4};
	t.by[VERDICT_OK] = 291;
	t.by[VERDICT_FAILED] = 1;
	t.by[VERDICT_SKIPPED] = 2;
	buf_clear(&out);
	summary_totals(&out, &s, &t);
	is_str(buf_str(&out),
		"294 jobs: 291 ok, 1 failed, 2 skipped; 41 s (stage 1 6.4 s); 3 boards, 98 "
		"sketches, "
		"4 machines\n",
		"the last line");
	struct run_row rows[3] = {
		new_row("a", VERDICT_OK), new_row("b", VERDICT_NOT_RUN), new_row("a", VERDICT_OK)};
	rows[2].unchanged = true;
	run_totals_count(&t, rows, 3);
	t.boards = t.machines = 1;
	t.stage1 = 0;
	buf_clear(&out);
	summary_totals(&out, &s, &t);
	is_str(buf_str(&out),
		"3 jobs: 2 ok, 1 not run (1 unchanged); 41 s; 1 board, 2 sketches, 1 machine\n",
		"counted from rows");
	buf_clear(&out);
	rows[1].reason = xstrdup("interrupted");
	summary_not_run(&out, rows, 3);
	is_str(buf_str(&out), "not run: 1 job (interrupted)\n", "why some were not run");
	buf_clear(&out);
	summary_not_run(&out, rows, 1);
	is_str(buf_str(&out), "", "nothing when all were");
	for (int i = 0; i < 3; i++)
		run_row_release(&rows[i]);
}

static void seconds(void)
{
	static const struct {
		double s;
		const char *want;
	} v[] = {{0, "0 ms"}, {0.0123, "12 ms"}, {0.0996, "0.1 s"}, {1.25, "1.2 s"}, {9.96, "10 s"},
		{59.4, "59 s"}, {59.6, "1 min 0 s"}, {3599, "59 min 59 s"}, {3780, "1 h 3 min"}};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		buf_clear(&out);
		text_seconds(&out, v[i].s);
		is_str(buf_str(&out), v[i].want, v[i].want);
	}
}

static void lines(void)
{
	const char *evil = "\033[2J\rx\x07\xc2\x9b"
			   "1m é\ty";
	const struct report_style plain = {0};
	const struct report_style here = {.cwd = "/w/p"}, root = {.cwd = "/"};
	buf_clear(&out);
	text_line(&out, &plain, evil, strlen(evil));
	is_str(buf_str(&out), "\\x1b[2J\\x0dx\\x07\\x9b1m é\ty", "control bytes are made visible");
	static const char *const cases[][2] = {{"/w/p/a.ino:1: x", "a.ino:1: x"},
		{"In file included from /w/p/b.h:3,", "In file included from b.h:3,"},
		{"'/w/p/x' and /w/p/y", "'x' and y"}, {"/w/p2/a", "/w/p2/a"},
		{"/x/w/p/a", "/x/w/p/a"}, {"/w/p/::error::a", "\\x3a:error::a"}, {"/w/p", "/w/p"},
		{"", ""}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&out);
		text_line(&out, &here, cases[i][0], strlen(cases[i][0]));
		is_str(buf_str(&out), cases[i][1], cases[i][0]);
	}
	buf_clear(&out);
	text_line(&out, &root, "/a/b", 4);
	is_str(buf_str(&out), "/a/b", "at the root paths stay");
}

static struct run_row full_row(void)
{
	struct run_row r = new_row("a/Blink", VERDICT_OK);
	r.dir = xstrdup("/o/x");
	r.sizes = (struct sizes){924, 32256, 9, 2048};
	r.warnings = 2;
	strv_push(&r.libraries, "Wire@1.0");
	r.files = xcalloc(1, sizeof *r.files);
	r.n_files = 1;
	r.files[0] = (struct run_file){xstrdup("Blink.ino.hex"), xstrdup("ab"), 7};
	return r;
}

static void documents(void)
{
	struct run_row rows[2] = {full_row(), new_row("b", VERDICT_SKIPPED)};
	struct run_totals t = {.seconds = 1};
	struct error err = ERROR_INIT;
	rows[1].reason = xstrdup("@filter");
	run_totals_count(&t, rows, 2);
	buf_clear(&out);
	document_run(&out, rows, 2, &t, 1, "9.9", "/o");
	struct json *doc = json_parse(buf_str(&out), out.len, &err);
	ok(doc != NULL, "the document parses: %s", err.text);
	is_str(json_str(doc, "schema", ""), "boardman-report/1", "schema");
	is_int(json_int(doc, "exit_status", -1), 1, "exit status");
	is_int(json_int(json_get(doc, "totals"), "skipped", -1), 1, "totals");
	const struct json *job = json_child(json_get(doc, "jobs")), *file;
	is_str(json_str(job, "sketch", ""), "a/Blink", "a job");
	is_int(json_int(json_get(job, "sizes"), "flash", 0), 924, "its sizes");
	file = json_child(json_get(job, "artifacts"));
	is_str(json_str(file, "path", ""), "/o/x/firmware/Blink.ino.hex",
		"its files, where they are");
	job = json_next(job);
	is_str(json_str(job, "verdict", ""), "skipped", "a skipped one");
	is_str(json_str(job, "reason", ""), "@filter", "with the rule");
	ok(!json_get(job, "seconds"), "and nothing that was not measured");
	json_free(doc);
	buf_clear(&out);
	document_line(&out, &rows[0]);
	ok(out.len && memchr(out.data, '\n', out.len) == out.data + out.len - 1,
		"a line is one line");
	run_row_release(&rows[0]);
	run_row_release(&rows[1]);
}

/* What was written to the file since. */
static const char *written(int fd)
{
	static char text[4096];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return "";
	return text;
}

static void progress(void)
{
	char *path = path_join(test_tmpdir(), "shown"), *json = path_join(test_tmpdir(), "json");
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	int jfd = open(json, O_RDWR | O_CREAT | O_APPEND, 0600);
	struct progress_config c = {.fd = fd, .json_fd = jfd, .status_every = 30};
	struct progress_counts n = {.total = 10, .done = 4, .failed = 1, .running = 2, .eta = 12.3};
	struct run_row good = full_row(), bad = new_row("b", VERDICT_FAILED);
	struct progress *p = progress_new(&c);
	progress_job(p, &good);
	is_str(written(fd),
		"ok arduino:avr:uno  a/Blink  (ohau, 1.2 s, 2 warnings)  924 bytes of flash (2 %), "
		"9 "
		"bytes of RAM (0 %)\n",
		"a line per job off a terminal");
	ok(strstr(written(jfd), "\"schema\":\"boardman-job/1\"") != NULL, "and its object");
	progress_status(p, &n, 100);
	progress_status(p, &n, 129);
	is_str(written(fd), "", "no status before its time");
	progress_status(p, &n, 130);
	is_str(written(fd), "4 of 10 done, 1 failed, 2 running; about 13 s left\n", "then one");
	progress_free(p);
	is_str(written(fd), "", "nothing is left to take away");

	c.live = true;
	c.json_fd = -1;
	p = progress_new(&c);
	progress_job(p, &good);
	is_str(written(fd), "", "on a terminal what is ok has no line");
	progress_status(p, &n, 0);
	is_str(written(fd), "\r\033[K4 of 10 done, 1 failed, 2 running; about 13 s left",
		"the live line has no end");
	n.machines = 3;
	n.all_machines = 4;
	progress_status(p, &n, 0);
	is_str(written(fd),
		"\r\033[K4 of 10 done, 1 failed, 2 running on 3 of 4 machines; about 13 s left",
		"in a lab it tells how many machines build");
	progress_job(p, &bad);
	is_str(written(fd), "\r\033[KFAIL arduino:avr:uno  b  (ohau, 1.2 s)\n",
		"a failure takes its place");
	progress_status(p, &n, 0);
	written(fd);
	progress_free(p);
	is_str(written(fd), "\r\033[K", "it is taken away at the end");

	c.live = false;
	c.quiet = true;
	p = progress_new(&c);
	progress_job(p, &bad);
	progress_status(p, &n, 0);
	progress_status(p, &n, 1000);
	is_str(written(fd), "", "quiet is quiet");
	progress_free(p);
	run_row_release(&good);
	run_row_release(&bad);
	close(fd);
	close(jfd);
	free(path);
	free(json);
}

int main(void)
{
	one_failure();
	other_lines();
	the_same();
	the_same_elsewhere();
	many();
	totals();
	seconds();
	lines();
	documents();
	progress();
	buf_release(&out);
	return done_testing();
}
