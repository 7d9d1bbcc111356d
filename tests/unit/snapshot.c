/* snapshot: what goes and what does not, against the real git; that the user's repository is not touched; what is remembered. */
#include "git_util.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "git/pack.h"
#include "git/repo.h"

/* The tree that "git add -A" makes of a copy. New string. */
static char *gits_tree(const char *name)
{
	return sh("rm -rf scratch; cp -a %s scratch; git -C scratch -c core.autocrlf=false add -A; "
		  "git -C scratch write-tree",
		name);
}

static void same_as_git(const char *name, const char *what)
{
	struct snapshot s;
	if (!ok(snap(&s, name), "%s: a snapshot", what))
		return;
	char *ours = root_tree(&s), *gits = gits_tree(name);
	if (!is_str(ours, gits, what))
		RUN("git --git-dir=our ls-tree -r %s >&2; git -C scratch ls-files -s >&2", ours);
	free(ours);
	free(gits);
	snapshot_release(&s);
}

static void has_paths(const char *name, const char *want, const char *what)
{
	struct snapshot s;
	if (!ok(snap(&s, name), "%s: a snapshot", what))
		return;
	char *paths = root_paths(&s);
	is_str(paths, want, what);
	free(paths);
	snapshot_release(&s);
}

/* ---- against git ---- */

static void dirty_tree(void)
{
	RUN("git init -q t; cd t; mkdir -p src/deep build; echo a >src/a; echo b >src/b; echo c "
	    ">c; "
	    "printf '#!/bin/sh\\n' >run; chmod +x run; ln -s src/a link; ln -s nowhere dangling; "
	    "printf '*.o\\nbuild/\\n!keep.o\\n/src/deep/*\\n!/src/deep/kept\\n' >.gitignore; "
	    "git add -A; git commit -qm one");
	same_as_git("t", "a clean tree");
	RUN("cd t; echo changed >src/a; rm c; echo new >new; echo staged >staged; git add staged; "
	    "echo x >x.o; echo x >keep.o; echo x >build/out; echo x >src/deep/lost; echo x "
	    ">src/deep/kept; "
	    "chmod +x src/b; ln -sfn src/b link; mkdir empty; git rm -q --cached src/b; "
	    "mkdir -p 'sp ace' uml\xc3\xa4ut; echo 1 >'sp ace/a b'; printf 1 "
	    ">uml\xc3\xa4ut/\xc3\xa9; "
	    "printf 1 >\"$(printf 'new\\nline')\"; printf 1 >'q\"uo\\te'; echo '*.log' "
	    ">src/.gitignore; "
	    "echo 1 >src/x.log; echo 1 >x.log");
	same_as_git("t", "changed, deleted, untracked, staged, ignored, odd names");
	RUN("cd t; echo f >forced.o; git add -f forced.o; mkdir -p build/sub; echo f >build/sub/f; "
	    "git add -f build/sub/f; echo 1 >build/sub/not");
	same_as_git("t", "tracked and ignored");
	RUN("cd t; rm src/a; mkdir src/a; echo 1 >src/a/now-a-dir; rm -r build/sub; echo 1 "
	    ">build/sub");
	same_as_git("t", "files that became directories");
}

static void bytes_stay(void)
{
	struct snapshot s;
	RUN("git init -q crlf; cd crlf; git config core.autocrlf true; git config filter.up.clean "
	    "'tr a-z A-Z'; "
	    "git config filter.up.smudge 'tr A-Z a-z'; "
	    "printf '* text=auto eol=crlf\\n*.id ident\\n*.up filter=up\\n' >.gitattributes; "
	    "printf 'a\\r\\nb\\r\\n' >crlf.txt; printf 'a\\nb\\n' >lf.txt; printf '$Id$\\n' >k.id; "
	    "echo low >l.up; "
	    "git add -A 2>/dev/null; git config core.fsmonitor 'touch RAN'");
	if (!ok(snap(&s, "crlf"), "a tree with filters"))
		return;
	RUN("mkdir out; for f in .gitattributes crlf.txt lf.txt k.id l.up; do "
	    "git --git-dir=our cat-file blob %s:%s/$f >out/$f; done",
		s.commit, s.dirs.v[0]);
	char *diff = sh("diff -r -x .git crlf out >&2; echo same");
	is_str(diff, "same", "no filter touches a byte");
	ok(!fs_exists("crlf/RAN"), "no program of the configuration runs");
	free(diff);
	snapshot_release(&s);
}

