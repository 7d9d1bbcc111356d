/* board: names, options, merged properties, compilers and fixes, on a small platform made here. */
#include "tap.h"

#include <sys/stat.h>
#include <time.h>

#include "common/error.h"
#include "common/fs.h"
#include "sketch/board.h"
#include "sketch/platform.h"
#include "sketch/props.h"

static struct platforms *all;

static void put(const char *name, const char *text)
{
	char *path = path_join(test_tmpdir(), name), *dir = path_dir(path);
	struct error err = ERROR_INIT;

	if (fs_mkdirs(dir, &err) < 0 || fs_write(path, text, strlen(text), &err) < 0 ||
		chmod(path, 0755) < 0) {
		diag("%s", err.text);
		exit(99);
	}
	free(dir);
	free(path);
}

static void make_platforms(void)
{
	put("hw/acme/avr/cores/std/Arduino.h", "");
	put("hw/acme/avr/variants/v1/pins.h", "");
	put("hw/acme/avr/platform.txt",
		"name=Acme\nversion=1.8.7\n"
		"compiler.path={runtime.platform.path}/bin/\ncompiler.cpp.cmd=avr-g++\n"
		"compiler.warning_flags=-w\ncompiler.warning_flags.none=-w\n"
		"compiler.warning_flags.all=-Wall -Wextra\n"
		"compiler.optimization_flags=-O0\ncompiler.optimization_flags.release=-Os\n"
		"compiler.cpp.flags=-c -flto {compiler.optimization_flags} "
		"{compiler.warning_flags} "
		"-flto=auto -fno-fat-lto-objects -x-flto\n"
		"compiler.cpp.extra_flags=\n"
		"compiler.c.elf.flags=-fuse-linker-plugin -Wl,--gc-sections\n"
		"build.extra_flags=\n"
		"recipe.cpp.o.pattern=\"{compiler.path}{compiler.cpp.cmd}\" {compiler.cpp.flags} "
		"-mmcu={build.mcu} -D{build.board} {compiler.cpp.extra_flags} {includes} "
		"\"{source_file}\" -o \"{object_file}\"\n"
		"recipe.c.combine.pattern=\"{compiler.path}{compiler.cpp.cmd}\" "
		"{compiler.c.elf.flags} -lm\n"
		"recipe.ar.pattern=ar rcs \"{archive_file_path}\" \"{object_file}\"\n"
		"recipe.hooks.savehex.presavehex.1.pattern=not \"ours to run\n");
	put("hw/acme/avr/bin/avr-g++", "");
	put("hw/acme/avr/boards.txt",
		"menu.cpu=Processor\nmenu.clock=Clock\n"
		"uno.name=Acme Uno\nuno.build.mcu=m328p\nuno.build.core=std\n"
		"uno.build.variant=v1\nuno.build.board=AVR_UNO\nuno.upload.maximum_size=32256\n"
		"mega.name=Mega\nmega.build.core=std\nmega.upload.speed={speed}\nmega.speed="
		"115200\n"
		"mega.menu.cpu.atmega2560=2560\nmega.menu.cpu.atmega2560.build.mcu=atmega2560\n"
		"mega.menu.cpu.atmega1280=1280\nmega.menu.cpu.atmega1280.build.mcu=atmega1280\n"
		"mega.menu.clock.16=16 MHz\nmega.menu.clock.16.build.f_cpu=16L\n"
		"mega.menu.clock.8=8 MHz\nmega.menu.clock.8.build.f_cpu=8L\n"
		"nocore.name=No core\nnocore.build.core=gone\n"
		"timed.name=T\ntimed.build.core=std\n"
		"timed.recipe.hooks.linking.prelink.1.pattern=stamp {extra.time.local}\n");
	put("hw/other/avr/cores/own/Arduino.h", "");
	put("hw/other/avr/variants/own/pins.h", "");
	put("hw/other/avr/platform.txt",
		"version=2\ncompiler.cpp.cmd=env\ncompiler.path={runtime.tools.nix.path}/bin/\n"
		"recipe.cpp.o.pattern=\"{compiler.path}{compiler.cpp.cmd}\" {build.mcu}\n"
		"recipe.ar.pattern=ar\nrecipe.c.combine.pattern=ld\nonly.other=1\n");
	put("hw/other/avr/boards.txt",
		"uno.name=Other Uno\nuno.build.core=own\n"
		"ref.name=Ref\nref.build.core=acme:std\nref.build.variant=acme:v1\n"
		"ref.build.mcu=refmcu\nmissing.name=M\nmissing.build.core=nobody:std\n"
		"nocompiler.name=N\nnocompiler.build.core=own\nnocompiler.compiler.cpp.cmd=no-such-"
		"g++\n"
		"noavr.build.core=own\nnoavr.compiler.path=/nonexistent/\n"
		"noavr.compiler.cpp.cmd=avr-g++\n"
		"norecipe.build.core=own\nnorecipe.recipe.cpp.o.pattern=\n"
		"noar.build.core=own\nnoar.recipe.ar.pattern=\n"
		"nolink.build.core=own\nnolink.recipe.c.combine.pattern=\n"
		"open.build.core=own\nopen.recipe.hooks.prebuild.1.pattern=say {words}\n"
		"open.words=\"two words\n"
		"openpp.build.core=own\nopenpp.recipe.preproc.macros=cpp 'x\n");
	put("data/platform-fixes.ini",
		"# fixes\n[acme:avr 1.8.[67]]\ncompiler = avr-gcc 5.*\n"
		"set.compiler.cpp.extra_flags = -DFIX=1\nwhy = it is broken\n"
		"[acme:avr 9]\nset.compiler.cpp.extra_flags = -DNINE\n"
		"[other:*]\nset.build.extra_flags = -DOTHER\n");
}

