/* rows: writing and checking the record of what a build read. */
#include "sketch/rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/context.h"
#include "sketch/fileindex.h"
#include "sketch/fileindex_internal.h"
#include "sketch/library.h"

void rows_init(struct rows *r, struct context *c, const char *tree, struct buf *out)
{
	*r = (struct rows){.seen = STRMAP_INIT(NULL), .out = out, .context = c, .tree = tree};
}

void rows_release(struct rows *r)
{
	strmap_release(&r->seen);
}

static bool mark(struct rows *r, const char *path)
{
	if (strmap_get(&r->seen, path))
		return false;
	strmap_set(&r->seen, path, r);
	return true;
}

static const char *root_of(const struct rows *r, const char *path)
{
	const struct context *c = r->context;
	const struct board *b = c->board;
	if ((r->tree && path_beneath(path, r->tree)) ||
		(c->tree_library && path_beneath(path, c->tree_library)))
		return "tree";
	if (libraries_owner(c->libraries, path))
		return "library";
	if (path_beneath(path, b->core_dir) || path_beneath(path, b->platform->dir) ||
		(b->variant_dir && path_beneath(path, b->variant_dir)))
		return "platform";
	return "toolchain";
}

static void add(struct rows *r, const char *path, bool is_dir)
{
	char hex[DIGEST_HEX_LEN + 1];
	if (strpbrk(path, "\t\n")) {
		r->gone = true; /* no row can hold it: the result is not reused */
		return;
	}
	const struct file_facts *f = file_index_get(r->context->shared->files, path);
	if (!f || (r->since && !file_index_held_still(r->context->shared->files, path, r->since))) {
		r->gone = true;
		return;
	}
	buf_addstr(r->out, root_of(r, path));
	buf_addch(r->out, '\t');
	buf_addstr(r->out, path);
	buf_addstr(r->out, is_dir ? "/\t" : "\t");
	buf_add(r->out, digest_hex(&f->digest, hex), DIGEST_HEX_LEN);
	buf_addch(r->out, '\n');
}

void rows_add(struct rows *r, const char *path)
{
	if (mark(r, path))
		add(r, path, false);
}

void rows_add_dir(struct rows *r, const char *path, bool recursive)
{
	struct fs_list l = {0};
	if (!mark(r, path))
		return;
	add(r, path, true);
	if (!recursive || fs_list(path, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].type != 'd' || l.v[i].name[0] == '.')
			continue;
		char *sub = path_join(path, l.v[i].name);
		rows_add_dir(r, sub, true);
		free(sub);
	}
	fs_list_release(&l);
}

/* The path of the row at `line`: its start, and its end at the second tab. */
static const char *row_path(const char *line, const char *end, const char **path_end)
{
	const char *a = memchr(line, '\t', (size_t)(end - line));
	if (!a)
		return NULL;
	*path_end = memchr(a + 1, '\t', (size_t)(end - a - 1));
	return *path_end ? a + 1 : NULL;
}

void rows_add_text(struct rows *r, const char *text)
{
	const char *end, *path_end;
	for (const char *line = text; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return;
		const char *path = row_path(line, end, &path_end);
		if (!path)
			continue;
		char *p = xstrndup(path, (size_t)(path_end - path) - (path_end[-1] == '/'));
		if (mark(r, p))
			buf_add(r->out, line, (size_t)(end - line) + 1);
		free(p);
	}
}

/* Bytes of whole rows at the end of `text` that end `known` too. */
static size_t common_rows(const struct buf *known, const char *text, size_t len)
{
	enum { STEP = 64 };
	const char *a = buf_str(known) + known->len, *b = text + len;
	size_t most = known->len < len ? known->len : len, n = 0;
	while (most - n >= STEP && !memcmp(a - n - STEP, b - n - STEP, STEP))
		n += STEP;
	while (n < most && a[-1 - (ptrdiff_t)n] == b[-1 - (ptrdiff_t)n])
		n++;
	const char *before = n ? memchr(b - n, '\n', n) : NULL;
	return before ? (size_t)(b - before) - 1 : 0;
}

/* The sketches of a board have the core's rows in common, at the end: these are looked at once. */
bool rows_current(const char *text, struct file_index *ix)
{
	struct buf *known = file_index_confirmed(ix);
	const char *end, *path_end;
	size_t len = strlen(text), rest = len - common_rows(known, text, len);
	for (const char *line = text; line < text + rest; line = end + 1) {
		end = strchr(line, '\n');
		const char *p = end ? row_path(line, end, &path_end) : NULL;
		if (!p || end - path_end != 1 + DIGEST_HEX_LEN)
			return false;
		size_t path_len = (size_t)(path_end - p) - (path_end[-1] == '/');
		if (!file_index_is(ix, p, path_len, path_end + 1))
			return false;
	}
	buf_clear(known);
	buf_add(known, text, len);
	return true;
}
