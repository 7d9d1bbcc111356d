/* store: the content-keyed cache of compile, archive and link results.
 *
 * A compile is found in two steps, as ccache's direct mode does: what is known before (role digest, flags without the -I list, source)
 * names a manifest; each of its entries lists what one compile read, by the name under which the search would find it. An entry matches when
 * every name resolves, in the -I list at hand, to a file with the recorded content, so a library compiled for one sketch serves another with
 * other libraries, and a header that comes to shadow another is seen. Everything is written to a temporary name, synced by
 * rename, never changed again, and its digest is checked when it is used.
 */
#ifndef SKETCH_STORE_H
#define SKETCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/strv.h"

struct error;
struct file_index;
struct store;

struct store *store_open(const char *cache_dir, struct file_index *ix, struct error *err);
void store_free(struct store *st);

/* Frees what the store and its file index remember of `dir` and all beneath it, which is gone for good. */
void store_drop(struct store *st, const char *dir);

/* An ordered -I list with a memo of name lookups. */
struct include_list;
struct include_list *include_list_new(struct file_index *ix, const struct strv *dirs);
void include_list_free(struct include_list *il);
const struct strv *include_list_dirs(const struct include_list *il);
/* Absolute path of the first directory's `name` that is a file, or NULL. Borrowed. */
const char *include_list_find(struct include_list *il, const char *name);

/* One compile, before it runs. All borrowed. */
struct compile_input {
	const struct strv *argv; /* the command */
	const char *source; /* as in argv */
	const char *object; /* as in argv */
	struct include_list *
		includes; /* argv's -I of core, variant and libraries; in argv they are left out of the key */
	const char *
		root; /* the unit's own directory (library, core): paths beneath it are kept relative */
	const char *build_dir; /* build.path: taken out of the key except in -D arguments */
	const struct digest *toolchain; /* of the role */
	const struct strv *system_dirs; /* toolchain_system_dirs */
	const struct digest *source_form; /* digest of the normal form; NULL: the file's content */
	/* CLOCK_REALTIME just before the command was started; for keeping only: what changed since then is not what was compiled. */
	struct timespec started;
};

/* What a compile gave. */
struct compile_output {
	char *object; /* path in the store; read-only; hard-link it before use */
	struct digest digest; /* of the object */
	struct strv deps; /* absolute paths read, in order, the source first */
	struct buf err; /* stderr */
	bool uses_time; /* good for this run only: mentions __DATE__ or __TIME__, or what it read has changed meanwhile */
};
void compile_output_release(struct compile_output *o);

/* True and `out` filled when a kept result matches. Argument files (@file) in argv count with their content. */
bool store_find_compile(
	struct store *st, const struct compile_input *in, struct compile_output *out);
/* Keeps a successful compile: the object at in->object, its dependency file `depfile` (make syntax), its stderr. Fills `out` too, also when the
 * result could not be kept (disk full, a file changed meanwhile: then out->object is in->object itself). -1 only when the object or the
 * depfile cannot be read. */
int store_keep_compile(struct store *st, const struct compile_input *in, const char *depfile,
	const struct buf *err_text, struct compile_output *out, struct error *err);

/* Results under a plain key: archives, links. A bundle is a set of named files. */
struct bundle_file {
	char *name;
	char *path;
	struct digest digest;
};
struct bundle {
	struct bundle_file *v;
	size_t n;
};
void bundle_release(struct bundle *b);
/* False when absent or when a file of it is not what its digest says (then it is removed). */
bool store_find_bundle(struct store *st, const struct digest *key, struct bundle *out);
/* Keeps copies of the files at `paths` under `names`. Failing is no error to a build: -1 and err for a debug line. */
int store_keep_bundle(struct store *st, const struct digest *key, const struct strv *names,
	const struct strv *paths, struct error *err);

/* Small texts under a key (prototypes, unit facts). */
bool store_find_text(struct store *st, const struct digest *key, struct buf *out);
void store_keep_text(struct store *st, const struct digest *key, const char *text, size_t len);

/* Lock of one unit's key, so that two builders make it once. Blocking: call it off the loop. The fd, or -1. Close it to unlock. */
int store_lock(struct store *st, const struct digest *key, struct error *err);

/* Make-syntax dependency files: prerequisites in order, unescaped. */
int depfile_parse(const char *text, size_t len, struct strv *out);

/* For `boardman cache`. */
struct store_usage {
	uint64_t bytes;
	uint64_t entries;
};
int store_measure(const char *cache_dir, struct store_usage *out, struct error *err);
/* Removes the least recently used entries until at most max_bytes (UINT64_MAX: any) are left and none is older than max_age seconds (0: any age).
 * Entries in use stay. `removed` counts. */
int store_prune(const char *cache_dir, uint64_t max_bytes, uint64_t max_age,
	struct store_usage *removed, struct error *err);
/* Removes what runs that were killed have left: by links it keeps entries from being pruned. */
void store_sweep(const char *cache_dir);
/* Removes all of the cache's own content, nothing else in that directory. */
int store_clear(const char *cache_dir, struct store_usage *removed, struct error *err);

#endif