/* Everything in the user's .git, contents and times. */
static char *state_of(const char *dir)
{
	return sh("cd %s; find . -type f -printf '%%p %%s %%T@ %%C@\\n' | sort; find . -type f | "
		  "sort | "
		  "xargs sha1sum",
		dir);
}

static void nothing_is_written(void)
{
	struct snapshot s;
	RUN("git init -q ro; cd ro; for i in 1 2 3; do echo $i >f$i; done; git add -A; git commit "
	    "-qm 1; "
	    "printf '#!/bin/sh\\ntouch %s/hooked\\n' >.git/hooks/post-index-change; "
	    "chmod +x .git/hooks/post-index-change; touch f1; echo more >>f2; echo new >n",
		test_tmpdir());
	char *before = state_of("ro/.git");
	bool good = snap(&s, "ro");
	char *after = state_of("ro/.git");
	ok(good && strlen(before) > 500, "a snapshot of a stale index");
	is_str(after, before, "the user's repository is as it was, to the byte and the time");
	ok(!fs_exists("hooked"), "no hook ran");
	snapshot_release(&s);
	free(before);
	free(after);
}

static void global_ignores(void)
{
	RUN("git init -q gi; cd gi; echo 1 >a.tmp1; echo 1 >b.tmp2; echo 1 >c; echo 1 >mine; "
	    "echo mine >.git/info/exclude; mkdir -p ~/.config/git; echo '*.tmp2' "
	    ">~/.config/git/ignore");
	has_paths("gi", "a.tmp1 c ", "the user's own ignore file, info/exclude");
	RUN("echo '*.tmp1' >~/ignores; git config --global core.excludesFile '~/ignores'");
	has_paths("gi", "b.tmp2 c ", "core.excludesFile");
	RUN("git config --global --unset core.excludesFile; rm ~/.config/git/ignore");
}

/* ---- more than one repository ---- */

static void nested(void)
{
	RUN("git init -q lib; cd lib; echo l >l.h; echo '*.o' >.gitignore; git add -A; git commit "
	    "-qm 1; cd ..; "
	    "git init -q sup; cd sup; echo '*.x' >.gitignore; git submodule -q add ../lib sub; "
	    "echo m >m; "
	    "git add -A; git commit -qm 1; echo dirty >>sub/l.h; echo new >sub/new; echo 1 "
	    ">sub/n.o; "
	    "echo 1 >sub/n.x; git init -q vendor/nest; echo v >vendor/nest/v; echo '*.v' "
	    ">vendor/nest/.gitignore; "
	    "echo 1 >vendor/nest/1.v; mkdir gone; echo 'gitdir: ../nowhere' >gone/.git; echo 1 "
	    ">gone/g; "
	    "echo 1 >gone/g.x; echo off >>.gitignore; git init -q off; echo 1 >off/1");
	struct snapshot s;
	if (!ok(snap(&s, "sup"), "submodule and nested repository"))
		return;
	char *paths = root_paths(&s);
	is_str(paths,
		".gitignore .gitmodules gone/g m sub/.gitignore sub/l.h sub/n.x sub/new "
		"vendor/nest/.gitignore vendor/nest/v ",
		"each repository's files by its own rules");
	is_int((long long)s.notes.n, 1, "one note");
	ok(s.notes.n == 1 && strstr(s.notes.v[0], "sup/gone' is taken as a plain directory"),
		"about the .git that leads nowhere");
	char *dirty = sh("git --git-dir=our show %s:%s/sub/l.h", s.commit, s.dirs.v[0]);
	is_str(dirty, "l\ndirty", "the submodule's file as it is on disk");
	free(dirty);
	free(paths);
	snapshot_release(&s);
}

static void worktree(void)
{
	RUN("cd t; git add -A; git commit -qm two; git worktree add -q ../wt -b wt; cd ../wt; echo "
	    "w >w; echo 1 >w.o");
	ok(fs_is_file("wt/.git"), "a linked worktree has a .git file");
	struct snapshot s;
	if (!ok(snap(&s, "wt"), "a linked worktree"))
		return;
	char *ours = root_tree(&s);
	char *gits = sh(
		"cd wt; GIT_INDEX_FILE=../ix git read-tree HEAD; GIT_INDEX_FILE=../ix git add -A; "
		"GIT_INDEX_FILE=../ix git write-tree");
	is_str(ours, gits, "has git's tree");
	free(ours);
	free(gits);
	snapshot_release(&s);
}

