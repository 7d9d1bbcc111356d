/* message_limits: what is ours to say keeps to the ceilings, whatever tools have printed and however many jobs there are. */
#include "message_case.h"

#include "common/utf8.h"
#include "common/xalloc.h"

static char *filled(size_t len, const char *with)
{
	char *s = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++)
		s[i] = with[i % strlen(with)];
	s[len] = '\0';
	return s;
}

/* ---- commands ---- */

static void count_jobs(void *ctx, const char *line, size_t len)
{
	size_t *next = ctx;
	struct message_command m;
	struct error err = ERROR_INIT;
	bool unknown;
	if (!ok(len < WIRE_MAX_LINE && get_command(&m, line, len, &unknown, &err) == 0,
		    "a line of %zu bytes %s", len, err.text))
		return;
	for (size_t i = 0; i < m.c.n_jobs; i++)
		*next = m.c.jobs[i].id == *next ? *next + 1 : SIZE_MAX / 2;
	message_command_release(&m);
}

static void split(size_t n, size_t path_len, size_t lines_wanted, const char *name)
{
	struct job *jobs = xcalloc(n, sizeof *jobs);
	char *path = filled(path_len, "s");
	path[0] = '/';
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct job){.id = (uint32_t)i,
			.attempt = 1,
			.commit = path + path_len - 3,
			.board = path + path_len - 3,
			.sketch = path};
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	is_int(message_put_command(&out,
		       &(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = jobs, .n_jobs = n},
		       &err),
		0, name);
	size_t next = 0, lines = 0;
	for (char *at = out.data, *end; at && (end = strchr(at, '\n')); at = end + 1, lines++)
		count_jobs(&next, at, (size_t)(end - at));
	is_int((long long)next, (long long)n, "every job once, in order");
	ok(lines >= lines_wanted && lines <= 2 * lines_wanted, "in %zu lines", lines);
	buf_release(&out);
	free(path);
	free(jobs);
}

static void refuses(const struct command *c, const char *why)
{
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	buf_addstr(&out, "before");
	ok(message_put_command(&out, c, &err) < 0 && strstr(err.text, why), "not sent: %s",
		err.text);
	is_str(out.data, "before", "nothing is added");
	buf_release(&out);
}

static void test_commands(void)
{
	split(256, 100, 1, "256 jobs");
	split(257, 100, 2, "one more");
	split(1000, 100, 4, "a thousand");
	split(300, 16000, 5, "jobs with long paths");

	char bad[] = "/home/\xfc/s", far[] = "relative", name[] = "a:b:c";
	struct job j = {.commit = name, .board = name, .sketch = bad};
	refuses(&(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = &j, .n_jobs = 1},
		"'sketch': not UTF-8: '/home/\xfc/s'");
	j.sketch = far;
	refuses(&(struct command){.kind = CMD_BUILD_SKETCHES, .jobs = &j, .n_jobs = 1},
		"no absolute path");
	refuses(&(struct command){.kind = CMD_BOARD_OPEN, .board = "b"}, "'commit': missing");
	refuses(&(struct command){.kind = CMD_SETUP, .run = "NO", .boss = "b"}, "no run's id");
	refuses(&(struct command){.kind = CMD_CONFIGURE}, "'settings': missing");

	static struct settings s;
	s.timeout = -1;
	refuses(&(struct command){.kind = CMD_CONFIGURE, .settings = &s},
		"'timeout': out of range");
	s.timeout = 0;
	s.framework_jobs = -1;
	refuses(&(struct command){.kind = CMD_CONFIGURE, .settings = &s},
		"'framework_jobs': out of range");
	s.framework_jobs = 0;
	char *path = filled(16000, "/p");
	for (int i = 0; i < 70; i++)
		strv_push(&s.library_dirs, path);
	refuses(&(struct command){.kind = CMD_CONFIGURE, .settings = &s},
		"more than 1048576 bytes");
	strv_clear(&s.library_dirs);
	char *longer = filled(WIRE_MAX_STRING + 1, "/p");
	strv_push(&s.library_dirs, longer);
	refuses(&(struct command){.kind = CMD_CONFIGURE, .settings = &s}, "too long");
	settings_release(&s);
	free(path);
	free(longer);
}

