/* fuzz_ino: everything that reads an .ino's text, and what ctags says of it. The input is the text;
 * behind a line "@tags" follows ctags' output, behind "@pre" the preprocessor's. No file is
 * touched.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	const char *s;
	size_t len;
};

/* What stands behind the line `mark`; `whole` is cut in front of it. */
static struct part cut(struct part *whole, const char *mark)
{
	struct part rest = {"", 0};
	const char *at = whole->len ? memmem(whole->s, whole->len, mark, strlen(mark)) : NULL;
	if (at) {
		rest.s = at + strlen(mark);
		rest.len = whole->len - (size_t)(rest.s - whole->s);
		whole->len = (size_t)(at - whole->s);
	}
	return rest;
}

static size_t count(const char *s, size_t len, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += s[i] == c;
	return n;
}

static void expect(bool true_always)
{
	if (!true_always)
		abort();
}

/* Lines stay, nothing grows, and once normal is normal. */
static void check_normal_form(struct part text)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	source_normal_form(text.s, text.len, &once);
	source_normal_form(buf_str(&once), once.len, &twice);
	expect(once.len <= text.len);
	expect(count(buf_str(&once), once.len, '\n') == count(text.s, text.len, '\n'));
	expect(twice.len == once.len && memcmp(buf_str(&once), buf_str(&twice), once.len) == 0);
	buf_release(&once);
	buf_release(&twice);
}

static void check_prototypes(const struct sketch *s, const struct merged *m, struct part tags)
{
	struct prototypes p = {0};
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	if (prototypes_parse(tags.s, tags.len, s, m, &p, &err) == 0) {
		prototypes_insert(m, &p, &out);
		expect(out.len >= m->text.len);
	} else {
		expect(err.text[0]);
	}
	buf_release(&out);
	prototypes_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part text = {size ? (const char *)data : "", size};
	struct part pre = cut(&text, "\n@pre\n"), tags = cut(&text, "\n@tags\n");
	struct sketch s = {.main_file = xstrdup("/s/s.ino")};
	struct merged m = {.first_line = 2};
	struct buf filtered = BUF_INIT;
	struct digest d;

	strv_push(&s.ino, "/s/s.ino");
	strv_push(&s.ino, "/s/tab.ino");
	buf_add(&m.text, text.s, text.len);
	check_normal_form(text);
	source_needs_prototypes(text.s, text.len);
	source_skeleton(text.s, text.len, &d);
	check_prototypes(&s, &m, tags);
	prototypes_filter(pre.s, pre.len, &s, &filtered);
	expect(filtered.len <= pre.len + 1);

	buf_release(&filtered);
	merged_release(&m);
	sketch_release(&s);
	return 0;
}
