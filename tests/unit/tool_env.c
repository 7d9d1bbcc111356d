/* Tests of sketch/tool_env. */
#include "sketch/tool_env.h"

#include "common/buf.h"
#include "common/strv.h"
#include "tap.h"

static char *joined(bool reproducible)
{
	struct strv env = STRV_INIT;
	struct buf all = BUF_INIT;
	tool_env(&env, reproducible);
	for (size_t i = 0; i < env.n; i++)
		buf_addf(&all, "%s%s", i ? " " : "", env.v[i]);
	strv_release(&env);
	return buf_detach(&all);
}

static void gives(bool reproducible, const char *want, const char *name)
{
	char *all = joined(reproducible);
	is_str(all, want, name);
	free(all);
}

int main(void)
{
	clearenv();
	gives(false, "LC_ALL=C", "of nothing");
	gives(true, "SOURCE_DATE_EPOCH=0 LC_ALL=C", "… reproducible");
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/h", 1);
	setenv("SOURCE_DATE_EPOCH", "7", 1);
	setenv("LC_ALL", "de_DE", 1);
	const char *const kept_out[] = {"LANG", "LD_PRELOAD", "CPATH", "GCC_EXEC_PREFIX",
		"SSH_AUTH_SOCK", "GITHUB_TOKEN", "PATHS"};
	for (size_t i = 0; i < sizeof kept_out / sizeof *kept_out; i++)
		setenv(kept_out[i], "x", 1);
	gives(false, "PATH=/bin HOME=/h SOURCE_DATE_EPOCH=7 LC_ALL=C",
		"what is on the list, and no more");
	gives(true, "PATH=/bin HOME=/h SOURCE_DATE_EPOCH=7 LC_ALL=C", "a time that is set stays");
	return done_testing();
}
