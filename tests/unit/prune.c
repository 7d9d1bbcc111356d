/* Measuring, pruning and clearing a cache. */
#include "sketch/fileindex.h"
#include "sketch/store.h"
#include "unit/store_util.h"

static void age(const char *path, time_t seconds)
{
	time_t then = time(NULL) - seconds;
	struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
	must(utimensat(AT_FDCWD, path, times, 0) == 0, path);
}

static struct store_usage measure(void)
{
	struct store_usage u = {0};
	struct error err = ERROR_INIT;
	must(store_measure(at("cache"), &u, &err) == 0, err.text);
	return u;
}

static struct store_usage prune(uint64_t bytes, uint64_t seconds)
{
	struct store_usage u = {0};
	struct error err = ERROR_INIT;
	must(store_prune(at("cache"), bytes, seconds, &u, &err) == 0, err.text);
	return u;
}

static void fill(void)
{
	put("cache/objects/aa/one.o", "1234567890");
	put("cache/objects/bb/two.o", "1234567890");
	put("cache/manifests/cc/three", "1234567890");
	put("cache/texts/dd/four", "1234567890");
	age(at("cache/objects/aa/one.o"), 40);
	age(at("cache/objects/bb/two.o"), 30);
	age(at("cache/manifests/cc/three"), 20);
	age(at("cache/texts/dd/four"), 10);
}

static void measuring(void)
{
	struct store_usage u = measure();
	is_int((long long)u.entries, 0, "no cache holds nothing");
	fill();
	put("cache/fileindex", "12345");
	put("cache/mine", "not the cache's");
	u = measure();
	is_int((long long)u.bytes, 45, "bytes, with the index");
	is_int((long long)u.entries, 4, "entries");
}

static void by_size(void)
{
	struct store_usage u = prune(1000, 0);
	is_int((long long)u.entries, 0, "small enough: nothing goes");
	u = prune(30, 0);
	is_int((long long)u.entries, 2, "the oldest go until it fits");
	is_int((long long)u.bytes, 20, "their bytes");
	ok(!fs_exists(at("cache/objects/aa/one.o")) && !fs_exists(at("cache/objects/bb/two.o")),
		"the right ones");
	ok(fs_exists(at("cache/texts/dd/four")), "the youngest stays");
}

static void in_use(void)
{
	fill();
	must(link(at("cache/objects/aa/one.o"), at("build.o")) == 0, "link");
	struct store_usage u = prune(0, 0);
	is_int((long long)u.entries, 3, "all but one go");
	ok(fs_exists(at("cache/objects/aa/one.o")), "what a build holds stays");
	unlink(at("build.o"));
	u = prune(0, 0);
	is_int((long long)u.entries, 1, "and goes later");
	ok(fs_exists(at("cache/mine")) && fs_exists(at("cache/fileindex")),
		"nothing else is touched");
}

static void by_age(void)
{
	fill();
	struct store_usage u = prune(UINT64_MAX, 25);
	is_int((long long)u.entries, 2, "older than that");
	ok(fs_exists(at("cache/manifests/cc/three")), "younger stays");
}

static void locks(void)
{
	struct error err = ERROR_INIT;
	struct file_index *ix = file_index_open(at("cache"));
	struct store *st = store_open(at("cache"), ix, &err);
	must(st != NULL, err.text);
	struct digest a = {{1}}, b = {{2}};
	char hex[DIGEST_HEX_LEN + 1];
	int held = store_lock(st, &a, &err), done = store_lock(st, &b, &err);
	must(held >= 0 && done >= 0, err.text);
	close(done);
	char *pa = xasprintf("%s/%s", at("cache/locks"), digest_hex(&a, hex));
	char *pb = xasprintf("%s/%s", at("cache/locks"), digest_hex(&b, hex));
	prune(UINT64_MAX, 0);
	ok(fs_exists(pb), "a young lock file stays");
	age(pa, 100000);
	age(pb, 100000);
	prune(UINT64_MAX, 0);
	ok(fs_exists(pa), "a held lock stays");
	ok(!fs_exists(pb), "an old free one goes");
	close(held);
	free(pa);
	free(pb);
	store_free(st);
	file_index_free(ix);
}

static void clearing(void)
{
	struct store_usage u = {0};
	struct error err = ERROR_INIT;
	fill();
	put("cache/tmp/run-999999999/x.o", "left behind");
	char *alive = xasprintf("cache/tmp/run-%ld/x.o", (long)getpid());
	put(alive, "in use");
	is_int(store_clear(at("cache"), &u, &err), 0, "clear");
	is_int((long long)u.entries, 4, "what went");
	ok(!fs_exists(at("cache/objects")) && !fs_exists(at("cache/fileindex")),
		"all content is gone");
	ok(fs_exists(at("cache/mine")), "nothing else");
	ok(!fs_exists(at("cache/tmp/run-999999999")), "a dead run's scratch goes");
	ok(fs_exists(at(alive)), "a living run's stays");
	is_int(store_clear(at("cache"), &u, &err), 0, "clearing twice");
	is_int((long long)u.entries, 0, "finds nothing");
	free(alive);
}

int main(void)
{
	measuring();
	by_size();
	in_use();
	by_age();
	locks();
	clearing();
	return done_testing();
}
