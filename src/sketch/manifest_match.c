/* manifest_match: reads manifests and finds the entry that describes what a compile would read now. A manifest is text: a head
 * line, then entries of an 'E' line, rows and the compiler's messages. Rows, each with its kind as first byte:
 *
 *   I digest name   the include list gives `name` with this content; i: the same file once more, by another name
 *   O, Y            likewise from the command's other search directories; from the system's, no other offering it
 *   N k name        the k-th file (from 0) of that name in the system's directories: #include_next
 *   S, B, A         beneath the unit's directory; beneath build.path; by absolute path
 *   =               the source itself, which the key holds
 *   U name          no search list but the system's offers `name`
 *   X k name        beside the k-th file read there is no `name`
 *   H y|n k name    what __has_include says in the k-th file
 *   L, P            digest of all search lists; of all resolved paths and the source's very bytes
 *
 * Anything it cannot read matches nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/sum64.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/path_clean.h"
#include "sketch/store_internal.h"

#define HEAD "boardman-manifest 1\n"

struct matcher {
	struct store *st;
	const struct compile_view *v;
	const struct manifest_entry *e;
	struct strv *deps;
};

struct row {
	char kind;
	const char *hex; /* 64 digits, or NULL */
	const char *name; /* not terminated */
	size_t len;
	size_t k;
	bool yes;
};

void manifest_head(struct buf *out)
{
	buf_addstr(out, HEAD);
}

static unsigned long long entry_sum(
	const char *object_hex, const char *rows, size_t rows_len, size_t err_len)
{
	uint64_t h = sum64(SUM64_START, object_hex, DIGEST_HEX_LEN);
	return sum64(sum64_mix(h, rows_len), rows, rows_len + err_len);
}

void manifest_add(
	struct buf *out, const struct digest *object, const struct buf *rows, const struct buf *err)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct buf body = BUF_INIT;
	buf_add(&body, buf_str(rows), rows->len);
	buf_add(&body, buf_str(err), err->len);
	digest_hex(object, hex);
	buf_addf(out, "E %s %016llx %zu %zu\n", hex,
		entry_sum(hex, buf_str(&body), rows->len, err->len), rows->len, err->len);
	buf_add(out, buf_str(&body), body.len);
	buf_addch(out, '\n');
	buf_release(&body);
}

static bool read_number(const char **p, const char *end, size_t *out)
{
	size_t n = 0;
	const char *start = *p;
	for (; *p < end && **p >= '0' && **p <= '9' && *p - start < 10; (*p)++)
		n = n * 10 + (size_t)(**p - '0');
	*out = n;
	return *p > start;
}

/* The entry at `p`; where it ends, or NULL. */
static const char *parse_entry(const char *p, const char *end, struct manifest_entry *e)
{
	const char *object = p + 2, *sum = object + DIGEST_HEX_LEN + 1;
	char want[17];
	*e = (struct manifest_entry){.start = p};
	if (end - p < 2 + DIGEST_HEX_LEN + 1 + 16 + 5 || memcmp(p, "E ", 2) ||
		!digest_parse(&e->object, object) || sum[16] != ' ')
		return NULL;
	p = sum + 17;
	if (!read_number(&p, end, &e->rows_len) || p == end || *p++ != ' ' ||
		!read_number(&p, end, &e->err_len) || p == end || *p++ != '\n' ||
		(size_t)(end - p) < e->rows_len + e->err_len + 1)
		return NULL;
	e->rows = p;
	e->err = p + e->rows_len;
	p = e->err + e->err_len;
	snprintf(want, sizeof want, "%016llx", entry_sum(object, e->rows, e->rows_len, e->err_len));
	if (memcmp(want, sum, 16) || *p != '\n')
		return NULL;
	e->len = (size_t)(p + 1 - e->start);
	return p + 1;
}

size_t manifest_parse(const char *text, size_t len, struct manifest_entry *out)
{
	const char *end = text + len, *p = text + sizeof HEAD - 1;
	size_t n = 0;
	if (len < sizeof HEAD - 1 || memcmp(text, HEAD, sizeof HEAD - 1))
		return 0;
	while (p && p < end && n < STORE_MAX_ENTRIES) {
		p = parse_entry(p, end, &out[n]);
		if (!p)
			return 0;
		n++;
	}
	return n;
}

static bool has_digest(char kind)
{
	return strchr("IiOYNSBALP", kind) != NULL;
}

static bool parse_row(const char *p, const char *end, struct row *r)
{
	*r = (struct row){.kind = *p++};
	if (has_digest(r->kind)) {
		if (end - p < DIGEST_HEX_LEN)
			return false;
		r->hex = p;
		p += DIGEST_HEX_LEN;
	} else if (r->kind == 'H') {
		if (p == end || (*p != 'y' && *p != 'n'))
			return false;
		r->yes = *p++ == 'y';
	}
	if (strchr("HXN", r->kind) && !read_number(&p, end, &r->k))
		return false;
	if (p < end && *p++ != ' ')
		return false;
	r->name = p;
	r->len = (size_t)(end - p);
	return true;
}

static bool same_digest(const char *hex, const struct digest *d)
{
	char have[DIGEST_HEX_LEN + 1];
	return !memcmp(digest_hex(d, have), hex, DIGEST_HEX_LEN);
}

static bool offers(struct include_list *il, const struct row *r)
{
	return il && include_list_lookup(il, r->name, r->len, NULL);
}

static bool push_found(struct matcher *m, const char *path)
{
	if (strstr(path, "/..") || strstr(path, "/./"))
		strv_push_take(m->deps, path_clean(path));
	else
		strv_push(m->deps, path);
	return true;
}

