/* The file index: what is believed, what is read again, and what survives damage. */
#include "sketch/fileindex.h"

#include <sys/mman.h>
#include "common/sum64.h"
#include "sketch/fileindex_internal.h"
#include "unit/store_util.h"

#define SECOND INT64_C(1000000000)

static struct file_index *open_index(void)
{
	return file_index_open(at("cache"));
}

static uint32_t today(void)
{
	return (uint32_t)(time(NULL) / 86400);
}

/* Puts an index on disk with one entry for `path`, hashed so long after its last change. */
static void plant(const char *path, const char *text, int64_t later, uint32_t used)
{
	struct disk_writer *w = disk_writer_new();
	struct stat st;
	struct error err = ERROR_INIT;
	must(stat(path, &st) == 0, path);
	struct file_record r = {.used = used};
	file_stamp_of(&r.stamp, &st);
	r.hashed_at = file_stamp_changed(&r.stamp) + later;
	digest_bytes(&r.digest, text, strlen(text));
	disk_writer_add(w, path, strlen(path), &r);
	must(disk_writer_save(w, at("cache/fileindex"), &err) == 0, err.text);
	disk_writer_free(w);
}

static void basics(void)
{
	struct file_index *ix = open_index();
	const char *a = put("a.h", "int a = __LINE__;\n");
	const struct file_facts *f = file_index_get(ix, a);
	ok(f && is_digest_of(&f->digest, "int a = __LINE__;\n"), "a file's digest");
	is_int(f ? f->flags : 99, 0, "and flags");
	ok(file_index_get(ix, a) == f && file_index_hashed(ix) == 1, "read once per run");
	ok(!file_index_get(ix, at("none")), "what is not there");
	put("none", "x");
	ok(!file_index_get(ix, at("none")), "is remembered as such");
	ok(!file_index_still(ix, at("none")), "but seen when looked at again");
	file_index_forget(ix, at("none"));
	ok(file_index_get(ix, at("none")) != NULL, "and found once forgotten");
	f = file_index_get(ix, put("t.h", "__TIME__"));
	is_int(f ? f->flags : 99, FILE_MENTIONS_TIME, "flags come along");
	ok(!file_index_get(ix, "/dev/null"), "a device is no file");
	file_index_free(ix);
}

static void changes(void)
{
	struct file_index *ix = open_index();
	const char *a = put("a.h", "one");
	const struct file_facts *f = file_index_get(ix, a);
	ok(file_index_still(ix, a), "unchanged");
	put("a.h", "two");
	ok(is_digest_of(&f->digest, "one"), "a change is not seen by itself");
	ok(!file_index_still(ix, a), "but when asked for");
	file_index_forget(ix, NULL);
	ok(file_index_get(ix, a) == f && is_digest_of(&f->digest, "two"),
		"forget all: read anew, in the same place");
	unlink(a);
	ok(!file_index_still(ix, a), "gone");
	file_index_forget(ix, a);
	ok(!file_index_get(ix, a), "and gone once forgotten");
	ok(file_index_still(ix, a), "still gone");
	file_index_free(ix);
}

/* A change that leaves no trace in size and times, as within one tick of the clock: a mapped page that is dirty already. */
static void dropped(void)
{
	struct file_index *ix = open_index();
	file_index_get(ix, put("build/1/a.h", "one"));
	file_index_get(ix, at("build/1/none.h"));
	file_index_get(ix, at("build/1"));
	file_index_get(ix, put("build/10/a.h", "two"));
	file_index_get(ix, at("build"));
	unsigned long hashed = file_index_hashed(ix), epoch = file_index_epoch(ix);
	is_int((long long)file_index_count(ix), 5, "five paths are remembered");
	file_index_drop(ix, at("build/1"));
	is_int((long long)file_index_count(ix), 2, "those at a directory that is gone are not");
	ok(file_index_epoch(ix) != epoch, "who holds facts of them is told");
	ok(file_index_get(ix, at("build/10/a.h")) && file_index_hashed(ix) == hashed,
		"a name that begins alike is another");
	const struct file_facts *f = file_index_get(ix, put("build/1/a.h", "three"));
	ok(f && is_digest_of(&f->digest, "three"), "if it comes again it is looked at");
	file_index_free(ix);
}

