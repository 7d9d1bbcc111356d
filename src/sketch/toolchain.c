/* toolchain: see toolchain.h. Finds the facts of a tool in this run's memory, in the memo file or by asking, and makes the
 * digest of its files' contents as they are now. Facts are believed while the tool itself and every listing that they rest
 * on are the same.
 */
#include "sketch/toolchain.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/fileindex_internal.h"
#include "sketch/toolchain_internal.h"

#define ROLE_VERSION (TOOL_OTHER + 1)

struct toolchains {
	char *dir, *path;
	struct file_index *ix;
	struct buf memo;
	struct tool_facts *list;
	struct tool_facts *gone; /* outdated, but their lists may still be borrowed */
	struct strv empty;
	bool dirty;
};

struct toolchains *toolchains_open(const char *cache_dir, struct file_index *ix)
{
	struct toolchains *tc = xcalloc(1, sizeof *tc);
	tc->dir = xstrdup(cache_dir);
	tc->path = path_join(cache_dir, "toolchains");
	tc->ix = ix;
	toolchain_memo_load(tc->path, &tc->memo);
	return tc;
}

void tool_facts_free(struct tool_facts *f)
{
	strv_release(&f->files);
	strv_release(&f->dirs);
	strv_release(&f->names);
	strv_release(&f->resolved);
	strv_release(&f->system_dirs);
	free(f->listings);
	free(f->listed);
	free(f->version);
	free(f);
}

void toolchains_free(struct toolchains *tc)
{
	struct error err = ERROR_INIT;
	struct tool_facts *f;
	if (!tc)
		return;
	if (tc->dirty && toolchain_memo_save(tc->dir, tc->path, tc->list, &err) < 0)
		log_debug("%s", err.text);
	while ((f = tc->list)) {
		tc->list = f->next;
		tool_facts_free(f);
	}
	while ((f = tc->gone)) {
		tc->gone = f->next;
		tool_facts_free(f);
	}
	buf_release(&tc->memo);
	strv_release(&tc->empty);
	free(tc->dir);
	free(tc->path);
	free(tc);
}

/* A compiler behind a launcher is the compiler. */
static size_t skip_launcher(const struct strv *argv)
{
	static const char *const launchers[] = {"ccache", "sccache", "distcc", "icecc"};
	for (size_t i = 0; argv->n > 1 && i < ARRAY_LEN(launchers); i++)
		if (!strcmp(path_base(argv->v[0]), launchers[i]))
			return 1;
	return 0;
}

static void make_key(const char *tool, const struct strv *argv, int role, struct digest *out)
{
	static const char *const variables[] = {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH",
		"GCC_EXEC_PREFIX", "COMPILER_PATH", "LIBRARY_PATH"};
	struct strv flags = STRV_INIT;
	struct digester *d = digester_new();
	digester_addstr(d, tool);
	digester_add(d, &role, sizeof role);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		digester_addstr(d, getenv(variables[i]));
	if (argv && (role == TOOL_LINK || role == TOOL_OTHER))
		strv_push_all(&flags, argv);
	else if (argv)
		toolchain_flags(argv, &flags);
	for (size_t i = 0; i < flags.n; i++)
		digester_addstr(d, flags.v[i]);
	digester_finish(d, out);
	digester_free(d);
	strv_release(&flags);
}

static bool listings_hold(const struct toolchains *tc, const struct tool_facts *f)
{
	for (size_t i = 0; i < f->dirs.n; i++) {
		const struct file_facts *now = file_index_get(tc->ix, f->dirs.v[i]);
		if ((now != NULL) != f->listed[i] ||
			(now && !digest_equal(&now->digest, &f->listings[i])))
			return false;
	}
	return true;
}

static bool names_hold(const struct tool_facts *f)
{
	bool same = true;
	for (size_t i = 0; same && i < f->names.n && i < f->resolved.n; i++) {
		char *now = toolchain_in_path(f->names.v[i]);
		same = !strcmp(now ? now : "", f->resolved.v[i]);
		free(now);
	}
	return same;
}

