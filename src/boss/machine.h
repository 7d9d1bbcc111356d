/* machine: one machine as the boss sees it: a link and a state. It speaks the protocol's order of messages, knows no job and no
 * result, and never sends from within a message it receives: machine_pump does.
 */
#ifndef BOSS_MACHINE_H
#define BOSS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include "boss/link/link.h"
#include "wire/job.h"

struct machine;

enum machine_state {
	MACHINE_NEW,
	MACHINE_CONNECTING, /* waits for READY */
	MACHINE_PROBING, /* is it free enough? */
	MACHINE_SETTING_UP, /* waits for SETUP_DONE */
	MACHINE_PUSHING, /* the snapshot */
	MACHINE_CONFIGURING,
	MACHINE_PREPARING,
	MACHINE_LOOKING, /* with what would it build the boards? */
	MACHINE_BUILDING, /* ready for jobs */
	MACHINE_FINISHING, /* waits for BUILD_DONE */
	MACHINE_QUITTING, /* waits for QUIT_ACK */
	MACHINE_LEAVING, /* waits for the worker's own end: it clears up behind itself */
	MACHINE_CLOSING, /* waits for the link's end */
	MACHINE_GONE,
	MACHINE_STATES
};

/* What it tells its owner; all from the loop or from machine_pump. Pointers are borrowed for the call. */
struct machine_events {
	/* What it said of itself; machine_refuse may be called from it. */
	void (*probed)(void *ctx, struct machine *m, const struct probe *p);
	/* With what it would build the boards. */
	void (*looked)(void *ctx, struct machine *m, const struct probe *p);
	void (*ready)(void *ctx, struct machine *m, unsigned slots); /* for jobs */
	void (*said)(void *ctx, struct machine *m,
		const struct response *r); /* STARTED, UNIT, NOTE, BUILD_RESULT, CANCELLED */
	void (*lost)(void *ctx, struct machine *m,
		const char *why); /* it will do nothing more; not after machine_quit */
	void (*gone)(void *ctx,
		struct machine
			*m); /* its link is closed: it may be freed once the pump has returned */
	void (*no_room)(void *ctx, const char *why); /* our own disk does not take what it sends */
	void (*wake)(void *ctx); /* machine_pump is due */
	void (*log)(void *ctx, const char *line); /* for boss.log */
	void *ctx;
};

/* The sources that a machine without the boss's disk gets. */
struct machine_source {
	const char *run, *boss; /* for setup */
	const char *commit_id; /* hex, in our repository */
	struct commit commit; /* for build_prepare: ref and tree are those of commit_id */
	struct strv empty;
	struct path_link *links;
	size_t n_links;
};

/* All borrowed until it is gone, but for the link. */
struct machine_config {
	const char *name;
	const struct settings *settings;
	const struct machine_source *source; /* for links that can push; NULL none */
	const struct strv *boards; /* to be looked at; NULL or empty: none */
	bool probe; /* ask how it is */
	bool look_only; /* then say goodbye: nothing is to be built */
	int max_sketches; /* 0: as the worker says */
	struct link link; /* taken */
	size_t index; /* the owner's number for it */
};

struct machine *machine_new(const struct machine_config *c, const struct machine_events *ev);
/* Only when it is new or gone. */
void machine_free(struct machine *m);
const char *machine_name(const struct machine *m);
/* What its worker said when it was ready; "" before. Borrowed. */
const char *machine_version(const struct machine *m);
const char *machine_arch(const struct machine *m);
/* How its link ended, once that was told; ENDING_LOSS before. */
enum ending machine_ending(const struct machine *m);
size_t machine_index(const struct machine *m);
enum machine_state machine_state(const struct machine *m);
const char *machine_state_name(enum machine_state s);

/* Opens the link. When it cannot, `lost` and `gone` come from the pump. */
void machine_connect(struct machine *m);
/* Does what the state asks for, once; then what that led to. */
void machine_pump(struct machine *m);
/* Gives up on a worker that owes an answer for too long; `now` in ms of the loop's clock, called now and then. */
void machine_check(struct machine *m, uint64_t now);
/* In MACHINE_BUILDING only, from the pump's caller. */
void machine_build(struct machine *m, const struct job *jobs, size_t n);
/* Ids and attempts. */
void machine_cancel(struct machine *m, const struct job *jobs, size_t n, enum cancel_mode mode);
/* It builds at most so many sketches at once from now on, and when it is ready. */
void machine_limit(struct machine *m, int max_sketches);
/* It is not to be used now: the link is closed, and `lost` tells why. */
void machine_refuse(struct machine *m, const char *why);
/* No more jobs: says goodbye, then `gone` comes. In any state. */
void machine_quit(struct machine *m);
/* Closes the link without goodbye; `gone` comes. In any state. */
void machine_kill(struct machine *m);

#endif
