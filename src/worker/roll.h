/* roll: the list of this user's workers on this machine: a record each, by which exactly that process can be found and ended, and
 * no other that got its number.
 */
#ifndef WORKER_ROLL_H
#define WORKER_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct roll;

/* Writes this process's record to <dir>/workers/<pid>. NULL and err. */
struct roll *roll_sign(const char *dir, struct error *err);
/* Writes it anew, with who asked for the worker. */
int roll_tell(struct roll *r, const char *run, const char *boss, struct error *err);
/* Removes it. NULL is fine. */
void roll_leave(struct roll *r);
/* Lets it stay: a later worker's roll_sweep removes it, and what this process could not. */
void roll_abandon(struct roll *r);
/* Removes the records, and <dir>/run/<pid>, of processes that are no more. */
void roll_sweep(const char *dir);

struct roll_worker {
	pid_t pid;
	char *run, *boss; /* NULL: nobody has asked for it yet */
};
/* The workers that live, the caller not among them. Free each with roll_list_free. */
size_t roll_list(const char *dir, struct roll_worker **out);
void roll_list_free(struct roll_worker *v, size_t n);
/* Sends `sig` to the worker if it still is the one that signed. True when it was sent. */
bool roll_signal(const char *dir, pid_t pid, int sig);

#endif
