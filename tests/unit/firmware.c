/* What a link takes, by a run made by hand: the order of its files, the way out of too long a command, and what its key depends
 * on.
 */
#include "sketch/firmware.h"

#include "sketch/run.h"
#include "sketch/unit.h"
#include "unit/context_util.h"

/* A sketch of two sources, a library, another as an archive, the core with an object of the variant. */
struct link {
	struct desk d;
	struct run r;
	struct library wire, arch;
	struct unit u[3];
	struct unit *units[3];
};

static void add_file(struct unit *u, const char *name)
{
	char *path = xasprintf("%s/store/%s", test_tmpdir(), name);
	u->files = xreallocarray(u->files, u->n_files + 1, sizeof *u->files);
	struct unit_file *f = &u->files[u->n_files++];
	*f = (struct unit_file){.name = xstrdup(name), .path = path};
	digest_bytes(&f->digest, name, strlen(name));
	char *rel = xasprintf("store/%s", name);
	put(rel, name);
	free(rel);
}

static void add_source(struct tu *t, const char *name)
{
	t->name = xstrdup(name);
	t->out.object = xasprintf("%s/store/%s", test_tmpdir(), name);
	digest_bytes(&t->out.digest, name, strlen(name));
	char *rel = xasprintf("store/%s", name);
	put(rel, name);
	free(rel);
}

static void open_link(struct link *l, const char *build)
{
	struct run *r = &l->r;
	desk_open(&l->d);
	*r = (struct run){.shared = &l->d.s, .context = desk_context(&l->d, "tiny:tiny:one")};
	r->job.build_dir = xstrdup(at(build));
	r->overlay = context_overlay(r->job.build_dir, "S.ino", "/s");
	r->sketch.dir = xstrdup(at("sketches/S"));
	group_init(&r->group, r->context, 2);
	add_source(&r->group.v[0], "sketch/S.ino.cpp.o");
	add_source(&r->group.v[1], "sketch/more.cpp.o");
	l->wire = (struct library){
		.name = (char *)"Wire", .src_dir = (char *)at("none"), .ldflags = (char *)""};
	l->arch = l->wire;
	l->u[0].library = &l->wire;
	add_file(&l->u[0], "libraries/Wire/Wire.cpp.o");
	add_file(&l->u[0], "libraries/Wire/utility/twi.c.o");
	l->u[1].library = &l->arch;
	add_file(&l->u[1], "libraries/Arch/Arch.a");
	add_file(&l->u[2], "core/variant.cpp.o");
	add_file(&l->u[2], "core/core.a");
	for (int i = 0; i < 3; i++)
		l->units[i] = &l->u[i];
	r->units = l->units;
	r->n_units = 3;
}

static bool close_link(struct link *l)
{
	struct run *r = &l->r;
	group_release(&r->group);
	for (int i = 0; i < 3; i++) {
		for (size_t k = 0; k < l->u[i].n_files; k++) {
			free(l->u[i].files[k].name);
			free(l->u[i].files[k].path);
		}
		free(l->u[i].files);
	}
	for (size_t i = 0; i < r->n_steps; i++)
		strv_release(&r->steps[i]);
	free(r->steps);
	props_free(r->overlay);
	strv_release(&r->link_inputs);
	free(r->sketch.dir);
	free((char *)r->job.build_dir);
	return desk_close(&l->d);
}

/* Nothing of it ever runs. */
static void add_step(struct run *r, const char *const *words)
{
	struct strv argv = STRV_INIT;
	for (; *words; words++)
		strv_push(&argv, *words);
	run_add_step(r, &argv);
	strv_release(&argv);
}

/* With the build path taken out. New string. */
static char *objects(const struct link *l)
{
	const char *text = props_str(l->r.overlay, "object_files"), *p;
	struct buf b = BUF_INIT;
	while ((p = strstr(text, l->r.job.build_dir))) {
		buf_add(&b, text, (size_t)(p - text));
		text = p + strlen(l->r.job.build_dir) + 1;
	}
	buf_addstr(&b, text);
	return buf_detach(&b);
}