static void needed_and_excluded(void)
{
	struct strv needed = STRV_INIT, excluded = STRV_INIT;
	struct error err = ERROR_INIT;
	struct snapshot s;
	RUN("git init -q ne; cd ne; printf 'gen\\nskip\\n*.i\\n' >.gitignore; mkdir -p gen/a/b "
	    "gen/c sk/in skip out/deep sk/out; "
	    "echo 1 >gen/a/b/1; echo 1 >gen/a/2; echo 1 >gen/c/3; echo 1 >sk/4.i; echo 1 "
	    ">sk/in/5.i; echo 1 >6.i; "
	    "echo 1 >skip/7; echo 1 >out/8; echo 1 >out/deep/9; echo 1 >sk/out/10; git init -q "
	    "sk/rep; "
	    "echo '*' >sk/rep/.gitignore; echo 1 >sk/rep/11; ln -s out outlink");
	strv_pushf(&needed, "%s/ne/gen/a", test_tmpdir());
	strv_pushf(&needed, "%s/ne/sk", test_tmpdir());
	strv_pushf(&excluded, "%s/ne/outlink", test_tmpdir());
	strv_pushf(&excluded, "%s/ne/sk/out", test_tmpdir());
	strv_pushf(&excluded, "%s/ne/none", test_tmpdir());
	int ret = snap_in(&s, "our", (const char *[]){"ne", NULL}, &needed, &excluded, &err);
	if (ok(ret == 0, "needed and excluded directories")) {
		char *paths = root_paths(&s);
		is_str(paths,
			".gitignore gen/a/2 gen/a/b/1 outlink sk/4.i sk/in/5.i sk/rep/.gitignore "
			"sk/rep/11 ",
			"ignored files of the needed go, nothing of the excluded does");
		free(paths);
		snapshot_release(&s);
	}
	strv_release(&needed);
	strv_release(&excluded);
}

static void only_tops(void)
{
	struct strv tops = STRV_INIT;
	struct error err = ERROR_INIT;
	struct snapshot s;
	RUN("git init -q to; cd to; printf 'gen\\n*.i\\n' >.gitignore; mkdir -p gen/lib/build "
	    "gen/other lib/build; "
	    "for d in gen gen/lib gen/lib/build gen/other lib lib/build .; do echo 1 >$d/f.i; "
	    "done; "
	    "ln -s f.i gen/lib/l.i");
	char *root = path_join(test_tmpdir(), "to"), *our = path_join(test_tmpdir(), "our");
	strv_pushf(&tops, "%s/gen/lib", root);
	strv_pushf(&tops, "%s/lib", root);
	const struct snapshot_root one = {root, NULL, &tops};
	const struct snapshot_config c = {.repo = our, .roots = &one, .n_roots = 1};
	if (ok(snapshot_make(&s, &c, &err) == 0, "directories of which only the files go")) {
		char *paths = root_paths(&s);
		is_str(paths, ".gitignore gen/lib/f.i gen/lib/l.i lib/f.i ",
			"ignored files in them, not below");
		free(paths);
		snapshot_release(&s);
	}
	strv_push(&tops, root);
	if (ok(snapshot_make(&s, &c, &err) == 0, "the top itself")) {
		char *paths = root_paths(&s);
		is_str(paths, ".gitignore f.i gen/lib/f.i gen/lib/l.i lib/f.i ", "its files go");
		free(paths);
		snapshot_release(&s);
	}
	strv_release(&tops);
	free(root);
	free(our);
}

static void plain_directory(void)
{
	RUN("mkdir -p pl/sub/empty; echo 1 >pl/1; echo '*' >pl/.gitignore; git init -q pl/sub/r; "
	    "echo 1 >pl/sub/r/2; "
	    "echo '*' >pl/sub/r/.gitignore");
	has_paths("pl", ".gitignore 1 sub/r/.gitignore sub/r/2 ", "of a plain directory all goes");
	RUN("mkdir void");
	has_paths("void", "", "an empty directory");
}

/* ---- what cannot go ---- */

