/* include_macros: what is known of a board's macros without running its compiler: those on its command line, those of its
 * architecture, and a guess for every other name.
 */
#ifndef SKETCH_INCLUDE_MACROS_H
#define SKETCH_INCLUDE_MACROS_H

#include <stdbool.h>
#include <stddef.h>
#include "sketch/include_scan.h"

struct buf;
struct strv;

enum macro_family {
	FAMILY_UNKNOWN,
	FAMILY_AVR,
	FAMILY_ARM,
	FAMILY_XTENSA,
	FAMILY_RISCV,
	FAMILY_HOST
};

struct macro_profile {
	enum macro_family family;
	bool know_flags; /* the -D are known, so other names are not from there */
	bool know_mcu; /* of AVR */
};

/* Writes what is defined as #define lines; a value that is not known is '?'. `arch` and `argv` may be NULL. */
void macro_prologue(
	const char *arch, const struct strv *argv, struct macro_profile *p, struct buf *out);
/* What a name is that neither the prologue nor any text read so far defined. */
enum macro_state macro_guess(const struct macro_profile *p, const char *name, size_t len);

#endif
