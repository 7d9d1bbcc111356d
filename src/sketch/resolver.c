/* resolver: which of several libraries with the same header is meant. Two sets of rules: arduino-cli's sum of bonuses, and what
 * arduino-builder 1.3.25 did. It ranks candidates; whether a library is used already is discovery's affair.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/library_internal.h"

/* One candidate on its way through a sort. */
struct candidate {
	struct library_entry *entry;
	int priority; /* higher is better */
	int closeness; /* of the names, among equal priorities */
	size_t order;
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);
	return n >= t && strcmp(s + n - t, tail) == 0;
}

static bool is_plus(const char *name, const char *header, const char *suffix)
{
	size_t n = strlen(header);
	return strncmp(name, header, n) == 0 && strcmp(name + n, suffix) == 0;
}

static int name_bonus(const char *name, const char *folder, const char *header)
{
	bool by_name = strcmp(name, header) == 0, by_folder = strcmp(folder, header) == 0;
	size_t n = strlen(header);
	if (by_name && by_folder)
		return 700;
	if (by_name || by_folder)
		return 600;
	if (is_plus(name, header, "-main") || is_plus(folder, header, "-main"))
		return 500;
	if (is_plus(name, header, "-master") || is_plus(folder, header, "-master"))
		return 400;
	if (strncmp(name, header, n) == 0 || strncmp(folder, header, n) == 0)
		return 300;
	if (ends_with(name, header) || ends_with(folder, header))
		return 200;
	return strstr(name, header) || strstr(folder, header) ? 100 : 0;
}

static int place_bonus(enum library_place place)
{
	switch (place) {
	case LIBRARY_BUILTIN: return 0;
	case LIBRARY_CORE: return 1;
	case LIBRARY_PLATFORM: return 2;
	case LIBRARY_USER: return 3;
	case LIBRARY_GIVEN: return 10000;
	}
	return 0;
}

static int priority_of(const struct library_entry *e, const char *header, const char *arch)
{
	int bonus = 0;
	if (strv_contains(&e->lib.architectures, arch))
		bonus = 1010;
	else if (strv_contains(&e->lib.architectures, "*"))
		bonus = 1000;
	return bonus + name_bonus(e->key_name, e->key_folder, header) + place_bonus(e->lib.place);
}

/* The distinct pairs of neighbouring bytes in `word`, in `v` of at least its length; a shorter word is its own. */
static size_t pairs_of(const char *word, const char **v)
{
	size_t len = strlen(word), n = 0;
	for (size_t i = 0; i + 1 < len; i++) {
		size_t j = 0;
		while (j < n && memcmp(v[j], word + i, 2) != 0)
			j++;
		if (j == n &&
			!(isspace((unsigned char)word[i]) && isspace((unsigned char)word[i + 1])))
			v[n++] = word + i;
	}
	return n;
}

static bool has_pair(const char *word, const char *pair)
{
	for (size_t i = 0; word[i] && word[i + 1]; i++) {
		if (word[i] == pair[0] && word[i + 1] == pair[1])
			return true;
	}
	return false;
}

/* Candidates v[0..n) are of equal priority. Closeness as a bag of byte pairs: each pair of the header that a name has counts more the
 * shorter the name and the fewer names have it. Equal names share their counts, so that the sum is over all of them. */
static void measure(struct candidate *v, size_t n, const char *header)
{
	const char **pair = xcalloc(strlen(header) + 1, sizeof *pair);
	size_t pairs = pairs_of(header, pair);
	for (size_t p = 0; p < pairs; p++) {
		int owners = 0;
		for (size_t i = 0; i < n; i++)
			owners += has_pair(v[i].entry->key_name, pair[p]);
		for (size_t i = 0; i < n && owners; i++) {
			const char *name = v[i].entry->key_name;
			if (!has_pair(name, pair[p]))
				continue;
			int same = 0;
			for (size_t j = 0; j < n; j++)
				same += strcmp(v[j].entry->key_name, name) == 0;
			v[i].closeness += same * (1 + 1000 / (int)strlen(name) + 1000 / owners);
		}
	}
	free(pair);
}

static int better(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->closeness != y->closeness)
		return x->closeness > y->closeness ? -1 : 1;
	int r = strcmp(x->entry->lib.name, y->entry->lib.name);
	if (r)
		return r;
	return x->order < y->order ? -1 : 1;
}

static void rank_cli(const struct libraries *ls, const char *header, struct candidate *v, size_t n)
{
	char *stem = xstrndup(header, (size_t)(path_ext(header) - header));
	char *key = library_key_name(stem);
	for (size_t i = 0; i < n; i++)
		v[i].priority = priority_of(v[i].entry, key, ls->arch);
	qsort(v, n, sizeof *v, better);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && v[end].priority == v[i].priority;)
			end++;
		if (end - i > 1)
			measure(v + i, end - i, header);
	}
	qsort(v, n, sizeof *v, better);
	free(stem);
	free(key);
}

