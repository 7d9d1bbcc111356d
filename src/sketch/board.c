/* board: resolves an FQBN to what a build needs. What the user says wins over what the platform
 * says; what neither says is not made up: a missing platform, option or compiler is an error
 * with its cure.
 */
#include "sketch/board.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/board_internal.h"
#include "sketch/platform.h"
#include "sketch/platform_fixes.h"
#include "sketch/props.h"

/* The user's K=V list. New; NULL and err. */
static struct props *user_props(const struct strv *pairs, struct error *err)
{
	struct props *user = props_new();

	for (size_t i = 0; pairs && i < pairs->n; i++) {
		const char *pair = pairs->v[i];

		if (!strchr(pair, '=')) {
			error_set(err,
				"--build-property '%s' is no property; cure: write KEY=VALUE",
				pair);
		} else if (props_parse(user, pair, strlen(pair), "--build-property", err) == 0) {
			continue;
		}
		props_free(user);
		return NULL;
	}
	return user;
}

static void add_relax(struct props *p)
{
	static const char flags[] = "compiler.c.elf.flags";
	char *value;

	if (strcmp(props_str(p, "build.mcu"), "atmega2560") != 0)
		return;
	value = xasprintf("%s,--relax", props_str(p, flags));
	props_set(p, flags, value);
	free(value);
}

static void set_warnings(struct props *p, const char *level)
{
	char *key = xasprintf("compiler.warning_flags.%s", level ? level : "none");
	char *flags = xstrdup(props_str(p, key));

	props_set(p, "compiler.warning_flags", flags);
	free(flags);
	free(key);
}

/* From the platform's properties to the user's. */
static int finish(struct board *b, const struct board_options *opt, struct compiler_query *q,
	struct error *err)
{
	struct props *user = user_props(opt->build_properties, err);
	int rc = -1;

	if (!user)
		return -1;
	props_merge(b->props, user);
	b->compiler = board_compiler(b, err);
	if (!b->compiler)
		goto out;
	q->compiler = b->compiler;
	if (platform_fixes_apply(b->props, b->core_platform, q, user, &b->notes, err) < 0)
		goto out;
	set_warnings(b->props, opt->warnings);
	if (opt->no_lto)
		props_drop_lto(b->props);
	if (opt->builder_compat)
		add_relax(b->props);
	props_set_time(b);
	rc = board_check_recipes(b, err);
out:
	props_free(user);
	return rc;
}

struct board *board_resolve(struct platforms *ps, const char *text, const struct board_options *opt,
	const char *(*compiler_version)(void *ctx, const char *compiler), void *ctx,
	struct error *err)
{
	struct compiler_query query = {.version = compiler_version, .ctx = ctx};
	struct fqbn f = {0};
	struct board *b = xcalloc(1, sizeof *b);
	int rc = fqbn_parse(&f, text, err);

	if (rc == 0)
		b->platform = board_locate(ps, &f, err);
	if (!b->platform)
		goto fail;
	b->fqbn = fqbn_text(&f);
	b->id = xstrdup(f.id);
	if (board_merge(b, ps, &f, !opt->builder_compat, err) < 0)
		goto fail;
	b->name = xstrdup(props_str(b->props, "name"));
	if (finish(b, opt, &query, err) < 0)
		goto fail;
	fqbn_release(&f);
	return b;
fail:
	fqbn_release(&f);
	board_free(b);
	return NULL;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	free(b->fqbn);
	free(b->id);
	free(b->name);
	free(b->core_dir);
	free(b->variant_dir);
	free(b->compiler);
	props_free(b->props);
	strv_release(&b->notes);
	free(b);
}

char *board_expand(const struct board *b, const struct props *over, const char *text)
{
	return props_expand(b->props, over, text, false);
}

long board_number(const struct board *b, const char *key, long dflt)
{
	char *text = board_expand(b, NULL, props_str(b->props, key));
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end)
		n = dflt;
	free(text);
	return n;
}
