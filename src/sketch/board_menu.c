/* board_menu: a board's options, "menu.OPTION.VALUE=label" and the properties that a value sets. */
#include "sketch/board_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/props.h"

static struct props *submenu(const struct props *board, const char *menu)
{
	char *prefix = xasprintf("menu.%s", menu);
	struct props *values = props_subtree(board, prefix);

	free(prefix);
	return values;
}

void menu_values(const struct props *board, const char *menu, struct strv *out)
{
	struct props *values = submenu(board, menu);
	struct strv all = STRV_INIT;

	props_first_level(values, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (props_get(values, all.v[i]))
			strv_push(out, all.v[i]);
	}
	strv_release(&all);
	props_free(values);
}

static void menu_names(const struct props *board, struct strv *out)
{
	struct props *menus = props_subtree(board, "menu");

	props_first_level(menus, out);
	props_free(menus);
}

static void add_list(struct buf *out, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		buf_addf(out, "%s%s", i ? ", " : "", names->v[i]);
}

static int bad_option(const struct fqbn *f, size_t i, const struct strv *menus, struct error *err)
{
	struct buf list = BUF_INIT;

	add_list(&list, menus);
	if (menus->n)
		error_set(err, "board '%s:%s:%s' has no option '%s'; cure: use one of %s",
			f->vendor, f->arch, f->id, f->options.v[i], buf_str(&list));
	else
		error_set(err,
			"board '%s:%s:%s' has no option '%s'; cure: leave it out, the board "
			"has none",
			f->vendor, f->arch, f->id, f->options.v[i]);
	buf_release(&list);
	return -1;
}

static int bad_value(const struct fqbn *f, size_t i, const struct strv *values, struct error *err)
{
	struct buf list = BUF_INIT;

	add_list(&list, values);
	error_set(err, "board '%s:%s:%s': option '%s' has no value '%s'; cure: use one of %s",
		f->vendor, f->arch, f->id, f->options.v[i], f->values.v[i], buf_str(&list));
	buf_release(&list);
	return -1;
}

static int check_options(const struct props *board, const struct fqbn *f, const struct strv *menus,
	struct error *err)
{
	for (size_t i = 0; i < f->options.n; i++) {
		struct strv values = STRV_INIT;
		int rc = 0;

		if (!strv_contains(menus, f->options.v[i]))
			return bad_option(f, i, menus, err);
		menu_values(board, f->options.v[i], &values);
		if (!strv_contains(&values, f->values.v[i]))
			rc = bad_value(f, i, &values, err);
		strv_release(&values);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static const char *asked(const struct fqbn *f, const char *menu)
{
	for (size_t i = 0; i < f->options.n; i++) {
		if (strcmp(f->options.v[i], menu) == 0)
			return f->values.v[i];
	}
	return NULL;
}

static void choose(struct props *board, const char *menu, const char *value)
{
	char *prefix = xasprintf("menu.%s.%s", menu, value);
	struct props *chosen = props_subtree(board, prefix);

	props_merge(board, chosen);
	props_free(chosen);
	free(prefix);
}

int menu_apply(struct props *board, const struct fqbn *f, bool defaults, struct error *err)
{
	struct strv menus = STRV_INIT;
	int rc;

	menu_names(board, &menus);
	rc = check_options(board, f, &menus, err);
	for (size_t i = 0; i < menus.n && rc == 0; i++) {
		const char *value = asked(f, menus.v[i]);
		struct strv values = STRV_INIT;

		menu_values(board, menus.v[i], &values);
		if (!value && defaults && values.n)
			value = values.v[0];
		if (value)
			choose(board, menus.v[i], value);
		strv_release(&values);
	}
	strv_release(&menus);
	return rc;
}

void board_menus(const struct platform *p, const char *id, struct strv *out)
{
	struct props *board = props_subtree(p->boards, id);
	struct strv menus = STRV_INIT;

	menu_names(board, &menus);
	for (size_t i = 0; i < menus.n; i++) {
		struct strv values = STRV_INIT;
		struct buf line = BUF_INIT;

		menu_values(board, menus.v[i], &values);
		for (size_t k = 0; k < values.n; k++)
			buf_addf(&line, "%c%s", k ? ',' : '=', values.v[k]);
		if (values.n)
			strv_pushf(out, "%s%s", menus.v[i], buf_str(&line));
		buf_release(&line);
		strv_release(&values);
	}
	strv_release(&menus);
	props_free(board);
}
