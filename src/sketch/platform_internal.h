/* platform_internal: what the files behind platform.h share: the scan's results, versions,
 * tools. */
#ifndef SKETCH_PLATFORM_INTERNAL_H
#define SKETCH_PLATFORM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"
#include "common/strv.h"
#include "sketch/platform.h"

/* One platform directory that was found. */
struct found {
	struct platform platform; /* props NULL until read */
	char *folder_version; /* name of the version directory, NULL when there is none */
	char *place; /* the directory it was found under, as shown to the user */
	bool winner; /* of its vendor:arch */
	bool read;
	struct error error; /* text set: cannot be read */
};

/* packages/<vendor>/tools/<name>/<version> */
struct tool {
	char *vendor, *name, *version, *dir;
};

struct platforms {
	struct found *v;
	size_t n, cap;
	char *data_dir, *system_dir; /* NULL none */
	struct strv global_files; /* platform.txt beside the vendors' directories */
	struct props *global; /* read when first needed */

	struct strv tool_vendors, tool_dirs; /* in step; listed when first needed */
	struct tool *tools;
	size_t n_tools, cap_tools;
	bool tools_read;
};

/* Order of versions: negative, 0, positive. Semantic versions (1.2, 1.2.3-rc1) are above all
 * others, which go by their bytes. */
int version_compare(const char *a, const char *b);

/* runtime.tools.* as a build of platform `p` with the core of `core` sees them. New. */
struct props *tools_props(
	struct platforms *ps, const struct platform *p, const struct platform *core);
/* The tool that the file belongs to, or NULL. Only after tools_props was called. */
const struct tool *tools_owner(const struct platforms *ps, const char *file);
void tools_release(struct platforms *ps);

/* How many vendor:arch there are, readable or not. */
size_t platforms_count(const struct platforms *ps);
/* The i-th of them; its files are read only with `read`. NULL and err when they cannot be. */
struct platform *platforms_peek(struct platforms *ps, size_t i, bool read, struct error *err);
/* True unless it is certain, by a look at the bytes of boards.txt, that winner `i` has no board
 * `id`. */
bool platforms_may_have(const struct platforms *ps, size_t i, const char *id);
/* The user's own platform.txt over all platforms (packages/platform.txt, hardware/platform.txt).
 * NULL when unreadable. */
const struct props *platforms_global(struct platforms *ps, struct error *err);
/* "/usr/share/arduino", the IDE's directory, or "". Borrowed. */
const char *platforms_system_dir(const struct platforms *ps);

#endif
