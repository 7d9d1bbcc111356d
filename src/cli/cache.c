/* cache: shows, prunes or clears what boardman keeps. Results are not in it: they are the user's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "cli/say.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "sketch/store.h"

static void add_usage(struct buf *out, const struct store_usage *u)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)u->bytes;
	size_t unit = 0;
	for (; n >= 1024 && unit < 4; unit++)
		n /= 1024;
	buf_addf(out, "%.*f %s in %llu entries", unit ? 1 : 0, n, units[unit],
		(unsigned long long)u->entries);
}

static int show(struct invocation *in, const char *dir, struct error *err)
{
	struct store_usage u = {0};
	struct buf out = BUF_INIT;
	if (fs_is_dir(dir) && store_measure(dir, &u, err) < 0)
		return -1;
	buf_addf(&out, "%s: ", dir);
	add_usage(&out, &u);
	buf_addch(&out, '\n');
	say(in, &out);
	buf_release(&out);
	return 0;
}

static void tell_removed(struct invocation *in, const struct store_usage *u)
{
	struct buf out = BUF_INIT;
	buf_addstr(&out, "removed ");
	add_usage(&out, u);
	buf_addch(&out, '\n');
	say(in, &out);
	buf_release(&out);
}

/* Without options: down to what the configuration allows. */
static int prune(struct invocation *in, const char *dir, struct error *err)
{
	const struct options *o = &in->options;
	unsigned long long size = in->config.cache_max, age = 0;
	struct store_usage removed = {0};
	if (o->max_size && parse_size(o->max_size, &size, err) < 0)
		return error_prefix(err, "--max-size");
	if (o->older_than && parse_age(o->older_than, &age, err) < 0)
		return error_prefix(err, "--older-than");
	if (o->older_than && !o->max_size)
		size = UINT64_MAX;
	if (fs_is_dir(dir) && store_prune(dir, size, age, &removed, err) < 0)
		return -1;
	tell_removed(in, &removed);
	return 0;
}

static int clear(struct invocation *in, const char *dir, struct error *err)
{
	struct store_usage removed = {0};
	if (fs_is_dir(dir) && store_clear(dir, &removed, err) < 0)
		return -1;
	tell_removed(in, &removed);
	return 0;
}

static int act(struct invocation *in, const char *dir, struct error *err)
{
	const char *what = in->args->n ? in->args->v[0] : "show";
	bool limits = in->options.max_size || in->options.older_than;
	if (in->args->n > 1)
		return error_set(err,
			"'%s' is one word too many; cure: see 'boardman cache --help'",
			in->args->v[1]);
	if (limits && strcmp(what, "prune") != 0)
		return error_set(err, "--max-size and --older-than belong to 'cache prune'");
	if (!strcmp(what, "show"))
		return show(in, dir, err);
	if (!strcmp(what, "prune"))
		return prune(in, dir, err);
	if (!strcmp(what, "clear"))
		return clear(in, dir, err);
	return error_set(err, "'cache %s' is not known; cure: show, prune or clear", what);
}

static enum exit_status run(struct invocation *in)
{
	struct error err = ERROR_INIT;
	char *dir = host_cache_dir(&err);
	int ret = dir ? act(in, dir, &err) : -1;
	free(dir);
	if (ret == 0)
		return STATUS_OK;
	log_error("%s", err.text);
	return STATUS_USAGE;
}

const struct verb verb_cache = {
	.name = "cache",
	.summary = "show, prune or clear the cache",
	.usage = "[show | prune [--max-size SIZE] [--older-than AGE] | clear]",
	.intro = "",
	.bit = VERB_CACHE,
	.run = run,
};
