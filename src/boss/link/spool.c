/* spool: see spool.h. Files are called JOB.ATTEMPT.N; texts stay in memory while they are short. */
#include "boss/link/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "wire/message.h"

#define MAX_HEAD (256u << 10) /* bytes of a text that are kept in memory */

struct file {
	char *name, *path; /* path: NULL while it is all in `head` */
	struct buf head; /* a short text */
	uint64_t size;
	uint32_t seq; /* expected next */
	struct digester *digester; /* NULL once finished */
	struct digest digest;
	const struct artifact *listed; /* in the result; NULL not yet */
};

enum { N_TEXTS = 5 };

struct attempt {
	uint32_t job, attempt;
	struct buf texts[N_TEXTS]; /* once complete */
	struct artifact *artifacts;
	struct file *files;
	size_t n, cap;
	int fd; /* of the last file, while it grows; -1 */
	uint64_t bytes;
	struct attempt *prev, *next;
};

struct spool {
	char *dir;
	struct attempt *attempts;
	bool broken; /* our disk did not take all */
};

static const struct {
	const char *name;
	size_t offset; /* of the text in a build_result */
} texts[N_TEXTS] = {
	{"log", offsetof(struct build_result, log)},
	{"err", offsetof(struct build_result, err)},
	{"cmd", offsetof(struct build_result, cmd)},
	{"deps", offsetof(struct build_result, deps)},
	{"syms", offsetof(struct build_result, syms)},
};

/* The place of a text's name; ARRAY_LEN(texts) for other names. */
static size_t text_of(const char *name)
{
	size_t i = 0;
	while (i < ARRAY_LEN(texts) && strcmp(texts[i].name, name) != 0)
		i++;
	return i;
}

/* ---- attempts ---- */

static struct attempt *find(const struct spool *s, uint32_t job, uint32_t attempt)
{
	struct attempt *a;
	DL_FOREACH (s->attempts, a)
		if (a->job == job && a->attempt == attempt)
			return a;
	return NULL;
}

static void end_file(struct spool *s, struct attempt *a)
{
	struct file *f = a->n ? &a->files[a->n - 1] : NULL;
	if (a->fd >= 0 && close(a->fd) < 0)
		s->broken = true; /* a network's disk says so late */
	a->fd = -1;
	if (!f || !f->digester)
		return;
	digester_finish(f->digester, &f->digest);
	digester_free(f->digester);
	f->digester = NULL;
}

static void attempt_free(struct spool *s, struct attempt *a)
{
	end_file(s, a);
	for (size_t i = 0; i < a->n; i++) {
		struct file *f = &a->files[i];
		if (f->path && !(f->listed && f->listed->moved))
			unlink(f->path);
		buf_release(&f->head);
		free(f->name);
		free(f->path);
	}
	for (size_t i = 0; i < N_TEXTS; i++)
		buf_release(&a->texts[i]);
	free(a->artifacts);
	free(a->files);
	free(a);
}

void spool_expect(struct spool *s, uint32_t job, uint32_t attempt)
{
	struct attempt *a = xcalloc(1, sizeof *a);
	a->job = job;
	a->attempt = attempt;
	a->fd = -1;
	DL_APPEND(s->attempts, a);
}

void spool_drop(struct spool *s, uint32_t job, uint32_t attempt)
{
	struct attempt *a = find(s, job, attempt);
	if (!a)
		return;
	DL_DELETE(s->attempts, a);
	attempt_free(s, a);
}

/* ---- pieces ---- */

static bool name_ok(const char *name)
{
	return text_of(name) < ARRAY_LEN(texts) || artifact_name_ok(name);
}

static int begin_file(
	struct spool *s, struct attempt *a, const struct artifact_piece *p, struct error *err)
{
	end_file(s, a);
	for (size_t i = 0; i < a->n; i++)
		if (path_beneath(a->files[i].name, p->name) ||
			path_beneath(p->name, a->files[i].name))
			return error_set(err, "the worker sent '%s' twice", p->name);
	if (!name_ok(p->name))
		return error_set(err, "the worker gave a file the name '%s'", p->name);
	if (p->seq || a->n == WIRE_MAX_ARTIFACTS)
		return error_set(err, "the worker sent files out of order");
	GROW(a->files, a->n, a->cap);
	a->files[a->n++] = (struct file){.name = xstrdup(p->name), .digester = digester_new()};
	return 0;
}

static int write_all(const struct file *f, int fd, const char *data, size_t len, struct error *err)
{
	return fs_write_all(fd, data, len) < 0 ? error_errno(err, "cannot write '%s'", f->path) : 0;
}

static int make_file(struct spool *s, struct attempt *a, struct file *f, struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	f->path = xasprintf("%s/%u.%u.%zu", s->dir, a->job, a->attempt, a->n - 1);
	a->fd = open(f->path, flags, 0666);
	if (a->fd < 0 && errno == ENOENT && fs_mkdirs(s->dir, err) == 0)
		a->fd = open(f->path, flags, 0666);
	return a->fd < 0 ? error_errno(err, "cannot make '%s'", f->path) : 0;
}

