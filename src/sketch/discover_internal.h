/* discover_internal: what predict, replay and exact share: growing a list and the queue of units. */
#ifndef SKETCH_DISCOVER_INTERNAL_H
#define SKETCH_DISCOVER_INTERNAL_H

#include <stdbool.h>
#include "sketch/discover.h"

/* One translation unit in the queue; borrowed texts. */
struct unit_ref {
	const char *source; /* "" is the merged .ino */
	const struct library *lib; /* NULL: the sketch's */
};
struct unit_queue {
	struct unit_ref *v;
	size_t n, cap, next;
};

/* Queues the merged .ino and the sketch's other files. */
void queue_sketch(struct unit_queue *q, const struct discover_sources *s);
/* Queues a library's files. */
int queue_library(
	struct unit_queue *q, struct libraries *ls, const struct library *lib, struct error *err);
/* The next one, NULL at the end. */
const struct unit_ref *queue_next(struct unit_queue *q);
void queue_release(struct unit_queue *q);

/* Takes header and from. */
void list_add(struct library_list *l, const struct library *lib, char *header, char *from);
bool list_has(const struct library_list *l, const struct library *lib);

#endif
