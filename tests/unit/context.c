/* Contexts: the commands made of recipes, and which things change the settings digest. */
#include "sketch/context.h"

#include "unit/context_util.h"

/* ---- commands ---- */

struct book {
	struct desk d;
	struct context *c;
	struct props *over;
	struct strv dirs, argv;
};

/* `properties` are "K=V", up to NULL. */
static void open_book(struct book *b, const char *const *properties)
{
	for (; properties && *properties; properties++)
		strv_push(&b->d.s.config.build_properties, *properties);
	desk_open(&b->d);
	b->c = desk_context(&b->d, "tiny:tiny:one");
	b->over = context_overlay("/build dir", "S.ino", "/s");
	strv_push(&b->dirs, "/inc one");
	strv_push(&b->dirs, "/inc2");
}

static bool close_book(struct book *b)
{
	props_free(b->over);
	strv_release(&b->dirs);
	strv_release(&b->argv);
	return desk_close(&b->d);
}

#define BOOK(b, ...) open_book(b, (const char *const[]){__VA_ARGS__, NULL})

static int compile(struct book *b, enum language l, struct error *err)
{
	strv_clear(&b->argv);
	return context_compile_argv(
		b->c, b->over, l, &b->dirs, "/s/x y.cpp", "/o/x.o", "/o/x.d", &b->argv, err);
}

static int preproc(struct book *b, const char *depfile)
{
	struct error err = ERROR_INIT;
	strv_clear(&b->argv);
	int r = context_preproc_argv(
		b->c, b->over, &b->dirs, "/s/x.cpp", "/o/x.i", depfile, &b->argv, &err);
	if (r < 0)
		diag("%s", err.text);
	return r;
}

/* True when b follows a in argv. */
static bool pair(const struct strv *argv, const char *a, const char *b)
{
	size_t i = arg_at(argv, a);
	return i && i < argv->n && !strcmp(argv->v[i], b);
}

static int times(const struct strv *argv, const char *arg)
{
	int n = 0;
	for (size_t i = 0; i < argv->n; i++)
		n += !strcmp(argv->v[i], arg);
	return n;
}

static void compile_argv(void)
{
	struct book b = {0};
	struct error err = ERROR_INIT;
	BOOK(&b, "build.extra_flags=-DP=\"{build.path}\"");
	is_int(compile(&b, LANG_CXX, &err), 0, "a C++ compile");
	ok(strstr(b.argv.v[0], "/tiny-g++"), "the platform's compiler");
	ok(times(&b.argv, "-MMD") == 0 && times(&b.argv, "-MD") == 1, "-MMD becomes -MD");
	ok(pair(&b.argv, "-MF", "/o/x.d"), "-MF names our file");
	ok(pair(&b.argv, "-o", "/o/x.o"), "the object");
	ok(arg_at(&b.argv, "/s/x y.cpp"), "the source, blanks and all");
	ok(pair(&b.argv, "-I/inc one", "-I/inc2"), "the directories, in order");
	ok(arg_at(&b.argv, "-DARDUINO_ARCH_TINY"), "the board's properties");
	ok(arg_at(&b.argv, "-DP=\"/build dir\"") || arg_at(&b.argv, "-DP=/build dir") ||
			arg_at(&b.argv, "-DP=\"/build"),
		"the build path is filled in");
	ok(!arg_at(&b.argv, "-D__DATE__=\"Jan  1 1970\""), "the time is the clock's");
	is_int(compile(&b, LANG_C, &err), 0, "a C compile");
	ok(strstr(b.argv.v[0], "/tiny-gcc"), "the C compiler");
	is_int(compile(&b, LANG_ASM, &err), 0, "an assembly");
	ok(arg_at(&b.argv, "assembler-with-cpp"), "by its recipe");
	ok(close_book(&b), "closed");
}

