/* prototypes: the declarations that make an .ino file C++: which lines ctags may see, which
 * functions get one, where they go. The preprocessor and ctags themselves are run by the caller.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/ctags_parse.h"
#include "sketch/proto_match.h"
#include "sketch/source_internal.h"

static bool is_digits(const char *p, const char *end)
{
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p == end;
}

/* Reads a quoted string with backslash escapes into `out`. False when it is not closed, or more
 * than flags follow. */
static bool read_quoted(const char *p, const char *end, struct buf *out)
{
	if (p == end || *p++ != '"')
		return false;
	for (; p < end && *p != '"'; p++) {
		if (*p == '\\' && ++p == end)
			return false;
		buf_addch(out, *p);
	}
	return p < end && (p + 1 == end || p[1] == ' ');
}

/* `# 12 "file" 1`, or #line. False when the line is no marker; else whether it names a file of the
 * sketch is in *ours. */
static bool read_marker(const char *p, const char *end, const struct sketch *s, bool *ours)
{
	if (p == end || *p != '#')
		return false;
	const char *number = memchr(p, ' ', (size_t)(end - p));
	const char *name = number ? memchr(number + 1, ' ', (size_t)(end - number - 1)) : NULL;
	if (!name || !is_digits(number + 1, name))
		return false;
	struct buf file = BUF_INIT;
	bool marker = read_quoted(name + 1, end, &file) && file.len;
	if (marker)
		*ours = strv_contains(&s->ino, buf_str(&file));
	buf_release(&file);
	return marker;
}

/* arduino-ctags takes a file's name to end at its first quote, escaped or not: those are written as octal, as tags_parse knows. */
static void add_marker(struct buf *out, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p != '\\' || p + 1 == end)
			buf_addch(out, *p);
		else if (*++p == '"')
			buf_addstr(out, "\\042");
		else
			buf_addf(out, "\\%c", *p);
	}
}

void prototypes_filter(
	const char *preprocessed, size_t len, const struct sketch *s, struct buf *out)
{
	bool ours = false;
	const char *p = preprocessed, *end = preprocessed + len;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = nl ? nl : end;
		if (line_end > p && line_end[-1] == '\r')
			line_end--;
		bool marker = read_marker(p, line_end, s, &ours);
		if (ours && marker)
			add_marker(out, p, line_end);
		else if (ours)
			buf_add(out, p, (size_t)(line_end - p));
		if (ours)
			buf_addch(out, '\n');
		p = nl ? nl + 1 : end;
	}
}

static bool is_candidate(const struct tag *t)
{
	return t->kind != TAG_OTHER && t->global;
}

static void make_prototypes(struct source_view *v, struct tags *tags)
{
	for (size_t i = 0; i < tags->n; i++) {
		struct tag *t = &tags->v[i];
		t->skip = !is_candidate(t);
		if (t->skip)
			continue;
		if (strncmp(t->prototype, "template", 8) == 0) {
			char *made = proto_of_template(v, t);
			free(t->prototype);
			t->prototype = made;
		} else if (strstr(t->code, "static ")) {
			t->modifiers = "static";
		}
	}
}

/* What the sketch declares itself needs no prototype, nor does anything twice. */
static void skip_declared(struct tags *tags)
{
	static char mark;
	struct strmap seen = STRMAP_INIT(NULL);
	for (size_t i = 0; i < tags->n; i++) {
		if (tags->v[i].kind == TAG_PROTOTYPE)
			strmap_set(&seen, tags->v[i].prototype, &mark);
	}
	for (size_t i = 0; i < tags->n; i++) {
		struct tag *t = &tags->v[i];
		if (t->skip)
			continue;
		t->skip = strmap_get(&seen, t->prototype);
		if (!t->skip)
			strmap_set(&seen, t->prototype, &mark);
	}
	strmap_release(&seen);
}

/* "&f" or "(f)" of a function that gets a prototype, on another line than its own. "&f" is also
 * found in "&foo". */
