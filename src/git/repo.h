/* repo: a bare repository of our own, to push to or to keep snapshots in. One that keeps snapshots is held while its objects are in
 * use; when nobody holds it and it has grown too large, or is damaged, it is begun anew.
 */
#ifndef GIT_REPO_H
#define GIT_REPO_H

#include <stdbool.h>

struct error;
struct git_repository;
struct repo_hold;

/* What is written to a repository of snapshots before it is begun anew, unless one snapshot is a quarter of that or more. */
#define REPO_MAX_BYTES (2ull << 30)

/* Makes it unless it is there; without templates and hooks. Safe with others doing the same. */
int repo_make(const char *path, struct error *err);
/* Opens one of ours; whoever owns it. git_repository_free it. NULL and err. */
struct git_repository *repo_open(const char *path, struct error *err);

/* Makes a repository of snapshots where there is none, tidies it when nobody else holds it, and holds it: until repo_let_go nobody takes
 * its objects away. Waits only while another one tidies. NULL and err. */
struct repo_hold *repo_hold(const char *path, struct error *err);
/* NULL is fine. */
void repo_let_go(struct repo_hold *h);
/* Tells how much was written for a snapshot of `live` bytes. */
void repo_note_written(const char *path, unsigned long long written, unsigned long long live);
/* Bytes of its objects as they lie on the disk. */
unsigned long long repo_size(const char *path);
/* Removes it with all that was sent to it, unless somebody holds it or there is none: false. */
bool repo_discard(const char *path);
/* Marks it: the next one to hold it alone begins it anew. */
void repo_note_damaged(const char *path);

#endif
