/* discover: the list of libraries, and its prediction: the reference's loop with our own reading of the texts in the compiler's place. It
 * starts no process. A prediction may be wrong; it says so (`sure`) where a compile could not show it.
 */
#include "sketch/discover.h"

#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/discover_internal.h"
#include "sketch/include_walk.h"
#include "sketch/library_internal.h"

void library_list_release(struct library_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].header);
		free(l->v[i].from);
	}
	free(l->v);
	*l = (struct library_list){0};
}

void list_add(struct library_list *l, const struct library *lib, char *header, char *from)
{
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct used_library){.lib = lib, .header = header, .from = from};
}

bool list_has(const struct library_list *l, const struct library *lib)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].lib == lib)
			return true;
	}
	return false;
}

void library_list_copy(struct library_list *to, const struct library_list *from)
{
	struct library_list copy = {0};
	for (size_t i = 0; i < from->n; i++)
		list_add(&copy, from->v[i].lib, xstrdup(from->v[i].header),
			xstrdup(from->v[i].from));
	library_list_release(to);
	*to = copy;
}

bool library_list_same(const struct library_list *a, const struct library_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i].lib->dir, b->v[i].lib->dir) != 0)
			return false;
	}
	return true;
}

void discover_include_dirs(
	const struct discover_context *c, const struct library_list *l, struct strv *out)
{
	strv_push(out, c->core_dir);
	if (c->variant_dir)
		strv_push(out, c->variant_dir);
	for (size_t i = 0; i < l->n; i++)
		strv_push(out, l->v[i].lib->src_dir);
}

static void queue_push(struct unit_queue *q, const char *source, const struct library *lib)
{
	GROW(q->v, q->n, q->cap);
	q->v[q->n++] = (struct unit_ref){.source = source, .lib = lib};
}

void queue_sketch(struct unit_queue *q, const struct discover_sources *s)
{
	queue_push(q, "", NULL);
	for (size_t i = 0; s->sources && i < s->sources->n; i++)
		queue_push(q, s->sources->v[i], NULL);
}

int queue_library(
	struct unit_queue *q, struct libraries *ls, const struct library *lib, struct error *err)
{
	const struct strv *files = library_queue(ls, lib, err);
	if (!files)
		return -1;
	for (size_t i = 0; i < files->n; i++)
		queue_push(q, files->v[i], lib);
	return 0;
}

const struct unit_ref *queue_next(struct unit_queue *q)
{
	return q->next < q->n ? &q->v[q->next++] : NULL;
}

void queue_release(struct unit_queue *q)
{
	free(q->v);
	*q = (struct unit_queue){0};
}

/* A prediction under way. */
struct predict {
	struct walk walk;
	const struct discover_sources *sources;
	struct unit_queue queue;
	struct library_list list;
	bool *uncertain; /* of each library in the list */
	size_t cap;
	struct strv tests; /* __has_include of all units */
	struct scan merged;
	bool doubt;
};

static void add_missing(struct predict *p)
{
	struct walk *w = &p->walk;
	if (p->list.n >= p->cap) {
		p->cap = p->cap ? p->cap * 2 : 8;
		p->uncertain = xreallocarray(p->uncertain, p->cap, sizeof *p->uncertain);
	}
	p->uncertain[p->list.n] = w->uncertain;
	list_add(&p->list, w->missing, w->header, w->from);
}

static void take_tests(struct predict *p, const struct strv *tests)
{
	for (size_t i = 0; i < tests->n; i++)
		strv_push_unique(&p->tests, tests->v[i]);
}

/* Finds the unit's text: scan and directory. False when it is not there. */
static bool unit_text(
	struct predict *p, const struct unit_ref *u, struct scan **scan, struct tree_dir **dir)
{
	struct walk *w = &p->walk;
	struct tree *t = &w->scanner->tree;
	if (!*u->source) {
		*scan = &p->merged;
		*dir = w->sketch->top;
		return *dir != NULL;
	}
	char *parent = path_dir(u->source);
	bool own = path_beneath(parent, w->sketch->path);
	struct tree_root *r = own ? w->sketch : tree_root(t, u->lib ? u->lib->dir : parent);
	struct tree_dir *d = tree_dir_at(t, r, parent);
	struct tree_file *f = d ? tree_find(t, d, path_base(u->source)) : NULL;
	free(parent);
	if (!f)
		return false;
	*scan = &f->scan;
	*dir = f->dir;
	return true;
}

