/* fileindex_internal: what fileindex.c and fileindex_disk.c share, and the little that the store needs beyond fileindex.h. */
#ifndef SKETCH_FILEINDEX_INTERNAL_H
#define SKETCH_FILEINDEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include "sketch/fileindex.h"

/* What stat says of a file's content. Times are nanoseconds since 1970. */
struct file_stamp {
	uint64_t dev, ino, size;
	int64_t mtime, ctime;
};

void file_stamp_of(struct file_stamp *out, const struct stat *st);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);
/* A file that changed so shortly before it was read could change again without a trace. */
bool file_stamp_racy(const struct file_stamp *s, int64_t hashed_at);
/* The later of both times. */
int64_t file_stamp_changed(const struct file_stamp *s);

struct file_record {
	struct file_stamp stamp;
	int64_t hashed_at; /* 0: never to be believed */
	struct digest digest;
	uint32_t flags;
	uint32_t used; /* day since 1970 */
};

/* The file on disk, mapped. All zero: an empty one. */
struct disk_index {
	const unsigned char *map;
	size_t len;
};
/* Without a usable file it is empty. */
void disk_index_open(struct disk_index *d, const char *path);
void disk_index_close(struct disk_index *d);
/* False when absent or damaged. `hash` is sum64 of the path. */
bool disk_index_find(const struct disk_index *d, const char *path, size_t path_len, uint64_t hash,
	struct file_record *out);
/* Number of entries, and one of them; false when damaged. `path` is borrowed and not terminated. */
size_t disk_index_count(const struct disk_index *d);
bool disk_index_entry(const struct disk_index *d, size_t i, const char **path, size_t *path_len,
	struct file_record *out);

/* Collects entries, then writes them. */
struct disk_writer;
struct disk_writer *disk_writer_new(void);
void disk_writer_add(
	struct disk_writer *w, const char *path, size_t path_len, const struct file_record *r);
int disk_writer_save(struct disk_writer *w, const char *path, struct error *err);
void disk_writer_free(struct disk_writer *w);

/* True when the path of `len` bytes is there, and its digest is the one whose 64 lower-case digits stand at `hex`. */
bool file_index_is(struct file_index *ix, const char *path, size_t len, const char *hex);
/* How many paths the run remembers. */
size_t file_index_count(const struct file_index *ix);
/* Changes with every file_index_forget and file_index_drop: what others remember of the index is stale then. */
unsigned long file_index_epoch(const struct file_index *ix);
/* A place for rows.c: what it put there is gone as soon as anything was forgotten. */
struct buf *file_index_confirmed(struct file_index *ix);
/* When this run looked at `path` first (ns), 0 when it did not. */
int64_t file_index_looked_at(const struct file_index *ix, const char *path);
/* Latest change of `path` as file_index_get found it (ns); 0 when it is not there. */
int64_t file_index_changed_at(struct file_index *ix, const char *path);
/* True when what file_index_get says of `path` is what everybody saw who looked from `since` (ns of CLOCK_REALTIME) until now. */
bool file_index_held_still(struct file_index *ix, const char *path, int64_t since);
/* Looks at a directory and, with `recursive`, at those beneath it, so that they are known before they are used. */
void file_index_look_at_dir(struct file_index *ix, const char *path, bool recursive);
/* Tells the index what a file that we just wrote holds, so that nobody has to read it. */
void file_index_put(struct file_index *ix, const char *path, const struct digest *digest);
int64_t file_index_now(void);
int64_t file_index_ns(const struct timespec *t);

#endif
