/* git_util: scratch repositories for the tests of src/git, made with the real git. Header only. */
#ifndef UNIT_GIT_UTIL_H
#define UNIT_GIT_UTIL_H

#include <stdarg.h>
#include <sys/wait.h>
#include "tap.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/snapshot.h"

/* A home and a git of our own, in the test's directory, which is the current one from then on. */
TAP_FN void git_begin(void)
{
	char *home = path_join(test_tmpdir(), "home");
	if (fs_mkdirs(home, NULL) < 0 || chdir(test_tmpdir()) < 0)
		exit(99);
	setenv("HOME", home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("GIT_DIR");
	unsetenv("GIT_INDEX_FILE");
	if (system("git config --global user.email a@b; git config --global user.name a; "
		   "git config --global init.defaultBranch main; "
		   "git config --global protocol.file.allow always"))
		exit(99);
	free(home);
}

/* What the shell command prints, without the newline at its end; "failed" when it fails. New string. */
TAP_FN __attribute__((format(printf, 1, 2))) char *sh(const char *fmt, ...)
{
	struct buf out = BUF_INIT;
	char part[4096];
	va_list ap;
	va_start(ap, fmt);
	char *command = xvasprintf(fmt, ap);
	va_end(ap);
	char *safe = xasprintf("set -e; %s", command);
	FILE *f = popen(safe, "r");
	for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
		buf_add(&out, part, n);
	if (!f || pclose(f) != 0) {
		diag("failed: %s", command);
		buf_clear(&out);
		buf_addstr(&out, "failed");
	}
	free(safe);
	free(command);
	if (out.len && out.data[out.len - 1] == '\n')
		buf_truncate(&out, out.len - 1);
	return buf_detach(&out);
}

/* Runs the shell command for its effect. */
#define RUN(...) \
	do { \
		char *out_ = sh(__VA_ARGS__); \
		if (!strcmp(out_, "failed")) \
			ok(false, "a command of the test"); \
		free(out_); \
	} while (0)

/* A snapshot in "our" of directories beneath the test's; `roots` ends with NULL. */
TAP_FN int snap_in(struct snapshot *s, const char *repo, const char *const *names,
	const struct strv *needed, const struct strv *excluded, struct error *err)
{
	struct snapshot_root roots[8];
	char *paths[8];
	size_t n = 0;
	for (; names[n]; n++) {
		paths[n] = path_join(test_tmpdir(), names[n]);
		roots[n] = (struct snapshot_root){.path = paths[n], .needed = needed};
	}
	char *our = path_join(test_tmpdir(), repo);
	const struct snapshot_config c = {
		.repo = our, .roots = roots, .n_roots = n, .excluded = excluded};
	int ret = snapshot_make(s, &c, err);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(our);
	return ret;
}

/* Of one directory; false, with the reason told, when that fails. */
TAP_FN bool snap(struct snapshot *s, const char *name)
{
	struct error err = ERROR_INIT;
	int ret = snap_in(s, "our", (const char *[]){name, NULL}, NULL, NULL, &err);
	if (ret < 0)
		diag("%s", err.text);
	return ret == 0;
}

/* The id of the first root's tree. New string. */
TAP_FN char *root_tree(const struct snapshot *s)
{
	return sh("git --git-dir=our rev-parse '%s:%s'", s->commit, s->dirs.v[0]);
}

/* The paths in the first root's tree, sorted, in one line. New string. */
TAP_FN char *root_paths(const struct snapshot *s)
{
	return sh("git --git-dir=our -c core.quotePath=false ls-tree -r --name-only '%s:%s' | tr "
		  "'\\n' ' '",
		s->commit, s->dirs.v[0]);
}

#endif
