/* unit_sources: lists a unit's files in the reference's order and makes their commands. */
#include "sketch/unit_sources.h"

#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/fileindex.h"
#include "sketch/library.h"
#include "sketch/precompiled.h"
#include "sketch/props.h"
#include "sketch/unit.h"

/* A token's part of the flavor: the build path is nobody's difference, unless it is compiled in by a -D. */
static void add_token(
	const struct context *c, const char *token, const char *build_path, struct buf *out)
{
	const char *at = *build_path ? strstr(token, build_path) : NULL;
	char hex[DIGEST_HEX_LEN + 1];
	if (*token == '@') {
		file_index_forget(c->shared->files, token + 1);
		const struct file_facts *f = file_index_get(c->shared->files, token + 1);
		buf_addf(out, "@%s\n", f ? digest_hex(&f->digest, hex) : "");
		return;
	}
	if (!at || !strncmp(token, "-D", 2)) {
		buf_addf(out, "%s\n", token);
		return;
	}
	buf_add(out, token, (size_t)(at - token));
	buf_addf(out, "{build.path}%s\n", at + strlen(build_path));
}

char *unit_flavor(const struct context *c, const struct props *overlay)
{
	struct buf out = BUF_INIT;
	struct strv none = STRV_INIT, argv = STRV_INIT;
	struct props *over = props_clone(overlay);
	for (int l = 0; l < LANG_COUNT; l++) {
		strv_clear(&argv);
		if (!c->recipe[l] ||
			context_compile_argv(c, over, l, &none, "s", "o", "d", &argv, NULL) < 0)
			continue;
		for (size_t i = 0; i < argv.n; i++)
			add_token(c, argv.v[i], props_str(overlay, "build.path"), &out);
	}
	props_free(over);
	strv_release(&argv);
	return buf_detach(&out);
}

const char *unit_place(const struct context *c, const struct props *overlay)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (c->recipe[l] && strstr(c->recipe[l], "{build.path}"))
			return props_str(overlay, "build.path");
	return NULL;
}

/* One source to be, before its command is made. */
struct entry {
	char *source, *name;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

static void entries_add(
	struct entries *e, const char *dir, const char *prefix, const struct strv *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		char *rel = path_relative(sources->v[i], dir);
		GROW(e->v, e->n, e->cap);
		e->v[e->n].source = xstrdup(sources->v[i]);
		e->v[e->n].name = xasprintf("%s/%s.o", prefix, rel);
		e->n++;
		free(rel);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* arduino-builder archives the core's .S files first, then .c, then .cpp. */
static void by_language(struct entries *e, size_t from)
{
	static const enum language order[] = {LANG_ASM, LANG_C, LANG_CXX};
	struct entry *sorted = xcalloc(e->n, sizeof *sorted);
	size_t n = from;
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = from; i < e->n; i++)
			if (language_of(e->v[i].source) == order[k])
				sorted[n++] = e->v[i];
	memcpy(e->v + from, sorted + from, (e->n - from) * sizeof *sorted);
	free(sorted);
}

static int add_dir(const struct context *c, const char *dir, struct entries *e, struct error *err)
{
	struct strv found = STRV_INIT;
	size_t from = e->n;
	if (sources_in(dir, true, c->shared->compat, &found, err) < 0)
		return -1;
	entries_add(e, dir, "core", &found);
	strv_release(&found);
	if (e->n == from)
		return 0;
	if (c->shared->compat)
		by_language(e, from);
	else
		qsort(e->v + from, e->n - from, sizeof *e->v, by_name);
	return 0;
}

/* The variant's files come first and keep their names apart where the core has the same. */
static int core_entries(
	const struct context *c, struct entries *e, size_t *n_variant, struct error *err)
{
	if (c->board->variant_dir && add_dir(c, c->board->variant_dir, e, err) < 0)
		return -1;
	*n_variant = e->n;
	if (add_dir(c, c->board->core_dir, e, err) < 0)
		return -1;
	for (size_t i = 0; i < *n_variant; i++) {
		for (size_t k = *n_variant; k < e->n; k++) {
			if (strcmp(e->v[i].name, e->v[k].name))
				continue;
			char *name = xasprintf("core/variant/%s", e->v[i].name + strlen("core/"));
			free(e->v[i].name);
			e->v[i].name = name;
		}
	}
	return 0;
}

static int library_entries(
	const struct context *c, const struct library *lib, struct entries *e, struct error *err)
{
	if (precompiled_replaces_sources(c->board, lib))
		return 0;
	const struct strv *found = library_sources(c->libraries, lib, err);
	if (!found)
		return -1;
	char *prefix = xasprintf("libraries/%s", lib->folder);
	entries_add(e, lib->src_dir, prefix, found);
	free(prefix);
	return 0;
}

static int fill_tu(
	struct unit *u, struct tu *t, struct entry *e, struct props *overlay, struct error *err)
{
	t->source = e->source;
	t->name = e->name;
	e->source = e->name = NULL;
	t->object = path_join(u->scratch, t->name);
	t->depfile = xasprintf("%s.d", t->object);
	t->language = language_of(t->source);
	if (context_compile_argv(u->context, overlay, t->language, &u->dirs, t->source, t->object,
		    t->depfile, &t->argv, err) < 0)
		return -1;
	/* -E: the library under work is the user's own code, as the sketch is. */
	if (u->context->shared->config.warnings_are_errors && u->library &&
		u->library->place == LIBRARY_GIVEN)
		strv_push(&t->argv, "-Werror");
	return 0;
}

int unit_fill(struct unit *u, struct props *overlay, struct error *err)
{
	struct context *c = u->context;
	struct entries e = {0};
	int r = u->library ? library_entries(c, u->library, &e, err)
			   : core_entries(c, &e, &u->n_variant, err);
	if (r == 0) {
		group_init(&u->group, c, e.n);
		u->group.root = xstrdup(u->library ? u->library->dir : c->board->core_dir);
		u->group.build_dir = xstrdup(props_str(overlay, "build.path"));
		u->group.includes = u->includes;
		u->group.stage = STAGE_FRAMEWORK;
		u->group.timeout = c->shared->config.timeout;
	}
	for (size_t i = 0; i < e.n && r == 0; i++)
		r = fill_tu(u, &u->group.v[i], &e.v[i], overlay, err);
	for (size_t i = 0; i < e.n; i++) {
		free(e.v[i].source);
		free(e.v[i].name);
	}
	free(e.v);
	return r;
}
