/* trace: a process for each machine, by its name, and spans in the right one. */
#include "boss/trace.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"
#include "tap.h"

static struct json *written(const struct trace *t)
{
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;
	char *path = path_join(test_tmpdir(), "trace.json");
	is_int(trace_write(t, test_tmpdir(), &err), 0, "written");
	fs_read(path, 0, &text, &err);
	struct json *events = json_parse(buf_str(&text), text.len, &err);
	buf_release(&text);
	free(path);
	return events;
}

/* "PH pid name", the name of a process for its metadata. */
static void is_event(const struct json *e, const char *want)
{
	const char *ph = json_str(e, "ph", "?");
	const struct json *named = *ph == 'M' ? json_get(e, "args") : e;
	char *is =
		xasprintf("%s %d %s", ph, (int)json_int(e, "pid", 0), json_str(named, "name", "?"));
	is_str(is, want, "an event");
	free(is);
}

static void machines(void)
{
	static const char *const want[] = {
		"M 1 near", "M 2 far", "X 1 A", "X 2 B", "X 1 C", "X 2 D"};
	struct trace *t = trace_new();
	trace_span(t, "near", LANE_SLOTS, "sketch", "A", 0, 1);
	trace_span(t, "far", LANE_SLOTS, "sketch", "B", 0.5, 1);
	trace_span(t, "near", LANE_SLOTS + 1, "sketch", "C", 1, 2.25);
	trace_span(t, "far", LANE_MACHINE, "machine", "D", 1, -1);
	struct json *events = written(t);
	const struct json *e = json_child(events);
	for (size_t i = 0; i < ARRAY_LEN(want); i++, e = e ? json_next(e) : NULL) {
		is_event(e, want[i]);
		if (i == 4)
			ok(json_int(e, "tid", 0) == LANE_SLOTS + 1 &&
					json_int(e, "ts", 0) == 1000000 &&
					json_int(e, "dur", 0) == 2250000,
				"lane and microseconds");
		if (i == 5)
			is_int(json_int(e, "dur", -1), 0, "no time is less than none");
	}
	ok(!e, "and no more");
	json_free(events);
	trace_free(t);
}

static void nothing(void)
{
	struct trace *t = trace_new();
	char *path = path_join(test_tmpdir(), "trace.json");
	unlink(path);
	is_int(trace_write(t, test_tmpdir(), NULL), 0, "nothing to tell");
	ok(!fs_exists(path), "makes no file");
	free(path);
	trace_free(t);
}

int main(void)
{
	machines();
	nothing();
	return done_testing();
}
