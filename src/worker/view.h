/* view: makes directories appear at the paths they have on the boss, in a mount namespace of this process and its children alone, so
 * that messages, __FILE__ and recorded dependencies are the same on every machine. Nothing of it is seen from outside or outlives us.
 */
#ifndef WORKER_VIEW_H
#define WORKER_VIEW_H

struct error;
struct strv;
struct view;

/* Enters namespaces of our own; before the process has a second thread. -1 and err when this machine does not let us: all is as before. */
int view_enter(struct error *err);
/* `scratch`: an existing directory of ours, for mount points. `kept`: paths of this machine that must stay visible; copied. After view_enter. */
struct view *view_new(const char *scratch, const struct strv *kept);
/* Only forgets: mounts end with the process. */
void view_free(struct view *v);
/* Makes `dir` appear at `path`, both absolute; a path that does not exist here is made without touching this machine's disk. An error when it would
 * hide what is kept. */
int view_bind(struct view *v, const char *dir, const char *path, struct error *err);
/* Makes `path` a symlink to `target`, both absolute; where something else is at the path, `target` itself appears there. */
int view_link(struct view *v, const char *target, const char *path, struct error *err);

#endif
