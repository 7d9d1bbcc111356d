/* fault: tells a machine's fault from a failure that what was built has earned. Drivers hide the signal that ended the compiler proper, and
 * a full disk is one message among others, so a table of what tools say decides; they run with LC_ALL=C. A sketch can make a compiler
 * say much, so where it also says what is wrong with the source, that counts.
 */
#ifndef SKETCH_FAULT_H
#define SKETCH_FAULT_H

#include <stdbool.h>

/* What a machine lacks that could not build; OTHER: something else. */
enum fault_kind { FAULT_KIND_OTHER, FAULT_KIND_MEMORY, FAULT_KIND_DISK };

struct proc_result;
struct strv;

/* Why a command's failure says nothing of what it was given: a signal, a full disk, no memory, a broken toolchain. NULL when it does, did
 * not fail, or took too long; new string, with the tool's name. `oom`: the kernel killed something of ours for want of memory meanwhile. */
char *fault_of(const struct strv *argv, const struct proc_result *r, bool oom);
/* By the reason of an end that was the machine's fault: what fault_of gives, or an error of ours that ends with errno's text. */
enum fault_kind fault_kind(const char *reason);
/* How many processes of our control group were killed for want of memory so far; -1 when the kernel does not tell. `root` stands before
 * /proc and /sys: "" but in tests. */
long fault_oom_kills(const char *root);

#endif
