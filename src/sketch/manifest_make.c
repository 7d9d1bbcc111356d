/* manifest_make: describes what one compile read, by the names under which it would be found again. What it cannot describe
 * is not kept; where a cheaper row could miss a change, it writes the one that cannot.
 */
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/store_internal.h"

#define MAX_FILE ((size_t)64 << 20)
#define MAX_ROWS ((size_t)1 << 20)

/* The header names in a file, remembered by its content. */
struct header_memo {
	struct digest digest;
	struct header_names names;
};

struct maker {
	struct store *st;
	const struct compile_view *v;
	const struct strv *raw, *clean;
	struct buf *out;
	bool lists; /* needs an 'L' row */
	bool paths; /* needs a 'P' row */
	bool has_err;
};

static void memo_free(void *p)
{
	struct header_memo *m = p;
	header_names_release(&m->names);
	free(m);
}

/* NULL when the file cannot be read. */
static const struct header_names *names_of(
	struct store *st, const char *path, const struct digest *digest)
{
	struct header_memo *m = strmap_get(&st->names, path);
	struct buf text = BUF_INIT;
	if (m && digest_equal(&m->digest, digest))
		return &m->names;
	if (fs_read(path, MAX_FILE, &text, NULL) < 0)
		return NULL;
	m = xcalloc(1, sizeof *m);
	m->digest = *digest;
	file_scan_names(buf_str(&text), text.len, &m->names);
	buf_release(&text);
	st->names.free_value = memo_free;
	strmap_set(&st->names, path, m);
	return &m->names;
}

static void add_row(struct maker *m, char kind, const struct digest *d, const char *name)
{
	char hex[DIGEST_HEX_LEN + 1];
	buf_addf(m->out, "%c%s %s\n", kind, digest_hex(d, hex), name);
}

/* What is left of `path` below `dir`; NULL when it is not below. */
static const char *below(const char *path, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;
	while (n && dir[n - 1] == '/')
		n--;
	if (!n || strncmp(path, dir, n) || path[n] != '/' || !path[n + 1])
		return NULL;
	return path + n + 1 + strspn(path + n + 1, "/");
}

static bool offered(struct include_list *il, const char *name)
{
	return il && include_list_find(il, name);
}

/* Rows for each directory of the list under which the file lies and is found. */
static bool add_listed(struct maker *m, const char *path, const struct digest *d)
{
	struct include_list *il = m->v->in->includes;
	const struct strv *dirs = include_list_dirs(il);
	bool any = false;
	for (size_t i = 0; i < dirs->n; i++) {
		const char *name = below(path, dirs->v[i]);
		if (!name || offered(m->v->extra, name))
			continue;
		const char *found = include_list_find(il, name);
		if (!found || strcmp(found, path))
			continue;
		add_row(m, any ? 'i' : 'I', d, name);
		any = true;
	}
	return any;
}

/* A directory that is searched after the include list, or before it: no name of it may be offered twice. */
static bool add_other(struct maker *m, char kind, struct include_list *il, const char *path,
	const struct digest *d)
{
	if (!il)
		return false;
	const struct strv *dirs = include_list_dirs(il);
	for (size_t i = 0; i < dirs->n; i++) {
		const char *name = below(path, dirs->v[i]);
		if (!name || offered(m->v->in->includes, name) ||
			(kind == 'Y' && offered(m->v->extra, name)))
			continue;
		const char *found = include_list_find(il, name);
		if (!found || strcmp(found, path))
			continue;
		add_row(m, kind, d, name);
		return true;
	}
	return false;
}

