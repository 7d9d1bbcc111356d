/* sketch_files: what makes a directory a sketch, and which of its files belong to the build.
 * Refuses names that are not UTF-8 or that no dependency file can hold, two main files and symlinks that lead back into themselves;
 * hidden and version control directories are never entered.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/source_internal.h"

/* Length of the UTF-8 sequence at `s`, 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	unsigned code = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[n] || surrogate || code > 0x10ffff ? 0 : n;
}

int sketch_check_name(const char *path, struct error *err)
{
	const unsigned char *s = (const unsigned char *)path;
	struct buf shown = BUF_INIT;
	bool odd = false, control = false;
	while (*s) {
		size_t n = utf8_length(s);
		bool shows = n && *s >= 0x20 && *s != 0x7f;
		if (shows)
			buf_add(&shown, s, n);
		else
			buf_addf(&shown, "\\x%02x", *s);
		odd = odd || !n;
		control = control || !shows;
		s += n ? n : 1;
	}
	if (control)
		error_set(err, "the name '%s' %s; cure: rename it", buf_str(&shown),
			odd ? "is not UTF-8" : "has a control character in it");
	buf_release(&shown);
	return control ? -1 : 0;
}

bool sketch_is_ino(const char *name)
{
	const char *ext = path_ext(name);
	return strcmp(ext, ".ino") == 0 || strcmp(ext, ".pde") == 0;
}

/* DIR/NAME.ext when it is a file. */
static char *candidate(const char *dir, const char *ext)
{
	char *path = xasprintf("%s/%s%s", dir, path_base(dir), ext);
	if (fs_is_file(path))
		return path;
	free(path);
	return NULL;
}

int sketch_main_file(const char *dir, char **out, struct error *err)
{
	char *ino = candidate(dir, ".ino"), *pde = candidate(dir, ".pde");
	int rc = 0;
	if (ino && pde)
		rc = error_set(err, "'%s' has two main files, '%s' and '%s'; cure: remove one", dir,
			path_base(ino), path_base(pde));
	else if (ino || pde)
		rc = sketch_check_name(dir, err);
	if (rc == 0)
		*out = ino ? ino : pde;
	if (rc < 0 || *out != ino)
		free(ino);
	if (rc < 0 || *out != pde)
		free(pde);
	return rc;
}

char *sketch_stray_file(const char *dir)
{
	struct fs_list list = {0};
	char *found = NULL;
	if (fs_list(dir, &list, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < list.n && !found; i++) {
		const struct fs_entry *e = &list.v[i];
		if (e->type == 'f' && e->name[0] != '.' && sketch_is_ino(e->name))
			found = xstrdup(e->name);
	}
	fs_list_release(&list);
	return found;
}

struct walk {
	struct sketch *s;
	size_t entries;
	int depth;
};

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

static bool is_source(const char *name)
{
	static const char *const exts[] = {".c", ".cpp", ".cxx", ".cc", ".S", NULL};
	return is_one_of(path_ext(name), exts);
}

static bool is_other(const char *name)
{
	static const char *const exts[] = {
		".h", ".hpp", ".hh", ".adoc", ".md", ".json", ".tpp", ".ipp", NULL};
	return is_one_of(path_ext(name), exts);
}

/* Version control leaves these without a dot; everything with one is hidden anyway. */
static bool is_hidden(const char *name)
{
	static const char *const scm[] = {"CVS", "RCS", NULL};
	return name[0] == '.' || is_one_of(name, scm);
}

static int add_file(struct walk *w, const char *rel, struct error *err)
{
	struct sketch *s = w->s;
	const char *name = path_base(rel);
	bool root = name == rel, compiled = root || strncmp(rel, "src/", 4) == 0;
	bool source = is_source(name), ino = root && sketch_is_ino(name);
	if (!source && !ino && !is_other(name))
		return 0;
	if (sketch_check_name(rel, err) < 0)
		return error_prefix(err, "in '%s'", s->dir);
	if (ino) {
		char *path = path_join(s->dir, rel);
		strv_push_unique(&s->ino, path);
		free(path);
		return 0;
	}
	/* Its name is taken by what we make of the main file. */
	size_t main_len = strlen(path_base(s->main_file));
	if (root && strncmp(name, path_base(s->main_file), main_len) == 0 &&
		strcmp(name + main_len, ".cpp") == 0)
		return 0;
	strv_push(source && compiled ? &s->sources : &s->others, rel);
	return 0;
}

static int walk_dir(struct walk *w, const char *rel, const struct dir_chain *up, struct error *err);

/* Exported binaries and other people's build directories are not source. */
static bool is_build_dir(const struct walk *w, const char *rel)
{
	if (strcmp(rel, "build") == 0)
		return true;
	char *mark = xasprintf("%s/%s/build.options.json", w->s->dir, rel);
	bool found = fs_exists(mark);
	free(mark);
	return found;
}

static int walk_entries(struct walk *w, const char *rel, const struct fs_list *list, char type,
	const struct dir_chain *here, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; i < list->n && rc == 0; i++) {
		const struct fs_entry *e = &list->v[i];
		if ((type && e->type != type) || e->name[0] == '.')
			continue;
		char *path = *rel ? xasprintf("%s/%s", rel, e->name) : xstrdup(e->name);
		if (e->type == 'f')
			rc = add_file(w, path, err);
		else if (e->type == 'd' && !is_hidden(e->name) && !is_build_dir(w, path))
			rc = walk_dir(w, path, here, err);
		free(path);
	}
	return rc;
}

