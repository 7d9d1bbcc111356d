/* push: against the real git receive-pack over pipes, and against a far side that says whatever the test wants. */
#include "git_util.h"

#include <errno.h>
#include <signal.h>
#include "git/pack.h"
#include "git/push.h"

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B40 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ZERO "0000000000000000000000000000000000000000"

/* ---- the real one ---- */

struct far {
	FILE *to;
	int from;
	pid_t pid;
};

/* A shell with a chatty profile, then git. */
static struct far far_start(void)
{
	int in[2], out[2];
	if (pipe(in) < 0 || pipe(out) < 0)
		exit(99);
	struct far f = {.pid = fork()};
	if (f.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl("/bin/sh", "sh", "-c",
			"printf 'Welcome to far\\n0000BM>\\nBM>G'; printf 'prompt$ BM>GO\\n'; "
			"exec git -c receive.autogc=false receive-pack far",
			(char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f.to = fdopen(in[1], "w");
	f.from = out[0];
	return f;
}

/* Feeds what comes, `step` bytes at a time, until another state. */
static int listen_to(const struct far *f, struct push *p, size_t step, struct error *err)
{
	char bytes[4096];
	enum push_state before = push_state(p);
	while (push_state(p) == before) {
		ssize_t n = read(f->from, bytes, step);
		if (n <= 0)
			return error_set(err, "the end");
		if (push_feed(p, bytes, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static int far_end(struct far *f)
{
	int status = -1;
	fclose(f->to);
	close(f->from);
	while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

struct pushed {
	bool packed;
	size_t pack_len, refs;
};

/* Everything that a caller does. */
static int push_all(const struct snapshot *s, const char *ref, const struct strv *drop, size_t step,
	struct pushed *how, struct error *err)
{
	struct far f = far_start();
	struct push *p = push_new();
	struct buf out = BUF_INIT, pack = BUF_INIT;
	const char *base = NULL;
	int ret = listen_to(&f, p, step, err);
	*how = (struct pushed){0};
	if (ret == 0) {
		const struct push_ref *refs = push_refs(p, &how->refs);
		for (size_t i = 0; i < how->refs; i++) {
			if (pack_has("our", refs[i].id))
				base = refs[i].id;
		}
		push_send(p, ref, s->commit, drop, &out, &how->packed);
		if (how->packed)
			ret = pack_make(&pack, "our", s->commit, base, err);
		how->pack_len = pack.len;
		fwrite(out.data, 1, out.len, f.to);
		if (pack.len)
			fwrite(pack.data, 1, pack.len, f.to);
		fflush(f.to);
	}
	if (ret == 0 && push_state(p) != PUSH_DONE)
		ret = listen_to(&f, p, step, err);
	push_free(p);
	buf_release(&out);
	buf_release(&pack);
	int status = far_end(&f);
	if (ret == 0 && status)
		ret = error_set(err, "git ended with %d", status);
	return ret;
}

static bool pushes(const struct snapshot *s, const char *ref, const struct strv *drop, size_t step,
	struct pushed *how, const char *what)
{
	struct error err = ERROR_INIT;
	bool good = push_all(s, ref, drop, step, how, &err) == 0;
	if (!ok(good, "%s", what))
		diag("%s", err.text);
	return good;
}

static void far_has(const char *want, const char *what)
{
	char *refs = sh("git --git-dir=far for-each-ref --format='%%(refname) %%(objectname)'");
	is_str(refs, want, what);
	free(refs);
}

static void real_git(void)
{
	struct snapshot one, two;
	struct pushed how;
	struct strv drop = STRV_INIT;
	RUN("git init -q --bare far; git init -q t; cd t; for i in $(seq 9); do "
	    "head -c 9000 /dev/urandom >$i; done; echo 7 >7");
	if (!ok(snap(&one, "t"), "a snapshot"))
		return;
	RUN("echo more >>t/7");
	if (!ok(snap(&two, "t"), "another"))
		return;
	pushes(&one, "refs/bm/r1/0", NULL, 4096, &how, "into an empty repository");
	size_t whole = how.pack_len;
	ok(how.packed && how.refs == 0, "with a pack");
	pushes(&one, "refs/bm/r1/0", NULL, 1, &how, "the same again, byte by byte");
	ok(!how.packed && how.refs == 1, "nothing is sent");
	pushes(&two, "refs/bm/r1/0", NULL, 3, &how, "one file changed");
	ok(how.packed && how.pack_len < 1000 && how.pack_len * 10 < whole,
		"a tiny pack: %zu of %zu", how.pack_len, whole);
	RUN("git --git-dir=far update-ref refs/heads/x %s; git --git-dir=far pack-refs --all",
		one.commit);
	strv_push(&drop, "refs/bm/r1/0");
	strv_push(&drop, "refs/bm/r2/0");
	strv_push(&drop, "refs/heads/x");
	pushes(&two, "refs/bm/r2/0", &drop, 64, &how,
		"a new ref for what is there, an old one dropped");
	char *want = xasprintf("refs/bm/r2/0 %s\nrefs/heads/x %s", two.commit, one.commit);
	far_has(want, "the refs afterwards; others are let alone");
	free(want);
	RUN("git --git-dir=far update-ref refs/bm/old %s", one.commit);
	strv_push(&drop, "refs/bm/old");
	pushes(&two, "refs/bm/r2/0", &drop, 64, &how, "only a deletion");
	ok(!how.packed && how.refs == 2, "no pack");
	char *fsck = sh("git --git-dir=far fsck --full --strict 2>&1 | grep -v "
			"'^notice\\|dangling' || echo fine");
	is_str(fsck, "fine", "git finds no fault");
	free(fsck);
	snapshot_release(&one);
	snapshot_release(&two);
	strv_release(&drop);
}

static void real_refusals(void)
{
	struct snapshot s;
	struct pushed how;
	struct error err = ERROR_INIT;
	RUN("mkdir r; echo r >r/r; git --git-dir=far config receive.denyDeletes true; "
	    "git --git-dir=far update-ref refs/bm/stays refs/bm/r2/0");
	if (!ok(snap(&s, "r"), "a snapshot"))
		return;
	struct strv drop = STRV_INIT;
	strv_push(&drop, "refs/bm/stays");
	pushes(&s, "refs/bm/r3", &drop, 4096, &how, "a deletion that is refused is no failure");
	RUN("printf '#!/bin/sh\\nexit 1\\n' >far/hooks/update; chmod +x far/hooks/update");
	ok(push_all(&s, "refs/bm/r4", NULL, 4096, &how, &err) < 0, "a push that is refused");
	ok(strstr(err.text, "does not take the snapshot: 'refs/bm/r4 hook declined'"),
		"with the reason");
	RUN("rm -r far; git init -q --bare --object-format=sha256 far");
	ok(push_all(&s, "refs/bm/r4", NULL, 4096, &how, &err) < 0, "a repository of another kind");
	RUN("rm -r far");
	ok(push_all(&s, "refs/bm/r4", NULL, 4096, &how, &err) < 0 && !strcmp(err.text, "the end"),
		"no repository");
	strv_release(&drop);
	snapshot_release(&s);
}

/* ---- one that says what we want ---- */

static void packet(struct buf *b, const char *text, size_t len)
{
	buf_addf(b, "%04zx", len + 4);
	buf_add(b, text, len);
}

static void ref_line(struct buf *b, const char *id, const char *name, const char *can)
{
	struct buf line = BUF_INIT;
	buf_addf(&line, "%s %s", id, name);
	if (can) {
		buf_addch(&line, '\0');
		buf_addstr(&line, can);
	}
	buf_addch(&line, '\n');
	packet(b, line.data, line.len);
	buf_release(&line);
}

#define ABLE "report-status delete-refs ofs-delta agent=git/2"

/* Bytes as a far side that has refs/bm/a says them. */
static void greeting(struct buf *b, const char *can)
{
	buf_addstr(b, PUSH_MARK "\n");
	ref_line(b, A40, "refs/bm/a", can);
	ref_line(b, B40, "refs/heads/main", NULL);
	ref_line(b, B40, ".have", NULL);
	buf_addstr(b, "0000");
}

/* A push that has been greeted. */
static struct push *greeted(const char *can)
{
	struct push *p = push_new();
	struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	greeting(&b, can);
	if (push_feed(p, b.data, b.len, &err) < 0)
		diag("%s", err.text);
	buf_release(&b);
	return p;
}

static void commands(void)
{
	static const char create[] =
		"007f" ZERO " " B40 " refs/bm/new\0 report-status agent=boardman"
		"0000";
	static const char delete[] = "007d" A40 " " ZERO " refs/bm/a\0 report-status agent=boardman"
				     "0000";
	struct strv drop = STRV_INIT;
	struct buf out = BUF_INIT;
	bool packed;
	size_t n;
	strv_push(&drop, "refs/bm/a");
	struct push *p = greeted(ABLE);
	ok(push_state(p) == PUSH_ASKING && push_refs(p, &n)[0].id && n == 1, "one ref of ours");
	is_str(push_refs(p, &n)->name, "refs/bm/a", "its name");
	is_str(push_refs(p, &n)->id, A40, "its id");
	push_send(p, "refs/bm/new", B40, NULL, &out, &packed);
	ok(packed && out.len == sizeof create - 1 && !memcmp(out.data, create, out.len),
		"a ref is created");
	ok(push_state(p) == PUSH_SENT, "a report is waited for");
	push_free(p);

	buf_clear(&out);
	p = greeted(ABLE);
	push_send(p, "refs/bm/a", A40, &drop, &out, &packed);
	ok(!packed && push_state(p) == PUSH_DONE, "never dropped is what is pushed");
	is_str(buf_str(&out), "0000", "just a goodbye");
	push_free(p);

	buf_clear(&out);
	p = greeted(ABLE);
	push_send(p, "refs/bm/a", B40, NULL, &out, &packed);
	ok(packed && !strncmp(buf_str(&out) + 4, A40 " " B40 " refs/bm/a", 91), "a ref is moved");
	push_free(p);

	buf_clear(&out);
	p = greeted("report-status");
	push_send(p, "refs/bm/new", B40, &drop, &out, &packed);
	ok(packed && out.len == sizeof create - 1, "nothing is deleted where that cannot be");
	push_free(p);

	buf_clear(&out);
	p = push_new();
	struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	buf_addstr(&b, PUSH_MARK "\n");
	ref_line(&b, A40, "refs/bm/a", ABLE);
	ref_line(&b, B40, "refs/bm/b", NULL);
	buf_addstr(&b, "0000");
	ok(push_feed(p, b.data, b.len, &err) == 0, "two refs");
	push_send(p, "refs/bm/b", B40, &drop, &out, &packed);
	ok(!packed && out.len == sizeof delete - 1 && !memcmp(out.data, delete, out.len),
		"only a deletion");
	ok(push_state(p) == PUSH_SENT, "its report is waited for");
	ok(push_feed(p, "000eunpack ok\n0018ng refs/bm/a no way\n0000", 42, &err) == 0 &&
			push_state(p) == PUSH_DONE,
		"a deletion may be refused");
	push_free(p);
	buf_release(&b);
	buf_release(&out);
	strv_release(&drop);
}

/* What the answer to a push of refs/bm/new makes of it. */
static void report(const char *text, enum push_state want, const char *says)
{
	struct push *p = greeted(ABLE);
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	bool packed;
	push_send(p, "refs/bm/new", B40, NULL, &out, &packed);
	int ret = push_feed(p, text, strlen(text), &err);
	ok(push_state(p) == want && (ret < 0) == (want == PUSH_FAILED), "%s: %s", text,
		push_state_name(want));
	if (says && !ok(strstr(err.text, says) != NULL, "says: %s", says))
		diag("%s", err.text);
	push_free(p);
	buf_release(&out);
}

static void reports(void)
{
	report("000eunpack ok\n0013ok refs/bm/new\n0000", PUSH_DONE, NULL);
	report("000dunpack ok0012ok refs/bm/new0000 what follows", PUSH_DONE, NULL);
	report("000eunpack ok\n0013ok refs/bm/new\n", PUSH_SENT, NULL);
	report("0016unpack index-pack\n", PUSH_FAILED, "cannot unpack: 'unpack index-pack'");
	report("000eunpack ok\n001bng refs/bm/new because\n", PUSH_FAILED, "'refs/bm/new because'");
	report("000eunpack ok\n0000", PUSH_FAILED, "reports nothing");
	report("000eunpack ok\n0014ok refs/bm/newt\n0000", PUSH_FAILED, "reports nothing");
	report("0000", PUSH_FAILED, "reports nothing");
	report("0013ok refs/bm/new\n", PUSH_FAILED, "cannot unpack");
	report("000eunpack ok\n0009hello", PUSH_FAILED, "nonsense");
	report("00", PUSH_SENT, NULL);
	report("zzzz", PUSH_FAILED, "does not speak its protocol: 'zzzz'");
	report("0003", PUSH_FAILED, "protocol");
	report("fff1", PUSH_FAILED, "protocol");
	report("FFF0", PUSH_SENT, NULL);
}

/* What a greeting makes of it. */
static void greets(const char *bytes, size_t len, const char *says)
{
	struct push *p = push_new();
	struct error err = ERROR_INIT;
	int ret = push_feed(p, PUSH_MARK "\n", 6, &err);
	for (size_t i = 0; i < len && ret == 0; i++)
		ret = push_feed(p, bytes + i, 1, &err);
	ok(ret < 0 && push_state(p) == PUSH_FAILED, "refused: %.40s", bytes);
	if (!ok(strstr(err.text, says) != NULL, "says: %s", says))
		diag("%s", err.text);
	ok(push_feed(p, "0000", 4, &err) < 0, "and stays so");
	push_free(p);
}

static void hostile(void)
{
	struct buf b = BUF_INIT;
	char name[PUSH_MAX_NAME + 2];
	greets("0011ERR no\x1b[2Jway", 17, "refuses: 'no [2Jway'");
	greets("0000", 4, "tells no refs");
	greets("000bsurprise", 12, "tells no ref but: 'surpris'");
	ref_line(&b, A40, "refs/bm/a", NULL);
	greets(b.data, b.len, "what it can do");
	buf_clear(&b);
	ref_line(&b, A40, "refs/bm/a", "delete-refs report-status-v2");
	greets(b.data, b.len, "does not report");
	buf_clear(&b);
	memset(name, 'x', sizeof name - 1);
	memcpy(name, PUSH_PREFIX, strlen(PUSH_PREFIX));
	name[sizeof name - 1] = '\0';
	ref_line(&b, A40, name, ABLE);
	greets(b.data, b.len, "bad name");
	buf_clear(&b);
	greeting(&b, ABLE);
	buf_addstr(&b, "0000");
	greets(b.data + 6, b.len - 6, "out of turn");
	buf_release(&b);
}

static void ceilings(void)
{
	struct push *p = push_new();
	struct error err = ERROR_INIT;
	struct buf b = BUF_INIT;
	size_t n = 0;
	int ret = 0;
	while (b.len < 65536)
		buf_addstr(&b, "the motd\n");
	for (; ret == 0 && n < 2 * PUSH_MAX_NOISE; n += b.len)
		ret = push_feed(p, b.data, b.len, &err);
	ok(ret < 0 && n < PUSH_MAX_NOISE + 2 * b.len, "noise has an end");
	ok(strstr(err.text, "the motd") != NULL, "and is told");
	push_free(p);

	p = push_new();
	buf_clear(&b);
	buf_addstr(&b, PUSH_MARK "\n");
	ref_line(&b, A40, "refs/heads/x", ABLE);
	for (int i = 0; i <= PUSH_MAX_REFS; i++) {
		char name[40];
		snprintf(name, sizeof name, "refs/bm/%d", i);
		ref_line(&b, A40, name, NULL);
	}
	ok(push_feed(p, b.data, b.len, &err) < 0 && strstr(err.text, "too many refs"),
		"refs have an end");
	push_free(p);

	p = push_new();
	buf_clear(&b);
	ref_line(&b, A40, "refs/heads/x", NULL);
	ret = push_feed(p,
		PUSH_MARK "\n005e" A40 " refs/heads/x\0 report-status delete-refs agent=git/2\n",
		6 + 94, &err);
	for (n = 0; ret == 0 && n < 2 * PUSH_MAX_LINES; n++)
		ret = push_feed(p, b.data, b.len, &err);
	ok(ret < 0 && n <= PUSH_MAX_LINES && strstr(err.text, "too much"), "lines have an end");
	push_free(p);
	buf_release(&b);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	git_begin();
	commands();
	reports();
	hostile();
	ceilings();
	real_git();
	real_refusals();
	return done_testing();
}
