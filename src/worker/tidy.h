/* tidy: makes what this user keeps on this machine smaller: the cache, and what bosses have sent: snapshots on disk and the repository they came by.
 */
#ifndef WORKER_TIDY_H
#define WORKER_TIDY_H

#include <stdint.h>

struct error;
struct store_usage;

/* Removes from the machine's directory what was not used for `max_age` seconds (0: any age), then the least recently used until at most
 * `max_bytes` are left; sources first. What is in use stays. `removed` counts. */
int tidy(const char *dir, uint64_t max_bytes, uint64_t max_age, struct store_usage *removed,
	struct error *err);

#endif
