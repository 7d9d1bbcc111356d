/* source_internal: what the files behind source.h share. For no other file. */
#ifndef SKETCH_SOURCE_INTERNAL_H
#define SKETCH_SOURCE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct error;

#define SKETCH_MAX_FILE (8u << 20) /* bytes of one file */
#define SKETCH_MAX_FILES 10000 /* entries beneath one sketch */
#define SKETCH_MAX_DEPTH 64 /* directories in one another */

/* The directories above the one being read, to see a symlink that leads back. */
struct dir_chain {
	const struct dir_chain *up;
	dev_t dev;
	ino_t ino;
};

/* The main file of `dir`, NAME.ino or NAME.pde, into *out (free it); NULL there when `dir` is not a
 * sketch. -1 when it has both, or its name cannot be used. */
int sketch_main_file(const char *dir, char **out, struct error *err);
/* A sketch file of `dir` when it is no sketch for want of a main file: base name, free it; NULL
 * when there is none. */
char *sketch_stray_file(const char *dir);
bool sketch_is_ino(const char *name); /* .ino or .pde */
/* Refuses a path that is not UTF-8 or has control characters in it, naming it with these bytes escaped. */
int sketch_check_name(const char *path, struct error *err);

/* Adds '#line 1 "path"' and a newline; quotes and backslashes escaped. */
void source_add_line_mark(struct buf *out, int line, const char *path);

#endif
