/* results: see results.h. Order makes it safe: the old `done` goes first, the new one comes last. Nothing is
 * synced; after the machine went down the next run checks digests instead.
 */
#include "boss/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "boss/outtree.h"
#include "boss/record.h"
#include "common/buf.h"
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

static const char *const text_files[] = {"log", "err", "cmd", "deps", "syms"};

char *results_dir(const char *out, const char *commit, const char *board, const char *sketch,
	struct error *err)
{
	char *b = outtree_encode(NAME_BOARD, board, err);
	char *s = b ? outtree_encode(NAME_SKETCH, sketch, err) : NULL;
	char *dir = s ? xasprintf("%s/%s/%s/%s", out, commit, b, s) : NULL;
	free(b);
	free(s);
	return dir;
}

int results_check_dir(const char *out, const char *dir, struct error *err)
{
	struct stat st;
	char *path = xstrdup(dir), *end = path + strlen(out);
	int ret = 1;
	do {
		end += 1 + strcspn(end + 1, "/");
		char rest = *end;
		*end = '\0';
		if (lstat(path, &st) < 0)
			ret = errno != ENOENT;
		else if (!S_ISDIR(st.st_mode))
			ret = error_set(err,
				"'%s' is not a directory of boardman's; cure: remove it", path);
		*end = rest;
	} while (ret > 0 && *end);
	free(path);
	return ret;
}

/* ---- what is there ---- */

static bool same_digest(const char *path, const char *hex)
{
	struct digest is, want;
	return digest_parse(&want, hex) && digest_file(&is, path, NULL) == 0 &&
	       digest_equal(&is, &want);
}

static bool file_stands(const char *dir, const struct record_file *f, bool check_digest)
{
	struct stat st;
	char *path = xasprintf("%s/firmware/%s", dir, f->name);
	bool stands = stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		      (uint64_t)st.st_size == f->size &&
		      (!check_digest || same_digest(path, f->sha256));
	free(path);
	return stands;
}

/* The worker decides by the deps file, so that it must be the one of this record. Whether it is there the worker sees by itself. */
static bool deps_stand(const char *dir, const struct record *r, bool check_digest)
{
	if (!check_digest)
		return *r->deps_sha256;
	char *path = path_join(dir, "deps");
	bool stand = same_digest(path, r->deps_sha256);
	free(path);
	return stand;
}

static bool all_stands(const char *dir, const struct record *r, bool check_digests)
{
	if (!deps_stand(dir, r, check_digests))
		return false;
	for (size_t i = 0; i < r->n_files; i++)
		if (!file_stands(dir, &r->files[i], check_digests))
			return false;
	return true;
}

bool results_reusable(const char *dir, struct record *r, const struct known_rules *rules)
{
	bool good = r->verdict == VERDICT_OK ||
		    (r->verdict == VERDICT_FAILED && !rules->rebuild_failed);
	bool same_boot = *rules->boot && !strcmp(r->boot, rules->boot);
	if (!good || !r->key || r->engine != rules->engine || strcmp(r->board, rules->board) ||
		strcmp(r->sketch_dir, rules->sketch_dir) || !all_stands(dir, r, !same_boot))
		return false;
	if (!same_boot && *rules->boot) {
		free(r->boot);
		r->boot = xstrdup(rules->boot);
		results_put_record(dir, r, NULL);
	}
	return true;
}

/* ---- replacing it ---- */

static void remove_in(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	unlink(path);
	free(path);
}

void results_forget(const char *dir)
{
	remove_in(dir, "done");
}

static void remove_content(const char *dir)
{
	char *firmware = path_join(dir, "firmware");
	results_forget(dir);
	for (size_t i = 0; i < ARRAY_LEN(text_files); i++)
		remove_in(dir, text_files[i]);
	fs_remove_temporaries(dir);
	if (fs_exists(firmware))
		fs_remove_tree(firmware, NULL);
	free(firmware);
}

/* Not seen by readers before `done` is there, so written in place. */
static int put_text(const char *dir, const char *name, const struct buf *text, struct error *err)
{
	if (!text->len)
		return 0;
	char *path = path_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	int ret = fd < 0 ? -1 : fs_write_all(fd, text->data, text->len), reason = errno;
	if (fd >= 0 && close(fd) < 0 && ret == 0) {
		ret = -1;
		reason = errno;
	}
	errno = reason;
	if (ret < 0)
		error_errno(err, "cannot write '%s'", path);
	free(path);
	return ret;
}

