/* checkout: what is in a slot afterwards, what keeps its times, what goes; interrupted ones; trees that lie. */
#include "git_util.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include "git/checkout.h"
#include "git/repo.h"

/* ---- helpers ---- */

/* A slot beneath "slots" that holds the tree; told when there is none. */
static struct slot *take(const char *tree)
{
	struct error err = ERROR_INIT;
	char *dir = path_join(test_tmpdir(), "slots");
	struct slot *s = slot_take(dir, tree, &err);
	if (!s)
		diag("%s", err.text);
	free(dir);
	return s;
}

static int check_out(struct slot *s, const char *ref, const char *tree, struct error *err)
{
	char *our = path_join(test_tmpdir(), "our");
	int ret = slot_checkout(s, our, ref, tree, err);
	free(our);
	return ret;
}

/* Checks out what a snapshot of the directory holds, and compares. */
static void appears(struct slot *slot, const char *dir, const char *what)
{
	struct snapshot s;
	struct error err = ERROR_INIT;
	if (!ok(snap(&s, dir), "%s: a snapshot", what))
		return;
	RUN("git --git-dir=our update-ref refs/bm/x %s", s.commit);
	if (!ok(check_out(slot, "refs/bm/x", s.tree, &err) == 0, "%s: a checkout", what))
		diag("%s", err.text);
	char *diff = sh("LC_ALL=C diff -r --no-dereference %s %s/%s >&2; "
			"cd %s; find . -name .git -prune -o ! -type d -printf '%%P %%y %%l "
			"%%#m\\n' | sort >../want; "
			"cd %s/%s; find . ! -type d -printf '%%P %%y %%l %%#m\\n' | sort | diff "
			"%s/want - >&2; echo same",
		dir, slot_path(slot), s.dirs.v[0], dir, slot_path(slot), s.dirs.v[0],
		test_tmpdir());
	is_str(diff, "same", what);
	free(diff);
	snapshot_release(&s);
}

/* Names and times of all that is in the slot, inode numbers too. New string. */
static char *times(const struct slot *s)
{
	return sh("cd %s; find . ! -type d -printf '%%P %%T@ %%i\\n' | sort", slot_path(s));
}

/* ---- what is there ---- */

static void ordinary(void)
{
	struct slot *s = take("none");
	char *was, *is;
	if (!ok(s != NULL, "a slot"))
		return;
	RUN("umask 022; mkdir -p t/src/deep t/lib; cd t; echo 1 >lib/x; for i in $(seq 30); do "
	    "echo $i >src/$i; "
	    "done; echo 1 >src/deep/1; "
	    "printf '#!/bin/sh\\n' >run; chmod +x run; ln -s src link; ln -s nowhere dangling; "
	    "printf '* text=auto eol=crlf\\n*.id ident\\n*.up filter=up\\n' >.gitattributes; "
	    "printf 'a\\r\\nb\\r\\n' >crlf.txt; "
	    "printf 'a\\nb\\n' >lf.txt; printf '$Id$\\n' >k.id; echo low >l.up; printf "
	    "'*.o\\nbuild\\n' >.gitignore; "
	    "echo 1 >\"$(printf 'new\\nline')\"; echo 1 >' sp ace '; git config --global "
	    "core.autocrlf true; "
	    "git config --global filter.up.smudge 'tr a-z A-Z'; printf '#!/bin/sh\\ntouch "
	    "%s/hooked\\n' >../our.hook; chmod +x ../our.hook",
		test_tmpdir());
	appears(s, "t", "a fresh slot");
	RUN("cp our.hook our/hooks/post-checkout; ls -l our/hooks | grep -q post-checkout");
	was = times(s);
	appears(s, "t", "the same tree");
	is = times(s);
	ok(strlen(was) > 1000, "there are files");
	is_str(is, was, "all files keep their times");
	ok(!fs_exists("hooked"), "no hook ran");
	free(is);
	RUN("echo changed >>t/src/7; chmod +x t/src/8; rm t/src/9; mv t/src/deep t/src/deeper; "
	    "echo new >t/src/31; ln -sfn lib t/link; "
	    "rm t/dangling; mkdir t/dangling; echo 1 >t/dangling/f; rm -r t/lib; echo 1 >t/lib");
	appears(s, "t", "changed, removed, moved, of another kind");
	is = sh("cd %s; find . -path '*/src/*' ! -type d ! -name 7 ! -name 8 ! -name 31 ! -path "
		"'*deep*' -printf '%%P %%T@ %%i\\n' | "
		"sort >is; echo '%s' | grep -F -x -v -c -f - is || :; rm is",
		slot_path(s), was);
	is_str(is, "0", "equal files keep their times");
	free(is);
	free(was);
	slot_free(s);
}

