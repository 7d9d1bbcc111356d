/* machine: what this machine has to give. */
#ifndef WORKER_MACHINE_H
#define WORKER_MACHINE_H

#include <stdint.h>

/* CPU tokens: the cores of our affinity mask, less where a cgroup quota allows less; at least 1. */
int machine_threads(void);
/* CPU slots that all users of this machine share: its cores, whatever our own part of them; $BOARDMAN_SLOTS says otherwise. At least 1. */
int machine_slots(void);
/* The smallest CPU quota of our control group (version 1 or 2) and those above it, in cores rounded up; 0 none. `root` stands before
 * /proc and /sys: "" but in tests. */
int machine_quota(const char *root);
/* Load average of the last minute; negative when it cannot be told. */
double machine_load(void);
/* Bytes of memory that processes can still get without swapping; -1 when it cannot be told. */
int64_t machine_memory(void);

#endif
