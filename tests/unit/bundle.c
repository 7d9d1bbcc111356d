/* Bundles and texts in the store. */
#include "unit/store_case.h"

static void bundles(void)
{
	struct test_case c = simple();
	struct test_run r;
	struct error err = ERROR_INIT;
	struct digest key = {{1}}, other = {{2}};
	struct strv names = STRV_INIT, paths = STRV_INIT;
	struct bundle b = {0};
	put("out/x.elf", "elf");
	put("out/x.hex", "hex");
	strv_push(&names, "firmware/x.elf");
	strv_push(&names, "two words.hex");
	strv_push(&paths, at("out/x.elf"));
	strv_push(&paths, at("out/x.hex"));
	run_open(&r, &c);
	ok(!store_find_bundle(r.st, &key, &b), "no bundle yet");
	is_int(store_keep_bundle(r.st, &key, &names, &paths, &err), 0, "kept");
	put("out/x.elf", "changed");
	ok(store_find_bundle(r.st, &key, &b), "found");
	is_int((long long)b.n, 2, "both files");
	is_str(b.n ? b.v[0].name : NULL, "firmware/x.elf", "in order");
	is_str(b.n ? b.v[1].name : NULL, "two words.hex", "names as given");
	char *text = slurp(b.v[0].path);
	is_str(text, "elf", "a copy, as it was");
	ok(is_digest_of(&b.v[0].digest, "elf"), "its digest");
	free(text);
	ok(!store_find_bundle(r.st, &other, &(struct bundle){0}), "another key has none");
	flip(b.v[1].path, 0);
	ok(!store_find_bundle(r.st, &key, &(struct bundle){0}), "one damaged file spoils it");
	ok(!fs_exists(b.v[1].path) && fs_exists(b.v[0].path), "that one is removed");
	bundle_release(&b);
	strv_push(&names, "bad\nname");
	strv_push(&paths, at("out/x.hex"));
	ok(store_keep_bundle(r.st, &key, &names, &paths, &err) < 0, "a name that no line holds: %s",
		err.text);
	strv_clear(&names);
	strv_clear(&paths);
	is_int(store_keep_bundle(r.st, &key, &names, &paths, &err), 0, "an empty bundle");
	ok(store_find_bundle(r.st, &key, &b) && b.n == 0, "is one, too");
	bundle_release(&b);
	strv_release(&names);
	strv_release(&paths);
	run_close(&r);
}

static void texts(void)
{
	struct test_case c = simple();
	struct test_run r;
	struct digest key = {{3}};
	struct buf out = BUF_INIT;
	run_open(&r, &c);
	ok(!store_find_text(r.st, &key, &out), "no text yet");
	store_keep_text(r.st, &key, "a\0b\n", 4);
	ok(store_find_text(r.st, &key, &out) && out.len == 4 && !memcmp(out.data, "a\0b\n", 4),
		"any bytes");
	store_keep_text(r.st, &key, "", 0);
	buf_clear(&out);
	ok(store_find_text(r.st, &key, &out) && out.len == 0, "an empty one, replacing");
	store_keep_text(r.st, &key, "hello", 5);
	char hex[DIGEST_HEX_LEN + 1];
	char *path = xasprintf("%s/%.2s/%s", at("cache/texts"), digest_hex(&key, hex), hex);
	flip(path, -2);
	ok(!store_find_text(r.st, &key, &out) && !fs_exists(path), "a damaged one is removed");
	free(path);
	buf_release(&out);
	run_close(&r);
}

int main(void)
{
	bundles();
	texts();
	return done_testing();
}
