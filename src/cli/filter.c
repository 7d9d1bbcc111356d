/* filter: see filter.h. A small expression tree; a condition's answer may be "unknown", which stays so unless
 * the rest decides alone.
 */
#include "cli/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define MAX_TEXT 4096
#define MAX_DEPTH 16

enum node_kind { NODE_IS, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	enum node_kind kind;
	struct node *a, *b; /* operands; NODE_NOT has a */
	enum filter_key key;
	char *value; /* NODE_IS */
	bool exact; /* "memory is not large" means that tier alone */
};

struct filter {
	struct node *root;
	char *text;
	bool many;
};

static void node_free(struct node *n)
{
	if (!n)
		return;
	node_free(n->a);
	node_free(n->b);
	free(n->value);
	free(n);
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	node_free(f->root);
	free(f->text);
	free(f);
}

const char *filter_text(const struct filter *f)
{
	return f->text;
}

bool filter_is_first_of_many(const struct filter *f)
{
	return f->many;
}

static struct node *new_node(enum node_kind kind, struct node *a, struct node *b)
{
	struct node *n = xcalloc(1, sizeof *n);
	n->kind = kind;
	n->a = a;
	n->b = b;
	return n;
}

static struct node *negated(struct node *n)
{
	if (n->kind == NODE_IS)
		n->exact = true;
	return new_node(NODE_NOT, n, NULL);
}

static bool find_key(const char *word, enum filter_key *key)
{
	static const char *const names[][2] = {
		[FILTER_MEMORY] = {"memory", "mem"},
		[FILTER_PLATFORM] = {"platform", "plat"},
		[FILTER_TARGET] = {"target", "tgt"},
		[FILTER_BOARD] = {"board", "brd"},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcasecmp(word, names[i][0]) || !strcasecmp(word, names[i][1])) {
			*key = (enum filter_key)i;
			return true;
		}
	}
	return false;
}

/* ---- tokens: parentheses, '=', ':', words, quoted words ---- */

struct parser {
	const char *p;
	struct buf word; /* the current token; empty at the end */
	bool quoted;
	int depth;
	struct error *err;
};

static void next(struct parser *s)
{
	buf_clear(&s->word);
	s->quoted = false;
	s->p += strspn(s->p, " \t\r");
	char c = *s->p;
	if (!c)
		return;
	if ((c == '"' || c == '\'') && strchr(s->p + 1, c)) {
		const char *end = strchr(s->p + 1, c);
		buf_add(&s->word, s->p + 1, (size_t)(end - s->p - 1));
		s->p = end + 1;
		s->quoted = true;
		return;
	}
	size_t len = strchr("()=:", c) ? 1 : strcspn(s->p, " \t\r()=:");
	buf_add(&s->word, s->p, len);
	s->p += len;
}

static bool at(const struct parser *s, const char *word)
{
	return !s->quoted && !strcasecmp(buf_str(&s->word), word);
}

static bool accept(struct parser *s, const char *word)
{
	if (!at(s, word))
		return false;
	next(s);
	return true;
}

static struct node *complain(struct parser *s, const char *what)
{
	error_set(s->err, "%s at '%s%s'", what, buf_str(&s->word), s->p);
	return NULL;
}

/* ---- grammar ---- */

static struct node *parse_value(struct parser *s, enum filter_key key)
{
	if (!s->word.len || (!s->quoted && strchr("()=:", *buf_str(&s->word))))
		return complain(s, "a value is missing");
	struct node *n = new_node(NODE_IS, NULL, NULL);
	n->key = key;
	n->value = xstrdup(buf_str(&s->word));
	next(s);
	return n;
}

/* KEY is [not] VALUE [or VALUE…] */
static struct node *parse_condition(struct parser *s)
{
	enum filter_key key;
	if (!find_key(buf_str(&s->word), &key))
		return complain(s, "unknown key");
	next(s);
	bool is = accept(s, "is") || accept(s, "=") || accept(s, ":") || accept(s, "matches");
	if (!is)
		return complain(s, "'is' is missing");
	accept(s, "=");
	bool no = accept(s, "not");
	struct node *n = parse_value(s, key);
	while (n && accept(s, "or")) {
		struct node *other = parse_value(s, key);
		if (!other) {
			node_free(n);
			return NULL;
		}
		n = new_node(NODE_OR, n, other);
	}
	return n && no ? negated(n) : n;
}

