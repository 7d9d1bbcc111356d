/* toolchain_memo: keeps what compilers answered, in <cache_dir>/toolchains. Text: a head line, then entries of a 'T' line with
 * the key, the length and a check sum of the lines that follow. An entry is read when it is asked
 * for; a damaged one is absent.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/sum64.h"
#include "common/xalloc.h"
#include "sketch/toolchain_internal.h"

#define HEAD "boardman-toolchains 1\n"
#define MAX_FILE ((size_t)32 << 20)
#define MAX_ENTRIES 2048

static void add_line(struct buf *b, char kind, const char *text)
{
	buf_addf(b, "%c %s\n", kind, text);
}

/* False when a path could not be read back. */
static bool write_entry(const struct tool_facts *f, struct buf *out)
{
	struct buf body = BUF_INIT;
	char hex[DIGEST_HEX_LEN + 1];
	size_t lines = 1;
	add_line(&body, 'c', digest_hex(&f->tool, hex));
	for (size_t i = 0; i < f->dirs.n; i++, lines++)
		buf_addf(&body, "d %s %s\n", f->listed[i] ? digest_hex(&f->listings[i], hex) : "-",
			f->dirs.v[i]);
	for (size_t i = 0; i < f->names.n; i++, lines++)
		buf_addf(&body, "p %s\t%s\n", f->names.v[i], f->resolved.v[i]);
	for (size_t i = 0; i < f->files.n; i++, lines++)
		add_line(&body, 'f', f->files.v[i]);
	for (size_t i = 0; i < f->system_dirs.n; i++, lines++)
		add_line(&body, 's', f->system_dirs.v[i]);
	if (f->version && ++lines)
		add_line(&body, 'v', f->version);
	size_t newlines = 0;
	for (size_t i = 0; i < body.len; i++)
		newlines += body.data[i] == '\n';
	if (newlines == lines) {
		buf_addf(out, "T %s %zu %016llx\n", digest_hex(&f->key, hex), body.len,
			(unsigned long long)sum64(SUM64_START, body.data, body.len));
		buf_add(out, body.data, body.len);
	}
	buf_release(&body);
	return newlines == lines;
}

static void read_dir_line(struct tool_facts *f, const char *text)
{
	const char *space = strchr(text, ' ');
	if (!space)
		return;
	f->listings = xreallocarray(f->listings, f->dirs.n + 1, sizeof *f->listings);
	f->listed = xreallocarray(f->listed, f->dirs.n + 1, sizeof *f->listed);
	f->listed[f->dirs.n] = digest_parse(&f->listings[f->dirs.n], text);
	strv_push(&f->dirs, space + 1);
}

static void read_line(struct tool_facts *f, char kind, char *text)
{
	char *tab;
	switch (kind) {
	case 'c': digest_parse(&f->tool, text); break;
	case 'd': read_dir_line(f, text); break;
	case 'f': strv_push(&f->files, text); break;
	case 's': strv_push(&f->system_dirs, text); break;
	case 'v':
		free(f->version);
		f->version = xstrdup(text);
		break;
	case 'p':
		tab = strchr(text, '\t');
		if (!tab)
			break;
		*tab = '\0';
		strv_push(&f->names, text);
		strv_push(&f->resolved, tab + 1);
		break;
	default: break;
	}
}

static void read_body(struct tool_facts *f, const char *p, size_t len)
{
	char *text = xstrndup(p, len), *at = text, *end = text + len;
	while (at < end) {
		char *line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			break;
		*line_end = '\0';
		if (line_end - at >= 2)
			read_line(f, at[0], at + 2);
		at = line_end + 1;
	}
	free(text);
}

/* An entry as it stands in the file. */
struct entry {
	struct digest key;
	unsigned long long sum;
	const char *start, *body, *end;
};

/* The entry at `p`; false when it is none. */
static bool read_entry(const char *p, const char *end, struct entry *e)
{
	size_t len;
	int used = 0;
	e->start = p;
	if (end - p < DIGEST_HEX_LEN + 8 || memcmp(p, "T ", 2) || !digest_parse(&e->key, p + 2) ||
		sscanf(p + 2 + DIGEST_HEX_LEN, " %zu %llx%n", &len, &e->sum, &used) != 2)
		return false;
	p += 2 + DIGEST_HEX_LEN + used;
	if (p >= end || *p++ != '\n' || len > (size_t)(end - p))
		return false;
	e->body = p;
	e->end = p + len;
	return true;
}

static bool is_sound(const struct entry *e)
{
	return e->sum == sum64(SUM64_START, e->body, (size_t)(e->end - e->body));
}

/* Where the first entry is; the text's end when it is not of our kind. */
static const char *first_entry(const struct buf *text)
{
	size_t n = sizeof HEAD - 1;
	const char *p = buf_str(text);
	return text->len > n && !memcmp(p, HEAD, n) ? p + n : p + text->len;
}

void toolchain_memo_load(const char *path, struct buf *text)
{
	(void)fs_read(path, MAX_FILE, text, NULL);
}

bool toolchain_memo_find(const struct buf *text, struct tool_facts *f)
{
	const char *p = first_entry(text), *end = buf_str(text) + text->len;
	struct entry e;
	for (; p < end && read_entry(p, end, &e); p = e.end) {
		if (!digest_equal(&e.key, &f->key) || !is_sound(&e))
			continue;
		read_body(f, e.body, (size_t)(e.end - e.body));
		return true;
	}
	return false;
}

static bool has_key(const struct tool_facts *list, const struct digest *key)
{
	for (; list; list = list->next)
		if (digest_equal(&list->key, key))
			return true;
	return false;
}

/* Ours first, so that at the ceiling the ones that nobody asked for longest go. */
int toolchain_memo_save(
	const char *dir, const char *path, const struct tool_facts *list, struct error *err)
{
	struct buf out = BUF_INIT, now = BUF_INIT;
	struct entry e;
	size_t n = 0;
	int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0)
		(void)flock(lock, LOCK_EX); /* without it a neighbour's entry may be asked again */
	toolchain_memo_load(path, &now);
	buf_addstr(&out, HEAD);
	for (const struct tool_facts *f = list; f && n < MAX_ENTRIES; f = f->next)
		n += write_entry(f, &out);
	const char *p = first_entry(&now), *end = buf_str(&now) + now.len;
	for (; p < end && n < MAX_ENTRIES && read_entry(p, end, &e); p = e.end) {
		if (has_key(list, &e.key) || !is_sound(&e) || out.len > MAX_FILE / 2)
			continue;
		buf_add(&out, e.start, (size_t)(e.end - e.start));
		n++;
	}
	int r = fs_write(path, out.data, out.len, err);
	if (lock >= 0)
		close(lock);
	buf_release(&now);
	buf_release(&out);
	return r;
}