static struct board_options options(const struct strv *properties)
{
	return (struct board_options){.build_properties = properties, .warnings = "none"};
}

static const char *version_five(void *ctx, const char *compiler)
{
	if (ctx)
		*(int *)ctx += strstr(compiler, "/bin/avr-g++") != NULL;
	return "5.4.0";
}

/* Resolves or bails out. */
static struct board *resolve(const char *name, const struct board_options *opt)
{
	struct board_options plain = options(NULL);
	struct error err = ERROR_INIT;
	struct board *b = board_resolve(all, name, opt ? opt : &plain, NULL, NULL, &err);

	if (!b) {
		printf("Bail out! %s: %s\n", name, err.text);
		exit(99);
	}
	return b;
}

static void is_prop(const struct board *b, const char *key, const char *want)
{
	is_str(props_get(b->props, key), want, key);
}

static void is_expanded(const struct board *b, const char *text, const char *want, const char *name)
{
	char *got = board_expand(b, NULL, text);

	is_str(got, want, name);
	free(got);
}

static void is_dir_of(const char *got, const char *want, const char *name)
{
	char *path = path_join(test_tmpdir(), want);

	is_str(got, path, name);
	free(path);
}

static void test_errors(void)
{
	static const struct {
		const char *board, *say;
	} row[] = {
		{"acme:avr", "'acme:avr' is not a board; cure: write vendor:arch:id"},
		{"a:b:c:d=e:f", "is not a board"},
		{"acme:avr:", "is not a board"},
		{"acme:avr:uno:", "is not a board"},
		{"", "'' is not a board"},
		{"acme:avr:u/o", "is not a board"},
		{"acme:avr:mega:cpu", "'cpu' is not option=value; cure: "},
		{"acme:avr:mega:cpu=a b", "is not option=value"},
		{"acme:sam:uno", "no platform 'acme:sam'; installed: acme:avr, other:avr; cure: "},
		{"acme:avr:Unno",
			"no board 'Unno' in acme:avr 1.8.7; nearest: acme:avr:uno; cure: "},
		{"acme:avr:menu", "no board 'menu' in acme:avr"},
		{"acme:avr:zzzzzz", "no board 'zzzzzz' in acme:avr 1.8.7; cure: "},
		{"megaa", "no board 'megaa' in any installed platform; nearest: acme:avr:mega"},
		{"uno", "board 'uno' is in 2 platforms; cure: write one of acme:avr:uno, "
			"other:avr:uno"},
		{"acme:avr:mega:cpi=x",
			"board 'acme:avr:mega' has no option 'cpi'; cure: use one of cpu, clock"},
		{"acme:avr:mega:cpu=x", "option 'cpu' has no value 'x'; cure: use one of "
					"atmega2560, atmega1280"},
		{"acme:avr:uno:cpu=x", "has no option 'cpu'; cure: leave it out"},
		{"nocore", "board 'acme:avr:nocore': its core '"},
		{"missing", "board 'other:avr:missing' takes its core from another platform: no "
			    "platform 'nobody:avr'"},
		{"nocompiler", "board 'other:avr:nocompiler': its compiler "
			       "'{runtime.tools.nix.path}/bin/no-such-g++' is not there (tool "
			       "'nix' is not "
			       "installed); cure: run 'arduino-cli core install other:avr'"},
		{"noavr", "board 'other:avr:noavr': its compiler '/nonexistent/avr-g++' is not "
			  "there; cure: run 'apt install gcc-avr avr-libc'"},
		{"norecipe",
			"/hw/other/avr/platform.txt' has no recipe.cpp.o.pattern; cure: install "
			"other:avr again"},
		{"noar", "/hw/other/avr/platform.txt' has no recipe.ar.pattern; cure: "},
		{"nolink", "/hw/other/avr/platform.txt' has no recipe.c.combine.pattern; cure: "},
		{"open", "/hw/other/avr/platform.txt' is no command: no closing \" in '\"two "
			 "words'; cure: close the quote there, or in the property that put it in"},
		{"openpp", "board 'other:avr:openpp': recipe.preproc.macros of '"},
	};
	struct board_options opt = options(NULL);

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct error err = ERROR_INIT;
		struct board *b = board_resolve(all, row[i].board, &opt, NULL, NULL, &err);

		if (!ok(!b && strstr(err.text, row[i].say), "refused: '%s'", row[i].board))
			diag("%s", err.text);
		board_free(b);
	}
}

