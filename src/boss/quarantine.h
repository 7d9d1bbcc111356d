/* quarantine: machines that were proved wrong, so that later runs do without them for a day, or until the user forgives them. A file per machine: its
 * content says why, its time since when.
 */
#ifndef BOSS_QUARANTINE_H
#define BOSS_QUARANTINE_H

#include <time.h>

struct error;

/* Why the machine gets no jobs, with the cure: new string. NULL: it is free. `dir`, beneath host_state_dir, need not exist. */
char *quarantine_trouble(const char *dir, const char *machine, time_t now);
int quarantine_add(const char *dir, const char *machine, const char *why, struct error *err);
/* 1: it is free now, 0: it was free already; -1 and err. */
int quarantine_forgive(const char *dir, const char *machine, struct error *err);
/* The words of quarantine_trouble for one that was added right now; new string. */
char *quarantine_text(const char *machine, const char *why);

#endif