static bool noted(const struct snapshot *s, const char *text)
{
	for (size_t i = 0; i < s->notes.n; i++) {
		if (strstr(s->notes.v[i], text))
			return true;
	}
	return false;
}

static void odd_entries(void)
{
	struct snapshot s;
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "odd/sock"};
	RUN("mkdir -p odd/.GIT odd/in; mkfifo odd/fifo; ln -s /etc/passwd odd/abs; ln -s ../../x "
	    "odd/in/up; ln -s in odd/dir; "
	    "ln -s ../odd/in odd/back; ln -s loop odd/loop; echo 1 >odd/f; echo 1 >'odd/git~1'; "
	    "echo 1 >'odd/.git '; "
	    "ln -s f odd/.gitmodules; echo 1 >odd/.GIT/config; echo 1 >odd/git");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		diag("no socket");
	if (!ok(snap(&s, "odd"), "odd entries"))
		return;
	char *paths = root_paths(&s);
	is_str(paths, "abs back dir f git in/up loop ", "what git can hold");
	ok(noted(&s, "fifo': a FIFO"), "a FIFO is told");
	ok(noted(&s, "sock': a socket"), "a socket is told");
	ok(noted(&s, "abs' is a symlink to '/etc/passwd'"), "a symlink to outside is told");
	ok(noted(&s, "up' is a symlink to '../../x'"), "a relative one too");
	ok(noted(&s, ".GIT': git allows"), "names that git does not allow");
	ok(noted(&s, "git~1': git allows") && noted(&s, ".git ': git allows"),
		"on other systems too");
	ok(noted(&s, ".gitmodules': git allows"), "a symlink called .gitmodules");
	is_int((long long)s.notes.n, 8, "and nothing else");
	free(paths);
	close(fd);
	snapshot_release(&s);
}

static void many_notes(void)
{
	struct snapshot s;
	RUN("mkdir many; for i in $(seq 50); do mkfifo many/$i; done");
	if (ok(snap(&s, "many"), "50 FIFOs")) {
		is_int((long long)s.notes.n, 21, "notes have a ceiling");
		is_str(s.notes.v[20], "30 notes more", "which is told");
		snapshot_release(&s);
	}
}

static void refused(void)
{
	struct error err = ERROR_INIT;
	struct snapshot s;
	const char *name[] = {"bad", NULL};
	RUN("mkdir -p bad/d; printf x >\"$(printf 'bad/d/a\\377b')\"");
	ok(snap_in(&s, "our", name, NULL, NULL, &err) < 0, "a name that is not UTF-8");
	ok(strstr(err.text, "bad/d/a\xef\xbf\xbd"
			    "b' is not UTF-8; cure"),
		"is told");
	name[0] = "missing";
	ok(snap_in(&s, "our", name, NULL, NULL, &err) < 0 && strstr(err.text, "missing'"),
		"a root that is not there");
	if (getuid() == 0) {
		RUN("git init -q other; chown -R 1234 other");
		name[0] = "other";
		ok(snap_in(&s, "our", name, NULL, NULL, &err) < 0, "another user's work tree");
		ok(strstr(err.text, "safe.directory") != NULL, "with the cure");
		RUN("git config --global --add safe.directory '%s/other'", test_tmpdir());
		ok(snap(&s, "other"), "which works");
		snapshot_release(&s);
	}
}

static void limits(void)
{
	struct error err = ERROR_INIT;
	struct snapshot s;
	RUN("mkdir -p big/fw big/many; truncate -s 3M big/fw/image; for i in $(seq 9); do echo 1 "
	    ">big/many/$i; done");
	char *path = path_join(test_tmpdir(), "big"), *our = path_join(test_tmpdir(), "our");
	const struct snapshot_root root = {.path = path};
	struct snapshot_config c = {
		.repo = our, .roots = &root, .n_roots = 1, .max_bytes = 2u << 20};
	ok(snapshot_make(&s, &c, &err) < 0, "too many bytes");
	ok(strstr(err.text, "2 MiB") && strstr(err.text, "'fw/image' (3 MiB)"),
		"the largest is named");
	c.max_bytes = 0;
	c.max_files = 9;
	ok(snapshot_make(&s, &c, &err) < 0, "too many files");
	ok(strstr(err.text, "9 files") && strstr(err.text, "big"), "it is told");
	c.max_files = 10;
	ok(snapshot_make(&s, &c, &err) == 0, "as many as are allowed");
	snapshot_release(&s);
	free(path);
	free(our);
}

