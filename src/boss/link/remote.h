/* remote: the link to a worker on another machine, over any conn: looks at the machine by a script, sends boardman where none is, starts the
 * worker, and turns its bytes into messages and back. It is lost when the connection is, when the worker is silent, and when the worker says
 * what it may not say.
 */
#ifndef BOSS_LINK_REMOTE_H
#define BOSS_LINK_REMOTE_H

#include <stdbool.h>
#include <uv.h>
#include "boss/link/link.h"

struct conn;
struct packs;

struct remote_config {
	uv_loop_t *loop;
	struct conn *conn; /* taken */
	struct packs *packs; /* for what is sent; borrowed */
	/* What is sent to a machine; borrowed. NULLs: nothing is ever sent. */
	const char *bundle_commit, *bundle_id, *loader, *arch, *glibc;
	const char *boardman; /* of a boardman that is there; NULL: the bundle */
	const char *spool; /* a directory of its own for files in transit; NULL: none will come */
	const char *options; /* for the worker's command line: "", " -D" */
	/* Each line that the worker prints beside the protocol. */
	void (*noise)(void *ctx, const char *line);
	void *ctx;
};

/* Copies what it needs. `open` gives RESP_READY, or a fatal RESP_ERROR whose text tells what is wrong and the cure. */
struct link link_remote(const struct remote_config *c);

#endif
