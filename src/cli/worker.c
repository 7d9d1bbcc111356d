/* worker: the far side. A boss starts it; by hand it shows the protocol. With --kill it ends this user's workers on this machine, with
 * --prune it makes smaller what they keep.
 */
#include <signal.h>
#include <stdlib.h>
#include <uv.h>
#include "cli/lab.h"
#include "cli/prune.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "cli/version.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/host.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/store.h"
#include "worker/roll.h"
#include "worker/sent.h"
#include "worker/serve.h"
#include "worker/tidy.h"
#include "worker/view.h"

/* What the boss has sent beside the program: its data, and tools that this machine may lack. */
static void add_bundle(const char *dir)
{
	const char *path = getenv("PATH");
	char *data = xasprintf("%s/share", dir);
	char *longer = xasprintf("%s:%s/bin", path && *path ? path : "/usr/bin:/bin", dir);
	setenv("BOARDMAN_DATADIR", data, 1);
	setenv("PATH", longer, 1);
	free(data);
	free(longer);
}

static enum exit_status serve_boss(const struct options *o)
{
	struct error err = ERROR_INIT;
	uv_loop_t loop;
	if (o->bundle) {
		add_bundle(o->bundle);
		sent_use(o->bundle);
	}
	/* Before the loop: a process with threads cannot change its namespaces. */
	bool private_view = !o->no_view && view_enter(&err) == 0;
	if (!private_view && o->debug)
		log_note("%s", err.text);
	uv_loop_init(&loop);
	const struct serve_config config = {
		.loop = &loop,
		.version = boardman_version(),
		.private_view = private_view,
		.debug = o->debug,
	};
	int ret = serve(&config, &err);
	uv_loop_close(&loop);
	if (ret < 0)
		log_error("%s", err.text);
	return ret < 0 ? STATUS_INCOMPLETE : STATUS_OK;
}

/* ---- ending others ---- */

static void tell(struct buf *out, const struct roll_worker *w, const char *what)
{
	buf_addf(out, "%s worker %ld%s%s\n", what, (long)w->pid, w->boss ? " of " : "",
		w->boss ? w->boss : "");
}

/* A worker that lives and was asked for has a boss that lives: without one it ends by itself. */
static enum exit_status end_workers(struct invocation *in)
{
	struct error err = ERROR_INIT;
	struct roll_worker *v;
	struct buf out = BUF_INIT;
	size_t held = 0;
	char *dir = host_cache_dir(&err);
	if (!dir) {
		log_error("%s", err.text);
		return STATUS_USAGE;
	}
	size_t n = roll_list(dir, &v);
	for (size_t i = 0; i < n; i++) {
		if (v[i].boss && !in->options.force) {
			tell(&out, &v[i], "left alone:");
			held++;
		} else if (roll_signal(dir, v[i].pid, SIGTERM)) {
			tell(&out, &v[i], "ended:");
		}
	}
	if (!n)
		buf_addstr(&out, "no worker of yours\n");
	say(in, &out);
	buf_release(&out);
	roll_list_free(v, n);
	free(dir);
	if (held)
		log_error("a boss is at work with %zu of them; cure: --force ends them all the "
			  "same",
			held);
	return held ? STATUS_INCOMPLETE : STATUS_OK;
}

/* ---- pruning ---- */

static int prune(struct invocation *in, const char *dir, struct error *err)
{
	struct prune_limits limits;
	struct store_usage removed = {0};
	if (prune_limits(&limits, &in->options, in->config.cache_max, err) < 0 ||
		tidy(dir, limits.bytes, limits.age, &removed, err) < 0)
		return -1;
	prune_say(in, &removed);
	return 0;
}

static enum exit_status prune_here(struct invocation *in)
{
	struct error err = ERROR_INIT;
	char *dir = host_cache_dir(&err);
	int ret = dir ? prune(in, dir, &err) : -1;
	if (ret < 0)
		log_error("%s", err.text);
	free(dir);
	return ret < 0 ? STATUS_USAGE : STATUS_OK;
}

static enum exit_status run(struct invocation *in)
{
	struct error err = ERROR_INIT;
	if (lab_enter(in->argv, &err) < 0) {
		log_error("%s", err.text);
		return STATUS_INCOMPLETE;
	}
	if (in->options.kill)
		return end_workers(in);
	return in->options.prune ? prune_here(in) : serve_boss(&in->options);
}

const struct verb verb_worker = {
	.name = "worker",
	.alias = "--worker",
	.summary = "the far side, started by boardman",
	.also = "also: --worker",
	.usage = "[OPTION…]",
	.intro = "Speaks the protocol of docs/protocol.md on stdin and stdout. A boss starts it.\n",
	.bit = VERB_WORKER,
	.run = run,
};
