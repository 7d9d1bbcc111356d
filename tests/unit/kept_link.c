/* A link's result is kept whole, comes back as it was, and is none when a part of it is gone. */
#include "sketch/kept_link.h"

#include "sketch/run.h"
#include "sketch/unit.h"
#include "unit/context_util.h"

static void open_run(struct desk *d, struct run *r)
{
	desk_open(d);
	*r = (struct run){.shared = &d->s, .context = desk_context(d, "tiny:tiny:one")};
	r->job.build_dir = xstrdup(at("build"));
	r->overlay = context_overlay(r->job.build_dir, "S.ino", "/s");
	digest_bytes(&r->link_key, "inputs", 6);
}

static void forget_texts(struct run *r)
{
	buf_clear(&r->result.err);
	buf_clear(&r->result.log);
	buf_clear(&r->result.syms);
	fs_remove_tree(at("build"), NULL);
	fs_mkdirs(at("build"), NULL);
}

static void round_trip(struct run *r)
{
	struct buf size = BUF_INIT;
	ok(!kept_link_take(r, &size), "nothing is kept yet");
	put("build/S.ino.hex", ":00\n");
	buf_addstr(&size, ".text 7\n");
	buf_addstr(&r->result.err, "of a hook\nof the link\n");
	r->link_err = strlen("of a hook\n");
	buf_addstr(&r->result.log, "3\n12");
	buf_add(&r->result.syms, "a\0b", 3);
	kept_link_keep(r, &size);

	forget_texts(r);
	buf_clear(&size);
	ok(kept_link_take(r, &size), "kept");
	char *hex = slurp(at("build/S.ino.hex"));
	is_str(hex, ":00\n", "the firmware");
	is_str(buf_str(&size), ".text 7\n", "what the size recipe said");
	is_str(buf_str(&r->result.err), "of the link\n",
		"stderr, without what is said anew each time");
	is_str(buf_str(&r->result.log), "3\n12", "stdout that looks like a length");
	ok(r->result.syms.len == 3 && !memcmp(r->result.syms.data, "a\0b", 3), "any byte");
	free(hex);
	buf_release(&size);
}

static void in_parts(struct run *r)
{
	struct buf size = BUF_INIT;
	forget_texts(r);
	store_keep_text(r->shared->store, &r->link_key, "1\na5\nb", 6);
	ok(!kept_link_take(r, &size), "a text that ends early is none");
	ok(size.len == 0 && r->result.err.len == 0, "and nothing of it is taken");
	store_keep_text(r->shared->store, &r->link_key, "0\n0\n0\n0\n", 8);
	ok(kept_link_take(r, &size), "an empty one is one");
	fs_remove_tree(at("cache/texts"), NULL);
	ok(!kept_link_take(r, &size), "firmware of which nothing is told is not taken");
	buf_release(&size);
}

int main(void)
{
	struct desk d = {0};
	struct run r;
	tiny_install(test_tmpdir());
	open_run(&d, &r);
	round_trip(&r);
	in_parts(&r);
	forget_texts(&r);
	buf_release(&r.result.err);
	buf_release(&r.result.log);
	buf_release(&r.result.syms);
	props_free(r.overlay);
	free((char *)r.job.build_dir);
	ok(desk_close(&d), "closed");
	return done_testing();
}
