/* platform_describe: one line that says which platform is used, from where, with which compiler,
 * and what it hides. */
#include "sketch/platform.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

/* A path with the home directory as "~". */
static void add_path(struct buf *out, const char *path)
{
	const char *home = getenv("HOME");

	if (home && home[0] == '/' && home[1] && path_beneath(path, home))
		buf_addf(out, "~%s", path + strlen(home));
	else
		buf_addstr(out, path);
}

/* The version of a platform that may not have been read. */
static char *version_of(const struct found *f)
{
	struct props *p;
	char *path, *version;

	if (f->read)
		return xstrdup(f->platform.version);
	if (f->folder_version)
		return xstrdup(f->folder_version);
	p = props_new();
	path = path_join(f->platform.dir, "platform.txt");
	(void)props_load(p, path, NULL);
	version = props_expand(p, NULL, props_str(p, "version"), false);
	free(path);
	props_free(p);
	return version;
}

bool platforms_has_place(const struct platforms *ps, const char *dir)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (strcmp(ps->v[i].place, dir) == 0)
			return true;
	}
	return false;
}

static bool same_dir(const char *a, const char *b)
{
	char *real_a = path_real(a, NULL), *real_b = path_real(b, NULL);
	bool same = real_a && real_b && strcmp(real_a, real_b) == 0;

	free(real_a);
	free(real_b);
	return same;
}

static void add_ignored(struct buf *out, const struct platforms *ps, const struct platform *p)
{
	const char *lead = "; ignoring ";

	for (size_t i = 0; i < ps->n; i++) {
		const struct found *f = &ps->v[i];
		char *version;

		if (f->winner || strcmp(f->platform.vendor, p->vendor) != 0 ||
			strcmp(f->platform.arch, p->arch) != 0 || same_dir(f->platform.dir, p->dir))
			continue;
		version = version_of(f);
		buf_addf(out, "%s%s in ", lead, *version ? version : "one without a version");
		add_path(out, f->place);
		free(version);
		lead = ", ";
	}
}

char *platform_describe(
	const struct platforms *ps, const struct platform *p, const struct strv *compilers)
{
	struct buf out = BUF_INIT;

	buf_addf(&out, "%s:%s%s%s in ", p->vendor, p->arch, *p->version ? " " : "", p->version);
	for (size_t i = 0; i < ps->n; i++) {
		if (&ps->v[i].platform == p)
			add_path(&out, ps->v[i].place);
	}
	for (size_t i = 0; i < compilers->n; i++)
		buf_addf(&out, "%s%s", i ? ", " : " (", compilers->v[i]);
	if (compilers->n)
		buf_addch(&out, ')');
	add_ignored(&out, ps, p);
	return buf_detach(&out);
}
