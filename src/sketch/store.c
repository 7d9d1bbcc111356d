/* store: finding and keeping compile results. A result is kept only when every file it read is known to have held still, from
 * before the compiler started until after it ended; a full or read-only disk costs the cache, never the build.
 */
#include "sketch/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/fileindex_internal.h"
#include "sketch/path_clean.h"
#include "sketch/store_internal.h"

#define MAX_DEPFILE ((size_t)16 << 20)

/* ---- opening ---- */

static void digest_environment(struct store *st)
{
	static const char *const names[] = {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH",
		"GCC_EXEC_PREFIX", "COMPILER_PATH", "SOURCE_DATE_EPOCH", "DEPENDENCIES_OUTPUT",
		"SUNPRO_DEPENDENCIES"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		digester_addstr(st->d, getenv(names[i]));
	digester_finish(st->d, &st->environment);
}

static int make_dirs(const char *dir, struct error *err)
{
	static const char *const names[] = {
		"objects", "manifests", "bundles", "texts", "locks", "tmp"};
	if (host_dir_make(dir, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = path_join(dir, names[i]);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			log_debug("cannot make directory '%s': %s", path, strerror(errno));
		free(path);
	}
	return 0;
}

struct store *store_open(const char *cache_dir, struct file_index *ix, struct error *err)
{
	if (make_dirs(cache_dir, err) < 0)
		return NULL;
	struct store *st = xcalloc(1, sizeof *st);
	st->dir = xstrdup(cache_dir);
	st->ix = ix;
	st->d = digester_new();
	digest_environment(st);
	store_clean_tmp(cache_dir, STORE_DAY);
	return st;
}

static void list_free(struct cached_list *c)
{
	strv_release(&c->dirs);
	include_list_free(c->list);
}

void store_free(struct store *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n_lists; i++)
		list_free(&st->lists[i]);
	free(st->lists);
	strmap_release(&st->names);
	digester_free(st->d);
	buf_release(&st->manifest);
	buf_release(&st->path);
	free(st->dir);
	free(st);
}

static bool is_beneath(const struct strv *dirs, const char *dir)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (path_beneath(dirs->v[i], dir))
			return true;
	return false;
}

static void drop_lists(struct store *st, const char *dir)
{
	size_t kept = 0;
	for (size_t i = 0; i < st->n_lists; i++) {
		if (is_beneath(&st->lists[i].dirs, dir))
			list_free(&st->lists[i]);
		else
			st->lists[kept++] = st->lists[i];
	}
	st->n_lists = kept;
}

static void drop_names(struct store *st, const char *dir)
{
	struct strmap_entry *e, *next;
	for (e = strmap_first(&st->names); e; e = next) {
		next = strmap_next(e);
		if (path_beneath(strmap_key(e), dir))
			strmap_del(&st->names, strmap_key(e));
	}
}

void store_drop(struct store *st, const char *dir)
{
	drop_lists(st, dir);
	drop_names(st, dir);
	file_index_drop(st->ix, dir);
}

void compile_output_release(struct compile_output *o)
{
	free(o->object);
	strv_release(&o->deps);
	buf_release(&o->err);
	*o = (struct compile_output){0};
}

/* ---- finding ---- */

static bool take_entry(struct store *st, const struct compile_view *v,
	const struct manifest_entry *e, struct compile_output *out)
{
	struct strv deps = STRV_INIT;
	if (!manifest_matches(st, v, e, &deps)) {
		strv_release(&deps);
		return false;
	}
	char *object = store_path(st, "objects", &e->object, ".o");
	if (!store_object_ok(st, object, &e->object)) {
		free(object);
		strv_release(&deps);
		return false;
	}
	*out = (struct compile_output){.object = object, .digest = e->object, .deps = deps};
	buf_add(&out->err, e->err, e->err_len);
	return true;
}

