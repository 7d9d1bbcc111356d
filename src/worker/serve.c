/* serve: see serve.h and docs/protocol.md.
 */
#include "worker/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "common/log.h"
#include "common/strmap.h"
#include "common/timing.h"
#include "common/xalloc.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "worker/machine.h"
#include "worker/outbox.h"
#include "worker/session.h"
#include "worker/workplace.h"

#define READ_SIZE (64u << 10)

struct serve {
	const struct serve_config *config;
	struct workplace *place;
	struct session *session;
	struct outbox *outbox;
	struct frame frame;
	struct strmap names; /* with -D: of the jobs, by number */
	struct error *err;
	uv_pipe_t in;
	uv_timer_t heartbeat, orphan;
	uv_signal_t term;
	bool goodbye; /* quit was answered: the rest is to be written */
	bool ending;
	int ret;
	char bytes[READ_SIZE];
};

/* ---- ending ---- */

static void forget(uv_handle_t *h)
{
	(void)h;
}

static void gone(void *ctx)
{
	(void)ctx;
}

static void on_session_gone(void *ctx)
{
	struct serve *s = ctx;
	s->session = NULL;
	outbox_free(s->outbox, gone, s);
}

/* Kills what runs. Safe from within any callback. */
static void end(struct serve *s, int ret, const char *why)
{
	if (s->ending)
		return;
	s->ending = true;
	s->ret = ret;
	if (ret < 0)
		error_set(s->err, "%s", why);
	uv_close((uv_handle_t *)&s->in, forget);
	uv_close((uv_handle_t *)&s->heartbeat, forget);
	uv_close((uv_handle_t *)&s->orphan, forget);
	uv_close((uv_handle_t *)&s->term, forget);
	session_free(s->session, on_session_gone, s);
}

/* ---- responses ---- */

/* With -D: what a job's number stands for. */
static void name_jobs(struct serve *s, const struct command *c)
{
	for (size_t i = 0; c->kind == CMD_BUILD_SKETCHES && i < c->n_jobs; i++) {
		const struct job *j = &c->jobs[i];
		char *id = xasprintf("%u.%u", j->id, j->attempt);
		strmap_set(&s->names, id, xasprintf("%s %s", j->board, j->sketch));
		free(id);
	}
}

static void tell_job(struct serve *s, uint32_t job, uint32_t attempt, const char *what)
{
	char *id = xasprintf("%u.%u", job, attempt);
	const char *name = strmap_get(&s->names, id);
	log_note("%s (%s): %s", name ? name : "job", id, what);
	free(id);
}

static void tell_debug(struct serve *s, const struct response *r)
{
	char *what = NULL;
	if (r->kind == RESP_STARTED) {
		what = xasprintf("started in slot %d", r->slot);
		tell_job(s, r->job, r->attempt, what);
	} else if (r->kind == RESP_BUILD_RESULT) {
		const struct build_result *b = r->result;
		what = xasprintf("%s, %.3f s", verdict_name(b->verdict), b->times.total);
		tell_job(s, b->job, b->attempt, what);
	} else if (r->kind == RESP_CANCELLED) {
		tell_job(s, r->job, r->attempt, "cancelled");
	}
	free(what);
}

static void on_response(void *ctx, const struct response *r)
{
	struct serve *s = ctx;
	if (s->config->debug)
		tell_debug(s, r);
	outbox_put(s->outbox, r);
	session_hold(s->session, outbox_waiting(s->outbox) > OUTBOX_FULL);
	if (r->kind == RESP_QUIT_ACK || (r->kind == RESP_ERROR && r->fatal))
		s->goodbye = true;
}

static void on_changed(void *ctx)
{
	struct serve *s = ctx;
	if (s->ending)
		return;
	session_hold(s->session, outbox_waiting(s->outbox) > OUTBOX_FULL);
	if (s->goodbye && !outbox_waiting(s->outbox))
		end(s, 0, NULL);
}

static void on_broken(void *ctx)
{
	end(ctx, -1, "the boss reads no more");
}

static void send_error(struct serve *s, const char *msg, bool fatal)
{
	on_response(s, &(struct response){.kind = RESP_ERROR, .msg = msg, .fatal = fatal});
}

/* ---- commands ---- */

