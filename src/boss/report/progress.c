/* progress: see progress.h. The cursor is never hidden and the terminal's modes are never changed, so that
 * nothing is left to restore but the line itself.
 */
#include "boss/report/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "boss/report/document.h"
#include "boss/report/failures.h"
#include "boss/report/row.h"
#include "boss/report/summary.h"
#include "common/buf.h"
#include "common/fs.h"
#include "common/utf8.h"
#include "common/xalloc.h"

#define ERASE_LINE "\r\033[K"
#define MAX_SHOWN (256u << 10) /* bytes of a job's output */

struct progress {
	struct progress_config config;
	bool shown; /* the live line stands */
	double last; /* status off a terminal */
	bool began;
	int failed; /* errno of the first text that could not be written; 0 none */
};

struct progress *progress_new(const struct progress_config *c)
{
	struct progress *p = xcalloc(1, sizeof *p);
	p->config = *c;
	return p;
}

static void show(struct progress *p, int fd, const struct buf *text)
{
	int reason = text_write(fd, text);
	if (!p->failed)
		p->failed = reason;
}

void progress_hide(struct progress *p)
{
	struct buf erase = BUF_INIT;
	if (!p->shown)
		return;
	p->shown = false;
	buf_addstr(&erase, ERASE_LINE);
	show(p, p->config.fd, &erase);
	buf_release(&erase);
}

int progress_failed(const struct progress *p)
{
	return p->failed;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_hide(p);
	free(p);
}

/* ---- jobs ---- */

static void add_file(
	struct buf *out, const struct progress *p, const struct run_row *r, const char *name)
{
	struct buf text = BUF_INIT;
	char *path = r->dir ? path_join(r->dir, name) : NULL;
	if (path && text_read(path, MAX_SHOWN, &text)) {
		char *rest = text.data;
		for (char *line; rest && *rest && (line = strsep(&rest, "\n"));) {
			text_line(out, &p->config.style, line, strlen(line));
			buf_addch(out, '\n');
		}
	}
	buf_release(&text);
	free(path);
}

static bool wants_line(const struct progress *p, const struct run_row *r)
{
	/* What was not run is counted at the end: it can be all of a large run. */
	if (p->config.quiet || r->verdict == VERDICT_NOT_RUN)
		return false;
	return !p->config.live || p->config.all_jobs || failure_is_one(r);
}

void progress_job(struct progress *p, const struct run_row *r)
{
	struct buf out = BUF_INIT;
	if (wants_line(p, r))
		summary_job(&out, &p->config.style, r);
	if (p->config.commands)
		add_file(&out, p, r, "cmd");
	if (p->config.warnings && r->verdict == VERDICT_OK && !p->config.quiet)
		add_file(&out, p, r, "err");
	if (out.len) {
		progress_hide(p);
		show(p, p->config.fd, &out);
	}
	buf_clear(&out);
	if (p->config.json_fd >= 0) {
		document_line(&out, r);
		show(p, p->config.json_fd, &out);
	}
	buf_release(&out);
}

/* ---- status ---- */

static void add_status(struct buf *out, const struct progress_counts *c)
{
	buf_addf(out, "%zu of %zu done, %zu failed, %zu running", c->done, c->total, c->failed,
		c->running);
	if (c->all_machines)
		buf_addf(out, " on %zu of %zu machines", c->machines, c->all_machines);
	if (c->eta >= 0.5) {
		double whole = (double)(long)(c->eta + 0.999);
		buf_addstr(out, "; about ");
		if (whole < 60)
			buf_addf(out, "%.0f s", whole);
		else
			text_seconds(out, whole);
		buf_addstr(out, " left");
	}
}

static size_t columns(int fd)
{
	struct winsize w = {0};
	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1u : 79;
}

static void show_live(struct progress *p, const struct buf *status)
{
	struct buf out = BUF_INIT;
	buf_addstr(&out, ERASE_LINE);
	buf_add(&out, status->data, utf8_cut(status->data, status->len, columns(p->config.fd)));
	show(p, p->config.fd, &out);
	p->shown = true;
	buf_release(&out);
}

void progress_status(struct progress *p, const struct progress_counts *c, double now)
{
	struct buf status = BUF_INIT;
	if (p->config.quiet)
		return;
	if (!p->began) {
		p->began = true;
		p->last = now;
	}
	if (p->config.live) {
		add_status(&status, c);
		show_live(p, &status);
	} else if (now - p->last >= p->config.status_every) {
		add_status(&status, c);
		buf_addch(&status, '\n');
		show(p, p->config.fd, &status);
		p->last = now;
	}
	buf_release(&status);
}
