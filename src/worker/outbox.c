/* outbox: see outbox.h. A result becomes a transfer: the files to send, then the line that ends it. Pieces are read and encoded when
 * their turn comes, so that memory holds one piece, not one firmware.
 */
#include "worker/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>
#include "common/buf.h"
#include "common/digest.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "wire/job.h"
#include "wire/message.h"

/* A file to send: text in memory, or an open descriptor. */
struct item {
	char *name;
	struct buf text;
	int fd; /* -1: text */
	uint64_t left;
	size_t at;
	uint32_t seq;
};

struct transfer {
	uint32_t job, attempt;
	struct item *items;
	size_t n, next;
	struct buf last; /* the build_result's line */
	struct transfer *prev, *following;
};

struct outbox {
	uv_pipe_t pipe;
	uv_write_t write;
	struct outbox_events events;
	struct buf control, writing;
	struct transfer *transfers;
	uint64_t waiting;
	bool busy, broken;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void pump(struct outbox *o);

/* ---- transfers ---- */

static void transfer_free(struct transfer *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->items[i].name);
		buf_release(&t->items[i].text);
		if (t->items[i].fd >= 0)
			close(t->items[i].fd);
	}
	free(t->items);
	buf_release(&t->last);
	free(t);
}

static struct item *add_item(struct transfer *t, const char *name)
{
	t->items = xreallocarray(t->items, t->n + 1, sizeof *t->items);
	struct item *i = &t->items[t->n++];
	*i = (struct item){.name = xstrdup(name), .fd = -1};
	return i;
}

static void add_text(struct transfer *t, const char *name, const struct buf *text)
{
	struct item *i = add_item(t, name);
	buf_add(&i->text, text->data, text->len);
	i->left = text->len;
}

/* What the result's own line cannot carry. More than the boss takes is the sketch's doing, and may not look like this machine's. */
static void add_long_text(struct transfer *t, const char *name, const struct buf *text)
{
	static const char mark[] = "\n[the rest is left out]\n";
	struct buf start = BUF_INIT;
	if (text->len > WIRE_MAX_LONG_TEXT) {
		buf_add(&start, text->data, WIRE_MAX_LONG_TEXT - strlen(mark));
		buf_addstr(&start, mark);
		add_text(t, name, &start);
		buf_release(&start);
	} else if (!message_text_whole(text)) {
		add_text(t, name, text);
	}
}

/* Opens the file; sets size and digest of the artefact as it is told. -1 and err when it cannot be read. */
static int add_file(struct transfer *t, struct artifact *a, struct error *err)
{
	struct digest d;
	struct stat st;
	int fd = open(a->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || digest_file(&d, a->path, err) < 0) {
		error_errno(err, "cannot read '%s'", a->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	struct item *i = add_item(t, a->name);
	i->fd = fd;
	i->left = a->size = (uint64_t)st.st_size;
	digest_hex(&d, a->sha256);
	return 0;
}

/* A result whose files cannot be read is the machine's fault, not the sketch's. */
static void spoil(struct transfer *t, struct build_result *r, const char *why)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i].fd >= 0)
			t->items[i].left = 0;
	r->verdict = VERDICT_INFRA;
	r->reason = (char *)why;
	r->key = NULL;
	r->n_artifacts = 0;
}

static struct transfer *transfer_new(const struct build_result *given)
{
	struct build_result r = *given;
	struct error err = ERROR_INIT;
	struct transfer *t = xcalloc(1, sizeof *t);
	t->job = r.job;
	t->attempt = r.attempt;
	r.artifacts = xcalloc(r.n_artifacts + 1, sizeof *r.artifacts);
	for (size_t i = 0; i < r.n_artifacts; i++)
		r.artifacts[i] = given->artifacts[i];
	if (r.deps.len)
		add_text(t, "deps", &r.deps);
	if (r.syms.len)
		add_text(t, "syms", &r.syms);
	add_long_text(t, "log", &r.log);
	add_long_text(t, "err", &r.err);
	add_long_text(t, "cmd", &r.cmd);
	for (size_t i = 0; i < r.n_artifacts; i++) {
		if (add_file(t, &r.artifacts[i], &err) < 0) {
			spoil(t, &r, err.text);
			break;
		}
	}
	message_put_response(&t->last, &(struct response){.kind = RESP_BUILD_RESULT, .result = &r});
	free(r.artifacts);
	return t;
}

static uint64_t size_of(const struct transfer *t)
{
	uint64_t size = t->last.len;
	for (size_t i = 0; i < t->n; i++)
		size += t->items[i].left;
	return size;
}

/* ---- pieces ---- */

