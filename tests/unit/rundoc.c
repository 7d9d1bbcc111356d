/* Tests of boss/rundoc. */
#include "boss/rundoc.h"

#include <stdlib.h>

#include "boss/report/row.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "tap.h"

static const char *out;
static struct strv boards = STRV_INIT, platforms = STRV_INIT;

static struct rundoc *open_doc(int engine)
{
	const struct rundoc_head head = {"1.0", engine, &boards, &platforms};
	struct error err = ERROR_INIT;
	struct rundoc *d = rundoc_open(out, &head, &err);
	ok(!*err.text, "opened");
	return d;
}

/* What a file of the directory holds; "" when it is not there. New string. */
static char *content(const char *name)
{
	struct buf text = BUF_INIT;
	char *path = path_join(out, name);
	fs_read(path, 0, &text, NULL);
	free(path);
	return buf_detach(&text);
}

/* "STATE ENGINE" of run.json; "" without one. New string. */
static char *state(void)
{
	char *text = content("run.json");
	struct json *o = json_parse(text, strlen(text), NULL);
	char *s = o ? xasprintf("%s %d", json_str(o, "state", "?"), (int)json_int(o, "engine", -1))
		    : xstrdup("");
	json_free(o);
	free(text);
	return s;
}

static void is_state(const char *want, const char *name)
{
	char *s = state();
	is_str(s, want, name);
	free(s);
}

static void end(struct rundoc *d, bool interrupted)
{
	struct run_row row = {.board = (char *)"v:a:b",
		.sketch = (char *)"S",
		.machine = (char *)"local",
		.verdict = VERDICT_OK};
	struct run_totals totals = {0};
	struct error err = ERROR_INIT;
	rundoc_sketch(d, &row, 0);
	ok(rundoc_end(d, &row, 1, &totals, interrupted, &err) == 0, "written %s", err.text);
	rundoc_free(d);
}

static void test_states(void)
{
	struct rundoc *d = open_doc(1);
	is_state("", "nothing is said of a run that has changed nothing");
	rundoc_begin(d);
	is_state("running 1", "it is, before it changes something");
	rundoc_begin(d);
	end(d, false);
	is_state("ended 1", "it ended");

	d = open_doc(2);
	is_state("ended 1", "until the next changes something, that is the last run");
	end(d, true);
	is_state("interrupted 2", "one that changed nothing is told at its end");
}

static void test_files(void)
{
	char *before = content("phases.tsv");
	ok(strstr(before, "stage2_sketches\tlocal\tv:a:b\tS\tok\tno\t"), "phases.tsv has the row");
	free(before);
	struct rundoc *d = open_doc(3);
	char *path = path_join(out, "phases.tsv");
	ok(!fs_exists(path), "the next run's is not the last one's");
	free(path);
	rundoc_log(d, "first");
	rundoc_flush(d);
	char *log = content("boss.log");
	ok(strstr(log, " first\n"), "boss.log as it goes");
	free(log);
	end(d, false);
	d = open_doc(4);
	rundoc_log(d, "second");
	end(d, false);
	log = content("boss.log");
	ok(strstr(log, " second\n") && !strstr(log, "first"), "each run has its own");
	free(log);
}

static void test_unwritable(void)
{
	struct error err = ERROR_INIT;
	const struct rundoc_head head = {"1.0", 1, &boards, &platforms};
	struct run_totals totals = {0};
	struct rundoc *d = rundoc_open("/nonexistent/out", &head, &err);
	ok(d && *err.text, "a directory that is not there is told: %s", err.text);
	rundoc_begin(d);
	rundoc_log(d, "nowhere");
	ok(rundoc_end(d, NULL, 0, &totals, false, &err) < 0, "and so at the end");
	rundoc_free(d);
}

int main(void)
{
	strv_push(&boards, "v:a:b");
	out = test_tmpdir();
	test_states();
	test_files();
	test_unwritable();
	strv_release(&boards);
	return done_testing();
}
