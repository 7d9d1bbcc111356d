/* replay: the list that the reference would have found, worked out from what the compiler read with a predicted list. It trusts the
 * dependency lists for what was included, and the index for what a missing header would have led to. Where the two disagree it gives another
 * list than the predicted one; it never confirms a list that the reference would not have made.
 */
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/discover_internal.h"
#include "sketch/library.h"

struct replay {
	const struct discover_context *c;
	const struct discover_sources *sources;
	const struct library_list *predicted;
	struct library_list *out;
	struct unit_queue queue;
};

enum step { STEP_ON, STEP_STOP };

static bool in_system(const struct discover_context *c, const char *name)
{
	for (size_t i = 0; c->system_dirs && i < c->system_dirs->n; i++) {
		char *path = path_join(c->system_dirs->v[i], name);
		bool there = fs_is_file(path);
		free(path);
		if (there)
			return true;
	}
	return false;
}

/* What the prediction knows of the library, else what we know. */
static void add(struct replay *r, const struct library *lib, const char *header, const char *from)
{
	for (size_t i = 0; i < r->predicted->n; i++) {
		const struct used_library *u = &r->predicted->v[i];
		if (u->lib == lib && strcmp(u->header, header) == 0)
			from = u->from;
	}
	list_add(r->out, lib, xstrdup(header), xstrdup(from));
}

/* Another library should have come here. What follows cannot be known from these dependencies, so the rest of the prediction stands in for
 * it; the next compile tells. */
static enum step deviate(
	struct replay *r, const struct library *lib, const char *header, const char *from)
{
	if (lib)
		add(r, lib, header, from);
	for (size_t i = 0; lib && i < r->predicted->n; i++) {
		const struct used_library *u = &r->predicted->v[i];
		if (!list_has(r->out, u->lib))
			add(r, u->lib, u->header, u->from);
	}
	return STEP_STOP;
}

/* The library whose -I directory brought `dep` in and that is not listed yet; NULL for other files. */
static const struct library *new_library(const struct replay *r, const char *dep)
{
	if (path_beneath(dep, r->sources->sketch_dir) || path_beneath(dep, r->c->core_dir) ||
		(r->c->variant_dir && path_beneath(dep, r->c->variant_dir)))
		return NULL;
	const struct library *lib = libraries_owner(r->c->libraries, dep);
	if (!lib || list_has(r->out, lib))
		return NULL;
	/* A library that was not on -I was reached by a relative path, which discovery does not see. */
	return list_has(r->predicted, lib) && path_beneath(dep, lib->src_dir) ? lib : NULL;
}

/* True when the header would have been found in a library that is listed already. */
static bool found_before(const struct replay *r, const char *header, const struct library **best)
{
	const struct library **losers;
	size_t n;
	*best = libraries_resolve(r->c->libraries, header, &losers, &n);
	bool before = *best && list_has(r->out, *best);
	for (size_t i = 0; i < n && !before; i++)
		before = list_has(r->out, losers[i]);
	free(losers);
	return before;
}

static enum step step(struct replay *r, const char *dep, const char *from)
{
	const struct library *lib = new_library(r, dep);
	if (!lib)
		return STEP_ON;
	char *header = path_relative(dep, lib->src_dir);
	const struct library *best;
	enum step s = STEP_ON;
	/* Not missing then: the order of -I directories that we compiled with was another one. */
	bool was_there = found_before(r, header, &best) || in_system(r->c, header);
	if (!was_there && best == lib) {
		add(r, lib, header, from);
		if (queue_library(&r->queue, r->c->libraries, lib, NULL) < 0)
			s = STEP_STOP;
	} else if (!was_there) {
		/* Also a name with a directory, for which the reference finds nothing and ends. */
		s = deviate(r, best, header, from);
	}
	free(header);
	return s;
}

/* -1 when the unit's dependencies are not known. */
static int replay_unit(struct replay *r, const char *source, const struct strv *deps, bool *stop)
{
	if (!deps)
		return -1;
	for (size_t i = 0; i < deps->n && !*stop; i++) {
		char *tidy = strstr(deps->v[i], "/.") || strstr(deps->v[i], "//")
				     ? path_absolute(deps->v[i])
				     : NULL;
		*stop = step(r, tidy ? tidy : deps->v[i], source) == STEP_STOP;
		free(tidy);
	}
	return 0;
}

int discover_from_deps(const struct discover_context *c, const struct discover_sources *s,
	const struct library_list *predicted,
	const struct strv *(*deps)(void *ctx, const char *source), void *ctx,
	struct library_list *out)
{
	struct library_list list = {0};
	struct replay r = {.c = c, .sources = s, .predicted = predicted, .out = &list};
	const struct unit_ref *u;
	bool stop = false;
	int ret = 0;
	queue_sketch(&r.queue, s);
	while (ret == 0 && !stop && (u = queue_next(&r.queue))) {
		const char *source = u->source;
		ret = replay_unit(&r, source, deps(ctx, source), &stop);
	}
	if (ret == 0) {
		library_list_release(out);
		*out = list;
	} else {
		library_list_release(&list);
	}
	queue_release(&r.queue);
	return ret;
}
