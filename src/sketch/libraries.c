/* libraries: the index of what one board of one run can see. Directories are listed once, when it is opened; what is asked for later is
 * remembered. A directory counts once, in the strongest place it was found in. Broken library.properties are warned about; one
 * that was named by the user is an error.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/library_internal.h"

static void header_entry_free(void *p)
{
	struct header_entry *h = p;
	free(h->v);
	free(h->ranked);
	free(h);
}

static void add_entry(struct libraries *ls, struct library_entry *e)
{
	GROW(ls->v, ls->n, ls->cap);
	ls->v[ls->n++] = e;
	strmap_set(&ls->dirs, e->lib.dir, e);
	for (size_t i = 0; i < e->headers.n; i++) {
		struct header_entry *h = strmap_get(&ls->headers, e->headers.v[i]);
		if (!h) {
			h = xcalloc(1, sizeof *h);
			strmap_set(&ls->headers, e->headers.v[i], h);
		}
		GROW(h->v, h->n, h->cap);
		h->v[h->n++] = e;
	}
}

/* A library that the user named: it must be one. */
static int add_given(struct libraries *ls, const char *dir, struct error *err)
{
	struct library_entry *e;
	char *absolute = path_absolute(dir), *real = path_real(dir, err);
	int r = real ? 0 : -1;
	if (r == 0 && !strmap_get(&ls->dirs, real)) {
		enum library_loaded got =
			library_load(real, path_base(absolute), LIBRARY_GIVEN, &e, err);
		if (got == LIBRARY_LOADED)
			add_entry(ls, e);
		else if (got == LIBRARY_NONE)
			error_set(err,
				"'%s' is not a library; cure: name a directory with "
				"library.properties or headers",
				dir);
		r = got == LIBRARY_LOADED ? 0 : -1;
	}
	free(absolute);
	free(real);
	return r;
}

/* `parent` is real already, so that only a symlink needs resolving. NULL when it leads nowhere. */
static char *real_child(const char *parent, const char *name)
{
	struct stat st;
	char *path = path_join(parent, name);
	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		return path;
	char *real = path_real(path, NULL);
	free(path);
	return real;
}

static void add_found(
	struct libraries *ls, const char *parent, const char *name, enum library_place place)
{
	struct error err = ERROR_INIT;
	struct library_entry *e;
	char *real = real_child(parent, name);
	if (real && !strmap_get(&ls->dirs, real)) {
		enum library_loaded got = library_load(real, name, place, &e, &err);
		if (got == LIBRARY_LOADED)
			add_entry(ls, e);
		else if (got == LIBRARY_BROKEN)
			log_warning("%s; the library is left out", err.text);
	}
	free(real);
}

static void add_folder(struct libraries *ls, const char *folder, enum library_place place)
{
	struct fs_list l;
	char *real = path_real(folder, NULL);
	if (!real)
		return;
	if (fs_list(real, &l, NULL) == 0) {
		for (size_t i = 0; i < l.n; i++) {
			if (l.v[i].type == 'd' && l.v[i].name[0] != '.')
				add_found(ls, real, l.v[i].name, place);
		}
		fs_list_release(&l);
	}
	free(real);
}

static void add_platform(struct libraries *ls, const char *dir, enum library_place place)
{
	if (!dir)
		return;
	char *folder = path_join(dir, "libraries");
	add_folder(ls, folder, place);
	free(folder);
}

/* As the user would write it: "./", below the current directory without it, "~/…". */
static void add_path(struct buf *out, const char *path)
{
	char *cwd = getcwd(NULL, 0);
	const char *home = getenv("HOME");
	if (cwd && strcmp(cwd, path) == 0)
		buf_addstr(out, "./");
	else if (cwd && cwd[1] && path_beneath(path, cwd))
		buf_addstr(out, path + strlen(cwd) + 1);
	else if (home && home[0] == '/' && home[1] && path_beneath(path, home))
		buf_addf(out, "~%s", path + strlen(home));
	else
		buf_addstr(out, path);
	free(cwd);
}