/* ---- results ---- */

static const struct {
	const char *name, *with;
	size_t len;
	bool whole;
	size_t at_least; /* bytes that come through */
} texts[] = {
	{"nothing", "", 0, true, 0},
	{"plain text", "x", WIRE_MAX_TEXT, true, WIRE_MAX_TEXT},
	{"too much of it", "x", WIRE_MAX_TEXT + 1, false, WIRE_MAX_TEXT},
	{"ten times too much", "line\n", 10 * WIRE_MAX_TEXT, false, WIRE_MAX_TEXT},
	{"newlines", "\n", WIRE_MAX_TEXT, true, WIRE_MAX_TEXT},
	{"quotes", "\\\"", WIRE_MAX_TEXT, true, WIRE_MAX_TEXT},
	{"control bytes", "\x1b", WIRE_MAX_TEXT, false, WIRE_MAX_TEXT / 3 - 2},
	{"few control bytes", "\x1b", 1000, true, 1000},
	{"characters", "\xe2\x82\xac", WIRE_MAX_TEXT + 2, false, WIRE_MAX_TEXT - 3},
	{"half a character at the end", "\xc3\xa4", 1001, false, 1000},
	{"Latin-1", "gr\xfc\xdf", 1000, false, 1000},
	{"nothing but wrong bytes", "\xff", WIRE_MAX_TEXT, false, WIRE_MAX_TEXT - 3},
};

static void one_text(size_t i)
{
	char *text = filled(texts[i].len, *texts[i].with ? texts[i].with : "x");
	struct build_result b = {.verdict = VERDICT_OK};
	struct message_response m;
	b.log = b.err = b.cmd = (struct buf){text, texts[i].len, texts[i].len + 1};
	is_int(message_text_whole(&b.err), texts[i].whole, texts[i].name);
	if (!ok(over_response(&m, &(struct response){.kind = RESP_BUILD_RESULT, .result = &b}),
		    "%s goes over", texts[i].name)) {
		free(text);
		return;
	}
	const struct build_result *r = m.r.result;
	is_int(r->verdict, VERDICT_OK, "the verdict");
	ok(r->err.len >= texts[i].at_least && r->err.len <= WIRE_MAX_TEXT, "%zu bytes of it",
		r->err.len);
	ok(r->err.len == r->log.len && r->cmd.len == r->log.len, "of each text");
	ok(utf8_valid(buf_str(&r->err), r->err.len), "in whole characters");
	if (texts[i].whole)
		ok(r->err.len == texts[i].len && !memcmp(buf_str(&r->err), text, r->err.len),
			"nothing is lost");
	message_response_release(&m);
	free(text);
}

static void nul_in_text(void)
{
	char text[] = "a\0b";
	struct build_result b = {.verdict = VERDICT_OK, .err = {text, 3, 4}};
	struct message_response m;
	ok(!message_text_whole(&b.err), "a text with a NUL is not whole");
	ok(over_response(&m, &(struct response){.kind = RESP_BUILD_RESULT, .result = &b}),
		"and goes over");
	is_str(m.r.result->err.data,
		"a\xef\xbf\xbd"
		"b",
		"mended");
	message_response_release(&m);
}

