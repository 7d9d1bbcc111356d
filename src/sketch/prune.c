/* prune: measures the cache and makes it smaller. It goes by the files alone, so it needs no index and can run beside builds;
 * an object that is hard-linked somewhere is in use and stays. It touches nothing that the cache did not make.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/store_internal.h"

struct item {
	char *path;
	uint64_t size;
	struct timespec used;
	bool linked;
};

struct items {
	struct item *v;
	size_t n, cap;
	uint64_t bytes; /* of all files, also of those that are no items */
};

static const char *const kinds[] = {"objects", "manifests", "bundles", "texts"};
static const char *const singles[] = {"fileindex", "toolchains"};

static void items_release(struct items *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
}

static void add_file(struct items *l, char *path)
{
	struct stat s;
	if (lstat(path, &s) < 0 || !S_ISREG(s.st_mode)) {
		free(path);
		return;
	}
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct item){path, (uint64_t)s.st_size, s.st_mtim, s.st_nlink > 1};
	l->bytes += (uint64_t)s.st_size;
}

static void add_shard(struct items *l, const char *dir)
{
	struct fs_list files = {0};
	if (fs_list(dir, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++)
		add_file(l, path_join(dir, files.v[i].name));
	fs_list_release(&files);
}

static int add_kind(struct items *l, const char *cache_dir, const char *kind, struct error *err)
{
	struct fs_list shards = {0};
	char *dir = path_join(cache_dir, kind);
	int r = fs_exists(dir) ? fs_list(dir, &shards, err) : 0;
	for (size_t i = 0; i < shards.n; i++) {
		char *shard = path_join(dir, shards.v[i].name);
		if (shards.v[i].type == 'd')
			add_shard(l, shard);
		free(shard);
	}
	fs_list_release(&shards);
	free(dir);
	return r;
}

static int collect(const char *cache_dir, struct items *l, struct error *err)
{
	struct stat s;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (add_kind(l, cache_dir, kinds[i], err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(singles); i++) {
		char *path = path_join(cache_dir, singles[i]);
		if (lstat(path, &s) == 0 && S_ISREG(s.st_mode))
			l->bytes += (uint64_t)s.st_size;
		free(path);
	}
	return 0;
}

int store_measure(const char *cache_dir, struct store_usage *out, struct error *err)
{
	struct items l = {0};
	int r = collect(cache_dir, &l, err);
	if (r == 0)
		*out = (struct store_usage){l.bytes, l.n};
	items_release(&l);
	return r;
}

static int by_use(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void count(struct store_usage *u, uint64_t bytes)
{
	u->bytes += bytes;
	u->entries++;
}

/* Files that were there to be locked only; whoever holds one keeps it. */
static void prune_locks(const char *cache_dir, time_t before)
{
	struct fs_list l = {0};
	struct stat s;
	char *dir = path_join(cache_dir, "locks");
	if (fs_list(dir, &l, NULL) < 0)
		l.n = 0;
	for (size_t i = 0; i < l.n; i++) {
		char *path = path_join(dir, l.v[i].name);
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_mtime <= before &&
			flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlink(path);
		if (fd >= 0)
			close(fd);
		free(path);
	}
	fs_list_release(&l);
	free(dir);
}

int store_prune(const char *cache_dir, uint64_t max_bytes, uint64_t max_age,
	struct store_usage *removed, struct error *err)
{
	struct items l = {0};
	struct store_usage gone = {0};
	time_t now = time(NULL);
	int r = collect(cache_dir, &l, err);
	uint64_t left = l.bytes;
	if (r == 0 && l.n)
		qsort(l.v, l.n, sizeof *l.v, by_use);
	for (size_t i = 0; r == 0 && i < l.n; i++) {
		const struct item *it = &l.v[i];
		bool old = max_age && now > it->used.tv_sec &&
			   (uint64_t)(now - it->used.tv_sec) > max_age;
		if (it->linked || (!old && left <= max_bytes))
			continue;
		if (unlink(it->path) < 0)
			continue; /* gone already, or not ours to remove: it counts as left */
		left -= it->size;
		count(&gone, it->size);
	}
	if (r == 0) {
		prune_locks(cache_dir, now - STORE_DAY);
		*removed = gone;
	}
	items_release(&l);
	return r;
}

int store_clear(const char *cache_dir, struct store_usage *removed, struct error *err)
{
	struct store_usage before = {0};
	int r = store_measure(cache_dir, &before, err);
	for (size_t i = 0; i < ARRAY_LEN(kinds) + ARRAY_LEN(singles) && r == 0; i++) {
		const char *name = i < ARRAY_LEN(kinds) ? kinds[i] : singles[i - ARRAY_LEN(kinds)];
		char *path = path_join(cache_dir, name);
		r = fs_remove_tree(path, err);
		free(path);
	}
	if (r == 0) {
		prune_locks(cache_dir, time(NULL) + STORE_DAY);
		store_clean_tmp(cache_dir, 0);
		*removed = before;
	}
	return r;
}