static void own_dependency_flags(void)
{
	struct book b = {0}, c = {0};
	struct error err = ERROR_INIT;
	BOOK(&b, "compiler.cpp.flags=-c -MF /theirs.d -MF /theirs2.d -MMD");
	is_int(compile(&b, LANG_CXX, &err), 0, "a platform with -MF");
	ok(!arg_at(&b.argv, "/theirs.d") && !arg_at(&b.argv, "/theirs2.d"), "loses its files");
	ok(times(&b.argv, "-MF") == 1 && pair(&b.argv, "-MF", "/o/x.d"), "to ours");
	ok(close_book(&b), "closed");
	BOOK(&c, "compiler.cpp.flags=-c");
	is_int(compile(&c, LANG_CXX, &err), 0, "a platform without -MMD");
	is_int(times(&c.argv, "-MD"), 1, "gets -MD all the same");
	ok(close_book(&c), "closed");
}

static void reproducible(void)
{
	struct book b = {.d.s.config.reproducible = true};
	struct error err = ERROR_INIT;
	open_book(&b, NULL);
	compile(&b, LANG_CXX, &err);
	ok(arg_at(&b.argv, "-D__DATE__=\"Jan  1 1970\"") &&
			arg_at(&b.argv, "-D__TIME__=\"00:00:00\"") &&
			arg_at(&b.argv, "-Wno-builtin-macro-redefined"),
		"-r: the time of day is fixed");
	compile(&b, LANG_ASM, &err);
	ok(!arg_at(&b.argv, "-D__DATE__=\"Jan  1 1970\""), "not in assembly");
	ok(close_book(&b), "closed");
}

static void preproc_argv(void)
{
	struct book b = {0}, c = {0};
	open_book(&b, NULL);
	is_int(preproc(&b, NULL), 0, "the platform's own recipe");
	ok(pair(&b.argv, "-o", "/o/x.i") && arg_at(&b.argv, "-CC"), "as it stands");
	ok(!arg_at(&b.argv, "-MD") && !arg_at(&b.argv, "-MF"), "no dependencies");
	is_int(preproc(&b, "/o/x.d"), 0, "with dependencies");
	ok(arg_at(&b.argv, "-MD") && pair(&b.argv, "-MF", "/o/x.d"), "-MD -MF");
	ok(pair(&b.argv, "-I/inc one", "-I/inc2"), "the directories");
	ok(close_book(&b), "closed");

	BOOK(&c, "recipe.preproc.macros=", "compiler.cpp.extra_flags={unknown.key}");
	is_int(preproc(&c, "/o/x.d"), 0, "made of the compile recipe");
	ok(strstr(c.argv.v[0], "/tiny-g++") && pair(&c.argv, "-o", "/o/x.i"),
		"the compiler, to that file");
	ok(arg_at(&c.argv, "-E") && arg_at(&c.argv, "-CC") && pair(&c.argv, "-x", "c++"),
		"with the flags of the specification");
	ok(arg_at(&c.argv, "-std=gnu++11"), "and the platform's");
	ok(arg_at(&c.argv, "-MMD") == 0 && times(&c.argv, "-MD") == 1, "-MMD is ours to say");
	ok(!arg_at(&c.argv, "{unknown.key}"), "unknown keys are dropped");
	ok(close_book(&c), "closed");
}

/* Cores for several IDEs set names of the build themselves, for the older ones. */
static void names_of_the_build(void)
{
	struct book b = {0};
	struct error err = ERROR_INIT;
	BOOK(&b, "preprocessed_file_path={build.path}/nul", "includes=-I/theirs",
		"source_file=theirs.cpp", "object_file=theirs.o", "build.path=/theirs");
	is_int(preproc(&b, NULL), 0, "a platform with values of its own");
	ok(pair(&b.argv, "-o", "/o/x.i") && pair(&b.argv, "-I/inc one", "-I/inc2"),
		"preprocesses ours");
	is_int(compile(&b, LANG_CXX, &err), 0, "… and compiles");
	ok(pair(&b.argv, "-o", "/o/x.o") && !arg_at(&b.argv, "theirs.cpp"), "… ours");
	ok(close_book(&b), "closed");
}