/* Lists that do not fit: the job must end all the same. */
static void too_many_artifacts(size_t n, size_t name_len, const char *why)
{
	struct artifact *a = xcalloc(n, sizeof *a);
	char *name = filled(name_len, "n");
	for (size_t i = 0; i < n; i++) {
		a[i].name = name;
		memcpy(a[i].sha256, HEX64, 65);
	}
	struct build_result b = {
		.job = 3, .attempt = 2, .verdict = VERDICT_OK, .artifacts = a, .n_artifacts = n};
	struct message_response m;
	ok(over_response(&m, &(struct response){.kind = RESP_BUILD_RESULT, .result = &b}),
		"%zu artefacts", n);
	ok(m.r.result->job == 3 && m.r.result->attempt == 2, "the job's ids");
	if (why) {
		is_int(m.r.result->verdict, VERDICT_INFRA, "the machine is blamed");
		ok(strstr(m.r.result->reason, why) != NULL, "and why is told: %s",
			m.r.result->reason);
		ok(!m.r.result->n_artifacts && !m.r.result->key, "nothing is promised");
	} else {
		is_int((long long)m.r.result->n_artifacts, (long long)n, "all of them");
	}
	message_response_release(&m);
	free(name);
	free(a);
}

static void test_mending(void)
{
	char *text = filled(3 * WIRE_MAX_STRING, "\xe2\x82\xac");
	struct message_response m;
	ok(over_response(&m, &(struct response){.kind = RESP_NOTE, .msg = text}), "a long note");
	is_int((long long)strlen(m.r.msg), WIRE_MAX_STRING - 1, "is cut in front of a character");
	message_response_release(&m);
	ok(over_response(&m, &(struct response){.kind = RESP_NOTE, .msg = "gr\xfc\xdf"}),
		"a note in Latin-1");
	is_str(m.r.msg, "gr\xef\xbf\xbd\xef\xbf\xbd", "is mended");
	message_response_release(&m);

	struct build_result b = {
		.verdict = VERDICT_OK, .warnings = -1, .times = {-1, 1e300, 0.0 / 0.0, 0, 0}};
	ok(over_response(&m, &(struct response){.kind = RESP_BUILD_RESULT, .result = &b}),
		"numbers out of range");
	ok(m.r.result->warnings == 0 && m.r.result->times.total <= 0 &&
			m.r.result->times.compile > 1e8 && m.r.result->times.link <= 0,
		"are moved into it");
	message_response_release(&m);
	ok(over_response(&m, &(struct response){.kind = RESP_BUILD_RESULT,
				     .result = &(struct build_result){.job = 1}}),
		"no verdict");
	is_int(m.r.result->verdict, VERDICT_INFRA, "is the machine's fault");
	message_response_release(&m);
	ok(over_response(&m, &(struct response){.kind = RESP_WORKTREE_CREATED, .commit = ".."}),
		"a name that is none");
	ok(m.r.kind == RESP_ERROR && strstr(m.r.msg, "worktree_created"), "becomes an error: %s",
		m.r.msg);
	message_response_release(&m);
	free(text);
}

static void test_piece(void)
{
	char *bytes = filled(WIRE_MAX_PIECE + 1, "\x01\xff");
	struct artifact_piece p = {.name = "x.hex", .data = bytes, .len = WIRE_MAX_PIECE};
	struct message_response m;
	ok(over_response(&m, &(struct response){.kind = RESP_ARTIFACT, .piece = &p}),
		"the greatest piece");
	ok(m.r.piece->len == p.len && !memcmp(m.r.piece->data, bytes, p.len), "comes through");
	message_response_release(&m);
	p.len++;
	ok(over_response(&m, &(struct response){.kind = RESP_ARTIFACT, .piece = &p}),
		"one more byte");
	is_int(m.r.kind, RESP_ERROR, "is an error");
	message_response_release(&m);
	free(bytes);
}

int main(void)
{
	test_commands();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		one_text(i);
	nul_in_text();
	too_many_artifacts(WIRE_MAX_ARTIFACTS, 20, NULL);
	too_many_artifacts(WIRE_MAX_ARTIFACTS + 1, 20, "too many entries");
	too_many_artifacts(WIRE_MAX_ARTIFACTS, 250, "more than 1048576 bytes");
	test_mending();
	test_piece();
	return done_testing();
}