static void note_hidden(
	struct libraries *ls, const struct library *given, const struct library *hidden)
{
	struct buf b = BUF_INIT;
	buf_addstr(&b, "using ");
	add_path(&b, given->dir);
	buf_addf(&b, " as %s", given->name);
	if (*given->version)
		buf_addf(&b, " %s", given->version);
	buf_addstr(&b, "; ignoring ");
	add_path(&b, hidden->dir);
	if (*hidden->version)
		buf_addf(&b, " (%s)", hidden->version);
	strv_push_take(&ls->notes, buf_detach(&b));
}

static void note_all(struct libraries *ls)
{
	for (size_t i = 0; i < ls->n; i++) {
		const struct library *g = &ls->v[i]->lib;
		if (g->place != LIBRARY_GIVEN)
			continue;
		for (size_t j = 0; j < ls->n; j++) {
			const struct library *l = &ls->v[j]->lib;
			if (l->place != LIBRARY_GIVEN && strcmp(l->name, g->name) == 0)
				note_hidden(ls, g, l);
		}
	}
}

static void digest_entry(struct digester *d, const struct library_entry *e)
{
	const struct library *l = &e->lib;
	char bits[] = {(char)('0' + l->place), l->recursive ? 'r' : '-',
		l->dot_a_linkage ? 'a' : '-', l->precompiled ? 'p' : '-',
		l->precompiled_full ? 'f' : '-', l->utility_dir ? 'u' : '-', '\0'};
	digester_addstr(d, bits);
	digester_addstr(d, l->name);
	digester_addstr(d, l->folder);
	digester_addstr(d, l->ldflags);
	for (size_t i = 0; i < l->architectures.n; i++)
		digester_addstr(d, l->architectures.v[i]);
	digester_addstr(d, NULL);
	for (size_t i = 0; i < e->headers.n; i++)
		digester_addstr(d, e->headers.v[i]);
	digester_addstr(d, NULL);
}

static void digest_all(struct libraries *ls)
{
	struct digest out;
	struct digester *d = digester_new();
	digester_addstr(d, ls->arch);
	digester_addstr(d, ls->builder_compat ? "builder" : "cli");
	for (size_t i = 0; i < ls->n; i++)
		digest_entry(d, ls->v[i]);
	digester_finish(d, &out);
	digester_free(d);
	digest_hex(&out, ls->digest);
}

static int add_all_given(struct libraries *ls, const struct library_search *s, struct error *err)
{
	if (s->tree_library && add_given(ls, s->tree_library, err) < 0)
		return -1;
	for (size_t i = 0; s->given && i < s->given->n; i++) {
		if (add_given(ls, s->given->v[i], err) < 0)
			return -1;
	}
	return 0;
}

struct libraries *libraries_open(const struct library_search *s, struct error *err)
{
	struct libraries *ls = xcalloc(1, sizeof *ls);
	ls->headers = (struct strmap)STRMAP_INIT(header_entry_free);
	ls->arch = xstrdup(s->arch ? s->arch : "");
	ls->builder_compat = s->builder_compat;
	if (add_all_given(ls, s, err) < 0) {
		libraries_free(ls);
		return NULL;
	}
	for (size_t i = 0; s->folders && i < s->folders->n; i++)
		add_folder(ls, s->folders->v[i], LIBRARY_USER);
	add_platform(ls, s->platform_dir, LIBRARY_PLATFORM);
	add_platform(ls, s->core_platform_dir, LIBRARY_CORE);
	if (s->builtin_dir)
		add_folder(ls, s->builtin_dir, LIBRARY_BUILTIN);
	note_all(ls);
	digest_all(ls);
	return ls;
}

void libraries_free(struct libraries *ls)
{
	if (!ls)
		return;
	strmap_release(&ls->headers);
	strmap_release(&ls->dirs);
	for (size_t i = 0; i < ls->n; i++)
		library_entry_free(ls->v[i]);
	free(ls->v);
	strv_release(&ls->notes);
	free(ls->arch);
	free(ls);
}

