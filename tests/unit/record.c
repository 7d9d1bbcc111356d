/* Records made of a run by hand: what is in them, and when a result that somebody holds still is today's. */
#include "sketch/record.h"

#include "sketch/run.h"
#include "sketch/unit.h"
#include "unit/context_util.h"

struct book {
	struct desk d;
	struct run run;
	struct unit core;
	struct unit *units[1];
};

static void open_book(struct book *b, const char *board)
{
	struct error err = ERROR_INIT;
	struct run *r = &b->run;
	desk_open(&b->d);
	*r = (struct run){.shared = &b->d.s, .context = desk_context(&b->d, board)};
	r->job.build_dir = xstrdup(at("build"));
	must(sketch_load(&r->sketch, at("sketches/A"), &err) == 0, err.text);
	group_init(&r->group, r->context, 1);
	strv_push(&r->group.v[0].out.deps, at("build/sketch/A.ino.cpp"));
	strv_push(&r->group.v[0].out.deps, at("libraries/Blinker/src/Blinker.h"));
	b->units[0] = &b->core;
	r->units = b->units;
	r->n_units = 1;
}

static bool close_book(struct book *b)
{
	struct run *r = &b->run;
	group_release(&r->group);
	sketch_release(&r->sketch);
	strv_release(&r->link_inputs);
	strv_release(&r->dirs);
	buf_release(&r->result.deps);
	free(r->result.key);
	free((char *)r->job.build_dir);
	free(b->core.deps);
	return desk_close(&b->d);
}

static bool mentions(const struct book *b, const char *path)
{
	char *row = xasprintf("\t%s\t", at(path));
	bool is = strstr(buf_str(&b->run.result.deps), row);
	free(row);
	return is;
}

static bool current(struct book *b)
{
	file_index_forget(b->d.s.files, NULL);
	return record_is_current(b->run.context, b->run.result.key, at("deps"));
}

static void made(void)
{
	struct book b = {0};
	open_book(&b, "tiny:tiny:one");
	char hex[DIGEST_HEX_LEN + 1];
	strv_push(&b.run.link_inputs, at("script.ld"));
	b.core.deps = xasprintf("platform\t%s\t%064d\n", at("from-core"), 0);
	record_make(&b.run);
	const char *text = buf_str(&b.run.result.deps);
	char *head = xasprintf(
		"settings\t%s\t%s\n", digest_hex(&b.run.context->settings, hex), b.run.result.key);
	ok(!strncmp(text, head, strlen(head)), "the first line: settings and key");
	free(head);
	ok(mentions(&b, "sketches/A/A.ino"), "the main file");
	ok(mentions(&b, "sketches/A/B.ino"), "the other .ino");
	ok(mentions(&b, "sketches/A/c.cpp"), "a source beside it");
	ok(mentions(&b, "sketches/A/src/deep/d.h"), "a header further down");
	ok(mentions(&b, "sketches/A/") && mentions(&b, "sketches/A/src/"), "its directories");
	ok(mentions(&b, "libraries/Blinker/src/Blinker.h"), "what the compiler read");
	ok(!strstr(text, "A.ino.cpp"), "but not of the build directory");
	ok(mentions(&b, "script.ld"), "what the link read");
	ok(mentions(&b, "from-core"), "and what the unit read");
	ok(!mentions(&b, "sketches/A/notes.txt"), "a file that nobody reads");
	ok(close_book(&b), "closed");
}

static void once(void)
{
	struct book b = {0};
	open_book(&b, "tiny:tiny:one");
	b.run.group.v[0].out.uses_time = true;
	record_make(&b.run);
	ok(!b.run.result.key, "the time of day: no key");
	ok(strstr(buf_str(&b.run.result.deps), "\t-\n"), "nor one in the record");
	b.run.group.v[0].out.uses_time = false;
	record_make(&b.run);
	ok(b.run.result.key, "without it: a key");
	b.core.uses_time = true;
	record_make(&b.run);
	ok(!b.run.result.key, "the time of day in a unit");
	b.core.uses_time = false;
	strv_push(&b.run.link_inputs, at("gone.ld"));
	record_make(&b.run);
	ok(!b.run.result.key, "a file that has gone meanwhile");
	ok(close_book(&b), "closed");
}

