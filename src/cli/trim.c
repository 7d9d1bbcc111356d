/* trim: see trim.h. When it looked last is the time of a file in the cache. */
#include "cli/trim.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "sketch/store.h"

#define DAY 86400
#define MUCH 100 /* results */

static bool is_due(const char *stamp, size_t built)
{
	struct stat st;
	if (built >= MUCH || stat(stamp, &st) < 0)
		return true;
	time_t now = time(NULL);
	/* A time to come is a clock that was set back. */
	return st.st_mtime > now || now - st.st_mtime > DAY;
}

static uint64_t limit_of(const char *cache_dir, uint64_t cache_max, uint64_t used)
{
	struct statvfs v;
	if (statvfs(cache_dir, &v) < 0)
		return cache_max;
	uint64_t third = ((uint64_t)v.f_bavail * v.f_frsize + used) / 3;
	return third < cache_max ? third : cache_max;
}

static int trim(const char *cache_dir, uint64_t cache_max, struct error *err)
{
	struct store_usage used, removed = {0};
	if (store_measure(cache_dir, &used, err) < 0)
		return -1;
	uint64_t limit = limit_of(cache_dir, cache_max, used.bytes);
	if (used.bytes <= limit)
		return 0;
	if (store_prune(cache_dir, limit, 0, &removed, err) < 0)
		return -1;
	log_debug("pruned %llu entries of the cache", (unsigned long long)removed.entries);
	return 0;
}

void trim_cache(const char *cache_dir, unsigned long long cache_max, size_t built)
{
	struct error err = ERROR_INIT;
	char *stamp = path_join(cache_dir, "last-prune");
	if (fs_is_dir(cache_dir) && is_due(stamp, built)) {
		if (trim(cache_dir, cache_max, &err) < 0 || fs_write(stamp, "", 0, &err) < 0)
			log_debug("%s", err.text);
	}
	free(stamp);
}