static void junk(void)
{
	struct slot *s = take("none");
	if (!s)
		return;
	RUN("cd %s/0-t; echo 1 >junk; echo 1 >src/x.o; mkdir -p build/deep; echo 1 >build/deep/x; "
	    "mkdir empty; git init -q nest; echo 1 >nest/f; "
	    "git init -q .; mkfifo src/fifo; ln -s /etc src/etc; mkdir ../1-old; echo 1 "
	    ">../1-old/f; rm src/1; mkdir src/1; echo 1 >src/1/f; "
	    "rm src/2; ln -s /etc/passwd src/2; rm -r src/deeper; ln -s /etc src/deeper; rm src/3; "
	    "echo tampered >>src/4; printf 'a\\r\\nb\\r\\n' >lf.txt; chmod -x run; "
	    "git init -q ..",
		slot_path(s));
	appears(s, "t", "what a build left and did");
	char *left = sh("ls -A %s; ls -d %s/0-t/.git %s/0-t/nest %s/0-t/build 2>/dev/null || :",
		slot_path(s), slot_path(s), slot_path(s), slot_path(s));
	is_str(left, "0-t", "nothing else is left");
	char *passwd = sh("test -s /etc/passwd; test -d /etc; echo there");
	is_str(passwd, "there", "no link was followed");
	free(passwd);
	free(left);
	slot_free(s);
}

/* ---- slots ---- */

static void slots(void)
{
	struct slot *a = take("none"), *b = take("none"), *c;
	if (!ok(a && b, "two at once"))
		return;
	char *first = xstrdup(slot_path(a)), *second = xstrdup(slot_path(b));
	ok(strcmp(first, second) != 0, "are two");
	appears(b, "t", "the second");
	slot_free(b);
	char *tree = sh("cat slots/1/tree");
	c = take(tree);
	is_str(c ? slot_path(c) : NULL, second, "one that holds the tree is preferred");
	b = take(tree);
	ok(b && strcmp(slot_path(b), second) != 0 && strcmp(slot_path(b), first) != 0,
		"unless it is in use");
	slot_free(b);
	slot_free(c);
	slot_free(a);
	pid_t pid = fork();
	if (pid == 0) {
		if (take("none"))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	a = take("none");
	is_str(a ? slot_path(a) : NULL, first, "a killed process holds nothing");
	slot_free(a);
	struct error err = ERROR_INIT;
	ok(!slot_take("/proc/nowhere", "none", &err) && *err.text, "no place for slots");
	free(tree);
	free(first);
	free(second);
}

/* ---- interrupted ---- */

/* Starts a checkout and kills it as soon as the file is there. */
static void killed_when(const char *file, const char *ref, const char *tree)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct slot *s = take("none");
		_exit(!s || check_out(s, ref, tree, NULL) < 0);
	}
	int status;
	while (!fs_exists(file) && waitpid(pid, &status, WNOHANG) == 0)
		usleep(100);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void interrupted(void)
{
	struct snapshot s;
	RUN("mkdir k; cd k; for i in $(seq 100 899); do echo $i >$i; done; rm -rf ../slots");
	struct slot *slot = take("none");
	if (!slot)
		return;
	appears(slot, "k", "800 files");
	slot_free(slot);
	RUN("cd k; for i in $(seq 100 2 899); do echo changed $i >$i; done; rm 8?1; for i in $(seq "
	    "900 999); do echo $i >$i; done");
	for (int at = 100; at < 1000; at += 300) {
		if (!ok(snap(&s, "k"), "another tree"))
			return;
		RUN("git --git-dir=our update-ref refs/bm/k %s", s.commit);
		RUN("for i in 901 904 907; do rm -f slots/0/src/0-k/$i; done");
		char *file = xasprintf("slots/0/src/0-k/%d", at == 100	 ? 901
							     : at == 400 ? 904
									 : 907);
		killed_when(file, "refs/bm/k", s.tree);
		/* As if it had been in the middle of them. */
		RUN(": >slots/0/src/0-k/300; : >slots/0/index.lock; : >slots/0/src/0-k/%d.tmp", at);
		slot = take("none");
		is_str(slot ? path_base(slot_path(slot)) : NULL, "src", "the next takes the slot");
		appears(slot, "k", "what a killed one began is ended");
		slot_free(slot);
		snapshot_release(&s);
		free(file);
	}
	RUN("echo damage >slots/0/index");
	slot = take("none");
	char *was = times(slot);
	appears(slot, "k", "a damaged index");
	char *is = times(slot);
	is_str(is, was, "even so equal files keep their times");
	free(is);
	free(was);
	slot_free(slot);
}

/* ---- trees that lie ---- */