static int put(struct spool *s, struct attempt *a, struct file *f, const struct artifact_piece *p,
	struct error *err)
{
	if (!f->path && (make_file(s, a, f, err) < 0 ||
				write_all(f, a->fd, f->head.data, f->head.len, err) < 0))
		return -1;
	return write_all(f, a->fd, p->data, p->len, err);
}

/* A text goes to the disk when it becomes long, anything else at once. */
static int store(struct spool *s, struct attempt *a, struct file *f, const struct artifact_piece *p,
	struct error *err)
{
	if (!f->path && text_of(f->name) < ARRAY_LEN(texts) && f->size <= MAX_HEAD) {
		buf_add(&f->head, p->data, p->len);
		return 0;
	}
	int ret = put(s, a, f, p, err);
	s->broken |= ret < 0;
	return ret;
}

bool spool_is_broken(const struct spool *s)
{
	return s->broken;
}

int spool_piece(struct spool *s, const struct artifact_piece *p, struct error *err)
{
	struct attempt *a = find(s, p->job, p->attempt);
	if (!a)
		return 0; /* of an attempt that was given up: it may be on its way for a while */
	struct file *f = a->n ? &a->files[a->n - 1] : NULL;
	if (!f || !f->digester || strcmp(f->name, p->name) != 0) {
		if (begin_file(s, a, p, err) < 0)
			return -1;
		f = &a->files[a->n - 1];
	}
	uint64_t most = text_of(p->name) < ARRAY_LEN(texts) ? WIRE_MAX_LONG_TEXT : SPOOL_MAX_FILE;
	if (p->seq != f->seq++)
		return error_set(err, "the worker sent pieces of '%s' out of order", p->name);
	if (f->size + p->len > most || a->bytes + p->len > SPOOL_MAX_JOB)
		return error_set(err, "the worker sent too much of '%s'", p->name);
	f->size += p->len;
	a->bytes += p->len;
	digester_add(f->digester, p->data, p->len);
	return store(s, a, f, p, err);
}

/* ---- completing ---- */

static struct file *file_of(const struct attempt *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->files[i].name, name))
			return &a->files[i];
	return NULL;
}

static int complete_texts(struct attempt *a, struct build_result *out, struct error *err)
{
	for (size_t i = 0; i < N_TEXTS; i++) {
		const struct file *f = file_of(a, texts[i].name);
		if (!f)
			continue;
		buf_clear(&a->texts[i]);
		if (!f->path)
			buf_add(&a->texts[i], f->head.data, f->head.len);
		else if (fs_read(f->path, WIRE_MAX_LONG_TEXT, &a->texts[i], err) < 0)
			return -1;
		*(struct buf *)((char *)out + texts[i].offset) = a->texts[i];
	}
	return 0;
}

static int complete_artifact(const struct attempt *a, struct artifact *to, struct error *err)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct file *f = file_of(a, to->name);
	if (!f || f->size != to->size || strcmp(digest_hex(&f->digest, hex), to->sha256) != 0)
		return error_set(err, "'%s' is not what the worker said it sent", to->name);
	if (f->listed || text_of(to->name) < ARRAY_LEN(texts))
		return error_set(err, "the worker said that it sent '%s' twice", to->name);
	f->listed = to;
	to->path = f->path;
	return 0;
}

static int complete_artifacts(struct attempt *a, const struct build_result *r, struct error *err)
{
	for (size_t i = 0; i < a->n; i++)
		a->files[i].listed = NULL;
	free(a->artifacts);
	a->artifacts = xcalloc(r->n_artifacts + 1, sizeof *a->artifacts);
	for (size_t i = 0; i < r->n_artifacts; i++) {
		a->artifacts[i] = r->artifacts[i];
		if (complete_artifact(a, &a->artifacts[i], err) < 0)
			return -1;
	}
	return 0;
}

int spool_complete(
	struct spool *s, const struct build_result *r, struct build_result *out, struct error *err)
{
	struct attempt *a = find(s, r->job, r->attempt);
	*out = *r;
	if (!a)
		return 0; /* a late one: nobody will look at it */
	end_file(s, a);
	if (s->broken)
		return error_set(err, "cannot write all of '%s'", s->dir);
	if (complete_texts(a, out, err) < 0) {
		s->broken = true;
		return -1;
	}
	int ret = complete_artifacts(a, r, err);
	out->artifacts = a->artifacts;
	return ret;
}

/* ---- life ---- */

struct spool *spool_new(const char *dir)
{
	struct spool *s = xcalloc(1, sizeof *s);
	s->dir = xstrdup(dir);
	return s;
}

void spool_free(struct spool *s)
{
	struct attempt *a, *next;
	if (!s)
		return;
	DL_FOREACH_SAFE(s->attempts, a, next)
	{
		DL_DELETE(s->attempts, a);
		attempt_free(s, a);
	}
	if (s->dir)
		rmdir(s->dir);
	free(s->dir);
	free(s);
}
