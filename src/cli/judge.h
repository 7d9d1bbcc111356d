/* judge: tells whether earlier results still stand, on this machine: others may not see what they were made of. It builds nothing. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include <stdbool.h>

struct job;
struct judge;
struct platforms;
struct settings;

/* All borrowed until it is closed. NULL when it cannot tell anything. */
struct judge *judge_open(const struct settings *s, struct platforms *platforms);
void judge_close(struct judge *j);
/* False for a NULL judge. */
bool judge_stands(struct judge *j, const struct job *job);

#endif
