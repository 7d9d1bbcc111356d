/* reference: see reference.h. */
#include "boss/reference.h"

#include <string.h>

/* What speaks for a digest. */
struct weight {
	unsigned slots;
	bool local;
	const char *first; /* of its machines, by name */
};

static struct weight weigh(const struct reference_vote *v, size_t n, const char *digest)
{
	struct weight w = {0};
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].digest, digest) != 0)
			continue;
		w.slots += v[i].slots;
		w.local |= v[i].local;
		if (!w.first || strcmp(v[i].machine, w.first) < 0)
			w.first = v[i].machine;
	}
	return w;
}

static bool is_better(const struct weight *a, const struct weight *b)
{
	if (a->slots != b->slots)
		return a->slots > b->slots;
	if (a->local != b->local)
		return a->local;
	return strcmp(a->first, b->first) < 0;
}

const char *reference_choose(const struct reference_vote *v, size_t n, const char *preferred)
{
	const char *best = NULL;
	struct weight most = {0};
	for (size_t i = 0; i < n; i++) {
		struct weight w = weigh(v, n, v[i].digest);
		if (preferred && !strcmp(v[i].machine, preferred))
			return v[i].digest;
		if (!best || is_better(&w, &most)) {
			best = v[i].digest;
			most = w;
		}
	}
	return best;
}
