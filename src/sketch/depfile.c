/* depfile: reads the make syntax that compilers write with -MD. It knows rules and their quoting, no variables, no functions;
 * a text that is not of that kind is an error, and nothing is guessed.
 */
#include <string.h>

#include "common/buf.h"
#include "common/strmap.h"
#include "sketch/store.h"

#define MAX_DEPS 65536

struct reader {
	const char *p, *end;
};

/* A line's continuation at `p`: backslash, newline. */
static size_t continuation(const struct reader *r)
{
	size_t left = (size_t)(r->end - r->p);
	if (left >= 2 && r->p[0] == '\\' && r->p[1] == '\n')
		return 2;
	if (left >= 3 && r->p[0] == '\\' && r->p[1] == '\r' && r->p[2] == '\n')
		return 3;
	return 0;
}

static void skip_blanks(struct reader *r)
{
	for (size_t n; r->p < r->end; r->p += n) {
		n = *r->p == ' ' || *r->p == '\t' || *r->p == '\r' ? 1 : continuation(r);
		if (!n)
			return;
	}
}

/* Backslashes count only before a blank, where each stands for half of one; '#' and ':' are quoted by one. */
static void take_backslashes(struct reader *r, struct buf *word)
{
	size_t n = 0;
	while (r->p + n < r->end && r->p[n] == '\\')
		n++;
	char next = r->p + n < r->end ? r->p[n] : '\0';
	bool splice =
		next == '\n' || (next == '\r' && r->p + n + 1 < r->end && r->p[n + 1] == '\n');
	size_t keep = n;
	if (next == ' ' || next == '\t')
		keep = n / 2;
	else if (next == '#' || next == ':' || splice)
		keep = n - 1;
	for (size_t i = 0; i < keep; i++)
		buf_addch(word, '\\');
	r->p += splice ? n - 1 : n;
	if (next == '#' || next == ':' || ((next == ' ' || next == '\t') && n % 2)) {
		buf_addch(word, next);
		r->p++;
	}
}

static bool ends_target(const struct reader *r)
{
	const char *next = r->p + 1;
	return *r->p == ':' && (next == r->end || strchr(" \t\r\n", *next));
}

/* One word, unquoted. In targets it ends before the rule's colon. */
static void take_word(struct reader *r, bool target, struct buf *word)
{
	buf_clear(word);
	while (r->p < r->end && !strchr(" \t\r\n", *r->p)) {
		if (continuation(r) || (target && ends_target(r)))
			return;
		if (*r->p == '\\') {
			take_backslashes(r, word);
			continue;
		}
		if (*r->p == '$' && r->p + 1 < r->end && r->p[1] == '$')
			r->p++;
		buf_addch(word, *r->p++);
	}
}

/* Up to and with the colon; -1 when the line has none. 1: an empty line. */
static int skip_targets(struct reader *r, struct buf *word)
{
	bool any = false;
	for (;;) {
		skip_blanks(r);
		if (r->p == r->end || *r->p == '\n')
			return any ? -1 : 1;
		if (ends_target(r)) {
			r->p++;
			return any ? 0 : -1;
		}
		take_word(r, true, word);
		any = true;
	}
}

static int take_prerequisites(
	struct reader *r, struct strmap *seen, struct buf *word, struct strv *out)
{
	for (;;) {
		skip_blanks(r);
		if (r->p == r->end || *r->p == '\n')
			return 0;
		take_word(r, false, word);
		if (out->n == MAX_DEPS)
			return -1;
		if (!word->len || strmap_get(seen, buf_str(word)))
			continue;
		strmap_set(seen, buf_str(word), out);
		strv_push(out, buf_str(word));
	}
}

int depfile_parse(const char *text, size_t len, struct strv *out)
{
	struct reader r = {text, text + len};
	struct strmap seen = STRMAP_INIT(NULL);
	struct strv found = STRV_INIT;
	struct buf word = BUF_INIT;
	int ret = len && memchr(text, '\0', len) ? -1 : 0;
	while (ret == 0 && r.p < r.end) {
		ret = skip_targets(&r, &word);
		if (ret == 0)
			ret = take_prerequisites(&r, &seen, &word, &found);
		if (ret > 0)
			ret = 0;
		if (r.p < r.end && *r.p == '\n')
			r.p++;
	}
	if (ret == 0)
		strv_push_all(out, &found);
	strmap_release(&seen);
	strv_release(&found);
	buf_release(&word);
	return ret;
}
