/* fault: see fault.h. Lines are judged one by one: those that show source begin with a space, and warnings may quote it. A message that is
 * made to look like two lines comes with the error, or the fatal one, of its own place, which then explains the failure.
 */
#include "sketch/fault.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/cgroup.h"
#include "common/fs.h"
#include "common/proc.h"
#include "common/strv.h"
#include "common/tmp.h"
#include "common/xalloc.h"

#define MAX_LINE 4096 /* longer ones are no tool's own words */

/* ---- what tools say ---- */

/* A shell pattern for the whole line, with the exit status that goes with it (0 any); told is what begins with `words`. */
static const struct sign {
	int status;
	const char *line, *words;
} signs[] = {
	/* gcc.c, execute(), up to 7: the driver says which program a signal has ended. Only those that come from outside: a compiler that
	 * crashes does it again elsewhere. */
	{4, "*: internal compiler error: Killed (program *)", "Killed (program "},
	{4, "*: internal compiler error: Terminated (program *)", "Terminated (program "},
	{4, "*: internal compiler error: Hangup (program *)", "Hangup (program "},
	{4, "*: internal compiler error: Interrupt (program *)", "Interrupt (program "},
	/* gcc.c from 8 */
	{1, "*: fatal error: Killed signal terminated program *", "Killed signal terminated "},
	{1, "*: fatal error: Terminated signal terminated program *", "Terminated signal "},
	{1, "*: fatal error: Hangup signal terminated program *", "Hangup signal terminated "},
	{1, "*: fatal error: Interrupt signal terminated program *", "Interrupt signal "},
	/* collect2.c, do_wait(), of ld; lto-wrapper.c, of the compilers it starts */
	{0, "*: *error: * terminated with signal 9 [[]Killed]*", "terminated with signal 9 "},
	{0, "*: *error: * terminated with signal 15 [[]Terminated]*", "terminated with signal 15 "},
	/* libiberty, xmalloc.c; without sbrk() it has no total */
	{0, "*: out of memory allocating * bytes*", "out of memory allocating "},
	/* gcc, ggc-common.c and ggc-page.c: perror() without a name */
	{0, "virtual memory exhausted: Cannot allocate memory", "virtual memory exhausted"},
	/* bfd.c, bfd_error_no_memory, in old versions with a capital */
	{0, "*: memory exhausted", "memory exhausted"},
	{0, "*: Memory exhausted", "Memory exhausted"},
	/* glibc, dl-error: a library that is not there, or for which there is no room */
	{0, "*: error while loading shared libraries: *", "error while loading shared libraries"},
	/* libstdc++, of lto-plugin, gold and tools in C++ */
	{0, "terminate called after throwing an instance of 'std::bad_alloc'", "std::bad_alloc"},
	/* gcc.c up to 7 and from 8: a part of the toolchain is not there, or not for this machine */
	{0, "*: error trying to exec '*': *", "error trying to exec "},
	{0, "*: fatal error: cannot execute '*': *", "cannot execute "},
	/* collect2.c, maybe_run_lto_and_relink() and main() */
	{0, "collect2: fatal error: cannot find '*'", "cannot find "},
	/* gcc, diagnostic of cc1 when as is gone under -pipe */
	{0, "*: fatal error: error writing to *: Broken pipe", "error writing to "},
	/* as, output-file.c: it quotes the reason */
	{0, "*Fatal error: can't write *'No space left on device'", "No space left on device"},
	/* Python, as OSError has it: esptool and the like */
	{0, "*[[]Errno 28] No space left on device*", "No space left on device"},
};

/* glibc's strerror(): what ends a line after a colon, whoever says it. */
static const char *const reasons[] = {
	"No space left on device",
	"Disk quota exceeded",
	"Input/output error",
	"Read-only file system",
	"Stale file handle",
	"Cannot allocate memory",
	"Resource temporarily unavailable",
	"Too many open files",
	"Too many open files in system",
	"Exec format error",
	"Text file busy",
};

/* What is wrong with the source. */
static const struct sign errors[] = {
	{0, "*:[0-9]*: error: *", ": error: "}, /* gcc, clang */
	{0, "*:[0-9]*: Error: *", ": Error: "}, /* as */
	{0, "*: undefined reference to *", ": undefined reference to "}, /* ld */
	{0, "*: multiple definition of *", ": multiple definition of "},
};

/* The same, unless it is a sign: an include that is not there. */
static const struct sign fatal = {0, "*:[0-9]*: fatal error: *", ": fatal error: "};

static const struct sign asides[] = {
	{0, "*:[0-9]*: warning: *", ": warning: "},
	{0, "*:[0-9]*: note: *", ": note: "},
	/* as under -pipe: its input ends early when the compiler was killed */
	{0, "{standard input}:* Error: *", "{standard input}:"},
};

/* ---- looking ---- */

static bool is(const struct sign *s, int status, const char *line)
{
	return (!s->status || s->status == status) && strstr(line, s->words) &&
	       fnmatch(s->line, line, 0) == 0;
}

static bool is_one_of(const struct sign *v, size_t n, const char *line)
{
	for (size_t i = 0; i < n; i++)
		if (is(&v[i], 0, line))
			return true;
	return false;
}

