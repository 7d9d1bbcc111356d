/* board_name: from what the user wrote to a board of an installed platform. Guesses nothing: a
 * bare id must be unique, and a wrong one is answered with the nearest that exist.
 */
#include "sketch/board_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

enum { MAX_ID = 64, MAX_NEAREST = 3 };

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static int not_a_board(const char *text, struct error *err)
{
	return error_set(err,
		"'%s' is not a board; cure: write vendor:arch:id[:option=value,…], "
		"such as arduino:avr:uno",
		text);
}

static void set_option(struct fqbn *f, const char *key, const char *value)
{
	for (size_t i = 0; i < f->options.n; i++) {
		if (strcmp(f->options.v[i], key) == 0) {
			free(strv_take(&f->options, i));
			free(strv_take(&f->values, i));
		}
	}
	strv_push(&f->options, key);
	strv_push(&f->values, value);
}

/* "opt=val,…" */
static int parse_options(struct fqbn *f, const char *text, const char *list, struct error *err)
{
	struct strv pairs = STRV_INIT;
	int rc = 0;

	strv_split(&pairs, list, ",");
	for (size_t i = 0; i < pairs.n && rc == 0; i++) {
		char *pair = pairs.v[i], *value = strchr(pair, '=');

		if (value)
			*value++ = '\0';
		if (!value || !*pair || pair[strspn(pair, NAME_CHARS)] ||
			value[strspn(value, NAME_CHARS "=")])
			rc = error_set(err,
				"board '%s': '%s' is not option=value; cure: separate "
				"options by commas, such as cpu=atmega2560",
				text, pair);
		else
			set_option(f, pair, value);
	}
	strv_release(&pairs);
	return rc;
}

/* Empty parts are kept. */
static void split_colons(const char *text, struct strv *parts)
{
	for (const char *s = text;; s++) {
		size_t n = strcspn(s, ":");

		strv_push_take(parts, xstrndup(s, n));
		s += n;
		if (!*s)
			return;
	}
}

int fqbn_parse(struct fqbn *f, const char *text, struct error *err)
{
	struct fqbn out = {0};
	struct strv parts = STRV_INIT;
	const char *options = NULL;
	int rc = -1;

	split_colons(text, &parts);
	if ((parts.n == 2 && strchr(parts.v[1], '=')) || parts.n == 4)
		options = parts.v[parts.n - 1];
	if ((parts.n != 1 && parts.n != 3 && !options) || (options && !*options)) {
		not_a_board(text, err);
		goto out;
	}
	for (size_t i = 0; i < parts.n - (options != NULL); i++) {
		if (!parts.v[i][0] || parts.v[i][strspn(parts.v[i], NAME_CHARS)] ||
			strlen(parts.v[i]) > MAX_ID) {
			not_a_board(text, err);
			goto out;
		}
	}
	if (options && parse_options(&out, text, options, err) < 0)
		goto out;
	if (parts.n >= 3) {
		out.vendor = xstrdup(parts.v[0]);
		out.arch = xstrdup(parts.v[1]);
	}
	out.id = xstrdup(parts.v[parts.n >= 3 ? 2 : 0]);
	*f = out;
	rc = 0;
out:
	if (rc < 0)
		fqbn_release(&out);
	strv_release(&parts);
	return rc;
}

void fqbn_release(struct fqbn *f)
{
	free(f->vendor);
	free(f->arch);
	free(f->id);
	strv_release(&f->options);
	strv_release(&f->values);
}

char *fqbn_text(const struct fqbn *f)
{
	struct buf out = BUF_INIT;

	buf_addf(&out, "%s:%s:%s", f->vendor, f->arch, f->id);
	for (size_t i = 0; i < f->options.n; i++)
		buf_addf(&out, "%c%s=%s", i ? ',' : ':', f->options.v[i], f->values.v[i]);
	return buf_detach(&out);
}

