/* pack: see pack.h. Our repository holds snapshots alone, written before the commit that names them and removed together: a commit that is there
 * is there with all it needs.
 */
#include "git/pack.h"

#include <git2.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "git/lib.h"
#include "git/repo.h"

static int add_bytes(void *data, size_t len, void *ctx)
{
	buf_add(ctx, data, len);
	return 0;
}

static int parse_id(git_oid *id, const char *hex, struct error *err)
{
	if (strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(id, hex) < 0)
		return error_set(err, "'%s' is no object id", hex);
	return 0;
}

/* A libgit2 error code. */
static int insert(
	git_packbuilder *pb, git_revwalk *walk, const git_oid *commit, const git_oid *base)
{
	int ret = git_revwalk_push(walk, commit);
	if (ret == 0 && base)
		ret = git_revwalk_hide(walk, base);
	return ret < 0 ? ret : git_packbuilder_insert_walk(pb, walk);
}

/* A libgit2 error code. */
static int build(struct buf *out, git_repository *repo, const git_oid *commit, const git_oid *base)
{
	git_packbuilder *pb = NULL;
	git_revwalk *walk = NULL;
	int ret = git_packbuilder_new(&pb, repo);
	if (ret == 0) {
		git_packbuilder_set_threads(pb, 0);
		ret = git_revwalk_new(&walk, repo);
	}
	if (ret == 0)
		ret = insert(pb, walk, commit, base);
	if (ret == 0)
		ret = git_packbuilder_foreach(pb, add_bytes, out);
	git_revwalk_free(walk);
	git_packbuilder_free(pb);
	return ret;
}

int pack_make(
	struct buf *out, const char *repo, const char *commit, const char *base, struct error *err)
{
	git_oid id, base_id;
	size_t before = out->len;
	if (parse_id(&id, commit, err) < 0 || (base && parse_id(&base_id, base, err) < 0))
		return -1;
	git_repository *r = repo_open(repo, err);
	if (!r)
		return -1;
	int ret = build(out, r, &id, base ? &base_id : NULL);
	if (ret < 0) {
		lib_error(err, "cannot pack %s of '%s'", commit, repo);
		repo_note_damaged(repo);
		if (out->data)
			buf_truncate(out, before);
	}
	git_repository_free(r);
	return ret < 0 ? -1 : 0;
}

bool pack_has(const char *repo, const char *commit)
{
	git_oid id;
	git_repository *r = NULL;
	git_commit *c = NULL;
	git_tree *tree = NULL;
	lib_init();
	if (!fs_is_dir(repo) || parse_id(&id, commit, NULL) < 0 || !(r = repo_open(repo, NULL)))
		return false;
	bool has = git_commit_lookup(&c, r, &id) == 0 && git_commit_tree(&tree, c) == 0;
	git_tree_free(tree);
	git_commit_free(c);
	git_repository_free(r);
	return has;
}
