/* files: what of a directory goes into a snapshot: a walk over the disk that asks git's rules where there is a work tree. It reads
 * names and stat data, never content. For this room only.
 */
#ifndef GIT_FILES_H
#define GIT_FILES_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct notes;
struct stat;
struct strv;

/* Times are in nanoseconds. */
struct file {
	char *path; /* from the root */
	uint32_t mode; /* as git has it: 0100644, 0100755, 0120000 */
	uint64_t size, dev, ino;
	int64_t mtime, ctime;
};

struct file_list {
	struct file *v; /* sorted bytewise by path */
	size_t n, cap;
	unsigned long long bytes;
};

struct files_config {
	const char *root; /* absolute */
	const struct strv *needed; /* absolute directories whose ignored files go too; NULL none */
	const struct strv
		*tops; /* likewise, but only the files in them, not the directories; NULL none */
	const struct strv *excluded; /* absolute directories that never go; NULL none */
	const struct strv
		*inside; /* a symlink that leads beneath one of these is no matter for a note */
	size_t max_files, before_files; /* the limit, and how much of it other roots have taken */
	unsigned long long max_bytes, before_bytes;
};

/* Fills all but the path from stat data of a file or symlink. */
void file_set(struct file *f, const struct stat *st);
/* Fills an empty list. What cannot go is told in `notes`; -1 and err for a name that is not UTF-8, or too much. */
int files_find(
	struct file_list *l, const struct files_config *c, struct notes *notes, struct error *err);
void files_release(struct file_list *l);

#endif