static void other_recipes(void)
{
	struct book b = {0};
	struct error err = ERROR_INIT;
	struct strv keys = STRV_INIT;
	BOOK(&b, "recipe.hooks.prebuild.2.pattern=two", "recipe.hooks.prebuild.1.pattern=one",
		"recipe.hooks.prebuild.3.pattern=",
		"recipe.hooks.prebuild.pattern=not beside numbers",
		"recipe.hooks.postbuild.pattern=plain", "recipe.broken.pattern=a \"b",
		"recipe.empty.pattern=");
	context_recipes(b.c, "recipe.hooks.prebuild", ".pattern", &keys);
	ok(keys.n == 2 && !strcmp(keys.v[0], "recipe.hooks.prebuild.1.pattern") &&
			!strcmp(keys.v[1], "recipe.hooks.prebuild.2.pattern"),
		"hooks by number, empty ones left out");
	strv_clear(&keys);
	context_recipes(b.c, "recipe.hooks.postbuild", ".pattern", &keys);
	ok(keys.n == 1 && !strcmp(keys.v[0], "recipe.hooks.postbuild.pattern"),
		"one without number");
	strv_clear(&keys);
	context_recipes(b.c, "recipe.hooks.nothing", ".pattern", &keys);
	is_int((long long)keys.n, 0, "none");
	strv_release(&keys);
	ok(context_recipe_argv(b.c, b.over, "recipe.broken.pattern", &b.argv, &err) < 0 &&
			strstr(err.text, "recipe.broken.pattern of '") &&
			strstr(err.text, "/tiny/platform.txt' is no command: no closing \" in ") &&
			strstr(err.text, "; cure: "),
		"a broken one names itself, its file and the cure (%s)", err.text);
	strv_clear(&b.argv);
	ok(context_recipe_argv(b.c, b.over, "recipe.empty.pattern", &b.argv, &err) < 0 &&
			strstr(err.text, "/tiny/platform.txt' has no recipe.empty.pattern; cure: "),
		"so does an empty one (%s)", err.text);
	is_int(context_recipe_argv(b.c, b.over, "recipe.objcopy.hex.pattern", &b.argv, &err), 0,
		"a good one");
	ok(arg_at(&b.argv, "/build dir/S.ino.hex"), "with the job's properties");
	ok(close_book(&b), "closed");
}

static void texts(void)
{
	struct strv v = STRV_INIT;
	struct buf b = BUF_INIT;
	includes_text(&v, &b);
	is_str(buf_str(&b), "", "no directories");
	strv_push(&v, "/a b");
	strv_push(&v, "/c");
	includes_text(&v, &b);
	is_str(buf_str(&b), "\"-I/a b\" \"-I/c\"", "directories for a recipe");
	buf_clear(&b);
	strv_push(&v, "it's");
	strv_push(&v, "");
	strv_push(&v, "-Dx=\"$y\"");
	strv_push(&v, "-Wl,--a@b:c+%_");
	command_text(&v, &b);
	is_str(buf_str(&b), "'/a b' /c 'it'\\''s' '' '-Dx=\"$y\"' -Wl,--a@b:c+%_\n",
		"a command to paste into a shell");
	buf_release(&b);
	strv_release(&v);
	ok(language_of("a.c") == LANG_C && language_of("a.S") == LANG_ASM &&
			language_of("a.s") == LANG_ASM && language_of("a.cpp") == LANG_CXX &&
			language_of("a.ino.cc") == LANG_CXX,
		"languages");
}

/* ---- settings ---- */

struct change {
	const char *name, *board, *property, *tree;
	void (*edit)(struct engine_config *c);
};

static struct digest settings_of(const struct change *c)
{
	struct desk d = {0};
	if (c && c->edit)
		c->edit(&d.s.config);
	if (c && c->property)
		strv_push(&d.s.config.build_properties, c->property);
	desk_open(&d);
	struct context *x =
		context_get(&d.contexts, &d.s, c && c->board ? c->board : "tiny:tiny:one",
			c && c->tree ? at(c->tree) : NULL, NULL);
	must(!x->error.text[0], x->error.text);
	struct digest s = x->settings;
	desk_close(&d);
	return s;
}