/* A system header behind another of its name. */
static bool add_next(struct maker *m, const char *path, const struct digest *d)
{
	const struct strv *dirs = include_list_dirs(m->v->system);
	char hex[DIGEST_HEX_LEN + 1];
	for (size_t i = 0; i < dirs->n; i++) {
		const char *name = below(path, dirs->v[i]), *found;
		if (!name || offered(m->v->in->includes, name) || offered(m->v->extra, name))
			continue;
		for (size_t k = 1; include_list_nth(m->v->system, name, strlen(name), k, &found);
			k++) {
			if (strcmp(found, path))
				continue;
			digest_hex(d, hex);
			buf_addf(m->out, "N%s%zu %s\n", hex, k, name);
			return true;
		}
	}
	return false;
}

static bool is_real_path_of(const char *real, const char *path)
{
	char *is = path_real(path, NULL);
	bool same = is && !strcmp(is, real);
	free(is);
	return same;
}

/* Which of the system's files of that name it is, counted from 0; -1: none. */
static int system_place(const struct maker *m, const char *name, const char *real)
{
	const char *found;
	for (int k = 0; include_list_nth(m->v->system, name, strlen(name), (size_t)k, &found); k++)
		if (is_real_path_of(real, found))
			return k;
	return -1;
}

/* Compilers print system headers by their real path where that is shorter: the directory, or the file itself, may be a link. Its
 * name is an end of that path which leads to it; of several, none may come to be offered before. */
static bool add_system_by_real_path(struct maker *m, const char *path, const struct digest *d)
{
	char hex[DIGEST_HEX_LEN + 1], *real = path_real(path, NULL);
	bool done = false;
	for (const char *name = real; name && (name = strchr(name, '/')) && *++name;) {
		if (offered(m->v->in->includes, name) || offered(m->v->extra, name))
			continue;
		int k = system_place(m, name, real);
		if (k >= 0 && done)
			buf_addf(m->out, "U %s\n", name);
		else if (k > 0)
			buf_addf(m->out, "N%s%d %s\n", digest_hex(d, hex), k, name);
		else if (k == 0)
			add_row(m, 'Y', d, name);
		done |= k >= 0;
	}
	free(real);
	return done;
}

/* The deeper of both places counts: one may contain the other. */
static bool add_placed(struct maker *m, const char *path, const struct digest *d)
{
	const char *in_root = below(path, m->v->in->root),
		   *in_build = below(path, m->v->in->build_dir);
	if (!in_root && !in_build)
		return false;
	bool root = in_root && (!in_build || strlen(in_root) <= strlen(in_build));
	add_row(m, root ? 'S' : 'B', d, root ? in_root : in_build);
	return true;
}

/* For a compiler that tells no system directories: the file lies in one of them, so it was asked for by an end of its path, and no
 * list may come to offer that name. False when one does already: then it was found in some other way. */
static bool add_unoffered(struct maker *m, const char *raw)
{
	size_t start = m->out->len;
	if (include_list_dirs(m->v->system)->n)
		return false;
	for (const char *name = raw; (name = strchr(name, '/')) && *++name;) {
		if (offered(m->v->in->includes, name) || offered(m->v->extra, name)) {
			buf_truncate(m->out, start);
			return false;
		}
		buf_addf(m->out, "U %s\n", name);
	}
	return true;
}

static void add_dep(struct maker *m, size_t i, const struct digest *d)
{
	const char *raw = m->raw->v[i], *clean = m->clean->v[i];
	if (add_listed(m, raw, d) || (strcmp(raw, clean) && add_listed(m, clean, d)))
		return;
	if (add_other(m, 'O', m->v->extra, raw, d) || add_other(m, 'O', m->v->extra, clean, d))
		return;
	if (add_placed(m, clean, d))
		return;
	if (add_other(m, 'Y', m->v->system, raw, d) || add_other(m, 'Y', m->v->system, clean, d) ||
		add_next(m, clean, d) || add_system_by_real_path(m, clean, d))
		return;
	add_row(m, 'A', d, clean);
	m->lists |= !add_unoffered(m, raw);
}

