/* The rows of a record: which root a path gets, what they look like, and every kind of change that they must see. */
#include "sketch/rows.h"

#include "unit/context_util.h"

static void put_all(void)
{
	put("sketches/A/A.ino", "void setup(){}\n");
	put("sketches/A/src/x.h", "1\n");
	put("sketches/A/src/deep/y.h", "2\n");
	put("sketches/A/src/.git/z", "3\n");
}

static char *row(const char *root, const char *path, const char *slash, const struct digest *d)
{
	char hex[DIGEST_HEX_LEN + 1];
	return xasprintf("%s\t%s%s\t%s\n", root, path, slash, digest_hex(d, hex));
}

static int lines(const char *s)
{
	int n = 0;
	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void shape(void)
{
	struct desk d = {0};
	struct buf out = BUF_INIT;
	struct rows r;
	desk_open(&d);
	struct context *c = desk_context(&d, "tiny:tiny:one");
	char *tree = xstrdup(at("sketches/A")), *file = xstrdup(at("sketches/A/A.ino"));
	rows_init(&r, c, tree, &out);
	rows_add(&r, file);
	rows_add(&r, file);
	struct digest want;
	digest_bytes(&want, "void setup(){}\n", 15);
	char *text = row("tree", file, "", &want);
	is_str(buf_str(&out), text, "a file's row, once");
	free(text);
	buf_clear(&out);

	rows_add(&r, at("libraries/Blinker/src/Blinker.h"));
	ok(!strncmp(buf_str(&out), "library\t", 8), "a library's file");
	buf_clear(&out);
	rows_add(&r, at("hardware/tiny/tiny/cores/tiny/Arduino.h"));
	ok(!strncmp(buf_str(&out), "platform\t", 9), "the core's");
	buf_clear(&out);
	rows_add(&r, at("hardware/tiny/tiny/variants/std/pins_arduino.h"));
	ok(!strncmp(buf_str(&out), "platform\t", 9), "the variant's");
	buf_clear(&out);
	rows_add(&r, "/etc/passwd");
	ok(!strncmp(buf_str(&out), "toolchain\t/etc/passwd\t", 22), "and any other");
	buf_clear(&out);
	ok(!r.gone, "all of them are there");

	rows_add_dir(&r, at("sketches/A/src"), true);
	rows_add_dir(&r, at("sketches/A/src/deep"), false);
	const char *s = buf_str(&out);
	ok(strstr(s, "/sketches/A/src/\t") && strstr(s, "/sketches/A/src/deep/\t"),
		"a directory and what is beneath it end with a slash");
	ok(!strstr(s, ".git"), "but not what is hidden");
	is_int(lines(s), 2, "two rows, no more");
	buf_clear(&out);
	rows_add_dir(&r, at("sketches/A"), false);
	is_int(lines(buf_str(&out)), 1, "not recursive: one row");
	rows_release(&r);
	buf_release(&out);
	free(tree);
	free(file);
	ok(desk_close(&d), "closed");
}

static void incomplete(void)
{
	struct desk d = {0};
	struct buf out = BUF_INIT;
	struct rows r;
	desk_open(&d);
	struct context *c = desk_context(&d, "tiny:tiny:one");
	rows_init(&r, c, NULL, &out);
	rows_add(&r, at("no-such"));
	ok(r.gone, "a file that is not there makes the record incomplete");
	is_str(buf_str(&out), "", "and gives no row");
	rows_release(&r);
	static const char *const odd[] = {"odd/a\tb", "odd/a\nb"};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		put(odd[i], "");
		rows_init(&r, c, NULL, &out);
		rows_add(&r, at(odd[i]));
		ok(r.gone && !out.len, "so does a name that no row can hold");
		rows_release(&r);
	}
	buf_release(&out);
	ok(desk_close(&d), "closed");
}

/* What changed after it may have been used is not what was used. */
static void since(void)
{
	struct desk d = {0};
	struct buf out = BUF_INIT;
	struct rows r;
	struct timespec now;
	put("before", "");
	usleep(50000);
	clock_gettime(CLOCK_REALTIME, &now);
	desk_open(&d);
	rows_init(&r, desk_context(&d, "tiny:tiny:one"), NULL, &out);
	r.since = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	rows_add(&r, at("before"));
	ok(!r.gone, "a file that was there before");
	put("later", "");
	rows_add(&r, at("later"));
	ok(r.gone, "one that came since");
	r.gone = false;
	r.since = 0;
	put("later2", "");
	rows_add(&r, at("later2"));
	ok(!r.gone, "where it is no matter");
	rows_release(&r);
	buf_release(&out);
	ok(desk_close(&d), "closed");
}

