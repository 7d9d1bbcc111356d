/* options: see options.h. It knows the rules of a command line and the table's kinds; what an option means
 * is known where it is used.
 */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "cli/nearest.h"
#include "common/error.h"
#include "common/xalloc.h"

void options_init(struct options *o)
{
	*o = (struct options){.timeout = 1800, .wait = 120};
}

void options_release(struct options *o)
{
	size_t n;
	const struct option_row *t = options_table(&n);
	for (size_t i = 0; i < n; i++) {
		char *at = (char *)o + t[i].offset;
		if (t[i].kind == OPTION_TEXT)
			free(*(char **)at);
		else if (t[i].kind == OPTION_LIST)
			strv_release((struct strv *)at);
	}
	options_init(o);
}

/* ---- finding ---- */

static bool is_name(const char *name, const char *text, size_t len)
{
	return name && strlen(name) == len && !strncmp(name, text, len);
}

const struct option_row *options_find(const char *name, size_t len, unsigned verbs)
{
	size_t n;
	const struct option_row *t = options_table(&n);
	for (size_t i = 0; i < n; i++)
		if ((t[i].verbs & verbs) &&
			(is_name(t[i].name, name, len) || is_name(t[i].alias, name, len)))
			return &t[i];
	return NULL;
}

static const struct option_row *find_letter(char c, unsigned verb)
{
	size_t n;
	const struct option_row *t = options_table(&n);
	for (size_t i = 0; i < n; i++)
		if ((t[i].verbs & verb) && strchr(t[i].letters, c))
			return &t[i];
	return NULL;
}

static int unknown(const char *name, size_t len, unsigned verb, struct error *err)
{
	const char *names[256];
	size_t n, found = 0;
	const struct option_row *t = options_table(&n);
	for (size_t i = 0; i < n && found + 2 <= ARRAY_LEN(names); i++) {
		if (!(t[i].verbs & verb))
			continue;
		names[found++] = t[i].name;
		names[found++] = t[i].alias;
	}
	char *word = xstrndup(name, len);
	const char *near = nearest(word, names, found);
	if (near)
		error_set(err, "unknown option '--%s'; cure: did you mean '--%s'?", word, near);
	else
		error_set(err, "unknown option '--%s'; cure: see --help", word);
	free(word);
	return -1;
}

/* ---- parsing ---- */

static void add(struct given *g, const struct option_row *row, const char *value)
{
	GROW(g->v, g->n, g->cap);
	g->v[g->n++] = (struct given_option){row, value};
}

/* How many elements of argv were used; -1 and err. */
static int parse_long(struct given *g, char *const *argv, unsigned verb, struct error *err)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *row = options_find(name, len, verb);
	if (!row)
		return unknown(name, len, verb, err);
	if (!row->arg && equals)
		return error_set(err, "option '--%s' takes no value", row->name);
	if (row->arg && !equals && !argv[1])
		return error_set(err, "option '--%s' needs a value; cure: --%s %s", row->name,
			row->name, row->arg);
	add(g, row, equals ? equals + 1 : row->arg ? argv[1] : NULL);
	return row->arg && !equals ? 2 : 1;
}

static int parse_short(struct given *g, char *const *argv, unsigned verb, struct error *err)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct option_row *row = find_letter(*p, verb);
		if (!row)
			return error_set(err, "unknown option '-%c'; cure: see --help", *p);
		if (row->arg && !p[1] && !argv[1])
			return error_set(
				err, "option '-%c' needs a value; cure: -%c %s", *p, *p, row->arg);
		if (row->arg) {
			add(g, row, p[1] ? p + 1 : argv[1]);
			return p[1] ? 1 : 2;
		}
		add(g, row, NULL);
	}
	return 1;
}

int options_parse(struct given *g, char *const *argv, unsigned verb, struct error *err)
{
	for (int used = 1; *argv; argv += used) {
		used = 1;
		if (!strcmp(*argv, "--")) {
			for (argv++; *argv; argv++)
				strv_push(&g->args, *argv);
			return 0;
		}
		if (!strncmp(*argv, "--", 2))
			used = parse_long(g, argv, verb, err);
		else if (**argv == '-' && (*argv)[1])
			used = parse_short(g, argv, verb, err);
		else
			strv_push(&g->args, *argv);
		if (used < 0)
			return -1;
	}
	return 0;
}

