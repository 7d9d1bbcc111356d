/* include_list: an ordered -I list with a memo of what each name resolves to. It never lists a directory: names come from what
 * was compiled before, and the file index remembers what is not there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/fileindex_internal.h"
#include "sketch/store_internal.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

struct lookup {
	UT_hash_handle hh;
	unsigned long epoch; /* of the index when this was found out */
	char *path; /* NULL: none */
	const struct file_facts *facts;
	char name[];
};

struct include_list {
	struct file_index *ix;
	struct strv dirs;
	struct lookup *memo;
	struct strv gone; /* paths that were lent out and are no longer the answer */
	struct buf path;
};

struct include_list *include_list_new(struct file_index *ix, const struct strv *dirs)
{
	struct include_list *il = xcalloc(1, sizeof *il);
	il->ix = ix;
	strv_push_all(&il->dirs, dirs);
	return il;
}

void include_list_free(struct include_list *il)
{
	struct lookup *l, *next;
	if (!il)
		return;
	HASH_ITER (hh, il->memo, l, next) {
		HASH_DEL(il->memo, l);
		free(l->path);
		free(l);
	}
	strv_release(&il->dirs);
	strv_release(&il->gone);
	buf_release(&il->path);
	free(il);
}

const struct strv *include_list_dirs(const struct include_list *il)
{
	return &il->dirs;
}

/* The n-th file of that name, counted from 0; its path in il->path. */
static const struct file_facts *search(
	struct include_list *il, const char *name, size_t len, size_t n)
{
	for (size_t i = 0; i < il->dirs.n; i++) {
		const char *dir = il->dirs.v[i];
		buf_clear(&il->path);
		if (!len || name[0] != '/') {
			buf_addstr(&il->path, dir);
			if (il->path.len && dir[il->path.len - 1] != '/')
				buf_addch(&il->path, '/');
		}
		buf_add(&il->path, name, len);
		const struct file_facts *f = file_index_get(il->ix, buf_str(&il->path));
		if (f && !(f->flags & FILE_IS_DIR) && n-- == 0)
			return f;
	}
	return NULL;
}

const struct file_facts *include_list_nth(
	struct include_list *il, const char *name, size_t len, size_t n, const char **path)
{
	const struct file_facts *f = search(il, name, len, n);
	*path = f ? buf_str(&il->path) : NULL;
	return f;
}

static void resolve(struct include_list *il, struct lookup *l)
{
	const struct file_facts *f = search(il, l->name, strlen(l->name), 0);
	l->facts = f;
	l->epoch = file_index_epoch(il->ix);
	if (f && l->path && !strcmp(l->path, buf_str(&il->path)))
		return;
	if (l->path)
		strv_push_take(&il->gone, l->path);
	l->path = f ? xstrdup(buf_str(&il->path)) : NULL;
}

const struct file_facts *include_list_lookup(
	struct include_list *il, const char *name, size_t len, const char **path)
{
	struct lookup *l = NULL;
	HASH_FIND(hh, il->memo, name, len, l);
	if (!l) {
		l = xcalloc(1, sizeof *l + len + 1);
		memcpy(l->name, name, len);
		HASH_ADD_KEYPTR(hh, il->memo, l->name, len, l);
	}
	if (l->epoch != file_index_epoch(il->ix))
		resolve(il, l);
	if (path)
		*path = l->path;
	return l->facts;
}

const char *include_list_find(struct include_list *il, const char *name)
{
	const char *path;
	include_list_lookup(il, name, strlen(name), &path);
	return path;
}

struct include_list *store_list(struct store *st, const struct strv *dirs)
{
	for (size_t i = 0; i < st->n_lists; i++)
		if (strv_equal(&st->lists[i].dirs, dirs))
			return st->lists[i].list;
	st->lists = xreallocarray(st->lists, st->n_lists + 1, sizeof *st->lists);
	struct cached_list *c = &st->lists[st->n_lists++];
	*c = (struct cached_list){.list = include_list_new(st->ix, dirs)};
	strv_push_all(&c->dirs, dirs);
	return c->list;
}
