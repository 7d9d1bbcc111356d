/* reference: whose toolchain counts for a board. Machines with another one would make other firmware. Pure. */
#ifndef BOSS_REFERENCE_H
#define BOSS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

/* A machine that can build the board. */
struct reference_vote {
	const char *machine;
	const char *digest; /* of its toolchain and platform */
	unsigned slots;
	bool local; /* the boss's own */
};

/* The digest that counts: that of the machine called `preferred` (NULL none) if it votes; else the one with the most slots, among equals
 * the boss's own, then that of the machine whose name comes first. NULL without votes. Borrowed from a vote. */
const char *reference_choose(const struct reference_vote *v, size_t n, const char *preferred);

#endif