static bool mentions_function(const struct tag *t, const struct tags *tags)
{
	for (const char *p = t->code; (p = strpbrk(p, "&(")); p++) {
		for (size_t i = 0; i < tags->n; i++) {
			const struct tag *f = &tags->v[i];
			if (f->kind != TAG_FUNCTION || f->skip || f->line == t->line)
				continue;
			size_t len = strlen(f->name);
			if (strncmp(p + 1, f->name, len) == 0 && (*p == '&' || p[1 + len] == ')'))
				return true;
		}
	}
	return false;
}

/* The line of the main file that prototypes go before; 0 is its very beginning. */
static int insertion_line(const struct tags *tags, const char *main_file)
{
	int function = -1, mention = -1;
	for (size_t i = 0; i < tags->n && function < 0; i++) {
		const struct tag *t = &tags->v[i];
		if (t->kind == TAG_FUNCTION && t->global && strcmp(t->file, main_file) == 0)
			function = t->line;
	}
	for (size_t i = 0; i < tags->n && mention < 0; i++) {
		if (mentions_function(&tags->v[i], tags))
			mention = tags->v[i].line;
	}
	if (function < 0 || (mention >= 0 && mention < function))
		function = mention;
	return function < 0 ? 0 : function;
}

static void push_mark(struct strv *lines, int line, const char *file)
{
	struct buf mark = BUF_INIT;
	source_add_line_mark(&mark, line, file);
	buf_truncate(&mark, mark.len - 1);
	strv_push_take(lines, buf_detach(&mark));
}

/* Functions with default arguments stay without: a default may be given only once. */
static void write_lines(struct strv *lines, const struct tags *tags, int resume)
{
	const struct tag *first = NULL;
	for (size_t i = 0; i < tags->n; i++) {
		const struct tag *t = &tags->v[i];
		if (t->skip)
			continue;
		first = first ? first : t;
		if (strchr(t->prototype, '='))
			continue;
		push_mark(lines, t->line, t->file);
		strv_pushf(lines, "%s%s%s", t->modifiers, *t->modifiers ? " " : "", t->prototype);
	}
	if (!first)
		return;
	if (!lines->n)
		strv_push(lines, "");
	push_mark(lines, resume, first->file);
}

static int count_lines(const struct buf *text)
{
	int n = 0;
	const char *p = buf_str(text), *end = p + text->len;
	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

int prototypes_parse(const char *ctags_output, size_t len, const struct sketch *s,
	const struct merged *m, struct prototypes *out, struct error *err)
{
	struct tags tags = {0};
	struct source_view view;
	if (tags_parse(&tags, ctags_output, len, err) < 0) {
		tags_release(&tags);
		return -1;
	}
	source_view_init(&view, s, m);
	make_prototypes(&view, &tags);
	skip_declared(&tags);
	for (size_t i = 0; i < tags.n; i++) {
		if (!tags.v[i].skip)
			tags.v[i].skip = !proto_matches(&view, &tags.v[i]);
	}
	proto_add_c_linkage(&view, &tags);

	*out = (struct prototypes){0};
	int line = insertion_line(&tags, s->main_file);
	/* Only #line of the sketch's own can take it out of the text; then the reference gives up,
	 * too. */
	if (line <= count_lines(&m->text)) {
		write_lines(&out->lines, &tags, line);
		out->line = out->lines.n ? line + m->first_line - 1 : 0;
	}
	source_view_release(&view);
	tags_release(&tags);
	return 0;
}

void prototypes_insert(const struct merged *m, const struct prototypes *p, struct buf *out)
{
	const char *text = buf_str(&m->text), *at = text, *end = text + m->text.len;
	for (int line = 1; line < p->line && at < end; line++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		at = nl ? nl + 1 : end;
	}
	buf_add(out, text, (size_t)(at - text));
	for (size_t i = 0; p->line && i < p->lines.n; i++) {
		buf_addstr(out, p->lines.v[i]);
		buf_addch(out, '\n');
	}
	buf_add(out, at, (size_t)(end - at));
}

void prototypes_release(struct prototypes *p)
{
	strv_release(&p->lines);
	*p = (struct prototypes){0};
}
