/* Tests of common/fs: files, directories, trees. Path names are in path.c. */
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/error.h"
#include "tap.h"

static struct error err;

/* A path in the scratch directory; good until the fourth call after. */
static const char *at(const char *name)
{
	static char paths[4][8192];
	static int turn;
	char *p = paths[turn++ % 4];
	snprintf(p, sizeof paths[0], "%s/%s", test_tmpdir(), name);
	return p;
}

static void is_content(const char *path, const char *want, const char *name)
{
	struct buf b = BUF_INIT;
	if (fs_read(path, 0, &b, &err) < 0)
		diag("%s", err.text);
	is_str(buf_str(&b), want, name);
	buf_release(&b);
}

static size_t entries(const char *dir)
{
	struct fs_list l;
	if (fs_list(dir, &l, &err) < 0)
		return 999;
	size_t n = l.n;
	fs_list_release(&l);
	return n;
}

/* A symlink; without it the rest would test nothing. */
static void point(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		ok(false, "a symlink at %s", path);
}

static void enter(const char *dir)
{
	if (chdir(dir) < 0)
		ok(false, "a directory to enter: %s", dir);
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

static ino_t inode_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) < 0 ? 0 : st.st_ino;
}

static void test_read(void)
{
	struct buf b = BUF_INIT;
	fs_write(at("r"), "12345", 5, &err);
	buf_addstr(&b, "before ");
	is_int(fs_read(at("r"), 5, &b, &err), 0, "read up to the limit");
	is_str(buf_str(&b), "before 12345", "adds to the buffer");
	is_int(fs_read(at("r"), 4, &b, &err), -1, "above the limit");
	ok(strstr(err.text, "too large") && strstr(err.text, "/r'"), "says so");
	is_str(buf_str(&b), "before 12345", "a failure leaves the buffer");
	is_int(fs_read("/proc/self/status", 0, &b, &err), 0, "a file without a size");
	ok(strstr(buf_str(&b), "\nVmRSS:"), "is read to its end");
	buf_clear(&b);
	is_int(fs_read("/proc/self/status", 10, &b, &err), -1, "the limit holds there too");
	is_int((long long)b.len, 0, "and leaves the buffer");
	is_int(fs_read(at("none"), 0, &b, &err), -1, "a missing file");
	ok(strstr(err.text, "/none': No such file"), "says which and why");
	is_int(fs_read(test_tmpdir(), 0, &b, &err), -1, "a directory is refused");
	ok(strstr(err.text, "not a regular file"), "as what it is");
	mkfifo(at("fifo"), 0600);
	is_int(fs_read(at("fifo"), 0, &b, &err), -1, "a FIFO does not hang");
	is_int(fs_read("/dev/zero", 0, &b, &err), -1, "nor does an endless device");
	fs_write(at("e"), "", 0, &err);
	is_int(fs_read(at("e"), 0, &b, &err), 0, "an empty file");
	ok(b.data && b.len == 0, "reads as an empty string");
	buf_release(&b);
}

static void test_big(void)
{
	size_t len = 3000001;
	char *data = malloc(len);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 >> 2);
	struct buf b = BUF_INIT;
	is_int(fs_write(at("big"), data, len, &err), 0, "write much");
	is_int(fs_copy(at("big"), at("big2"), &err), 0, "copy much");
	is_int(fs_read(at("big2"), 0, &b, &err), 0, "read much");
	ok(b.len == len && memcmp(b.data, data, len) == 0, "every byte is there");
	buf_release(&b);
	free(data);
}

static void test_write(void)
{
	mkdir(at("w"), 0777);
	mode_t old = umask(027);
	is_int(fs_write(at("w/f"), "one", 3, &err), 0, "write a new file");
	umask(old);
	is_int(mode_of(at("w/f")), 0640, "its mode is by the umask");
	is_int(fs_write(at("w/f"), "two", 3, &err), 0, "replace it");
	is_content(at("w/f"), "two", "the new text is there");
	point("f", at("w/link"));
	fs_write(at("w/link"), "three", 5, &err);
	is_content(at("w/f"), "two", "a symlink is replaced, not written through");
	is_int(fs_write(at("w/none/f"), "x", 1, &err), -1, "no directory");
	ok(strstr(err.text, "/w/none/f': No such"), "says so");
	mkdir(at("w/dir"), 0777);
	is_int(fs_write(at("w/dir"), "x", 1, &err), -1, "a directory is not replaced");
	is_int((long long)entries(at("w")), 3, "no temporary file stays");
	char name[300];
	memset(name, 'n', 255);
	memcpy(name, "w/", 2);
	name[257] = '\0';
	memset(name + 2, 'n', 255);
	is_int(fs_write(at(name), "long", 4, &err), 0, "the longest name can be written");
	is_content(at(name), "long", "and read");
	enter(at("w"));
	is_int(fs_write("rel", "here", 4, &err), 0, "a relative path");
	is_content(at("w/rel"), "here", "is against the current directory");
}

