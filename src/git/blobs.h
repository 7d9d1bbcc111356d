/* blobs: the content of files as git objects, each file read only when its stat data are new. For this room only. */
#ifndef GIT_BLOBS_H
#define GIT_BLOBS_H

#include <git2.h>

struct blobs;
struct error;
struct file;
struct file_list;

/* For one repository of ours, which is borrowed. NULL and err. */
struct blobs *blobs_open(git_repository *repo, struct error *err);
void blobs_free(struct blobs *b);
/* Bytes that were read from files so far. */
unsigned long long blobs_read(const struct blobs *b);
/* Writes the content of `path`, which `f` describes: its stat data become those of what was read. 0; 1 when the file is gone; -1 and err. */
int blobs_write(struct blobs *b, git_oid *id, struct file *f, const char *path, struct error *err);
/* Writes the tree of all files of the list, which lie beneath `root`. */
int blobs_tree(
	struct blobs *b, git_oid *tree, const char *root, struct file_list *l, struct error *err);

#endif