static void is_objects(const struct link *l, const char *want, const char *name)
{
	char *got = objects(l);
	is_str(got, want, name);
	free(got);
}

static void order(void)
{
	struct link l = {0};
	struct error err = ERROR_INIT;
	open_link(&l, "build");
	firmware_properties(&l.r, NULL);
	is_objects(&l,
		"\"sketch/S.ino.cpp.o\" \"sketch/more.cpp.o\" \"libraries/Wire/Wire.cpp.o\""
		" \"libraries/Wire/utility/twi.c.o\" \"libraries/Arch/Arch.a\""
		" \"core/variant.cpp.o\"",
		"sketch, libraries, the variant; not core.a");
	is_str(props_get(l.r.overlay, "archive_file"), "core/core.a", "which has its own place");
	is_str(props_get(l.r.overlay, "archive_file_path"), at("build/core/core.a"), "…");
	is_str(props_get(l.r.overlay, "compiler.libraries.ldflags"), NULL, "no flags of libraries");
	is_int((long long)l.r.n_steps, 0, "no more steps");
	is_int(firmware_place_objects(&l.r, &err), 0, "the files go to their places");
	static const char *const names[] = {"sketch/S.ino.cpp.o", "libraries/Wire/utility/twi.c.o",
		"libraries/Arch/Arch.a", "core/variant.cpp.o", "core/core.a"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = path_join(at("build"), names[i]);
		char *text = slurp(path);
		is_str(text, names[i], "with their bytes");
		free(path);
		free(text);
	}
	free(l.u[0].files[0].path);
	l.u[0].files[0].path = xstrdup(at("store/pruned"));
	ok(firmware_place_objects(&l.r, &err) < 0 && strstr(err.text, "pruned"),
		"one that has gone is an error (%s)", err.text);
	ok(close_link(&l), "closed");
}

static void precompiled(void)
{
	struct link l = {0};
	put("pre/src/tiny1/odd.a", "");
	put("pre/src/tiny1/libother.a", "");
	strv_push(&l.d.s.config.build_properties, "compiler.libraries.ldflags=-lfirst");
	open_link(&l, "build");
	char *src = xstrdup(at("pre/src"));
	l.wire.precompiled = true;
	l.wire.src_dir = src;
	l.wire.ldflags = (char *)"-lmore";
	firmware_properties(&l.r, NULL);
	char *want = xasprintf("\"sketch/S.ino.cpp.o\" \"sketch/more.cpp.o\" \"%s/tiny1/odd.a\""
			       " \"libraries/Wire/Wire.cpp.o\" \"libraries/Wire/utility/twi.c.o\""
			       " \"libraries/Arch/Arch.a\" \"core/variant.cpp.o\"",
		src);
	is_objects(&l, want, "an archive that a library brings stands before its objects");
	free(want);
	want = xasprintf("-lfirst \"-L%s/tiny1\" -lmore -lother ", src);
	is_str(props_get(l.r.overlay, "compiler.libraries.ldflags"), want,
		"and its flags are added");
	free(want);
	struct error err = ERROR_INIT;
	is_int(firmware_place_objects(&l.r, &err), 0, "it is not moved");
	free(src);
	ok(close_link(&l), "closed");
}

/* Names so that `total` characters come out with a build path of 56. */
static void fill_names(struct link *l, size_t total)
{
	struct run *r = &l->r;
	group_release(&r->group);
	size_t n = 200, rest = 0;
	total++; /* each but the last has a blank after it */
	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < l->u[i].n_files - (i == 2); k++)
			rest += 56 + 1 + strlen(l->u[i].files[k].name) + 3;
	group_init(&r->group, r->context, n);
	for (size_t i = 0; i < n; i++) {
		size_t room = (total - rest) / (n - i);
		int len = (int)(room - 60 - strlen("sketch/.o"));
		r->group.v[i].name = xasprintf("sketch/%0*zu.o", len, i);
		rest += 60 + strlen(r->group.v[i].name);
	}
	must(rest == total, "wrong sum");
}

