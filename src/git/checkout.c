/* checkout: see checkout.h. A slot is a directory with: lock; src, the files; index, the stat data of what is in src; tree, the id of what src holds
 * unless one was interrupted. Nothing of it is believed but stat data, so one that was interrupted needs no cure.
 */
#include "git/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <git2/sys/repository.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/lib.h"
#include "git/names.h"
#include "git/repo.h"
#include "git/sweep.h"

struct slot {
	char *dir, *src;
	int fd; /* of the lock */
	unsigned long long bytes; /* of the files */
};

/* ---- slots ---- */

/* The hex id that stands in the slot's "tree", or something else. New string. */
static char *last_tree(const char *dir)
{
	struct buf text = BUF_INIT;
	char *file = path_join(dir, "tree");
	if (fs_exists(file))
		fs_read(file, GIT_OID_HEXSZ, &text, NULL);
	free(file);
	return buf_detach(&text);
}

static bool holds(const char *dir, const char *tree)
{
	char *last = last_tree(dir);
	bool same = !strcmp(last, tree);
	free(last);
	return same;
}

/* The lock's descriptor; -1 and no error when another process holds it, -1 and err when it cannot be had at all. */
static int lock_slot(const char *dir, struct error *err)
{
	char *lock = path_join(dir, "lock");
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		error_errno(err, "cannot open '%s'", lock);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			error_errno(err, "cannot lock '%s'", lock);
		close(fd);
		fd = -1;
	}
	free(lock);
	return fd;
}

static struct slot *slot_new(char *dir, int fd)
{
	struct slot *s = xcalloc(1, sizeof *s);
	s->dir = dir;
	s->src = path_join(dir, "src");
	s->fd = fd;
	return s;
}

/* Takes the first free one; with `tree`, only of those that hold it. NULL when there is none, with err when that is a failure. */
static struct slot *take_first(const char *dir, const char *tree, struct error *err)
{
	for (int i = 0; i < SLOT_MAX; i++) {
		struct error why = ERROR_INIT;
		char *one = xasprintf("%s/%d", dir, i);
		if (tree && !fs_is_dir(one)) {
			free(one);
			return NULL;
		}
		int fd = -1;
		if (!tree ? fs_mkdirs(one, &why) == 0 : holds(one, tree))
			fd = lock_slot(one, &why);
		if (fd >= 0)
			return slot_new(one, fd);
		free(one);
		if (*why.text && !tree) {
			error_set(err, "%s", why.text);
			return NULL;
		}
	}
	error_set(err, "all %d slots beneath '%s' are in use", SLOT_MAX, dir);
	return NULL;
}

struct slot *slot_take(const char *dir, const char *tree, struct error *err)
{
	struct slot *s = take_first(dir, tree, NULL);
	return s ? s : take_first(dir, NULL, err);
}

void slot_free(struct slot *s)
{
	if (!s)
		return;
	close(s->fd);
	free(s->dir);
	free(s->src);
	free(s);
}

/* The lock stays: another process may be about to take it. */
bool slot_discard(const char *slot)
{
	static const char *const parts[] = {"tree", "index", "src"};
	int fd = fs_is_dir(slot) ? lock_slot(slot, NULL) : -1;
	int ret = fd < 0 ? -1 : 0;
	for (size_t i = 0; ret == 0 && i < ARRAY_LEN(parts); i++) {
		char *path = path_join(slot, parts[i]);
		ret = fs_remove_tree(path, NULL);
		free(path);
	}
	if (fd >= 0)
		close(fd);
	return ret == 0;
}

const char *slot_path(const struct slot *s)
{
	return s->src;
}

unsigned long long slot_bytes(const struct slot *s)
{
	return s->bytes;
}

/* ---- what is to be there ---- */

static int check_tree(
	const git_commit *commit, const char *ref, const char *tree, struct error *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid_tostr(hex, sizeof hex, git_commit_tree_id(commit));
	return strcmp(hex, tree) == 0
		       ? 0
		       : error_set(err, "'%s' has the tree %s instead of %s", ref, hex, tree);
}

/* For git_tree_walk; ctx is a struct error. */
static int refuse_entry(const char *dir, const git_tree_entry *e, void *ctx)
{
	bool link = git_tree_entry_filemode(e) == GIT_FILEMODE_LINK;
	const char *name = git_tree_entry_name(e);
	return name_fits(name, link)
		       ? 0
		       : error_set(ctx, "git allows no such name as '%s%s'", dir, name);
}

