/* Tests of common/strmap. */
#include "common/strmap.h"

#include "tap.h"

static int freed;

static void count_free(void *p)
{
	freed++;
	free(p);
}

static void test_basics(void)
{
	struct strmap m = STRMAP_INIT(count_free);
	ok(!strmap_get(&m, "a") && !strmap_first(&m) && strmap_count(&m) == 0, "an empty map");
	strmap_del(&m, "a");
	char key[] = "key";
	strmap_set(&m, key, strdup("1"));
	key[0] = 'K';
	is_str(strmap_get(&m, "key"), "1", "keys are copied");
	ok(!strmap_get(&m, "Key"), "case matters");
	strmap_set(&m, "key", strdup("2"));
	is_str(strmap_get(&m, "key"), "2", "set replaces");
	is_int(freed, 1, "and frees the old value");
	strmap_set(&m, "key", strmap_get(&m, "key"));
	is_str(strmap_get(&m, "key"), "2", "set of the same value keeps it");
	strmap_set(&m, "", strdup("empty"));
	is_str(strmap_get(&m, ""), "empty", "the empty key is a key");
	is_str(strmap_getn(&m, "keyboard", 3), "2", "getn looks at so many bytes");
	ok(!strmap_getn(&m, "keyboard", 4), "and not at fewer");
	is_int((long long)strmap_count(&m), 2, "count");
	strmap_del(&m, "key");
	ok(!strmap_get(&m, "key") && freed == 2, "del frees the value");
	strmap_release(&m);
	is_int(freed, 3, "release frees the rest");
	ok(!strmap_first(&m), "and leaves an empty map");
	strmap_set(&m, "x", strdup("x"));
	is_str(strmap_get(&m, "x"), "x", "that is usable");
	strmap_release(&m);
}

static void test_order(void)
{
	struct strmap m = STRMAP_INIT(NULL);
	static char values[5000];
	char key[32];
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "k%d", i * 7919 % 5000);
		strmap_set(&m, key, &values[i]);
	}
	strmap_set(&m, "k0", &values[0]);
	strmap_del(&m, "k7919");
	strmap_del(&m, "k2919");
	int i = 0, wrong = 0;
	for (struct strmap_entry *e = strmap_first(&m); e; e = strmap_next(e), i++) {
		if (i == 1)
			i++; /* k2919 */
		snprintf(key, sizeof key, "k%d", i * 7919 % 5000);
		wrong += strcmp(strmap_key(e), key) != 0 || strmap_value(e) != &values[i];
	}
	is_int(i, 5000, "iteration sees every entry");
	is_int(wrong, 0, "in the order of insertion");
	is_int((long long)strmap_count(&m), 4999, "count after a removal");
	int missing = 0;
	for (i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "k%d", i);
		missing += !strmap_get(&m, key);
	}
	is_int(missing, 1, "each is found but the one removed");
	strmap_release(&m);
	ok(!m.head, "released");
}

static void test_null_values(void)
{
	struct strmap m = STRMAP_INIT(free);
	strmap_set(&m, "a", NULL);
	ok(!strmap_get(&m, "a"), "a NULL value reads as NULL");
	is_int((long long)strmap_count(&m), 1, "but is an entry");
	strmap_set(&m, "a", strdup("x"));
	is_str(strmap_get(&m, "a"), "x", "and can be replaced");
	strmap_release(&m);
}

int main(void)
{
	test_basics();
	test_order();
	test_null_values();
	return done_testing();
}