static void test_merged(void)
{
	struct board *b = resolve("acme:avr:uno", NULL);

	is_str(b->fqbn, "acme:avr:uno", "fqbn");
	is_str(b->name, "Acme Uno", "name");
	is_dir_of(b->core_dir, "hw/acme/avr/cores/std", "core_dir");
	is_dir_of(b->variant_dir, "hw/acme/avr/variants/v1", "variant_dir");
	ok(b->core_platform == b->platform, "the core is the platform's own");
	is_prop(b, "_id", "uno");
	is_prop(b, "build.arch", "AVR");
	is_prop(b, "build.fqbn", "acme:avr:uno");
	is_prop(b, "build.board", "AVR_UNO");
	is_prop(b, "runtime.ide.version", "10607");
	is_prop(b, "ide_version", "10607");
	is_prop(b, "runtime.os", "linux");
	is_prop(b, "software", "ARDUINO");
	is_prop(b, "build.library_discovery_phase", "0");
	is_prop(b, "compiler.warning_flags", "-w");
	is_prop(b, "compiler.optimization_flags", "-Os");
	is_prop(b, "build.path", NULL);
	is_prop(b, "extra.time.utc", NULL);
	is_dir_of(props_get(b->props, "runtime.platform.path"), "hw/acme/avr",
		"runtime.platform.path");
	is_dir_of(props_get(b->props, "runtime.hardware.path"), "hw/acme", "runtime.hardware.path");
	is_dir_of(
		props_get(b->props, "build.core.path"), "hw/acme/avr/cores/std", "build.core.path");
	is_dir_of(props_get(b->props, "build.system.path"), "hw/acme/avr/system",
		"build.system.path");
	is_dir_of(props_get(b->props, "build.variant.path"), "hw/acme/avr/variants/v1",
		"build.variant.path");
	is_int(board_number(b, "upload.maximum_size", -1), 32256, "a number");
	is_int(board_number(b, "build.mcu", -1), -1, "no number");
	is_int(board_number(b, "no.such", 7), 7, "an absent number");
	is_int((long long)b->notes.n, 0, "nothing to say without a compiler's version");
	board_free(b);
}