static struct node *parse_expression(struct parser *s);

static struct node *parse_operand(struct parser *s)
{
	struct node *n;
	if (++s->depth > MAX_DEPTH)
		return complain(s, "too deep");
	if (accept(s, "not")) {
		n = parse_operand(s);
		s->depth--;
		return n ? negated(n) : NULL;
	}
	if (!accept(s, "("))
		return complain(s, "'(' is missing");
	n = at(s, "(") || at(s, "not") ? parse_expression(s) : parse_condition(s);
	if (n && !accept(s, ")")) {
		node_free(n);
		n = complain(s, "')' is missing");
	}
	s->depth--;
	return n;
}

/* and and or side by side could be read in two ways: then it is not read at all. */
static struct node *parse_expression(struct parser *s)
{
	struct node *n = parse_operand(s);
	enum node_kind kind = NODE_IS;
	while (n && (at(s, "and") || at(s, "or"))) {
		enum node_kind this = at(s, "and") ? NODE_AND : NODE_OR;
		if (kind != NODE_IS && kind != this) {
			node_free(n);
			return complain(s, "'and' beside 'or' without parentheses");
		}
		kind = this;
		next(s);
		struct node *other = parse_operand(s);
		if (!other) {
			node_free(n);
			return NULL;
		}
		n = new_node(kind, n, other);
	}
	return n;
}

static struct node *parse_line(const char *text, struct error *err)
{
	struct parser s = {.p = text, .err = err};
	next(&s);
	struct node *n = parse_expression(&s);
	if (n && s.word.len) {
		complain(&s, "more text");
		node_free(n);
		n = NULL;
	}
	buf_release(&s.word);
	return n;
}

/* ---- the block form ---- */

static struct node *both(struct node *a, struct node *b, enum node_kind kind)
{
	return a ? new_node(kind, a, b) : b;
}

/* "- board: uno,mega": one of them. A required memory tier is a minimum, an excluded one is that tier alone. */
static struct node *parse_item(const char *line, bool exclude, struct error *err)
{
	enum filter_key key;
	const char *colon = strchr(line, ':');
	struct strv word = STRV_INIT, values = STRV_INIT;
	struct node *n = NULL;
	strv_split(&word, line, "-: \t");
	if (colon)
		strv_split(&values, colon + 1, "|, \t\r");
	if (!word.n || !values.n || !find_key(word.v[0], &key)) {
		error_set(err, "cannot read '%s'", line);
	} else {
		for (size_t i = 0; i < values.n; i++) {
			struct node *is = new_node(NODE_IS, NULL, NULL);
			is->key = key;
			is->value = xstrdup(values.v[i]);
			is->exact = exclude;
			n = both(n, is, NODE_OR);
		}
		if (exclude)
			n = new_node(NODE_NOT, n, NULL);
	}
	strv_release(&word);
	strv_release(&values);
	return n;
}

static bool begins_section(const char *line, const char *name)
{
	line += strspn(line, "- \t");
	size_t len = strlen(name);
	return !strncmp(line, name, len) && line[len] == ':' &&
	       !line[len + 1 + strspn(line + len + 1, " \t\r")];
}

/* Lines are without their comment marks. */
static struct node *parse_block(const struct strv *lines, struct error *err)
{
	struct node *all = NULL;
	bool exclude = false, began = false;
	for (size_t i = 0; i < lines->n; i++) {
		const char *line = lines->v[i];
		if (begins_section(line, "require") || begins_section(line, "exclude")) {
			exclude = begins_section(line, "exclude");
			began = true;
			continue;
		}
		struct node *n = began ? parse_item(line, exclude, err) : NULL;
		if (!n) {
			if (!began)
				error_set(err, "'%s' stands before 'require:' or 'exclude:'", line);
			node_free(all);
			return NULL;
		}
		all = both(all, n, NODE_AND);
	}
	if (!all)
		error_set(err, "it is empty");
	return all;
}

/* ---- finding it ---- */

/* The text behind // and white space; NULL for a line that is no such comment. */
static char *comment_of(const char *line, size_t len)
{
	size_t i = 0;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	if (len - i < 2 || line[i] != '/' || line[i + 1] != '/')
		return NULL;
	while (i < len && line[i] == '/')
		i++;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	while (len > i && strchr(" \t\r", line[len - 1]))
		len--;
	return xstrndup(line + i, len - i);
}

