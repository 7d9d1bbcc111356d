/* ssh_pace: see ssh_pace.h and conn_ssh.h.
 */
#include "boss/link/ssh_pace.h"

#include <stdlib.h>
#include <utlist.h>

#include "boss/link/conn_ssh.h"
#include "common/strmap.h"
#include "common/xalloc.h"

#define AT_A_DOOR 5

struct ssh_pace {
	unsigned at_once, held;
	struct ssh_turn *waiting;
	struct strmap doors; /* of servers, each a struct ssh_pace */
};

static void free_door(void *p)
{
	ssh_pace_free(p);
}

struct ssh_pace *ssh_pace_new(unsigned at_once)
{
	struct ssh_pace *p = xcalloc(1, sizeof *p);
	p->at_once = at_once ? at_once : 1;
	p->doors.free_value = free_door;
	return p;
}

void ssh_pace_free(struct ssh_pace *p)
{
	if (!p)
		return;
	strmap_release(&p->doors);
	free(p);
}

struct ssh_pace *ssh_pace_door(struct ssh_pace *p, const char *server)
{
	struct ssh_pace *door = p ? strmap_get(&p->doors, server) : NULL;
	if (p && !door) {
		door = ssh_pace_new(AT_A_DOOR);
		strmap_set(&p->doors, server, door);
	}
	return door;
}

static void grant(struct ssh_pace *p, struct ssh_turn *t)
{
	if (p)
		p->held++;
	t->state = TURN_HELD;
	t->granted(t->ctx);
}

void ssh_turn_ask(struct ssh_pace *p, struct ssh_turn *t)
{
	if (!p || p->held < p->at_once) {
		grant(p, t);
		return;
	}
	t->state = TURN_WAITING;
	DL_APPEND(p->waiting, t);
}

void ssh_turn_drop(struct ssh_pace *p, struct ssh_turn *t)
{
	enum turn_state was = t->state;
	t->state = TURN_NONE;
	if (!p || was == TURN_NONE)
		return;
	if (was == TURN_WAITING) {
		DL_DELETE(p->waiting, t);
		return;
	}
	p->held--;
	struct ssh_turn *next = p->waiting;
	if (!next)
		return;
	DL_DELETE(p->waiting, next);
	grant(p, next);
}
