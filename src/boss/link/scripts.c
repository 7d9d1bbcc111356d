/* scripts: see scripts.h. The directory's rule is that of common/host.c. */
#include "boss/link/scripts.h"

#include <stdlib.h>
#include <string.h>
#include "boss/link/conn.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "git/push.h"

#define ENOUGH_DISK (64ll << 20) /* for what is sent */

static const char find_dir[] =
	"read -r id </etc/machine-id\n"
	"case $id in *[!0-9a-f]*) id= ;; esac\n"
	"[ ${#id} = 32 ] || id=$(uname -n | tr -c 'A-Za-z0-9_\\n-' _)\n"
	"case $XDG_CACHE_HOME in /*) dir=$XDG_CACHE_HOME ;; *) dir=$HOME/.cache ;; esac\n"
	"dir=$dir/boardman/$id\n";

/* A directory that somebody else made, or may change, is not ours to use. */
static const char look_at_dir[] =
	"own() {\n"
	"  (umask 077; mkdir -p \"$1\") || { echo \"unwritable $1\"; return 1; }\n"
	"  [ -d \"$1\" ] && [ -O \"$1\" ] && [ ! -L \"$1\" ] &&\n"
	"    case $(ls -ld \"$1\") in d???????w*) false ;; esac\n"
	"}\n"
	"if own \"${dir%/*}\" && own \"$dir\"; then\n"
	"  echo \"dir $dir\"\n"
	"  touch \"$dir/.probe\" && rm -f \"$dir/.probe\" || echo \"unwritable $dir\"\n"
	"fi\n";

static const char tell_facts[] =
	"echo \"system $(uname -s)\"\n"
	"echo \"arch $(uname -m)\"\n"
	"echo \"glibc $(getconf GNU_LIBC_VERSION)\"\n"
	"echo \"git $(git --version)\"\n"
	"df -Pk \"$dir\" | { read -r _; read -r _ _ _ free _; echo \"disk $free\"; }\n";

/* A worker that is alone with the repository may begin it anew (git/repo.h). */
static const char held[] = "held() {\n"
			   "  if command -v flock >/dev/null; then\n"
			   "    flock -s \"$git.lock\" \"$@\"\n"
			   "  else\n"
			   "    \"$@\"\n"
			   "  fi\n"
			   "}\n";

static void begin(struct buf *out)
{
	buf_addstr(out, "export LC_ALL=C; echo '" PUSH_MARK "'; exec 2>/dev/null\n");
}

/* On stderr, too: what git says there is told. */
static void begin_aloud(struct buf *out)
{
	buf_addstr(out, "export LC_ALL=C; echo '" PUSH_MARK "'; echo '" PUSH_MARK "' >&2\n");
}

void script_probe(struct buf *out, const char *bundle)
{
	begin(out);
	buf_addstr(out, find_dir);
	buf_addstr(out, look_at_dir);
	buf_addstr(out, tell_facts);
	buf_addf(out, "[ -x \"$dir\"/boardman/%s/bin/boardman ] && echo 'bundle yes'\n", bundle);
	buf_addstr(out, "echo done\n");
}

/* ---- what it prints ---- */

void facts_release(struct facts *f)
{
	free(f->system);
	free(f->arch);
	free(f->glibc);
	free(f->git);
	free(f->dir);
	free(f->unwritable);
	*f = (struct facts){0};
}

/* The last word of a line as "glibc 2.36" or "git version 2.39.2". */
static char *last_word(const char *s)
{
	const char *space = strrchr(s, ' ');
	return xstrdup(space ? space + 1 : s);
}

/* Of KiB; -1 when it is no such number. */
static int64_t bytes_of(const char *kib)
{
	long long n = strtoll(kib, NULL, 10);
	return n < 0 || n > INT64_MAX / 1024 ? -1 : n * 1024;
}

static void take(struct facts *f, const char *key, const char *value)
{
	if (!strcmp(key, "system") && !f->system)
		f->system = xstrdup(value);
	else if (!strcmp(key, "arch") && !f->arch)
		f->arch = xstrdup(value);
	else if (!strcmp(key, "glibc") && !f->glibc)
		f->glibc = last_word(value);
	else if (!strcmp(key, "git") && !f->git)
		f->git =
			strncmp(value, "git version ", 12) == 0 ? xstrdup(value + 12) : xstrdup("");
	else if (!strcmp(key, "dir") && !f->dir)
		f->dir = xstrdup(value);
	else if (!strcmp(key, "unwritable") && !f->unwritable)
		f->unwritable = xstrdup(value);
	else if (!strcmp(key, "disk") && *value)
		f->disk = bytes_of(value);
	else if (!strcmp(key, "bundle"))
		f->bundle = true;
}