static bool on_line(void *ctx, const char *line, size_t len)
{
	struct serve *s = ctx;
	struct message_command m;
	struct error err = ERROR_INIT;
	bool unknown = false;
	if (s->goodbye || s->ending)
		return false;
	if (!len)
		return true;
	if (message_get_command(&m, line, len, &unknown, &err) < 0) {
		send_error(s, err.text, !unknown);
		return unknown;
	}
	if (s->config->debug)
		name_jobs(s, &m.c);
	struct command_sink to = session_commands(s->session);
	to.send(to.ctx, &m.c);
	message_command_release(&m);
	return !s->ending;
}

static void on_orphan(uv_timer_t *t)
{
	end(t->data, -1, "no word from the boss");
}

static void expect_word(struct serve *s)
{
	uv_timer_start(&s->orphan, on_orphan, timing_ms(TIMING_ORPHAN), 0);
}

static void give_room(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct serve *s = h->data;
	(void)suggested;
	*b = uv_buf_init(s->bytes, sizeof s->bytes);
}

static void on_read(uv_stream_t *in, ssize_t n, const uv_buf_t *b)
{
	struct serve *s = in->data;
	struct error err = ERROR_INIT;
	if (n < 0) {
		/* After a goodbye the boss need not wait for our end. */
		end(s, s->goodbye ? 0 : -1, "the boss is gone");
		return;
	}
	expect_word(s);
	if (frame_feed(&s->frame, b->base, (size_t)n, on_line, s, &err) < 0 && !s->goodbye)
		send_error(s, err.text, true);
}

/* ---- time ---- */

static void on_heartbeat(uv_timer_t *t)
{
	struct serve *s = t->data;
	const struct response r = {
		.kind = RESP_HEARTBEAT,
		.running = session_running(s->session),
		.load = machine_load(),
	};
	outbox_put(s->outbox, &r);
}

static void on_term(uv_signal_t *h, int number)
{
	(void)number;
	end(h->data, -1, "told to end");
}

/* ---- life ---- */

/* Takes 0 and 1 away: what a tool reads or prints must not be the wire. */
static int take_wire(int wire[2], struct error *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	wire[0] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	wire[1] = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (null < 0 || wire[0] < 0 || wire[1] < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return error_errno(err, "cannot take stdin and stdout");
	close(null);
	if (uv_guess_handle(wire[0]) == UV_FILE)
		return error_set(err, "stdin is a file; cure: a pipe, or a terminal");
	return 0;
}

static void open_handles(struct serve *s, int in)
{
	uv_loop_t *loop = s->config->loop;
	uv_pipe_init(loop, &s->in, 0);
	uv_pipe_open(&s->in, in);
	uv_timer_init(loop, &s->heartbeat);
	uv_timer_init(loop, &s->orphan);
	uv_signal_init(loop, &s->term);
	s->in.data = s->heartbeat.data = s->orphan.data = s->term.data = s;
	uv_read_start((uv_stream_t *)&s->in, give_room, on_read);
	uv_timer_start(&s->heartbeat, on_heartbeat, timing_ms(TIMING_PING), timing_ms(TIMING_PING));
	uv_signal_start(&s->term, on_term, SIGTERM);
	expect_word(s);
}

static int open_all(struct serve *s)
{
	const struct outbox_events events = {on_changed, on_broken, s};
	int wire[2];
	if (take_wire(wire, s->err) < 0)
		return -1;
	s->place = workplace_open(s->config->private_view, s->err);
	if (!s->place)
		return -1;
	const struct session_config config = {
		.loop = s->config->loop,
		.to_boss = {on_response, s},
		.place = s->place,
		.version = s->config->version,
	};
	s->session = session_new(&config);
	s->outbox = outbox_new(s->config->loop, wire[1], &events);
	open_handles(s, wire[0]);
	return 0;
}

int serve(const struct serve_config *c, struct error *err)
{
	struct serve *s = xcalloc(1, sizeof *s);
	s->config = c;
	s->err = err;
	s->names.free_value = free;
	int ret = open_all(s);
	if (ret == 0) {
		uv_run(c->loop, UV_RUN_DEFAULT);
		ret = s->ret;
	}
	frame_release(&s->frame);
	strmap_release(&s->names);
	workplace_free(s->place);
	free(s);
	return ret;
}
