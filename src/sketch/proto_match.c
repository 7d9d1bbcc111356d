/* proto_match: see proto_match.h. Comments are taken out line by line, upwards or downwards, by the
 * reference's own approximation; nothing here tries to be cleverer than that.
 */
#include "sketch/proto_match.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/ctags_parse.h"
#include "sketch/source_internal.h"

#define MAX_LINE 65535 /* the reference reads no further than a longer line */
#define MAX_CODE 65536 /* bytes gathered in search of one function */

void source_view_init(struct source_view *v, const struct sketch *s, const struct merged *m)
{
	*v = (struct source_view){.sketch = s, .merged = m};
	v->files = xcalloc(s->ino.n + 1, sizeof *v->files);
}

void source_view_release(struct source_view *v)
{
	for (size_t i = 0; i < v->sketch->ino.n; i++)
		free(v->files[i].v);
	free(v->files);
}

/* Where file `i` begins in the merged text; *end is where the next one's mark stands. */
static const char *file_text(const struct source_view *v, size_t i, const char **end)
{
	const char *p = buf_str(&v->merged->text);
	*end = p + v->merged->text.len;
	for (size_t at = 0; at <= i + 1 && at < v->sketch->ino.n; at++) {
		struct buf mark = BUF_INIT;
		source_add_line_mark(&mark, 1, v->sketch->ino.v[at]);
		const char *found = memmem(p, (size_t)(*end - p), mark.data, mark.len);
		size_t mark_len = mark.len;
		buf_release(&mark);
		if (at == i + 1 && found)
			*end = found;
		else if (found)
			p = found + mark_len;
		else if (at <= i)
			return NULL;
	}
	return p;
}

static void read_lines(const struct source_view *v, size_t i)
{
	struct source_lines *f = &v->files[i];
	const char *end, *p = file_text(v, i, &end);
	f->known = true;
	/* The last newline is none of the file's. */
	if (p && end > p)
		end--;
	while (p && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		if (len > MAX_LINE)
			return;
		GROW(f->v, f->n, f->cap);
		f->v[f->n++] = (struct source_line){p, len};
		p = nl ? nl + 1 : end;
	}
}

/* NULL when `path` is no file of the sketch. */
static const struct source_lines *lines_of(struct source_view *v, const char *path)
{
	for (size_t i = 0; i < v->sketch->ino.n; i++) {
		if (strcmp(v->sketch->ino.v[i], path) != 0)
			continue;
		if (!v->files[i].known)
			read_lines(v, i);
		return &v->files[i];
	}
	return NULL;
}

static void squeeze(struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] != ' ' && b->data[i] != '\t')
			b->data[n++] = b->data[i];
	}
	if (b->data)
		buf_truncate(b, n);
}

static const char *find(const char *s, size_t len, const char *what)
{
	return len ? memmem(s, len, what, strlen(what)) : NULL;
}

/* One line without its comments, as the reference sees it: `inside` says that a comment goes on
 * into the next line looked at. The byte lost at the line's end is the reference's loss as well. */
static void uncomment(struct buf *out, struct source_line line, bool *inside)
{
	struct buf b = BUF_INIT;
	const char *cut = find(line.s, line.len, "//");
	size_t len = cut ? (size_t)(cut - line.s) : line.len;
	const char *close = find(line.s, len, "*/"), *open = find(line.s, len, "/*");
	if (close && open)
		buf_add(&b, line.s, (size_t)(open - line.s));
	if (close)
		buf_add(&b, close + 1, (size_t)(line.s + len - 1 - (close + 1)));
	else
		buf_add(&b, line.s, len);
	if (close && !open)
		*inside = true;
	if (*inside) {
		open = find(buf_str(&b), b.len, "/*");
		buf_truncate(&b, open ? (size_t)(open - b.data) : 0);
		*inside = !open;
	}
	buf_add(out, buf_str(&b), b.len);
	buf_release(&b);
}

static void prepend(struct buf *code, struct source_line line, bool *inside)
{
	struct buf b = BUF_INIT;
	uncomment(&b, line, inside);
	buf_add(&b, buf_str(code), code->len);
	buf_release(code);
	*code = b;
}

static void cut_behind_paren(struct buf *code)
{
	const char *paren = find(buf_str(code), code->len, ")");
	buf_truncate(code, paren ? (size_t)(paren + 1 - code->data) : 0);
}

/* How many lines stand above the tag's own. */
static size_t lines_above(const struct source_lines *f, const struct tag *t)
{
	size_t above = t->line > 0 ? (size_t)t->line - 1 : 0;
	return f && f->n < above ? f->n : f ? above : 0;
}

