/* props: Arduino property files (boards.txt, platform.txt, programmers.txt, library.properties):
 * "key=value" lines, '#' comments, a ".linux" suffix that is taken out of the key.
 *
 * Source: the platform specification's and arduino-cli's properties rules. Order of keys is kept.
 */
#ifndef SKETCH_PROPS_H
#define SKETCH_PROPS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct strv;
struct props;

struct props *props_new(void);
struct props *props_clone(const struct props *p);
void props_free(struct props *p);

/* Adds the file's lines; a later key wins. Errors name file and line ("boards.txt:12: no '=' in …").
 * Values keep inner spaces; keys and values are trimmed. Refuses files over 8 MiB and NUL bytes. */
int props_load(struct props *p, const char *path, struct error *err);
/* The same for text; `name` stands in for the path in errors. */
int props_parse(struct props *p, const char *text, size_t len, const char *name, struct error *err);

/* Borrowed until that key changes; NULL when absent. */
const char *props_get(const struct props *p, const char *key);
/* Like props_get with "" for absent. */
const char *props_str(const struct props *p, const char *key);
void props_set(struct props *p, const char *key, const char *value);
/* The value is text as it is, a path: what looks like a {key} in it is never expanded. */
void props_set_text(struct props *p, const char *key, const char *value);
void props_setf(struct props *p, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void props_del(struct props *p, const char *key);
/* Copies every pair of `from` into `p`. */
void props_merge(struct props *p, const struct props *from);
/* New: the pairs whose key begins with `prefix` + ".", that part taken off. */
struct props *props_subtree(const struct props *p, const char *prefix);
/* Calls for each pair in order; a key that was set again stands at its last place. `p` must not change meanwhile. */
void props_each(const struct props *p, void (*fn)(void *ctx, const char *key, const char *value),
	void *ctx);
/* The distinct first components of all keys, in order: "uno", "mega", … */
void props_first_level(const struct props *p, struct strv *out);

/* Replaces {key} by its value, up to 10 passes. `over` (may be NULL) is looked in before `p`.
 * What cannot be resolved stays literal; `drop_unresolved` deletes it instead. New string. */
char *props_expand(
	const struct props *p, const struct props *over, const char *text, bool drop_unresolved);

/* Splits an expanded recipe into arguments by the specification's rules, which are not a shell's: split on
 * spaces; a quote (" or ') is special only at a token's start and must close at its end; inside a token it is
 * literal; an empty "" is dropped. An unclosed quote is an error that shows the text. */
int recipe_split(const char *text, struct strv *argv, struct error *err);

#endif
