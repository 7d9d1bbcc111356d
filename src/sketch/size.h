/* size: how big a firmware is, by the platform's own regular expressions over what `size -A` would print. Where recipe.size is such a
 * call the table is made in-process from the ELF file (libelf); else the recipe is run. recipe.advanced_size answers JSON and
 * decides for itself.
 */
#ifndef SKETCH_SIZE_H
#define SKETCH_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct buf;
struct error;
struct size_rules;
struct strv;

struct size_report {
	int64_t flash, flash_max, ram, ram_max; /* bytes; -1 unknown */
	char *too_big; /* why it does not fit; NULL when it does */
	char *warning; /* one line; NULL none */
};

/* Compiles the board's expressions; where one is broken no size will be known, as in the reference. NULL and err when a maximum is
 * no number. A maximum of 0 is none. */
struct size_rules *size_rules_new(const struct board *b, struct error *err);
void size_rules_free(struct size_rules *r);

/* The recipe to run for the text that size_apply wants; NULL when size_table makes it without a process, or when the board
 * has no sizes at all. */
const char *size_recipe(const struct size_rules *r);
bool size_is_advanced(const struct size_rules *r);
/* What `size -A FILE` prints, as far as the expressions can see: "name size address" lines. */
int size_table(const char *elf, struct buf *out, struct error *err);
/* Reads the sizes out of such a text (or out of advanced_size's JSON) and judges them. */
int size_apply(const struct size_rules *r, const char *text, size_t len, struct size_report *out,
	struct error *err);
/* No size is known, for the reason `why`: a warning where the board has a maximum, else nobody's concern. */
void size_unknown(const struct size_rules *r, const char *why, struct size_report *out);
/* Judges sizes that are known already. */
void size_judge(const struct size_rules *r, struct size_report *s);
void size_report_release(struct size_report *s);

/* Rows "section\tsize\tname\n" of all that has a size in an ELF file, typed or not, by name. */
int size_symbols(const char *elf, struct buf *out, struct error *err);

#endif
