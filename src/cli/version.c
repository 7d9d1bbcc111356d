/* version: the verb, and the number, which the build gives. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "cli/version.h"

#include "cli/say.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/strv.h"
#include "sketch/engine.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

const char *boardman_version(void)
{
	return PACKAGE_VERSION;
}

static enum exit_status run(struct invocation *in)
{
	struct buf out = BUF_INIT;
	if (in->args && in->args->n) {
		log_error("'%s' is one word too many; cure: 'boardman version' alone",
			in->args->v[0]);
		return STATUS_USAGE;
	}
	buf_addf(&out, "boardman %s (engine %d)\n", boardman_version(), ENGINE_VERSION);
	say(in, &out);
	buf_release(&out);
	return STATUS_OK;
}

const struct verb verb_version = {
	.name = "version",
	.summary = "which boardman this is",
	.usage = "",
	.intro = "",
	.bit = VERB_VERSION,
	.run = run,
};
