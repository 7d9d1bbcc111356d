/* offenders: what to tell when a snapshot would be too large. For this room only. */
#ifndef GIT_OFFENDERS_H
#define GIT_OFFENDERS_H

struct error;
struct file_list;
struct files_config;

/* Names the limit and the parts that hold most of what was found so far. Returns -1. */
int offenders_tell(const struct file_list *l, const struct files_config *c, struct error *err);

#endif
