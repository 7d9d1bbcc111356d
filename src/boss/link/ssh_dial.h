/* ssh_dial: from ssh's settings to a connected descriptor: over TCP, to whichever of the machine's addresses answers first, or through
 * the jump host or proxy command of the settings, which lives as long as the dial.
 */
#ifndef BOSS_LINK_SSH_DIAL_H
#define BOSS_LINK_SSH_DIAL_H

#include <stdbool.h>
#include <uv.h>

struct ssh_dial;
struct ssh_settings;

/* Once: a descriptor that is the callee's, non-blocking; or -1 and why. */
typedef void ssh_dialled_fn(void *ctx, int fd, const char *why);

/* True when the way leads through a process. */
bool ssh_dial_needs_proxy(const struct ssh_settings *s);
/* Begins; `s` is borrowed until it was stopped. Never NULL. */
struct ssh_dial *ssh_dial_start(
	uv_loop_t *loop, const struct ssh_settings *s, ssh_dialled_fn *dialled, void *ctx);
/* The last line that the proxy wrote to its stderr, "" none. Borrowed. */
const char *ssh_dial_complaint(struct ssh_dial *d);
/* Ends whatever it does, the proxy too, without further calls but `closed`, from the loop, when nothing of it is left there. */
void ssh_dial_stop(struct ssh_dial *d, void (*closed)(void *ctx), void *ctx);

#endif
