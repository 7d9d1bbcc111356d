/* nearest: what somebody may have meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

/* The candidate with the fewest differing letters, if that is few enough to be a slip; else NULL. Candidates may be NULL. */
const char *nearest(const char *word, const char *const *candidates, size_t n);

#endif
