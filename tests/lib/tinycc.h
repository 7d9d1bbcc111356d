/* tinycc: the tiny platform's tool chain, one program under several names. It reads real include graphs and writes real
 * dependency files, but its objects are text: what went in, and how large it claims to be. Comments in the source tell it
 * to fail, hang, die and so on (tinycc_acts.c). It is no compiler: nothing it makes can run.
 */
#ifndef TESTS_LIB_TINYCC_H
#define TESTS_LIB_TINYCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_ITEMS = 4096, MAX_DEPTH = 200 };

/* A list of borrowed or leaked strings: the program lives for milliseconds and frees nothing. */
struct list {
	const char *v[MAX_ITEMS];
	size_t n;
};

enum mode { MODE_LINK, MODE_COMPILE, MODE_PREPROCESS, MODE_DEPS };

/* The command line of a compiler's run. */
struct options {
	enum mode mode;
	const char *tool; /* argv[0]'s last part */
	const char *output; /* NULL: by the source's name, or stdout */
	struct list inputs;
	struct list quote_dirs, dirs, system_dirs;
	struct list forced; /* -include */
	struct list defines; /* -D as given; -U with a '-' in front */
	bool keep_comments; /* -C, -CC */
	bool no_warnings, warnings_are_errors;

	bool write_deps; /* -MD, -MMD */
	bool deps_without_system; /* -MMD, -MM */
	bool missing_is_generated; /* -MG */
	bool phony; /* -MP */
	bool quote_target; /* -MQ, not -MT */
	const char *deps_file, *deps_target;

	uint64_t flags; /* hash of every flag that may change an object */
};

/* What reading a source has given. */
struct unit {
	const struct options *opt;
	FILE *text; /* -E output */
	struct list deps;
	uint64_t hash; /* of the code without comments */
	FILE *notes; /* lines for the object: link directives, symbols */
	long text_bytes, data_bytes, bss_bytes;
	int errors, warnings;
};

/* A place in a source, as messages show it. */
struct place {
	const char *file;
	int line, column;
};

/* tinycc.c */
void push(struct list *l, const char *s);
bool has(const struct list *l, const char *s);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Whole file, NUL-terminated; NULL when it can't be read. */
char *slurp(const char *path, size_t *len);
const char *last_part(const char *path);
uint64_t hash_bytes(uint64_t h, const void *p, size_t n);
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void log_start(const char *role, const char *what);

/* tinycc_cpp.c */
void preprocess(struct unit *u, const char *source);

/* tinycc_expr.c: `value` of a #if line; look(ctx, name) is a macro's text or NULL, found(ctx, name, quoted) answers __has_include. */
struct lookup {
	const char *(*macro)(void *ctx, const char *name);
	bool (*header)(void *ctx, const char *name, bool quoted);
	void *ctx;
};
long if_value(const char *text, const struct lookup *look);

/* tinycc_acts.c: obeys the text behind "tiny:". `when` is what runs now: directives for another time are kept or left out. */
void obey(struct unit *u, const char *text, enum mode when, struct place at);

/* tinycc_bin.c */
void write_object(const struct unit *u, const char *path, const char *source);
int link_objects(const struct options *opt);
int run_ar(int argc, char **argv);
int run_objcopy(int argc, char **argv);
int run_size(int argc, char **argv);

#endif
