/* platform: where platforms and tools are looked for, who wins, and what is said about it. */
#include "tap.h"

#include "common/error.h"
#include "common/fs.h"
#include "sketch/platform.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

/* Writes a file below the test's directory, with its directories. */
static void put(const char *name, const char *text)
{
	char *path = path_join(test_tmpdir(), name), *dir = path_dir(path);
	struct error err = ERROR_INIT;

	if (fs_mkdirs(dir, &err) < 0 || fs_write(path, text, strlen(text), &err) < 0) {
		diag("%s", err.text);
		exit(99);
	}
	free(dir);
	free(path);
}

static char *below(const char *name)
{
	return path_join(test_tmpdir(), name);
}

static void set_below(const char *variable, const char *name)
{
	char *path = below(name);

	setenv(variable, path, 1);
	free(path);
}

static void is_below(const char *got, const char *want, const char *name)
{
	char *path = below(want);

	is_str(got, path, name);
	free(path);
}

static struct platforms *open_all(void)
{
	struct arduino_dirs dirs = {0};
	struct error err = ERROR_INIT;
	struct platforms *ps = NULL;

	if (arduino_dirs_find(&dirs, &err) == 0) {
		strv_push_take(&dirs.platform_dirs, below("given"));
		ps = platforms_open(&dirs, &err);
	}
	if (!ps) {
		diag("%s", err.text);
		exit(99);
	}
	arduino_dirs_release(&dirs);
	return ps;
}

static void test_dirs(void)
{
	struct arduino_dirs d = {0};
	struct error err = ERROR_INIT;

	ok(arduino_dirs_find(&d, &err) == 0, "without a configuration");
	is_below(d.user_dir, "home/Arduino", "the sketchbook's default");
	is_below(d.data_dir, "home/.arduino15", "the data directory's default");
	is_below(d.system_hardware, "system", "the system's folder from the environment");
	arduino_dirs_release(&d);

	put("home/.arduino15/arduino-cli.yaml",
		"board_manager:\n  additional_urls: []\ndirectories:\n  user: /u/book\n"
		"  data: \"/d/a t a\"\n");
	ok(arduino_dirs_find(&d, &err) == 0, "with arduino-cli.yaml");
	is_str(d.user_dir, "/u/book", "directories.user");
	is_str(d.data_dir, "/d/a t a", "directories.data");
	arduino_dirs_release(&d);

	setenv("ARDUINO_DIRECTORIES_USER", "/env/user", 1);
	ok(arduino_dirs_find(&d, &err) == 0, "with the environment");
	is_str(d.user_dir, "/env/user", "the environment beats the file");
	is_str(d.data_dir, "/d/a t a", "and leaves the rest to it");
	arduino_dirs_release(&d);
	unsetenv("ARDUINO_DIRECTORIES_USER");

	put("home/.arduino15/arduino-cli.yaml", "directories:\n\tuser: {");
	ok(arduino_dirs_find(&d, &err) < 0 && strstr(err.text, "arduino-cli.yaml:2:"),
		"broken YAML names file and line: %s", err.text);
	ok(!d.user_dir && !d.data_dir, "and gives nothing");
	put("home/.arduino15/arduino-cli.yaml", "");
	ok(arduino_dirs_find(&d, &err) == 0, "an empty one is none");
	is_below(d.user_dir, "home/Arduino", "with the defaults");
	arduino_dirs_release(&d);
	put("other.yaml", "directories: {data: /elsewhere}\n");
	set_below("ARDUINO_CONFIG_FILE", "other.yaml");
	ok(arduino_dirs_find(&d, &err) == 0, "with ARDUINO_CONFIG_FILE");
	is_str(d.data_dir, "/elsewhere", "which is read instead");
	arduino_dirs_release(&d);
	unsetenv("ARDUINO_CONFIG_FILE");
}

static void test_versions(void)
{
	static const char *const rising[] = {"", "2014q3", "4.07", "0.9", "1", "1.2.3-alpha",
		"1.2.3-alpha.1", "1.2.3-alpha.beta", "1.2.3-beta.2", "1.2.3-beta.11", "1.2.3",
		"1.10.0", "7.3.0-atmel3.6.1-arduino5", "7.3.0-atmel3.6.1-arduino7", "10"};
	size_t n = sizeof rising / sizeof *rising, wrong = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			int want = (i > k) - (i < k), got = version_compare(rising[i], rising[k]);

			wrong += want != got;
			if (want != got)
				diag("%s against %s: %d", rising[i], rising[k], got);
		}
	}
	is_int((long long)wrong, 0, "every pair of versions is in order");
	is_int(version_compare("1.2", "1.2.0+build"), 0, "left out is 0, build does not count");
}

