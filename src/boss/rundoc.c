/* rundoc: see rundoc.h. Its files are for people and for later; no decision of a run depends on them, so that a
 * full disk here stops nothing.
 */
#include "boss/rundoc.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "boss/report/row.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/visible.h"
#include "common/xalloc.h"

#define SCHEMA "boardman-run/1"
#define MAX_PHASES 1000000
#define MAX_NOISE (16ll << 20)

struct span {
	double start, end;
};

/* What one machine said beside the protocol. */
struct noise {
	char *machine;
	FILE *log; /* NULL: it cannot be written */
};

struct rundoc {
	char *out;
	char *version;
	int engine;
	struct strv boards, platforms;
	time_t started;
	struct timespec clock;
	bool begun;
	FILE *log;
	struct noise *noise;
	size_t n_noise, cap_noise;
	struct json *toolchains; /* NULL: there was nothing to choose */
	struct buf phases;
	size_t n_phases;
	struct span *spans; /* of units that were built */
	size_t n_spans, cap_spans;
};

double rundoc_clock(const struct rundoc *d)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - d->clock.tv_sec) +
	       (double)(now.tv_nsec - d->clock.tv_nsec) / 1e9;
}

static struct json *head_json(const struct rundoc *d, const char *state)
{
	struct json *o = json_object();
	json_add_str(o, "schema", SCHEMA);
	json_add_str(o, "state", state);
	json_add_str(o, "version", d->version);
	json_add_int(o, "engine", d->engine);
	json_add_int(o, "started", d->started);
	json_add_strv(o, "boards", &d->boards);
	json_add_strv(o, "platforms", &d->platforms);
	return o;
}

/* Takes `o`. */
static int put(const struct rundoc *d, struct json *o, struct error *err)
{
	struct buf text = BUF_INIT;
	char *path = path_join(d->out, "run.json");
	json_print(o, &text);
	buf_addch(&text, '\n');
	int ret = fs_write(path, text.data, text.len, err);
	json_free(o);
	buf_release(&text);
	free(path);
	return ret;
}

/* A new file under the name: that is quicker than to cut off the old one, or to rename over it. */
static char *make_room(const char *out, const char *name)
{
	char *path = path_join(out, name);
	unlink(path);
	return path;
}