static void remember_clean(struct predict *p, const struct unit_ref *u)
{
	struct strv *tests = xcalloc(1, sizeof *tests);
	strv_push_all(tests, &p->walk.tests);
	strmap_set(&p->walk.search->clean, u->source, tests);
}

/* The reference reads every file as C++, the compiler C as C. Where they would not miss the same header a compile proves nothing. */
static bool same_as_c(struct predict *p, struct scan *scan, struct tree_dir *dir, const char *name)
{
	struct walk *w = &p->walk;
	const struct library *missing = w->missing;
	char *header = w->header, *from = w->from;
	bool uncertain = w->uncertain;
	w->as_c = true;
	walk_unit(w, scan, dir, name);
	w->as_c = false;
	bool same = w->missing == missing;
	free(w->header);
	free(w->from);
	w->missing = missing;
	w->header = header;
	w->from = from;
	w->uncertain = uncertain;
	return same;
}

static bool is_cxx(const char *path)
{
	const char *ext = path_ext(path);
	return strcmp(ext, ".c") != 0 && strcmp(ext, ".S") != 0;
}

/* The reference's loop for one unit: begin again after each library that was missing. */
static int predict_unit(struct predict *p, const struct unit_ref *u, struct error *err)
{
	struct walk *w = &p->walk;
	const char *extra = u->lib ? u->lib->utility_dir : NULL;
	for (;;) {
		struct scan *scan;
		struct tree_dir *dir;
		walk_search(w, extra);
		const struct strv *known = u->lib ? strmap_get(&w->search->clean, u->source) : NULL;
		if (known) {
			take_tests(p, known);
			return 0;
		}
		if (!unit_text(p, u, &scan, &dir))
			return 0;
		if (walk_unit(w, scan, dir, u->source)) {
			take_tests(p, &w->tests);
			if (u->lib)
				remember_clean(p, u);
			return 0;
		}
		if (!is_cxx(u->source) && !same_as_c(p, scan, dir, u->source))
			p->doubt = true;
		add_missing(p);
		if (queue_library(&p->queue, w->c->libraries, w->missing, err) < 0)
			return -1;
	}
}

/* A library in the list that a __has_include did not see, or that came in on a guess, may have been used by what stood under the
 * test: the compile would agree with a wrong order then. */
static bool is_sure(const struct predict *p)
{
	const struct libraries *ls = p->walk.c->libraries;
	if (p->walk.computed || p->doubt)
		return false;
	for (size_t i = 0; i < p->tests.n; i++) {
		const char *test = p->tests.v[i];
		const struct library *lib = libraries_resolve(ls, test + 1, NULL, NULL);
		for (size_t j = 0; j < p->list.n; j++) {
			if (p->list.v[j].lib == lib && (*test == '-' || p->uncertain[j]))
				return false;
		}
	}
	return true;
}

int discover_predict(const struct discover_context *c, const struct discover_sources *s,
	struct library_list *out, bool *sure, struct error *err)
{
	struct predict p = {.sources = s};
	const struct unit_ref *next;
	int r = 0;
	walk_init(&p.walk, c, s->sketch_dir);
	p.walk.list = &p.list;
	scan_text(&p.merged, &c->scanner->tree.names, s->merged, s->merged_len);
	queue_sketch(&p.queue, s);
	while (r == 0 && (next = queue_next(&p.queue))) {
		struct unit_ref u = *next; /* the queue may move */
		r = predict_unit(&p, &u, err);
	}
	if (r == 0) {
		*sure = is_sure(&p);
		library_list_release(out);
		*out = p.list;
		p.list = (struct library_list){0};
	}
	library_list_release(&p.list);
	queue_release(&p.queue);
	scan_release(&p.merged);
	strv_release(&p.tests);
	free(p.uncertain);
	walk_release(&p.walk);
	return r;
}
