/* outtree: names and their inverse, the choice of the directory, what is refused, the lock. */
#include "tap.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include "boss/outtree.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "git/worktree.h"

static void encoded(enum name_kind kind, const char *text, const char *want)
{
	char *got = outtree_encode(kind, text, NULL);
	is_str(got, want, text);
	free(got);
}

static void names(void)
{
	encoded(NAME_BOARD, "arduino:avr:uno", "arduino.avr.uno");
	encoded(NAME_BOARD, "a:b:c:cpu=x,y=1.5", "a.b.c.cpu=x,y=1%2E5");
	encoded(NAME_SKETCH, "examples/Noise", "examples+Noise");
	encoded(NAME_SKETCH, "/abs/01.Basics/Blink", "+abs+01.Basics+Blink");
	encoded(NAME_SKETCH, "a+b/c d", "a%2Bb+c%20d");
	encoded(NAME_SKETCH, ".hidden/..", "%2Ehidden+%2E.");
	encoded(NAME_SKETCH, "..", "%2E.");
	encoded(NAME_SKETCH, "Übung", "%C3%9Cbung");
	encoded(NAME_SKETCH, "100%", "100%25");
	encoded(NAME_SKETCH, "a:b", "a%3Ab");
	encoded(NAME_BOARD, "::", "%3A.");
}

static void refused(void)
{
	struct error err = ERROR_INIT;
	char longname[300];
	ok(!outtree_encode(NAME_SKETCH, "", &err), "an empty name");
	ok(!outtree_encode(NAME_SKETCH, "a\xff", &err), "a name that is not UTF-8");
	ok(strstr(err.text, "not UTF-8") != NULL, "says so");
	memset(longname, 'x', sizeof longname);
	longname[255] = '\0';
	char *fits = outtree_encode(NAME_SKETCH, longname, &err);
	ok(fits != NULL, "255 bytes fit");
	free(fits);
	longname[255] = 'x';
	longname[256] = '\0';
	ok(!outtree_encode(NAME_SKETCH, longname, &err), "256 do not");
}

/* All two-byte texts of the bytes that matter, both kinds: different texts have different names, and each comes back. */
static void round_trip(void)
{
	static const char bytes[] = "aZ9_=,@-.+/:%\\ ~\x01\x7f";
	size_t n = sizeof bytes - 1, bad = 0, clash = 0;
	char *seen[2][18 * 18 + 1] = {{0}};
	for (int kind = 0; kind < 2; kind++) {
		size_t count = 0;
		for (size_t i = 0; i < n * n; i++) {
			char text[] = {bytes[i / n], bytes[i % n], '\0'};
			char *name = outtree_encode((enum name_kind)kind, text, NULL);
			char *back = name ? outtree_decode((enum name_kind)kind, name) : NULL;
			bad += !back || strcmp(back, text) != 0 || strchr(name, '/') ||
			       name[0] == '.';
			for (size_t k = 0; k < count; k++)
				clash += !strcmp(seen[kind][k], name);
			seen[kind][count++] = name;
			free(back);
		}
		for (size_t k = 0; k < count; k++)
			free(seen[kind][k]);
	}
	is_int((long long)bad, 0, "every text comes back from a name that stays in its directory");
	is_int((long long)clash, 0, "no two texts share a name");
	ok(!outtree_decode(NAME_SKETCH, "a%2b"), "small hex digits were not made here");
	ok(!outtree_decode(NAME_SKETCH, "a%41"), "nor an escaped letter");
	ok(!outtree_decode(NAME_SKETCH, "a%"), "nor half an escape");
	ok(!outtree_decode(NAME_SKETCH, ""), "nor nothing");
	ok(!outtree_decode(NAME_SKETCH, "a b"), "nor a space");
	ok(!outtree_decode(NAME_SKETCH, "%FF"), "nor what is not UTF-8");
}

static char *in_tmp(const char *name)
{
	return path_join(test_tmpdir(), name);
}

