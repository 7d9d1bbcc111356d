/* What a run remembers of units: trust, and what was told; both with a ceiling. */
#include "sketch/unit_kind.h"

#include "common/digest.h"
#include "common/xalloc.h"
#include "unit/tap.h"

static const struct digest *kind(int i)
{
	static struct digest d;
	digest_bytes(&d, &i, sizeof i);
	return &d;
}

static void trust(void)
{
	struct unit_kinds k = {0};
	ok(unit_kinds_may_take(&k, kind(1), false), "what nothing is known of is taken");
	ok(!unit_kinds_may_take(&k, kind(1), true), "unless all is distrusted");
	unit_kinds_distrust(&k, kind(1));
	ok(!unit_kinds_may_take(&k, kind(1), false), "what a sketch failed with is not");
	ok(unit_kinds_may_take(&k, kind(2), false), "another kind is");
	unit_kinds_made(&k, kind(1));
	ok(unit_kinds_may_take(&k, kind(1), false) && unit_kinds_may_take(&k, kind(1), true),
		"what this run made is trusted");
	ok(!unit_kinds_may_take(&k, kind(2), true), "it alone");
	unit_kinds_distrust(&k, kind(1));
	ok(unit_kinds_may_take(&k, kind(1), false), "and stays so");
	unit_kinds_release(&k);
}

static void told(void)
{
	struct unit_kinds k = {0};
	ok(unit_kinds_tell(&k, "a:b:c", "/lib/X"), "told");
	ok(!unit_kinds_tell(&k, "a:b:c", "/lib/X"), "once");
	ok(unit_kinds_tell(&k, "a:b:d", "/lib/X"), "for each board");
	ok(unit_kinds_tell(&k, "a:b:c", "/lib/Y"), "and each library");
	unit_kinds_release(&k);
}

static void ceiling(void)
{
	struct unit_kinds k = {0};
	for (int i = 0; i < 10000; i++) {
		char *dir = xasprintf("/lib/%d", i);
		unit_kinds_made(&k, kind(i));
		unit_kinds_tell(&k, "a:b:c", dir);
		free(dir);
	}
	is_int((long long)strmap_count(&k.trust), 4096, "no more than that is remembered");
	is_int((long long)strmap_count(&k.told), 4096, "of either");
	ok(unit_kinds_may_take(&k, kind(9999), true), "the latest is");
	ok(!unit_kinds_may_take(&k, kind(0), true), "the oldest is not");
	unit_kinds_release(&k);
}

int main(void)
{
	trust();
	told();
	ceiling();
	return done_testing();
}
