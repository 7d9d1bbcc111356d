/* snapshot: see snapshot.h. files finds what goes, blobs makes a tree of each root; here the trees are put together. Author and time of the
 * commit are always the same, so that equal content has equal ids.
 */
#include "git/snapshot.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/blobs.h"
#include "git/files.h"
#include "git/lib.h"
#include "git/notes.h"
#include "git/repo.h"

/* A snapshot in the making. */
struct making {
	git_repository *repo;
	struct blobs *blobs;
	git_treebuilder *top;
	struct notes notes;
	struct strv paths, excluded; /* of all roots; of the configuration, and our repository */
};

static int open_all(struct making *m, struct snapshot *s, const char *repo, struct error *err)
{
	lib_init();
	s->hold = repo_hold(repo, err);
	if (!s->hold || !(m->repo = repo_open(repo, err)) || !(m->blobs = blobs_open(m->repo, err)))
		return -1;
	if (git_treebuilder_new(&m->top, m->repo, NULL) < 0)
		return lib_error(err, "cannot write to '%s'", repo);
	return 0;
}

static void close_all(struct making *m)
{
	git_treebuilder_free(m->top);
	blobs_free(m->blobs);
	git_repository_free(m->repo);
	strv_release(&m->notes.lines);
	strv_release(&m->paths);
	strv_release(&m->excluded);
}

/* ---- commit ---- */

static char *hex(const git_oid *id)
{
	char text[GIT_OID_HEXSZ + 1];
	return xstrdup(git_oid_tostr(text, sizeof text, id));
}

static int commit(
	struct snapshot *s, git_repository *repo, const git_oid *tree_id, struct error *err)
{
	git_signature *who = NULL;
	git_tree *tree = NULL;
	git_oid id;
	int ret = git_signature_new(&who, "boardman", "boardman@localhost", 1, 0);
	if (ret == 0)
		ret = git_tree_lookup(&tree, repo, tree_id);
	if (ret == 0)
		ret = git_commit_create(
			&id, repo, NULL, who, who, NULL, "snapshot\n", tree, 0, NULL);
	if (ret < 0) {
		ret = lib_error(err, "cannot write a commit to '%s'", git_repository_path(repo));
	} else {
		s->commit = hex(&id);
		s->tree = hex(tree_id);
	}
	git_tree_free(tree);
	git_signature_free(who);
	return ret;
}

/* Commits the tree; `ret` is how it went so far. Empties *s after a failure. */
static int finish(struct making *m, struct snapshot *s, const char *repo, const git_oid *tree,
	int ret, struct error *err)
{
	if (ret == 0)
		ret = commit(s, m->repo, tree, err);
	if (m->blobs && blobs_read(m->blobs))
		repo_note_written(repo, blobs_read(m->blobs), s->bytes);
	notes_finish(&m->notes, &s->notes);
	close_all(m);
	if (ret < 0)
		snapshot_release(s);
	return ret;
}

/* ---- roots ---- */

/* The last name of the path, of plain characters only. */
static char *dir_name(size_t i, const char *path)
{
	char *name = xasprintf("%zu-%.100s", i, path_base(path));
	for (char *p = name; *p; p++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-",
			    *p))
			*p = '_';
	}
	return name;
}

static int add_root(struct making *m, struct snapshot *s, const struct snapshot_config *c, size_t i,
	struct error *err)
{
	struct file_list list = {0};
	const struct files_config fc = {
		.root = m->paths.v[i],
		.needed = c->roots[i].needed,
		.tops = c->roots[i].tops,
		.excluded = &m->excluded,
		.inside = &m->paths,
		.max_files = c->max_files ? c->max_files : SNAPSHOT_MAX_FILES,
		.before_files = s->files,
		.max_bytes = c->max_bytes ? c->max_bytes : SNAPSHOT_MAX_BYTES,
		.before_bytes = s->bytes,
	};
	git_oid tree;
	int ret = files_find(&list, &fc, &m->notes, err);
	if (ret == 0)
		ret = blobs_tree(m->blobs, &tree, fc.root, &list, err);
	char *name = dir_name(i, fc.root);
	if (ret == 0 && git_treebuilder_insert(NULL, m->top, name, &tree, GIT_FILEMODE_TREE) < 0)
		ret = lib_error(err, "cannot add '%s'", fc.root);
	strv_push_take(&s->dirs, name);
	s->files += list.n;
	s->bytes += list.bytes;
	files_release(&list);
	return ret;
}

int snapshot_make(struct snapshot *s, const struct snapshot_config *c, struct error *err)
{
	struct making m = {0};
	git_oid tree;
	*s = (struct snapshot){0};
	if (c->n_roots > SNAPSHOT_MAX_ROOTS)
		return error_set(
			err, "%zu directories to send; at most %d", c->n_roots, SNAPSHOT_MAX_ROOTS);
	int ret = open_all(&m, s, c->repo, err);
	for (size_t i = 0; i < c->n_roots; i++)
		strv_push_take(&m.paths, path_absolute(c->roots[i].path));
	if (c->excluded)
		strv_push_all(&m.excluded, c->excluded);
	strv_push(&m.excluded, c->repo);
	for (size_t i = 0; i < c->n_roots && ret == 0; i++)
		ret = add_root(&m, s, c, i, err);
	if (ret == 0 && git_treebuilder_write(&tree, m.top) < 0)
		ret = lib_error(err, "cannot write a tree to '%s'", c->repo);
	return finish(&m, s, c->repo, &tree, ret, err);
}

void snapshot_release(struct snapshot *s)
{
	free(s->commit);
	free(s->tree);
	strv_release(&s->dirs);
	strv_release(&s->notes);
	repo_let_go(s->hold);
	*s = (struct snapshot){0};
}

/* ---- single files ---- */

static int add_one(struct making *m, struct snapshot *s, git_index *index, const char *name,
	const char *path, struct error *err)
{
	struct stat st;
	struct file f = {0};
	git_oid id = {{0}};
	char *real = path_real(path, err);
	if (!real)
		return -1;
	int ret = stat(real, &st) < 0 || !S_ISREG(st.st_mode);
	if (ret == 0) {
		file_set(&f, &st);
		ret = blobs_write(m->blobs, &id, &f, real, err);
	}
	if (ret > 0)
		ret = error_set(err, "'%s' is no file", path);
	free(real);
	const git_index_entry e = {.mode = f.mode, .id = id, .path = name};
	if (ret == 0 && git_index_add(index, &e) < 0)
		ret = lib_error(err, "cannot add '%s'", name);
	s->files++;
	s->bytes += f.size;
	return ret;
}

int snapshot_files(struct snapshot *s, const char *repo, const struct strv *names,
	const struct strv *paths, struct error *err)
{
	struct making m = {0};
	git_index *index = NULL;
	git_oid tree;
	*s = (struct snapshot){0};
	int ret = open_all(&m, s, repo, err);
	if (ret == 0 && git_index_new(&index) < 0)
		ret = lib_error(err, "cannot make an index");
	for (size_t i = 0; i < names->n && ret == 0; i++)
		ret = add_one(&m, s, index, names->v[i], paths->v[i], err);
	if (ret == 0 && git_index_write_tree_to(&tree, index, m.repo) < 0)
		ret = lib_error(err, "cannot write a tree to '%s'", repo);
	git_index_free(index);
	return finish(&m, s, repo, &tree, ret, err);
}