static void too_long(void)
{
	static const char *const builds[] = {"b", "a/build/path/that/is/a/good/deal/longer/than/"
						  "the/usual/one/of/the/reference/would/ever/be"};
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		struct link l = {0};
		open_link(&l, builds[i]);
		fill_names(&l, 30000);
		firmware_properties(&l.r, NULL);
		char *text = objects(&l);
		ok(!strncmp(text, "\"sketch/0", 9),
			"30000 characters are no reason, wherever it is built");
		is_int((long long)l.r.n_steps, 0, "no more steps");
		free(text);
		ok(close_link(&l), "closed");
	}
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		struct link l = {0};
		put("pre/src/tiny1/odd.a", "");
		strv_push(&l.d.s.config.build_properties, "compiler.libraries.ldflags=");
		open_link(&l, builds[i]);
		char *src = xstrdup(at("pre/src"));
		l.arch.precompiled = true;
		l.arch.src_dir = src;
		fill_names(&l, 30001 - strlen(src) - strlen("/tiny1/odd.a") - 3);
		firmware_properties(&l.r, NULL);
		char *want =
			xasprintf("-Wl,--whole-archive \"%s/tiny1/odd.a\""
				  " \"libraries/Arch/Arch.a\" \"sketch/objs.a\""
				  " \"libraries/Wire/objs.a\" \"libraries/Wire/utility/objs.a\""
				  " \"core/objs.a\" -Wl,--no-whole-archive",
				src);
		is_objects(&l, want, "one more is: archives, then one for each directory");
		free(want);
		is_int((long long)l.r.n_steps, 203, "an archiver's call for each object");
		const struct strv *last = &l.r.steps[202];
		char *archive = xasprintf("%s/core/objs.a", l.r.job.build_dir),
		     *object = xasprintf("%s/core/variant.cpp.o", l.r.job.build_dir);
		ok(arg_at(last, archive) && arg_at(last, object) > arg_at(last, archive),
			"into the archive of its directory");
		free(archive);
		free(object);
		free(src);
		ok(close_link(&l), "closed");
	}
}

/* ---- the key ---- */

static struct digest key_of(struct link *l)
{
	struct digest d;
	file_index_forget(l->d.s.files, NULL);
	firmware_key(&l->r, &d);
	return d;
}

/* The steps of a link in that build directory. */
static void add_steps(struct link *l)
{
	char *out = xasprintf("-o%s/S.elf", l->r.job.build_dir);
	char *script = xasprintf("-Wl,-T,%s", at("hardware/tiny/tiny/x.ld"));
	char *dir = xasprintf("-L%s", at("hardware/tiny/tiny/lib"));
	const char *const words[] = {
		"/bin/true", "-Os", out, "-lm", script, dir, "-Wl,-T,/etc/passwd", NULL};
	add_step(&l->r, words);
	free(out);
	free(script);
	free(dir);
}

