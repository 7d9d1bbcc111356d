/* sketch_yaml: what is read of a sketch project file, and what is refused. */
#include "sketch/source.h"

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "tap.h"

static int parse(struct sketch_yaml *y, const char *text, struct error *err)
{
	return sketch_yaml_parse(y, text, strlen(text), "/lab/Foo", "sketch.yaml", err);
}

static const char *first(const struct strv *sv)
{
	return sv->n == 1 ? sv->v[0] : NULL;
}

static void test_profile(void)
{
	static const char text[] = "profiles:\n"
				   "  nano:\n"
				   "    fqbn: arduino:avr:nano:cpu=atmega328\n"
				   "    notes: [what, ever]\n"
				   "    platforms:\n"
				   "      - platform: arduino:avr (1.8.4)\n"
				   "        platform_index_url: https://example.com/x.json\n"
				   "    libraries:\n"
				   "      - FastLED (3.9.0)\n"
				   "      - dir: ../My Lib\n"
				   "      - dir: /opt/lib\n"
				   "      - dependency: Adafruit BusIO (1.14.1)\n"
				   "  other:\n"
				   "    fqbn: a:b:c\n"
				   "    libraries: [Nothing (1)]\n"
				   "default_fqbn: arduino:avr:uno\n"
				   "default_profile: nano\n"
				   "default_port: /dev/ttyACM0\n"
				   "unknown: {deep: [1, 2]}\n";
	struct sketch_yaml y = {0};
	struct error err = ERROR_INIT;
	ok(parse(&y, text, &err) == 0, "a full file is read");
	is_str(y.default_fqbn, "arduino:avr:uno", "default_fqbn");
	is_str(y.profile, "nano", "the default profile");
	is_str(y.profile_fqbn, "arduino:avr:nano:cpu=atmega328", "its board");
	is_str(first(&y.platform_pins), "arduino:avr 1.8.4", "its platform");
	is_int((long long)y.library_pins.n, 2, "two libraries by version");
	is_str(y.library_pins.v[0], "FastLED 3.9.0", "one by name");
	is_str(y.library_pins.v[1], "Adafruit BusIO 1.14.1", "one as a dependency");
	is_int((long long)y.library_dirs.n, 2, "two by directory");
	is_str(y.library_dirs.v[0], "/lab/My Lib", "one relative to the sketch");
	is_str(y.library_dirs.v[1], "/opt/lib", "one absolute");
	sketch_yaml_release(&y);
}

static void test_little(void)
{
	struct sketch_yaml y = {0};
	struct error err = ERROR_INIT;
	static const char *const empty[] = {"", "\n", "# nothing\n", "---\n", "other: 1\n", "{}",
		"default_fqbn:\n", "default_fqbn: null\n", "default_fqbn: ~\n",
		"profiles: {a: {fqbn: x}}\n"};
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		ok(parse(&y, empty[i], &err) == 0 && !y.default_fqbn && !y.profile &&
				!y.profile_fqbn,
			"nothing for us in case %zu", i);
		sketch_yaml_release(&y);
	}
	ok(parse(&y, "default_fqbn: 'null'\n---\ndefault_fqbn: second\n", &err) == 0,
		"two documents");
	is_str(y.default_fqbn, "null", "the first counts, and a quoted null is a text");
	sketch_yaml_release(&y);
	ok(parse(&y,
		   "default_profile: a\nprofiles: {a: {platforms: [{platform: x:y}], libraries: "
		   "}}\n",
		   &err) == 0,
		"no versions, no board, no libraries");
	is_str(first(&y.platform_pins), "x:y", "a platform of any version");
	ok(!y.profile_fqbn && !y.library_pins.n, "the rest is absent");
	sketch_yaml_release(&y);
	ok(parse(&y, "a: &x arduino:avr:uno\ndefault_fqbn: *x\n", &err) == 0, "an alias");
	is_str(y.default_fqbn, "arduino:avr:uno", "stands for its text");
	sketch_yaml_release(&y);
}

