/* pusher: see pusher.h. A pack is written piece by piece, so that a machine costs no copy of it. */
#include "boss/link/pusher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "boss/link/conn.h"
#include "boss/link/packs.h"
#include "boss/link/scripts.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/timing.h"
#include "common/xalloc.h"
#include "git/push.h"

#define KEPT_REFS 4 /* beside the new one */
#define CURE_GIT "; cure: remove '%s/git' there: it is made anew"
#define PIECE (256u << 10) /* bytes of a pack handed to the channel at once */

struct pusher {
	struct pusher_config config;
	char *commit, *ref, *drop;
	struct push *push;
	struct channel *channel; /* NULL: ended */
	struct pack_wish *wish;
	const struct buf *pack; /* borrowed from packs */
	size_t at; /* in it */
	struct buf complaint; /* the far side's stderr, its first part */
	char *fault; /* what was wrong with git's answer; NULL nothing yet */
	uv_timer_t *stall;
};

static void free_handle(uv_handle_t *h)
{
	free(h);
}

void pusher_cancel(struct pusher *p)
{
	if (!p)
		return;
	packs_cancel(p->wish);
	channel_close(p->channel);
	push_free(p->push);
	uv_close((uv_handle_t *)p->stall, free_handle);
	buf_release(&p->complaint);
	free(p->fault);
	free(p->commit);
	free(p->ref);
	free(p->drop);
	free(p);
}

static void finish(struct pusher *p, const char *why)
{
	void (*done)(void *ctx, const char *why) = p->config.done;
	void *ctx = p->config.ctx;
	char *text = xstrdup(why);
	pusher_cancel(p);
	done(ctx, text);
	free(text);
}

static void on_stall(uv_timer_t *t)
{
	finish(t->data, "the push makes no progress; cure: look at its network, and whether git "
			"there hangs");
}

static void progress(struct pusher *p)
{
	uv_timer_start(p->stall, on_stall, timing_ms(TIMING_STALL), 0);
}

/* ---- sending ---- */

static void on_drained(void *ctx)
{
	struct pusher *p = ctx;
	if (!p->pack)
		return;
	size_t left = p->pack->len - p->at, n = left < PIECE ? left : PIECE;
	progress(p);
	if (n)
		channel_write(p->channel, p->pack->data + p->at, n);
	p->at += n;
	if (p->at == p->pack->len) {
		p->pack = NULL;
		channel_end_input(p->channel);
	}
}

/* Of the refs beneath `drop`, named so that they sort by age, all but the newest: another run may be about to read them. */
static void find_old(
	const struct pusher *p, const struct push_ref *refs, size_t n, struct strv *old)
{
	for (size_t i = 0; p->drop && i < n; i++)
		if (!strncmp(refs[i].name, p->drop, strlen(p->drop)) &&
			strcmp(refs[i].name, p->ref) != 0)
			strv_push(old, refs[i].name);
	strv_sort(old);
	for (int i = 0; i < KEPT_REFS && old->n; i++)
		free(strv_take(old, old->n - 1));
}

static void on_pack(void *ctx, const struct buf *pack, const char *why)
{
	struct pusher *p = ctx;
	struct buf head = BUF_INIT;
	struct strv drop = STRV_INIT;
	size_t n;
	bool needs_pack;
	p->wish = NULL;
	if (!pack) {
		finish(p, why);
		return;
	}
	progress(p);
	const struct push_ref *refs = push_refs(p->push, &n);
	find_old(p, refs, n, &drop);
	push_send(p->push, p->ref, p->commit, &drop, &head, &needs_pack);
	strv_release(&drop);
	if (needs_pack)
		p->pack = pack;
	channel_write(p->channel, head.data, head.len);
	buf_release(&head);
	if (!needs_pack)
		channel_end_input(p->channel);
}

/* ---- hearing ---- */

static void ask_for_pack(struct pusher *p)
{
	struct strv bases = STRV_INIT;
	size_t n;
	const struct push_ref *refs = push_refs(p->push, &n);
	for (size_t i = 0; i < n; i++)
		strv_push(&bases, refs[i].id);
	/* It is up to us. */
	uv_timer_stop(p->stall);
	p->wish = packs_want(p->config.packs, p->commit, &bases, on_pack, p);
	strv_release(&bases);
}

static void on_out(void *ctx, const char *data, size_t len)
{
	struct pusher *p = ctx;
	struct error err = ERROR_INIT;
	enum push_state before = push_state(p->push);
	if (p->fault)
		return;
	progress(p);
	if (push_feed(p->push, data, len, &err) < 0) {
		/* What git says of it may be still to come. */
		p->fault = xstrdup(err.text);
		p->pack = NULL;
		channel_end_input(p->channel);
		return;
	}
	if (before == PUSH_LISTENING && push_state(p->push) == PUSH_ASKING)
		ask_for_pack(p);
}

static void on_err(void *ctx, const char *data, size_t len)
{
	struct pusher *p = ctx;
	progress(p);
	if (p->complaint.len + len < 4096)
		buf_add(&p->complaint, data, len);
}

/* What git has said on stderr after the mark; "" nothing. Borrowed. */
static const char *said(const struct pusher *p)
{
	const char *all = buf_str(&p->complaint), *mark = strstr(all, PUSH_MARK "\n");
	return mark ? mark + strlen(PUSH_MARK) + 1 : "";
}

static bool says_full(const char *text)
{
	return strstr(text, strerror(ENOSPC)) || strstr(text, strerror(EDQUOT));
}

/* Why it came to nothing, on a line, and what helps. New string. */
static char *reason(const struct pusher *p, int status, const char *why)
{
	const char *text = said(p), *dir = p->config.dir;
	int len = (int)strcspn(text, "\r\n");
	if (says_full(text))
		return xasprintf("git there says: %.*s; cure: make room there", len, text);
	if (len)
		return xasprintf("git there says: %.*s" CURE_GIT, len, text, dir);
	if (p->fault)
		return xasprintf("%s" CURE_GIT, p->fault, dir);
	if (why)
		return xstrdup(why);
	return xasprintf("git receive-pack ended with status %d" CURE_GIT, status, dir);
}

static void on_ended(void *ctx, int status, const char *why)
{
	struct pusher *p = ctx;
	char *text = push_state(p->push) == PUSH_DONE ? NULL : reason(p, status, why);
	p->channel = NULL;
	finish(p, text);
	free(text);
}

struct pusher *pusher_start(const struct pusher_config *c)
{
	struct pusher *p = xcalloc(1, sizeof *p);
	const struct channel_events events = {on_out, on_err, on_drained, on_ended, p};
	struct buf script = BUF_INIT;
	p->config = *c;
	p->commit = xstrdup(c->commit);
	p->ref = xstrdup(c->ref);
	p->drop = xstrdup(c->drop);
	p->push = push_new();
	p->stall = xcalloc(1, sizeof *p->stall);
	uv_timer_init(c->loop, p->stall);
	p->stall->data = p;
	progress(p);
	script_receive(&script, c->dir);
	p->channel = conn_exec(c->conn, buf_str(&script), &events);
	buf_release(&script);
	return p;
}
