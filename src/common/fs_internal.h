/* fs_internal: what fs.c and fs_tree.c share. For no other file. */
#ifndef COMMON_FS_INTERNAL_H
#define COMMON_FS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct error;

/* Opens a regular file for reading and fills `st`. The descriptor, or -1 and err. */
int fs_open_regular(const char *path, struct stat *st, struct error *err);
/* read(2), not stopped by a signal; -1 and errno. */
ssize_t fs_read_some(int fd, void *data, size_t len);
/* A new random name in the directory of `path`; free() it. */
char *fs_temp_name(const char *path);
/* Makes such a file and opens it for writing; free() *temp. The descriptor, or -1 and err. */
int fs_temp_open(const char *path, mode_t mode, char **temp, struct error *err);
/* Closes `fd`, then gives the file its final name, or removes it when `written` is negative (reason in
 * errno) or anything fails: then -1 and err. */
int fs_temp_commit(int fd, int written, const char *temp, const char *path, struct error *err);
/* "." or "..". */
bool fs_is_dots(const char *name);

#endif
