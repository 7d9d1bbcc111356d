/* Toolchain digests, with a made-up compiler driver that counts its starts, and with avr-gcc where there is one. Files are
 * young here, so each look reads them; whether that is spared is the file index's test.
 */
#include "sketch/toolchain.h"

#include "sketch/fileindex.h"
#include "unit/store_util.h"

static const char driver[] =
	"#!/bin/sh\n"
	"here=$(dirname \"$(readlink -f \"$0\")\")/..\n"
	"echo \"$@\" >>\"$here/starts\"\n"
	"for arg; do case $arg in\n"
	"-print-search-dirs) echo \"install: $here/lib/\"; echo \"programs: "
	"=$here/lib/:$here/none/\"\n"
	"  echo \"libraries: =$here/libs/:$here/lib/../libs/:$here/nolibs/\"; exit 0;;\n"
	"-print-prog-name=as) cat \"$here/as-name\"; exit 0;;\n"
	"-print-prog-name=*) f=${arg#*=}; test -e \"$here/lib/$f\" && f=$here/lib/$f; echo \"$f\"; "
	"exit 0;;\n"
	"-print-file-name=*) f=${arg#*=}; test -e \"$here/lib/$f\" && f=$here/lib/$f; echo \"$f\"; "
	"exit 0;;\n"
	"-print-libgcc-file-name) echo \"$here/libs/libgcc.a\"; exit 0;;\n"
	"-dumpfullversion) exit 1;;\n"
	"-dumpversion) echo 7.3; exit 0;;\n"
	"-v) { echo \"Reading specs from $here/lib/device-specs\"; echo '#include <...> search "
	"starts here:'\n"
	"  echo \" $here/include\"; echo \" $here/lib/../include2\"; echo 'End of search list.'; } "
	">&2; exit 0;;\n"
	"esac; done\n"
	"exit 1\n";

static void install(void)
{
	static const char *const files[] = {"lib/cc1", "lib/cc1plus", "lib/collect2", "lib/ld",
		"lib/lto1", "lib/lto-wrapper", "lib/liblto_plugin.so", "lib/device-specs",
		"libs/libc.a", "libs/libgcc.a", "libs/crt1.o", "libs/libc.txt",
		"libs/ldscripts/x.x", "bin/as", "include/a.h"};
	put("bin/cross-gcc", driver);
	put("as-name", "");
	FILE *f = fopen(at("as-name"), "w");
	must(f && fprintf(f, "%s\n", at("bin/as")) > 0 && fclose(f) == 0, "as-name");
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(files[i], files[i]);
	chmod(at("bin/cross-gcc"), 0755);
	chmod(at("bin/as"), 0755);
	chmod(at("lib/cc1"), 0755);
}

static int starts(void)
{
	if (!fs_exists(at("starts")))
		return 0;
	char *text = slurp(at("starts"));
	int n = 0;
	for (const char *p = text; *p; p++)
		n += *p == '\n';
	free(text);
	return n;
}

/* One run of boardman: the digest of each role. */
struct look {
	struct digest role[5];
	int starts;
};

static struct look look_with(const char *tool, const char *flag)
{
	struct look l = {0};
	struct error err = ERROR_INIT;
	int before = starts();
	struct file_index *ix = file_index_open(at("cache"));
	struct toolchains *tc = toolchains_open(at("cache"), ix);
	struct strv argv = STRV_INIT;
	strv_push(&argv, tool);
	strv_push(&argv, "-mcpu=x");
	if (flag)
		strv_push(&argv, flag);
	for (int r = 0; r < 5; r++)
		must(toolchain_digest(tc, &argv, (enum tool_role)r, &l.role[r], &err) == 0,
			err.text);
	strv_release(&argv);
	toolchains_free(tc);
	file_index_free(ix);
	l.starts = starts() - before;
	return l;
}

static struct look look(void)
{
	return look_with(at("bin/cross-gcc"), NULL);
}

/* The roles that differ, as letters. */
static const char *diff(const struct look *a, const struct look *b)
{
	static char out[6];
	size_t n = 0;
	for (int i = 0; i < 5; i++)
		if (!digest_equal(&a->role[i], &b->role[i]))
			out[n++] = "CXALO"[i];
	out[n] = '\0';
	return out;
}

static void change(const char *file, const char *roles)
{
	struct look before = look();
	flip(at(file), 0);
	struct look after = look();
	is_str(diff(&before, &after), roles, file);
	is_int(after.starts, 0, "without a question asked");
	flip(at(file), 0);
	after = look();
	is_str(diff(&before, &after), "", "and back");
}

