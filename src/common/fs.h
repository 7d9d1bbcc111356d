/* fs: files, directories and path names. Paths are byte strings; nothing here goes through a shell
 * or the current directory unless the caller gives a relative path.
 */
#ifndef COMMON_FS_H
#define COMMON_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct error;
struct strv;

/* Adds the file's bytes to `out`. Refuses more than `max` bytes (0: no limit) and anything but regular files. */
int fs_read(const char *path, size_t max, struct buf *out, struct error *err);
/* Writes `path` by a temporary file beside it and rename; never seen half-written. */
int fs_write(const char *path, const void *data, size_t len, struct error *err);
/* write(2) until all is written, not stopped by a signal; -1 and errno. */
int fs_write_all(int fd, const void *data, size_t len);
/* mkdir -p. An existing directory is fine. */
int fs_mkdirs(const char *path, struct error *err);
/* rm -rf, not following symlinks; a missing path is fine. */
int fs_remove_tree(const char *path, struct error *err);
/* Bytes of all files beneath a directory, symlinks not followed; what cannot be read counts nothing. */
unsigned long long fs_tree_size(const char *path);
/* Makes `to` a hard link to `from`, or a copy where a link cannot be; replaces `to`. */
int fs_link_or_copy(const char *from, const char *to, struct error *err);
/* Copies by a temporary file and rename; keeps the mode. */
int fs_copy(const char *from, const char *to, struct error *err);

/* File times come from a clock that ticks this often or more often. */
#define FS_TICK_MS 20
/* Waits until what was changed before can be told by its time from what is changed after: two ticks. */
void fs_let_tick(void);

/* Whether a file of that name, without its directory, is one that is being written, or was when its writer was killed. */
bool fs_is_temporary(const char *name);
/* Removes the files that those who were killed while they wrote to the directory have left. Nobody else may be writing there. */
void fs_remove_temporaries(const char *dir);

bool fs_exists(const char *path); /* follows symlinks */
bool fs_is_dir(const char *path);
bool fs_is_file(const char *path);

/* One entry of a directory. `type` is 'd' directory, 'f' file, 'o' other; symlinks are followed. */
struct fs_entry {
	char *name;
	char type;
};
struct fs_list {
	struct fs_entry *v; /* sorted bytewise by name */
	size_t n;
};
/* Lists a directory without "." and "..". */
int fs_list(const char *path, struct fs_list *out, struct error *err);
void fs_list_release(struct fs_list *l);

/* New strings, free() them. */
char *path_join(const char *dir, const char *name); /* an absolute name stays as it is */
char *path_dir(const char *path); /* "." when there is no slash */
char *path_absolute(
	const char *path); /* against the cwd; "." and ".." and // taken out by text alone */
char *path_real(const char *path, struct error *err);
/* `path` as seen from directory `base` when it lies beneath it, else a copy of `path`. */
char *path_relative(const char *path, const char *base);
/* Borrowed pointers into `path`. */
const char *path_base(const char *path); /* after the last slash */
const char *path_ext(const char *path); /* from the last dot of the base name, "" when none */
/* True when `path` is `dir` or lies beneath it, by text. */
bool path_beneath(const char *path, const char *dir);
/* Where in the line, from `from` on, a path stands that lies beneath `dir`, so that its first strlen(dir) + 1 bytes may be left out; `len` when
 * nowhere. */
size_t path_find(const char *line, size_t len, size_t from, const char *dir);

#endif
