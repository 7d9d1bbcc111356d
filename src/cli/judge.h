/* judge: tells whether earlier results still stand, on this machine: others may not see what they were made of. It builds nothing. And
 * makes their results such that they can be told of later.
 */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct job;
struct judge;
struct platforms;
struct settings;

/* All borrowed until it is closed. `since`: when the sources were taken, ns of the kernel's coarse clock. NULL when it cannot tell anything. */
struct judge *judge_open(const struct settings *s, struct platforms *platforms, int64_t since);
void judge_close(struct judge *j);
/* False for a NULL judge. */
bool judge_stands(struct judge *j, const struct job *job);
/* What results of the job are to have as their settings here; NULL when this machine cannot tell. `digest`: of the toolchain and platform that they
 * must have been made with for that. Borrowed until it is closed. */
const char *judge_settings(struct judge *j, const struct job *job, const char **digest);
/* Makes the deps of another machine's result those of one that was made here: into `out`, which is empty; *key is new. */
bool judge_adopt(
	struct judge *j, const char *settings, const char *deps, struct buf *out, char **key);

#endif
