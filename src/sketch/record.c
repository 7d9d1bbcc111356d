/* record: writes and checks a result's deps file. Its first line is "settings\t<hex>\t<key>", then come the rows (see rows.h). */
#include "sketch/record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/fileindex_internal.h"
#include "sketch/rows.h"
#include "sketch/run.h"
#include "sketch/unit.h"

#define MAX_DEPS (64u << 20)
#define HEAD "settings\t"

bool record_is_current(const struct context *c, const char *key, const char *deps)
{
	struct buf text = BUF_INIT;
	struct digest settings;
	bool current = false;
	if (!key || !deps || fs_read(deps, MAX_DEPS, &text, NULL) < 0)
		goto out;
	const char *line = buf_str(&text), *rows = strchr(line, '\n');
	if (!rows || strncmp(line, HEAD, strlen(HEAD)) ||
		!digest_parse(&settings, line + strlen(HEAD)))
		goto out;
	const char *recorded = line + strlen(HEAD) + DIGEST_HEX_LEN + 1;
	if (recorded >= rows || strlen(key) != (size_t)(rows - recorded) ||
		strncmp(recorded, key, strlen(key)))
		goto out;
	current = digest_equal(&settings, &c->settings) && rows_current(rows + 1, c->shared->files);
out:
	buf_release(&text);
	return current;
}

/* The row at `line`, with this machine's listing where it is a directory that has not changed since. */
static void adopt_row(
	struct file_index *ix, int64_t since, const char *line, size_t len, struct buf *out)
{
	struct stat st;
	char hex[DIGEST_HEX_LEN + 1];
	const char *path = memchr(line, '\t', len);
	const char *end = path ? memchr(path + 1, '\t', (size_t)(line + len - path - 1)) : NULL;
	if (!end || end - path < 3 || end[-1] != '/') {
		buf_add(out, line, len);
		return;
	}
	char *dir = xstrndup(path + 1, (size_t)(end - path) - 2);
	const struct file_facts *f = file_index_get(ix, dir);
	bool holds = f && (f->flags & FILE_IS_DIR) && stat(dir, &st) == 0 &&
		     file_index_ns(&st.st_mtim) < since && file_index_ns(&st.st_ctim) < since;
	if (holds) {
		buf_add(out, line, (size_t)(end + 1 - line));
		buf_addf(out, "%s\n", digest_hex(&f->digest, hex));
	} else {
		buf_add(out, line, len);
	}
	free(dir);
}

static char *key_of(const struct digest *settings, const char *rows, size_t len)
{
	struct digester *d = digester_new();
	struct digest k;
	char hex[DIGEST_HEX_LEN + 1];
	digester_add_digest(d, settings);
	digester_add(d, rows, len);
	digester_finish(d, &k);
	digester_free(d);
	return xstrdup(digest_hex(&k, hex));
}

bool record_adopt(const char *settings, struct file_index *ix, int64_t since, const char *deps,
	struct buf *out, char **key)
{
	struct digest ours;
	struct buf rows = BUF_INIT;
	const char *line = strchr(deps, '\n'), *end;
	/* One that must not be reused has no key. */
	if (!line || strncmp(deps, HEAD, strlen(HEAD)) != 0 || line[-1] == '-' ||
		!digest_parse(&ours, settings))
		return false;
	for (line++; (end = strchr(line, '\n')); line = end + 1)
		adopt_row(ix, since, line, (size_t)(end + 1 - line), &rows);
	*key = key_of(&ours, rows.data, rows.len);
	buf_addf(out, HEAD "%s\t%s\n", settings, *key);
	buf_add(out, rows.data, rows.len);
	buf_release(&rows);
	return true;
}

static void add_sketch(struct run *r, struct rows *rows)
{
	const struct sketch *s = &r->sketch;
	const struct strv *relative[] = {&s->sources, &s->others};
	for (size_t i = 0; i < s->ino.n; i++)
		rows_add(rows, s->ino.v[i]);
	for (size_t k = 0; k < ARRAY_LEN(relative); k++) {
		for (size_t i = 0; i < relative[k]->n; i++) {
			char *path = path_join(s->dir, relative[k]->v[i]);
			rows_add(rows, path);
			free(path);
		}
	}
	for (size_t i = 0; i < s->dirs.n; i++) {
		char *path = *s->dirs.v[i] ? path_join(s->dir, s->dirs.v[i]) : xstrdup(s->dir);
		rows_add_dir(rows, path, false);
		free(path);
	}
}

