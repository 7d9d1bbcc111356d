/* platform: the Arduino platforms installed on this machine, found once.
 *
 * First found wins per vendor:arch: --platforms directories in order, the user directory's hardware, the
 * data directory's packages, /usr/share/arduino/hardware. Tools come from packages/<vendor>/tools; of several
 * versions the one that installed.json's (or the package index's) toolsDependencies name, else the newest.
 */
#ifndef SKETCH_PLATFORM_H
#define SKETCH_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

struct error;
struct props;

/* Where to look. Absolute paths; NULL members are left out. */
struct arduino_dirs {
	struct strv platform_dirs; /* --platforms */
	char *user_dir; /* sketchbook: hardware/, libraries/ */
	char *data_dir; /* packages/, libraries/ (built-in ones) */
	char *system_hardware; /* /usr/share/arduino/hardware */
};

/* Fills user_dir, data_dir (ARDUINO_DIRECTORIES_USER/_DATA, else directories.* of arduino-cli.yaml, else ~/Arduino,
 * ~/.arduino15) and system_hardware ($BOARDMAN_SYSTEM_HARDWARE for tests). platform_dirs is left alone. */
int arduino_dirs_find(struct arduino_dirs *d, struct error *err);
void arduino_dirs_release(struct arduino_dirs *d);
/* Whether a platform's directory is the user's own work: in a --platforms directory or the sketchbook, not where platforms are installed. */
bool arduino_dirs_own(const struct arduino_dirs *d, const char *platform);

struct platform {
	char *vendor, *arch, *dir;
	char *version, *name; /* from platform.txt; "" when absent */
	struct props *props; /* platform.txt, then platform.local.txt */
	struct props *boards; /* boards.txt, then boards.local.txt */
	struct props *tools; /* runtime.tools.* that this platform sees */
};

struct platforms;

/* Scans all places. A place that is not there is no error; a broken file is. Platform files are read when first needed. */
struct platforms *platforms_open(const struct arduino_dirs *dirs, struct error *err);
void platforms_free(struct platforms *ps);
/* NULL and err ("no platform 'a:b'; installed: …; cure: …") when not installed or unreadable. */
struct platform *platforms_find(
	struct platforms *ps, const char *vendor, const char *arch, struct error *err);
/* All winners, in order of discovery; files read. NULL at the end. Unreadable ones are left out with a warning. */
struct platform *platforms_at(struct platforms *ps, size_t i);
/* Whether any platform was found in this one of platform_dirs. */
bool platforms_has_place(const struct platforms *ps, const char *dir);
/* One line for the run's start: "arduino:avr 1.8.6 in ~/.arduino15 (avr-gcc 7.3.0); ignoring 1.8.7 in /usr/share/…". `compilers` are what
 * stands in the parentheses, see board_compiler_text. New string. */
char *platform_describe(
	const struct platforms *ps, const struct platform *p, const struct strv *compilers);

#endif