/* Makes the digest; false when a file vanished, so that the tool has to be asked again. */
static bool digest_files(struct toolchains *tc, struct tool_facts *f)
{
	struct digester *d = digester_new();
	bool there = true;
	for (size_t i = 0; there && i < f->files.n; i++) {
		const struct file_facts *facts = file_index_get(tc->ix, f->files.v[i]);
		there = facts != NULL;
		if (!there)
			break;
		digester_addstr(d, path_base(f->files.v[i]));
		digester_add_digest(d, &facts->digest);
	}
	digester_finish(d, &f->digest);
	digester_free(d);
	if (there)
		f->epoch = file_index_epoch(tc->ix);
	return there;
}

static bool still_holds(struct toolchains *tc, struct tool_facts *f, const char *tool)
{
	const struct file_facts *now = file_index_get(tc->ix, tool);
	return now && digest_equal(&now->digest, &f->tool) && f->files.n && listings_hold(tc, f) &&
	       names_hold(f) && digest_files(tc, f);
}

static void drop(struct toolchains *tc, const struct digest *key)
{
	for (struct tool_facts **p = &tc->list; *p; p = &(*p)->next) {
		struct tool_facts *f = *p;
		if (!digest_equal(&f->key, key))
			continue;
		*p = f->next;
		f->next = tc->gone;
		tc->gone = f;
		return;
	}
}

/* From this run or the memo, when it still holds. */
static struct tool_facts *recall(struct toolchains *tc, const struct digest *key, const char *tool)
{
	struct tool_facts *f;
	for (f = tc->list; f; f = f->next)
		if (digest_equal(&f->key, key))
			break;
	if (f && f->epoch == file_index_epoch(tc->ix))
		return f;
	if (f)
		return still_holds(tc, f, tool) ? f : NULL;
	f = xcalloc(1, sizeof *f);
	f->key = *key;
	if (!toolchain_memo_find(&tc->memo, f) || !still_holds(tc, f, tool)) {
		tool_facts_free(f);
		return NULL;
	}
	f->next = tc->list;
	return tc->list = f;
}

/* Asks, and remembers the answer. */
static struct tool_facts *ask(struct toolchains *tc, const struct digest *key, const char *tool,
	const struct strv *argv, int role, struct error *err)
{
	struct tool_facts *f = xcalloc(1, sizeof *f);
	int r = 0;
	f->key = *key;
	if (role == ROLE_VERSION)
		toolchain_probe_version(f, tc->ix, tool);
	else
		r = toolchain_probe(f, tc->ix, tool, argv, (enum tool_role)role, err);
	if (r == 0 && !digest_files(tc, f))
		r = error_set(err, "'%s' changed while it was asked", tool);
	if (r < 0) {
		tool_facts_free(f);
		return NULL;
	}
	drop(tc, key);
	f->next = tc->list;
	tc->list = f;
	tc->dirty = true;
	return f;
}

/* The facts for argv[0] (or what it launches) in a role, asked for when need be. */
static struct tool_facts *facts_of(
	struct toolchains *tc, const struct strv *argv, int role, struct error *err)
{
	struct digest key;
	struct strv rest = STRV_INIT;
	struct tool_facts *f = NULL;
	for (size_t i = skip_launcher(argv); i < argv->n; i++)
		strv_push(&rest, argv->v[i]);
	char *tool = rest.n ? toolchain_in_path(rest.v[0]) : NULL;
	if (tool) {
		make_key(tool, &rest, role, &key);
		f = recall(tc, &key, tool);
		if (!f)
			f = ask(tc, &key, tool, &rest, role, err);
	} else {
		error_set(err, "no program '%s'; cure: install the board's toolchain",
			rest.n ? rest.v[0] : "");
	}
	free(tool);
	strv_release(&rest);
	return f;
}

int toolchain_digest(struct toolchains *tc, const struct strv *argv, enum tool_role role,
	struct digest *out, struct error *err)
{
	const struct tool_facts *f = facts_of(tc, argv, (int)role, err);
	if (!f)
		return -1;
	*out = f->digest;
	return 0;
}

const char *toolchain_version(struct toolchains *tc, const char *driver)
{
	struct strv argv = STRV_INIT;
	strv_push(&argv, driver);
	const struct tool_facts *f = facts_of(tc, &argv, ROLE_VERSION, NULL);
	strv_release(&argv);
	return f && f->version ? f->version : "";
}

const struct strv *toolchain_system_dirs(
	struct toolchains *tc, const struct strv *argv, enum tool_role role)
{
	const struct tool_facts *f = facts_of(tc, argv, (int)role, NULL);
	return f ? &f->system_dirs : &tc->empty;
}
