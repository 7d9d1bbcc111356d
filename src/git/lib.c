/* lib: see lib.h. libgit2 is never shut down: it would take its settings along while another thread is in it.
 */
#include "git/lib.h"

#include <git2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include "common/error.h"
#include "common/xalloc.h"

static void start(void)
{
	/* Extensions that change neither the index nor the ignore rules, all that is read of a user's repository. */
	static const char *harmless[] = {"partialclone", "preciousobjects", "refstorage",
		"relativeworktrees", "worktreeconfig"};
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, harmless, ARRAY_LEN(harmless));
}

void lib_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start);
}

int lib_error(struct error *err, const char *fmt, ...)
{
	const git_error *e = git_error_last();
	va_list ap;
	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);
	va_end(ap);
	error_set(err, "%s: %s", text, e && e->message ? e->message : "unknown error");
	free(text);
	return -1;
}
