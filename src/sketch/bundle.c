/* bundle: sets of named files, and small texts, under a plain key. The files lie beside the objects, by their digest; the
 * index that names them is written last. A bundle with a missing or damaged file is no bundle.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/store_internal.h"

#define MAX_FILES 4096

void bundle_release(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		free(b->v[i].path);
	}
	free(b->v);
	*b = (struct bundle){0};
}

/* Lines "digest name". */
static bool parse(struct store *st, const struct buf *text, struct bundle *b)
{
	const char *p = buf_str(text), *end = p + text->len, *line_end;
	size_t cap = 0;
	for (; p < end; p = line_end + 1) {
		struct bundle_file f = {0};
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end || line_end - p < DIGEST_HEX_LEN + 2 || b->n == MAX_FILES ||
			!digest_parse(&f.digest, p))
			return false;
		p += DIGEST_HEX_LEN + 1;
		f.name = xstrndup(p, (size_t)(line_end - p));
		f.path = store_path(st, "objects", &f.digest, ".b");
		GROW(b->v, b->n, cap);
		b->v[b->n++] = f;
	}
	return true;
}

static bool all_ok(struct store *st, const struct bundle *b)
{
	bool good = true;
	for (size_t i = 0; i < b->n; i++) /* each, so that every damaged one goes */
		good &= store_object_ok(st, b->v[i].path, &b->v[i].digest);
	return good;
}

bool store_find_bundle(struct store *st, const struct digest *key, struct bundle *out)
{
	struct bundle b = {0};
	struct buf text = BUF_INIT;
	char *path = store_path(st, "bundles", key, "");
	bool found = store_read_sealed(st, path, "bundle", &text);
	if (found && !(parse(st, &text, &b) && all_ok(st, &b))) {
		unlink(path);
		bundle_release(&b);
		found = false;
	}
	if (found)
		*out = b;
	buf_release(&text);
	free(path);
	return found;
}

static int keep_file(
	struct store *st, const char *name, const char *path, struct buf *index, struct error *err)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct buf data = BUF_INIT;
	struct digest d;
	if (!*name || strchr(name, '\n'))
		return error_set(err, "cannot keep a file named '%s'", name);
	if (fs_read(path, STORE_MAX_OBJECT, &data, err) < 0)
		return -1;
	digest_bytes(&d, buf_str(&data), data.len);
	char *blob = store_publish(st, buf_str(&data), data.len, &d, ".b", err);
	if (blob)
		buf_addf(index, "%s %s\n", digest_hex(&d, hex), name);
	buf_release(&data);
	int r = blob ? 0 : -1;
	free(blob);
	return r;
}

int store_keep_bundle(struct store *st, const struct digest *key, const struct strv *names,
	const struct strv *paths, struct error *err)
{
	struct buf index = BUF_INIT;
	int r = names->n > MAX_FILES ? error_set(err, "too many files to keep") : 0;
	for (size_t i = 0; r == 0 && i < names->n && i < paths->n; i++)
		r = keep_file(st, names->v[i], paths->v[i], &index, err);
	if (r == 0) {
		char *path = store_path(st, "bundles", key, "");
		r = store_write_sealed(st, path, "bundle", buf_str(&index), index.len, err);
		free(path);
	}
	buf_release(&index);
	return r;
}

bool store_find_text(struct store *st, const struct digest *key, struct buf *out)
{
	char *path = store_path(st, "texts", key, "");
	bool found = store_read_sealed(st, path, "text", out);
	free(path);
	return found;
}

void store_keep_text(struct store *st, const struct digest *key, const char *text, size_t len)
{
	struct error err = ERROR_INIT;
	char *path = store_path(st, "texts", key, "");
	if (store_write_sealed(st, path, "text", text, len, &err) < 0)
		log_debug("%s", err.text);
	free(path);
}
