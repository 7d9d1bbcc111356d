/* ctags_parse: the rows that arduino-ctags prints, as tags. Rows it did not print are passed
 * over. */
#ifndef SKETCH_CTAGS_PARSE_H
#define SKETCH_CTAGS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

struct error;

enum tag_kind { TAG_OTHER, TAG_PROTOTYPE, TAG_FUNCTION };

struct tag {
	enum tag_kind kind;
	bool global; /* of no class, struct or namespace */
	bool skip; /* gets no prototype */
	int line; /* in `file` */
	char *name, *file;
	char *code; /* the whole line, as ctags saw it; "" when not known */
	char *prototype; /* "void f(int a);" */
	const char *modifiers; /* to go before the prototype; "" none; static storage */
};

struct tags {
	struct tag *v; /* in order of appearance */
	size_t n, cap;
};

int tags_parse(struct tags *tags, const char *text, size_t len, struct error *err);
void tags_release(struct tags *tags);

#endif