/* True when some file read ends in this name: else its #include was not reached, and a new file could not matter. */
static bool reached(const struct maker *m, const char *name)
{
	size_t n = strlen(name);
	if (strstr(name, ".."))
		return true;
	for (size_t i = 0; i < m->clean->n; i++) {
		const char *path = m->clean->v[i];
		size_t len = strlen(path);
		if (len > n && path[len - n - 1] == '/' && !strcmp(path + len - n, name))
			return true;
	}
	return false;
}

static void add_absent(struct maker *m, size_t k, const char *name)
{
	if (!manifest_beside(m->st, m->clean->v[k], name, strlen(name)))
		buf_addf(m->out, "X%zu %s\n", k, name);
}

/* The included name is not known, so none that was found may come to lie beside the file. */
static void add_absent_all(struct maker *m, size_t k)
{
	const struct strv *dirs = include_list_dirs(m->v->in->includes);
	for (size_t i = 1; i < m->clean->n; i++) {
		const char *path = m->clean->v[i], *name;
		add_absent(m, k, path_base(path));
		for (size_t n = 0; n < dirs->n; n++)
			if ((name = below(path, dirs->v[n])) && strchr(name, '/'))
				add_absent(m, k, name);
	}
}

static bool has_newline(const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (strchr(names->v[i], '\n'))
			return true;
	return false;
}

static bool add_names(struct maker *m, size_t k, const struct file_facts *f)
{
	const struct header_names *names = names_of(m->st, m->clean->v[k], &f->digest);
	if (!names || has_newline(&names->quoted) || has_newline(&names->tested))
		return false;
	for (size_t i = 0; i < names->quoted.n; i++)
		if (reached(m, names->quoted.v[i]))
			add_absent(m, k, names->quoted.v[i]);
	if (names->computed_include)
		add_absent_all(m, k);
	for (size_t i = 0; i < names->tested.n; i++) {
		const char *name = names->tested.v[i];
		bool yes = manifest_has_include(m->st, m->v, m->clean->v[k], name, strlen(name));
		buf_addf(m->out, "H%c%zu %s\n", yes ? 'y' : 'n', k, name);
	}
	m->lists |= names->computed_test;
	return true;
}

/* Of the paths that the rows so far lead to: the compiler tells some by other names, where a system directory is a symlink. */
static bool add_paths_row(struct maker *m)
{
	const struct manifest_entry e = {.rows = buf_str(m->out), .rows_len = m->out->len};
	struct strv found = STRV_INIT;
	struct digest d;
	bool matches = manifest_matches(m->st, m->v, &e, &found);
	manifest_paths_digest(m->st, m->v, &found, m->has_err, &d);
	add_row(m, 'P', &d, "");
	strv_release(&found);
	return matches;
}

static bool add_digest_rows(struct maker *m)
{
	struct digest d;
	if (m->lists) {
		manifest_lists_digest(m->st, m->v, &d);
		add_row(m, 'L', &d, "");
	}
	if (m->paths && !add_paths_row(m))
		return false;
	return m->out->len <= MAX_ROWS;
}

bool manifest_make(struct store *st, const struct compile_view *v, const struct strv *raw,
	const struct strv *clean, bool has_err, struct buf *rows)
{
	struct maker m = {.st = st,
		.v = v,
		.raw = raw,
		.clean = clean,
		.out = rows,
		.paths = has_err,
		.has_err = has_err};
	for (size_t i = 0; i < clean->n; i++) {
		const struct file_facts *f = file_index_get(st->ix, clean->v[i]);
		if (!f || strchr(clean->v[i], '\n'))
			return false;
		m.paths |= (f->flags & FILE_MENTIONS_FILE) != 0;
		if (i == 0)
			buf_addstr(rows, "= \n");
		else
			add_dep(&m, i, &f->digest);
	}
	for (size_t i = 0; i < clean->n; i++)
		if (!add_names(&m, i, file_index_get(st->ix, clean->v[i])))
			return false;
	return add_digest_rows(&m);
}
