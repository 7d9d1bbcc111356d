/* nearest: the distance of two words in single letters, by the usual table. Long words are no slips: they are
 * not compared.
 */
#include "cli/nearest.h"

#include <string.h>

#define LONGEST 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
	size_t row[LONGEST + 1];
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t above = row[j];
			row[j] =
				least(row[j - 1] + 1, above + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

const char *nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word), best = len > 4 ? len / 3 + 2 : 2;
	const char *found = NULL;
	for (size_t i = 0; len <= LONGEST && i < n; i++) {
		size_t other = candidates[i] ? strlen(candidates[i]) : LONGEST + 1;
		if (other > LONGEST)
			continue;
		size_t d = distance(word, len, candidates[i], other);
		/* What begins alike is likelier than what is as long. */
		if (len > 2 && !strncmp(word, candidates[i], len))
			d = 1;
		if (d < best) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
