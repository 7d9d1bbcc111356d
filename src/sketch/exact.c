/* exact: the reference's own loop: preprocess a unit, look in the compiler's messages for the first missing header, add its library, again,
 * until no unit misses any. It starts no process itself. As in the reference a unit that fails for another reason is left to the
 * compile.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/discover_internal.h"
#include "sketch/library.h"

struct exact {
	struct discover_context c;
	struct unit_queue queue;
	struct strv sources; /* a copy: the caller's may go */
	struct library_list list;
	struct unit_ref unit;
	bool have_unit, failed;
	char *missing;
};

struct exact *exact_new(const struct discover_context *c, const struct discover_sources *s)
{
	struct exact *x = xcalloc(1, sizeof *x);
	x->c = *c;
	if (s->sources)
		strv_push_all(&x->sources, s->sources);
	queue_sketch(&x->queue, &(struct discover_sources){.sources = &x->sources});
	return x;
}

void exact_free(struct exact *x)
{
	if (!x)
		return;
	queue_release(&x->queue);
	strv_release(&x->sources);
	library_list_release(&x->list);
	free(x->missing);
	free(x);
}

enum exact_step exact_next(struct exact *x, const char **source, const char **extra)
{
	*extra = NULL;
	*source = x->unit.source;
	if (x->failed)
		return EXACT_FAILED;
	if (!x->have_unit) {
		const struct unit_ref *u = queue_next(&x->queue);
		if (!u)
			return EXACT_DONE;
		x->unit = *u;
		x->have_unit = true;
	}
	*source = x->unit.source;
	*extra = x->unit.lib ? x->unit.lib->utility_dir : NULL;
	return EXACT_RUN;
}

/* Colours (ESC [ … letter) taken out. New string. */
static char *without_colours(const char *s)
{
	char *out = xmalloc(strlen(s) + 1), *to = out;
	while (*s) {
		if (s[0] == '\033' && s[1] == '[') {
			s += 2;
			s += strspn(s, "0123456789:;<=>? !\"#$%&'()*+,-./");
			s += *s != '\0';
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
	return out;
}

/* "  12 | #include <X.h>", the source line that the compiler shows. New string, NULL when the line is none. */
static char *shown_include(const char *line, size_t len)
{
	const char *p = line, *end = line + len;
	while (p < end && (isspace((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '|'))
		p++;
	if (p == end || *p++ != '#')
		return NULL;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (end - p < 8 || memcmp(p, "include", 7) != 0)
		return NULL;
	for (p += 7; p < end && isspace((unsigned char)*p);)
		p++;
	if (p == end || (*p != '<' && *p != '"'))
		return NULL;
	/* Up to the last closing mark before a blank. */
	const char *name = ++p, *close = NULL;
	for (; p < end && !isspace((unsigned char)*p); p++) {
		if ((*p == '>' || *p == '"') && p > name)
			close = p;
	}
	return close ? xstrndup(name, (size_t)(close - name)) : NULL;
}

/* "x.cpp:1:20: fatal error: X.h: No such file or directory", or clang's "fatal error: 'X.h' file not found". New string or
 * NULL. */
static char *told_missing(const char *line, size_t len)
{
	static const char FATAL[] = "fatal error:", LOST[] = "' file not found";
	const char *p = memmem(line, len, FATAL, strlen(FATAL)), *end = line + len;
	if (!p)
		return NULL;
	for (p += strlen(FATAL); p < end && *p == ' ';)
		p++;
	const char *lost = memmem(p, (size_t)(end - p), LOST, strlen(LOST));
	if (p < end && *p == '\'' && lost)
		return xstrndup(p + 1, (size_t)(lost - p) - 1);
	const char *colon = memchr(p, ':', (size_t)(end - p));
	static const char NONE[] = ": No such file";
	if (!colon || !memmem(colon, (size_t)(end - colon), NONE, strlen(NONE)))
		return NULL;
	return xstrndup(p, (size_t)(colon - p));
}

static char *first_line_with(const char *text, char *(*look)(const char *, size_t))
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *found = look(text, n);
		if (found)
			return found;
		text += n + (text[n] == '\n');
	}
	return NULL;
}

static char *missing_header(const char *stderr_text)
{
	char *text = without_colours(stderr_text);
	char *name = first_line_with(text, shown_include);
	if (!name)
		name = first_line_with(text, told_missing);
	free(text);
	return name;
}

void exact_result(struct exact *x, int status, const char *stderr_text)
{
	if (status == 0) {
		x->have_unit = false;
		return;
	}
	char *header = missing_header(stderr_text);
	if (!header) {
		/* Killed, or without a word: nothing that a compile would explain. */
		x->failed = status > 128 || !*stderr_text;
		x->have_unit = false;
		return;
	}
	const struct library *lib = libraries_resolve(x->c.libraries, header, NULL, NULL);
	if (!lib || list_has(&x->list, lib)) {
		x->failed = true;
		x->missing = header;
		return;
	}
	list_add(&x->list, lib, header, xstrdup(x->unit.source));
	if (queue_library(&x->queue, x->c.libraries, lib, NULL) < 0)
		x->failed = true;
}

const struct library_list *exact_list(const struct exact *x)
{
	return &x->list;
}

const char *exact_missing(const struct exact *x)
{
	return x->missing;
}