static void refuses(const char *text, const char *part)
{
	struct sketch_yaml y = {0};
	struct error err = ERROR_INIT;
	ok(parse(&y, text, &err) < 0, "refused: %s", part);
	ok(strncmp(err.text, "sketch.yaml:", 12) == 0 && strstr(err.text, part),
		"the error names it");
	if (!strstr(err.text, part))
		diag("%s", err.text);
	ok(!y.default_fqbn && !y.profile, "and nothing is given back");
	sketch_yaml_release(&y);
}

static void test_errors(void)
{
	refuses("a: b\n c: d\n", "sketch.yaml:2: ");
	refuses("default_fqbn: x\ndefault_profile: [a]\n",
		":2: 'default_profile' has to be a text");
	refuses("- a\n", ":1: the file has to be a mapping");
	refuses("default_profile: gone\nprofiles: {a: {}}\n", "'gone' is not among");
	refuses("default_profile: a\nprofiles:\n  a: text\n", ":3: a profile has to be a mapping");
	refuses("default_profile: a\nprofiles:\n  a:\n    platforms: x\n",
		":4: this has to be a list");
	refuses("default_profile: a\nprofiles:\n  a:\n    platforms:\n      - foo: x\n",
		":5: a platform needs");
	refuses("default_profile: a\nprofiles:\n  a:\n    platforms:\n      - platform: avr "
		"(1.0)\n",
		":5: not of the form 'VENDOR:ARCH");
	static const char *const libraries[] = {"Foo (", "Foo ()", "Foo (1.0", "(1.0)",
		"F/oo (1.0)", "Foo (1.0) x", "{bar: 1}", "[]", "''"};
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
		char *text = xasprintf(
			"default_profile: a\nprofiles:\n  a:\n    libraries:\n      - %s\n",
			libraries[i]);
		refuses(text, ":5: not of the form");
		free(text);
	}
	refuses("default_profile: a\nprofiles: {a: {libraries: [{dir: []}]}}\n",
		"'dir' has to be a path");
	refuses("x: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "deeper than 16");
	refuses("default_fqbn: \"a\\0b\"\n", "has to be a text");
	refuses("default_fqbn: *gone\n", "sketch.yaml:1: ");

	struct sketch_yaml y;
	struct error err = ERROR_INIT;
	char *big = xcalloc(1, (1 << 20) + 2);
	memset(big, '\n', (1 << 20) + 1);
	ok(sketch_yaml_parse(&y, big, (1 << 20) + 1, "/", "big", &err) < 0 &&
			strstr(err.text, "larger"),
		"more than 1 MiB is refused");
	free(big);
}

static void test_load(void)
{
	struct sketch_yaml y = {0};
	struct error err = ERROR_INIT;
	char *yml = path_join(test_tmpdir(), "sketch.yml"),
	     *yaml = path_join(test_tmpdir(), "sketch.yaml");
	ok(sketch_yaml_load(&y, test_tmpdir(), &err) == 0 && !y.default_fqbn,
		"no file is no error");
	fs_write(yml, "default_fqbn: yml\n", 18, &err);
	ok(sketch_yaml_load(&y, test_tmpdir(), &err) == 0, "sketch.yml is read");
	is_str(y.default_fqbn, "yml", "when it is the only one");
	sketch_yaml_release(&y);
	fs_write(yaml, "default_fqbn: yaml\n", 19, &err);
	ok(sketch_yaml_load(&y, test_tmpdir(), &err) == 0, "sketch.yaml is read");
	is_str(y.default_fqbn, "yaml", "before the other");
	sketch_yaml_release(&y);
	fs_write(yaml, "]", 1, &err);
	ok(sketch_yaml_load(&y, test_tmpdir(), &err) < 0 && strstr(err.text, yaml),
		"an error names the file");
	free(yml);
	free(yaml);
}

int main(void)
{
	test_profile();
	test_little();
	test_errors();
	test_load();
	return done_testing();
}
