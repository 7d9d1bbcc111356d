/* reach: see reach.h. A queue of files, each read once: what it names adds libraries, and those add their files. Names that lead to
 * another file beside it, or in the same library, are followed too, so that it does not matter how a library spreads its files.
 */
#include "sketch/reach.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/file_scan.h"
#include "sketch/include_scan.h"
#include "sketch/library_internal.h"
#include "sketch/source.h"

enum { MAX_DEPTH = 64 };

/* A library that could be reached. */
struct candidate {
	struct library_entry *entry;
	struct strv places;
	bool given, installed, reached;
};

/* Those that offer a header. */
struct offer {
	struct candidate **v;
	size_t n, cap;
};

/* A text to read, and the directories where its includes may find others of the same owner. */
struct text {
	char *path;
	const char *dirs[2]; /* the second may be NULL */
};

struct closure {
	struct candidate **v;
	size_t n, cap;
	struct strmap dirs; /* real path -> struct candidate */
	struct strmap headers; /* name -> struct offer */
	struct strmap asked; /* names that were looked up */
	struct strmap seen; /* paths of files: queued, or not there */
	struct strmap walked; /* real paths of directories */
	struct strv folders; /* the same of folders of libraries */
	struct text *queue;
	size_t next, queued, queue_cap;
	struct strv lent; /* what `dirs` of texts point to */
	struct macro_table macros;
	struct error *err;
};

static bool first_time(struct strmap *set, const char *name)
{
	static char mark;
	if (strmap_get(set, name))
		return false;
	strmap_set(set, name, &mark);
	return true;
}

/* ---- which libraries there are ---- */

static void free_candidate(void *p)
{
	struct candidate *c = p;
	library_entry_free(c->entry);
	strv_release(&c->places);
	free(c);
}

static void free_offer(void *p)
{
	struct offer *o = p;
	free(o->v);
	free(o);
}

static void add_candidate(struct closure *x, struct candidate *c)
{
	const struct strv *headers = &c->entry->headers;
	GROW(x->v, x->n, x->cap);
	x->v[x->n++] = c;
	strmap_set(&x->dirs, c->entry->lib.dir, c);
	for (size_t i = 0; i < headers->n; i++) {
		struct offer *o = strmap_get(&x->headers, headers->v[i]);
		if (!o) {
			o = xcalloc(1, sizeof *o);
			strmap_set(&x->headers, headers->v[i], o);
		}
		GROW(o->v, o->n, o->cap);
		o->v[o->n++] = c;
	}
}

/* The library at `path`, new or known; NULL when there is none. */
static struct candidate *find_library(struct closure *x, const char *path, const char *folder)
{
	char *real = path_real(path, NULL);
	struct candidate *c = real ? strmap_get(&x->dirs, real) : NULL;
	struct library_entry *e;
	if (real && !c && library_load(real, folder, LIBRARY_USER, &e, NULL) == LIBRARY_LOADED) {
		c = xcalloc(1, sizeof *c);
		c->entry = e;
		add_candidate(x, c);
	}
	free(real);
	return c;
}

static void find_given(struct closure *x, const struct strv *dirs)
{
	for (size_t i = 0; dirs && i < dirs->n; i++) {
		struct candidate *c = find_library(x, dirs->v[i], path_base(dirs->v[i]));
		if (c)
			c->given = true;
	}
}

static void find_in(struct closure *x, const char *folder, bool installed)
{
	struct fs_list l;
	char *real = path_real(folder, NULL);
	if (!real || !strv_push_unique(&x->folders, real) || fs_list(real, &l, NULL) < 0) {
		free(real);
		return;
	}
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].type != 'd' || l.v[i].name[0] == '.')
			continue;
		char *path = path_join(real, l.v[i].name);
		size_t before = x->n;
		struct candidate *c = find_library(x, path, l.v[i].name);
		if (c && installed)
			c->installed = x->n > before;
		else if (c)
			strv_push_unique(&c->places, path);
		free(path);
	}
	fs_list_release(&l);
	free(real);
}

static void find_libraries(struct closure *x, const struct reach_search *s)
{
	find_given(x, s->given);
	for (size_t i = 0; s->folders && i < s->folders->n; i++)
		find_in(x, s->folders->v[i], false);
	for (size_t i = 0; s->installed && i < s->installed->n; i++)
		find_in(x, s->installed->v[i], true);
}

/* ---- which files are read ---- */

/* Takes `path`. */
static int queue_file(struct closure *x, char *path, const char *const dirs[2])
{
	if (!first_time(&x->seen, path)) {
		free(path);
		return 0;
	}
	if (x->queued >= REACH_MAX_FILES) {
		error_set(x->err,
			"the sketches can reach more than %d source files, with '%s'; cure: build "
			"fewer at once",
			REACH_MAX_FILES, path);
		free(path);
		return -1;
	}
	GROW(x->queue, x->queued, x->queue_cap);
	x->queue[x->queued++] = (struct text){path, {dirs[0], dirs[1]}};
	return 0;
}

