/* share: the machine's slots in the form that the engine takes them. Nothing is opened before the first process wants one.
 */
#ifndef WORKER_SHARE_H
#define WORKER_SHARE_H

#include "sketch/engine.h"

struct share;

struct share *share_new(void);
/* After the engine is gone. Puts back what is held. */
void share_free(struct share *s);
/* For engine_config; borrows `s`. */
struct engine_slots share_slots(struct share *s);

#endif
