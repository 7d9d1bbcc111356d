/* fileindex: see fileindex.h. The run's memory: one entry per path asked for, filled from the file on disk when its stat data
 * still hold, else by reading. It never believes a file that was young when it was read, nor one with a time in the future.
 * It belongs to one thread.
 */
#include "sketch/fileindex.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/sum64.h"
#include "common/xalloc.h"
#include "sketch/file_scan.h"
#include "sketch/fileindex_internal.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

#define SECOND INT64_C(1000000000)
#define RACY (2 * SECOND)
#define TICK (FS_TICK_MS * INT64_C(1000000))
/* Some file systems keep whole seconds only. */
#define COARSE (2 * SECOND)
#define DAY_SECONDS 86400
/* An entry's last use is written again when it is this many days old, and the entry dropped after so many. */
#define USED_GRAIN 7
#define USED_MAX 30
#define MAX_ENTRIES 2000000
/* Larger files are not looked through for words. */
#define SCAN_MAX (8u << 20)
#define HASH_TRIES 3

struct file_entry {
	UT_hash_handle hh;
	uint64_t hash;
	struct file_facts facts;
	struct file_record record; /* when known */
	int64_t looked_at;
	unsigned long generation; /* of the last look */
	bool known, there;
	bool fresh; /* not in the file on disk as it is here */
	char hex[DIGEST_HEX_LEN + 1]; /* of the digest; "" until asked for */
	size_t path_len;
	char path[];
};

struct file_index {
	char *path, *dir;
	struct disk_index disk;
	struct file_entry *entries;
	unsigned long generation, epoch, hashed;
	uint32_t today;
	bool dirty;
	struct buf text;
	struct buf confirmed; /* see file_index_confirmed */
	unsigned long confirmed_epoch;
};

int64_t file_index_ns(const struct timespec *t)
{
	return t->tv_sec * SECOND + t->tv_nsec;
}

int64_t file_index_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return file_index_ns(&t);
}

void file_stamp_of(struct file_stamp *out, const struct stat *st)
{
	*out = (struct file_stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec,
		.ctime = st->st_ctim.tv_sec * SECOND + st->st_ctim.tv_nsec,
	};
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime == b->mtime &&
	       a->ctime == b->ctime;
}

int64_t file_stamp_changed(const struct file_stamp *s)
{
	return s->mtime > s->ctime ? s->mtime : s->ctime;
}

bool file_stamp_racy(const struct file_stamp *s, int64_t hashed_at)
{
	return file_stamp_changed(s) > hashed_at - RACY;
}

struct file_index *file_index_open(const char *cache_dir)
{
	struct file_index *ix = xcalloc(1, sizeof *ix);
	ix->dir = xstrdup(cache_dir);
	ix->path = path_join(cache_dir, "fileindex");
	ix->generation = ix->epoch = 1;
	ix->today = (uint32_t)(time(NULL) / DAY_SECONDS);
	disk_index_open(&ix->disk, ix->path);
	return ix;
}

void file_index_free(struct file_index *ix)
{
	struct file_entry *e, *next;
	if (!ix)
		return;
	HASH_ITER (hh, ix->entries, e, next) {
		HASH_DEL(ix->entries, e);
		free(e);
	}
	disk_index_close(&ix->disk);
	buf_release(&ix->text);
	buf_release(&ix->confirmed);
	free(ix->path);
	free(ix->dir);
	free(ix);
}

static struct file_entry *find(
	const struct file_index *ix, const char *path, size_t len, uint64_t hash)
{
	struct file_entry *e = NULL;
	HASH_FIND_BYHASHVALUE(hh, ix->entries, path, len, (unsigned)hash, e);
	return e;
}

static struct file_entry *find_or_add(struct file_index *ix, const char *path, size_t len)
{
	uint64_t hash = sum64(SUM64_START, path, len);
	struct file_entry *e = find(ix, path, len, hash);
	if (e)
		return e;
	e = xcalloc(1, sizeof *e + len + 1);
	memcpy(e->path, path, len);
	e->path_len = len;
	e->hash = hash;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, ix->entries, e->path, len, (unsigned)hash, e);
	return e;
}

static int digest_dir(const char *path, struct digest *out)
{
	struct fs_list l;
	if (fs_list(path, &l, NULL) < 0)
		return -1;
	struct digester *d = digester_new();
	for (size_t i = 0; i < l.n; i++) {
		digester_addstr(d, l.v[i].name);
		digester_add(d, &l.v[i].type, 1);
	}
	digester_finish(d, out);
	digester_free(d);
	fs_list_release(&l);
	return 0;
}