static bool search_manifest(struct store *st, const struct compile_view *v, const char *path,
	struct compile_output *out)
{
	struct manifest_entry entries[STORE_MAX_ENTRIES];
	struct buf *text = &st->manifest;
	buf_clear(text);
	if (fs_read(path, STORE_MAX_MANIFEST, text, NULL) < 0)
		return false;
	size_t n = manifest_parse(buf_str(text), text->len, entries);
	while (n-- > 0)
		if (take_entry(st, v, &entries[n], out))
			return true;
	return false;
}

bool store_find_compile(
	struct store *st, const struct compile_input *in, struct compile_output *out)
{
	struct compile_view v;
	struct stat s;
	bool found = false;
	if (compile_view_init(&v, st, in)) {
		char *path = store_path(st, "manifests", &v.key, "");
		found = search_manifest(st, &v, path, out);
		if (found && stat(path, &s) == 0)
			store_touch(path, &s.st_mtim);
		free(path);
	}
	compile_view_release(&v);
	return found;
}

/* ---- keeping ---- */

static bool all_held_still(struct store *st, const struct strv *paths, int64_t started)
{
	for (size_t i = 0; i < paths->n; i++)
		if (!file_index_held_still(st->ix, paths->v[i], started)) {
			log_debug("not kept: '%s' changed while it was compiled", paths->v[i]);
			return false;
		}
	return true;
}

/* Both vectors get the source first. */
static void order_deps(struct strv *raw, const char *source)
{
	struct strv rest = STRV_INIT;
	strv_push(&rest, source);
	for (size_t i = 0; i < raw->n; i++)
		if (strcmp(raw->v[i], source))
			strv_push(&rest, raw->v[i]);
	strv_release(raw);
	*raw = rest;
}

static int read_deps(const struct compile_input *in, const char *depfile, struct strv *raw,
	struct strv *clean, struct error *err)
{
	struct buf text = BUF_INIT;
	struct strmap seen = STRMAP_INIT(NULL);
	struct strv all = STRV_INIT;
	int r = fs_read(depfile, MAX_DEPFILE, &text, err);
	if (r == 0 && (r = depfile_parse(buf_str(&text), text.len, &all)) < 0)
		error_set(err, "'%s' is not a dependency file", depfile);
	order_deps(&all, in->source);
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		char *path = i ? path_clean(all.v[i]) : xstrdup(in->source);
		if (strmap_get(&seen, path)) {
			free(path);
			continue;
		}
		strmap_set(&seen, path, clean);
		strv_push(raw, all.v[i]);
		strv_push_take(clean, path);
	}
	strmap_release(&seen);
	strv_release(&all);
	buf_release(&text);
	return r;
}

static bool mentions_time(struct store *st, const struct strv *deps)
{
	for (size_t i = 0; i < deps->n; i++) {
		const struct file_facts *f = file_index_get(st->ix, deps->v[i]);
		if (f && f->flags & (FILE_MENTIONS_TIME | FILE_READS_OTHERS))
			return true;
	}
	return false;
}

