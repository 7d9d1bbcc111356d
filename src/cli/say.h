/* say: what a verb prints. What cannot be written is no result: it is told once, and counts in the exit status. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

struct buf;
struct invocation;

/* Writes the text to stdout. */
void say(struct invocation *in, const struct buf *text);
/* To that descriptor: with JSON on stdout people read stderr. */
void say_to(struct invocation *in, int fd, const struct buf *text);
/* What else was written has failed, for that errno; 0: it has not. */
void say_failed(struct invocation *in, int reason);

#endif
