/* platform_fixes: reads $BOARDMAN_DATADIR/platform-fixes.ini (else the installed one) and
 * applies the sections that fit. It appends to properties; it never replaces one.
 */
#include "sketch/platform_fixes.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/props.h"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/boardman"
#endif

enum { MAX_FIXES = 1 << 20 };

struct target {
	struct props *props;
	const struct platform *platform;
	const struct compiler_query *query;
	const struct props *user;
	struct strv *notes;
	/* of the section at hand */
	const char *why;
	const char *compiler; /* "avr-gcc 5.4.0", NULL when it does not matter */
};

char *platform_fixes_path(void)
{
	const char *dir = getenv("BOARDMAN_DATADIR");

	return path_join(dir && *dir ? dir : PKGDATADIR, "platform-fixes.ini");
}

char *compiler_family(const char *compiler)
{
	char *name = xstrdup(path_base(compiler));
	size_t n = strlen(name);

	if (n >= 3 && strcmp(name + n - 3, "g++") == 0)
		memcpy(name + n - 2, "cc", 2);
	return name;
}

/* "avr-gcc 5.4.0"; NULL when the version is not known. New. */
static char *compiler_name(const struct target *t)
{
	const struct compiler_query *q = t->query;
	const char *version = q->version ? q->version(q->ctx, q->compiler) : NULL;
	char *name, *result;

	if (!version || !*version)
		return NULL;
	name = compiler_family(q->compiler);
	result = xasprintf("%s %s", name, version);
	free(name);
	return result;
}

static bool has_words(const char *value, const char *words)
{
	struct strv have = STRV_INIT, want = STRV_INIT;
	bool all = true;

	strv_split(&have, value, " ");
	strv_split(&want, words, " ");
	for (size_t i = 0; i < want.n; i++)
		all &= strv_contains(&have, want.v[i]);
	strv_release(&have);
	strv_release(&want);
	return all;
}

static void apply_one(void *ctx, const char *key, const char *value)
{
	const struct target *t = ctx;
	const char *now = props_str(t->props, key);
	bool users = props_get(t->user, key) != NULL;

	if (has_words(now, value))
		return;
	if (!users && *now)
		props_setf(t->props, key, "%s %s", now, value);
	else if (!users)
		props_set(t->props, key, value);
	strv_pushf(t->notes, "%s:%s %s needs %s%s%s%s%s%s; %s%s", t->platform->vendor,
		t->platform->arch, t->platform->version, value, t->compiler ? " with " : "",
		t->compiler ? t->compiler : "", *t->why ? " (" : "", t->why, *t->why ? ")" : "",
		users ? "left out, since you set " : "added", users ? key : "");
}

/* `head` is "vendor:arch version" with patterns. */
static void apply_section(struct target *t, const char *head, const struct props *section)
{
	const struct platform *p = t->platform;
	char *name = xasprintf("%s:%s %s", p->vendor, p->arch, p->version);
	const char *wanted = props_get(section, "compiler");
	char *compiler = NULL;
	struct props *set;

	if (fnmatch(head, name, 0) != 0)
		goto out;
	if (wanted) {
		compiler = compiler_name(t);
		if (!compiler || fnmatch(wanted, compiler, 0) != 0)
			goto out;
	}
	t->why = props_str(section, "why");
	t->compiler = compiler;
	set = props_subtree(section, "set");
	props_each(set, apply_one, t);
	props_free(set);
out:
	free(compiler);
	free(name);
}

/* One section's lines, without the head's brackets. */
static int parse_section(struct target *t, const char *head, const struct buf *body,
	const char *path, struct error *err)
{
	struct props *section = props_new();
	int rc = props_parse(section, buf_str(body), body->len, path, err);

	if (rc == 0 && *head)
		apply_section(t, head, section);
	props_free(section);
	return rc;
}

static int apply_text(struct target *t, const char *text, const char *path, struct error *err)
{
	struct strv lines = STRV_INIT;
	struct buf body = BUF_INIT;
	const char *head = "";
	int rc = 0;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n && rc == 0; i++) {
		char *line = lines.v[i], *close = strrchr(line, ']');

		if (line[0] != '[' || !close) {
			buf_addf(&body, "%s\n", line);
			continue;
		}
		rc = parse_section(t, head, &body, path, err);
		buf_clear(&body);
		*close = '\0';
		head = line + 1;
	}
	if (rc == 0)
		rc = parse_section(t, head, &body, path, err);
	buf_release(&body);
	strv_release(&lines);
	return rc;
}

int platform_fixes_apply(struct props *props, const struct platform *p,
	const struct compiler_query *q, const struct props *user, struct strv *notes,
	struct error *err)
{
	struct target t = {.props = props, .platform = p, .query = q, .user = user, .notes = notes};
	struct buf text = BUF_INIT;
	char *path = platform_fixes_path();
	int rc = 0;

	if (fs_exists(path))
		rc = fs_read(path, MAX_FIXES, &text, err);
	else
		strv_pushf(notes,
			"'%s' is not there: known faults of packaged platforms are not cured; "
			"cure: install boardman, or set BOARDMAN_DATADIR",
			path);
	if (rc == 0)
		rc = apply_text(&t, buf_str(&text), path, err);
	buf_release(&text);
	free(path);
	return rc;
}
