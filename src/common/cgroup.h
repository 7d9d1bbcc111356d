/* cgroup: where the kernel tells of our control group, in version 1 and 2.
 */
#ifndef COMMON_CGROUP_H
#define COMMON_CGROUP_H

struct strv;

/* Adds the directories in which files of that controller may be: of our group and those above it up to the top, ours first. Not all need
 * be there: a container may see its own group as the top. `root` stands before /proc and /sys: "" but in tests. */
void cgroup_dirs(const char *root, const char *controller, struct strv *out);

#endif