/* ---- ids, memory ---- */

static void ids(void)
{
	struct error err = ERROR_INIT;
	struct snapshot a, b;
	const char *both[] = {"t", "pl", NULL}, *swapped[] = {"pl", "t", NULL};
	if (!ok(snap_in(&a, "our", both, NULL, NULL, &err) == 0, "two roots"))
		return;
	is_str(a.dirs.v[0], "0-t", "the first's name");
	is_str(a.dirs.v[1], "1-pl", "the second's name");
	ok(snap_in(&b, "our2", both, NULL, NULL, &err) == 0, "again, in another repository");
	is_str(b.commit, a.commit, "equal content has an equal commit");
	is_str(b.tree, a.tree, "and an equal tree");
	char *tree = sh("git --git-dir=our rev-parse %s^{tree}", a.commit);
	is_str(tree, a.tree, "which is the commit's");
	ok(a.files == b.files && a.bytes == b.bytes && a.files > 10 && a.bytes > 10, "counts");
	snapshot_release(&b);
	ok(snap_in(&b, "our", swapped, NULL, NULL, &err) == 0 && strcmp(a.tree, b.tree) != 0,
		"the other way round is another tree");
	free(tree);
	snapshot_release(&a);
	snapshot_release(&b);
}

/* How many snapshots read anything, and how many bytes the last one did. */
static long reads(long *bytes)
{
	char *last = sh("tail -n 1 our/written"), *n = sh("wc -l <our/written");
	long count = strtol(n, NULL, 10);
	*bytes = strtol(last, NULL, 10);
	free(last);
	free(n);
	return count;
}

/* Until every file of the directory is old enough to be believed. */
static void wait_until_old(const char *dir)
{
	for (char *young = NULL;;) {
		young = sh("find %s -newerct '2.2 seconds ago' | head -n 1", dir);
		bool old = !*young;
		free(young);
		if (old)
			return;
		usleep(20000);
	}
}

static void memory(void)
{
	struct snapshot s, again;
	long first, bytes;
	RUN("mkdir -p mem/a/b; for i in $(seq 300); do echo $i >mem/a/$i; done; echo 12345678 "
	    ">mem/a/b/x");
	wait_until_old("mem");
	if (!ok(snap(&s, "mem"), "a first time"))
		return;
	first = reads(&bytes);
	is_int(bytes, (long long)s.bytes, "all is read");
	ok(snap(&again, "mem"), "a second time");
	is_int(reads(&bytes), first, "nothing is read");
	is_str(again.commit, s.commit, "the same commit");
	snapshot_release(&again);
	RUN("touch -r mem/a/b/x stamp; echo 87654321 >mem/a/b/x; touch -r stamp mem/a/b/x");
	ok(snap(&again, "mem") && strcmp(again.commit, s.commit) != 0,
		"one file of equal size, its time put back");
	is_int(reads(&bytes), first + 1, "is seen");
	is_int(bytes, 9, "and read alone");
	snapshot_release(&again);
	ok(snap(&again, "mem"), "once more");
	is_int(reads(&bytes), first + 2, "a young file is read again");
	snapshot_release(&again);
	RUN("rm mem/a/b/x mem/a/7");
	ok(snap(&again, "mem"), "without two files");
	is_int((long long)again.files, 299, "they are gone");
	is_int(reads(&bytes), first + 2, "nothing is read for that");
	snapshot_release(&again);
	snapshot_release(&s);
	RUN("for f in our/stat/*; do echo damage >\"$f\"; done");
	has_paths("mem/a/b", "", "what is remembered may be damaged");
	same_as_git("t", "so that all is read again");
}

/* Equal sizes, one right after the other: many fall into one tick of the file system's clock. */
static void quick_edits(void)
{
	struct snapshot s;
	int wrong = 0;
	RUN("mkdir quick");
	for (int i = 100; i < 160; i++) {
		char text[16], *got;
		int len = snprintf(text, sizeof text, "%d", i);
		int fd = open("quick/f", O_WRONLY | O_CREAT, 0666);
		if (fd < 0 || write(fd, text, (size_t)len) != len || close(fd) < 0 ||
			!snap(&s, "quick")) {
			wrong++;
			continue;
		}
		got = sh("git --git-dir=our show %s:%s/f", s.commit, s.dirs.v[0]);
		wrong += strcmp(got, text) != 0;
		free(got);
		snapshot_release(&s);
	}
	is_int(wrong, 0, "60 edits in a row, each is in its snapshot");
}

