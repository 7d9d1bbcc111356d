/* fileindex: content digests of files and directories, kept across runs and spared by stat data the way git's index does it.
 *
 * An entry is believed when (dev, inode, size, mtime, ctime) are as recorded and both times lie well before the moment it was
 * hashed; otherwise the file is read again. Kept in one file of the cache, replaced by rename; a broken one is an empty one.
 */
#ifndef SKETCH_FILEINDEX_H
#define SKETCH_FILEINDEX_H

#include <stdbool.h>
#include "common/digest.h"

struct error;
struct file_index;

enum file_flags {
	FILE_MENTIONS_FILE = 1, /* __FILE__, __BASE_FILE__, __builtin_FILE */
	FILE_MENTIONS_TIME = 2, /* __DATE__, __TIME__, __TIMESTAMP__ */
	FILE_MENTIONS_HAS_INCLUDE = 4, /* __has_include, __has_include_next */
	FILE_IS_DIR = 8,
	FILE_READS_OTHERS = 16, /* .incbin, .include: what it reads is in no dependency file */
};

struct file_facts {
	struct digest
		digest; /* of a file: its bytes; of a directory: its sorted entry names and types */
	unsigned flags; /* outside comments, for C and C++ text; by name only */
};

/* Loads <cache_dir>/fileindex when it is there. Never fails: without a usable file it starts empty. */
struct file_index *file_index_open(const char *cache_dir);
/* Writes what changed, merged with what others wrote meanwhile. Failing to write is a debug line, no error. */
void file_index_save(struct file_index *ix);
void file_index_free(struct file_index *ix);

/* Facts of `path` (absolute). Looked up once per run and then remembered until file_index_forget. Borrowed, stable until free. NULL when it is not
 * there or unreadable (remembered too). */
const struct file_facts *file_index_get(struct file_index *ix, const char *path);
/* Looks again: true when `path` still is what file_index_get said, unchanged since. Used after a compile, before its result is kept. */
bool file_index_still(struct file_index *ix, const char *path);
/* Drops the run's memory of `path` (NULL: of everything), so that the next get looks at the disk. */
void file_index_forget(struct file_index *ix, const char *path);
/* Frees the run's memory of `dir` and all beneath it, which is gone for good: facts of it are no longer valid. */
void file_index_drop(struct file_index *ix, const char *dir);
/* How many files were read and hashed, for tests and `-v`. */
unsigned long file_index_hashed(const struct file_index *ix);

#endif