int facts_parse(struct facts *f, const char *text, struct error *err)
{
	struct strv lines = STRV_INIT;
	bool whole = false;
	*f = (struct facts){.disk = -1};
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		char *value = strchr(lines.v[i], ' ');
		if (value)
			*value++ = '\0';
		whole |= !value && !strcmp(lines.v[i], "done");
		take(f, lines.v[i], value ? value : "");
	}
	strv_release(&lines);
	if (whole && f->system && f->arch && f->glibc && f->git)
		return 0;
	facts_release(f);
	return error_set(err,
		"its shell did not answer as a POSIX shell does; cure: 'sh' must be one there");
}

/* True when version `has` is at least `needs`; both as "2.36". */
static bool version_reaches(const char *has, const char *needs)
{
	while (*needs) {
		char *h, *n;
		long x = strtol(has, &h, 10), y = strtol(needs, &n, 10);
		if (x != y)
			return x > y;
		has = *h ? h + 1 : h;
		needs = *n ? n + 1 : n;
	}
	return true;
}

int facts_check(const struct facts *f, const char *arch, const char *glibc, struct error *err)
{
	if (strcmp(f->system, "Linux") != 0)
		return error_set(err, "runs %s; cure: machines run Linux", f->system);
	if (!*f->git)
		return error_set(err, "no git; cure: install git there");
	if (f->disk >= 0 && f->disk < ENOUGH_DISK)
		return error_set(err, "disk full: %lld MB left; cure: make room",
			(long long)(f->disk >> 20));
	if (f->unwritable)
		return error_set(err,
			"cannot write to '%s' there; cure: make it writable, or set XDG_CACHE_HOME "
			"there",
			f->unwritable);
	if (!f->dir)
		return error_set(err,
			"its ~/.cache/boardman is a symlink, another user's, or everybody's to "
			"change, and so not ours; cure: remove it, or set XDG_CACHE_HOME there");
	if (!arch || f->bundle)
		return 0;
	if (strcmp(f->arch, arch) != 0)
		return error_set(err,
			"other architecture: %s, here it is %s; cure: install boardman there and "
			"name it by boardman_path",
			f->arch, arch);
	if (!*f->glibc || !version_reaches(f->glibc, glibc))
		return error_set(err,
			"glibc %s is older than the %s that this boardman needs; cure: install "
			"boardman there and name it by boardman_path",
			*f->glibc ? f->glibc : "(none)", glibc);
	return 0;
}

/* ---- sending ---- */

void script_receive(struct buf *out, const char *dir)
{
	begin_aloud(out);
	buf_addstr(out, "git=");
	shell_quote(out, dir);
	buf_addstr(out, "/git\n");
	buf_addstr(out, held);
	buf_addstr(out, "if [ ! -d \"$git\" ]; then\n"
			"  git init -q --bare --template= \"$git.$$\" >/dev/null\n"
			"  [ -d \"$git\" ] || mv \"$git.$$\" \"$git\"\n"
			"  rm -rf \"$git.$$\"\n"
			"fi\n"
			"held git -c receive.autogc=false -c core.hooksPath=/dev/null receive-pack "
			"\"$git\"\n");
}

void script_unpack(struct buf *out, const char *dir, const char *commit, const char *bundle)
{
	begin(out);
	buf_addstr(out, "dir=");
	shell_quote(out, dir);
	buf_addstr(out, "\ngit=$dir/git\n");
	buf_addstr(out, held);
	buf_addf(out,
		"to=$dir/boardman/%s; tmp=$to.$$\n"
		"[ -x \"$to/bin/boardman\" ] && exit 0\n"
		"rm -rf \"$to\"\n"
		"mkdir -p \"$tmp\" || exit 1\n"
		"held env GIT_INDEX_FILE=\"$tmp.index\" git -c core.hooksPath=/dev/null "
		"--git-dir=\"$git\" --work-tree=\"$tmp\" checkout -q -f %s -- .\n"
		"status=$?; rm -f \"$tmp.index\"\n"
		"[ $status = 0 ] && { [ -d \"$to\" ] || mv \"$tmp\" \"$to\"; }\n"
		"rm -rf \"$tmp\"\n"
		"[ -x \"$to/bin/boardman\" ]\n",
		bundle, commit);
}

void script_worker(struct buf *out, const char *boardman, const char *dir, const char *bundle,
	const char *loader, const char *options)
{
	buf_addstr(out, "exec ");
	if (boardman) {
		shell_quote(out, boardman);
		buf_addf(out, " worker%s\n", options);
		return;
	}
	char *at = xasprintf("%s/boardman/%s", dir, bundle), *lib = xasprintf("%s/lib", at);
	char *bin = xasprintf("%s/bin/boardman", at);
	shell_quote(out, loader);
	buf_addstr(out, " --library-path ");
	shell_quote(out, lib);
	buf_addch(out, ' ');
	shell_quote(out, bin);
	buf_addstr(out, " worker --bundle ");
	shell_quote(out, at);
	buf_addf(out, "%s\n", options);
	free(at);
	free(lib);
	free(bin);
}
