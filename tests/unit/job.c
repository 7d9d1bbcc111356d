/* job: names of verdicts, and release of messages. */
#include "tap.h"

#include "common/xalloc.h"
#include "wire/job.h"

static void names(void)
{
	for (int v = VERDICT_NONE; v <= VERDICT_NOT_RUN; v++)
		is_int(verdict_parse(verdict_name((enum verdict)v)), v,
			verdict_name((enum verdict)v));
	is_str(verdict_name(VERDICT_NOT_RUN), "not_run", "not_run has an underscore");
	is_int(verdict_parse("OK"), VERDICT_NONE, "case counts");
	is_int(verdict_parse(""), VERDICT_NONE, "an empty name is none");
	is_int(verdict_parse(NULL), VERDICT_NONE, "no name is none");
	is_str(verdict_name((enum verdict)99), "none", "a number out of range has a name");
}

/* The leak checker looks at what these leave. */
static void releases(void)
{
	struct settings s = {.cache_dir = xstrdup("/c"), .timeout = 3};
	strv_push(&s.platform_dirs, "/p");
	strv_push(&s.build_properties, "a=b");
	settings_release(&s);
	ok(!s.cache_dir && !s.platform_dirs.n && s.timeout == 0, "settings are empty again");
	settings_release(&s);

	struct job j = {.id = 3, .board = xstrdup("a:b:c"), .known_key = xstrdup("k")};
	job_release(&j);
	ok(!j.board && !j.id, "a job is empty again");

	struct build_result r = {.reason = xstrdup("because"), .key = xstrdup("k")};
	r.artifacts = xcalloc(1, sizeof *r.artifacts);
	r.n_artifacts = 1;
	r.artifacts[0].name = xstrdup("x.hex");
	r.artifacts[0].path = xstrdup("/b/x.hex");
	buf_addstr(&r.err, "error");
	strv_push(&r.units, "u");
	build_result_release(&r);
	ok(!r.artifacts && !r.n_artifacts && !r.err.data, "a result is empty again");
	build_result_release(&r);
}

int main(void)
{
	names();
	releases();
	return done_testing();
}
