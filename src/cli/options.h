/* options: one table of all options: a row drives the parser, --help, the keys of [defaults] in the configuration, and
 * the check of the man page.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct error;

/* Which verbs know an option. */
enum {
	VERB_COMPILE = 1,
	VERB_BOARDS = 2,
	VERB_SKETCHES = 4,
	VERB_WHY = 8,
	VERB_CACHE = 16,
	VERB_VERSION = 32,
	VERB_HELP = 64,
	VERB_WORKER = 128,
	VERB_MACHINES = 256,
	VERB_ALL = 511,
};

enum option_section { SECTION_WHAT, SECTION_WHERE, SECTION_HOW, SECTION_OUTPUT, SECTION_COUNT };

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_TEXT, /* char *; the last one counts */
	OPTION_LIST, /* struct strv; repeatable */
	OPTION_NUMBER, /* long, from `least` on */
	OPTION_SECONDS, /* double, not negative */
	OPTION_CHOICE, /* int: index into `choices` */
};

struct option_row {
	const char *name; /* long, without dashes */
	const char *alias; /* another long name, or NULL */
	const char *letters; /* short ones, "" none; the first is shown */
	const char *arg; /* name of the argument; NULL: a flag */
	const char *help; /* lines split by '\n' */
	enum option_kind kind;
	enum option_section section;
	unsigned verbs;
	bool join; /* --help: on the line of the row before */
	bool no_config; /* makes no sense as a default */
	size_t offset; /* in struct options */
	const char *choices; /* "a|b|c" */
	long least;
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	/* what */
	struct strv boards, exclude, library, libraries, platforms, build_property;
	bool no_filter, dry_run;
	char *directory; /* -C */
	/* where */
	char *config;
	bool dist, no_local, allow_mixed, no_send_worker, debug;
	struct strv use_machines;
	double wait;
	char *reference, *machines_boardman_path;
	/* how */
	long jobs, framework_jobs, sketch_jobs; /* 0: not given */
	bool clean, rebuild_failed, mrproper, fallback_mrproper;
	bool no_lto, reproducible, werror;
	int warnings; /* enum warnings */
	bool check, config_only;
	double timeout;
	long max_failures; /* 0: no limit */
	/* output */
	char *output_dir;
	bool keep, no_firmware, quiet, verbose;
	int color; /* enum color_when */
	bool json, json_lines;
	/* cache */
	char *max_size, *older_than;
	/* worker */
	char *bundle;
	bool kill, kill_workers, prune, force, forgive, no_view;
	/* all */
	bool help;
};

void options_init(struct options *o);
void options_release(struct options *o);

/* All rows, and how many. */
const struct option_row *options_table(size_t *n);
/* The row with that long name (or alias) that one of the verbs has; NULL. */
const struct option_row *options_find(const char *name, size_t len, unsigned verbs);

/* One option as it was given. */
struct given_option {
	const struct option_row *row;
	const char *value; /* borrowed from argv; NULL for flags */
};
struct given {
	struct given_option *v;
	size_t n, cap;
	struct strv args; /* what is no option */
};
/* Reads argv[1…] of a verb as GNU programs do: --name=value, --name value, -xvalue, bundled flags, "--", options after arguments. Unknown
 * ones are errors that give the nearest. */
int options_parse(struct given *g, char *const *argv, unsigned verb, struct error *err);
void given_release(struct given *g);
bool given_has(const struct given *g, const char *name);
/* The last value given for the option, or NULL. */
const char *given_value(const struct given *g, const char *name);

/* Sets one option from text. Lists grow. */
int option_set(
	struct options *o, const struct option_row *row, const char *value, struct error *err);
/* The same for a configuration's yes/no, which flags need. */
int option_set_default(
	struct options *o, const struct option_row *row, const char *value, struct error *err);
/* Sets what was given on the command line: a list given there replaces the configured one. */
int options_apply(struct options *o, const struct given *g, struct error *err);

/* Prints the option sections of a verb's --help. */
struct buf;
void options_help(struct buf *out, unsigned verb);

/* "10G" to bytes; K, M, G, T are powers of 1024. -1 and err. */
int parse_size(const char *text, unsigned long long *out, struct error *err);
/* "30d", "12h", "5m", "10s" to seconds; a bare number could mean any. */
int parse_age(const char *text, unsigned long long *out, struct error *err);

#endif
