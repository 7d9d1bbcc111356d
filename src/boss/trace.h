/* trace: what happened when, on which machine, as Chrome trace events: OUT/trace.json opens in a trace viewer (the "Trace Event Format", complete
 * events). One process per machine, one thread per lane: lane 0 is the machine's own way, 1 its units, 2 and up its slots.
 */
#ifndef BOSS_TRACE_H
#define BOSS_TRACE_H

struct error;
struct trace;

enum trace_lane { LANE_MACHINE, LANE_UNITS, LANE_SLOTS };

struct trace *trace_new(void);
void trace_free(struct trace *t);
/* Adds a span; seconds since the run began. Dropped once there are a million. */
void trace_span(struct trace *t, const char *machine, int lane, const char *kind, const char *name,
	double start, double seconds);
/* Writes OUT/trace.json, if there is anything to tell. */
int trace_write(const struct trace *t, const char *out, struct error *err);

#endif
