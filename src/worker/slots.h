/* slots: the CPU slots of this machine, shared by the workers of all its users: one lock file each, in a directory that all may
 * write. A slot belongs to a process: when that dies, the kernel lets it go. Together boardman's workers start no more compilers than
 * the machine has threads.
 */
#ifndef WORKER_SLOTS_H
#define WORKER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct slots;
struct probe;

/* `n` slots. NULL and err when there is no place for the locks: the worker then goes without. */
struct slots *slots_open(int n, struct error *err);
void slots_free(struct slots *s);
/* Takes a free one: its number; -1 when all are held. Never waits. */
int slots_take(struct slots *s);
void slots_put(struct slots *s, int slot);
/* Tells the others that this process wants a slot and got none; or that it does not any more. */
void slots_wait(struct slots *s, bool waits);
/* Whether another process waits for one; our own wish does not count. */
bool slots_wanted(struct slots *s);
/* Adds to `p->held` who holds how many now, this process included. */
void slots_holders(struct slots *s, struct probe *p);

#endif
