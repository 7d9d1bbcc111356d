/* look: what a board would be built with here, without building anything: for machines to agree on who builds what. */
#ifndef SKETCH_LOOK_H
#define SKETCH_LOOK_H

struct context;
struct engine_look;

/* Fills `out` as engine_look does. Looks at every file of the platform and of the compiler's header directories; the file index
 * remembers. */
void context_look(struct context *c, struct engine_look *out);

#endif