static void roles(void)
{
	struct look first = look();
	ok(first.starts > 8, "the driver is asked (%d times)", first.starts);
	struct look second = look();
	is_int(second.starts, 0, "once");
	is_str(diff(&first, &second), "", "the same digests");
	change("lib/cc1", "CA");
	change("lib/cc1plus", "X");
	change("bin/as", "CXAL");
	change("lib/device-specs", "CXAL");
	change("lib/collect2", "L");
	change("lib/ld", "L");
	change("lib/lto1", "L");
	change("lib/lto-wrapper", "L");
	change("lib/liblto_plugin.so", "L");
	change("libs/libc.a", "L");
	change("libs/crt1.o", "L");
	change("libs/ldscripts/x.x", "L");
	change("libs/libc.txt", "");
	change("include/a.h", "");
}

static void listings(void)
{
	struct look before = look();
	put("libs/libm.a", "new");
	struct look after = look();
	is_str(diff(&before, &after), "L", "a new library");
	ok(after.starts > 0, "makes us ask");
	unlink(at("libs/libm.a"));
	after = look();
	is_str(diff(&before, &after), "", "gone again");
	put("nolibs/libz.a", "new");
	after = look();
	is_str(diff(&before, &after), "L", "a library directory that comes to be");
	unlink(at("nolibs/libz.a"));
	rmdir(at("nolibs"));
	before = look();
	unlink(at("lib/lto1"));
	after = look();
	ok(strchr(diff(&before, &after), 'L') != NULL, "a vanished file");
	ok(after.starts > 0, "makes us ask, too");
	put("lib/lto1", "lib/lto1");
	before = look();
	put("bin/cross-gcc", driver);
	FILE *f = fopen(at("bin/cross-gcc"), "a");
	must(f && fputs("#\n", f) >= 0 && fclose(f) == 0, "driver");
	after = look();
	is_str(diff(&before, &after), "CXALO", "another driver");
	ok(after.starts > 0, "is asked");
}

static void named_files(void)
{
	put("board/flash.ld", "1");
	put("board/libboard.a", "1");
	char *script = xasprintf("-Wl,-T,%s", at("board/flash.ld"));
	char *dir = xasprintf("-L%s", at("board"));
	char *tool = xstrdup(at("bin/cross-gcc"));
	struct look before = look_with(tool, script);
	put("board/flash.ld", "2");
	struct look after = look_with(tool, script);
	is_str(diff(&before, &after), "LO", "a linker script that the command names");
	before = look_with(tool, dir);
	put("board/libboard.a", "2");
	after = look_with(tool, dir);
	is_str(diff(&before, &after), "L", "a library where its -L points");
	free(script);
	free(dir);
	free(tool);
}

static void programs(void)
{
	char *path = xasprintf("%s:%s", at("bin"), getenv("PATH")), *old = xstrdup(getenv("PATH"));
	setenv("PATH", path, 1);
	struct look by_path = look_with("cross-gcc", NULL), absolute = look();
	is_str(diff(&by_path, &absolute), "", "found in PATH");
	put("as-name", "as\n");
	put("lib/new", "");
	look();
	put("first/as", "another");
	chmod(at("first/as"), 0755);
	struct look before = look();
	free(path);
	path = xasprintf("%s:%s:%s", at("first"), at("bin"), old);
	setenv("PATH", path, 1);
	struct look after = look();
	is_str(diff(&before, &after), "CXAL", "an assembler that comes first in PATH");
	setenv("PATH", old, 1);
	must(symlink("cross-gcc", at("bin/other-gcc")) == 0, "symlink");
	struct look linked = look_with(at("bin/other-gcc"), NULL);
	char *target = xstrdup(at("bin/cross-gcc"));
	put("bin/one", driver);
	chmod(at("bin/one"), 0755);
	unlink(at("bin/other-gcc"));
	must(symlink("one", at("bin/other-gcc")) == 0, "symlink");
	struct look relinked = look_with(at("bin/other-gcc"), NULL);
	is_str(diff(&linked, &relinked), "CXALO", "a link that comes to point at another driver");
	free(target);
	free(path);
	free(old);
}

