/* How a run ends that has come to its link: what a failed one tells, sizes that nobody can tell, what -k leaves. */
#include "sketch/run.h"

#include "unit/engine_util.h"

/* One job on tiny:tiny:one with that property (NULL: none); the desk is closed by the caller. */
static const struct done *build(struct desk *d, const char *name, const char *property)
{
	if (property)
		strv_push(&d->config.build_properties, property);
	d->config.warnings = "all";
	desk_open(d);
	desk_submit(d, 1, "tiny:tiny:one", name);
	desk_wait(d, 1);
	return desk_done(d, 1);
}

static bool in_order(const char *text, const char *first, const char *second)
{
	const char *a = strstr(text, first), *b = strstr(text, second);
	return a && b && a < b;
}

static void link_fails(void)
{
	struct desk d = {0};
	put_sketch("Fails", "#include <Loud.h>\n// tiny: warn odd\n// tiny: link fail no room");
	const struct done *o = build(&d, "Fails", NULL);
	is_int(o->verdict, BUILD_FAILED, "a link that fails");
	ok(in_order(o->err, "warning: odd", "error: no room"),
		"tells what the compiler said of the sketch (%s)", o->err);
	ok(in_order(o->err, "warning: loud", "error: no room"), "and of a library");
	is_int(o->warnings, 2, "their warnings count");
	is_int((long long)o->n_units, 2, "the library and the core are named");
	is_int(o->return_code, 1, "the status is the link's");
	ok(o->key, "it stands until something changes");
	ok(desk_close(&d), "closed");
}

static void hook_fails(void)
{
	struct desk d = {0};
	put_sketch("Warns", "// tiny: warn odd");
	const struct done *o = build(
		&d, "Warns", "recipe.hooks.objcopy.postobjcopy.1.pattern=/bin/false {build.path}");
	is_int(o->verdict, BUILD_FAILED, "a hook after the link that fails");
	ok(strstr(o->err, "warning: odd") && o->warnings == 1, "tells the compiler's warning");
	ok(desk_close(&d), "closed");
}

/* ---- sizes ---- */

static void no_plain_size(void)
{
	struct desk d = {0};
	put("measure", "echo 'no such section' >&2; exit 3\n");
	char *recipe = xasprintf("recipe.size.pattern=/bin/sh %s {build.path}", at("measure"));
	const struct done *o = build(&d, "Warns", recipe);
	is_int(o->verdict, BUILD_OK, "a size recipe that fails is no failure");
	ok(o->flash == -1 && o->ram == -1, "the size is unknown");
	ok(strstr(o->err,
		   "warning: the size of the firmware is not known: 'sh' ended with status 3"),
		"a warning says so (%s)", o->err);
	ok(strstr(o->err, "no such section"), "and what the recipe said is told");
	is_int(o->warnings, 2, "it counts beside the compiler's");
	is_str(o->artifacts, "Warns.ino.hex", "the firmware is there");
	desk_submit(&d, 2, "tiny:tiny:one", "Warns");
	desk_wait(&d, 2);
	ok(strstr(desk_done(&d, 2)->err, "is not known"), "the next build says it too");
	ok(desk_close(&d), "closed");
	free(recipe);
}

static void no_advanced_size(void)
{
	static const struct {
		const char *script, *reason, *name;
	} t[] = {
		{"echo oops >&2; exit 3\n",
			"the size of the firmware cannot be told: 'sh' ended with status 3",
			"fails"},
		{"echo '{\"severity\":\"error\",\"error\":\"text is too long\"}'\n",
			"text is too long", "says error"},
		{"echo nothing\n", NULL, "says what nobody understands"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct desk d = {0};
		put("measure", t[i].script);
		char *recipe = xasprintf(
			"recipe.advanced_size.pattern=/bin/sh %s {build.path}", at("measure"));
		const struct done *o = build(&d, "Warns", recipe);
		is_int(o->verdict, BUILD_FAILED, "an advanced one that fails is a failure");
		if (t[i].reason)
			is_str(o->reason, t[i].reason, t[i].name);
		ok(strstr(o->err, "warning: odd") && o->warnings == 1 && o->n_units == 1,
			"that tells the compiler's warning (%s)", o->err);
		ok(desk_close(&d), "closed");
		free(recipe);
	}
}

/* ---- -k ---- */

static const char kept[] = "Kept.ino.elf Kept.ino.hex objects/sketch/Kept.ino.cpp.o"
			   " objects/libraries/Loud/Loud.cpp.o objects/core/core.a";

/* Right before the link, a hook takes the sketch's object from the cache, if it is told to. */
static void keep_objects(void)
{
	put_sketch("Kept", "#include <Loud.h>");
	char *script = xasprintf(
		"[ -e '%s/pruned' ] || exit 0\n"
		"rm '%s/pruned'\n"
		"find '%s/cache/objects' -name '*.o' -exec grep -l 'source Kept.ino.cpp' {} + |\n"
		"while read -r f; do rm -f \"$f\"; echo gone >>'%s/count'; done\n",
		test_tmpdir(), test_tmpdir(), test_tmpdir(), test_tmpdir());
	put("prune", script);
	free(script);
	char *hook = xasprintf("recipe.hooks.core.postbuild.1.pattern=/bin/sh %s", at("prune"));
	struct desk d = {.config.keep = true}, e = {.config.keep = true};
	const struct done *o = build(&d, "Kept", hook);
	is_int(o->verdict, BUILD_OK, "-k");
	is_str(o->artifacts, kept, "ELF file, firmware and objects");
	ok(o->named, "all of them there");
	ok(!fs_exists(at("build/1")), "nothing else is left of the build");
	ok(desk_close(&d), "closed");

	put("pruned", "");
	o = build(&e, "Kept", hook);
	ok(fs_exists(at("count")), "an object goes from the cache while the sketch is built");
	is_int(o->verdict, BUILD_OK, "it is made again");
	is_str(o->artifacts, kept, "with all that is to be kept");
	ok(o->named, "all of them there");
	ok(desk_close(&e), "closed");
	free(hook);
}

int main(void)
{
	tiny_install(test_tmpdir());
	put("libraries/Loud/library.properties", "name=Loud\nversion=1.0\n");
	put("libraries/Loud/src/Loud.h", "");
	put("libraries/Loud/src/Loud.cpp", "// tiny: warn loud\n");
	link_fails();
	hook_fails();
	no_plain_size();
	no_advanced_size();
	keep_objects();
	return done_testing();
}