/* Reads the next piece of the item into `to`. How many bytes. */
static size_t read_piece(struct item *i, char to[WIRE_MAX_PIECE])
{
	size_t want = i->left < WIRE_MAX_PIECE ? (size_t)i->left : WIRE_MAX_PIECE;
	size_t got = 0;
	if (i->fd < 0) {
		memcpy(to, i->text.data + i->at, want);
		got = want;
	}
	while (i->fd >= 0 && got < want) {
		ssize_t n = read(i->fd, to + got, want - got);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	i->at += got;
	return got;
}

static void put_piece(struct outbox *o, struct transfer *t, struct item *i)
{
	char data[WIRE_MAX_PIECE];
	size_t len = read_piece(i, data);
	const struct artifact_piece piece = {
		.job = t->job,
		.attempt = t->attempt,
		.name = i->name,
		.seq = i->seq++,
		.data = data,
		.len = len,
	};
	o->waiting -= len < i->left ? len : i->left;
	i->left -= len;
	if (!len) { /* it has become shorter: its digest will tell */
		o->waiting -= i->left;
		i->left = 0;
	}
	message_put_response(
		&o->writing, &(struct response){.kind = RESP_ARTIFACT, .piece = &piece});
}

/* One piece of the first transfer, or its end. */
static void put_next(struct outbox *o)
{
	struct transfer *t = o->transfers;
	while (t->next < t->n && !t->items[t->next].left && t->items[t->next].seq)
		t->next++; /* an empty file is one empty piece */
	if (t->next < t->n) {
		put_piece(o, t, &t->items[t->next]);
		return;
	}
	buf_add(&o->writing, t->last.data, t->last.len);
	o->waiting -= t->last.len;
	DL_DELETE2(o->transfers, t, prev, following);
	transfer_free(t);
}

/* ---- writing ---- */

static void on_written(uv_write_t *w, int status)
{
	struct outbox *o = w->data;
	o->busy = false;
	buf_clear(&o->writing);
	if (o->closed)
		return;
	if (status < 0) {
		o->broken = true;
		o->events.broken(o->events.ctx);
		return;
	}
	pump(o);
	if (o->events.changed)
		o->events.changed(o->events.ctx);
}

static void pump(struct outbox *o)
{
	if (o->busy || o->broken || o->closed)
		return;
	if (o->control.len) {
		struct buf empty = o->writing;
		o->writing = o->control;
		o->control = empty;
		o->waiting -= o->writing.len;
	} else if (o->transfers) {
		put_next(o);
	}
	if (!o->writing.len)
		return;
	uv_buf_t b = uv_buf_init(o->writing.data, (unsigned)o->writing.len);
	o->busy = true;
	o->write.data = o;
	if (uv_write(&o->write, (uv_stream_t *)&o->pipe, &b, 1, on_written) < 0) {
		o->busy = false;
		o->broken = true;
		o->events.broken(o->events.ctx);
	}
}

void outbox_put(struct outbox *o, const struct response *r)
{
	if (o->broken)
		return;
	if (r->kind == RESP_BUILD_RESULT) {
		struct transfer *t = transfer_new(r->result);
		o->waiting += size_of(t);
		DL_APPEND2(o->transfers, t, prev, following);
	} else {
		size_t before = o->control.len;
		message_put_response(&o->control, r);
		o->waiting += o->control.len - before;
	}
	pump(o);
}

uint64_t outbox_waiting(const struct outbox *o)
{
	return o->waiting;
}

/* ---- life ---- */

struct outbox *outbox_new(uv_loop_t *loop, int fd, const struct outbox_events *ev)
{
	struct outbox *o = xcalloc(1, sizeof *o);
	o->events = *ev;
	uv_pipe_init(loop, &o->pipe, 0);
	uv_pipe_open(&o->pipe, fd);
	o->pipe.data = o;
	/* A line that a login shell has left unfinished ends here. */
	buf_addch(&o->control, '\n');
	o->waiting = 1;
	pump(o);
	return o;
}

static void on_closed(uv_handle_t *h)
{
	struct outbox *o = h->data;
	struct transfer *t, *next;
	void (*closed)(void *ctx) = o->closed;
	void *ctx = o->closed_ctx;
	DL_FOREACH_SAFE2(o->transfers, t, next, following)
	transfer_free(t);
	buf_release(&o->control);
	buf_release(&o->writing);
	free(o);
	closed(ctx);
}

void outbox_free(struct outbox *o, void (*closed)(void *ctx), void *ctx)
{
	o->closed = closed;
	o->closed_ctx = ctx;
	uv_close((uv_handle_t *)&o->pipe, on_closed);
}
