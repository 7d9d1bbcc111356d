/* compile: a group of translation units through the store: what is kept is taken, the rest is compiled, kept, and told when all
 * is over. The first failure keeps the rest from starting.
 */
#ifndef SKETCH_COMPILE_H
#define SKETCH_COMPILE_H

#include <stdbool.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/strv.h"
#include "sketch/context.h"
#include "sketch/store.h"
#include "sketch/tasks.h"

/* One translation unit. Filled by its maker; the outcome by compile_run. */
struct tu {
	char *source; /* the file that is compiled */
	char *name; /* object's name below its group's directory: "Blink.ino.cpp.o" */
	char *object; /* absolute */
	char *depfile;
	struct strv argv;
	enum language language;
	bool has_form;
	struct digest form; /* of source_normal_form, when has_form */

	bool done, runs;
	bool dropped; /* its outcome no longer counts */
	int status; /* of the compiler; -1 not run */
	bool timed_out;
	struct compile_output out;
	struct buf log, err;
	double cpu;
	struct task *task;
	struct timespec started; /* its process */
	struct group *group;
};

struct group {
	struct context *context;
	struct tu *v;
	size_t n;
	struct include_list *includes; /* borrowed */
	char *root; /* the directory whose files are the group's own */
	char *build_dir; /* build.path as it stands in the commands */
	enum stage stage;
	bool lookup; /* take kept results */
	double timeout;

	size_t pending, next;
	struct tu *failed; /* the first in order */
	char *why; /* a failure that is not the compiler's: it could not start */
	bool cancelled, running;
	size_t n_running; /* processes */
	void (*done)(void *ctx, struct group *g);
	void (*clock)(void *ctx,
		bool runs); /* its first process starts, its last one ends; NULL: nobody asks */
	void *ctx;
};

/* Takes `n` zeroed tu's that the caller fills. */
void group_init(struct group *g, struct context *c, size_t n);
/* Starts; `done` comes once, never from within this call. */
void group_run(struct group *g);
/* Takes what is kept without compiling; true when every unit is there. For use before group_run. */
bool group_lookup(struct group *g);
/* Ends it: nothing new starts, what runs is killed, `done` comes (cancelled). */
void group_cancel(struct group *g);
/* Frees; not while it runs. */
void group_release(struct group *g);

#endif