static int digest_content(struct file_index *ix, const char *path, const struct stat *st,
	struct digest *out, uint32_t *flags)
{
	*flags = S_ISDIR(st->st_mode) ? FILE_IS_DIR : 0;
	if (S_ISDIR(st->st_mode))
		return digest_dir(path, out);
	ix->hashed++;
	if (st->st_size > SCAN_MAX)
		return digest_file(out, path, NULL);
	buf_clear(&ix->text);
	if (fs_read(path, 0, &ix->text, NULL) < 0)
		return -1;
	digest_bytes(out, buf_str(&ix->text), ix->text.len);
	*flags = file_scan_flags(buf_str(&ix->text), ix->text.len);
	return 0;
}

/* Reads the content, again when it changed meanwhile. What never holds still is given back, but never believed later. */
static int hash_now(struct file_index *ix, const char *path, struct stat *st, struct file_record *r)
{
	for (int tries = 0; tries < HASH_TRIES; tries++) {
		struct file_stamp after;
		file_stamp_of(&r->stamp, st);
		r->hashed_at = file_index_now();
		if (digest_content(ix, path, st, &r->digest, &r->flags) < 0 || stat(path, st) < 0)
			return -1;
		file_stamp_of(&after, st);
		if (file_stamp_equal(&after, &r->stamp))
			return 0;
	}
	r->hashed_at = 0;
	return 0;
}

static bool holds(const struct file_record *r, const struct stat *st)
{
	struct file_stamp s;
	file_stamp_of(&s, st);
	return file_stamp_equal(&r->stamp, &s) && !file_stamp_racy(&s, r->hashed_at);
}

static void remember(struct file_entry *e, bool fresh)
{
	e->known = true;
	e->fresh = fresh;
	e->facts = (struct file_facts){e->record.digest, e->record.flags};
	e->hex[0] = '\0';
}