/* A machine of another run would seem to be one of this. */
static void remove_noise(const char *out)
{
	struct fs_list l = {0};
	if (fs_list(out, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		if (!fnmatch("worker-*.log", l.v[i].name, 0))
			free(make_room(out, l.v[i].name));
	fs_list_release(&l);
}

struct rundoc *rundoc_open(const char *out, const struct rundoc_head *head, struct error *err)
{
	struct rundoc *d = xcalloc(1, sizeof *d);
	char *path = make_room(out, "boss.log");
	d->out = xstrdup(out);
	d->version = xstrdup(head->version);
	d->engine = head->engine;
	strv_push_all(&d->boards, head->boards);
	strv_push_all(&d->platforms, head->platforms);
	d->started = time(NULL);
	clock_gettime(CLOCK_MONOTONIC, &d->clock);
	d->log = fopen(path, "we");
	if (!d->log)
		error_errno(err, "cannot write '%s'", path);
	free(path);
	free(make_room(out, "phases.tsv"));
	remove_noise(out);
	buf_addstr(&d->phases, "phase\tmachine\tboard\tname\tverdict\treused\tstart\tseconds\n");
	return d;
}

void rundoc_begin(struct rundoc *d)
{
	struct error err = ERROR_INIT;
	if (!d->begun && put(d, head_json(d, "running"), &err) < 0)
		log_warning("%s", err.text);
	d->begun = true;
}

void rundoc_log(struct rundoc *d, const char *line)
{
	struct buf text = BUF_INIT;
	if (!d->log)
		return;
	visible_addstr(&text, line); /* a machine's words make no lines of ours */
	fprintf(d->log, "%.6f %s\n", rundoc_clock(d), buf_str(&text));
	buf_release(&text);
}

static FILE *noise_of(struct rundoc *d, const char *machine)
{
	for (size_t i = 0; i < d->n_noise; i++)
		if (!strcmp(d->noise[i].machine, machine))
			return d->noise[i].log;
	char *path = xasprintf("%s/worker-%s.log", d->out, machine);
	GROW(d->noise, d->n_noise, d->cap_noise);
	struct noise *n = &d->noise[d->n_noise++];
	*n = (struct noise){xstrdup(machine), fopen(path, "we")};
	if (!n->log)
		log_warning("cannot write '%s': %s", path, strerror(errno));
	free(path);
	return n->log;
}

void rundoc_noise(struct rundoc *d, const char *machine, const char *line)
{
	FILE *log = noise_of(d, machine);
	if (log && ftello(log) + (off_t)strlen(line) < MAX_NOISE)
		fprintf(log, "%.6f %s\n", rundoc_clock(d), line);
}

void rundoc_toolchain(struct rundoc *d, const char *board, const char *toolchain,
	const char *digest, const struct strv *machines)
{
	struct json *o = json_object();
	json_add_str(o, "board", board);
	json_add_str(o, "toolchain", toolchain);
	json_add_str(o, "digest", digest);
	json_add_strv(o, "machines", machines);
	if (!d->toolchains)
		d->toolchains = json_array();
	json_append(d->toolchains, o);
}

void rundoc_flush(struct rundoc *d)
{
	if (d->log)
		fflush(d->log);
	for (size_t i = 0; i < d->n_noise; i++)
		if (d->noise[i].log)
			fflush(d->noise[i].log);
}

/* Tabs and newlines would make other columns and rows. */
static void add_cell(struct buf *b, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++)
		buf_addch(b, *p == '\t' || *p == '\n' || *p == '\r' ? ' ' : *p);
	buf_addch(b, '\t');
}

static void add_phase(struct rundoc *d, const char *phase, const char *const cells[4], bool reused,
	double start, double seconds)
{
	if (d->n_phases++ >= MAX_PHASES)
		return;
	add_cell(&d->phases, phase);
	for (int i = 0; i < 4; i++)
		add_cell(&d->phases, cells[i]);
	buf_addf(&d->phases, "%s\t%.3f\t%.3f\n", reused ? "yes" : "no", start, seconds);
}

void rundoc_unit(struct rundoc *d, const char *machine, const struct unit_report *u)
{
	const char *cells[4] = {machine, u->board, u->name, verdict_name(u->verdict)};
	add_phase(d, "stage1_archives", cells, u->reused, u->start, u->seconds);
	if (u->reused)
		return;
	GROW(d->spans, d->n_spans, d->cap_spans);
	d->spans[d->n_spans++] = (struct span){u->start, u->start + u->seconds};
}

void rundoc_sketch(struct rundoc *d, const struct run_row *r, double start)
{
	const char *cells[4] = {r->machine, r->board, r->sketch, verdict_name(r->verdict)};
	double seconds = r->unchanged ? rundoc_clock(d) - start : r->seconds;
	add_phase(d, "stage2_sketches", cells, r->unchanged, start, seconds);
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

double rundoc_stage1(const struct rundoc *d)
{
	double sum = 0, until = 0;
	if (!d->n_spans)
		return 0;
	struct span *v = xcalloc(d->n_spans, sizeof *v);
	memcpy(v, d->spans, d->n_spans * sizeof *v);
	qsort(v, d->n_spans, sizeof *v, by_start);
	for (size_t i = 0; i < d->n_spans; i++) {
		double from = v[i].start > until ? v[i].start : until;
		if (v[i].end > from) {
			sum += v[i].end - from;
			until = v[i].end;
		}
	}
	free(v);
	return sum;
}

static struct json *row_json(const struct run_row *r)
{
	struct json *o = json_object();
	json_add_str(o, "board", r->board);
	json_add_str(o, "sketch", r->sketch);
	json_add_str(o, "verdict", verdict_name(r->verdict));
	json_add_str(o, "machine", r->machine);
	if (r->unchanged)
		json_add_bool(o, "unchanged", true);
	/* Otherwise `done` has it. */
	if (r->verdict >= VERDICT_INFRA)
		json_add_str(o, "reason", r->reason);
	return o;
}

int rundoc_end(struct rundoc *d, const struct run_row *rows, size_t n, const struct run_totals *t,
	bool interrupted, struct error *err)
{
	struct json *o = head_json(d, interrupted ? "interrupted" : "ended"), *jobs = json_array();
	char *path = path_join(d->out, "phases.tsv");
	json_add_num(o, "seconds", t->seconds);
	json_add_num(o, "stage1_seconds", t->stage1);
	json_add_int(o, "machines", (int64_t)t->machines);
	if (d->toolchains)
		json_add(o, "toolchains", d->toolchains);
	d->toolchains = NULL;
	for (size_t i = 0; i < n; i++)
		json_append(jobs, row_json(&rows[i]));
	json_add(o, "jobs", jobs);
	int ret = put(d, o, err);
	if (fs_write(path, d->phases.data, d->phases.len, err) < 0)
		ret = -1;
	free(path);
	return ret;
}

void rundoc_free(struct rundoc *d)
{
	if (!d)
		return;
	if (d->log)
		fclose(d->log);
	for (size_t i = 0; i < d->n_noise; i++) {
		if (d->noise[i].log)
			fclose(d->noise[i].log);
		free(d->noise[i].machine);
	}
	free(d->noise);
	json_free(d->toolchains);
	free(d->out);
	free(d->version);
	strv_release(&d->boards);
	strv_release(&d->platforms);
	buf_release(&d->phases);
	free(d->spans);
	free(d);
}
