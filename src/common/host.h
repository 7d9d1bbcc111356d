/* host: this machine among those that may share a home directory: an id no other has, and where boardman keeps what belongs to it alone. */
#ifndef COMMON_HOST_H
#define COMMON_HOST_H

struct error;

/* The machine's id, else its name; fit for a path. New string. */
char *host_id(void);
/* $XDG_CACHE_HOME/boardman/<id>, else ~/.cache/boardman/<id>. New string. NULL and err without a home, and where it or the
 * directory above it is a symlink, another user's, or everybody's to change. Nothing is made. */
char *host_cache_dir(struct error *err);
/* The same beneath $XDG_STATE_HOME, else ~/.local/state: what later runs should know, and nobody can find out again. */
char *host_state_dir(struct error *err);
/* Makes either, and the directory above it, for this user alone. */
int host_dir_make(const char *dir, struct error *err);

#endif
