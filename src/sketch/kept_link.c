/* kept_link: a link's whole result under the digest of all that went in: the firmware's files as a bundle and, beside it, one
 * text of what the tools said, each part behind its length. The text is written first: a bundle without it is not used.
 */
#include "sketch/kept_link.h"

#include <stdlib.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "sketch/firmware.h"
#include "sketch/run.h"
#include "sketch/store.h"

/* -k wants the objects too, and the cache may have lost one meanwhile. */
static int unpack(struct run *r, const struct bundle *b, struct error *err)
{
	if (r->shared->config.keep && firmware_place_objects(r, err) < 0)
		return -1;
	return firmware_unpack(r, b, err);
}

static bool take_files(struct run *r)
{
	struct bundle b = {0};
	struct error err = ERROR_INIT;
	if (!store_find_bundle(r->shared->store, &r->link_key, &b))
		return false;
	bool taken = unpack(r, &b, &err) == 0;
	if (!taken)
		log_debug("%s", err.text);
	bundle_release(&b);
	return taken;
}

struct part {
	const char *data;
	size_t len;
};

static bool split(const struct buf *text, struct part *v, size_t n)
{
	const char *at = buf_str(text), *end = at + text->len;
	for (size_t i = 0; i < n; i++) {
		char *digits_end;
		unsigned long long len = strtoull(at, &digits_end, 10);
		if (*digits_end != '\n' || len > (size_t)(end - digits_end - 1))
			return false;
		v[i] = (struct part){digits_end + 1, (size_t)len};
		at = v[i].data + v[i].len;
	}
	return at == end;
}

bool kept_link_take(struct run *r, struct buf *size)
{
	struct buf text = BUF_INIT;
	struct buf *to[] = {size, &r->result.err, &r->result.log, &r->result.syms};
	struct part v[sizeof to / sizeof *to];
	size_t n = sizeof to / sizeof *to;
	bool taken = store_find_text(r->shared->store, &r->link_key, &text) && split(&text, v, n) &&
		     take_files(r);
	for (size_t i = 0; taken && i < n; i++)
		buf_add(to[i], v[i].data, v[i].len);
	buf_release(&text);
	return taken;
}

static void add_part(struct buf *out, const struct buf *text, size_t from)
{
	buf_addf(out, "%zu\n", text->len - from);
	buf_add(out, buf_str(text) + from, text->len - from);
}

static int keep_files(struct run *r, struct error *err)
{
	struct strv names = STRV_INIT, paths = STRV_INIT;
	int ret = firmware_files(r, &names, err);
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		strv_push_take(&paths, path_join(r->job.build_dir, names.v[i]));
	if (ret == 0)
		ret = store_keep_bundle(r->shared->store, &r->link_key, &names, &paths, err);
	strv_release(&names);
	strv_release(&paths);
	return ret;
}

void kept_link_keep(struct run *r, const struct buf *size)
{
	struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	add_part(&text, size, 0);
	add_part(&text, &r->result.err, r->link_err);
	add_part(&text, &r->result.log, r->link_log);
	add_part(&text, &r->result.syms, 0);
	store_keep_text(r->shared->store, &r->link_key, buf_str(&text), text.len);
	if (keep_files(r, &err) < 0)
		log_debug("%s", err.text);
	buf_release(&text);
}