static void test_options(void)
{
	struct board_options compat = options(NULL);
	struct board *b = resolve("mega", NULL);
	struct strv menus = STRV_INIT;

	is_str(b->fqbn, "acme:avr:mega", "a unique bare id");
	is_prop(b, "build.mcu", "atmega2560");
	is_prop(b, "build.f_cpu", "16L");
	is_prop(b, "build.board", "AVR_MEGA");
	ok(!b->variant_dir, "a board without a variant");
	is_prop(b, "build.variant.path", "");
	is_int(board_number(b, "upload.speed", -1), 115200, "a number by expansion");
	is_prop(b, "compiler.c.elf.flags", "-fuse-linker-plugin -Wl,--gc-sections");
	board_menus(b->platform, "mega", &menus);
	ok(menus.n == 2 && !strcmp(menus.v[0], "cpu=atmega2560,atmega1280") &&
			!strcmp(menus.v[1], "clock=16,8"),
		"the menus");
	strv_release(&menus);
	board_free(b);

	b = resolve("mega:clock=8,cpu=atmega2560,cpu=atmega1280", NULL);
	is_str(b->fqbn, "acme:avr:mega:clock=8,cpu=atmega1280", "the last of an option counts");
	is_prop(b, "build.mcu", "atmega1280");
	is_prop(b, "build.f_cpu", "8L");
	is_prop(b, "build.fqbn", "acme:avr:mega:clock=8,cpu=atmega1280");
	board_free(b);

	compat.builder_compat = true;
	b = resolve("mega:cpu=atmega2560", &compat);
	is_prop(b, "compiler.c.elf.flags", "-fuse-linker-plugin -Wl,--gc-sections,--relax");
	is_prop(b, "build.f_cpu", NULL);
	board_free(b);
	b = resolve("mega:cpu=atmega1280", &compat);
	is_prop(b, "compiler.c.elf.flags", "-fuse-linker-plugin -Wl,--gc-sections");
	board_free(b);
}

static void test_user(void)
{
	struct strv properties = STRV_INIT;
	struct board_options opt = options(&properties);
	struct error err = ERROR_INIT;
	struct board *b;

	strv_push(&properties, "build.mcu=mine=1");
	strv_push(&properties, "compiler.optimization_flags=-O3");
	strv_push(&properties, "compiler.warning_flags=-Wignored");
	opt.warnings = "all";
	opt.no_lto = true;
	b = resolve("acme:avr:uno", &opt);
	is_prop(b, "build.mcu", "mine=1");
	is_expanded(b, "{compiler.cpp.flags}", "-c -O3 -Wall -Wextra -x-flto",
		"user's flags, warnings by level, no LTO");
	is_prop(b, "compiler.c.elf.flags", " -Wl,--gc-sections");
	board_free(b);
	opt.warnings = "more";
	b = resolve("acme:avr:uno", &opt);
	is_prop(b, "compiler.warning_flags", "");
	board_free(b);

	strv_push(&properties, "nonsense");
	ok(!board_resolve(all, "acme:avr:uno", &opt, NULL, NULL, &err) &&
			strstr(err.text, "--build-property 'nonsense'"),
		"a property without '=' is refused: %s", err.text);
	strv_release(&properties);
}

