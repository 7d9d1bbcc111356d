/* forgive: machines --forgive: lets machines out of quarantine. */
#ifndef CLI_FORGIVE_H
#define CLI_FORGIVE_H

#include "cli/exit.h"

struct error;
struct strv;

/* Where quarantine is kept; new string. NULL and err. */
char *forgive_dir(struct error *err);
/* Those that are named; none: all. Tells of each. */
enum exit_status forgive_run(const struct strv *names);

#endif