/* What stands behind the word @filter; NULL when it is not that word. */
static char *after_mark(char *comment)
{
	static const char mark[] = "@filter";
	size_t n = sizeof mark - 1;
	if (strncmp(comment, mark, n) != 0 || isalnum((unsigned char)comment[n]) ||
		comment[n] == '-' || comment[n] == '_')
		return NULL;
	char *rest = comment + n;
	rest += strspn(rest, " \t");
	rest += *rest == ':';
	return rest + strspn(rest, " \t");
}

struct lines {
	const char *p, *end;
};

static char *next_comment(struct lines *l, bool *is_comment)
{
	const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
	char *c = comment_of(l->p, (size_t)((nl ? nl : l->end) - l->p));
	l->p = nl ? nl + 1 : l->end;
	*is_comment = c != NULL;
	return c;
}

/* Collects a block's lines up to @end-filter. */
static int collect(struct lines *l, struct strv *out, struct error *err)
{
	bool is_comment = true;
	while (l->p < l->end && is_comment) {
		char *c = next_comment(l, &is_comment);
		bool ends = c && !strncmp(c, "@end-filter", 11);
		if (c && *c && !ends)
			strv_push(out, c);
		free(c);
		if (ends)
			return 0;
	}
	return error_set(err, "there is no @end-filter");
}

static void set_text(struct filter *f, const char *line, const struct strv *block)
{
	struct buf b = BUF_INIT;
	buf_addstr(&b, line);
	for (size_t i = 0; i < block->n; i++)
		buf_addf(&b, "%s%s", b.len ? " " : "", block->v[i]);
	f->text = buf_detach(&b);
}

static int read_filter(struct filter *f, char *rest, struct lines *l, struct error *err)
{
	struct strv block = STRV_INIT;
	char *remark = strstr(rest, "//");
	int ret = 0;
	if (remark)
		*remark = '\0';
	if (strlen(rest) > MAX_TEXT)
		ret = error_set(err, "it is too long");
	else if (!*rest)
		ret = collect(l, &block, err);
	if (ret == 0)
		f->root = *rest ? parse_line(rest, err) : parse_block(&block, err);
	if (f->root)
		set_text(f, rest, &block);
	strv_release(&block);
	return f->root ? 0 : -1;
}

int filter_parse(const char *text, size_t len, struct filter **out, struct error *err)
{
	struct lines l = {text, text + len};
	struct filter *f = NULL;
	bool is_comment;
	int ret = 0;
	*out = NULL;
	if (!memmem(text, len, "@filter", 7))
		return 0;
	while (ret == 0 && l.p < l.end) {
		char *c = next_comment(&l, &is_comment);
		char *rest = c ? after_mark(c) : NULL;
		if (rest && f) {
			f->many = true;
		} else if (rest) {
			f = xcalloc(1, sizeof *f);
			ret = read_filter(f, rest, &l, err);
		}
		free(c);
	}
	if (ret < 0) {
		filter_free(f);
		return error_prefix(err, "cannot read its @filter");
	}
	*out = f;
	return 0;
}

/* ---- asking ---- */

/* 1, 0, or -1 for unknown. */
static int ask(const struct node *n, const struct filter_board *b, struct error *err)
{
	int x, y;
	switch (n->kind) {
	case NODE_IS:
		x = filter_board_is(b, n->key, n->value, !n->exact);
		if (x < 0)
			error_set(err, "whether it is '%s' is not known of this board", n->value);
		return x;
	case NODE_NOT: x = ask(n->a, b, err); return x < 0 ? x : !x;
	case NODE_AND:
	case NODE_OR: break;
	}
	int decides = n->kind == NODE_OR;
	x = ask(n->a, b, err);
	y = ask(n->b, b, err);
	if (x == decides || y == decides)
		return decides;
	return x < 0 || y < 0 ? -1 : !decides;
}

enum filter_answer filter_ask(
	const struct filter *f, const struct filter_board *b, struct error *err)
{
	int x = ask(f->root, b, err);
	return x < 0 ? FILTER_UNKNOWN : x ? FILTER_BUILD : FILTER_SKIP;
}
