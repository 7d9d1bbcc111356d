/* tidy: see tidy.h. Sources go before results: they are sent again in a moment, what was compiled is not made again in one. Boardmen that were sent have a
 * rule of their own (sent.h).
 */
#include "worker/tidy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/checkout.h"
#include "git/repo.h"
#include "sketch/store.h"
#include "worker/roll.h"
#include "worker/workplace.h"

/* A snapshot on disk, or the repository. */
struct sources {
	char *path;
	bool (*discard)(const char *path);
	uint64_t bytes;
	time_t used;
};

struct all_sources {
	struct sources *v;
	size_t n, cap;
	uint64_t bytes;
};

/* Takes `path`. The time of `stamp` in it is that of its last use. */
static void add(struct all_sources *s, char *path, const char *stamp, bool (*discard)(const char *))
{
	struct stat st;
	char *file = path_join(path, stamp);
	if (stat(file, &st) == 0) {
		uint64_t bytes = fs_tree_size(path);
		GROW(s->v, s->n, s->cap);
		s->v[s->n++] = (struct sources){path, discard, bytes, st.st_mtime};
		s->bytes += bytes;
	} else {
		free(path);
	}
	free(file);
}

static int by_use(const void *a, const void *b)
{
	const struct sources *x = a, *y = b;
	return x->used < y->used ? -1 : x->used > y->used;
}

static void find(struct all_sources *s, const char *dir)
{
	struct fs_list slots = {0};
	char *trees = path_join(dir, WORKPLACE_TREES);
	/* A push puts its pack there. */
	add(s, path_join(dir, WORKPLACE_GIT), "objects/pack", repo_discard);
	if (fs_list(trees, &slots, NULL) == 0)
		for (size_t i = 0; i < slots.n; i++)
			add(s, path_join(trees, slots.v[i].name), "tree", slot_discard);
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_use);
	fs_list_release(&slots);
	free(trees);
}

static void release(struct all_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
}

/* Makes room for `cached` bytes beside them, as far as they can; s->bytes is what is left of them. */
static void discard(struct all_sources *s, uint64_t cached, uint64_t max_bytes, uint64_t max_age,
	struct store_usage *removed)
{
	time_t now = time(NULL);
	for (size_t i = 0; i < s->n; i++) {
		const struct sources *one = &s->v[i];
		bool old = max_age && now > one->used && (uint64_t)(now - one->used) > max_age;
		if ((!old && s->bytes + cached <= max_bytes) || !one->discard(one->path))
			continue;
		s->bytes -= one->bytes;
		removed->bytes += one->bytes;
		removed->entries++;
	}
}

int tidy(const char *dir, uint64_t max_bytes, uint64_t max_age, struct store_usage *removed,
	struct error *err)
{
	struct all_sources s = {0};
	struct store_usage cached = {0}, gone = {0}, pruned = {0};
	roll_sweep(dir);
	store_sweep(dir);
	if (store_measure(dir, &cached, err) < 0)
		return -1;
	find(&s, dir);
	discard(&s, cached.bytes, max_bytes, max_age, &gone);
	uint64_t room = max_bytes > s.bytes ? max_bytes - s.bytes : 0;
	release(&s);
	if (store_prune(dir, room, max_age, &pruned, err) < 0)
		return -1;
	*removed = (struct store_usage){gone.bytes + pruned.bytes, gone.entries + pruned.entries};
	return 0;
}