#define PLATFORM(version) \
	"name=Acme\nversion=" version "\ncompiler.path={runtime.tools.gcc.path}/\n"

static void make_platforms(void)
{
	put("system/acme/avr/boards.txt", "one.name=One\n");
	put("system/acme/avr/platform.txt", PLATFORM("1.8.7"));
	put("system/acme/avr/platform.local.txt", "local=yes\nname=Acme local\n");
	put("system/lone/sam/boards.txt", "x.name=X\n");
	put("system/tools/avr/boards.txt", "no.name=No\n");
	put("system/.hidden/avr/boards.txt", "no.name=No\n");
	put("system/empty/avr/readme", "no boards.txt");
	put("home/.arduino15/packages/acme/hardware/avr/1.8.6/boards.txt", "one.name=1\n");
	put("home/.arduino15/packages/acme/hardware/avr/1.8.6/boards.local.txt", "two.name=2\n");
	put("home/.arduino15/packages/acme/hardware/avr/1.8.6/platform.txt", PLATFORM("1.8.6"));
	put("home/.arduino15/packages/acme/hardware/avr/1.8.10-rc1/boards.txt", "one.name=1\n");
	put("home/.arduino15/packages/acme/hardware/avr/1.10/boards.txt", "one.name=1\n");
	put("home/.arduino15/packages/acme/hardware/avr/1.10/platform.txt",
		"compiler.path={runtime.tools.gcc.path}/\n");
	put("home/Arduino/hardware/mine/avr/boards.txt", "m.name=M\n");
	put("home/Arduino/hardware/mine/avr/platform.txt", PLATFORM("0.1"));
	put("home/Arduino/hardware/platform.txt", "from.everywhere=1\n");
	put("home/Arduino/hardware/bad/avr/boards.txt", "a=1\nnonsense\n");
}

static void test_order(void)
{
	struct platforms *ps = open_all();
	struct error err = ERROR_INIT;
	struct platform *p = platforms_find(ps, "acme", "avr", &err);
	const struct strv none = STRV_INIT;
	char *line;

	is_str(p ? p->version : err.text, "1.10",
		"packages before the system, the newest version, named by its folder");
	is_str(props_get(p->boards, "one.name"), "1", "its boards are read");
	is_str(p->name, "", "no name is an empty one");
	line = platform_describe(ps, p, &none);
	char *want = path_join(test_tmpdir(), "system");
	char *text = NULL;
	if (asprintf(&text,
		    "acme:avr 1.10 in ~/.arduino15; ignoring 1.8.10-rc1 in ~/.arduino15, "
		    "1.8.6 in ~/.arduino15, 1.8.7 in %s",
		    want) < 0)
		exit(99);
	is_str(line, text, "described with what it hides");
	free(text);
	free(want);
	free(line);

	is_str(platforms_at(ps, 0)->vendor, "mine", "the sketchbook comes first");
	is_str(platforms_at(ps, 1)->vendor, "acme", "a broken one is left out");
	is_str(platforms_at(ps, 2)->vendor, "lone", "then the system's");
	ok(!platforms_at(ps, 3), "and no more: no tools, hidden or empty directories");
	is_str(platforms_at(ps, 2)->version, "", "a platform without platform.txt has no version");
	is_str(props_get(platforms_global(ps, &err), "from.everywhere"), "1",
		"the user's own platform.txt over all");

	ok(!platforms_find(ps, "bad", "avr", &err) && strstr(err.text, "'bad:avr' is broken") &&
			strstr(err.text, "boards.txt:2: no '='"),
		"a broken file is named: %s", err.text);
	ok(!platforms_find(ps, "acme", "samd", &err) &&
			strstr(err.text, "no platform 'acme:samd'; installed: ") &&
			strstr(err.text, "acme:avr") && strstr(err.text, "; cure: "),
		"a missing one: %s", err.text);
	platforms_free(ps);
}

static void test_given(void)
{
	struct platforms *ps;
	struct error err = ERROR_INIT;
	struct platform *p;

	put("given/acme/avr/boards.txt", "one.name=Given\n");
	put("given/acme/avr/platform.txt", PLATFORM("0.0.1"));
	put("given/acme/avr/platform.local.txt", "version=0.0.2\n");
	ps = open_all();
	p = platforms_find(ps, "acme", "avr", &err);
	is_str(p ? p->version : err.text, "0.0.2",
		"--platforms beats all, platform.local.txt what stands beside it");
	platforms_free(ps);
	char *dir = below("given");
	fs_remove_tree(dir, &err);
	free(dir);

	struct arduino_dirs none = {0};
	ps = platforms_open(&none, &err);
	ok(ps && !platforms_at(ps, 0), "nowhere to look is no error");
	ok(!platforms_find(ps, "a", "b", &err) && strstr(err.text, "installed: none"),
		"and says that none is installed");
	platforms_free(ps);
}

