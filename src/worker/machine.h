/* machine: what this machine has to give. */
#ifndef WORKER_MACHINE_H
#define WORKER_MACHINE_H

/* CPU tokens: the cores of our affinity mask, less where a cgroup quota allows less; at least 1. */
int machine_threads(void);

#endif