static void test_reference(void)
{
	struct board *b;

	/* its platform's compiler.path is merged over the core's, so it needs nix too */
	b = resolve("ref", NULL);
	is_dir_of(b->core_dir, "hw/acme/avr/cores/std", "another platform's core");
	is_dir_of(b->variant_dir, "hw/acme/avr/variants/v1", "another platform's variant");
	is_str(b->core_platform->vendor, "acme", "core_platform");
	is_str(b->platform->vendor, "other", "platform");
	is_dir_of(props_get(b->props, "runtime.platform.path"), "hw/other/avr",
		"runtime.platform.path stays the board's");
	is_dir_of(props_get(b->props, "build.core.platform.path"), "hw/acme/avr",
		"build.core.platform.path");
	is_prop(b, "only.other", "1");
	is_prop(b, "compiler.cpp.cmd", "env");
	is_prop(b, "compiler.optimization_flags", "-Os");
	is_prop(b, "runtime.tools.nix.path", "/usr");
	ok(b->notes.n == 1 && !strcmp(b->notes.v[0], "tool 'nix' of other:avr is not installed; "
						     "using the system's /usr/bin/env"),
		"the system's compiler for a missing tool, with a note");
	is_expanded(b, "{recipe.cpp.o.pattern}", "\"/usr/bin/env\" refmcu",
		"the board's own platform.txt wins");
	board_free(b);
}

/* One line of notes after resolving acme:avr:uno with a compiler 5.4.0, and the flags. */
static void is_fixed(const struct strv *user, const char *flags, const char *note, const char *name)
{
	struct board_options opt = options(user);
	struct error err = ERROR_INIT;
	struct board *b = board_resolve(all, "acme:avr:uno", &opt, version_five, NULL, &err);

	if (!ok(b != NULL, "%s: resolved", name)) {
		diag("%s", err.text);
		return;
	}
	is_str(props_get(b->props, "compiler.cpp.extra_flags"), flags, name);
	is_str(b->notes.n ? b->notes.v[0] : NULL, note, "its note");
	board_free(b);
}

static void test_fixes(void)
{
	struct strv user = STRV_INIT;
	struct board_options opt = options(NULL);
	struct error err = ERROR_INIT;
	struct board *b;
	int asked = 0;

	is_fixed(NULL, "-DFIX=1",
		"acme:avr 1.8.7 needs -DFIX=1 with avr-gcc 5.4.0 (it is broken); added",
		"a fix that fits");
	strv_push(&user, "compiler.cpp.extra_flags=-DMINE");
	is_fixed(&user, "-DMINE",
		"acme:avr 1.8.7 needs -DFIX=1 with avr-gcc 5.4.0 (it is broken); left out, since "
		"you set compiler.cpp.extra_flags",
		"the user's property wins");
	strv_push(&user, "compiler.cpp.extra_flags=-DMINE -DFIX=1");
	is_fixed(&user, "-DMINE -DFIX=1", NULL, "nothing to say when the user fixed it");
	strv_release(&user);

	b = board_resolve(all, "acme:avr:uno", &opt, version_five, &asked, &err);
	is_int(asked, 1, "the version is asked of the recipe's compiler, once");
	board_free(b);
	asked = 0;
	b = board_resolve(all, "other:avr:uno", &opt, version_five, &asked, &err);
	is_int(asked, 0, "and not for a fix without a compiler");
	is_prop(b, "build.extra_flags", "-DOTHER");
	board_free(b);
	b = resolve("acme:avr:uno", NULL);
	is_prop(b, "compiler.cpp.extra_flags", "");
	board_free(b);
	setenv("BOARDMAN_DATADIR", "/nonexistent", 1);
	is_fixed(NULL, "",
		"'/nonexistent/platform-fixes.ini' is not there: known faults of packaged "
		"platforms are not cured; cure: install boardman, or set BOARDMAN_DATADIR",
		"no data file, no fix");
	char *data = path_join(test_tmpdir(), "data");
	setenv("BOARDMAN_DATADIR", data, 1);
	free(data);
}

