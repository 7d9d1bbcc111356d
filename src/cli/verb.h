/* verb: one thing that boardman does. One file each; main knows them by this table row alone. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli/config.h"
#include "cli/exit.h"
#include "cli/options.h"

/* What a verb is called with. */
struct invocation {
	struct options options; /* configuration and command line, the latter winning */
	struct config config;
	const struct strv *args; /* what is no option */
	char *cwd; /* absolute; after -C */
	char *const *argv; /* as the program was called */
	bool unsaid; /* output could not be written */
};

struct verb {
	const char *name;
	const char *alias; /* another name, or an option that stands for the verb; NULL none */
	const char *summary; /* for boardman --help */
	const char *also; /* shown behind it; NULL */
	const char *usage; /* arguments, for the usage line */
	const char *intro; /* lines below it */
	unsigned bit; /* which options it has */
	enum exit_status (*run)(struct invocation *in);
};

extern const struct verb verb_compile, verb_boards, verb_sketches, verb_why, verb_cache,
	verb_machines, verb_worker, verb_version, verb_help;

/* All, in the order of --help. */
const struct verb *const *verbs_table(size_t *n);
/* NULL when there is none; says so. */
const struct verb *verb_find(const char *name);
/* The verb that an option as the first word stands for (--mach); NULL none. */
const struct verb *verb_of_option(const char *option);

/* What `help` and --help print. */
struct buf;
void help_all(struct buf *out);
void help_verb(struct buf *out, const struct verb *v);

#endif