static void test_mkdirs(void)
{
	is_int(fs_mkdirs(at("m/a/b/c"), &err), 0, "a chain of directories");
	ok(fs_is_dir(at("m/a/b/c")), "is there");
	is_int(fs_mkdirs(at("m/a/b/c"), &err), 0, "again is fine");
	is_int(fs_mkdirs(at("m//x//y///"), &err), 0, "doubled slashes");
	ok(fs_is_dir(at("m/x/y")), "do not matter");
	enter(at("m"));
	is_int(fs_mkdirs("p/q", &err), 0, "relative");
	ok(fs_is_dir(at("m/p/q")), "to the current directory");
	is_int(fs_mkdirs("o", &err), 0, "one relative name");
	is_int(fs_mkdirs("/", &err), 0, "the root stands");
	is_int(fs_mkdirs("", &err), -1, "the empty path is no directory");
	point("a", at("m/link"));
	is_int(fs_mkdirs(at("m/link/new"), &err), 0, "through a symlink");
	ok(fs_is_dir(at("m/a/new")), "to its target");
	point("nowhere", at("m/dangling"));
	is_int(fs_mkdirs(at("m/dangling/x"), &err), -1, "a dangling symlink is in the way");
	fs_write(at("m/file"), "", 0, &err);
	is_int(fs_mkdirs(at("m/file"), &err), -1, "a file is in the way");
	ok(strstr(err.text, "/m/file': Not a directory"), "says so");
	is_int(fs_mkdirs(at("m/file/x/y"), &err), -1, "further up too");
	ok(strstr(err.text, "Not a directory"), "with the reason");
}

static void test_remove(void)
{
	fs_mkdirs(at("t/a/b/c"), &err);
	fs_mkdirs(at("keep/d"), &err);
	fs_write(at("keep/d/f"), "precious", 8, &err);
	fs_write(at("t/a/f"), "x", 1, &err);
	fs_write(at("t/a/b/.hidden"), "x", 1, &err);
	point(at("keep/d"), at("t/a/link"));
	point("nowhere", at("t/dangling"));
	mkfifo(at("t/fifo"), 0600);
	for (int i = 0; i < 2000; i++) {
		char name[32];
		snprintf(name, sizeof name, "t/a/b/%d", i);
		close(open(at(name), O_CREAT | O_WRONLY, 0600));
	}
	is_int((long long)fs_tree_size(at("t")), 2,
		"its size is that of its files, not of what links lead to");
	is_int((long long)fs_tree_size(at("nowhere")), 0, "what is missing has none");
	is_int(fs_remove_tree(at("t"), &err), 0, "a tree goes");
	ok(!fs_exists(at("t")), "entirely");
	is_content(at("keep/d/f"), "precious", "a symlink's target stays");
	is_int(fs_remove_tree(at("t"), &err), 0, "a missing tree is fine");
	is_int(fs_remove_tree(at("t/x/y"), &err), 0, "with its parents too");
	point(at("keep/d"), at("slink"));
	is_int(fs_remove_tree(at("slink"), &err), 0, "a symlink goes");
	is_content(at("keep/d/f"), "precious", "alone");
	is_int(fs_remove_tree(at("keep/d/f"), &err), 0, "a single file goes");
	ok(!fs_exists(at("keep/d/f")) && fs_is_dir(at("keep/d")), "alone");
	is_int(fs_remove_tree("/proc/self", &err), -1, "what cannot be removed");
	ok(strstr(err.text, "cannot remove '/proc/self'"), "is told");
}

static void test_deep(void)
{
	struct buf path = BUF_INIT;
	buf_addstr(&path, at("deep"));
	for (int i = 0; i < 200; i++)
		buf_addstr(&path, "/d");
	is_int(fs_mkdirs(buf_str(&path), &err), 0, "200 levels");
	is_int(fs_remove_tree(at("deep"), &err), 0, "are removed");
	for (int i = 0; i < 200; i++)
		buf_addstr(&path, "/d");
	is_int(fs_mkdirs(buf_str(&path), &err), 0, "400 levels");
	is_int(fs_remove_tree(at("deep"), &err), -1, "are refused");
	ok(fs_exists(buf_str(&path)), "and stand");
	buf_release(&path);
}

