/* log: what boardman tells on stderr about itself. One line a call, prefixed by its level
 * ("warning: ", "note: ", "debug: "). What others have said is made visible (common/visible). Results are not logged: they go through boss/report.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTE, LOG_LEVEL_DEBUG };

/* What is printed: everything up to `level` (LOG_LEVEL_NOTE at start). */
void log_set_level(enum log_level level);
/* Called before and after each line, so that a live status line can step aside. May be NULL. */
void log_set_hooks(void (*before)(void *), void (*after)(void *), void *ctx);
/* The directory that paths beneath it are shown from; borrowed, NULL none. */
void log_set_cwd(const char *cwd);
/* Prefix "boardman: ". */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Somebody else's line: without a prefix of ours. It is shown where notes are. */
void log_quote(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool log_enabled(enum log_level level);

#endif