static void wrong_tree(void)
{
	struct slot *s = take("none");
	struct error err = ERROR_INIT;
	char *tree = sh("git --git-dir=our rev-parse refs/bm/k^{tree}");
	char *blob = sh("echo x | git --git-dir=our hash-object -w --stdin");
	RUN("git --git-dir=our update-ref refs/bm/blob %s", blob);
	ok(check_out(s, "refs/bm/k", "1234567890123456789012345678901234567890", &err) < 0,
		"another tree than was asked for");
	ok(strstr(err.text, tree) && strstr(err.text, "instead of 1234"), "is told");
	ok(check_out(s, "refs/bm/none", tree, &err) < 0 && strstr(err.text, "refs/bm/none"),
		"no such ref");
	ok(check_out(s, "refs/bm/blob", tree, &err) < 0, "no commit");
	ok(slot_checkout(s, "nowhere", "refs/bm/k", tree, &err) < 0 && !fs_exists("nowhere"),
		"no repository");
	free(blob);
	free(tree);
	slot_free(s);
}

/* Makes refs/bm/h a commit whose tree has the entries, a Perl list of [mode, name, hex id]: $b is a blob, $l one that says "../../../victim", $t a
 * tree with "f". The tree's id; new string. */
static char *lying_tree(const char *entries)
{
	static const char script[] = "b=$(echo owned | git hash-object -w --stdin)\n"
				     "l=$(printf ../../../victim | git hash-object -w --stdin)\n"
				     "t=$(printf '100644 blob %s\\tf\\n' $b | git mktree)\n"
				     "export b l t\n"
				     "id=$(perl -e 'my ($b, $l, $t) = @ENV{qw(b l t)};\n"
				     "  printf \"%s %s\\0%s\", $$_[0], $$_[1], pack(\"H*\", "
				     "$$_[2]) for eval $ENV{entries};' |\n"
				     "  git hash-object --literally -t tree -w --stdin)\n"
				     "c=$(printf 'tree %s\\nauthor a <a> 1 +0000\\ncommitter a <a> "
				     "1 +0000\\n\\nx\\n' $id |\n"
				     "  git hash-object --literally -t commit -w --stdin)\n"
				     "git update-ref refs/bm/h $c\n"
				     "echo $id\n";
	if (fs_write("lie", script, strlen(script), NULL) < 0)
		diag("no script");
	setenv("entries", entries, 1);
	RUN("rm -rf victim; mkdir -p victim; echo safe >victim/f");
	return sh("GIT_DIR=our sh -e lie");
}

/* Neither a file beside the slot nor what a symlink leads to may change; with `says`, it must be refused. */
static void hostile(const char *entries, const char *says, const char *what)
{
	struct error err = ERROR_INIT;
	char *tree = lying_tree(entries);
	struct slot *s = take("none");
	int ret = check_out(s, "refs/bm/h", tree, &err);
	char *state = sh("cat victim/f; ls victim; ls slots; ls slots/0 | grep -v "
			 "'tree\\|index\\|src' | tr '\\n' "
			 "' '; test ! -e "
			 "slots/0/src/.git || echo dotgit; test ! -e our/f || echo our");
	is_str(state, "safe\nf\n0\nlock ", what);
	if (says)
		ok(ret < 0 && strstr(err.text, says), "refused: %s", err.text);
	free(state);
	free(tree);
	slot_free(s);
}

static void hostile_trees(void)
{
	RUN("rm -rf slots f");
	hostile("['100644', '..', $b]", "'..'", "a file ..");
	hostile("['40000', '..', $t]", "'..'", "a directory ..");
	hostile("['40000', '.', $t]", "'.'", "a directory .");
	hostile("['40000', '.git', $t]", "'.git'", "a directory .git");
	hostile("['40000', '.GIT', $t]", "'.GIT'", "a directory .GIT");
	hostile("['40000', 'git~1', $t]", "'git~1'", "a directory git~1");
	hostile("['100644', '../f', $b]", "'../f'", "a slash in a name");
	hostile("['100644', '/tmp/boardman-hostile', $b]", "'/tmp", "an absolute name");
	hostile("['120000', '.gitmodules', $l]", "'.gitmodules'", "a symlink .gitmodules");
	hostile("['100644', '', $b]", "cannot read", "an empty name");
	hostile("['100644', 'a', $t]", "cannot", "a directory that says it is a file");
	hostile("['40000', 'a', $b]", "cannot", "a file that says it is a directory");
	hostile("['120000', 'a', $l], ['40000', 'a', $t]", NULL,
		"a symlink and a directory of one name");
	hostile("['40000', 'a', $t], ['120000', 'a', $l]", NULL, "the other way round");
	hostile("['120000', 'a', $l], ['100644', 'a/f', $b]", "'a/f'", "a file through a symlink");
	hostile("['120000', 'A', $l], ['40000', 'a', $t]", NULL, "names that differ in case alone");
	hostile("['160000', 'a', $b]", NULL, "a submodule");
	hostile("['777', 'f', $b]", NULL, "an odd mode");
	ok(!fs_exists("/tmp/boardman-hostile"), "nothing outside");
	struct slot *s = take("none");
	appears(s, "k", "the slot is good for the next");
	slot_free(s);
}

int main(void)
{
	git_begin();
	ordinary();
	junk();
	slots();
	interrupted();
	wrong_tree();
	hostile_trees();
	return done_testing();
}