/* What the platform's local file adds, seen by platforms opened anew. */
static void test_local_file(void)
{
	struct arduino_dirs dirs = {0};
	struct error err = ERROR_INIT;
	struct platforms *mine = all;

	put("hw/acme/avr/platform.local.txt", "compiler.cpp.extra_flags=-DLOCAL\n");
	strv_push_take(&dirs.platform_dirs, path_join(test_tmpdir(), "hw"));
	all = platforms_open(&dirs, &err);
	is_fixed(NULL, "-DLOCAL -DFIX=1",
		"acme:avr 1.8.7 needs -DFIX=1 with avr-gcc 5.4.0 (it is broken); added",
		"a fix is appended to the platform's own value");
	platforms_free(all);
	put("hw/acme/avr/platform.local.txt", "");
	put("hw/platform.txt", "build.mcu=everywhere\n");
	all = platforms_open(&dirs, &err);
	struct board *b = resolve("acme:avr:uno", NULL);
	is_prop(b, "build.mcu", "everywhere");
	board_free(b);
	platforms_free(all);
	all = mine;
	arduino_dirs_release(&dirs);
}

static const char *no_version(void *ctx, const char *compiler)
{
	(void)ctx;
	(void)compiler;
	return "";
}

static void test_compiler_text(void)
{
	struct board_options opt = options(NULL);
	struct board *b = resolve("acme:avr:uno", &opt);
	int asked = 0;
	char *text = board_compiler_text(b, all, version_five, &asked);
	is_str(text, "avr-gcc 5.4.0", "the system's compiler tells its version");
	is_int(asked, 1, "when it is asked");
	ok(!board_compiler_text(b, all, no_version, NULL), "or nothing is told");
	free(text);
	board_free(b);

	struct arduino_dirs dirs = {.data_dir = path_join(test_tmpdir(), "dot")};
	struct error err = ERROR_INIT;
	put("dot/packages/box/tools/xgcc/7.3.0-at3/bin/x-g++", "");
	put("dot/packages/box/hardware/one/1.0/platform.txt",
		"recipe.cpp.o.pattern=\"{runtime.tools.xgcc.path}/bin/x-g++\" -c\n"
		"recipe.ar.pattern=ar\nrecipe.c.combine.pattern=ld\n");
	put("dot/packages/box/hardware/one/1.0/cores/c/Arduino.h", "");
	put("dot/packages/box/hardware/one/1.0/boards.txt", "b.name=B\nb.build.core=c\n");
	struct platforms *ps = platforms_open(&dirs, &err);
	b = board_resolve(ps, "box:one:b", &opt, NULL, NULL, &err);
	text = b ? board_compiler_text(b, ps, version_five, &asked) : strdup(err.text);
	is_str(text, "xgcc 7.3.0", "a packaged one has the version of its package");
	is_int(asked, 1, "without being asked");
	free(text);
	board_free(b);
	platforms_free(ps);
	arduino_dirs_release(&dirs);
}

static void test_time(void)
{
	struct strv user = STRV_INIT;
	struct board_options opt = options(&user);
	struct board *b = resolve("timed", NULL);
	long long now = time(NULL);

	ok(llabs(board_number(b, "extra.time.utc", 0) - now) < 100, "the time where it is used");
	ok(b->notes.n == 1 && strstr(b->notes.v[0], "recipe.hooks.linking.prelink.1.pattern"),
		"and a note of where");
	board_free(b);
	strv_push(&user, "extra.time.local=5");
	b = resolve("timed", &opt);
	is_expanded(b, "{extra.time.local}", "5", "a fixed time is kept");
	ok(b->notes.n == 0, "without a note");
	board_free(b);
	strv_release(&user);
}

