/* trim: keeps the cache within its limit at the end of a run. */
#ifndef CLI_TRIM_H
#define CLI_TRIM_H

#include <stddef.h>

/* Removes the least recently used when the cache is over cache_max, or over a third of what is free. Cheap: it looks once a day, and after a
 * run that stored much. Failing is no error of the run. */
void trim_cache(const char *cache_dir, unsigned long long cache_max, size_t built);

#endif
