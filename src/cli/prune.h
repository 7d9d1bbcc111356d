/* prune: what --max-size and --older-than ask for, wherever that is done, and what is said of it. */
#ifndef CLI_PRUNE_H
#define CLI_PRUNE_H

struct buf;
struct error;
struct invocation;
struct options;
struct store_usage;

struct prune_limits {
	unsigned long long bytes; /* to be left; ULLONG_MAX: any */
	unsigned long long age; /* seconds; 0: any */
};

/* Without either option: down to `cache_max`, what the configuration allows. -1 and err. */
int prune_limits(struct prune_limits *l, const struct options *o, unsigned long long cache_max,
	struct error *err);
/* Adds "12.0 KiB in 3 entries". */
void prune_usage(struct buf *out, const struct store_usage *u);
/* Says "removed 12.0 KiB in 3 entries". */
void prune_say(struct invocation *in, const struct store_usage *removed);

#endif
