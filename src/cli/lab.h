/* lab: the machines of a run as the user's configuration has them, what they are sent, and the ways to them. */
#ifndef CLI_LAB_H
#define CLI_LAB_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct campaign_machine;
struct config_machine;
struct error;
struct invocation;
struct lab;
struct machine_source;
struct plan;
struct strv;

/* To be called before all others: only one of our two programs can reach machines. The other becomes that one, with the same arguments, and returns only when
 * it cannot: -1 and err. */
int lab_enter(char *const *argv, struct error *err);

/* Adds to `out` the machines to use: `names` (NULL or empty: what the options say), else all that are listed. -1 and err: one that nobody knows, or none. */
int lab_names(
	const struct invocation *in, const struct strv *names, struct strv *out, struct error *err);
/* Opens what all links share: --use-machines is checked, boardman is packed. `names`: those to use; NULL or empty: what the options say. -1 and err: usage. */
struct lab *lab_new(
	uv_loop_t *loop, const struct invocation *in, const struct strv *names, struct error *err);
/* When the loop has no links any more. */
void lab_delete(struct lab *l);
/* From now on gives each line that a machine prints beside the protocol. */
void lab_listen(
	struct lab *l, void (*said)(void *ctx, const char *machine, const char *line), void *ctx);
/* Adds this machine, as the first. Copied. */
void lab_add_local(struct lab *l, const struct campaign_machine *m);
/* Snapshots what the plan's sketches need. */
int lab_take_sources(struct lab *l, const struct plan *p, const char *out_dir, struct error *err);
/* The machines, and what they get (NULL without lab_take_sources). Borrowed. */
const struct campaign_machine *lab_machines(const struct lab *l, size_t *n);
const struct machine_source *lab_source(const struct lab *l);
/* The moment before the snapshot was made: ns of the kernel's coarse clock. */
int64_t lab_since(const struct lab *l);

#endif
