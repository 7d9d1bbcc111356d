/* fileindex_disk: the file index on disk, used where it lies: mapped, found through a hash table of its own, each entry
 * checked when it is touched. A file of another machine's byte order or of another version is no file; a damaged
 * entry is absent.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/sum64.h"
#include "common/xalloc.h"
#include "sketch/fileindex_internal.h"

#define MAGIC "bm-files"
#define VERSION 1
#define BYTE_ORDER_MARK 0x01020304u
#define MAX_COUNT (1u << 24)
#define MAX_PATH_LEN 65535

struct header {
	char magic[8];
	uint32_t byte_order, version, record_size, count;
	uint64_t slots; /* a power of two, more than count */
	uint64_t total; /* bytes of the file */
	uint64_t check; /* of the above */
};

/* As it lies in the file, after the header; then the slots (index + 1, 0 free), then the paths. */
struct row {
	uint64_t check; /* of the rest, and of the path */
	uint64_t path_at, path_len;
	struct file_record r;
};

static uint64_t header_check(const struct header *h)
{
	return sum64(SUM64_START, h, offsetof(struct header, check));
}

static uint64_t row_check(const struct row *row, const char *path)
{
	uint64_t h = sum64(SUM64_START, (const char *)row + sizeof row->check,
		sizeof *row - sizeof row->check);
	return sum64(h, path, row->path_len);
}

static const struct header *header_of(const struct disk_index *d)
{
	return (const struct header *)(const void *)d->map;
}

static const struct row *rows_of(const struct disk_index *d)
{
	return (const struct row *)(const void *)(d->map + sizeof(struct header));
}

static const uint32_t *slots_of(const struct disk_index *d)
{
	return (const uint32_t *)(const void *)(rows_of(d) + header_of(d)->count);
}

static bool header_is_sound(const struct header *h, size_t len)
{
	if (len < sizeof *h || memcmp(h->magic, MAGIC, sizeof h->magic) ||
		h->byte_order != BYTE_ORDER_MARK || h->version != VERSION ||
		h->record_size != sizeof(struct row) || h->check != header_check(h))
		return false;
	if (h->total != len || h->count > MAX_COUNT || h->slots > 4ull * MAX_COUNT ||
		h->slots <= h->count || (h->slots & (h->slots - 1)))
		return false;
	return sizeof *h + h->count * sizeof(struct row) + h->slots * sizeof(uint32_t) <= len;
}

void disk_index_open(struct disk_index *d, const char *path)
{
	struct stat st;
	*d = (struct disk_index){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		size_t len = (size_t)st.st_size;
		void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED)
			*d = (struct disk_index){map, len};
	}
	close(fd);
	if (d->map && !header_is_sound(header_of(d), d->len))
		disk_index_close(d);
}

void disk_index_close(struct disk_index *d)
{
	if (d->map)
		munmap((void *)(uintptr_t)d->map, d->len);
	*d = (struct disk_index){0};
}

size_t disk_index_count(const struct disk_index *d)
{
	return d->map ? header_of(d)->count : 0;
}

/* The path of a row, when it lies in the file. */
static const char *row_path(const struct disk_index *d, const struct row *row)
{
	if (row->path_at > d->len || row->path_len > d->len - row->path_at)
		return NULL;
	return (const char *)d->map + row->path_at;
}

bool disk_index_entry(const struct disk_index *d, size_t i, const char **path, size_t *path_len,
	struct file_record *out)
{
	const struct row *row = rows_of(d) + i;
	const char *p = row_path(d, row);
	if (!p || row->check != row_check(row, p))
		return false;
	*path = p;
	*path_len = row->path_len;
	*out = row->r;
	return true;
}

bool disk_index_find(const struct disk_index *d, const char *path, size_t path_len, uint64_t hash,
	struct file_record *out)
{
	if (!d->map)
		return false;
	const struct header *h = header_of(d);
	const uint32_t *slots = slots_of(d);
	uint64_t mask = h->slots - 1;
	for (uint64_t i = hash & mask, n = 0; slots[i] && n < h->slots; i = (i + 1) & mask, n++) {
		if (slots[i] > h->count)
			return false;
		const struct row *row = rows_of(d) + slots[i] - 1;
		const char *p = row->path_len == path_len ? row_path(d, row) : NULL;
		if (p && !memcmp(p, path, path_len))
			return disk_index_entry(d, slots[i] - 1, &p, &path_len, out);
	}
	return false;
}

/* ---- writing ---- */

struct disk_writer {
	struct row *rows;
	size_t n, cap;
	struct buf paths;
};

struct disk_writer *disk_writer_new(void)
{
	return xcalloc(1, sizeof(struct disk_writer));
}

void disk_writer_free(struct disk_writer *w)
{
	free(w->rows);
	buf_release(&w->paths);
	free(w);
}

void disk_writer_add(
	struct disk_writer *w, const char *path, size_t path_len, const struct file_record *r)
{
	if (w->n == MAX_COUNT || path_len > MAX_PATH_LEN)
		return;
	GROW(w->rows, w->n, w->cap);
	struct row *row = &w->rows[w->n++];
	memset(row, 0, sizeof *row);
	row->path_at = w->paths.len;
	row->path_len = path_len;
	row->r = *r;
	buf_add(&w->paths, path, path_len);
}

static void fill_slots(const struct disk_writer *w, uint32_t *slots, uint64_t n)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct row *row = &w->rows[i];
		uint64_t at =
			sum64(SUM64_START, w->paths.data + row->path_at, row->path_len) & (n - 1);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
}

static void finish_rows(struct disk_writer *w, uint64_t paths_at)
{
	for (size_t i = 0; i < w->n; i++) {
		struct row *row = &w->rows[i];
		const char *path = w->paths.data + row->path_at;
		row->path_at += paths_at;
		row->check = row_check(row, path);
	}
}

int disk_writer_save(struct disk_writer *w, const char *path, struct error *err)
{
	struct buf out = BUF_INIT;
	uint64_t n_slots = 16;
	while (n_slots < 2 * w->n)
		n_slots *= 2;
	uint32_t *slots = xcalloc(n_slots, sizeof *slots);
	fill_slots(w, slots, n_slots);
	size_t paths_at = sizeof(struct header) + w->n * sizeof *w->rows + n_slots * sizeof *slots;
	struct header h = {
		.magic = MAGIC,
		.byte_order = BYTE_ORDER_MARK,
		.version = VERSION,
		.record_size = sizeof(struct row),
		.count = (uint32_t)w->n,
		.slots = n_slots,
		.total = paths_at + w->paths.len,
	};
	h.check = header_check(&h);
	finish_rows(w, paths_at);
	buf_reserve(&out, h.total);
	buf_add(&out, &h, sizeof h);
	if (w->n)
		buf_add(&out, w->rows, w->n * sizeof *w->rows);
	buf_add(&out, slots, n_slots * sizeof *slots);
	if (w->n)
		buf_add(&out, w->paths.data, w->paths.len);
	int r = fs_write(path, out.data, out.len, err);
	buf_release(&out);
	free(slots);
	return r;
}
