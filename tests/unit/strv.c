/* Tests of common/strv. */
#include "common/strv.h"

#include "tap.h"

static void join(const struct strv *sv, char *to, size_t size)
{
	size_t len = 0;
	to[0] = '\0';
	for (size_t i = 0; i < sv->n; i++)
		len += (size_t)snprintf(to + len, size - len, "%s|", sv->v[i]);
}

static void is_list(const struct strv *sv, const char *want, const char *name)
{
	char text[1024];
	join(sv, text, sizeof text);
	is_str(text, want, name);
	ok(!sv->v || !sv->v[sv->n], "%s: NULL at the end", name);
}

static void test_push(void)
{
	struct strv sv = STRV_INIT;
	ok(!sv.v, "no vector before the first push");
	char text[] = "one";
	strv_push(&sv, text);
	text[0] = 'X';
	strv_push_take(&sv, strdup("two"));
	strv_pushf(&sv, "%d%s", 3, "rd");
	is_list(&sv, "one|two|3rd|", "pushes copy, take and format");
	for (int i = 0; i < 100; i++)
		strv_pushf(&sv, "%d", i);
	ok(sv.n == 103 && !sv.v[103], "NULL at the end of many");
	is_str(sv.v[102], "99", "the last of many");
	strv_clear(&sv);
	ok(sv.n == 0 && sv.v && !sv.v[0], "clear keeps an empty vector");
	strv_push(&sv, "again");
	is_list(&sv, "again|", "push after clear");
	strv_push_all(&sv, &sv);
	is_list(&sv, "again|again|", "push_all of itself");
	strv_release(&sv);
	strv_release(&sv);
	ok(!sv.v && !sv.n, "release twice is fine");
}

static void test_sets(void)
{
	struct strv a = STRV_INIT, b = STRV_INIT;
	ok(strv_equal(&a, &b), "empty ones are equal");
	ok(strv_push_unique(&a, "x"), "unique: new");
	ok(!strv_push_unique(&a, "x"), "unique: there already");
	ok(strv_push_unique(&a, "xy"), "unique: a longer one is another");
	is_list(&a, "x|xy|", "unique list");
	ok(strv_contains(&a, "xy") && !strv_contains(&a, "y"), "contains");
	strv_push_all(&b, &a);
	ok(strv_equal(&a, &b), "a copy is equal");
	strv_push(&b, "z");
	ok(!strv_equal(&a, &b), "a longer one is not");
	strv_push(&a, "Z");
	ok(!strv_equal(&a, &b), "nor one that differs in one string");
	strv_release(&a);
	strv_release(&b);
}

static void test_order(void)
{
	struct strv sv = STRV_INIT;
	strv_sort(&sv);
	ok(sv.n == 0, "sort of nothing");
	strv_split(&sv, ",,b a,\xc3\xa4,B,a0,,", ", ");
	is_list(&sv, "b|a|\xc3\xa4|B|a0|", "split leaves out empty pieces");
	strv_sort(&sv);
	is_list(&sv, "B|a|a0|b|\xc3\xa4|", "bytewise order");
	char *s = strv_take(&sv, 1);
	is_str(s, "a", "take from the middle");
	free(s);
	is_list(&sv, "B|a0|b|\xc3\xa4|", "the rest moves up");
	s = strv_take(&sv, 3);
	is_str(s, "\xc3\xa4", "take the last");
	free(s);
	is_list(&sv, "B|a0|b|", "without the last");
	strv_clear(&sv);
	strv_split(&sv, "", ",");
	strv_split(&sv, ",,,", ",");
	is_list(&sv, "", "split of nothing");
	strv_split(&sv, "whole", ",");
	is_list(&sv, "whole|", "split without a separator");
	strv_release(&sv);
}

int main(void)
{
	test_push();
	test_sets();
	test_order();
	return done_testing();
}