void given_release(struct given *g)
{
	free(g->v);
	strv_release(&g->args);
	*g = (struct given){0};
}

bool given_has(const struct given *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->v[i].row->name, name))
			return true;
	return false;
}

const char *given_value(const struct given *g, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->v[i].row->name, name))
			value = g->v[i].value;
	return value;
}

/* ---- setting ---- */

static int set_number(long *at, const struct option_row *row, const char *value, struct error *err)
{
	char *end;
	errno = 0;
	long n = strtol(value, &end, 10);
	if (!*value || *end || errno || n < row->least || n > INT_MAX)
		return error_set(err, "--%s '%s' is not a whole number from %ld on", row->name,
			value, row->least);
	*at = n;
	return 0;
}

static int set_seconds(
	double *at, const struct option_row *row, const char *value, struct error *err)
{
	char *end;
	double n = strtod(value, &end);
	/* The second comparison is false for what is no number. */
	if (!*value || *end || !(n >= 0 && n < 1e9))
		return error_set(err, "--%s '%s' is not a number of seconds", row->name, value);
	*at = n;
	return 0;
}

static int set_choice(int *at, const struct option_row *row, const char *value, struct error *err)
{
	struct strv choices = STRV_INIT;
	int found = -1;
	strv_split(&choices, row->choices, "|");
	for (size_t i = 0; i < choices.n; i++)
		if (!strcmp(choices.v[i], value))
			found = (int)i;
	strv_release(&choices);
	if (found < 0)
		return error_set(err, "--%s '%s' is none of %s", row->name, value, row->choices);
	*at = found;
	return 0;
}

int option_set(
	struct options *o, const struct option_row *row, const char *value, struct error *err)
{
	void *at = (char *)o + row->offset;
	switch (row->kind) {
	case OPTION_FLAG: *(bool *)at = true; return 0;
	case OPTION_NUMBER: return set_number(at, row, value, err);
	case OPTION_SECONDS: return set_seconds(at, row, value, err);
	case OPTION_CHOICE: return set_choice(at, row, value, err);
	case OPTION_LIST: strv_push(at, value); return 0;
	case OPTION_TEXT:
		if (!*value)
			return error_set(err, "--%s is empty", row->name);
		free(*(char **)at);
		*(char **)at = xstrdup(value);
		return 0;
	}
	return 0;
}

int option_set_default(
	struct options *o, const struct option_row *row, const char *value, struct error *err)
{
	static const char *const words[] = {"yes", "true", "on", "no", "false", "off"};
	if (row->kind != OPTION_FLAG)
		return option_set(o, row, value, err);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(value, words[i])) {
			*(bool *)((char *)o + row->offset) = i < 3;
			return 0;
		}
	}
	return error_set(err, "'%s' is neither yes nor no", value);
}

static bool given_before(const struct given *g, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (g->v[k].row == g->v[i].row)
			return true;
	return false;
}

int options_apply(struct options *o, const struct given *g, struct error *err)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct option_row *row = g->v[i].row;
		if (row->kind == OPTION_LIST && !given_before(g, i))
			strv_clear((struct strv *)((char *)o + row->offset));
		if (option_set(o, row, g->v[i].value, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- amounts ---- */

/* `by` is the factor without a unit; 0: one is needed. */
static int parse_amount(const char *text, const char *units, const unsigned long long *factor,
	unsigned long long by, unsigned long long *out, struct error *err)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		by = factor[unit - units];
		end++;
	}
	if (*text < '0' || *text > '9' || *end || errno || !by || n > ULLONG_MAX / by)
		return error_set(
			err, "'%s' is no amount; cure: a number, then one of %s", text, units);
	*out = n * by;
	return 0;
}

int parse_size(const char *text, unsigned long long *out, struct error *err)
{
	static const unsigned long long factor[] = {1ull << 10, 1ull << 20, 1ull << 30, 1ull << 40};
	return parse_amount(text, "KMGT", factor, 1, out, err);
}

int parse_age(const char *text, unsigned long long *out, struct error *err)
{
	static const unsigned long long factor[] = {1, 60, 3600, 86400, 604800};
	return parse_amount(text, "smhdw", factor, 0, out, err);
}