const char *libraries_digest(const struct libraries *ls)
{
	return ls->digest;
}

const struct strv *libraries_notes(const struct libraries *ls)
{
	return &ls->notes;
}

/* "dir/x.h" brings in no library in the reference. The library under work is an exception: its own examples are to build when
 * they name its inner headers first. That adds builds, it changes none. */
static const struct library *resolve_inner(const struct libraries *ls, const char *header)
{
	for (size_t i = 0; i < ls->n; i++) {
		const struct library *lib = &ls->v[i]->lib;
		if (lib->place != LIBRARY_GIVEN)
			continue;
		char *path = path_join(lib->src_dir, header);
		bool found = fs_is_file(path);
		free(path);
		if (found)
			return lib;
	}
	return NULL;
}

const struct library *libraries_resolve(const struct libraries *ls, const char *header,
	const struct library ***losers, size_t *n_losers)
{
	struct header_entry *h = strmap_get(&ls->headers, header);
	if (losers) {
		*losers = NULL;
		*n_losers = 0;
	}
	if (!h)
		return strchr(header, '/') && header[0] != '/' && !ls->builder_compat
			       ? resolve_inner(ls, header)
			       : NULL;
	if (!h->ranked)
		library_rank(ls, header, h);
	if (losers && h->n > 1) {
		*losers = xcalloc(h->n - 1, sizeof **losers);
		memcpy(*losers, h->ranked + 1, (h->n - 1) * sizeof **losers);
		*n_losers = h->n - 1;
	}
	return h->ranked[0];
}

const struct library *libraries_by_name(const struct libraries *ls, const char *name)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (strcmp(ls->v[i]->lib.name, name) == 0)
			return &ls->v[i]->lib;
	}
	for (size_t i = 0; i < ls->n; i++) {
		if (strcmp(ls->v[i]->lib.folder, name) == 0)
			return &ls->v[i]->lib;
	}
	return NULL;
}

static bool is_plain(const char *path)
{
	return path[0] == '/' && !strstr(path, "//") && !strstr(path, "/./") &&
	       !strstr(path, "/..");
}

const struct library *libraries_owner(const struct libraries *ls, const char *path)
{
	char *tidy = is_plain(path) ? NULL : path_absolute(path);
	const char *p = tidy ? tidy : path;
	const struct library_entry *e = NULL;
	/* The deepest directory that is a library's. */
	for (size_t len = strlen(p); len && !e; len--) {
		if (!p[len] || p[len] == '/')
			e = strmap_getn(&ls->dirs, p, len);
	}
	free(tidy);
	return e ? &e->lib : NULL;
}

/* Lists with `list` both of a flat library's directories, or all of src. */
static int list_files(const struct libraries *ls, const struct library *lib,
	int (*list)(const char *, bool, bool, struct strv *, struct error *), struct strv *out,
	struct error *err)
{
	if (list(lib->src_dir, lib->recursive, ls->builder_compat, out, err) < 0)
		return -1;
	if (!lib->utility_dir)
		return 0;
	return list(lib->utility_dir, false, ls->builder_compat, out, err);
}

const struct strv *library_sources(
	struct libraries *ls, const struct library *lib, struct error *err)
{
	struct library_entry *e = strmap_get(&ls->dirs, lib->dir);
	if (e->have_sources)
		return &e->sources;
	if (list_files(ls, lib, sources_in, &e->sources, err) < 0) {
		strv_clear(&e->sources);
		return NULL;
	}
	e->have_sources = true;
	return &e->sources;
}

const struct strv *library_queue(struct libraries *ls, const struct library *lib, struct error *err)
{
	struct library_entry *e = strmap_get(&ls->dirs, lib->dir);
	if (e->have_queue)
		return &e->queue;
	/* A fully precompiled library is taken to need no other, even where its sources are compiled. */
	if (!lib->precompiled_full && list_files(ls, lib, sources_queue, &e->queue, err) < 0) {
		strv_clear(&e->queue);
		return NULL;
	}
	e->have_queue = true;
	return &e->queue;
}