static void traceless(void)
{
	struct file_index *ix = open_index();
	char *a = xstrdup(put("mapped.h", "..."));
	int fd = open(a, O_RDWR | O_CLOEXEC);
	char *map = mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(fd >= 0 && map != MAP_FAILED, a);
	memcpy(map, "one", 3);
	const struct file_facts *f = file_index_get(ix, a);
	must(f && is_digest_of(&f->digest, "one"), a);
	memcpy(map, "two", 3);
	ok(!file_index_still(ix, a), "a young file is looked into");
	munmap(map, 3);
	close(fd);
	free(a);
	file_index_free(ix);
}

static void directories(void)
{
	struct file_index *ix = open_index();
	put("d/x", "1");
	const struct file_facts *f = file_index_get(ix, at("d"));
	ok(f && f->flags == FILE_IS_DIR, "a directory has facts");
	struct digest before = f->digest;
	put("d/x", "2");
	file_index_forget(ix, NULL);
	f = file_index_get(ix, at("d"));
	ok(f && digest_equal(&f->digest, &before), "contents do not count");
	put("d/y", "");
	file_index_forget(ix, NULL);
	f = file_index_get(ix, at("d"));
	ok(f && !digest_equal(&f->digest, &before), "names do");
	unlink(at("d/y"));
	must(mkdir(at("d/y"), 0755) == 0, "mkdir");
	struct digest with_file = f->digest;
	file_index_forget(ix, NULL);
	f = file_index_get(ix, at("d"));
	ok(f && !digest_equal(&f->digest, &with_file), "and types");
	file_index_free(ix);
}

static void symlinks(void)
{
	struct file_index *ix = open_index();
	const char *link = at("link");
	put("one", "1");
	put("two", "2");
	must(symlink("one", link) == 0, link);
	const struct file_facts *f = file_index_get(ix, link);
	ok(f && is_digest_of(&f->digest, "1"), "a link gives its target");
	unlink(link);
	must(symlink("two", link) == 0, link);
	ok(!file_index_still(ix, link), "another target is a change");
	file_index_free(ix);
}

static void believing(void)
{
	const char *a = put("a.h", "text");
	plant(a, "lie", 2 * SECOND + 1, today());
	struct file_index *ix = open_index();
	const struct file_facts *f = file_index_get(ix, a);
	ok(f && is_digest_of(&f->digest, "lie") && file_index_hashed(ix) == 0,
		"an old enough entry is believed unread");
	file_index_free(ix);
	plant(a, "lie", 2 * SECOND - 1, today());
	ix = open_index();
	f = file_index_get(ix, a);
	ok(f && is_digest_of(&f->digest, "text") && file_index_hashed(ix) == 1,
		"one hashed too soon is not");
	file_index_free(ix);
	plant(a, "lie", 3 * SECOND, today());
	put("a.h", "TEXT");
	ix = open_index();
	f = file_index_get(ix, a);
	ok(f && is_digest_of(&f->digest, "TEXT"), "nor one whose file changed since");
	file_index_free(ix);
	struct stat st;
	must(stat(a, &st) == 0, a);
	plant(a, "lie", 3 * SECOND, today());
	put("a.h", "SAME");
	struct timespec times[2] = {st.st_atim, st.st_mtim};
	must(utimensat(AT_FDCWD, a, times, 0) == 0, a);
	ix = open_index();
	f = file_index_get(ix, a);
	ok(f && is_digest_of(&f->digest, "SAME"), "even if its mtime was put back");
	file_index_free(ix);
}

