/* unit_kind: two small tables that outlive the units. Where commands name the sketch each sketch has kinds of its own, so what is known has
 * a ceiling; a kind that is forgotten is made anew once more under -m, no worse.
 */
#include "sketch/unit_kind.h"

#include <stdlib.h>
#include "common/digest.h"
#include "common/xalloc.h"

#define MAX_KINDS 4096

static char distrusted[] = "distrusted", made[] = "made";

static const char *mark_of(const struct unit_kinds *k, const struct digest *kind)
{
	char hex[DIGEST_HEX_LEN + 1];
	return strmap_get(&k->trust, digest_hex(kind, hex));
}

static void remember(struct strmap *m, const char *key, void *mark)
{
	strmap_set(m, key, mark);
	if (strmap_count(m) > MAX_KINDS)
		strmap_del(m, strmap_key(strmap_first(m)));
}

static void set_mark(struct unit_kinds *k, const struct digest *kind, char *mark)
{
	char hex[DIGEST_HEX_LEN + 1];
	remember(&k->trust, digest_hex(kind, hex), mark);
}

bool unit_kinds_may_take(const struct unit_kinds *k, const struct digest *kind, bool distrust)
{
	const char *mark = mark_of(k, kind);
	return mark ? mark == made : !distrust;
}

void unit_kinds_distrust(struct unit_kinds *k, const struct digest *kind)
{
	if (mark_of(k, kind) != made)
		set_mark(k, kind, distrusted);
}

void unit_kinds_made(struct unit_kinds *k, const struct digest *kind)
{
	set_mark(k, kind, made);
}

bool unit_kinds_tell(struct unit_kinds *k, const char *board, const char *dir)
{
	char *key = xasprintf("%s\n%s", board, dir);
	bool first = !strmap_get(&k->told, key);
	if (first)
		remember(&k->told, key, made);
	free(key);
	return first;
}

void unit_kinds_release(struct unit_kinds *k)
{
	strmap_release(&k->trust);
	strmap_release(&k->told);
}
