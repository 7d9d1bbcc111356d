/* prune: see prune.h. */
#include "cli/prune.h"

#include <limits.h>
#include "cli/options.h"
#include "cli/say.h"
#include "common/buf.h"
#include "common/error.h"
#include "sketch/store.h"

int prune_limits(struct prune_limits *l, const struct options *o, unsigned long long cache_max,
	struct error *err)
{
	struct prune_limits given = {.bytes = o->older_than ? ULLONG_MAX : cache_max};
	if (o->max_size && parse_size(o->max_size, &given.bytes, err) < 0)
		return error_prefix(err, "--max-size");
	if (o->older_than && parse_age(o->older_than, &given.age, err) < 0)
		return error_prefix(err, "--older-than");
	*l = given;
	return 0;
}

void prune_usage(struct buf *out, const struct store_usage *u)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)u->bytes;
	size_t unit = 0;
	for (; n >= 1024 && unit < 4; unit++)
		n /= 1024;
	buf_addf(out, "%.*f %s in %llu entries", unit ? 1 : 0, n, units[unit],
		(unsigned long long)u->entries);
}

void prune_say(struct invocation *in, const struct store_usage *removed)
{
	struct buf out = BUF_INIT;
	buf_addstr(&out, "removed ");
	prune_usage(&out, removed);
	buf_addch(&out, '\n');
	say(in, &out);
	buf_release(&out);
}