/* arduino-builder's spelling of a name: letters lowered, '_' as a space. New string. */
static char *builder_name(const char *name)
{
	char *s = xstrdup(name);
	for (char *p = s; *p; p++)
		*p = *p == '_' ? ' ' : (char)tolower((unsigned char)*p);
	return s;
}

/* Five ways to fit a name, best first; 0 for none. */
static int builder_fit(const char *folder, const char *header)
{
	size_t n = strlen(header);
	if (strcmp(folder, header) == 0)
		return 5;
	if (is_plus(folder, header, "-master"))
		return 4;
	if (strncmp(folder, header, n) == 0)
		return 3;
	if (ends_with(folder, header))
		return 2;
	return strstr(folder, header) ? 1 : 0;
}

/* Every occurrence of the extension goes, not only the last one. New string. */
static char *builder_stem(const char *header)
{
	const char *ext = path_ext(header);
	size_t n = strlen(ext);
	char *stem = xstrdup(header), *to = stem;
	for (const char *from = header; *from;) {
		if (n && strncmp(from, ext, n) == 0)
			from += n;
		else
			*to++ = *from++;
	}
	*to = '\0';
	return stem;
}

static bool builder_generic(const struct library_entry *e)
{
	return strv_contains(&e->lib.architectures, "*");
}

/* The compatible ones in v[0..n), a specialised one moved to the front while a generic one stands there; `v` is reordered in
 * place, the others behind. Gives their number. */
static size_t builder_compatible(struct candidate *v, size_t n, const char *arch)
{
	struct candidate *out = xcalloc(n + 1, sizeof *out);
	size_t good = 0, bad = 0;
	for (size_t i = 0; i < n; i++) {
		bool generic = builder_generic(v[i].entry);
		if (!generic && !strv_contains(&v[i].entry->lib.architectures, arch))
			continue;
		if (!generic && good && builder_generic(out[0].entry)) {
			memmove(out + 1, out, good * sizeof *out);
			out[0] = v[i];
		} else {
			out[good] = v[i];
		}
		good++;
	}
	for (size_t i = 0; i < n; i++) {
		if (!builder_generic(v[i].entry) &&
			!strv_contains(&v[i].entry->lib.architectures, arch))
			out[good + bad++] = v[i];
	}
	memcpy(v, out, n * sizeof *v);
	free(out);
	return good;
}

static bool builder_before(const struct candidate *a, const struct candidate *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->priority <= 1 && a->order < b->order;
}

/* 1.3.25: the last one found comes first; among those for the architecture the best name wins, then among all; without any fit the first
 * compatible one. `order` is the place in that sequence. */
static void rank_builder(
	const struct libraries *ls, const char *header, struct candidate *v, size_t n)
{
	char *stem = builder_stem(header), *key = builder_name(stem);
	for (size_t i = 0; i < n; i++)
		v[i].order = i;
	size_t good = builder_compatible(v, n, ls->arch);
	for (size_t i = 0; i < n; i++) {
		char *folder = builder_name(v[i].entry->lib.folder);
		int fit = builder_fit(folder, key);
		v[i].priority = fit ? fit * 2 + (i < good ? 100 : 0) : i < good;
		/* It knew no --library: that one is meant, whatever it is called. */
		if (v[i].entry->lib.place == LIBRARY_GIVEN)
			v[i].priority += 1000;
		free(folder);
	}
	for (size_t i = 1; i < n; i++) {
		struct candidate c = v[i];
		size_t j = i;
		for (; j && builder_before(&c, &v[j - 1]); j--)
			v[j] = v[j - 1];
		v[j] = c;
	}
	free(stem);
	free(key);
}

static int by_place(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->entry->lib.place != y->entry->lib.place)
		return x->entry->lib.place > y->entry->lib.place ? -1 : 1;
	return x->order > y->order ? -1 : 1;
}

void library_rank(const struct libraries *ls, const char *header, struct header_entry *h)
{
	struct candidate *v = xcalloc(h->n + 1, sizeof *v);
	for (size_t i = 0; i < h->n; i++)
		v[i] = (struct candidate){.entry = h->v[i], .order = i};
	if (h->n > 1 && ls->builder_compat) {
		qsort(v, h->n, sizeof *v, by_place);
		rank_builder(ls, header, v, h->n);
	} else if (h->n > 1) {
		rank_cli(ls, header, v, h->n);
	}
	h->ranked = xcalloc(h->n + 1, sizeof(const struct library *));
	for (size_t i = 0; i < h->n; i++)
		h->ranked[i] = &v[i].entry->lib;
	free(v);
}