/* What `vendor`:avr sees as runtime.tools.KEY.path, below packages/. */
static void is_tool(const char *vendor, const char *key, const char *want, const char *name)
{
	struct platforms *ps = open_all();
	struct error err = ERROR_INIT;
	struct platform *p = platforms_find(ps, vendor, "avr", &err);
	char *full = NULL, *path = NULL;

	if (asprintf(&full, "runtime.tools.%s.path", key) < 0 ||
		asprintf(&path, "%s/home/.arduino15/packages/%s", test_tmpdir(), want) < 0)
		exit(99);
	is_str(p ? props_get(p->tools, full) : err.text, path, name);
	free(path);
	free(full);
	platforms_free(ps);
}

static void test_tools(void)
{
	put("home/.arduino15/packages/acme/tools/gcc/5.4.0/x", "");
	is_tool("acme", "gcc", "acme/tools/gcc/5.4.0", "the only version");
	is_tool("mine", "gcc", "acme/tools/gcc/5.4.0", "another vendor's tool is seen");
	put("home/.arduino15/packages/acme/tools/gcc/7.3.0-a7/x", "");
	is_tool("acme", "gcc", "acme/tools/gcc/7.3.0-a7", "the newer of two");
	is_tool("acme", "gcc-5.4.0", "acme/tools/gcc/5.4.0", "each by its version");
	is_tool("acme", "gcc-7.3.0-a7", "acme/tools/gcc/7.3.0-a7", "each by its version");
	put("home/.arduino15/packages/other/tools/gcc/9.0.0/x", "");
	is_tool("acme", "gcc", "acme/tools/gcc/7.3.0-a7", "the own vendor's before a newer one");
	is_tool("mine", "gcc", "other/tools/gcc/9.0.0", "else the newest of all");

	put("home/.arduino15/package_acme_index.json",
		"{\"packages\":[{\"name\":\"acme\",\"platforms\":[{\"architecture\":\"avr\","
		"\"version\":\"1.10\",\"toolsDependencies\":[{\"packager\":\"other\","
		"\"name\":\"gcc\",\"version\":\"9.0.0\"}]}]}]}");
	is_tool("acme", "gcc", "other/tools/gcc/9.0.0", "the package index names one");
	put("home/.arduino15/packages/acme/hardware/avr/1.10/installed.json",
		"{\n\t\"packages\": [\n\t\t{\"name\": \"acme\", \"url\": \"http:\\/\\/x\\u0026\","
		"\"platforms\": [{\"architecture\": \"avr\", \"version\": \"1.10\",\n"
		"\"toolsDependencies\": [{\"packager\": \"acme\", \"name\": \"gcc\", "
		"\"version\": \"5.4.0\"}, {\"packager\":\"gone\",\"name\":\"x\",\"version\":\"1\"}"
		"]}]}]}");
	is_tool("acme", "gcc", "acme/tools/gcc/5.4.0", "installed.json goes first");
	is_tool("acme", "gcc-9.0.0", "other/tools/gcc/9.0.0", "the others keep their own keys");

	struct platforms *ps = open_all();
	struct strv compilers = STRV_INIT;
	strv_push(&compilers, "gcc 5.4.0");
	strv_push(&compilers, "clang 14");
	char *line = platform_describe(ps, platforms_find(ps, "acme", "avr", NULL), &compilers);
	ok(strstr(line, "in ~/.arduino15 (gcc 5.4.0, clang 14); ignoring"),
		"the compilers are told: %s", line);
	free(line);
	strv_release(&compilers);
	platforms_free(ps);

	put("home/.arduino15/packages/acme/hardware/avr/1.10/installed.json", "{\"packages\": [");
	is_tool("acme", "gcc", "other/tools/gcc/9.0.0", "a broken one is passed over");
}

int main(void)
{
	unsetenv("ARDUINO_DIRECTORIES_USER");
	unsetenv("ARDUINO_DIRECTORIES_DATA");
	unsetenv("ARDUINO_CONFIG_FILE");
	set_below("HOME", "home");
	set_below("BOARDMAN_SYSTEM_HARDWARE", "system");
	test_dirs();
	test_versions();
	make_platforms();
	test_order();
	test_given();
	test_tools();
	return done_testing();
}
