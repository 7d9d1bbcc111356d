/* config: boardman.conf, the user's own file: defaults for options, limits, machines. Never read from a repository: it can name
 * machines and commands.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stddef.h>

struct error;
struct options;

#define CONFIG_LOCAL "local" /* the machine's reserved name */

struct config_machine {
	char *name;
	char *target; /* user@host; NULL: as the name */
	char *command; /* instead of SSH; NULL */
	char *boardman_path; /* of one that is there; NULL: it is sent */
	long max_sketches; /* -1 not said; 0 on "local": never build here */
};

struct config {
	char *path; /* NULL: there is none */
	struct config_machine *machines; /* as listed, then those that only have a section */
	size_t n_machines, cap_machines;
	double max_load; /* x threads */
	unsigned long long min_disk, min_memory, cache_max; /* bytes */
};

void config_init(struct config *c);
void config_release(struct config *c);

/* Where it is: `given` (--config), else $BOARDMAN_CONFIG, else $XDG_CONFIG_HOME/boardman/boardman.conf. New string; NULL without a home. */
char *config_path(const char *given);
/* Reads it; [defaults] go to `o`. Without `given` an absent file is no error; /dev/null is an empty one. Errors are "FILE:LINE: …". */
int config_load(struct config *c, const char *given, struct options *o, struct error *err);
/* The same for text; `name` stands for the file. */
int config_parse(struct config *c, const char *text, size_t len, const char *name,
	struct options *o, struct error *err);
/* The machine of that name, or NULL. */
const struct config_machine *config_machine(const struct config *c, const char *name);

#endif
