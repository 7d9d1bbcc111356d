/* lib: libgit2 for the files of this room: started once, its words in our errors. For no other room. */
#ifndef GIT_LIB_H
#define GIT_LIB_H

struct error;

/* Before any other call of libgit2. Any thread, any number of times. */
void lib_init(void);
/* Writes the text, then ": " and what libgit2 says of its last failure in this thread. Always returns -1. */
int lib_error(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
