/* fuzz_include_scan: a source text's directives, and the value of every condition and computed include in it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sketch/include_expr.h"
#include "sketch/include_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct macro_table names;
	struct scan scan;
};

/* A macro is its last definition in the text; without one it is unknown. */
static enum macro_state look(
	void *ctx, const char *name, size_t len, const char **body, const char **params)
{
	struct world *w = ctx;
	struct macro *m = macro_named(&w->names, name, len, false);
	const struct scan_item *i = m ? macro_value(m)->item : NULL;
	if (!i)
		return len % 2 ? MACRO_MAYBE : MACRO_UNDEFINED;
	*body = scan_string(&w->scan, i->text);
	*params = i->function ? scan_string(&w->scan, i->params) : NULL;
	return MACRO_DEFINED;
}

static enum truth has(void *ctx, const char *name, bool quoted, bool next)
{
	(void)ctx;
	return quoted || next ? TRUTH_MAYBE : strlen(name) % 2 ? TRUTH_YES : TRUTH_NO;
}

static void check_item(struct world *w, size_t at)
{
	const struct expr_asks asks = {.macro = look, .has_include = has, .ctx = w};
	const struct scan_item *i = &w->scan.v[at];
	bool conditional = i->op >= SCAN_IF && i->op <= SCAN_ELSE;
	assert(i->text < w->scan.pool.len && i->params < w->scan.pool.len);
	assert(!conditional || i->skip == 0 || (i->skip > at && i->skip <= w->scan.n));
	if (i->op == SCAN_IF || i->op == SCAN_ELIF)
		expr_truth(scan_string(&w->scan, i->text), &asks);
	if (i->op == SCAN_INCLUDE && i->form == SCAN_COMPUTED)
		free(expr_header(scan_string(&w->scan, i->text), &asks));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {0};
	scan_text(&w.scan, &w.names, (const char *)data, size);
	for (size_t i = 0; i < w.scan.n; i++) {
		if (w.scan.v[i].op == SCAN_DEFINE)
			macro_value(w.scan.v[i].macro)->item = &w.scan.v[i];
	}
	for (size_t i = 0; i < w.scan.n; i++)
		check_item(&w, i);
	scan_release(&w.scan);
	macro_table_release(&w.names);
	return 0;
}
