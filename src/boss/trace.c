/* trace: see trace.h. */
#include "boss/trace.h"

#include <stdbool.h>
#include <stdlib.h>
#include "common/buf.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/strmap.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define MAX_SPANS 1000000
#define MICRO 1e6

struct span {
	size_t machine; /* in machines */
	int lane;
	const char *kind; /* static */
	char *name;
	double start, seconds;
};

struct trace {
	struct strv machines;
	struct strmap numbers; /* size_t: where each stands in machines */
	struct span *v;
	size_t n, cap;
};

struct trace *trace_new(void)
{
	struct trace *t = xcalloc(1, sizeof *t);
	t->numbers = (struct strmap)STRMAP_INIT(free);
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].name);
	free(t->v);
	strv_release(&t->machines);
	strmap_release(&t->numbers);
	free(t);
}

static size_t number_of(struct trace *t, const char *machine)
{
	size_t *number = strmap_get(&t->numbers, machine);
	if (!number) {
		number = xmalloc(sizeof *number);
		*number = t->machines.n;
		strv_push(&t->machines, machine);
		strmap_set(&t->numbers, machine, number);
	}
	return *number;
}

void trace_span(struct trace *t, const char *machine, int lane, const char *kind, const char *name,
	double start, double seconds)
{
	if (t->n == MAX_SPANS)
		return;
	GROW(t->v, t->n, t->cap);
	t->v[t->n++] = (struct span){
		number_of(t, machine), lane, kind, xstrdup(name), start, seconds < 0 ? 0 : seconds};
}

/* A complete event ("X"); times are microseconds. */
static struct json *span_json(const struct span *s)
{
	struct json *o = json_object();
	json_add_str(o, "ph", "X");
	json_add_str(o, "cat", s->kind);
	json_add_str(o, "name", s->name);
	json_add_int(o, "pid", (int64_t)s->machine + 1);
	json_add_int(o, "tid", s->lane);
	json_add_int(o, "ts", (int64_t)(s->start * MICRO));
	json_add_int(o, "dur", (int64_t)(s->seconds * MICRO));
	return o;
}

/* A metadata event ("M") that names a machine. */
static struct json *name_json(const char *machine, size_t number)
{
	struct json *o = json_object(), *args = json_object();
	json_add_str(o, "ph", "M");
	json_add_str(o, "name", "process_name");
	json_add_int(o, "pid", (int64_t)number + 1);
	json_add_str(args, "name", machine);
	json_add(o, "args", args);
	return o;
}

static void add_event(struct buf *out, struct json *event, bool first)
{
	buf_addstr(out, first ? "[\n" : ",\n");
	json_print(event, out);
	json_free(event);
}

int trace_write(const struct trace *t, const char *out, struct error *err)
{
	struct buf text = BUF_INIT;
	if (!t->n)
		return 0;
	for (size_t i = 0; i < t->machines.n; i++)
		add_event(&text, name_json(t->machines.v[i], i), !i);
	for (size_t i = 0; i < t->n; i++)
		add_event(&text, span_json(&t->v[i]), false);
	buf_addstr(&text, "\n]\n");
	char *path = path_join(out, "trace.json");
	int ret = fs_write(path, text.data, text.len, err);
	free(path);
	buf_release(&text);
	return ret;
}