/* ---- rows_current ---- */

struct book {
	struct desk d;
	struct buf out;
};

static void take(struct book *b, const char *file, const char *dir)
{
	struct rows r;
	desk_open(&b->d);
	rows_init(&r, desk_context(&b->d, "tiny:tiny:one"), NULL, &b->out);
	if (file)
		rows_add(&r, at(file));
	if (dir)
		rows_add_dir(&r, at(dir), true);
	must(!r.gone, "incomplete");
	rows_release(&r);
}

static bool current(struct book *b)
{
	file_index_forget(b->d.s.files, NULL);
	return rows_current(buf_str(&b->out), b->d.s.files);
}

static void release(struct book *b)
{
	buf_release(&b->out);
	desk_close(&b->d);
}

static void changes(void)
{
	struct book b = {0};
	put_all();
	take(&b, "sketches/A/A.ino", "sketches/A/src");
	ok(current(&b), "nothing has changed");
	put("sketches/A/A.ino", "void setup(){}\n");
	ok(current(&b), "written anew with the same bytes");
	put("sketches/A/A.ino", "void setup(){;\n");
	ok(!current(&b), "as long as before, but other bytes");
	put("sketches/A/A.ino", "void setup(){}\n");
	ok(current(&b), "and back");
	unlink(at("sketches/A/A.ino"));
	ok(!current(&b), "gone");
	fs_mkdirs(at("sketches/A/A.ino"), NULL);
	ok(!current(&b), "a directory in its place");
	rmdir(at("sketches/A/A.ino"));
	put("elsewhere", "void setup(){}\n");
	must(symlink(at("elsewhere"), at("sketches/A/A.ino")) == 0, "symlink");
	ok(current(&b), "a link to the same bytes");
	unlink(at("sketches/A/A.ino"));
	put("sketches/A/A.ino", "void setup(){}\n");

	put("sketches/A/src/x.h", "changed\n");
	ok(current(&b), "a directory's row is its listing, not its files");
	put("sketches/A/src/new.h", "");
	ok(!current(&b), "a new file in a directory");
	unlink(at("sketches/A/src/new.h"));
	ok(current(&b), "removed again");
	put("sketches/A/src/deep/new.h", "");
	ok(!current(&b), "one further down");
	unlink(at("sketches/A/src/deep/new.h"));
	rename(at("sketches/A/src/x.h"), at("sketches/A/src/w.h"));
	ok(!current(&b), "a renamed file");
	rename(at("sketches/A/src/w.h"), at("sketches/A/src/x.h"));
	unlink(at("sketches/A/src/x.h"));
	fs_mkdirs(at("sketches/A/src/x.h"), NULL);
	ok(!current(&b), "a file that became a directory");
	rmdir(at("sketches/A/src/x.h"));
	put("sketches/A/src/x.h", "");
	ok(current(&b), "as it was");
	fs_remove_tree(at("sketches/A/src"), NULL);
	ok(!current(&b), "the directory is gone");
	put("sketches/A/src", "");
	ok(!current(&b), "a file in its place");
	unlink(at("sketches/A/src"));
	release(&b);
}

static void odd_names(void)
{
	static const char *const names[] = {"odd/with blank", "odd/per%cent%s", "odd/#hash",
		"odd/quo\"te'", "odd/back\\slash", "odd/uml\xc3\xa4ut", "odd/bad\xff\xfe",
		"odd/carriage\rreturn", "odd/ends.", "odd/-dash", "odd/$dollar"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct book b = {0};
		put(names[i], "one");
		take(&b, names[i], NULL);
		bool before = current(&b);
		put(names[i], "two");
		ok(before && !current(&b), "a file called %s", names[i]);
		release(&b);
	}
	struct book b = {0};
	put("odd dir \\x/f", "");
	take(&b, NULL, "odd dir \\x");
	bool before = current(&b);
	put("odd dir \\x/g", "");
	ok(before && !current(&b), "a directory with an odd name");
	release(&b);
}