static bool look(struct file_index *ix, struct file_entry *e)
{
	struct stat st;
	struct file_record r = {0};
	e->looked_at = file_index_now();
	if (stat(e->path, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return false;
	if (e->known && holds(&e->record, &st))
		return true;
	if (disk_index_find(&ix->disk, e->path, e->path_len, e->hash, &r) && holds(&r, &st)) {
		ix->dirty |= r.used + USED_GRAIN < ix->today;
		e->record = r;
		remember(e, false);
		return true;
	}
	if (hash_now(ix, e->path, &st, &r) < 0)
		return false;
	e->record = r;
	remember(e, true);
	ix->dirty |= !file_stamp_racy(&r.stamp, r.hashed_at);
	return true;
}

static struct file_entry *get_n(struct file_index *ix, const char *path, size_t len)
{
	struct file_entry *e = find_or_add(ix, path, len);
	if (e->generation != ix->generation) {
		e->there = look(ix, e);
		e->generation = ix->generation;
	}
	return e;
}

static struct file_entry *get(struct file_index *ix, const char *path)
{
	return get_n(ix, path, strlen(path));
}

const struct file_facts *file_index_get(struct file_index *ix, const char *path)
{
	const struct file_entry *e = get(ix, path);
	return e->there ? &e->facts : NULL;
}

bool file_index_is(struct file_index *ix, const char *path, size_t len, const char *hex)
{
	struct file_entry *e = get_n(ix, path, len);
	if (!e->there)
		return false;
	if (!e->hex[0])
		digest_hex(&e->facts.digest, e->hex);
	return !strncmp(hex, e->hex, DIGEST_HEX_LEN);
}

bool file_index_still(struct file_index *ix, const char *path)
{
	const struct file_entry *e = get(ix, path);
	struct stat st;
	struct file_stamp s;
	struct file_record now;
	if (stat(path, &st) < 0)
		return !e->there;
	if (!e->there)
		return false;
	file_stamp_of(&s, &st);
	if (!file_stamp_equal(&s, &e->record.stamp))
		return false;
	if (!file_stamp_racy(&s, e->record.hashed_at))
		return true;
	return hash_now(ix, path, &st, &now) == 0 && digest_equal(&now.digest, &e->record.digest) &&
	       file_stamp_equal(&now.stamp, &e->record.stamp);
}

void file_index_forget(struct file_index *ix, const char *path)
{
	ix->epoch++;
	if (!path) {
		ix->generation++;
		return;
	}
	size_t len = strlen(path);
	struct file_entry *e = find(ix, path, len, sum64(SUM64_START, path, len));
	if (e)
		e->generation = 0;
}

void file_index_drop(struct file_index *ix, const char *dir)
{
	struct file_entry *e, *next;
	ix->epoch++;
	HASH_ITER (hh, ix->entries, e, next) {
		if (!path_beneath(e->path, dir))
			continue;
		HASH_DEL(ix->entries, e);
		free(e);
	}
}

size_t file_index_count(const struct file_index *ix)
{
	return HASH_COUNT(ix->entries);
}

void file_index_put(struct file_index *ix, const char *path, const struct digest *digest)
{
	struct stat st;
	struct file_entry *e = find_or_add(ix, path, strlen(path));
	file_index_forget(ix, path);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	file_stamp_of(&e->record.stamp, &st);
	e->looked_at = e->record.hashed_at = file_index_now();
	e->record.digest = *digest;
	e->record.flags = 0;
	e->generation = ix->generation;
	e->there = true;
	remember(e, true);
}

unsigned long file_index_hashed(const struct file_index *ix)
{
	return ix->hashed;
}

unsigned long file_index_epoch(const struct file_index *ix)
{
	return ix->epoch;
}

struct buf *file_index_confirmed(struct file_index *ix)
{
	if (ix->confirmed_epoch != ix->epoch)
		buf_clear(&ix->confirmed);
	ix->confirmed_epoch = ix->epoch;
	return &ix->confirmed;
}

int64_t file_index_looked_at(const struct file_index *ix, const char *path)
{
	size_t len = strlen(path);
	const struct file_entry *e = find(ix, path, len, sum64(SUM64_START, path, len));
	return e && e->generation == ix->generation ? e->looked_at : 0;
}

int64_t file_index_changed_at(struct file_index *ix, const char *path)
{
	const struct file_entry *e = get(ix, path);
	return e->there ? file_stamp_changed(&e->record.stamp) : 0;
}

bool file_index_held_still(struct file_index *ix, const char *path, int64_t since)
{
	const struct file_entry *e = get(ix, path);
	if (!e->there)
		return false;
	int64_t changed = file_stamp_changed(&e->record.stamp);
	if (e->looked_at >= since && changed >= since - (changed % SECOND ? TICK : COARSE))
		return false;
	return file_index_still(ix, path);
}

void file_index_look_at_dir(struct file_index *ix, const char *path, bool recursive)
{
	struct fs_list l = {0};
	file_index_get(ix, path);
	if (!recursive || fs_list(path, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].type != 'd' || l.v[i].name[0] == '.')
			continue;
		char *sub = path_join(path, l.v[i].name);
		file_index_look_at_dir(ix, sub, true);
		free(sub);
	}
	fs_list_release(&l);
}

/* ---- saving ---- */

static bool looked(const struct file_index *ix, const struct file_entry *e)
{
	return e->generation == ix->generation;
}

/* True when the run's memory knows better than what stands in the file. */
static bool superseded(
	const struct file_index *ix, const char *path, size_t len, const struct file_record *r)
{
	const struct file_entry *e = find(ix, path, len, sum64(SUM64_START, path, len));
	if (!e || !looked(ix, e))
		return false;
	return !e->there || (e->known && e->record.hashed_at >= r->hashed_at);
}

static void add_others(const struct file_index *ix, const struct disk_index *now, uint32_t max_age,
	struct disk_writer *w, size_t *n)
{
	for (size_t i = 0; i < disk_index_count(now); i++) {
		struct file_record r;
		const char *path;
		size_t len;
		if (*n == MAX_ENTRIES || !disk_index_entry(now, i, &path, &len, &r) ||
			r.used + max_age < ix->today || superseded(ix, path, len, &r))
			continue;
		disk_writer_add(w, path, len, &r);
		(*n)++;
	}
}

static void add_own(struct file_index *ix, struct disk_writer *w, size_t *n)
{
	struct file_entry *e, *next;
	HASH_ITER (hh, ix->entries, e, next) {
		bool keep = looked(ix, e) && e->there && e->known &&
			    !file_stamp_racy(&e->record.stamp, e->record.hashed_at);
		if (!keep || *n == MAX_ENTRIES)
			continue;
		e->record.used = ix->today;
		disk_writer_add(w, e->path, e->path_len, &e->record);
		(*n)++;
	}
}

/* The more there are, the sooner an unused one goes. */
static uint32_t age_for(size_t n)
{
	return n < MAX_ENTRIES / 2 ? USED_MAX : n < MAX_ENTRIES - MAX_ENTRIES / 10 ? 8 : 1;
}

void file_index_save(struct file_index *ix)
{
	struct error err = ERROR_INIT;
	struct disk_index now;
	size_t n = 0;
	if (!ix->dirty)
		return;
	int lock = open(ix->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0)
		(void)flock(lock, LOCK_EX); /* without one, a neighbour's entries may be lost */
	disk_index_open(&now, ix->path);
	struct disk_writer *w = disk_writer_new();
	add_own(ix, w, &n);
	add_others(ix, &now, age_for(disk_index_count(&now)), w, &n);
	if (disk_writer_save(w, ix->path, &err) < 0)
		log_debug("%s", err.text);
	else
		ix->dirty = false;
	disk_writer_free(w);
	disk_index_close(&now);
	if (lock >= 0)
		close(lock);
}