/* libgit2 would refuse them too, but says less and only when it has begun. */
static int check_names(const git_tree *tree, const char *id, struct error *err)
{
	struct error why = ERROR_INIT;
	if (git_tree_walk(tree, GIT_TREEWALK_PRE, refuse_entry, &why) == 0)
		return 0;
	return *why.text ? error_set(err, "%s", why.text)
			 : lib_error(err, "cannot read the tree %s", id);
}

static int find_tree(
	git_tree **out, git_repository *repo, const char *ref, const char *tree, struct error *err)
{
	git_oid id;
	git_commit *commit = NULL;
	if (git_reference_name_to_id(&id, repo, ref) < 0 ||
		git_commit_lookup(&commit, repo, &id) < 0)
		return lib_error(err, "no snapshot at '%s'", ref);
	int ret = check_tree(commit, ref, tree, err);
	if (ret == 0 && git_commit_tree(out, commit) < 0)
		ret = lib_error(err, "cannot read the tree %s", tree);
	if (ret == 0)
		ret = check_names(*out, tree, err);
	git_commit_free(commit);
	return ret;
}

/* ---- checkout ---- */

/* In the repository, where it outranks every .gitattributes: by its rules libgit2 would compare other bytes than are on disk. */
static int refuse_attributes(const char *repo, struct error *err)
{
	static const char none[] = "* -text -crlf -ident -filter -eol -working-tree-encoding\n";
	char *info = path_join(repo, "info");
	char *file = path_join(info, "attributes");
	int ret = 0;
	if (!fs_exists(file) && (ret = fs_mkdirs(info, err)) == 0)
		ret = fs_write(file, none, strlen(none), err);
	free(file);
	free(info);
	return ret;
}

/* The index of the slot; an empty one when it is damaged. */
static int open_index(git_index **out, const struct slot *s, struct error *err)
{
	char *path = path_join(s->dir, "index");
	char *stale = xasprintf("%s.lock", path);
	unlink(stale); /* of one that was killed: the slot is ours */
	int ret = git_index_open(out, path);
	if (ret < 0 && unlink(path) == 0)
		ret = git_index_open(out, path);
	if (ret < 0)
		lib_error(err, "cannot open '%s'", path);
	free(stale);
	free(path);
	return ret < 0 ? -1 : 0;
}

static unsigned long long size_of(git_index *index)
{
	unsigned long long size = 0;
	for (size_t i = 0; i < git_index_entrycount(index); i++)
		size += git_index_get_byindex(index, i)->file_size;
	return size;
}

static int note_tree(const struct slot *s, const char *tree, struct error *err)
{
	char *file = path_join(s->dir, "tree");
	int ret = fs_write(file, tree, strlen(tree), err);
	free(file);
	return ret;
}

/* After the sweep all that is there has the right kind. With the tree as its own baseline libgit2 has but two questions: is the file there, and
 * is it equal; the index spares it reading most of them. A baseline of before would have it stumble over directories that became files. */
static int write_files(const struct slot *s, git_repository *repo, git_index *index, git_tree *tree,
	struct error *err)
{
	git_checkout_options opts;
	git_checkout_options_init(&opts, GIT_CHECKOUT_OPTIONS_VERSION);
	opts.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_NO_REFRESH;
	opts.disable_filters = 1;
	opts.baseline = tree;
	/* Of the index only what the tree has stays, with its stat data where the content is the same. */
	if (git_index_read_tree(index, tree) < 0 ||
		git_repository_set_workdir(repo, s->src, 0) < 0 ||
		git_repository_set_index(repo, index) < 0 ||
		git_checkout_tree(repo, (git_object *)tree, &opts) < 0)
		return lib_error(err, "cannot check out to '%s'", s->src);
	return 0;
}

static int checkout(
	struct slot *s, git_repository *repo, const char *ref, const char *id, struct error *err)
{
	git_tree *tree = NULL;
	git_index *index = NULL;
	int ret = find_tree(&tree, repo, ref, id, err);
	if (ret == 0)
		ret = fs_mkdirs(s->src, err);
	if (ret == 0)
		ret = sweep(s->src, repo, tree, err);
	if (ret == 0)
		ret = open_index(&index, s, err);
	if (ret == 0)
		ret = write_files(s, repo, index, tree, err);
	if (ret == 0) {
		s->bytes = size_of(index);
		ret = note_tree(s, id, err);
	}
	git_index_free(index);
	git_tree_free(tree);
	return ret;
}

int slot_checkout(
	struct slot *s, const char *repo, const char *ref, const char *tree, struct error *err)
{
	git_repository *r = repo_open(repo, err);
	if (!r)
		return -1;
	int ret = refuse_attributes(repo, err);
	if (ret == 0)
		ret = checkout(s, r, ref, tree, err);
	git_repository_free(r);
	return ret;
}
