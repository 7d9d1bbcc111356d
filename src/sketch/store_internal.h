/* store_internal: what the store's files share. */
#ifndef SKETCH_STORE_INTERNAL_H
#define SKETCH_STORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/strmap.h"
#include "sketch/file_scan.h"
#include "sketch/store.h"

struct file_facts;

#define STORE_DAY 86400
#define STORE_MAX_OBJECT ((size_t)1 << 30)
#define STORE_MAX_MANIFEST ((size_t)4 << 20)
#define STORE_MAX_ENTRIES 32

struct cached_list {
	struct strv dirs;
	struct include_list *list;
};

struct store {
	char *dir;
	struct file_index *ix;
	struct digester *d; /* for keys; idle between calls */
	struct digest environment; /* of the variables that a compiler listens to */
	struct cached_list *lists; /* system and other search directories */
	size_t n_lists;
	struct strmap names; /* path -> struct header_memo */
	struct buf manifest, path; /* reused */
	unsigned long temp_count;
};

/* ---- include_list.c ---- */

/* Facts and path of the first directory's `name` that is a file; NULL: none. */
const struct file_facts *include_list_lookup(
	struct include_list *il, const char *name, size_t len, const char **path);
/* The n-th file of that name (0 is the first), as #include_next finds them. `path` is borrowed until the next call. */
const struct file_facts *include_list_nth(
	struct include_list *il, const char *name, size_t len, size_t n, const char **path);
/* A list for `dirs`, made once per store. */
struct include_list *store_list(struct store *st, const struct strv *dirs);

/* ---- store_file.c: files of the cache ---- */

/* <dir>/<kind>/<first two digits>/<hex><ext>; free() it. */
char *store_path(
	const struct store *st, const char *kind, const struct digest *key, const char *ext);
/* Writes by a name in tmp and rename; makes the directory. */
int store_write(struct store *st, const char *path, const void *data, size_t len, int mode,
	struct error *err);
/* Puts content at its own digest's name unless it is there. The path, or NULL and err. */
char *store_publish(struct store *st, const void *data, size_t len, const struct digest *digest,
	const char *ext, struct error *err);
/* True when the file is there and is what its digest says; else it is removed. Marks it used. */
bool store_object_ok(struct store *st, const char *path, const struct digest *digest);
/* A text that notices damage: a first line with a check sum, then `data`. A damaged one is removed. */
bool store_read_sealed(struct store *st, const char *path, const char *kind, struct buf *out);
int store_write_sealed(struct store *st, const char *path, const char *kind, const void *data,
	size_t len, struct error *err);
/* Sets the times to now when they are older than a day. */
void store_touch(const char *path, const struct timespec *mtime);

/* Removes what is at least `age` seconds old in tmp, but no scratch directory of a run that lives. */
void store_clean_tmp(const char *cache_dir, time_t age);

/* ---- compile_key.c ---- */

/* What a compile's command says beside its -I list. */
struct compile_view {
	const struct compile_input *in;
	struct digest key; /* names the manifest */
	struct strv files; /* whose content is part of the key, beside the source */
	struct include_list *extra; /* other -I, -isystem and the like; NULL: none */
	struct include_list *system;
};
/* False when the source is not there. */
bool compile_view_init(struct compile_view *v, struct store *st, const struct compile_input *in);
void compile_view_release(struct compile_view *v);

/* ---- manifest_match.c ---- */

/* One entry of a manifest; the texts are borrowed from it. */
struct manifest_entry {
	const char *start; /* of the whole entry */
	size_t len;
	struct digest object;
	const char *rows, *err;
	size_t rows_len, err_len;
};
/* Reads the entries, oldest first; 0 of a broken manifest. At most STORE_MAX_ENTRIES. */
size_t manifest_parse(const char *text, size_t len, struct manifest_entry *out);
/* Adds an entry's text. */
void manifest_add(struct buf *out, const struct digest *object, const struct buf *rows,
	const struct buf *err);
/* True when all rows hold; `deps` gets what they resolve to. */
bool manifest_matches(struct store *st, const struct compile_view *v,
	const struct manifest_entry *e, struct strv *deps);
/* The digests in rows 'P' and 'L'. Messages (`has_err`) quote the source, comments and all. */
void manifest_paths_digest(struct store *st, const struct compile_view *v, const struct strv *deps,
	bool has_err, struct digest *out);
void manifest_lists_digest(struct store *st, const struct compile_view *v, struct digest *out);
/* What __has_include says in file `from` of a name with its opening '<' or '"'. */
bool manifest_has_include(struct store *st, const struct compile_view *v, const char *from,
	const char *name, size_t len);
/* True when the directory of file `from` holds a file `name`. */
bool manifest_beside(struct store *st, const char *from, const char *name, size_t len);
void manifest_head(struct buf *out);

/* ---- manifest_make.c ---- */

/* Writes the rows of a compile that read `deps`: `raw` as the compiler named them, `clean` as we do. False when it
 * cannot be described, or a file is gone. */
bool manifest_make(struct store *st, const struct compile_view *v, const struct strv *raw,
	const struct strv *clean, bool has_err, struct buf *rows);

#endif
