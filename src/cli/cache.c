/* cache: shows, prunes or clears what boardman keeps. Results are not in it: they are the user's. */
#include <stdlib.h>
#include <string.h>
#include "cli/prune.h"
#include "cli/say.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "sketch/store.h"

static int show(struct invocation *in, const char *dir, struct error *err)
{
	struct store_usage u = {0};
	struct buf out = BUF_INIT;
	if (fs_is_dir(dir) && store_measure(dir, &u, err) < 0)
		return -1;
	buf_addf(&out, "%s: ", dir);
	prune_usage(&out, &u);
	buf_addch(&out, '\n');
	say(in, &out);
	buf_release(&out);
	return 0;
}

static int prune(struct invocation *in, const char *dir, struct error *err)
{
	struct prune_limits limits;
	struct store_usage removed = {0};
	if (prune_limits(&limits, &in->options, in->config.cache_max, err) < 0)
		return -1;
	store_sweep(dir);
	if (fs_is_dir(dir) && store_prune(dir, limits.bytes, limits.age, &removed, err) < 0)
		return -1;
	prune_say(in, &removed);
	return 0;
}

static int clear(struct invocation *in, const char *dir, struct error *err)
{
	struct store_usage removed = {0};
	if (fs_is_dir(dir) && store_clear(dir, &removed, err) < 0)
		return -1;
	prune_say(in, &removed);
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