/* ---- our repository ---- */

static void single_files(void)
{
	struct snapshot s;
	struct error err = ERROR_INIT;
	struct strv names = STRV_INIT, paths = STRV_INIT;
	char *our = path_join(test_tmpdir(), "our");
	RUN("ln -s new t/to-new");
	strv_push(&names, "bin/boardman");
	strv_push(&names, "list");
	strv_pushf(&paths, "%s/t/run", test_tmpdir());
	strv_pushf(&paths, "%s/t/to-new", test_tmpdir());
	if (ok(snapshot_files(&s, our, &names, &paths, &err) == 0, "single files")) {
		char *list = sh("git --git-dir=our ls-tree -r %s | cut -c1-6,53-", s.commit);
		is_str(list, "100755\tbin/boardman\n100644\tlist",
			"modes and names; a symlink is followed");
		free(list);
		snapshot_release(&s);
	}
	strv_pushf(&names, "dir");
	strv_pushf(&paths, "%s/t", test_tmpdir());
	ok(snapshot_files(&s, our, &names, &paths, &err) < 0 && strstr(err.text, "/t' is no file"),
		"a directory is refused");
	free(our);
	strv_release(&names);
	strv_release(&paths);
}

static void begun_anew(void)
{
	struct snapshot a, b;
	char *our = path_join(test_tmpdir(), "our");
	if (!ok(snap(&a, "pl"), "one that holds the repository"))
		return;
	repo_note_damaged(our);
	ok(snap(&b, "mem"), "another one beside it");
	ok(pack_has(our, a.commit), "what is held stays");
	snapshot_release(&a);
	snapshot_release(&b);
	char *commit = NULL;
	if (ok(snap(&b, "pl"), "when nobody holds it"))
		commit = xstrdup(b.commit);
	ok(!fs_exists("our/damaged"), "a damaged one is begun anew");
	char *n = sh("find our/objects -type f | wc -l");
	is_str(n, "7", "and holds what is needed: a commit, four trees, two blobs");
	free(n);
	snapshot_release(&b);
	RUN("echo '%llu 100' >>our/written; touch our/objects/tmp_object_git2_1 our/stat/tmp-1",
		REPO_MAX_BYTES);
	ok(commit && pack_has(our, commit), "it was there");
	ok(snap(&b, "mem") && commit && !pack_has(our, commit), "one that has grown is begun anew");
	snapshot_release(&b);
	RUN("touch our/objects/tmp_object_git2_1 our/stat/tmp-1");
	ok(snap(&b, "mem") && !fs_exists("our/objects/tmp_object_git2_1") &&
			!fs_exists("our/stat/tmp-1"),
		"leftovers of the killed go");
	snapshot_release(&b);
	free(commit);
	free(our);
}

/* Several processes at once, each in a repository that is not there yet. */
static void at_once(void)
{
	pid_t pids[4];
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct snapshot s;
			struct error err = ERROR_INIT;
			int ret = snap_in(
				&s, "shared", (const char *[]){"mem", "t", NULL}, NULL, NULL, &err);
			if (ret < 0)
				fprintf(stderr, "%s\n", err.text);
			else
				snapshot_release(&s);
			_exit(ret < 0);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		int status;
		failed += waitpid(pids[i], &status, 0) < 0 || status != 0;
	}
	is_int(failed, 0, "four processes at once");
	char *fsck = sh("git --git-dir=shared fsck --full --strict 2>&1 | grep -v "
			"'^notice\\|dangling' || echo fine");
	is_str(fsck, "fine", "git finds no fault");
	free(fsck);
	is_int((long long)system("ls -d shared.* | grep -v 'lock$' >&2"), 256,
		"nothing is left beside it");
}

int main(void)
{
	git_begin();
	dirty_tree();
	bytes_stay();
	nothing_is_written();
	global_ignores();
	nested();
	worktree();
	needed_and_excluded();
	only_tops();
	plain_directory();
	odd_entries();
	many_notes();
	refused();
	limits();
	ids();
	memory();
	quick_edits();
	single_files();
	begun_anew();
	at_once();
	return done_testing();
}