static bool is_text(const char *name)
{
	static const char *const exts[] = {".h", ".hpp", ".hh", ".hxx", ".c", ".cpp", ".cc", ".cxx",
		".S", ".inc", ".inl", ".ipp", ".tpp"};
	const char *ext = path_ext(name);
	for (size_t i = 0; i < ARRAY_LEN(exts); i++)
		if (!strcmp(ext, exts[i]))
			return true;
	return false;
}

/* Queues what lies in `dir`, and with `depth` below it; each real directory once. */
static int queue_dir(struct closure *x, const char *dir, int depth, const char *const dirs[2])
{
	struct fs_list l;
	int ret = 0;
	char *real = path_real(dir, NULL);
	bool go = real && first_time(&x->walked, real) && fs_list(dir, &l, NULL) == 0;
	free(real);
	if (!go)
		return 0;
	for (size_t i = 0; ret == 0 && i < l.n; i++) {
		const char *name = l.v[i].name;
		char *path = path_join(dir, name);
		if (l.v[i].type == 'f' && is_text(name)) {
			ret = queue_file(x, path, dirs);
			continue;
		}
		if (l.v[i].type == 'd' && name[0] != '.' && depth)
			ret = queue_dir(x, path, depth - 1, dirs);
		free(path);
	}
	fs_list_release(&l);
	return ret;
}

static int queue_sketch(struct closure *x, const char *dir)
{
	struct sketch s;
	if (sketch_load(&s, dir, NULL) < 0)
		return 0;
	strv_push(&x->lent, s.dir);
	const char *dirs[2] = {x->lent.v[x->lent.n - 1]};
	const struct strv *lists[] = {&s.ino, &s.sources, &s.others};
	int ret = 0;
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; ret == 0 && i < lists[k]->n; i++)
			ret = queue_file(x, path_join(s.dir, lists[k]->v[i]), dirs);
	sketch_release(&s);
	return ret;
}

static int queue_library_files(struct closure *x, const struct library *lib)
{
	const char *dirs[2] = {lib->src_dir, lib->utility_dir};
	int ret = queue_dir(x, lib->src_dir, lib->recursive ? MAX_DEPTH : 0, dirs);
	if (ret == 0 && lib->utility_dir)
		ret = queue_dir(x, lib->utility_dir, 0, dirs);
	return ret;
}

static int queue_first(struct closure *x, const struct reach_search *s)
{
	int ret = 0;
	for (size_t i = 0; ret == 0 && s->sketches && i < s->sketches->n; i++)
		ret = queue_sketch(x, s->sketches->v[i]);
	for (size_t i = 0; ret == 0 && s->sources && i < s->sources->n; i++) {
		strv_push(&x->lent, s->sources->v[i]);
		const char *dirs[2] = {x->lent.v[x->lent.n - 1]};
		ret = queue_dir(x, dirs[0], MAX_DEPTH, dirs);
	}
	return ret;
}

/* ---- what they reach ---- */

static int reach_library(struct closure *x, struct candidate *c);

/* It names libraries, by name or folder. */
static int reach_depends(struct closure *x, const struct strv *names)
{
	int ret = 0;
	for (size_t i = 0; i < names->n; i++) {
		for (size_t k = 0; ret == 0 && k < x->n; k++) {
			const struct library *lib = &x->v[k]->entry->lib;
			if (!strcmp(lib->name, names->v[i]) || !strcmp(lib->folder, names->v[i]))
				ret = reach_library(x, x->v[k]);
		}
	}
	return ret;
}

static int reach_library(struct closure *x, struct candidate *c)
{
	if (c->reached)
		return 0;
	c->reached = true;
	if (queue_library_files(x, &c->entry->lib) < 0)
		return -1;
	return reach_depends(x, &c->entry->lib.depends);
}

/* "dir/x.h" brings in no library but one that was given; cf. libraries_resolve. */
static int reach_inner(struct closure *x, const char *name)
{
	int ret = 0;
	for (size_t i = 0; ret == 0 && i < x->n; i++) {
		if (!x->v[i]->given || x->v[i]->reached)
			continue;
		char *path = path_join(x->v[i]->entry->lib.src_dir, name);
		if (fs_is_file(path))
			ret = reach_library(x, x->v[i]);
		free(path);
	}
	return ret;
}

static int reach_name(struct closure *x, const char *name)
{
	const struct offer *o = strmap_get(&x->headers, name);
	int ret = 0;
	if (!first_time(&x->asked, name))
		return 0;
	for (size_t i = 0; ret == 0 && o && i < o->n; i++)
		ret = reach_library(x, o->v[i]);
	if (ret == 0 && !o && strchr(name, '/') && name[0] != '/')
		ret = reach_inner(x, name);
	return ret;
}

/* A library into which another reaches by path is used as well. */
static int reach_owner(struct closure *x, const char *path)
{
	struct candidate *c = NULL;
	for (size_t len = strlen(path); len && !c; len--)
		if (path[len] == '/')
			c = strmap_getn(&x->dirs, path, len);
	return c ? reach_library(x, c) : 0;
}

