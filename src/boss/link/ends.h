/* ends: what the end of a command on another machine means, in words for the user, with the cure. Pure. */
#ifndef BOSS_LINK_ENDS_H
#define BOSS_LINK_ENDS_H

/* Of the first script, which has not printed even its mark. `status` as a shell has it; `words`: the last line that came besides, NULL none. New string. */
char *end_of_shell(int status, const char *words);
/* Of the worker: that of a boardman which is there at `boardman`, or (NULL) of the one that was sent. */
char *end_of_worker(int status, const char *words, const char *boardman);

#endif