static void set_werror(struct engine_config *c)
{
	c->warnings_are_errors = true;
}
static void set_check(struct engine_config *c)
{
	c->check_only = true;
}
static void set_config(struct engine_config *c)
{
	c->config_only = true;
}
static void set_reproducible(struct engine_config *c)
{
	c->reproducible = true;
}
static void set_keep(struct engine_config *c)
{
	c->keep = true;
}
static void set_no_firmware(struct engine_config *c)
{
	c->no_firmware = true;
}
static void set_warnings(struct engine_config *c)
{
	c->warnings = "all";
}
static void set_clean(struct engine_config *c)
{
	c->clean = true;
}
static void set_rebuild(struct engine_config *c)
{
	c->rebuild_units = true;
}
static void set_verbose(struct engine_config *c)
{
	c->verbose = true;
}
static void set_timeout(struct engine_config *c)
{
	c->timeout = 77;
}
static void set_limits(struct engine_config *c)
{
	c->limits.tokens = 77;
}
static void set_fallback(struct engine_config *c)
{
	c->fallback_mrproper = true;
}
static void set_library(struct engine_config *c)
{
	strv_push(&c->library_dirs, at("more/New"));
}

static void settings(void)
{
	static const struct change deciding[] = {
		{.name = "-E", .edit = set_werror},
		{.name = "--check", .edit = set_check},
		{.name = "--config-only", .edit = set_config},
		{.name = "-r", .edit = set_reproducible},
		{.name = "-k", .edit = set_keep},
		{.name = "--no-firmware", .edit = set_no_firmware},
		{.name = "-W", .edit = set_warnings},
		{.name = "--library", .edit = set_library},
		{.name = "the tree's library", .tree = "more/Newer"},
		{.name = "another board", .board = "tiny:tiny:two"},
		{.name = "a flag", .property = "build.extra_flags=-DX"},
		{.name = "the link's flags", .property = "compiler.elf.flags=-O9"},
		{.name = "the flash", .property = "upload.maximum_size=9"},
		{.name = "the RAM", .property = "upload.maximum_data_size=9"},
		{.name = "the warning's threshold", .property = "build.warn_data_percentage=9"},
		{.name = "a bootloader", .property = "bootloader.file=x.hex"},
		{.name = "a hook", .property = "recipe.hooks.prebuild.1.pattern=x"},
		{.name = "how sizes are read", .property = "recipe.size.regex=x"},
		{.name = "the preprocessor's recipe",
			.property = "recipe.preproc.macros={compiler.path}tiny-g++ -E"},
	};
	static const struct change idle[] = {
		{.name = "nothing"},
		{.name = "-f", .edit = set_clean},
		{.name = "-m", .edit = set_rebuild},
		{.name = "-v", .edit = set_verbose},
		{.name = "the time limit", .edit = set_timeout},
		{.name = "the number of processes", .edit = set_limits},
		{.name = "--fallback-mrproper", .edit = set_fallback},
		{.name = "a property that nobody uses", .property = "upload.speed=1"},
	};
	struct digest base = settings_of(NULL), seen[ARRAY_LEN(deciding)];
	for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
		struct digest s = settings_of(&idle[i]);
		ok(digest_equal(&s, &base), "the same with: %s", idle[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(deciding); i++) {
		bool fresh = true;
		seen[i] = settings_of(&deciding[i]);
		for (size_t k = 0; k < i; k++)
			fresh &= !digest_equal(&seen[k], &seen[i]);
		ok(fresh && !digest_equal(&seen[i], &base), "another with: %s", deciding[i].name);
	}
	static const char *const tools[] = {"tiny-g++", "tiny-gcc", "tiny-ar", "tiny-objcopy"};
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		/* The tools are one file under many names: a copy of its own is changed. */
		char *path = xasprintf(
			"%s/hardware/tiny/tiny/tools/tiny/bin/%s", test_tmpdir(), tools[i]);
		struct error err = ERROR_INIT;
		char *copy = xasprintf("%s.copy", path);
		must(fs_copy(path, copy, &err) == 0 && rename(copy, path) == 0, err.text);
		struct digest same = settings_of(NULL);
		FILE *f = fopen(path, "a");
		must(f && fputc('x', f) == 'x' && fclose(f) == 0, path);
		struct digest s = settings_of(NULL);
		ok(digest_equal(&same, &base), "the same with a copy of %s", tools[i]);
		ok(!digest_equal(&s, &same), "another with a changed %s", tools[i]);
		base = s;
		free(copy);
		free(path);
	}
	struct change own_ctags = {
		.property = xasprintf("runtime.tools.ctags.path=%s", at("ctags"))};
	struct digest none = settings_of(&own_ctags);
	put("ctags/ctags", "one");
	must(chmod(at("ctags/ctags"), 0755) == 0, "chmod");
	struct digest one = settings_of(&own_ctags);
	put("ctags/ctags", "two");
	struct digest two = settings_of(&own_ctags);
	ok(!digest_equal(&none, &one) && !digest_equal(&one, &two), "another with another ctags");
	free((char *)own_ctags.property);
	put("libraries/Blinker/src/blinker_more.h", "");
	struct digest s = settings_of(NULL);
	ok(!digest_equal(&s, &base), "another with one more header to be found");
	put("libraries/Blinker/src/Blinker.cpp", "changed");
	struct digest t = settings_of(NULL);
	ok(digest_equal(&s, &t), "the same with other bytes in a library");
}

