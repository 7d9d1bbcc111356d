/* offenders: see offenders.h. A part is what the first two names of a path stand for: a directory, or a file.
 */
#include "git/offenders.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "git/files.h"

#define SHOWN 3

struct part {
	const char *path; /* of one of its files */
	size_t len, files;
	unsigned long long bytes;
};

static size_t part_len(const char *path)
{
	const char *slash = strchr(path, '/');
	const char *end = slash ? strchr(slash + 1, '/') : NULL;
	return end ? (size_t)(end - path) : strlen(path);
}

static void add(struct strmap *parts, const struct file *f)
{
	size_t len = part_len(f->path);
	struct part *p = strmap_getn(parts, f->path, len);
	if (!p) {
		char *key = xstrndup(f->path, len);
		p = xcalloc(1, sizeof *p);
		*p = (struct part){.path = f->path, .len = len};
		strmap_set(parts, key, p);
		free(key);
	}
	p->files++;
	p->bytes += f->size;
}

static bool larger(const struct part *a, const struct part *b, bool by_bytes)
{
	return by_bytes ? a->bytes > b->bytes : a->files > b->files;
}

/* Adds the largest one and empties it; false when none is left. */
static bool tell_largest(struct buf *out, const struct strmap *parts, bool by_bytes)
{
	struct part *best = NULL;
	for (const struct strmap_entry *e = strmap_first(parts); e; e = strmap_next(e)) {
		struct part *p = strmap_value(e);
		if (p->files && (!best || larger(p, best, by_bytes)))
			best = p;
	}
	if (!best)
		return false;
	buf_addf(out, "%s'%.*s' ", out->len ? ", " : "", (int)best->len, best->path);
	if (by_bytes)
		buf_addf(out, "(%llu MiB)", best->bytes >> 20);
	else
		buf_addf(out, "(%zu files)", best->files);
	best->files = 0;
	return true;
}

int offenders_tell(const struct file_list *l, const struct files_config *c, struct error *err)
{
	struct strmap parts = STRMAP_INIT(free);
	struct buf names = BUF_INIT;
	bool by_bytes = l->bytes + c->before_bytes > c->max_bytes;
	for (size_t i = 0; i < l->n; i++)
		add(&parts, &l->v[i]);
	for (int i = 0; i < SHOWN && tell_largest(&names, &parts, by_bytes);)
		i++;
	unsigned long long limit = by_bytes ? c->max_bytes >> 20 : c->max_files;
	error_set(err,
		"more than %llu %s to send, in '%s' among others: %s; cure: have git ignore what "
		"no "
		"sketch needs",
		limit, by_bytes ? "MiB" : "files", c->root, buf_str(&names));
	buf_release(&names);
	strmap_release(&parts);
	return -1;
}
