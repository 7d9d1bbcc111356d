/* share: see share.h. Where there is no place for the locks the engine always gets its slot.
 */
#include "worker/share.h"

#include <stdlib.h>
#include "common/error.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "worker/machine.h"
#include "worker/slots.h"

struct share {
	struct slots *slots; /* NULL: not opened yet, or no place for them */
	bool opened;
};

static void open_slots(struct share *s)
{
	struct error err = ERROR_INIT;
	s->opened = true;
	s->slots = slots_open(machine_slots(), &err);
	if (!s->slots)
		log_warning("%s; others' compilers on this machine are not heeded", err.text);
}

static int take(void *ctx)
{
	struct share *s = ctx;
	if (!s->opened)
		open_slots(s);
	return s->slots ? slots_take(s->slots) : 0;
}

static void put(void *ctx, int slot)
{
	struct share *s = ctx;
	if (s->slots)
		slots_put(s->slots, slot);
}

static bool wanted(void *ctx)
{
	struct share *s = ctx;
	return s->slots && slots_wanted(s->slots);
}

static void wait_for(void *ctx, bool waits)
{
	struct share *s = ctx;
	if (s->slots)
		slots_wait(s->slots, waits);
}

struct share *share_new(void)
{
	return xcalloc(1, sizeof(struct share));
}

void share_free(struct share *s)
{
	if (!s)
		return;
	slots_free(s->slots);
	free(s);
}

struct engine_slots share_slots(struct share *s)
{
	return (struct engine_slots){take, put, wanted, wait_for, s};
}
