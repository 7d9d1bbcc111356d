/* include_tree: see include_tree.h. A directory that cannot be read is an empty one, a file over the limit has no includes: both
 * only make a prediction worse.
 */
#include "sketch/include_tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"

enum { MAX_FILE = 8 << 20, RACY_MS = 100 };

struct tree_entry {
	char type; /* as fs_list's */
	bool seen; /* by the listing under way */
	struct tree_dir *dir;
	struct tree_file *file;
};

static long long ms_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000LL + (to->tv_nsec - from->tv_nsec) / 1000000;
}

static bool stamp_of(const char *path, struct tree_stamp *s)
{
	struct stat st;
	struct timespec now;
	if (stat(path, &st) < 0) {
		*s = (struct tree_stamp){0};
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	*s = (struct tree_stamp){.dev = st.st_dev,
		.ino = st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime = st.st_mtim,
		.ctime = st.st_ctim};
	s->racy =
		ms_between(&st.st_mtim, &now) < RACY_MS || ms_between(&st.st_ctim, &now) < RACY_MS;
	return true;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_stamp(const struct tree_stamp *a, const struct tree_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

static uint64_t sum_of(const char *p, size_t n)
{
	uint64_t h = 14695981039346656037ULL;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211ULL;
	return h;
}

/* Reads and scans; true when the content is another than before. */
static bool load_file(struct tree *t, struct tree_file *f)
{
	struct buf text = BUF_INIT;
	if (t->files)
		file_index_get(t->files, f->path);
	stamp_of(f->path, &f->stamp);
	fs_read(f->path, MAX_FILE, &text, NULL);
	uint64_t sum = sum_of(text.data, text.len);
	bool other = !f->loaded || sum != f->sum;
	if (other)
		scan_text(&f->scan, &t->names, buf_str(&text), text.len);
	f->loaded = true;
	f->sum = sum;
	t->scanned++;
	buf_release(&text);
	return other;
}

static struct tree_dir *new_dir(struct tree_root *r, struct tree_dir *parent, char *path)
{
	struct tree_dir *d = xcalloc(1, sizeof *d);
	d->path = path;
	d->root = r;
	d->parent = parent;
	d->entries = (struct strmap)STRMAP_INIT(free);
	GROW(r->dirs, r->n_dirs, r->cap_dirs);
	r->dirs[r->n_dirs++] = d;
	return d;
}

static void kill_entry(struct tree_entry *e)
{
	if (e->dir)
		e->dir->dead = true;
	if (e->file)
		e->file->dead = true;
}

static bool note_entry(struct tree_dir *d, const struct fs_entry *from)
{
	struct tree_entry *e = strmap_get(&d->entries, from->name);
	bool other = !e || e->type != from->type;
	if (e && other)
		kill_entry(e);
	if (other) {
		e = xcalloc(1, sizeof *e);
		e->type = from->type;
		strmap_set(&d->entries, from->name, e);
	}
	e->seen = true;
	return other;
}

static bool drop_unseen(struct tree_dir *d)
{
	struct strv gone = STRV_INIT;
	for (struct strmap_entry *i = strmap_first(&d->entries); i; i = strmap_next(i)) {
		struct tree_entry *e = strmap_value(i);
		if (!e->seen) {
			kill_entry(e);
			strv_push(&gone, strmap_key(i));
		}
		e->seen = false;
	}
	for (size_t i = 0; i < gone.n; i++)
		strmap_del(&d->entries, gone.v[i]);
	bool any = gone.n > 0;
	strv_release(&gone);
	return any;
}

/* True when names or types are others than before. */
static bool load_dir(struct tree_dir *d)
{
	struct fs_list l = {0};
	bool other = false;
	stamp_of(d->path, &d->stamp);
	if (fs_list(d->path, &l, NULL) < 0)
		l = (struct fs_list){0};
	for (size_t i = 0; i < l.n; i++)
		other |= note_entry(d, &l.v[i]);
	fs_list_release(&l);
	return drop_unseen(d) || other;
}

/* A dead directory's entries are dead too. */
static bool check_dir(struct tree_dir *d)
{
	struct tree_stamp now;
	if (d->dead)
		return drop_unseen(d);
	if (stamp_of(d->path, &now) && same_stamp(&now, &d->stamp) && !d->stamp.racy)
		return false;
	return load_dir(d);
}

static bool check_file(struct tree *t, struct tree_file *f)
{
	struct tree_stamp now;
	if (f->dead)
		return false;
	if (stamp_of(f->path, &now) && same_stamp(&now, &f->stamp) && !f->stamp.racy)
		return false;
	return load_file(t, f);
}

static void check_root(struct tree *t, struct tree_root *r)
{
	bool changed = false;
	if (r->epoch == t->epoch)
		return;
	r->epoch = t->epoch;
	if (!r->top && fs_is_dir(r->path)) {
		r->top = new_dir(r, NULL, xstrdup(r->path));
		changed = load_dir(r->top);
	}
	for (size_t i = 0; i < r->n_dirs; i++)
		changed |= check_dir(r->dirs[i]);
	for (size_t i = 0; i < r->n_files; i++)
		changed |= check_file(t, r->files[i]);
	r->version += changed;
}

static void free_root(void *p)
{
	tree_root_free(p);
}

void tree_init(struct tree *t)
{
	*t = (struct tree){.roots = STRMAP_INIT(free_root)};
}

void tree_release(struct tree *t)
{
	strmap_release(&t->roots);
	macro_table_release(&t->names);
}

static struct tree_root *new_root(const char *path)
{
	struct tree_root *r = xcalloc(1, sizeof *r);
	r->path = xstrdup(path);
	r->epoch = UINT64_MAX;
	return r;
}

struct tree_root *tree_root(struct tree *t, const char *path)
{
	struct tree_root *r = strmap_get(&t->roots, path);
	if (!r) {
		r = new_root(path);
		strmap_set(&t->roots, path, r);
	}
	check_root(t, r);
	return r;
}

struct tree_root *tree_private_root(struct tree *t, const char *path)
{
	struct tree_root *r = new_root(path);
	r->closed = true;
	check_root(t, r);
	return r;
}

void tree_root_free(struct tree_root *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_dirs; i++) {
		free(r->dirs[i]->path);
		strmap_release(&r->dirs[i]->entries);
		free(r->dirs[i]);
	}
	for (size_t i = 0; i < r->n_files; i++) {
		free(r->files[i]->path);
		scan_release(&r->files[i]->scan);
		free(r->files[i]);
	}
	free(r->dirs);
	free(r->files);
	free(r->path);
	free(r);
}

static struct tree_dir *parent_of(struct tree *t, struct tree_dir *d)
{
	if (d->parent || d->root->closed || strcmp(d->path, "/") == 0)
		return d->parent;
	char *up = path_dir(d->path);
	struct tree_root *r = tree_root(t, up);
	free(up);
	return r->top;
}

static struct tree_dir *child(struct tree *t, struct tree_dir *d, const char *name, size_t len)
{
	if (len == 0 || (len == 1 && name[0] == '.'))
		return d;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return parent_of(t, d);
	struct tree_entry *e = strmap_getn(&d->entries, name, len);
	if (!e || e->type != 'd')
		return NULL;
	if (!e->dir) {
		e->dir = new_dir(d->root, d, xasprintf("%s/%.*s", d->path, (int)len, name));
		load_dir(e->dir);
	}
	return e->dir;
}

struct tree_dir *tree_dir_at(struct tree *t, struct tree_root *r, const char *path)
{
	struct tree_dir *d = r->top;
	if (!path_beneath(path, r->path))
		return NULL;
	for (const char *p = path + strlen(r->path); d && *p;) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		d = child(t, d, p, n);
		p += n;
	}
	return d;
}

static struct tree_file *file_in(struct tree *t, struct tree_dir *d, const char *name)
{
	struct tree_entry *e = strmap_get(&d->entries, name);
	if (!e || e->type != 'f')
		return NULL;
	if (e->file)
		return e->file;
	struct tree_file *f = e->file = xcalloc(1, sizeof *f);
	f->path = xasprintf("%s/%s", d->path, name);
	f->dir = d;
	GROW(d->root->files, d->root->n_files, d->root->cap_files);
	d->root->files[d->root->n_files++] = f;
	load_file(t, f);
	return f;
}

struct tree_file *tree_find(struct tree *t, struct tree_dir *dir, const char *name)
{
	if (name[0] == '/')
		dir = tree_root(t, "/")->top;
	while (dir) {
		name += strspn(name, "/");
		size_t n = strcspn(name, "/");
		if (!name[n])
			return n ? file_in(t, dir, name) : NULL;
		dir = child(t, dir, name, n);
		name += n;
	}
	return NULL;
}
