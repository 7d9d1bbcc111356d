/* probe: what a worker tells of its machine before it builds. */
#ifndef WORKER_PROBE_H
#define WORKER_PROBE_H

struct engine;
struct probe;
struct settings;
struct strv;

/* Fills threads, load, memory, disk (of the file system of `dir`) and who holds slots. Release `p` with probe_release. */
void probe_machine(struct probe *p, const char *dir);
/* Adds the platforms that this machine has, --platforms directories of `t` (NULL none) first. */
void probe_platforms(struct probe *p, const struct settings *t);
/* Adds what the engine would build each board with. Blocks while a toolchain is hashed for the first time. */
void probe_boards(struct probe *p, struct engine *e, const struct strv *boards);

#endif