/* Hooks may read whatever lies in the sketch's directory. */
static void add_hook_inputs(struct run *r, struct rows *rows)
{
	struct strv keys = STRV_INIT;
	struct fs_list l = {0};
	context_recipes(r->context, "recipe.hooks.", ".pattern", &keys);
	if (keys.n && fs_list(r->sketch.dir, &l, NULL) == 0) {
		for (size_t i = 0; i < l.n; i++) {
			char *path = path_join(r->sketch.dir, l.v[i].name);
			if (l.v[i].type == 'f')
				rows_add(rows, path);
			free(path);
		}
		fs_list_release(&l);
	}
	strv_release(&keys);
}

static bool add_group(struct run *r, struct rows *rows)
{
	bool uses_time = false;
	/* What comes after the first failure counts for nothing, compiled by then or not. */
	size_t n = r->group.failed ? (size_t)(r->group.failed - r->group.v) + 1 : r->group.n;
	for (size_t i = 0; i < n; i++) {
		const struct tu *t = &r->group.v[i];
		const struct compile_output *o = &t->out;
		uses_time |= o->uses_time;
		/* Of a compile that succeeded the store has made sure. */
		rows->since = t->status == 0 ? 0 : file_index_ns(&t->started);
		for (size_t k = 0; k < o->deps.n; k++)
			if (!path_beneath(o->deps.v[k], r->job.build_dir))
				rows_add(rows, o->deps.v[k]);
	}
	return uses_time;
}

/* Fills the result from the collected rows; `once`: it must not be reused. */
static void seal(struct run *r, const struct buf *text, bool once)
{
	char settings[DIGEST_HEX_LEN + 1];
	char *key = key_of(&r->context->settings, text->data, text->len);
	digest_hex(&r->context->settings, settings);
	buf_clear(&r->result.deps);
	buf_addf(&r->result.deps, HEAD "%s\t%s\n", settings, once ? "-" : key);
	buf_add(&r->result.deps, text->data, text->len);
	free(r->result.key);
	r->result.key = NULL;
	if (once)
		free(key);
	else
		r->result.key = key;
}

void record_make(struct run *r)
{
	struct buf text = BUF_INIT;
	struct rows rows;
	rows_init(&rows, r->context, r->sketch.dir, &text);
	rows.since = r->since;
	add_sketch(r, &rows);
	add_hook_inputs(r, &rows);
	bool once = add_group(r, &rows);
	for (size_t i = 0; i < r->n_units; i++) {
		if (r->units[i]->deps)
			rows_add_text(&rows, r->units[i]->deps);
		once |= r->units[i]->uses_time;
	}
	rows.since = file_index_now(); /* all were looked at before the link */
	for (size_t i = 0; i < r->link_inputs.n; i++)
		rows_add(&rows, r->link_inputs.v[i]);
	once |= rows.gone;
	rows_release(&rows);
	seal(r, &text, once);
	buf_release(&text);
}

/* The directories in which `name` would have been found. */
static void add_search(struct run *r, struct rows *rows, const char *name)
{
	char *part = path_dir(name);
	for (size_t i = 0; i < r->dirs.n; i++) {
		char *dir =
			strcmp(part, ".") ? path_join(r->dirs.v[i], part) : xstrdup(r->dirs.v[i]);
		rows_add_dir(rows, r->dirs.v[i], false);
		if (fs_is_dir(dir))
			rows_add_dir(rows, dir, false);
		free(dir);
	}
	free(part);
}

void record_missing(struct run *r, const struct strv *deps)
{
	struct buf text = BUF_INIT;
	struct rows rows;
	rows_init(&rows, r->context, r->sketch.dir, &text);
	rows.since = r->since;
	add_sketch(r, &rows);
	add_hook_inputs(r, &rows);
	for (size_t i = 0; i < deps->n; i++) {
		if (deps->v[i][0] != '/')
			add_search(r, &rows, deps->v[i]);
		else if (!path_beneath(deps->v[i], r->job.build_dir))
			rows_add(&rows, deps->v[i]);
	}
	bool once = rows.gone;
	rows_release(&rows);
	seal(r, &text, once);
	buf_release(&text);
}
