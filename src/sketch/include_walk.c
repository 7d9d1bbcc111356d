/* include_walk: see include_walk.h. It knows macros and conditions as far as texts tell them; a condition of unknown value is taken,
 * with all its branches, and marks what it brings as uncertain. System headers are not read. Depth and work have ceilings.
 */
#include "sketch/include_walk.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/include_expr.h"
#include "sketch/library.h"

enum {
	MAX_DEPTH = 200, /* gcc's own */
	MAX_LEVELS = 256,
	MAX_VISITS = 8, /* of one file that has no guard, in one unit */
	MAX_SEARCHES = 2000,
};
#define MAX_STEPS 20000000UL

enum found { FOUND_NOTHING, FOUND_FILE, FOUND_MISSING };

struct level {
	bool outer; /* uncertain outside */
	bool taken; /* a branch certainly was */
	bool maybe; /* a branch may have been */
};

/* One file's walk. */
struct frame {
	struct walk *w;
	struct scan *scan;
	struct tree_dir *dir;
	bool own; /* one of the sketch's files */
	bool uncertain;
	unsigned depth;
	struct level level[MAX_LEVELS];
	size_t levels;
};

/* ---- searching ---- */

static void search_free(void *p)
{
	struct search *s = p;
	free(s->dirs);
	strmap_release(&s->clean);
	free(s);
}

static void tests_free(void *p)
{
	strv_release(p);
	free(p);
}

struct include_scanner *include_scanner_new(void)
{
	struct include_scanner *s = xcalloc(1, sizeof *s);
	tree_init(&s->tree);
	s->searches = (struct strmap)STRMAP_INIT(search_free);
	return s;
}

void include_scanner_look(struct include_scanner *s, struct file_index *files)
{
	s->tree.files = files;
}

void include_scanner_free(struct include_scanner *s)
{
	if (!s)
		return;
	strmap_release(&s->searches);
	tree_release(&s->tree);
	free(s);
}

/* Adds "path#version" to the key, and the directory to `dirs`. */
static void add_place(struct walk *w, struct buf *key, struct search *s, const char *root_path,
	const char *dir_path)
{
	struct tree *t = &w->scanner->tree;
	struct tree_root *r = tree_root(t, root_path);
	struct tree_dir *d = tree_dir_at(t, r, dir_path);
	buf_addf(key, "%s#%u\n", dir_path, r->version);
	if (d)
		s->dirs[s->n++] = d;
}

static void fill_search(struct walk *w, const char *extra, struct search *s, struct buf *key)
{
	const struct discover_context *c = w->c;
	const struct library_list *l = w->list;
	s->dirs = xcalloc(l->n + 3, sizeof *s->dirs);
	add_place(w, key, s, c->core_dir, c->core_dir);
	if (c->variant_dir)
		add_place(w, key, s, c->variant_dir, c->variant_dir);
	for (size_t i = 0; i < l->n; i++)
		add_place(w, key, s, l->v[i].lib->dir, l->v[i].lib->src_dir);
	if (extra)
		add_place(w, key, s, extra, extra);
	buf_addstr(key, libraries_digest(c->libraries));
	buf_addstr(key, w->prologue_text);
}

void walk_search(struct walk *w, const char *extra)
{
	struct include_scanner *sc = w->scanner;
	/* The list only grows. */
	if (w->search && w->searched == w->list->n && w->extra == extra)
		return;
	struct search *s = xcalloc(1, sizeof *s);
	struct buf key = BUF_INIT;
	fill_search(w, extra, s, &key);
	struct search *known = strmap_get(&sc->searches, buf_str(&key));
	if (known) {
		search_free(s);
		s = known;
	} else {
		if (strmap_count(&sc->searches) >= MAX_SEARCHES)
			strmap_release(&sc->searches);
		s->id = ++sc->last_search;
		s->clean = (struct strmap)STRMAP_INIT(tests_free);
		strmap_set(&sc->searches, buf_str(&key), s);
	}
	buf_release(&key);
	w->search = s;
	w->searched = w->list->n;
	w->extra = extra;
}