/* The words of a sign in the line; new string, NULL when there is none. */
static char *find_sign(const char *line, int status)
{
	size_t len = strlen(line);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (is(&signs[i], status, line))
			return xstrdup(strstr(line, signs[i].words));
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		size_t n = strlen(reasons[i]);
		if (len > n + 2 && !strcmp(line + len - n, reasons[i]) &&
			!strncmp(line + len - n - 2, ": ", 2))
			return xstrdup(reasons[i]);
	}
	return NULL;
}

/* Whether the line says what is wrong with the source; else `words` becomes its sign unless there was one. */
static bool judge_line(const char *line, int status, char **words)
{
	if (is_one_of(asides, ARRAY_LEN(asides), line))
		return false;
	if (is_one_of(errors, ARRAY_LEN(errors), line))
		return true;
	char *found = strlen(line) < MAX_LINE ? find_sign(line, status) : NULL;
	bool wrong = !found && is(&fatal, 0, line);
	if (*words)
		free(found);
	else
		*words = found;
	return wrong;
}

/* True when the text explains the failure by the source; else `words` are those of the first sign in it, or NULL. */
static bool judge(const struct buf *text, int status, char **words)
{
	const char *p = buf_str(text), *end = p + text->len;
	bool wrong = false;
	*words = NULL;
	while (p < end && !wrong) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		if (*p != ' ' && *p != '\t') {
			char *line = xstrndup(p, len < MAX_LINE ? len : MAX_LINE);
			wrong = judge_line(line, status, words);
			free(line);
		}
		p += len + 1;
	}
	if (wrong) {
		free(*words);
		*words = NULL;
	}
	return wrong;
}

/* ---- the verdict ---- */

static char *signal_text(const char *tool, int sig)
{
	const char *name = sigabbrev_np(sig);
	return xasprintf("'%s' was ended by signal %d%s%s", tool, sig, name ? ", SIG" : "",
		name ? name : "");
}

/* Of a failure that says nothing of itself. */
static char *silent_fault(const char *tool, int status, bool oom)
{
	if (oom)
		return xasprintf("'%s' ended with status %d when the machine ran out of memory",
			tool, status);
	if (status == 128 + SIGKILL)
		return xasprintf("'%s' ended with status %d: a process was killed", tool, status);
	if (tmp_is_full())
		return xasprintf(
			"'%s' ended with status %d: temporary files: %s", tool, status, reasons[0]);
	return NULL;
}

char *fault_of(const struct strv *argv, const struct proc_result *r, bool oom)
{
	const char *tool = path_base(argv->v[0]);
	char *words, *fault;
	if (!r->exit_status || r->timed_out)
		return NULL;
	bool wrong = judge(&r->err, r->exit_status, &words);
	if (words)
		fault = xasprintf(
			"'%s': %s%s", tool, words, oom ? "; the machine ran out of memory" : "");
	else if (r->signal)
		fault = signal_text(tool, r->signal);
	else
		fault = wrong ? NULL : silent_fault(tool, r->exit_status, oom);
	free(words);
	return fault;
}

/* ---- what is lacking ---- */

/* As reasons say it: signs, errno's texts, our own words. */
static const struct {
	const char *words;
	enum fault_kind kind;
} kinds[] = {
	{": No space left on device", FAULT_KIND_DISK},
	{": Disk quota exceeded", FAULT_KIND_DISK},
	{": Killed (program ", FAULT_KIND_MEMORY},
	{": Killed signal terminated ", FAULT_KIND_MEMORY},
	{": terminated with signal 9 ", FAULT_KIND_MEMORY},
	{" was ended by signal 9, ", FAULT_KIND_MEMORY},
	{": a process was killed", FAULT_KIND_MEMORY},
	{": out of memory allocating ", FAULT_KIND_MEMORY},
	{": virtual memory exhausted", FAULT_KIND_MEMORY},
	{": memory exhausted", FAULT_KIND_MEMORY},
	{": Memory exhausted", FAULT_KIND_MEMORY},
	{": std::bad_alloc", FAULT_KIND_MEMORY},
	{": Cannot allocate memory", FAULT_KIND_MEMORY},
	{"the machine ran out of memory", FAULT_KIND_MEMORY},
};

enum fault_kind fault_kind(const char *reason)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strstr(reason, kinds[i].words))
			return kinds[i].kind;
	return FAULT_KIND_OTHER;
}

/* ---- the kernel's word ---- */

/* The number after `key` at the beginning of a line. */
static long number_of(const char *text, const char *key)
{
	for (const char *p = text; (p = strstr(p, key)); p++)
		if (p == text || p[-1] == '\n')
			return strtol(p + strlen(key), NULL, 10);
	return -1;
}

/* memory.events in version 2, memory.oom_control in version 1. */
static long kills_in(const char *dir)
{
	static const char *const names[] = {"memory.events", "memory.oom_control"};
	struct buf b = BUF_INIT;
	long n = -1;
	for (size_t i = 0; i < ARRAY_LEN(names) && n < 0; i++) {
		char *path = path_join(dir, names[i]);
		buf_clear(&b);
		if (fs_read(path, 4096, &b, NULL) == 0)
			n = number_of(buf_str(&b), "oom_kill ");
		free(path);
	}
	buf_release(&b);
	return n;
}

long fault_oom_kills(const char *root)
{
	struct strv dirs = STRV_INIT;
	long n = -1;
	cgroup_dirs(root, "memory", &dirs);
	for (size_t i = 0; i < dirs.n && n < 0; i++)
		n = kills_in(dirs.v[i]);
	strv_release(&dirs);
	return n;
}
