/* fuzz_push: what git on the far side says. The first byte is how many bytes come at a time; as soon as the refs are known a push is made. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "git/push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct push *p)
{
	struct strv drop = STRV_INIT;
	struct buf out = BUF_INIT;
	bool packed;
	size_t n;
	const struct push_ref *refs = push_refs(p, &n);
	assert(n <= PUSH_MAX_REFS);
	for (size_t i = 0; i < n; i++) {
		assert(strlen(refs[i].id) == 40 && strlen(refs[i].name) <= PUSH_MAX_NAME);
		strv_push(&drop, refs[i].name);
	}
	push_send(
		p, "refs/bm/new", "0123456789012345678901234567890123456789", &drop, &out, &packed);
	assert(out.len >= 4 && !strcmp(out.data + out.len - 4, "0000"));
	buf_release(&out);
	strv_release(&drop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct push *p = push_new();
	struct error err = ERROR_INIT;
	size_t step = size ? data[0] + 1u : 1;

	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		int ret = push_feed(p, data + at, n, &err);
		assert((ret < 0) == (push_state(p) == PUSH_FAILED) && (ret == 0 || *err.text));
		if (push_state(p) == PUSH_ASKING)
			ask(p);
	}
	push_free(p);
	return 0;
}