static struct tree_file *find_from(struct walk *w, size_t first, const char *name)
{
	for (size_t i = first; i < w->search->n; i++) {
		struct tree_file *f = tree_find(&w->scanner->tree, w->search->dirs[i], name);
		if (f)
			return f;
	}
	return NULL;
}

/* For include_next: the place behind the one that holds `dir`; 0 when none does. */
static size_t next_place(const struct walk *w, const struct tree_dir *dir)
{
	for (size_t i = 0; i < w->search->n; i++) {
		for (const struct tree_dir *d = dir; d; d = d->parent) {
			if (d == w->search->dirs[i])
				return i + 1;
		}
	}
	return 0;
}

static struct tree_file *find(
	struct walk *w, struct tree_dir *dir, const char *name, bool is_quoted, bool next)
{
	if (next)
		return find_from(w, next_place(w, dir), name);
	struct tree_file *f = is_quoted ? tree_find(&w->scanner->tree, dir, name) : NULL;
	return f ? f : find_from(w, 0, name);
}

static bool exists_in(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	bool there = fs_is_file(path);
	free(path);
	return there;
}

/* Whether the compiler has the header without any of our directories. */
static enum truth system_has(const struct walk *w, const char *name)
{
	const struct strv *argv = w->c->argv, *dirs = w->c->system_dirs;
	for (size_t i = 0; argv && i < argv->n; i++) {
		if (strncmp(argv->v[i], "-I", 2) == 0 && exists_in(argv->v[i] + 2, name))
			return TRUTH_YES;
	}
	for (size_t i = 0; dirs && i < dirs->n; i++) {
		if (exists_in(dirs->v[i], name))
			return TRUTH_YES;
	}
	return dirs ? TRUTH_NO : TRUTH_MAYBE;
}

/* ---- macros and conditions ---- */

static bool only_cxx(const char *name)
{
	return strcmp(name, "__cplusplus") == 0 || strcmp(name, "__GNUG__") == 0;
}

static enum macro_state ask_macro(
	void *ctx, const char *name, size_t len, const char **body, const char **params)
{
	struct walk *w = ctx;
	struct macro *m = macro_named(&w->scanner->tree.names, name, len, true);
	struct macro_value *v = macro_value(m);
	if (v->pass != w->scanner->pass) {
		v->pass = w->scanner->pass;
		v->state = w->as_c && only_cxx(macro_name(m)) ? MACRO_UNDEFINED
							      : macro_guess(&w->profile, name, len);
	}
	if (v->state == MACRO_DEFINED) {
		*body = scan_string(v->in, v->item->text);
		*params = v->item->function ? scan_string(v->in, v->item->params) : NULL;
	}
	return v->state;
}

static void note_test(struct walk *w, const char *name, bool there)
{
	char *test = xasprintf("%c%s", there ? '+' : '-', name);
	strv_push_unique(&w->tests, test);
	free(test);
}

static enum truth ask_has_include(void *ctx, const char *name, bool is_quoted, bool next)
{
	struct walk *w = ctx;
	enum truth t = TRUTH_YES;
	const struct library *lib = libraries_resolve(w->c->libraries, name, NULL, NULL);
	if (!find(w, w->dir, name, is_quoted, next))
		t = system_has(w, name);
	if (t == TRUTH_MAYBE && lib)
		t = TRUTH_NO;
	if (lib)
		note_test(w, name, t == TRUTH_YES);
	return t;
}

static struct expr_asks asks_of(struct walk *w)
{
	return (struct expr_asks){.macro = ask_macro, .has_include = ask_has_include, .ctx = w};
}

static enum truth is_defined(struct walk *w, struct macro *m)
{
	const char *body, *params, *name = macro_name(m);
	enum macro_state s = ask_macro(w, name, strlen(name), &body, &params);
	return s == MACRO_MAYBE ? TRUTH_MAYBE : s == MACRO_DEFINED ? TRUTH_YES : TRUTH_NO;
}

