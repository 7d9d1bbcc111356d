/* file_scan: what in a C or C++ text makes its meaning depend on more than its bytes. */
#ifndef SKETCH_FILE_SCAN_H
#define SKETCH_FILE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include "common/strv.h"

/* FILE_MENTIONS_… of the text, comments and strings left out. Too much rather than too little. */
unsigned file_scan_flags(const char *text, size_t len);

/* The header names that a text asks for in a way that other files can change. */
struct header_names {
	struct strv quoted; /* #include "name" and the like: looked for beside the file first */
	struct strv tested; /* of __has_include, with the mark before the name: '<' or '"' */
	bool computed_include; /* #include MACRO, or a text that we cannot read for sure */
	bool computed_test; /* __has_include(MACRO), __has_include_next, or such a text */
};
void file_scan_names(const char *text, size_t len, struct header_names *out);
void header_names_release(struct header_names *n);

#endif