static void future(void)
{
	const char *a = put("f.h", "text");
	struct timespec times[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	must(utimensat(AT_FDCWD, a, times, 0) == 0, a);
	for (int i = 0; i < 2; i++) {
		struct file_index *ix = open_index();
		file_index_get(ix, a);
		is_int((long long)file_index_hashed(ix), 1,
			"a time in the future is never believed");
		file_index_save(ix);
		file_index_free(ix);
	}
}

/* A file that is old on every machine, unlike what a test can make. */
#define OLD_FILE "/bin/sh"
#define OLDER_FILE "/etc/passwd"

static void saving(void)
{
	unlink(at("cache/fileindex"));
	struct file_index *ix = open_index(), *other = open_index();
	file_index_get(ix, OLD_FILE);
	file_index_get(other, OLDER_FILE);
	file_index_save(ix);
	file_index_save(other);
	file_index_free(ix);
	file_index_free(other);
	ix = open_index();
	ok(file_index_get(ix, OLD_FILE) && file_index_get(ix, OLDER_FILE), "both are there");
	is_int((long long)file_index_hashed(ix), 0, "two runs' entries are merged");
	struct stat before, after;
	must(stat(at("cache/fileindex"), &before) == 0, "saved");
	file_index_save(ix);
	must(stat(at("cache/fileindex"), &after) == 0, "saved");
	is_int((long long)after.st_ino, (long long)before.st_ino, "nothing new, nothing written");
	file_index_free(ix);
}

static size_t entries(void)
{
	struct disk_index d;
	disk_index_open(&d, at("cache/fileindex"));
	size_t n = disk_index_count(&d);
	disk_index_close(&d);
	return n;
}

static void expiry(void)
{
	const char *a = put("old.h", "text");
	plant(a, "text", 3 * SECOND, today() - 31);
	struct file_index *ix = open_index();
	file_index_get(ix, OLD_FILE);
	file_index_save(ix);
	file_index_free(ix);
	is_int((long long)entries(), 1, "an entry not used for a month goes");
	plant(a, "text", 3 * SECOND, today() - 29);
	ix = open_index();
	file_index_get(ix, a);
	file_index_save(ix);
	file_index_free(ix);
	struct disk_index d;
	struct file_record r = {0};
	disk_index_open(&d, at("cache/fileindex"));
	ok(disk_index_find(&d, a, strlen(a), sum64(SUM64_START, a, strlen(a)), &r) &&
			r.used == today(),
		"one that is used counts as used today");
	disk_index_close(&d);
	plant(a, "text", 3 * SECOND, today());
	unlink(a);
	ix = open_index();
	file_index_get(ix, a);
	file_index_get(ix, OLD_FILE);
	file_index_save(ix);
	file_index_free(ix);
	is_int((long long)entries(), 1, "one whose file is gone goes");
}

/* Whatever happens to the file, facts are right. */
static void damage(void)
{
	char *a = xstrdup(put("a.h", "text")), *path = xstrdup(at("cache/fileindex"));
	plant(a, "text", 3 * SECOND, today());
	struct stat st;
	must(stat(path, &st) == 0, path);
	bool right = true;
	unsigned long read = 0;
	for (long i = 0; i < st.st_size; i++) {
		plant(a, "text", 3 * SECOND, today());
		flip(path, i);
		struct file_index *ix = open_index();
		const struct file_facts *f = file_index_get(ix, a);
		right &= f && is_digest_of(&f->digest, "text");
		read += file_index_hashed(ix);
		file_index_free(ix);
	}
	ok(right, "any flipped bit is harmless");
	ok(read > (unsigned long)st.st_size / 2, "most are noticed (%lu of %ld)", read,
		(long)st.st_size);
	right = true;
	for (long n = 0; n < st.st_size; n += 7) {
		plant(a, "text", 3 * SECOND, today());
		must(truncate(path, n) == 0, path);
		struct file_index *ix = open_index();
		const struct file_facts *f = file_index_get(ix, a);
		right &= f && is_digest_of(&f->digest, "text");
		file_index_free(ix);
	}
	ok(right, "any cut is harmless");
	free(a);
	free(path);
}

static void many(void)
{
	struct disk_writer *w = disk_writer_new();
	struct error err = ERROR_INIT;
	char path[64];
	for (int i = 0; i < 3000; i++) {
		struct file_record r = {.used = today(), .flags = (uint32_t)i};
		snprintf(path, sizeof path, "/some/where/header%d.h", i);
		disk_writer_add(w, path, strlen(path), &r);
	}
	must(disk_writer_save(w, at("cache/fileindex"), &err) == 0, err.text);
	disk_writer_free(w);
	struct disk_index d;
	disk_index_open(&d, at("cache/fileindex"));
	int found = 0;
	for (int i = 0; i < 3000; i++) {
		struct file_record r;
		snprintf(path, sizeof path, "/some/where/header%d.h", i);
		found += disk_index_find(&d, path, strlen(path),
				 sum64(SUM64_START, path, strlen(path)), &r) &&
			 r.flags == (uint32_t)i;
	}
	is_int(found, 3000, "every entry of many is found");
	ok(!disk_index_find(&d, "/x", 2, sum64(SUM64_START, "/x", 2), &(struct file_record){0}),
		"another is not");
	disk_index_close(&d);
}

int main(void)
{
	must(mkdir(at("cache"), 0700) == 0, "cache");
	basics();
	changes();
	dropped();
	traceless();
	directories();
	symlinks();
	believing();
	future();
	saving();
	expiry();
	damage();
	many();
	return done_testing();
}