/* Edit distance without regard to case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[MAX_ID + 1];
	size_t n = strlen(b);

	if (n > MAX_ID)
		return MAX_ID;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 1; *a; i++, a++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= n; k++) {
			size_t swap = diagonal + (tolower((unsigned char)*a) !=
							 tolower((unsigned char)b[k - 1]));
			size_t step = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;

			diagonal = row[k];
			row[k] = swap < step ? swap : step;
		}
	}
	return row[n];
}

static void add_ids(const struct platform *p, struct strv *names, struct strv *ids)
{
	struct strv all = STRV_INIT;

	props_first_level(p->boards, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.v[i], "menu") == 0)
			continue;
		strv_push(ids, all.v[i]);
		strv_pushf(names, "%s:%s:%s", p->vendor, p->arch, all.v[i]);
	}
	strv_release(&all);
}

/* Adds "; nearest: …" when something is near. */
static void add_nearest(
	const struct strv *names, const struct strv *ids, const char *id, struct buf *out)
{
	size_t limit = strlen(id) / 3 + 1, told = 0;

	for (size_t d = 0; d <= limit && told < MAX_NEAREST; d++) {
		for (size_t i = 0; i < ids->n && told < MAX_NEAREST; i++) {
			if (distance(ids->v[i], id) == d)
				buf_addf(out, "%s%s", told++ ? ", " : "; nearest: ", names->v[i]);
		}
	}
}

/* `among` NULL: all platforms. */
static void no_board(
	struct platforms *ps, const struct platform *among, const struct fqbn *f, struct error *err)
{
	struct strv names = STRV_INIT, ids = STRV_INIT;
	struct buf nearest = BUF_INIT;
	struct platform *p;

	if (among)
		add_ids(among, &names, &ids);
	for (size_t i = 0; !among && (p = platforms_at(ps, i)); i++)
		add_ids(p, &names, &ids);
	add_nearest(&names, &ids, f->id, &nearest);
	if (!platforms_count(ps))
		error_set(err,
			"no Arduino platform is installed; cure: run 'arduino-cli core install "
			"arduino:avr', or name a folder with --platforms");
	else if (among)
		error_set(err, "no board '%s' in %s:%s %s%s; cure: 'boardman boards' lists them",
			f->id, among->vendor, among->arch, among->version, buf_str(&nearest));
	else
		error_set(err,
			"no board '%s' in any installed platform%s; cure: 'boardman boards' "
			"lists them",
			f->id, buf_str(&nearest));
	buf_release(&nearest);
	strv_release(&ids);
	strv_release(&names);
}

static void found_id(void *ctx, const char *key, const char *value)
{
	const char **id = ctx;
	size_t n = *id ? strlen(*id) : 0;

	(void)value;
	if (*id && strncmp(key, *id, n) == 0 && key[n] == '.')
		*id = NULL;
}

static bool has_board(const struct platform *p, const char *id)
{
	const char *wanted = id;

	if (strcmp(id, "menu") == 0)
		return false;
	props_each(p->boards, found_id, &wanted);
	return wanted == NULL;
}

/* All platforms with a board `id`: the last one is returned, their boards' names are pushed. A
 * platform that cannot be read sets err. */
static struct platform *search(
	struct platforms *ps, const char *id, struct strv *names, struct error *err)
{
	struct platform *result = NULL;

	for (size_t i = 0; i < platforms_count(ps); i++) {
		struct platform *p = NULL;

		if (platforms_may_have(ps, i, id))
			p = platforms_peek(ps, i, true, err);
		if (!p || !has_board(p, id))
			continue;
		strv_pushf(names, "%s:%s:%s", p->vendor, p->arch, id);
		result = p;
	}
	return result;
}

static struct platform *locate_bare(struct platforms *ps, struct fqbn *f, struct error *err)
{
	struct strv names = STRV_INIT;
	struct error broken = ERROR_INIT;
	struct platform *p = search(ps, f->id, &names, &broken);

	if (!p && *broken.text) {
		error_set(err, "%s", broken.text);
	} else if (!p) {
		no_board(ps, NULL, f, err);
	} else if (names.n > 1) {
		struct buf list = BUF_INIT;

		for (size_t i = 0; i < names.n; i++)
			buf_addf(&list, "%s%s", i ? ", " : "", names.v[i]);
		error_set(err, "board '%s' is in %zu platforms; cure: write one of %s", f->id,
			names.n, buf_str(&list));
		buf_release(&list);
		p = NULL;
	} else {
		f->vendor = xstrdup(p->vendor);
		f->arch = xstrdup(p->arch);
	}
	strv_release(&names);
	return p;
}

struct platform *board_locate(struct platforms *ps, struct fqbn *f, struct error *err)
{
	struct platform *p;

	if (!f->vendor)
		return locate_bare(ps, f, err);
	p = platforms_find(ps, f->vendor, f->arch, err);
	if (!p || has_board(p, f->id))
		return p;
	no_board(ps, p, f, err);
	return NULL;
}
