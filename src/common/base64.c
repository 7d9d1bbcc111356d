/* base64: see base64.h. Nettle decodes too kindly (it skips blanks): only its own alphabet gets that far.
 */
#include "common/base64.h"

#include <stdbool.h>
#include <stdint.h>

#include <nettle/base64.h>

#include "common/buf.h"

void base64_add(struct buf *out, const void *data, size_t len)
{
	size_t chars = BASE64_ENCODE_RAW_LENGTH(len);
	base64_encode_raw(buf_reserve(out, chars), len, data);
	out->len += chars;
	buf_truncate(out, out->len);
}

static bool in_alphabet(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '+' || c == '/'))
			return false;
	}
	return true;
}

int base64_decode(struct buf *out, const char *text, size_t len)
{
	struct base64_decode_ctx ctx;
	size_t before = out->len, n;
	if (len == 0)
		return 0;
	size_t pad = len < 4 || text[len - 1] != '=' ? 0 : text[len - 2] == '=' ? 2 : 1;
	if (len % 4 || !in_alphabet(text, len - pad))
		return -1;
	char *to = buf_reserve(out, BASE64_DECODE_LENGTH(len));
	base64_decode_init(&ctx);
	bool good = base64_decode_update(&ctx, &n, (uint8_t *)to, len, text) &&
		    base64_decode_final(&ctx);
	out->len = before + (good ? n : 0);
	buf_truncate(out, out->len);
	return good ? 0 : -1;
}
