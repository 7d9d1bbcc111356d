/* document: see document.h. Bytes of tools do not get in here: they are in the files that a job names.
 */
#include "boss/report/document.h"

#include <stdlib.h>
#include "boss/report/row.h"
#include "common/buf.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"

static struct json *sizes(const struct sizes *s)
{
	const struct {
		const char *key;
		int64_t n;
	} v[] = {{"flash", s->flash}, {"flash_max", s->flash_max}, {"ram", s->ram},
		{"ram_max", s->ram_max}};
	struct json *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (v[i].n >= 0)
			json_add_int(o, v[i].key, v[i].n);
	return o;
}

static struct json *files(const struct run_row *r)
{
	struct json *a = json_array();
	for (size_t i = 0; i < r->n_files; i++) {
		const struct run_file *f = &r->files[i];
		struct json *o = json_object();
		char *path = r->dir ? xasprintf("%s/firmware/%s", r->dir, f->name) : NULL;
		json_add_str(o, "name", f->name);
		json_add_str(o, "path", path);
		json_add_int(o, "size", (int64_t)f->size);
		json_add_str(o, "sha256", f->sha256);
		json_append(a, o);
		free(path);
	}
	return a;
}

/* Only files that are there are named. */
static void add_text_file(struct json *o, const struct run_row *r, const char *name)
{
	char *path = r->dir ? path_join(r->dir, name) : NULL;
	if (path && fs_exists(path))
		json_add_str(o, name, path);
	free(path);
}

static bool was_built(const struct run_row *r)
{
	return r->verdict != VERDICT_SKIPPED && r->verdict != VERDICT_NOT_RUN;
}

struct json *document_job(const struct run_row *r)
{
	struct json *o = json_object();
	json_add_str(o, "board", r->board);
	json_add_str(o, "sketch", r->sketch);
	json_add_str(o, "verdict", verdict_name(r->verdict));
	json_add_str(o, "reason", r->reason);
	if (!was_built(r))
		return o;
	json_add_bool(o, "unchanged", r->unchanged);
	json_add_str(o, "machine", r->machine);
	json_add_int(o, "return_code", r->return_code);
	json_add_num(o, "seconds", r->seconds);
	json_add_int(o, "warnings", r->warnings);
	json_add(o, "sizes", sizes(&r->sizes));
	json_add_strv(o, "libraries", &r->libraries);
	json_add(o, "artifacts", files(r));
	json_add_str(o, "dir", r->dir);
	add_text_file(o, r, "log");
	add_text_file(o, r, "err");
	return o;
}

void document_line(struct buf *out, const struct run_row *r)
{
	struct json *o = document_job(r);
	json_add_str(o, "schema", "boardman-job/1");
	json_print(o, out);
	buf_addch(out, '\n');
	json_free(o);
}

static struct json *totals(const struct run_totals *t)
{
	struct json *o = json_object();
	json_add_int(o, "jobs", (int64_t)t->jobs);
	for (int v = VERDICT_OK; v <= VERDICT_NOT_RUN; v++)
		json_add_int(o, verdict_name(v), (int64_t)t->by[v]);
	json_add_int(o, "unchanged", (int64_t)t->unchanged);
	json_add_int(o, "boards", (int64_t)t->boards);
	json_add_int(o, "sketches", (int64_t)t->sketches);
	json_add_int(o, "machines", (int64_t)t->machines);
	json_add_num(o, "seconds", t->seconds);
	json_add_num(o, "stage1_seconds", t->stage1);
	return o;
}

void document_run(struct buf *out, const struct run_row *rows, size_t n, const struct run_totals *t,
	int exit_status, const char *version, const char *out_dir)
{
	struct json *o = json_object(), *jobs = json_array();
	json_add_str(o, "schema", "boardman-report/1");
	json_add_str(o, "version", version);
	json_add_int(o, "exit_status", exit_status);
	json_add_str(o, "output_dir", out_dir);
	json_add(o, "totals", totals(t));
	for (size_t i = 0; i < n; i++)
		json_append(jobs, document_job(&rows[i]));
	json_add(o, "jobs", jobs);
	json_print_pretty(o, out);
	buf_addch(out, '\n');
	json_free(o);
}
