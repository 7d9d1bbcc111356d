/* conn_command: a conn by a command that gives stdin and stdout on the machine: `kubectl exec -i build-0 --`. Each channel starts it once, with
 * `sh`, `-c` and the script as further arguments.
 */
#ifndef BOSS_LINK_CONN_COMMAND_H
#define BOSS_LINK_CONN_COMMAND_H

#include <uv.h>

struct children;
struct conn;
struct strv;

/* Copies argv. `children` must live as long. Free with conn_free. */
struct conn *conn_command_new(uv_loop_t *loop, struct children *children, const struct strv *argv);

#endif
