/* include_expr: the value of a #if condition, as far as it can be known without the compiler. What is not known is "maybe"; the
 * operators carry it through (maybe && no is no). Never fails; a broken condition is "maybe".
 */
#ifndef SKETCH_INCLUDE_EXPR_H
#define SKETCH_INCLUDE_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include "sketch/include_scan.h"

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_MAYBE };

/* What a condition may ask for. */
struct expr_asks {
	/* What the name is. When defined: *body is its text ("?" when unknown), *params its parameters ("a,b") or NULL. */
	enum macro_state (*macro)(
		void *ctx, const char *name, size_t len, const char **body, const char **params);
	enum truth (*has_include)(void *ctx, const char *name, bool quoted, bool next);
	void *ctx;
};

enum truth expr_truth(const char *text, const struct expr_asks *asks);
/* The header that a computed include names after expansion, "<x.h>" or "\"x.h\""; NULL when that is not to be known. New string. */
char *expr_header(const char *text, const struct expr_asks *asks);

#endif
