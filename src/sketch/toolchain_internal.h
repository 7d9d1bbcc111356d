/* toolchain_internal: what the toolchain's files share. */
#ifndef SKETCH_TOOLCHAIN_INTERNAL_H
#define SKETCH_TOOLCHAIN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include "common/buf.h"
#include "sketch/toolchain.h"

struct error;
struct file_index;

/* What was found out about one tool in one role with its flags, or (role VERSION) its version. */
struct tool_facts {
	struct digest key;
	struct strv files; /* read by such a run; the tool itself first */
	struct strv dirs; /* whose listings decided which files */
	struct digest *listings; /* of dirs */
	bool *listed; /* false: was not there */
	struct strv names, resolved; /* looked up in PATH; "" when not found */
	struct strv system_dirs;
	char *version;
	struct digest tool; /* content of the tool when it was asked */
	/* Of this run. */
	struct digest digest;
	unsigned long epoch; /* of the file index when `digest` was made; 0 never */
	struct tool_facts *next;
};

void tool_facts_free(struct tool_facts *f);
/* Adds unless it is there; takes `path`. */
void tool_facts_add_file(struct tool_facts *f, char *path);
void tool_facts_watch(struct tool_facts *f, struct file_index *ix, const char *dir);

/* ---- toolchain_probe.c ---- */

/* Asks the tool. -1 when it is not there. */
int toolchain_probe(struct tool_facts *f, struct file_index *ix, const char *tool,
	const struct strv *argv, enum tool_role role, struct error *err);
void toolchain_probe_version(struct tool_facts *f, struct file_index *ix, const char *tool);
/* The arguments that make a compiler choose other files. */
void toolchain_flags(const struct strv *argv, struct strv *out);

/* ---- toolchain_memo.c ---- */

/* Reads the file's text; empty when there is none. */
void toolchain_memo_load(const char *path, struct buf *text);
/* Fills `f` from the entry of its key. */
bool toolchain_memo_find(const struct buf *text, struct tool_facts *f);
/* Writes the list, merged with what others wrote. */
int toolchain_memo_save(
	const char *dir, const char *path, const struct tool_facts *list, struct error *err);

/* ---- toolchain_ask.c ---- */

/* Runs a program and waits. stdout and stderr are added to `out` and `messages` (each may be NULL). Its exit status, or -1
 * when it cannot be run, takes too long or says too much. */
int toolchain_ask(const struct strv *argv, struct buf *out, struct buf *messages);

#endif
