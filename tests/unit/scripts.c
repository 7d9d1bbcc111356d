/* What the boss has a machine's shell do: run by this machine's sh, and by dash and busybox where they are; what it says is read, and judged. */
#include "boss/link/scripts.h"

#include <stdint.h>
#include "boss/link/conn.h"
#include "git/push.h"
#include "unit/store_util.h"

static const char *shell;

/* stdout of the script. */
static char *run(const struct buf *script)
{
	struct buf command = BUF_INIT, out = BUF_INIT;
	char chunk[4096];
	buf_addf(&command, "%s -c ", shell);
	shell_quote(&command, buf_str(script));
	FILE *p = popen(buf_str(&command), "r");
	must(p != NULL, "popen");
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, p)) > 0;)
		buf_add(&out, chunk, n);
	pclose(p);
	buf_release(&command);
	return buf_detach(&out);
}

static void test_probe(void)
{
	struct buf script = BUF_INIT;
	struct facts f;
	struct error err = ERROR_INIT;
	script_probe(&script, "0123");
	char *out = run(&script);
	const char *mark = strstr(out, PUSH_MARK "\n");
	ok(mark == out, "%s: the mark comes first", shell);
	ok(facts_parse(&f, mark ? mark + strlen(PUSH_MARK) + 1 : "", &err) == 0,
		"its answer is understood");
	is_str(f.system, "Linux", "the system");
	ok(strlen(f.arch) > 2, "the architecture: %s", f.arch);
	ok(f.glibc[0] == '2' && f.glibc[1] == '.', "glibc: %s", f.glibc);
	ok(f.git[0] >= '1', "git: %s", f.git);
	ok(f.dir && !strncmp(f.dir, at("cache/boardman/"), strlen(at("cache/boardman/"))),
		"the directory: %s", f.dir ? f.dir : "none");
	ok(fs_is_dir(f.dir), "… which was made");
	ok(f.disk > 0, "the free disk");
	ok(!f.bundle, "no boardman is there");
	is_int(facts_check(&f, f.arch, "2.17", &err), 0, "it will do");
	facts_release(&f);
	free(out);
	buf_release(&script);
}

/* Both try whether the directory can be written to, and one removes what both have made. */
static void test_two_at_once(void)
{
	struct buf script = BUF_INIT;
	buf_addstr(&script, "touch() { command touch \"$1\"; command rm \"$1\"; }\n");
	script_probe(&script, "0123");
	char *out = run(&script);
	ok(!strstr(out, "unwritable"), "%s: another boss probes at the same time", shell);
	free(out);
	buf_release(&script);
}

static void test_nonsense(void)
{
	struct facts f;
	struct error err = ERROR_INIT;
	is_int(facts_parse(&f, "", &err), -1, "no answer");
	is_int(facts_parse(&f, "system Linux\narch x\nglibc 2.36\ngit git version 2\n", &err), -1,
		"an answer that is cut");
	is_int(facts_parse(&f, "done\n", &err), -1, "one without facts");
}

static void refuses(const char *facts, const char *why)
{
	struct facts f;
	struct error err = ERROR_INIT;
	must(facts_parse(&f, facts, &err) == 0, err.text);
	ok(facts_check(&f, "x86_64", "2.34", &err) == -1, "%s", why);
	ok(strstr(err.text, why) != NULL, "… is told: %s", err.text);
	ok(strstr(err.text, "cure: ") != NULL, "… with a cure");
	facts_release(&f);
}

#define GOOD "system Linux\narch x86_64\nglibc glibc 2.36\ngit git version 2.39.2\n"

static void test_judging(void)
{
	struct facts f;
	struct error err = ERROR_INIT;
	must(facts_parse(&f, GOOD "dir /d\ndisk 1000000\ndone\n", &err) == 0, err.text);
	is_int(facts_check(&f, "x86_64", "2.34", &err), 0, "an older need is met");
	is_int(facts_check(&f, "x86_64", "2.36", &err), 0, "so is an equal one");
	is_int(facts_check(&f, "x86_64", "2.4", &err), 0, "2.4 is older than 2.36");
	is_int(facts_check(&f, NULL, NULL, &err), 0,
		"with a boardman of its own nothing is needed");
	facts_release(&f);
	refuses("system Darwin\narch x86_64\nglibc \ngit git version 2\ndir /d\ndone\n", "Darwin");
	refuses("system Linux\narch aarch64\nglibc glibc 2.36\ngit git version 2\ndir /d\ndone\n",
		"other architecture: aarch64");
	refuses("system Linux\narch x86_64\nglibc glibc 2.31\ngit git version 2\ndir /d\ndone\n",
		"glibc 2.31 is older");
	refuses("system Linux\narch x86_64\nglibc \ngit git version 2\ndir /d\ndone\n",
		"glibc (none)");
	refuses("system Linux\narch x86_64\nglibc glibc 2.36\ngit \ndir /d\ndone\n", "no git");
	refuses(GOOD "done\n", "not ours");
	refuses(GOOD "unwritable /d\ndisk \ndone\n", "cannot write to '/d' there");
	refuses(GOOD "dir /d\ndisk 1000\ndone\n", "disk full");
}

static void test_receive(void)
{
	struct buf script = BUF_INIT;
	script_receive(&script, at("it's $(touch here)"));
	char *quoted = run(&script);
	ok(!strncmp(quoted, PUSH_MARK "\n", strlen(PUSH_MARK) + 1),
		"%s: receive begins with the mark", shell);
	ok(fs_is_dir(at("it's $(touch here)/git/objects")), "… and makes the repository it names");
	ok(!fs_exists("here"), "… running nothing of its name");
	free(quoted);
	buf_release(&script);
}

int main(void)
{
	static const char *const shells[] = {"sh", "bash", "busybox sh"};
	setenv("XDG_CACHE_HOME", at("cache"), 1);
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		char *check = xasprintf("%s -c : 2>/dev/null", shells[i]);
		shell = shells[i];
		if (system(check) == 0) {
			test_probe();
			test_two_at_once();
			test_receive();
		} else {
			diag("no %s here", shell);
		}
		free(check);
	}
	test_nonsense();
	test_judging();
	return done_testing();
}
