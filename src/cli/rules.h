/* rules: which of the selected sketches are not built for which board, and why: architectures of library.properties, @filter, the
 * pins of sketch.yaml. And which board a sketch asks for itself.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "boss/matrix.h"

struct error;
struct plan_board;
struct rules;
struct selection;
struct setup;
struct strv;

/* Reads what the sketches say of themselves. `filter`: library.properties and @filter count. All borrowed until rules_free. */
struct rules *rules_open(
	struct setup *s, const struct selection *sel, bool filter, struct error *err);
void rules_free(struct rules *r);

/* With no board asked for: the one each sketch asks for in its sketch.yaml, each once, pushed to `out`; a sketch is built for its own only
 * then. -1 and err when a sketch asks for none. */
int rules_default_boards(struct rules *r, struct strv *out, struct error *err);
/* The sketch that asks for the i-th of these; borrowed. */
const char *rules_asker(const struct rules *r, size_t i);
/* Pushes the libraries that the sketch's profile gives as dir:. */
void rules_library_dirs(const struct rules *r, size_t sketch, struct strv *out);
/* The boards as the matrix numbers them; borrowed. place[i] is the number of the i-th that was asked for; those from n on nobody has. */
void rules_set_boards(
	struct rules *r, struct plan_board *const *boards, size_t n, const size_t *place);
/* A matrix_rule_fn; ctx is the rules. */
enum matrix_answer rules_ask(void *rules, size_t board, size_t sketch, char **why);
/* Whether that answer comes from library.properties or @filter, which need not count. */
bool rules_is_filter(const char *why);

#endif