/* `dir` is NULL or a directory where the name may lead to a file. */
static int follow_in(
	struct closure *x, const char *dir, const char *name, const char *const dirs[2])
{
	if (!dir)
		return 0;
	char *joined = path_join(dir, name), *path = path_absolute(joined);
	int ret = 0;
	free(joined);
	if (strmap_get(&x->seen, path)) {
		free(path);
	} else if (!fs_is_file(path)) {
		first_time(&x->seen, path);
		free(path);
	} else {
		if (!path_beneath(path, dirs[0]))
			ret = reach_owner(x, path);
		ret = queue_file(x, path, dirs) < 0 ? -1 : ret;
	}
	return ret;
}

static int on_name(struct closure *x, const struct text *t, const char *dir, const char *name)
{
	if (!*name)
		return 0;
	if (reach_name(x, name) < 0)
		return -1;
	if (follow_in(x, dir, name, t->dirs) < 0 || follow_in(x, t->dirs[0], name, t->dirs) < 0)
		return -1;
	return follow_in(x, t->dirs[1], name, t->dirs);
}

/* A macro whose body is a header name may stand in an #include. */
static int on_define(struct closure *x, const struct text *t, const char *dir, const char *body)
{
	char close = *body == '<' ? '>' : '"';
	const char *end = *body == '<' || *body == '"' ? strchr(body + 1, close) : NULL;
	if (!end || end[1])
		return 0;
	char *name = xstrndup(body + 1, (size_t)(end - body - 1));
	int ret = on_name(x, t, dir, name);
	free(name);
	return ret;
}

static int read_items(struct closure *x, const struct text *t, const char *dir, struct scan *s)
{
	int ret = 0;
	for (size_t i = 0; ret == 0 && i < s->n; i++) {
		const struct scan_item *item = &s->v[i];
		if (item->op == SCAN_INCLUDE && item->form != SCAN_COMPUTED)
			ret = on_name(x, t, dir, scan_string(s, item->text));
		else if (item->op == SCAN_DEFINE && !item->function)
			ret = on_define(x, t, dir, scan_string(s, item->text));
	}
	return ret;
}

static int read_tests(
	struct closure *x, const struct text *t, const char *dir, const struct buf *text)
{
	struct header_names names;
	int ret = 0;
	if (!memmem(buf_str(text), text->len, "__has_include", 13))
		return 0;
	file_scan_names(buf_str(text), text->len, &names);
	for (size_t i = 0; ret == 0 && i < names.tested.n; i++)
		ret = on_name(x, t, dir, names.tested.v[i] + 1);
	header_names_release(&names);
	return ret;
}

static int read_text(struct closure *x, const struct text *t)
{
	struct buf text = BUF_INIT;
	struct scan s = {0};
	char *dir = path_dir(t->path);
	int ret = 0;
	if (fs_read(t->path, REACH_MAX_FILE_BYTES, &text, NULL) == 0) {
		scan_text(&s, &x->macros, buf_str(&text), text.len);
		ret = read_items(x, t, dir, &s);
		if (ret == 0)
			ret = read_tests(x, t, dir, &text);
	}
	scan_release(&s);
	buf_release(&text);
	free(dir);
	return ret;
}

/* ---- the whole ---- */

static void tell(const struct closure *x, struct reach *r)
{
	for (size_t i = 0; i < x->n; i++) {
		struct candidate *c = x->v[i];
		if (!c->reached || c->installed)
			continue;
		GROW(r->v, r->n, r->cap);
		r->v[r->n++] = (struct reached_library){
			xstrdup(c->entry->lib.dir), c->entry->lib.recursive, c->places};
		c->places = (struct strv)STRV_INIT;
	}
	r->files = x->queued;
}

static void closure_release(struct closure *x)
{
	for (size_t i = 0; i < x->queued; i++)
		free(x->queue[i].path);
	for (size_t i = 0; i < x->n; i++)
		free_candidate(x->v[i]);
	free(x->queue);
	free(x->v);
	strmap_release(&x->dirs);
	strmap_release(&x->headers);
	strmap_release(&x->asked);
	strmap_release(&x->seen);
	strmap_release(&x->walked);
	strv_release(&x->folders);
	strv_release(&x->lent);
	macro_table_release(&x->macros);
}

int reach_find(struct reach *r, const struct reach_search *s, struct error *err)
{
	struct closure x = {.headers = STRMAP_INIT(free_offer), .err = err};
	*r = (struct reach){0};
	find_libraries(&x, s);
	int ret = queue_first(&x, s);
	while (ret == 0 && x.next < x.queued) {
		struct text t = x.queue[x.next++]; /* the queue may move */
		ret = read_text(&x, &t);
	}
	if (ret == 0)
		tell(&x, r);
	closure_release(&x);
	return ret;
}

void reach_release(struct reach *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].dir);
		strv_release(&r->v[i].places);
	}
	free(r->v);
	*r = (struct reach){0};
}
