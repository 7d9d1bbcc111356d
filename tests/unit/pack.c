/* pack: what git makes of our packs, and that a base makes them small. */
#include "git_util.h"

#include "git/pack.h"

static struct buf packed(const char *commit, const char *base)
{
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	if (!ok(pack_make(&out, "our", commit, base, &err) == 0, "a pack"))
		diag("%s", err.text);
	return out;
}

/* Gives the pack to git in repository "far"; what git says. New string. */
static char *unpack(const struct buf *pack)
{
	if (fs_write("pack", buf_str(pack), pack->len, NULL) < 0)
		diag("no file");
	return sh("git init -q --bare far; git --git-dir=far unpack-objects -q --strict <pack "
		  "2>&1; echo fine");
}

static void whole_and_part(void)
{
	struct snapshot one, two;
	RUN("git init -q t; cd t; mkdir a b; for i in $(seq 40); do seq $i 2000 >a/$i; done; echo "
	    "b >b/b; ln -s b b/l");
	if (!ok(snap(&one, "t"), "a snapshot"))
		return;
	RUN("echo changed >>t/b/b");
	if (!ok(snap(&two, "t"), "one file changed"))
		return;
	struct buf all = packed(one.commit, NULL), part = packed(two.commit, one.commit);
	struct buf none = packed(two.commit, two.commit);
	char *said = unpack(&all);
	is_str(said, "fine", "git unpacks it");
	free(said);
	said = sh("git --git-dir=far fsck --full --strict 2>&1 | grep -v '^notice\\|dangling' || "
		  ":; git "
		  "--git-dir=far diff %s %s; echo same",
		one.commit, one.tree);
	is_str(said, "same", "it is whole");
	free(said);
	ok(part.len < 1000 && part.len * 10 < all.len, "the second is tiny: %zu of %zu bytes",
		part.len, all.len);
	said = unpack(&part);
	is_str(said, "fine", "and complete with the first");
	free(said);
	said = sh("git --git-dir=far show %s:0-t/b/b", two.commit);
	is_str(said, "b\nchanged", "with the change");
	free(said);
	is_int((long long)none.len, 32, "nothing against itself");
	buf_release(&all);
	buf_release(&part);
	buf_release(&none);
	snapshot_release(&one);
	snapshot_release(&two);
}

static void has(void)
{
	struct snapshot s;
	if (!ok(snap(&s, "t"), "a snapshot"))
		return;
	ok(pack_has("our", s.commit), "its commit is there");
	ok(!pack_has("our", s.tree), "its tree is no commit");
	ok(!pack_has("our", "1234567890123456789012345678901234567890"),
		"another one is not there");
	ok(!pack_has("our", "") && !pack_has("our", "HEAD") && !pack_has("our", "123"),
		"nor what is no id");
	ok(!pack_has("nowhere", s.commit), "nor any where there is no repository");
	snapshot_release(&s);
}

static void damage(void)
{
	struct snapshot s;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	RUN("mkdir d; echo unique >d/f");
	if (!ok(snap(&s, "d"), "a snapshot"))
		return;
	buf_addstr(&out, "before");
	RUN("id=$(git --git-dir=our rev-parse %s:0-d/f); f=our/objects/$(echo $id | sed "
	    "'s,^..,&/,'); chmod +w $f; : >$f",
		s.commit);
	ok(pack_make(&out, "our", s.commit, NULL, &err) < 0, "an object that is damaged");
	is_str(buf_str(&out), "before", "nothing is added");
	snapshot_release(&s);
	ok(snap(&s, "d") && pack_make(&out, "our", s.commit, NULL, &err) == 0,
		"the next run is cured");
	ok(pack_make(&out, "our", "nonsense", NULL, &err) < 0 && strstr(err.text, "'nonsense'"),
		"no id");
	snapshot_release(&s);
	buf_release(&out);
}

int main(void)
{
	git_begin();
	whole_and_part();
	has();
	damage();
	return done_testing();
}