static void test_list(void)
{
	static const struct {
		const char *value, *want;
	} row[] = {
		{"uno", "[uno]"},
		{"uno,mega", "[uno][mega]"},
		{"a:b:c:x=1,y=2,uno,mega:cpu=1", "[a:b:c:x=1,y=2][uno][mega:cpu=1]"},
		{"mega,cpu=1,clock=2,a:b:c:d=e", "[mega:cpu=1,clock=2][a:b:c:d=e]"},
		{" uno , mega ,,", "[uno][mega]"},
		{"cpu=1", NULL},
		{"", NULL},
		{",", NULL},
		{"@nofile", NULL},
		{"@list", "[one][two:a=b,c=d][three][four]"},
		{"@list,five", "[one][two:a=b,c=d][three][four][five]"},
		{"@bad", NULL},
	};

	put("list", "one # first\n\n# none\n two:a=b,c=d \r\nthree,four");
	put("bad", "one\ncpu=1\n");
	if (chdir(test_tmpdir()) < 0)
		exit(99);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct strv out = STRV_INIT;
		struct error err = ERROR_INIT;
		char got[256] = "";
		int rc = board_list_parse(row[i].value, &out, &err);

		for (size_t k = 0; k < out.n; k++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "[%s]", out.v[k]);
		if (row[i].want)
			is_str(got, row[i].want, row[i].value);
		else
			ok(rc < 0 && out.n == 0 && *err.text, "refused: '%s': %s", row[i].value,
				err.text);
		strv_release(&out);
	}
	struct strv out = STRV_INIT;
	struct error err = ERROR_INIT;
	ok(board_list_parse("@bad", &out, &err) < 0 && strstr(err.text, "bad:2: option 'cpu=1'"),
		"a file's error has its line: %s", err.text);
	strv_release(&out);
}

static void test_facts(void)
{
	struct board *b = resolve("acme:avr:uno", NULL);
	struct board_facts f;

	board_get_facts(b, &f);
	is_str(f.platform_version, "1.8.7", "facts: the platform's version");
	is_str(f.build_board, "AVR_UNO", "its board");
	is_str(f.mcu, "m328p", "its controller");
	is_str(f.defines, "-DAVR_UNO", "what is defined");
	is_int(f.ram, -1, "RAM that nobody tells");
	board_facts_release(&f);
	board_free(b);
}

static void test_names(void)
{
	static const struct {
		const char *text, *canonical; /* NULL: no platform has it */
	} row[] = {
		{"acme:avr:mega", "acme:avr:mega"},
		{"mega:cpu=atmega1280", "acme:avr:mega:cpu=atmega1280"},
		{"nocompiler", "other:avr:nocompiler"},
		{"acme:avr:mega:cpu=x", NULL},
		{"acme:avr:none", NULL},
		{"uno", NULL},
		{"acme:avr", NULL},
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *name = board_canonical(all, row[i].text, NULL);

		if (row[i].canonical)
			is_str(name, row[i].canonical, row[i].text);
		else
			ok(!name, "no platform has '%s'", row[i].text);
		free(name);
	}
	ok(board_is_name("a:b:c:d=e") && board_is_name("uno"), "names");
	ok(!board_is_name("a:b") && !board_is_name("u o"), "no names");
}

static void test_meant(void)
{
	ok(board_is_meant("a:b:c", "a:b:c"), "a board means itself");
	ok(board_is_meant("c:x=1,x=2", "a:b:c:x=2"), "an id with options means that of a platform");
	ok(!board_is_meant("c", "a:b:d"), "not another id");
	ok(!board_is_meant("a:b:c", "a:z:c"), "not another platform");
	ok(!board_is_meant("c", "a:b:c:x=2"), "not other options");
	ok(!board_is_meant("c", "c"), "nothing without a platform");
	ok(!board_is_meant("c", "../../c"), "nothing that is no name");
}

int main(void)
{
	struct arduino_dirs dirs = {0};
	struct error err = ERROR_INIT;
	char *data = path_join(test_tmpdir(), "data");

	setenv("BOARDMAN_DATADIR", data, 1);
	free(data);
	make_platforms();
	strv_push_take(&dirs.platform_dirs, path_join(test_tmpdir(), "hw"));
	all = platforms_open(&dirs, &err);
	test_errors();
	test_merged();
	test_options();
	test_user();
	test_reference();
	test_fixes();
	test_compiler_text();
	test_time();
	test_list();
	test_facts();
	test_names();
	test_meant();
	test_local_file();
	platforms_free(all);
	arduino_dirs_release(&dirs);
	return done_testing();
}