static void is_current(void)
{
	struct book b = {0}, other = {0};
	open_book(&b, "tiny:tiny:one");
	record_make(&b.run);
	put("deps", buf_str(&b.run.result.deps));
	const struct context *c = b.run.context;
	ok(current(&b), "a fresh record");
	ok(!record_is_current(c, NULL, at("deps")), "no key");
	ok(!record_is_current(c, b.run.result.key, NULL), "no record");
	ok(!record_is_current(c, b.run.result.key, at("no-such")), "no such record");
	ok(!record_is_current(c, "", at("deps")), "an empty key");
	char *key = xstrdup(b.run.result.key);
	key[63] = key[63] == '0' ? '1' : '0';
	ok(!record_is_current(c, key, at("deps")), "a key that differs in one digit");
	key[63] = '\0';
	ok(!record_is_current(c, key, at("deps")), "a shorter one");
	free(key);
	key = xasprintf("%s0", b.run.result.key);
	ok(!record_is_current(c, key, at("deps")), "a longer one");
	free(key);

	open_book(&other, "tiny:tiny:two");
	ok(!record_is_current(other.run.context, b.run.result.key, at("deps")),
		"another board has other settings");
	close_book(&other);

	put("sketches/A/src/deep/d.h", "changed\n");
	ok(!current(&b), "a changed header");
	put("sketches/A/src/deep/d.h", "\n");
	ok(current(&b), "changed back");
	put("sketches/A/notes.txt", "changed\n");
	ok(current(&b), "a file that nobody reads");
	put("sketches/A/new.cpp", "");
	ok(!current(&b), "a new source");
	unlink(at("sketches/A/new.cpp"));
	ok(current(&b), "removed again");

	put("deps", "");
	ok(!current(&b), "an empty record");
	put("deps", "settings\t12\t34\n");
	ok(!current(&b), "a broken first line");
	put("deps", "settings\t");
	ok(!current(&b), "a cut one");
	char *head = xstrndup(
		buf_str(&b.run.result.deps), strcspn(buf_str(&b.run.result.deps), "\n") + 20);
	put("deps", head);
	ok(!current(&b), "a cut row");
	head[strlen("settings\t") + DIGEST_HEX_LEN] = '\0';
	put("deps", head);
	ok(!current(&b), "nothing after the settings");
	free(head);
	head = xasprintf("settings\t%.64s\n", buf_str(&b.run.result.deps) + strlen("settings\t"));
	put("deps", head);
	ok(!current(&b), "no key in it");
	free(head);
	ok(close_book(&b), "closed");
}

/* The failure of a sketch whose header nobody has must end when somebody has it. */
static void missing(void)
{
	struct book b = {0};
	struct strv deps = STRV_INIT;
	open_book(&b, "tiny:tiny:one");
	strv_push(&b.run.dirs, at("inc1"));
	strv_push(&b.run.dirs, at("inc2"));
	strv_push(&deps, at("build/sketch/A.ino.cpp"));
	strv_push(&deps, at("inc1/have.h"));
	strv_push(&deps, "want.h");
	strv_push(&deps, "sub/want2.h");
	record_missing(&b.run, &deps);
	ok(b.run.result.key, "a key");
	put("deps", buf_str(&b.run.result.deps));
	ok(current(&b), "it stands");
	put("inc1/have.h", "changed\n");
	ok(!current(&b), "until a file that was read changes");
	put("inc1/have.h", "");
	ok(current(&b), "…");
	put("inc2/want.h", "");
	ok(!current(&b), "or the header comes");
	unlink(at("inc2/want.h"));
	put("inc1/sub/want2.h", "");
	ok(!current(&b), "or one in a directory that was there");
	unlink(at("inc1/sub/want2.h"));
	ok(current(&b), "…");
	put("inc2/sub/want2.h", "");
	ok(!current(&b), "or in one that was not");
	fs_remove_tree(at("inc2/sub"), NULL);

	strv_clear(&deps);
	strv_push(&deps, at("build/sketch/A.ino.cpp"));
	strv_push(&deps, "sub2/want3.h");
	file_index_forget(b.d.s.files, NULL);
	record_missing(&b.run, &deps);
	put("deps", buf_str(&b.run.result.deps));
	ok(current(&b), "one that is wanted in a directory of its own");
	put("inc1/sub2/want3.h", "");
	ok(!current(&b), "until it comes with that directory");
	fs_remove_tree(at("inc1/sub2"), NULL);
	strv_release(&deps);
	ok(close_book(&b), "closed");
}

/* A hook may read anything that lies in the sketch's directory. */
static void hooks(void)
{
	struct book b = {0};
	strv_push(&b.d.s.config.build_properties, "recipe.hooks.prebuild.1.pattern=true");
	open_book(&b, "tiny:tiny:one");
	record_make(&b.run);
	ok(mentions(&b, "sketches/A/notes.txt"), "with hooks every file of the sketch counts");
	ok(close_book(&b), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	put("sketches/A/A.ino", "void setup(){}\n");
	put("sketches/A/B.ino", "void loop(){}\n");
	put("sketches/A/c.cpp", "\n");
	put("sketches/A/src/deep/d.h", "\n");
	put("sketches/A/notes.txt", "\n");
	put("script.ld", "\n");
	put("inc1/have.h", "");
	put("inc1/sub/x.h", "");
	put("inc2/x.h", "");
	usleep(30000); /* what changed within a tick of its use makes no record */
	made();
	once();
	is_current();
	missing();
	hooks();
	return done_testing();
}
