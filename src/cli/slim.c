/* slim: what `boardman` has in place of the lab. The libraries that reach other machines (libssh, libgit2, and what these bring) take longer to load
 * than a run without changes takes, so that they belong to a program of their own, boardman-lab, which is started in its stead when machines are
 * wanted. Of what stands here only lab_enter and lab_delete are ever called.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/lab.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "worker/tidy.h"
#include "worker/workplace.h"

#ifndef PKGLIBEXECDIR
#define PKGLIBEXECDIR "/usr/local/libexec/boardman"
#endif
#define PROGRAM "boardman-lab"

/* Beside this program, as in the tree that built it. New string; NULL when it is not there. */
static char *beside_us(void)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
	if (n < 0)
		return NULL;
	own[n] = '\0';
	char *dir = path_dir(own), *path = path_join(dir, PROGRAM);
	free(dir);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

int lab_enter(char *const *argv, struct error *err)
{
	char *path = beside_us();
	if (!path)
		path = xstrdup(PKGLIBEXECDIR "/" PROGRAM);
	execv(path, argv);
	error_errno(err, "cannot run '%s', which reaches other machines", path);
	free(path);
	return -1;
}

/* There never is one. */
void lab_delete(struct lab *l)
{
	if (l)
		abort();
}

/* ---- never called ---- */

#define ABSENT(type, name, ...) \
	type name(__VA_ARGS__) \
	{ \
		abort(); \
	}

#pragma GCC diagnostic ignored "-Wunused-parameter"
ABSENT(int, lab_names, const struct invocation *in, const struct strv *names, struct strv *out,
	struct error *err)
ABSENT(struct lab *, lab_new, uv_loop_t *loop, const struct invocation *in,
	const struct strv *names, struct error *err)
ABSENT(void, lab_add_local, struct lab *l, const struct campaign_machine *m)
ABSENT(int, lab_take_sources, struct lab *l, const struct plan *p, const char *out_dir,
	struct error *err)
ABSENT(const struct campaign_machine *, lab_machines, const struct lab *l, size_t *n)
ABSENT(const struct machine_source *, lab_source, const struct lab *l)
ABSENT(int64_t, lab_since, const struct lab *l)
ABSENT(void, lab_listen, struct lab *l,
	void (*said)(void *ctx, const char *machine, const char *line), void *ctx)
ABSENT(int, tidy, const char *dir, uint64_t max_bytes, uint64_t max_age,
	struct store_usage *removed, struct error *err)
ABSENT(struct workplace *, workplace_open, bool private_view, struct error *err)
ABSENT(void, workplace_free, struct workplace *w)
ABSENT(bool, workplace_has_view, const struct workplace *w)
ABSENT(const char *, workplace_dir, const struct workplace *w)
ABSENT(const char *, workplace_git_dir, const struct workplace *w)
ABSENT(int, workplace_setup, struct workplace *w, const char *run, const char *boss,
	struct error *err)
ABSENT(char *, workplace_build_dir, const struct workplace *w, const struct job *j)
ABSENT(int, workplace_checkout, struct workplace *w, const struct commit *c, struct error *err)
ABSENT(int, workplace_show, struct workplace *w, const struct commit *c, const struct scenery *s,
	struct error *err)
ABSENT(int, workplace_bind, struct workplace *w, const char *dir, const char *path,
	struct error *err)
