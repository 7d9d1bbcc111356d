/* Names looked up in an -I list. */
#include "sketch/fileindex.h"
#include "sketch/store.h"
#include "unit/store_util.h"

static struct include_list *make(struct file_index *ix, const char *a, const char *b, const char *c)
{
	struct strv dirs = STRV_INIT;
	strv_push(&dirs, at(a));
	strv_push(&dirs, at(b));
	strv_push(&dirs, at(c));
	struct include_list *il = include_list_new(ix, &dirs);
	strv_release(&dirs);
	return il;
}

int main(void)
{
	struct file_index *ix = file_index_open(at("cache"));
	put("a/x.h", "1");
	put("b/x.h", "2");
	put("b/sub/y.h", "3");
	put("c/z.h", "4");
	must(mkdir(at("a/z.h"), 0755) == 0, "mkdir");
	struct include_list *il = make(ix, "a", "b", "c");
	is_int((long long)include_list_dirs(il)->n, 3, "its directories");
	is_str(include_list_find(il, "x.h"), at("a/x.h"), "the first one wins");
	is_str(include_list_find(il, "sub/y.h"), at("b/sub/y.h"), "names with directories");
	is_str(include_list_find(il, "z.h"), at("c/z.h"), "a directory of that name is none");
	is_str(include_list_find(il, "none.h"), NULL, "not there");
	is_str(include_list_find(il, at("c/z.h")), at("c/z.h"), "an absolute name is itself");
	const char *lent = include_list_find(il, "x.h");
	ok(include_list_find(il, "x.h") == lent, "the same string again");
	put("a/none.h", "5");
	is_str(include_list_find(il, "none.h"), NULL, "within a run what is absent stays absent");
	file_index_forget(ix, NULL);
	is_str(include_list_find(il, "none.h"), at("a/none.h"), "until the index forgets");
	ok(include_list_find(il, "x.h") == lent, "an unchanged answer stays the same string");
	unlink(at("a/x.h"));
	file_index_forget(ix, NULL);
	is_str(include_list_find(il, "x.h"), at("b/x.h"), "the next one takes over");
	is_str(lent, at("a/x.h"), "what was lent out is still readable");
	include_list_free(il);
	il = make(ix, "c", "b", "a");
	is_str(include_list_find(il, "none.h"), at("a/none.h"), "another order");
	include_list_free(il);
	include_list_free(NULL);
	file_index_free(ix);
	return done_testing();
}