static int put_texts(const char *dir, const struct build_result *r, struct error *err)
{
	const struct buf *const texts[] = {&r->log, &r->err, &r->cmd, &r->deps, &r->syms};
	for (size_t i = 0; i < ARRAY_LEN(text_files); i++)
		if (put_text(dir, text_files[i], texts[i], err) < 0)
			return -1;
	return 0;
}

static int make_parent(const char *path, struct error *err)
{
	char *dir = path_dir(path);
	int ret = fs_mkdirs(dir, err);
	free(dir);
	return ret;
}

static int move_file(struct artifact *a, const char *to, bool keep, struct error *err)
{
	if (keep && link(a->path, to) == 0)
		return 0;
	a->moved = !keep && rename(a->path, to) == 0;
	return a->moved ? 0 : fs_copy(a->path, to, err);
}

static int take_artifact(
	const char *dir, struct record_file *f, struct artifact *a, bool keep, struct error *err)
{
	struct digest d;
	struct stat st;
	if (!artifact_name_ok(a->name)) {
		errno = EINVAL;
		return error_set(err, "the worker gave a file the name '%s'", a->name);
	}
	char *to = xasprintf("%s/firmware/%s", dir, a->name);
	int ret = strchr(a->name, '/') ? make_parent(to, err) : 0;
	if (ret == 0)
		ret = move_file(a, to, keep, err);
	if (ret == 0 && stat(to, &st) < 0)
		ret = error_errno(err, "cannot look at '%s'", to);
	if (ret == 0 && *a->sha256 && (uint64_t)st.st_size != a->size) {
		errno = EIO;
		ret = error_set(err, "'%s' was cut short", to);
	}
	if (ret == 0 && !*a->sha256 && (ret = digest_file(&d, to, err)) == 0)
		digest_hex(&d, f->sha256);
	if (ret == 0) {
		f->name = xstrdup(a->name);
		f->size = (uint64_t)st.st_size;
		if (*a->sha256)
			memcpy(f->sha256, a->sha256, sizeof f->sha256);
	}
	free(to);
	return ret;
}

static int take_artifacts(const char *dir, struct record *rec, const struct build_result *r,
	bool keep, struct error *err)
{
	char *firmware = path_join(dir, "firmware");
	int ret = r->n_artifacts ? fs_mkdirs(firmware, err) : 0;
	rec->files = xcalloc(r->n_artifacts + 1, sizeof *rec->files);
	for (size_t i = 0; i < r->n_artifacts && ret == 0; i++) {
		ret = take_artifact(dir, &rec->files[i], &r->artifacts[i], keep, err);
		rec->n_files += ret == 0;
	}
	free(firmware);
	return ret;
}

static void fill(struct record *rec, const struct build_result *r)
{
	struct digest d;
	rec->verdict = r->verdict;
	rec->key = xstrdup(r->key);
	rec->reason = xstrdup(r->reason);
	rec->return_code = r->return_code;
	rec->warnings = r->warnings;
	rec->sizes = r->sizes;
	rec->times = r->times;
	rec->ended = time(NULL);
	strv_push_all(&rec->units, &r->units);
	strv_push_all(&rec->libraries, &r->libraries);
	if (r->deps.len) {
		digest_bytes(&d, r->deps.data, r->deps.len);
		digest_hex(&d, rec->deps_sha256);
	}
}

int results_put_record(const char *dir, const struct record *rec, struct error *err)
{
	struct buf text = BUF_INIT;
	char *path = path_join(dir, "done");
	record_print(rec, &text);
	int ret = fs_write(path, text.data, text.len, err);
	buf_release(&text);
	free(path);
	return ret;
}

int results_publish(const char *dir, struct record *rec, const struct build_result *r, bool keep,
	struct error *err)
{
	bool fresh = mkdir(dir, 0777) == 0;
	int ret = fresh ? 0 : fs_mkdirs(dir, err);
	if (ret == 0) {
		if (!fresh)
			remove_content(dir);
		fill(rec, r);
		ret = take_artifacts(dir, rec, r, keep, err);
	}
	if (ret == 0)
		ret = put_texts(dir, r, err);
	if (ret == 0)
		ret = results_put_record(dir, rec, err);
	if (ret < 0) {
		int reason = errno;
		remove_content(dir);
		errno = reason;
	}
	return ret;
}