static void test_link(void)
{
	fs_mkdirs(at("l"), &err);
	fs_write(at("l/from"), "text", 4, &err);
	is_int(fs_link_or_copy(at("l/from"), at("l/to"), &err), 0, "a link");
	ok(inode_of(at("l/from")) == inode_of(at("l/to")), "is the same file");
	is_int(fs_link_or_copy(at("l/from"), at("l/to"), &err), 0, "again over itself");
	fs_write(at("l/other"), "old", 3, &err);
	is_int(fs_link_or_copy(at("l/from"), at("l/other"), &err), 0, "over another file");
	ok(inode_of(at("l/from")) == inode_of(at("l/other")), "replaces it");
	point("from", at("l/sym"));
	is_int(fs_link_or_copy(at("l/sym"), at("l/viasym"), &err), 0, "a link to a symlink");
	ok(inode_of(at("l/from")) == inode_of(at("l/viasym")), "is one to its target");
	is_int((long long)entries(at("l")), 5, "no temporary name stays");
	is_int(fs_link_or_copy(at("l/none"), at("l/to"), &err), -1, "a missing file");
	ok(strstr(err.text, "/l/none'"), "is named");
	is_content(at("l/to"), "text", "and nothing is lost");
	/* /proc lies on another file system wherever the tests run. */
	is_int(fs_link_or_copy("/proc/version", at("l/copy"), &err), 0, "across file systems");
	ok(inode_of(at("l/copy")) && fs_is_file(at("l/copy")), "it is a copy");
	struct buf a = BUF_INIT, b = BUF_INIT;
	fs_read("/proc/version", 0, &a, &err);
	fs_read(at("l/copy"), 0, &b, &err);
	is_str(buf_str(&b), buf_str(&a), "of the same text");
	buf_release(&a);
	buf_release(&b);
}

static void test_copy(void)
{
	fs_mkdirs(at("c"), &err);
	fs_write(at("c/from"), "text", 4, &err);
	chmod(at("c/from"), 0754);
	mode_t old = umask(077);
	is_int(fs_copy(at("c/from"), at("c/to"), &err), 0, "a copy");
	umask(old);
	is_content(at("c/to"), "text", "has the text");
	is_int(mode_of(at("c/to")), 0754, "and the mode");
	ok(inode_of(at("c/to")) != inode_of(at("c/from")), "and is another file");
	is_int(fs_copy(at("c/from"), at("c/from"), &err), 0, "over itself");
	is_content(at("c/from"), "text", "loses nothing");
	is_int(fs_copy(at("c"), at("c/dir"), &err), -1, "a directory is not copied");
	is_int(fs_copy(at("c/from"), at("c/none/x"), &err), -1, "nowhere to copy to");
	ok(strstr(err.text, "/c/none/x'"), "names the target");
	is_int((long long)entries(at("c")), 2, "no temporary file stays");
}

static void test_list(void)
{
	struct fs_list l = {0};
	fs_mkdirs(at("ls/dir"), &err);
	fs_write(at("ls/file"), "", 0, &err);
	fs_write(at("ls/File"), "", 0, &err);
	fs_write(at("ls/.dot"), "", 0, &err);
	mkfifo(at("ls/fifo"), 0600);
	point("dir", at("ls/to-dir"));
	point("file", at("ls/to-file"));
	point("nowhere", at("ls/to-none"));
	is_int(fs_list(at("ls"), &l, &err), 0, "list");
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < l.n; i++)
		buf_addf(&b, "%s=%c ", l.v[i].name, l.v[i].type);
	is_str(buf_str(&b), ".dot=f File=f dir=d fifo=o file=f to-dir=d to-file=f to-none=o ",
		"names in bytewise order, with what they are");
	fs_list_release(&l);
	ok(!l.v && !l.n, "released");
	is_int(fs_list(at("ls/dir"), &l, &err), 0, "an empty directory");
	ok(l.n == 0, "has no entries");
	fs_list_release(&l);
	is_int(fs_list(at("ls/none"), &l, &err), -1, "a missing directory");
	ok(strstr(err.text, "cannot list '") && strstr(err.text, "No such file"), "is told");
	is_int(fs_list(at("ls/file"), &l, &err), -1, "a file is no directory");
	buf_release(&b);
}

static void test_predicates(void)
{
	ok(fs_exists(at("ls/file")) && fs_exists(at("ls/dir")), "exists");
	ok(!fs_exists(at("ls/none")) && !fs_exists(at("ls/to-none")), "does not");
	ok(fs_is_dir(at("ls/to-dir")) && !fs_is_dir(at("ls/file")), "is_dir follows");
	ok(fs_is_file(at("ls/to-file")) && !fs_is_file(at("ls/dir")) && !fs_is_file(at("ls/fifo")),
		"is_file follows");
}

static void test_temporaries(void)
{
	fs_mkdirs(at("left/.boardman-deep"), &err);
	fs_write(at("left/.boardman-0123456789abcdef"), "half", 4, &err);
	fs_write(at("left/boardman-not"), "whole", 5, &err);
	fs_remove_temporaries(at("left"));
	fs_remove_temporaries(at("nowhere"));
	ok(!fs_exists(at("left/.boardman-0123456789abcdef")), "what was left half written goes");
	is_content(at("left/boardman-not"), "whole", "another file stays");
	is_int((long long)entries(at("left")), 2, "a directory, too");
}

int main(void)
{
	test_read();
	test_big();
	test_write();
	test_mkdirs();
	test_remove();
	test_deep();
	test_link();
	test_copy();
	test_list();
	test_predicates();
	enter("/");
	test_temporaries();
	return done_testing();
}