static enum truth condition(struct frame *f, const struct scan_item *i)
{
	struct expr_asks asks = asks_of(f->w);
	enum truth t;
	switch (i->op) {
	case SCAN_IFDEF: return is_defined(f->w, i->macro);
	case SCAN_IFNDEF:
		t = is_defined(f->w, i->macro);
		return t == TRUTH_MAYBE ? t : t == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
	case SCAN_ELSE: return TRUTH_YES;
	default: f->w->dir = f->dir; return expr_truth(scan_string(f->scan, i->text), &asks);
	}
}

static void set_macro(
	struct walk *w, const struct scan *in, const struct scan_item *i, bool uncertain)
{
	struct macro_value *v = macro_value(i->macro);
	bool fresh = v->pass != w->scanner->pass;
	v->pass = w->scanner->pass;
	if (i->op == SCAN_UNDEF) {
		v->state = uncertain ? MACRO_MAYBE : MACRO_UNDEFINED;
	} else if (!uncertain) {
		v->state = MACRO_DEFINED;
		v->in = in;
		v->item = i;
	} else if (fresh || v->state != MACRO_DEFINED) {
		v->state = MACRO_MAYBE;
	}
}

/* ---- walking ---- */

static bool walk_scan(
	struct walk *w, struct scan *scan, struct tree_dir *dir, bool uncertain, unsigned depth);

/* Where the item at index `i` jumps to: always forward. */
static size_t jump(const struct frame *f, size_t i)
{
	size_t to = f->scan->v[i].skip;
	return to > i ? to : f->scan->n;
}

/* Enters the branch that the conditional at `i` opens, or goes to the next one. Gives the next index. */
static size_t branch(struct frame *f, size_t i)
{
	struct level *l = &f->level[f->levels - 1];
	enum truth t = l->taken ? TRUTH_NO : condition(f, &f->scan->v[i]);
	if (t == TRUTH_NO)
		return jump(f, i);
	l->taken |= t == TRUTH_YES;
	f->uncertain = l->outer || l->maybe || t == TRUTH_MAYBE;
	l->maybe |= t == TRUTH_MAYBE;
	return i + 1;
}

static size_t conditional(struct frame *f, size_t i)
{
	switch (f->scan->v[i].op) {
	case SCAN_IF:
	case SCAN_IFDEF:
	case SCAN_IFNDEF:
		if (f->levels == MAX_LEVELS)
			return f->scan->n;
		f->level[f->levels++] = (struct level){.outer = f->uncertain};
		return branch(f, i);
	case SCAN_ENDIF:
		if (f->levels)
			f->uncertain = f->level[--f->levels].outer;
		return i + 1;
	default: return f->levels ? branch(f, i) : i + 1;
	}
}

static enum found resolve(
	struct frame *f, const char *name, bool is_quoted, bool next, struct tree_file **file)
{
	struct walk *w = f->w;
	*file = find(w, f->dir, name, is_quoted, next);
	if (*file)
		return FOUND_FILE;
	if (next)
		return FOUND_NOTHING;
	const struct library *lib = libraries_resolve(w->c->libraries, name, NULL, NULL);
	if (!lib || system_has(w, name) == TRUTH_YES)
		return FOUND_NOTHING;
	for (size_t i = 0; i < w->list->n; i++) {
		if (w->list->v[i].lib == lib)
			return FOUND_NOTHING;
	}
	w->missing = lib;
	w->header = xstrdup(name);
	w->from = xstrdup(w->file);
	w->uncertain = f->uncertain;
	return FOUND_MISSING;
}

static enum found resolve_computed(
	struct frame *f, const struct scan_item *i, struct tree_file **file)
{
	struct expr_asks asks = asks_of(f->w);
	char *header = expr_header(scan_string(f->scan, i->text), &asks);
	if (!header) {
		f->w->computed |= f->own;
		return FOUND_NOTHING;
	}
	bool is_quoted = *header == '"';
	header[strlen(header) - 1] = '\0';
	enum found r = resolve(f, header + 1, is_quoted, i->next, file);
	free(header);
	return r;
}