static void choice(void)
{
	struct error err = ERROR_INIT;
	char *work = in_tmp("repo"), *deep = in_tmp("repo/a/b"), *git = in_tmp("repo/.git");
	char *plain = in_tmp("plain");
	fs_mkdirs(deep, &err);
	fs_mkdirs(plain, &err);
	char *got = outtree_default(deep), *want = path_join(deep, "boardman-out");
	is_str(got, want, "without git: in the current directory");
	free(got);
	free(want);
	fs_write(git, "gitdir: elsewhere\n", 18, &err);
	got = outtree_default(deep);
	want = path_join(work, "boardman-out");
	is_str(got, want, "with git, a file too: at the top of the work tree");
	free(got);
	free(want);
	got = worktree_top(plain);
	is_str(got, NULL, "no work tree above");
	free(got);
	free(work);
	free(deep);
	free(git);
	free(plain);
}

static void making(void)
{
	struct error err = ERROR_INIT;
	char *out = in_tmp("out/deeper"), *file = path_join(out, ".gitignore");
	struct buf text = BUF_INIT;
	ok(!outtree_is_ours(out), "what is not there is not ours");
	struct outtree *o = outtree_open(out, &err);
	ok(o != NULL, "it is made: %s", err.text);
	is_str(outtree_path(o), out, "where asked");
	ok(outtree_is_ours(out), "and ours then");
	fs_read(file, 0, &text, &err);
	is_str(buf_str(&text), "*\n", ".gitignore keeps all of it out");
	outtree_close(o);
	o = outtree_open(out, &err);
	ok(o != NULL, "it can be used again");
	outtree_close(o);
	free(file);

	char *begun = in_tmp("begun");
	file = path_join(begun, ".boardman-0123456789abcdef");
	fs_mkdirs(begun, &err);
	fs_write(file, "half a tag", 10, &err);
	o = outtree_open(begun, &err);
	ok(o != NULL, "one whose maker was killed before it had marked it becomes ours");
	ok(!fs_exists(file), "… and loses what was half written");
	outtree_close(o);
	free(file);
	free(begun);

	char *alien = in_tmp("alien");
	file = path_join(alien, "thesis.txt");
	fs_mkdirs(alien, &err);
	fs_write(file, "x", 1, &err);
	ok(!outtree_open(alien, &err), "a directory with something else in it is refused");
	ok(strstr(err.text, "not made by boardman") != NULL, "and why: %s", err.text);
	ok(!outtree_open(file, &err), "so is a file");
	char *tag = path_join(alien, "CACHEDIR.TAG");
	fs_write(tag, "Signature: 8a477f597d28d172789f06886806bc55\n", 44, &err);
	ok(!outtree_open(alien, &err), "and somebody else's cache directory");
	buf_release(&text);
	free(tag);
	free(file);
	free(alien);
	free(out);
}

/* In another process: locks belong to those. */
static int open_elsewhere(const char *out, struct buf *said)
{
	int pipes[2], status = -1;
	if (pipe(pipes) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = ERROR_INIT;
		struct outtree *o = outtree_open(out, &err);
		dprintf(pipes[1], "%s", err.text);
		_exit(o ? 0 : 1);
	}
	close(pipes[1]);
	ssize_t n = read(pipes[0], buf_reserve(said, 4096), 4096);
	said->len += n > 0 ? (size_t)n : 0;
	said->data[said->len] = '\0';
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void locking(void)
{
	struct error err = ERROR_INIT;
	struct buf said = BUF_INIT;
	char *out = in_tmp("locked"), *mine = xasprintf("process %ld", (long)getpid());
	struct outtree *o = outtree_open(out, &err);
	is_int(open_elsewhere(out, &said), 1, "a second run on it is refused");
	ok(strstr(buf_str(&said), mine) != NULL, "and told who has it: %s", buf_str(&said));
	outtree_close(o);
	buf_clear(&said);
	is_int(open_elsewhere(out, &said), 0, "afterwards it is free");
	buf_release(&said);
	free(out);
	free(mine);
}

int main(void)
{
	names();
	refused();
	round_trip();
	choice();
	making();
	locking();
	return done_testing();
}