static void others(void)
{
	struct file_index *ix = file_index_open(at("cache"));
	struct toolchains *tc = toolchains_open(at("cache"), ix);
	struct strv argv = STRV_INIT;
	struct error err = ERROR_INIT;
	struct digest d, again;
	is_str(toolchain_version(tc, at("bin/cross-gcc")), "7.3", "version");
	is_str(toolchain_version(tc, "/bin/false"), "", "no version");
	is_str(toolchain_version(tc, at("bin/none")), "", "no program");
	strv_push(&argv, at("bin/cross-gcc"));
	const struct strv *dirs = toolchain_system_dirs(tc, &argv, TOOL_C);
	is_int((long long)dirs->n, 2, "system directories");
	is_str(dirs->n ? dirs->v[0] : NULL, at("include"), "in order");
	is_str(dirs->n > 1 ? dirs->v[1] : NULL, at("include2"), "in plain spelling");
	file_index_forget(ix, NULL);
	put("lib/newer", "");
	ok(toolchain_system_dirs(tc, &argv, TOOL_C) != dirs && dirs->n == 2,
		"what was lent out outlives a change");
	is_int(toolchain_digest(tc, &argv, TOOL_C, &d, &err), 0, "in a running process");
	flip(at("lib/cc1"), 0);
	is_int(toolchain_digest(tc, &argv, TOOL_C, &again, &err), 0, "a change");
	ok(digest_equal(&d, &again), "is not seen within a run");
	file_index_forget(ix, NULL);
	is_int(toolchain_digest(tc, &argv, TOOL_C, &again, &err), 0, "but");
	ok(!digest_equal(&d, &again), "when the index forgets");
	strv_clear(&argv);
	strv_push(&argv, "ccache");
	strv_push(&argv, at("bin/cross-gcc"));
	is_int(toolchain_digest(tc, &argv, TOOL_C, &d, &err), 0, "behind a launcher");
	ok(digest_equal(&d, &again), "is the compiler itself");
	strv_clear(&argv);
	strv_push(&argv, at("bin/none"));
	is_int(toolchain_digest(tc, &argv, TOOL_C, &d, &err), -1, "no such compiler");
	ok(strstr(err.text, "cure: ") != NULL, "says how to cure it: %s", err.text);
	strv_clear(&argv);
	is_int(toolchain_digest(tc, &argv, TOOL_C, &d, &err), -1, "no command");
	strv_push(&argv, "/bin/false");
	is_int(toolchain_digest(tc, &argv, TOOL_C, &d, &err), 0, "a tool that does not answer");
	is_int((long long)toolchain_system_dirs(tc, &argv, TOOL_C)->n, 0, "is itself alone");
	strv_release(&argv);
	toolchains_free(tc);
	file_index_free(ix);
}

static void wrapped_archiver(void)
{
	put("bin/cross-gcc-ar", "#!/bin/sh\n");
	put("bin/cross-ar", "1");
	chmod(at("bin/cross-gcc-ar"), 0755);
	char *tool = xstrdup(at("bin/cross-gcc-ar"));
	struct look before = look_with(tool, NULL);
	put("bin/cross-ar", "2");
	struct look after = look_with(tool, NULL);
	is_str(diff(&before, &after), "O", "gcc-ar is the ar that it runs, too");
	put("lib/liblto_plugin.so", "other");
	before = look_with(tool, NULL);
	ok(strchr(diff(&before, &after), 'O') != NULL, "and the driver's plugin");
	free(tool);
}

static void damage(void)
{
	look();
	struct look before = look();
	struct stat st;
	char *path = xstrdup(at("cache/toolchains")), *good = slurp(path);
	must(stat(path, &st) == 0, path);
	bool right = true;
	for (long i = 0; i < st.st_size; i += 397) {
		must(fs_write(path, good, (size_t)st.st_size, NULL) == 0, path);
		flip(path, i);
		struct look after = look();
		right &= !*diff(&before, &after);
	}
	ok(right, "a damaged memo is asked again");
	free(path);
	free(good);
}

static void real(void)
{
	struct file_index *ix = file_index_open(at("cache"));
	struct toolchains *tc = toolchains_open(at("cache"), ix);
	struct strv argv = STRV_INIT;
	struct error err = ERROR_INIT;
	struct digest a, b;
	strv_push(&argv, "avr-gcc");
	strv_push(&argv, "-mmcu=atmega328p");
	if (toolchain_digest(tc, &argv, TOOL_LINK, &a, &err) < 0) {
		ok(true, "no avr-gcc here");
	} else {
		const struct strv *dirs = toolchain_system_dirs(tc, &argv, TOOL_C);
		bool found = false;
		for (size_t i = 0; i < dirs->n; i++) {
			char *io = path_join(dirs->v[i], "avr/io.h");
			found |= fs_is_file(io) && !strstr(dirs->v[i], "..");
			free(io);
		}
		ok(found, "avr-gcc's system directories hold avr/io.h");
		free(argv.v[1]);
		argv.v[1] = xstrdup("-mmcu=atmega2560");
		must(toolchain_digest(tc, &argv, TOOL_LINK, &b, &err) == 0, err.text);
		ok(!digest_equal(&a, &b), "another MCU links other files");
	}
	strv_release(&argv);
	toolchains_free(tc);
	file_index_free(ix);
}

int main(void)
{
	must(mkdir(at("cache"), 0700) == 0, "cache");
	install();
	roles();
	listings();
	named_files();
	programs();
	others();
	wrapped_archiver();
	damage();
	real();
	return done_testing();
}