/* The directory of the manifest, locked against other writers; -1 where locks do not work: then an entry may be lost. */
static int lock_dir_of(const char *path)
{
	char *dir = path_dir(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

static bool same_rows(const struct manifest_entry *e, const struct buf *rows)
{
	return e->rows_len == rows->len && !memcmp(e->rows, buf_str(rows), rows->len);
}

/* Takes out an entry with the same rows, then as many of the oldest as make room for one of `len` bytes. */
static size_t make_room(
	struct manifest_entry *entries, size_t n, const struct buf *rows, size_t len)
{
	size_t kept = 0, first, used = len;
	for (size_t i = 0; i < n; i++)
		if (!same_rows(&entries[i], rows))
			entries[kept++] = entries[i];
	for (first = kept; first > 0 && kept - first < STORE_MAX_ENTRIES - 1; first--) {
		used += entries[first - 1].len;
		if (used > STORE_MAX_MANIFEST)
			break;
	}
	memmove(entries, entries + first, (kept - first) * sizeof *entries);
	return kept - first;
}

/* Writes the manifest anew with one more entry. */
static int add_entry(struct store *st, const struct compile_view *v, const struct digest *object,
	const struct buf *rows, const struct buf *err_text, struct error *err)
{
	struct manifest_entry entries[STORE_MAX_ENTRIES];
	struct buf text = BUF_INIT;
	char *path = store_path(st, "manifests", &v->key, "");
	int lock = lock_dir_of(path);
	buf_clear(&st->manifest);
	(void)fs_read(path, STORE_MAX_MANIFEST, &st->manifest, NULL);
	size_t n = manifest_parse(buf_str(&st->manifest), st->manifest.len, entries);
	n = make_room(entries, n, rows, rows->len + err_text->len + 1024);
	manifest_head(&text);
	for (size_t i = 0; i < n; i++)
		buf_add(&text, entries[i].start, entries[i].len);
	manifest_add(&text, object, rows, err_text);
	int r = store_write(st, path, text.data, text.len, 0600, err);
	if (lock >= 0)
		close(lock);
	buf_release(&text);
	free(path);
	return r;
}

/* True when the result is in the store; out->object is its path there. */
static bool keep(struct store *st, const struct compile_input *in, const struct strv *raw,
	const struct buf *object, const struct buf *err_text, struct compile_output *out)
{
	struct compile_view v;
	struct buf rows = BUF_INIT;
	struct error err = ERROR_INIT;
	int64_t started = file_index_ns(&in->started);
	char *path = NULL;
	bool kept = all_held_still(st, &out->deps, started) && compile_view_init(&v, st, in);
	if (!kept) {
		out->uses_time = true; /* of files as they were: good for this run only */
		return false;
	}
	kept = all_held_still(st, &v.files, started) && err_text->len < STORE_MAX_MANIFEST / 4 &&
	       manifest_make(st, &v, raw, &out->deps, err_text->len > 0, &rows);
	if (kept) {
		path = store_publish(st, object->data, object->len, &out->digest, ".o", &err);
		kept = path && add_entry(st, &v, &out->digest, &rows, err_text, &err) == 0;
	}
	if (path) {
		free(out->object);
		out->object = path;
	}
	if (err.text[0])
		log_debug("%s", err.text);
	compile_view_release(&v);
	buf_release(&rows);
	return kept;
}

int store_keep_compile(struct store *st, const struct compile_input *in, const char *depfile,
	const struct buf *err_text, struct compile_output *out, struct error *err)
{
	struct buf object = BUF_INIT;
	struct strv raw = STRV_INIT;
	struct compile_output o = {0};
	if (fs_read(in->object, STORE_MAX_OBJECT, &object, err) < 0 ||
		read_deps(in, depfile, &raw, &o.deps, err) < 0) {
		compile_output_release(&o);
		strv_release(&raw);
		buf_release(&object);
		return -1;
	}
	digest_bytes(&o.digest, buf_str(&object), object.len);
	o.object = xstrdup(in->object);
	buf_add(&o.err, buf_str(err_text), err_text->len);
	o.uses_time = mentions_time(st, &o.deps);
	if (!o.uses_time)
		(void)keep(st, in, &raw, &object, err_text, &o);
	*out = o;
	strv_release(&raw);
	buf_release(&object);
	return 0;
}

/* ---- locks ---- */

int store_lock(struct store *st, const struct digest *key, struct error *err)
{
	char hex[DIGEST_HEX_LEN + 1];
	char *path = xasprintf("%s/locks/%s", st->dir, digest_hex(key, hex));
	struct stat held, there;
	int fd;
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		int r;
		do
			r = flock(fd, LOCK_EX);
		while (r < 0 && errno == EINTR);
		if (r < 0) {
			int reason = errno;
			close(fd);
			errno = reason;
			fd = -1;
			break;
		}
		/* Pruning may have taken the file away while we waited. */
		if (fstat(fd, &held) == 0 && stat(path, &there) == 0 &&
			held.st_ino == there.st_ino && held.st_dev == there.st_dev)
			break;
		close(fd);
	}
	if (fd < 0)
		error_errno(err, "cannot lock '%s'", path);
	free(path);
	return fd;
}
