/* source: the .ino files of a sketch put together, and the copies of its other files. Nothing is
 * understood here but the one question whether Arduino.h is included already.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/fs.h"
#include "sketch/source_internal.h"

void source_add_line_mark(struct buf *out, int line, const char *path)
{
	buf_addf(out, "#line %d \"", line);
	for (const char *p = path; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_addch(out, '\\');
		buf_addch(out, *p);
	}
	buf_addstr(out, "\"\n");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static const char *back_over_space(const char *p, const char *start)
{
	while (p > start && is_space(p[-1]))
		p--;
	return p;
}

static const char *back_over(const char *p, const char *start, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(p - start) < len || memcmp(p - len, word, len) != 0)
		return NULL;
	return p - len;
}

/* Is this "Arduino.h" that of an #include at the beginning of a line? Comments are not looked for:
 * the reference does not. */
static bool is_include(const char *name, const char *start, const char *end)
{
	static const size_t name_len = sizeof "Arduino.h" - 1;
	const char *after = name + name_len;
	if (after >= end || (*after != '>' && *after != '"'))
		return false;
	if (name == start || (name[-1] != '<' && name[-1] != '"'))
		return false;
	const char *p = back_over(back_over_space(name - 1, start), start, "include");
	p = p ? back_over(back_over_space(p, start), start, "#") : NULL;
	if (!p)
		return false;
	const char *line = back_over_space(p, start);
	return line == start || memchr(line, '\n', (size_t)(p - line));
}

static bool includes_arduino(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	while (p < end && (p = memmem(p, (size_t)(end - p), "Arduino.h", 9))) {
		if (is_include(p, text, end))
			return true;
		p++;
	}
	return false;
}

/* Adds the text with every line ended by a bare newline. */
static void add_lines(struct buf *out, const char *p, const char *end)
{
	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));
		buf_add(out, p, (size_t)((cr ? cr : end) - p));
		if (!cr)
			return;
		buf_addch(out, '\n');
		p = cr + 1;
		if (p < end && *p == '\n')
			p++;
	}
}

static size_t bom_length(const struct buf *b)
{
	return b->len >= 3 && memcmp(b->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int source_merge(const struct sketch *s, struct merged *out, struct error *err)
{
	struct merged m = {.first_line = 2};
	struct buf file = BUF_INIT;
	int rc = 0;
	for (size_t i = 0; i < s->ino.n; i++) {
		buf_clear(&file);
		rc = fs_read(s->ino.v[i], SKETCH_MAX_FILE, &file, err);
		if (rc < 0)
			break;
		size_t bom = bom_length(&file);
		const char *text = buf_str(&file) + bom;
		if (i == 0 && !includes_arduino(text, file.len - bom)) {
			buf_addstr(&m.text, "#include <Arduino.h>\n");
			m.first_line++;
		}
		source_add_line_mark(&m.text, 1, s->ino.v[i]);
		add_lines(&m.text, text, text + file.len - bom);
		buf_addch(&m.text, '\n');
	}
	buf_release(&file);
	if (rc < 0) {
		merged_release(&m);
		return -1;
	}
	*out = m;
	return 0;
}

void merged_release(struct merged *m)
{
	buf_release(&m->text);
	*m = (struct merged){0};
}

int source_copy_text(const char *path, bool builder_compat, struct buf *out, struct error *err)
{
	struct buf file = BUF_INIT;
	int rc = fs_read(path, SKETCH_MAX_FILE, &file, err);
	if (rc == 0) {
		size_t bom = builder_compat ? 0 : bom_length(&file);
		if (!builder_compat)
			source_add_line_mark(out, 1, path);
		buf_add(out, buf_str(&file) + bom, file.len - bom);
	}
	buf_release(&file);
	return rc;
}
