/* tool_env: the environment of every tool that the engine starts: a short list of names, whatever else is set. So no secret gets to a compiler, and no
 * variable that the keys do not know decides what it makes.
 */
#ifndef SKETCH_TOOL_ENV_H
#define SKETCH_TOOL_ENV_H

#include <stdbool.h>

struct strv;

/* Adds "NAME=value" for each. `reproducible`: with a SOURCE_DATE_EPOCH, 0 where none is set. */
void tool_env(struct strv *env, bool reproducible);

#endif