static int check_chain(const struct dir_chain *here, const char *dir, struct error *err)
{
	for (const struct dir_chain *c = here->up; c; c = c->up) {
		if (c->dev == here->dev && c->ino == here->ino)
			return error_set(err,
				"'%s' is a symlink that leads back to a directory above it; cure: "
				"remove it",
				dir);
	}
	return 0;
}

/* The root's files come before its directories: that is the order of compilation. */
static int walk_list(
	struct walk *w, const char *rel, const char *dir, struct dir_chain *here, struct error *err)
{
	struct fs_list list = {0};
	if (fs_list(dir, &list, err) < 0)
		return -1;
	strv_push(&w->s->dirs, rel);
	w->entries += list.n;
	int rc = 0;
	if (w->entries > SKETCH_MAX_FILES)
		rc = error_set(err, "'%s' holds more than %d files: too many for a sketch",
			w->s->dir, SKETCH_MAX_FILES);
	else if (*rel)
		rc = walk_entries(w, rel, &list, 0, here, err);
	else
		rc = walk_entries(w, rel, &list, 'f', here, err) < 0
			     ? -1
			     : walk_entries(w, rel, &list, 'd', here, err);
	fs_list_release(&list);
	return rc;
}

static int walk_dir(struct walk *w, const char *rel, const struct dir_chain *up, struct error *err)
{
	char *dir = *rel ? path_join(w->s->dir, rel) : xstrdup(w->s->dir);
	struct dir_chain here = {.up = up};
	struct stat st;
	int rc = -1;
	if (stat(dir, &st) < 0) {
		error_errno(err, "cannot read '%s'", dir);
	} else if (w->depth == SKETCH_MAX_DEPTH) {
		error_set(err, "'%s' lies more than %d directories deep", dir, SKETCH_MAX_DEPTH);
	} else {
		here.dev = st.st_dev;
		here.ino = st.st_ino;
		w->depth++;
		if (check_chain(&here, dir, err) == 0)
			rc = walk_list(w, rel, dir, &here, err);
		w->depth--;
	}
	free(dir);
	return rc;
}

/* Why `dir`, which was asked for as `path`, is no sketch. */
static int not_a_sketch(const char *path, const char *dir, struct error *err)
{
	char *stray = sketch_stray_file(dir);
	if (stray)
		error_set(err, "'%s' has %s but no %s.ino: not a sketch; cure: rename one of them",
			path, stray, path_base(dir));
	else
		error_set(err,
			"'%s' has no .ino file: not a sketch; cure: name the directory of one",
			path);
	free(stray);
	return -1;
}

/* The directory that `path` stands for: itself, or where that .ino lies. */
static char *directory_of(const char *path, struct error *err)
{
	if (fs_is_dir(path))
		return xstrdup(path);
	if (sketch_is_ino(path))
		return path_dir(path);
	error_set(err, "'%s' is not a sketch; cure: name its directory or its .ino file", path);
	return NULL;
}

/* Tries the real directory first, as arduino-cli does, then the one that was named: a symlink may
 * bear the sketch's name. */
static int find_main(struct sketch *s, const char *path, struct error *err)
{
	char *real = path_real(path, err), *text = path_absolute(path), *dir = NULL;
	int rc = -1;
	for (int i = 0; real && i < 2 && !s->main_file; i++) {
		free(dir);
		dir = directory_of(i ? text : real, err);
		rc = dir ? sketch_main_file(dir, &s->main_file, err) : -1;
		if (rc < 0)
			goto out;
	}
	if (real && !s->main_file)
		rc = not_a_sketch(path, dir, err);
	if (s->main_file) {
		s->dir = dir;
		s->name = xstrdup(path_base(dir));
		dir = NULL;
	}
out:
	free(real);
	free(text);
	free(dir);
	return rc;
}

int sketch_load(struct sketch *s, const char *path, struct error *err)
{
	struct sketch made = {0};
	struct walk w = {.s = &made};
	int rc = find_main(&made, path, err);
	if (rc == 0) {
		strv_push(&made.ino, made.main_file);
		rc = walk_dir(&w, "", NULL, err);
	}
	if (rc < 0) {
		sketch_release(&made);
		return -1;
	}
	strv_sort(&made.others);
	*s = made;
	return 0;
}

void sketch_release(struct sketch *s)
{
	free(s->name);
	free(s->dir);
	free(s->main_file);
	strv_release(&s->ino);
	strv_release(&s->sources);
	strv_release(&s->others);
	strv_release(&s->dirs);
	*s = (struct sketch){0};
}