static void key(void)
{
	struct link l = {0}, m = {0};
	put("hardware/tiny/tiny/x.ld", "one");
	put("hardware/tiny/tiny/lib/libx.a", "one");
	open_link(&l, "build");
	add_steps(&l);
	struct digest k = key_of(&l), other;
	other = key_of(&l);
	ok(digest_equal(&k, &other), "the same twice");
	ok(strv_contains(&l.r.link_inputs, at("hardware/tiny/tiny/x.ld")), "a script is an input");
	ok(strv_contains(&l.r.link_inputs, at("hardware/tiny/tiny/lib/libx.a")),
		"so is what lies in a -L of the platform's");
	ok(strv_contains(&l.r.link_inputs, "/etc/passwd"), "so is any file that is named");

	open_link(&m, "elsewhere/build");
	add_steps(&m);
	other = key_of(&m);
	ok(digest_equal(&k, &other), "the same link in another directory is the same");
	close_link(&m);

#define CHANGES(what, back, name) \
	do { \
		what; \
		other = key_of(&l); \
		ok(!digest_equal(&k, &other), "%s", name); \
		back; \
		other = key_of(&l); \
		ok(digest_equal(&k, &other), "… and back"); \
	} while (0)

	struct tu *t = &l.r.group.v[1];
	struct unit_file *f = &l.u[0].files[1], *core = &l.u[2].files[1], *v = &l.u[2].files[0];
	CHANGES(t->out.digest.b[0] ^= 1, t->out.digest.b[0] ^= 1, "an object of the sketch");
	CHANGES(t->name[8] ^= 1, t->name[8] ^= 1, "its name");
	CHANGES(f->digest.b[31] ^= 1, f->digest.b[31] ^= 1, "an object of a library");
	CHANGES(v->digest.b[31] ^= 1, v->digest.b[31] ^= 1, "one of the variant");
	CHANGES(core->digest.b[31] ^= 1, core->digest.b[31] ^= 1, "core.a");
	struct digest *role = &l.r.context->link_role;
	CHANGES(role->b[5] ^= 1, role->b[5] ^= 1, "the linker");
	CHANGES(l.units[0] = &l.u[1]; l.units[1] = &l.u[0], l.units[0] = &l.u[0];
		l.units[1] = &l.u[1], "the order of libraries");
	CHANGES(l.r.group.n--, l.r.group.n++, "an object less");
	char **argv = l.r.steps[0].v;
	CHANGES(argv[1][2] = '2', argv[1][2] = 's', "a flag");
	CHANGES(put("hardware/tiny/tiny/x.ld", "two"), put("hardware/tiny/tiny/x.ld", "one"),
		"the script's text");
	CHANGES(put("hardware/tiny/tiny/lib/libx.a", "two"),
		put("hardware/tiny/tiny/lib/libx.a", "one"), "a library's bytes");
	CHANGES(put("hardware/tiny/tiny/lib/liby.a", ""),
		unlink(at("hardware/tiny/tiny/lib/liby.a")), "one more in the directory");
	bool *keep = &l.d.s.config.keep;
	CHANGES(*keep = true, *keep = false, "what is kept of it");
	ok(close_link(&l), "closed");
}

static void files(void)
{
	static const char *const all[] = {"S.ino.hex", "S.ino.elf", "S.ino.map", "S.ino.eep",
		"S.ino.with_bootloader.hex", "S.ino_atmega8.bin", "S.ino_atmega8.lst", "S.inox.hex",
		"T.ino.hex", "S.ino", "core.a"};
	struct link l = {0};
	struct error err = ERROR_INIT;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *name = xasprintf("out/%s", all[i]);
		put(name, all[i]);
		free(name);
	}
	put("out/S.ino.dir/x", "");
	open_link(&l, "out");
	struct strv names = STRV_INIT;
	is_int(firmware_files(&l.r, &names, &err), 0, "the files of the result");
	ok(names.n == 4 && strv_contains(&names, "S.ino.eep") &&
			strv_contains(&names, "S.ino_atmega8.bin") &&
			strv_contains(&names, "S.ino.hex") &&
			strv_contains(&names, "S.ino.with_bootloader.hex"),
		"what bears the sketch's name");
	strv_clear(&names);
	l.d.s.config.keep = true;
	firmware_files(&l.r, &names, &err);
	is_int((long long)names.n, 7, "and what is kept on demand");

	struct strv paths = STRV_INIT;
	struct digest k;
	struct bundle b = {0};
	digest_bytes(&k, "k", 1);
	for (size_t i = 0; i < names.n; i++)
		strv_push_take(&paths, path_join(at("out"), names.v[i]));
	must(store_keep_bundle(l.d.s.store, &k, &names, &paths, &err) == 0, err.text);
	fs_remove_tree(at("out"), NULL);
	fs_mkdirs(at("out"), NULL);
	must(store_find_bundle(l.d.s.store, &k, &b), "no bundle");
	is_int(firmware_unpack(&l.r, &b, &err), 0, "a kept result is put in place");
	char *text = slurp(at("out/S.ino.elf"));
	is_str(text, "S.ino.elf", "with its bytes");
	free(text);
	FILE *f = fopen(at("out/S.ino.elf"), "a");
	ok(f != NULL, "as a file of its own, which a hook may write to");
	if (f)
		fclose(f);
	bundle_release(&b);
	strv_release(&names);
	strv_release(&paths);
	ok(close_link(&l), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	order();
	precompiled();
	too_long();
	key();
	files();
	return done_testing();
}