char *proto_of_template(struct source_view *v, const struct tag *t)
{
	struct buf code = BUF_INIT;
	buf_addstr(&code, t->code);
	if (strncmp(t->code, "template", 8) == 0) {
		const char *brace = strchr(t->code, '{'), *paren = strrchr(t->code, ')');
		buf_truncate(&code, brace   ? (size_t)(brace - t->code)
				    : paren ? (size_t)(paren + 1 - t->code)
					    : 0);
	} else {
		const struct source_lines *f = lines_of(v, t->file);
		bool inside = false;
		for (size_t i = lines_above(f, t); i-- > 0 && code.len < MAX_CODE;) {
			if (find(buf_str(&code), code.len, "template"))
				break;
			prepend(&code, f->v[i], &inside);
		}
		cut_behind_paren(&code);
	}
	buf_addch(&code, ';');
	return buf_detach(&code);
}

/* A signature over several lines: the code is gathered from the file, down to the line with its
 * ')'. */
static void gather_signature(struct source_view *v, const struct tag *t, struct buf *code)
{
	const struct source_lines *f = lines_of(v, t->file);
	if (!f)
		return;
	size_t i = t->line > 0 ? (size_t)t->line - 1 : 0;
	bool inside = false, closed = false;
	buf_truncate(code, 0);
	for (bool own = true; i < f->n && !closed && code->len < MAX_CODE; i++, own = false) {
		size_t before = code->len;
		uncomment(code, f->v[i], &inside);
		closed = !own && find(code->data + before, code->len - before, ")");
	}
}

/* A return type on a line of its own: lines above are put before the code until the prototype could
 * be there. */
static size_t gather_above(
	struct source_view *v, const struct tag *t, struct buf *code, size_t want)
{
	const struct source_lines *f = lines_of(v, t->file);
	size_t i = lines_above(f, t);
	bool inside = false;
	while (i > 0 && code->len < want) {
		prepend(code, f->v[--i], &inside);
		squeeze(code);
	}
	return i;
}

bool proto_matches(struct source_view *v, struct tag *t)
{
	struct buf code = BUF_INIT, proto = BUF_INIT;
	buf_addstr(&code, t->code);
	if (!strchr(t->code, ')'))
		gather_signature(v, t, &code);
	squeeze(&code);
	buf_addstr(&proto, t->prototype);
	squeeze(&proto);
	buf_truncate(&proto, proto.len - 1);
	bool matches = strstr(buf_str(&code), buf_str(&proto));
	if (!matches) {
		cut_behind_paren(&code);
		const char *at = strstr(buf_str(&proto), buf_str(&code));
		size_t missing = at ? (size_t)(at - proto.data) : 0;
		size_t line = gather_above(v, t, &code, code.len + missing);
		matches = strstr(buf_str(&code), buf_str(&proto));
		if (matches)
			t->line = (int)line;
	}
	buf_release(&code);
	buf_release(&proto);
	return matches;
}

/* The lines, 1-based, that `extern "C"` covers; comments and strings count like code. */
struct c_linkage {
	bool *line;
	size_t n;
};

static void find_c_linkage(struct c_linkage *c, const struct source_lines *f)
{
	bool inside = false, entering = false;
	long depth = 0;
	*c = (struct c_linkage){xcalloc(f->n + 1, sizeof(bool)), f->n + 1};
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < f->n; i++) {
		buf_truncate(&b, 0);
		buf_add(&b, f->v[i].s, f->v[i].len);
		squeeze(&b);
		if (!b.len)
			continue;
		entering = false;
		if (find(b.data, b.len, "extern\"C\"")) {
			inside = true;
			entering = b.len == strlen("extern\"C\"");
		}
		c->line[i + 1] = inside;
		for (size_t k = 0; k < b.len; k++)
			depth += (b.data[k] == '{') - (b.data[k] == '}');
		if (depth == 0 && !entering)
			inside = false;
	}
	buf_release(&b);
}

/* The reference stops at the first tag of a file that it has seen: only files before that have
 * their lines known. */
void proto_add_c_linkage(struct source_view *v, struct tags *tags)
{
	size_t n = v->sketch->ino.n;
	struct c_linkage *known = xcalloc(n + 1, sizeof *known);
	bool looking = true;
	for (size_t i = 0; i < tags->n && looking; i++) {
		const struct source_lines *f = lines_of(v, tags->v[i].file);
		struct c_linkage *c = f ? &known[f - v->files] : NULL;
		looking = !c || !c->line;
		if (c && looking)
			find_c_linkage(c, f);
	}
	for (size_t i = 0; i < tags->n; i++) {
		struct tag *t = &tags->v[i];
		const struct source_lines *f = lines_of(v, t->file);
		const struct c_linkage *c = f ? &known[f - v->files] : NULL;
		if (c && t->line >= 0 && (size_t)t->line < c->n && c->line[t->line])
			t->modifiers = *t->modifiers ? "static extern \"C\"" : " extern \"C\"";
	}
	for (size_t i = 0; i < n; i++)
		free(known[i].line);
	free(known);
}