static bool match_searched(struct matcher *m, const struct row *r)
{
	const struct compile_view *v = m->v;
	struct include_list *il = r->kind == 'O'   ? v->extra
				  : r->kind == 'Y' ? v->system
						   : v->in->includes;
	const char *path;
	if (!il || (r->kind != 'O' && offers(v->extra, r)))
		return false;
	if (il != v->in->includes && offers(v->in->includes, r))
		return false;
	const struct file_facts *f = include_list_lookup(il, r->name, r->len, &path);
	if (!f || !same_digest(r->hex, &f->digest))
		return false;
	return r->kind == 'i' || push_found(m, path);
}

static bool match_next(struct matcher *m, const struct row *r)
{
	const char *path;
	if (offers(m->v->extra, r) || offers(m->v->in->includes, r))
		return false;
	const struct file_facts *f = include_list_nth(m->v->system, r->name, r->len, r->k, &path);
	return f && same_digest(r->hex, &f->digest) && push_found(m, path);
}

static const char *join(struct matcher *m, const char *dir, const struct row *r)
{
	struct buf *b = &m->st->path;
	buf_clear(b);
	if (dir) {
		buf_addstr(b, dir);
		buf_addch(b, '/');
	}
	buf_add(b, r->name, r->len);
	return buf_str(b);
}

static bool match_placed(struct matcher *m, const struct row *r)
{
	const struct compile_input *in = m->v->in;
	const char *dir = r->kind == 'S' ? in->root : r->kind == 'B' ? in->build_dir : NULL;
	if (r->kind != 'A' && !dir)
		return false;
	const char *path = join(m, dir, r);
	const struct file_facts *f = file_index_get(m->st->ix, path);
	if (!f || (f->flags & FILE_IS_DIR) || !same_digest(r->hex, &f->digest))
		return false;
	strv_push(m->deps, path);
	return true;
}

bool manifest_beside(struct store *st, const char *from, const char *name, size_t len)
{
	struct buf *b = &st->path;
	const char *slash = strrchr(from, '/');
	buf_clear(b);
	if (slash && name[0] != '/')
		buf_add(b, from, (size_t)(slash + 1 - from));
	buf_add(b, name, len);
	const struct file_facts *f = file_index_get(st->ix, buf_str(b));
	return f && !(f->flags & FILE_IS_DIR);
}

bool manifest_has_include(struct store *st, const struct compile_view *v, const char *from,
	const char *name, size_t len)
{
	struct row r = {.name = name + 1, .len = len - 1};
	if (name[0] == '"' && manifest_beside(st, from, r.name, r.len))
		return true;
	return offers(v->in->includes, &r) || offers(v->extra, &r) || offers(v->system, &r);
}

static bool match_file_row(struct matcher *m, const struct row *r)
{
	if (r->k >= m->deps->n || !r->len)
		return false;
	const char *from = m->deps->v[r->k];
	if (r->kind == 'X')
		return !manifest_beside(m->st, from, r->name, r->len);
	return manifest_has_include(m->st, m->v, from, r->name, r->len) == r->yes;
}

static void add_strv(struct digester *d, const struct strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		digester_addstr(d, sv->v[i]);
	digester_addstr(d, NULL);
}

void manifest_lists_digest(struct store *st, const struct compile_view *v, struct digest *out)
{
	add_strv(st->d, include_list_dirs(v->in->includes));
	if (v->extra)
		add_strv(st->d, include_list_dirs(v->extra));
	digester_addstr(st->d, NULL);
	add_strv(st->d, include_list_dirs(v->system));
	digester_finish(st->d, out);
}

/* The language of messages matters only where there are any, but then paths do too. */
static const char *messages_language(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return value;
	}
	return "";
}

void manifest_paths_digest(struct store *st, const struct compile_view *v, const struct strv *deps,
	bool has_err, struct digest *out)
{
	const struct file_facts *source = has_err ? file_index_get(st->ix, v->in->source) : NULL;
	add_strv(st->d, deps);
	if (source)
		digester_add_digest(st->d, &source->digest);
	if (has_err)
		digester_addstr(st->d, messages_language());
	digester_finish(st->d, out);
}

static bool match_row(struct matcher *m, const struct row *r)
{
	struct digest d;
	switch (r->kind) {
	case '=': strv_push(m->deps, m->v->in->source); return true;
	case 'I':
	case 'i':
	case 'O':
	case 'Y': return match_searched(m, r);
	case 'N': return match_next(m, r);
	case 'S':
	case 'B':
	case 'A': return match_placed(m, r);
	case 'U': return !offers(m->v->in->includes, r) && !offers(m->v->extra, r);
	case 'X':
	case 'H': return match_file_row(m, r);
	case 'L': manifest_lists_digest(m->st, m->v, &d); return same_digest(r->hex, &d);
	case 'P':
		manifest_paths_digest(m->st, m->v, m->deps, m->e->err_len > 0, &d);
		return same_digest(r->hex, &d);
	default: return false;
	}
}

bool manifest_matches(struct store *st, const struct compile_view *v,
	const struct manifest_entry *e, struct strv *deps)
{
	struct matcher m = {st, v, e, deps};
	const char *p = e->rows, *end = e->rows + e->rows_len, *line_end;
	struct row r;
	for (; p < end; p = line_end + 1) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end || line_end == p || !parse_row(p, line_end, &r) ||
			!match_row(&m, &r)) {
			strv_clear(deps);
			return false;
		}
	}
	return true;
}
