/* toolchain: what a compiler is made of. One digest per role over every file that such a run may read beside sources and
 * headers: driver, cc1*, as, collect2, ld, lto*, plugins, specs, device specs, ldscripts, start files, target libraries.
 * System headers are not in it: they are in each compile's own dependencies.
 *
 * The list of files is asked of the driver once (-print-search-dirs, -print-prog-name, -v) and remembered by the driver's stat data and its
 * machine flags (-m…, --specs…); the files' digests come from the file index.
 */
#ifndef SKETCH_TOOLCHAIN_H
#define SKETCH_TOOLCHAIN_H

#include "common/digest.h"
#include "common/strv.h"

struct error;
struct file_index;
struct toolchains;

enum tool_role { TOOL_C, TOOL_CXX, TOOL_ASM, TOOL_LINK, TOOL_OTHER };

/* Memo lies in <cache_dir>/toolchains. */
struct toolchains *toolchains_open(const char *cache_dir, struct file_index *ix);
void toolchains_free(struct toolchains *tc);

/* Digest of the tool argv[0] in that role with argv's machine flags. A tool that answers no questions (not gcc-like) is its own file alone.
 * Runs processes (blocking, at most once per driver, flags and change of either). */
int toolchain_digest(struct toolchains *tc, const struct strv *argv, enum tool_role role,
	struct digest *out, struct error *err);
/* -dumpfullversion or -dumpversion, "" when it has none. Borrowed. */
const char *toolchain_version(struct toolchains *tc, const char *driver);
/* The directories searched for system headers by that driver with those flags, in order. Borrowed. */
const struct strv *toolchain_system_dirs(
	struct toolchains *tc, const struct strv *argv, enum tool_role role);

/* `name` as execvp would find it; NULL when it does not. */
char *toolchain_in_path(const char *name);

#endif
