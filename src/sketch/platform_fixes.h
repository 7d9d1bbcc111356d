/* platform_fixes: cures for known faults of packaged platforms, from the data file
 * platform-fixes.ini:
 *
 *   [arduino:avr 1.8.7]
 *   compiler = avr-gcc [456].*
 *   set.compiler.cpp.extra_flags = -DDECIMAL_DIG=__DECIMAL_DIG__
 *   why = WString.cpp uses DECIMAL_DIG
 *
 * Platform, version and compiler are patterns as in file names.
 */
#ifndef SKETCH_PLATFORM_FIXES_H
#define SKETCH_PLATFORM_FIXES_H

struct error;
struct platform;
struct props;
struct strv;

struct compiler_query {
	const char *compiler; /* path */
	const char *(*version)(void *ctx, const char *compiler); /* NULL: not known */
	void *ctx;
};

/* "avr-gcc" for /usr/bin/avr-g++: the family goes by its C compiler's name. New string. */
char *compiler_family(const char *compiler);

/* Where the data file is. New string. */
char *platform_fixes_path(void);

/* Adds to `props` what platform `p` needs with that compiler, but leaves alone what `user` sets;
 * a line per fix in `notes`. No data file: no fixes, and a note. The compiler's version is asked only when a
 * fix depends on it. Errors name the file. */
int platform_fixes_apply(struct props *props, const struct platform *p,
	const struct compiler_query *q, const struct props *user, struct strv *notes,
	struct error *err);

#endif