static enum found resolve_item(struct frame *f, struct scan_item *i, struct tree_file **file)
{
	if (i->form == SCAN_COMPUTED)
		return resolve_computed(f, i, file);
	if (!f->own && i->search == f->w->search->id && i->found != FOUND_MISSING) {
		*file = i->target;
		return (enum found)i->found;
	}
	enum found r =
		resolve(f, scan_string(f->scan, i->text), i->form == SCAN_QUOTED, i->next, file);
	if (!f->own) {
		i->search = f->w->search->id;
		i->found = (uint8_t)r;
		i->target = *file;
	}
	return r;
}

/* True when the walk goes on. */
static bool include(struct frame *f, struct scan_item *i)
{
	struct walk *w = f->w;
	struct tree_file *file = NULL;
	enum found r = resolve_item(f, i, &file);
	if (r == FOUND_MISSING)
		return false;
	if (r == FOUND_NOTHING || f->depth >= MAX_DEPTH)
		return true;
	if (file->pass != w->scanner->pass) {
		file->pass = w->scanner->pass;
		file->visits = 0;
	}
	if (file->visits++ >= (file->scan.once ? 1 : MAX_VISITS))
		return true;
	const char *outer = w->file;
	w->file = file->path;
	bool on = walk_scan(w, &file->scan, file->dir, f->uncertain, f->depth + 1);
	w->file = outer;
	return on;
}

static bool walk_items(struct frame *f)
{
	struct scan *s = f->scan;
	for (size_t i = 0; i < s->n;) {
		struct scan_item *item = &s->v[i];
		if (++f->w->steps > MAX_STEPS)
			return true;
		switch (item->op) {
		case SCAN_INCLUDE:
			if (!include(f, item))
				return false;
			i++;
			break;
		case SCAN_DEFINE:
		case SCAN_UNDEF:
			set_macro(f->w, s, item, f->uncertain);
			i++;
			break;
		case SCAN_LINE:
			if (f->own)
				f->w->file = scan_string(s, item->text);
			i++;
			break;
		default: i = conditional(f, i);
		}
	}
	return true;
}

static bool walk_scan(
	struct walk *w, struct scan *scan, struct tree_dir *dir, bool uncertain, unsigned depth)
{
	struct frame *f = xmalloc(sizeof *f);
	f->w = w;
	f->scan = scan;
	f->dir = dir;
	f->own = dir->root == w->sketch;
	f->uncertain = uncertain;
	f->depth = depth;
	f->levels = 0;
	bool on = walk_items(f);
	free(f);
	return on;
}

bool walk_unit(struct walk *w, struct scan *unit, struct tree_dir *dir, const char *name)
{
	w->scanner->pass++;
	w->steps = 0;
	w->missing = NULL;
	w->header = w->from = NULL;
	w->file = name;
	strv_clear(&w->tests);
	for (size_t i = 0; i < w->prologue.n; i++) {
		if (!w->as_c || !only_cxx(macro_name(w->prologue.v[i].macro)))
			set_macro(w, &w->prologue, &w->prologue.v[i], false);
	}
	return walk_scan(w, unit, dir, false, 0);
}

void walk_init(struct walk *w, const struct discover_context *c, const char *sketch_dir)
{
	struct buf text = BUF_INIT;
	*w = (struct walk){.c = c, .scanner = c->scanner};
	w->scanner->tree.epoch++;
	w->sketch = tree_private_root(&w->scanner->tree, sketch_dir);
	macro_prologue(c->arch, c->argv, &w->profile, &text);
	scan_text(&w->prologue, &w->scanner->tree.names, buf_str(&text), text.len);
	w->prologue_text = buf_detach(&text);
}

void walk_release(struct walk *w)
{
	tree_root_free(w->sketch);
	scan_release(&w->prologue);
	free(w->prologue_text);
	strv_release(&w->tests);
}
