/* fault: tells a machine's fault from a failure that what was built has earned. Drivers hide the signal that ended the compiler proper, and
 * a full disk is one message among others, so a table of what tools say decides; they run with LC_ALL=C. A sketch can make a compiler
 * say much, so where it also says what is wrong with the source, that counts.
 */
#ifndef SKETCH_FAULT_H
#define SKETCH_FAULT_H

#include <stdbool.h>

struct proc_result;
struct strv;

/* Why a command's failure says nothing of what it was given: a signal, a full disk, no memory, a broken toolchain. NULL when it does, did
 * not fail, or took too long; new string, with the tool's name. `oom`: the kernel killed something of ours for want of memory meanwhile. */
char *fault_of(const struct strv *argv, const struct proc_result *r, bool oom);
/* How many processes of our control group were killed for want of memory so far; -1 when the kernel does not tell. `root` stands before
 * /proc and /sys: "" but in tests. */
long fault_oom_kills(const char *root);

#endif