static void sharing(void)
{
	struct desk d = {0};
	desk_open(&d);
	struct context *a = desk_context(&d, "tiny:tiny:one");
	ok(a == desk_context(&d, "tiny:tiny:one"), "one context for one board");
	ok(a != context_get(&d.contexts, &d.s, "tiny:tiny:one", at("more/New"), NULL),
		"another with a library under work");
	struct strv own = STRV_INIT;
	strv_push(&own, at("more/New"));
	struct context *mine = context_get(&d.contexts, &d.s, "tiny:tiny:one", NULL, &own);
	ok(mine != a && libraries_by_name(mine->libraries, "New") &&
			!libraries_by_name(a->libraries, "New"),
		"another with a library of its own, which is nobody else's");
	ok(mine == context_get(&d.contexts, &d.s, "tiny:tiny:one", NULL, &own),
		"one for the same ones");
	strv_push(&own, at("more/New"));
	ok(mine != context_get(&d.contexts, &d.s, "tiny:tiny:one", NULL, &own), "not for more");
	strv_release(&own);
	ok(a != desk_context(&d, "tiny:tiny:two"), "or for another board");
	struct context *bad = context_get(&d.contexts, &d.s, "tiny:tiny:no", NULL, NULL);
	ok(bad && strstr(bad->error.text, "no"), "an unknown board has an error (%s)",
		bad->error.text);
	ok(bad == context_get(&d.contexts, &d.s, "tiny:tiny:no", NULL, NULL),
		"which is remembered");
	shared_note(&d.s, "line");
	shared_note(&d.s, "line");
	is_int((long long)d.s.notes.n - (strv_contains(&d.s.notes, "line") ? 1 : 0), 0,
		"a line is told once");
	struct error err = ERROR_INIT;
	const char *scratch = shared_scratch(&d.s, &err);
	ok(scratch && path_beneath(scratch, at("cache/tmp")) && fs_is_dir(scratch),
		"a directory in the cache");
	ok(scratch == shared_scratch(&d.s, &err), "one");
	ok(desk_close(&d), "closed");
}

static int live(const struct desk *d)
{
	const struct context *c;
	int n = 0;
	for (c = d->contexts; c; c = c->next)
		n++;
	return n;
}

/* A folder of libraries, each with its own examples: a context for each. */
static void bounded(void)
{
	struct desk d = {0};
	char text[32];
	int same = 0;
	desk_open(&d);
	struct context *used = desk_context(&d, "tiny:tiny:one");
	used->users++;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "more/New%d", i);
		struct context *c = context_get(&d.contexts, &d.s, "tiny:tiny:one", at(text), NULL);
		same += c == context_get(&d.contexts, &d.s, "tiny:tiny:one", at(text), NULL);
	}
	is_int(same, 100, "the latest one is kept");
	is_int(live(&d), 1 + 1 + 32, "of 100 no more than 32 that nobody uses, beside the latest");
	ok(used == desk_context(&d, "tiny:tiny:one"), "the oldest one is used, and kept");
	used->users--;
	ok(desk_close(&d), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	put("more/New/library.properties", "name=New\nversion=1.0\n");
	put("more/New/src/New.h", "");
	put("more/Newer/library.properties", "name=Newer\nversion=1.0\n");
	put("more/Newer/src/Newer.h", "");
	compile_argv();
	own_dependency_flags();
	reproducible();
	preproc_argv();
	names_of_the_build();
	other_recipes();
	texts();
	settings();
	sharing();
	bounded();
	return done_testing();
}