/* Records have their last rows in common; what was seen of one counts for the next, and nothing else does. */
static void shared(void)
{
	struct book b = {0};
	put_all();
	put("x/same.h", "1\n");
	put("y/same.h", "1\n");
	put("common.h", "c\n");
	take(&b, "x/same.h", NULL);
	struct file_index *ix = b.d.s.files;
	char *x = buf_detach(&b.out);
	struct rows r;
	rows_init(&r, desk_context(&b.d, "tiny:tiny:one"), NULL, &b.out);
	rows_add(&r, at("common.h"));
	rows_release(&r);
	char *common = buf_detach(&b.out), *first = xasprintf("%s%s", x, common);
	ok(rows_current(first, ix), "one record");
	ok(rows_current(common, ix), "one of only the common rows");
	ok(rows_current(first, ix), "and back");

	char *place = strstr(x, "/x/same.h");
	must(place, "the path");
	place[1] = 'y';
	char *other = xasprintf("%s%s", x, common);
	ok(rows_current(other, ix), "another first row");
	place[1] = 'z';
	char *none = xasprintf("%s%s", x, common);
	ok(!rows_current(none, ix),
		"one of a file that is not there, though all but a letter is the same");
	ok(rows_current(other, ix), "the good one still stands");

	put("common.h", "d\n");
	file_index_forget(ix, at("common.h"));
	ok(!rows_current(other, ix), "a common row that has changed, when it was looked at again");
	ok(!rows_current(first, ix), "so for all that have it");
	put("common.h", "c\n");
	ok(current(&b), "nothing");
	ok(rows_current(other, ix), "changed back");
	free(x);
	free(common);
	free(first);
	free(other);
	free(none);
	release(&b);
}

static void broken(void)
{
	struct book b = {0};
	put_all();
	take(&b, "sketches/A/A.ino", NULL);
	char *good = xstrdup(buf_str(&b.out));
	size_t n = strlen(good);
	ok(rows_current(good, b.d.s.files), "a good text");
	char *text = xstrndup(good, n - 1);
	ok(!rows_current(text, b.d.s.files), "without its last newline");
	free(text);
	text = xstrndup(good, n - 10);
	ok(!rows_current(text, b.d.s.files), "cut in the digest");
	free(text);
	text = xasprintf("%sx\n", good);
	ok(!rows_current(text, b.d.s.files), "a row of one word");
	free(text);
	text = xasprintf("%stree\t/etc/passwd\n", good);
	ok(!rows_current(text, b.d.s.files), "a row of two");
	free(text);
	text = xasprintf("%s\n", good);
	ok(!rows_current(text, b.d.s.files), "an empty row");
	free(text);
	text = xasprintf("tree\t/etc/passwd\tgarbage\n%s", good);
	ok(!rows_current(text, b.d.s.files), "no digest");
	free(text);
	ok(!rows_current(
		   "tree\t\t0000000000000000000000000000000000000000000000000000000000000000\n",
		   b.d.s.files),
		"an empty path");
	free(good);
	release(&b);
}

static void other_collectors(void)
{
	struct desk d = {0};
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct rows r;
	put_all();
	desk_open(&d);
	struct context *c = desk_context(&d, "tiny:tiny:one");
	rows_init(&r, c, NULL, &one);
	rows_add(&r, at("sketches/A/A.ino"));
	rows_add_dir(&r, at("sketches/A/src"), false);
	rows_release(&r);
	rows_init(&r, c, NULL, &two);
	rows_add_text(&r, buf_str(&one));
	is_str(buf_str(&two), buf_str(&one), "rows are taken over");
	rows_add_text(&r, buf_str(&one));
	rows_add(&r, at("sketches/A/A.ino"));
	rows_add_dir(&r, at("sketches/A/src"), false);
	is_str(buf_str(&two), buf_str(&one), "each path once");
	rows_release(&r);
	buf_release(&one);
	buf_release(&two);
	ok(desk_close(&d), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	put_all();
	shape();
	incomplete();
	since();
	changes();
	odd_names();
	shared();
	broken();
	other_collectors();
	return done_testing();
}
