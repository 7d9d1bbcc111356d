/* base64: see base64.h. Nettle decodes too kindly (it skips blanks): what it skipped is missing in the length.
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

int base64_decode(struct buf *out, const char *text, size_t len)
{
	struct base64_decode_ctx ctx;
	size_t before = out->len, n;
	if (len == 0)
		return 0;
	size_t pad = len < 4 || text[len - 1] != '=' ? 0 : text[len - 2] == '=' ? 2 : 1;
	if (len % 4)
		return -1;
	char *to = buf_reserve(out, BASE64_DECODE_LENGTH(len));
	base64_decode_init(&ctx);
	bool good = base64_decode_update(&ctx, &n, (uint8_t *)to, len, text) &&
		    base64_decode_final(&ctx) && n == len / 4 * 3 - pad;
	out->len = before + (good ? n : 0);
	buf_truncate(out, out->len);
	return good ? 0 : -1;
}
