/* include_tree: the include scanner's memory: directories and scanned files by path, under roots (the core, a variant, a library).
 *
 * A root is checked against the disk once per epoch (one prediction): a stat for each directory listed and each file scanned so far. What
 * changed is read again and the root's version goes up, so that everything concluded from it can name the version it was for.
 */
#ifndef SKETCH_INCLUDE_TREE_H
#define SKETCH_INCLUDE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "common/strmap.h"
#include "sketch/include_scan.h"

/* What says that a file or directory is still the same. */
struct tree_stamp {
	uint64_t dev, ino, size;
	struct timespec mtime, ctime;
	bool racy; /* it changed so shortly before we read it that another change might not show */
};

struct tree_file {
	char *path;
	struct tree_dir *dir;
	struct scan scan;
	struct tree_stamp stamp;
	uint64_t sum; /* of the bytes */
	bool loaded, dead;
	uint64_t pass; /* the walk that saw it last, and how often */
	unsigned visits;
};

struct tree_dir {
	char *path;
	struct tree_root *root;
	struct tree_dir *parent; /* NULL at the root's top */
	struct strmap entries; /* name -> struct tree_entry */
	struct tree_stamp stamp;
	bool dead;
};

struct tree_root {
	char *path;
	struct tree_dir *top; /* NULL: no such directory */
	struct tree_dir **dirs;
	size_t n_dirs, cap_dirs;
	struct tree_file **files;
	size_t n_files, cap_files;
	uint64_t epoch;
	unsigned version;
	bool closed; /* nothing outside it is reached by ".." */
};

struct tree {
	struct strmap roots; /* path -> struct tree_root */
	struct macro_table names;
	uint64_t epoch;
	unsigned long scanned; /* files read so far */
	struct file_index *files; /* looks at each before it is read; borrowed, NULL none */
};

void tree_init(struct tree *t);
void tree_release(struct tree *t);

/* The root at `path` (absolute), as it is on disk now. Never NULL. */
struct tree_root *tree_root(struct tree *t, const char *path);
/* A root of its own that the tree does not keep; for a sketch. Closed. Free with tree_root_free. */
struct tree_root *tree_private_root(struct tree *t, const char *path);
void tree_root_free(struct tree_root *r);
/* The directory `path` at or below the root, NULL when there is none. */
struct tree_dir *tree_dir_at(struct tree *t, struct tree_root *r, const char *path);
/* The file that #include `name` finds in `dir`; scanned. NULL when there is none. */
struct tree_file *tree_find(struct tree *t, struct tree_dir *dir, const char *name);

#endif
