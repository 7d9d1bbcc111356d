/* outtree: see outtree.h. It never empties or adopts a directory that it did not make.
 */
#include "boss/outtree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/utf8.h"
#include "common/xalloc.h"
#include "git/worktree.h"

#define LONGEST_NAME 255
#define TAG_FILE "CACHEDIR.TAG"
#define LOCK_FILE ".lock"

/* The first line is the standard's. */
static const char tag[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
			  "# Made by boardman: results of builds. Backups may leave it out.\n";

struct outtree {
	char *path;
	int lock;
};

/* ---- names ---- */

static const struct {
	char from, to;
	bool dots; /* a dot may stand inside a part */
} rule[] = {
	[NAME_BOARD] = {':', '.', false},
	[NAME_SKETCH] = {'/', '+', true},
};

static bool stays(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_=,@-", c));
}

static void encode_byte(enum name_kind kind, const char *text, const char *p, struct buf *out)
{
	bool inside = p > text && p[-1] != rule[kind].from;
	/* No name begins with a dot, whatever the text. */
	if (*p == rule[kind].from && (p > text || rule[kind].to != '.'))
		buf_addch(out, rule[kind].to);
	else if (stays(*p) || (*p == '.' && rule[kind].dots && inside))
		buf_addch(out, *p);
	else
		buf_addf(out, "%%%02X", (unsigned char)*p);
}

char *outtree_encode(enum name_kind kind, const char *text, struct error *err)
{
	struct buf out = BUF_INIT;
	size_t len = strlen(text);
	if (!len || !utf8_valid(text, len)) {
		error_set(err, len ? "name '%s' is not UTF-8" : "name '%s' is empty", text);
		return NULL;
	}
	for (const char *p = text; *p; p++)
		encode_byte(kind, text, p, &out);
	if (out.len > LONGEST_NAME) {
		error_set(err, "name '%s' is too long for the output directory", text);
		buf_release(&out);
		return NULL;
	}
	return buf_detach(&out);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF", *p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

char *outtree_decode(enum name_kind kind, const char *name)
{
	struct buf out = BUF_INIT;
	for (const char *p = name; *p; p++) {
		if (*p == rule[kind].to) {
			buf_addch(&out, rule[kind].from);
		} else if (*p == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
			buf_addch(&out, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
			p += 2;
		} else {
			buf_addch(&out, *p);
		}
	}
	/* One text has one name: what would not come out the same was not made here. */
	char *text = buf_detach(&out), *again = outtree_encode(kind, text, NULL);
	bool same = again && !strcmp(again, name);
	free(again);
	if (same)
		return text;
	free(text);
	return NULL;
}

/* ---- the directory ---- */

char *outtree_default(const char *cwd)
{
	char *top = worktree_top(cwd);
	char *path = path_join(top ? top : cwd, "boardman-out");
	free(top);
	return path;
}

bool outtree_is_ours(const char *path)
{
	struct buf text = BUF_INIT;
	char *file = path_join(path, TAG_FILE);
	bool ours = fs_read(file, 4096, &text, NULL) == 0 && text.len == sizeof tag - 1 &&
		    !memcmp(text.data, tag, text.len);
	buf_release(&text);
	free(file);
	return ours;
}

/* Without what a run left that was killed before it could mark the directory. */
static size_t count_files(const struct fs_list *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++)
		n += !fs_is_temporary(l->v[i].name);
	return n;
}

/* An empty directory, or none, may become ours. */
static int check_place(const char *path, struct error *err)
{
	struct fs_list l = {0};
	if (outtree_is_ours(path))
		return 0;
	if (!fs_exists(path))
		return fs_mkdirs(path, err);
	if (!fs_is_dir(path))
		return error_set(err, "'%s' is not a directory", path);
	if (fs_list(path, &l, err) < 0)
		return -1;
	size_t n = count_files(&l);
	fs_list_release(&l);
	if (n)
		return error_set(err, "'%s' is not empty and was not made by boardman", path);
	return 0;
}

/* The tag comes first: from then on the directory is ours, whatever happens. A new one has changed the directory above it, which
 * may be a library that is about to be looked at: that must be told from a change that comes while it is built. */
static int mark(const char *path, struct error *err)
{
	char *tag_file = path_join(path, TAG_FILE), *ignore = path_join(path, ".gitignore");
	int ret = 0;
	bool new = !fs_exists(tag_file);
	if (new)
		ret = fs_write(tag_file, tag, sizeof tag - 1, err);
	if (ret == 0 && !fs_exists(ignore))
		ret = fs_write(ignore, "*\n", 2, err);
	if (ret == 0 && new)
		fs_let_tick();
	free(tag_file);
	free(ignore);
	return ret;
}

static int held_by_other(const char *path, int fd, struct error *err)
{
	char pid[32] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
	if (n > 0)
		pid[strspn(pid, "0123456789")] = '\0';
	return error_set(err,
		"'%s' is in use by another run%s%s; cure: wait for it, or name another directory "
		"with --output-dir",
		path, *pid ? ", process " : "", pid);
}

/* Who has it is told to others; not being able to write that is no reason to stop. As wide as any, so that nothing
 * of the last one remains: cutting a file off is slow. */
static void sign(int fd)
{
	dprintf(fd, "%-20ld\n", (long)getpid());
}

static int lock(struct outtree *o, struct error *err)
{
	char *file = path_join(o->path, LOCK_FILE);
	int ret = -1;
	o->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (o->lock < 0)
		error_errno(err, "cannot open '%s'", file);
	else if (flock(o->lock, LOCK_EX | LOCK_NB) == 0)
		ret = 0;
	else if (errno == EWOULDBLOCK)
		held_by_other(o->path, o->lock, err);
	else
		error_errno(err, "cannot lock '%s'", file);
	if (ret == 0) {
		sign(o->lock);
		fs_remove_temporaries(o->path);
	}
	free(file);
	return ret;
}

struct outtree *outtree_open(const char *path, struct error *err)
{
	struct outtree *o = xcalloc(1, sizeof *o);
	struct error why = ERROR_INIT;
	o->path = xstrdup(path);
	o->lock = -1;
	if (check_place(path, &why) < 0 || mark(path, &why) < 0)
		error_set(err, "%s; cure: name another directory with --output-dir", why.text);
	else if (lock(o, err) == 0)
		return o;
	outtree_close(o);
	return NULL;
}

const char *outtree_path(const struct outtree *o)
{
	return o->path;
}

void outtree_close(struct outtree *o)
{
	if (!o)
		return;
	if (o->lock >= 0)
		close(o->lock);
	free(o->path);
	free(o);
}
