/* size: rules and verdict. The ELF side is in elf.c. */
#include "sketch/size.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/props.h"

#define MAX_GROUPS 64
#define MAX_BYTES ((int64_t)1 << 40) /* of one section; more is no size */

struct size_rules {
	pcre2_code *flash, *ram; /* NULL when the platform has none */
	pcre2_match_data *match;
	int64_t flash_max, ram_max; /* -1 unknown */
	long warn_percent;
	bool advanced, in_process;
	char *broken; /* an expression that is none; NULL */
};

static void compile_regex(
	struct size_rules *r, const struct board *b, const char *key, pcre2_code **out)
{
	const char *text = props_str(b->props, key);
	char why[256];
	int code;
	PCRE2_SIZE at;
	if (!*text)
		return;
	*out = pcre2_compile(
		(PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &code, &at, NULL);
	if (*out || r->broken)
		return;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
	r->broken = xasprintf("the size of the firmware is not known: %s '%s' is no regular "
			      "expression: %s",
		key, text, why);
}

static int read_max(const struct board *b, const char *key, int64_t *out, struct error *err)
{
	char *text = board_expand(b, NULL, props_str(b->props, key)), *end;
	int r = 0;
	*out = -1;
	if (*text) {
		*out = strtoll(text, &end, 10);
		if (*end || *out < 0 || *out > MAX_BYTES)
			r = error_set(err, "board '%s': %s '%s' is no number", b->fqbn, key, text);
		if (*out == 0)
			*out = -1;
	}
	free(text);
	return r;
}

/* True for a recipe like `"…avr-size" -A "{build.path}/X.elf"`. */
static bool is_size_a(const struct board *b)
{
	struct strv argv = STRV_INIT;
	char *text = board_expand(b, NULL, props_str(b->props, "recipe.size.pattern"));
	bool is = recipe_split(text, &argv, NULL) == 0 && argv.n == 3 && !strcmp(argv.v[1], "-A");
	if (is) {
		const char *base = path_base(argv.v[0]);
		size_t n = strlen(base);
		is = n >= 4 && !strcmp(base + n - 4, "size");
	}
	strv_release(&argv);
	free(text);
	return is;
}

struct size_rules *size_rules_new(const struct board *b, struct error *err)
{
	struct size_rules *r = xcalloc(1, sizeof *r);
	r->warn_percent = board_number(b, "build.warn_data_percentage", 75);
	r->advanced = *props_str(b->props, "recipe.advanced_size.pattern") != '\0';
	r->in_process = is_size_a(b);
	compile_regex(r, b, "recipe.size.regex", &r->flash);
	compile_regex(r, b, "recipe.size.regex.data", &r->ram);
	if (read_max(b, "upload.maximum_size", &r->flash_max, err) < 0 ||
		read_max(b, "upload.maximum_data_size", &r->ram_max, err) < 0) {
		size_rules_free(r);
		return NULL;
	}
	r->match = pcre2_match_data_create(MAX_GROUPS, NULL);
	return r;
}

void size_rules_free(struct size_rules *r)
{
	if (!r)
		return;
	pcre2_code_free(r->flash);
	pcre2_code_free(r->ram);
	pcre2_match_data_free(r->match);
	free(r->broken);
	free(r);
}

bool size_is_advanced(const struct size_rules *r)
{
	return r->advanced;
}

const char *size_recipe(const struct size_rules *r)
{
	if (r->advanced)
		return "recipe.advanced_size.pattern";
	return r->in_process || !r->flash ? NULL : "recipe.size.pattern";
}

/* The sum of every group of every match that is a number, as the reference adds them up. */
static int64_t sum(const struct size_rules *r, pcre2_code *re, const char *text, size_t len)
{
	int64_t total = 0;
	size_t at = 0;
	if (!re)
		return -1;
	while (at <= len) {
		int n = pcre2_match(re, (PCRE2_SPTR)text, len, at, 0, r->match, NULL);
		if (n <= 0)
			break;
		PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->match);
		for (int i = 0; i < n; i++) {
			if (v[2 * i] == PCRE2_UNSET)
				continue;
			char *group = xstrndup(text + v[2 * i], v[2 * i + 1] - v[2 * i]), *end;
			int64_t value = strtoll(group, &end, 10);
			if (!isspace((unsigned char)*group) && *group && !*end &&
				value < MAX_BYTES && value > -MAX_BYTES)
				total += value;
			free(group);
		}
		at = v[1] > at ? v[1] : at + 1;
	}
	return total;
}

static char *too_big(const char *what, int64_t used, int64_t max)
{
	return xasprintf("uses %lld of %lld bytes of %s (%lld %%)", (long long)used, (long long)max,
		what, (long long)(used * 100 / max));
}

void size_judge(const struct size_rules *r, struct size_report *s)
{
	s->flash_max = r->flash_max;
	s->ram_max = r->ram_max;
	if (s->flash_max < 0 || s->flash < 0)
		return; /* the reference judges nothing then, RAM neither */
	if (s->flash > s->flash_max)
		s->too_big = too_big("flash", s->flash, s->flash_max);
	else if (s->ram_max > 0 && s->ram > s->ram_max)
		s->too_big = too_big("RAM", s->ram, s->ram_max);
	else if (s->ram_max > 0 && s->ram > s->ram_max * r->warn_percent / 100)
		s->warning = too_big("RAM", s->ram, s->ram_max);
}

void size_unknown(const struct size_rules *r, const char *why, struct size_report *out)
{
	*out = (struct size_report){-1, r->flash_max, -1, r->ram_max, NULL, NULL};
	if (r->flash_max >= 0)
		out->warning = xstrdup(why);
}

static int apply_advanced(const char *text, size_t len, struct size_report *out, struct error *err)
{
	struct json *v = json_parse(text, len, err);
	if (!v)
		return error_prefix(err, "recipe.advanced_size");
	const char *severity = json_str(v, "severity", "");
	for (const struct json *s = json_child(json_get(v, "sections")); s; s = json_next(s)) {
		const char *name = json_str(s, "name", "");
		if (!strcmp(name, "text")) {
			out->flash = json_int(s, "size", -1);
			out->flash_max = json_int(s, "max_size", -1);
		} else if (!strcmp(name, "data")) {
			out->ram = json_int(s, "size", -1);
			out->ram_max = json_int(s, "max_size", -1);
		}
	}
	int r = 0;
	if (!strcmp(severity, "error"))
		out->too_big = xstrdup(json_str(v, "error", "too big"));
	else if (!strcmp(severity, "warning"))
		out->warning = xstrdup(json_str(v, "output", ""));
	else if (strcmp(severity, "info"))
		r = error_set(err,
			"recipe.advanced_size gives severity '%s': not error, warning or info",
			severity);
	json_free(v);
	return r;
}

int size_apply(const struct size_rules *r, const char *text, size_t len, struct size_report *out,
	struct error *err)
{
	*out = (struct size_report){-1, -1, -1, -1, NULL, NULL};
	if (r->advanced)
		return apply_advanced(text, len, out, err);
	if (r->broken) {
		size_unknown(r, r->broken, out);
		return 0;
	}
	out->flash = sum(r, r->flash, text, len);
	out->ram = sum(r, r->ram, text, len);
	size_judge(r, out);
	return 0;
}

void size_report_release(struct size_report *s)
{
	free(s->too_big);
	free(s->warning);
	s->too_big = s->warning = NULL;
}
