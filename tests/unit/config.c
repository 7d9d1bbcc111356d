/* config: what boardman.conf may say, and how errors are told. */
#include "tap.h"

#include "cli/config.h"
#include "cli/options.h"
#include "common/error.h"
#include "common/fs.h"

static struct config c;
static struct options o;

static const char *parse(const char *text)
{
	static struct error err;
	err = (struct error)ERROR_INIT;
	config_release(&c);
	options_release(&o);
	config_parse(&c, text, strlen(text), "f", &o, &err);
	return err.text;
}

static void whole(void)
{
	setenv("HOME", "/home/anna", 1);
	is_str(parse("# mine\n"
		     "[defaults]            # any long option\n"
		     "boards = @~/boards.txt\n"
		     "board=mega\n"
		     "keep = yes\n"
		     "warnings=all   # loud\r\n"
		     "library = ~/lib\n"
		     "build-property = a.b=c#d\n"
		     "\n"
		     "[limits]\n"
		     "max_load = 0.5\n"
		     "min_disk = 2G\n"
		     "cache_max = 5G\n"
		     "[machines]\n"
		     "ohau\n"
		     "moa = ci@build1.example.com\n"
		     "[machine:moa]\n"
		     "max_boards = 8\n"
		     "command = kubectl exec -i build-0 --      # instead of SSH\n"
		     "[machine:local]\n"
		     "max_sketches = 2"),
		"", "a whole file");
	is_int((long long)o.boards.n, 2, "boards and board are one list");
	is_str(o.boards.v[0], "@/home/anna/boards.txt", "@~/ is at home");
	is_str(o.library.v[0], "/home/anna/lib", "~/ too");
	is_str(o.build_property.v[0], "a.b=c#d", "a '#' inside a word stays");
	ok(o.keep && o.warnings == 3, "a flag and a choice");
	ok(c.max_load == 0.5 && c.min_disk == 2ull << 30 && c.cache_max == 5ull << 30, "limits");
	is_int((long long)c.min_memory, 512ll << 20, "what is not said keeps its default");
	is_int((long long)c.n_machines, 3, "three machines");
	is_str(config_machine(&c, "ohau")->target, NULL, "a bare name");
	is_str(config_machine(&c, "moa")->target, "ci@build1.example.com", "one with an address");
	is_str(config_machine(&c, "moa")->command, "kubectl exec -i build-0 --", "and a command");
	is_int(config_machine(&c, "moa")->max_sketches, 8, "max_boards is max_sketches");
	is_int(config_machine(&c, "local")->max_sketches, 2, "this machine");
	is_int(config_machine(&c, "ohau")->max_sketches, -1, "nothing said");
	ok(!config_machine(&c, "nobody"), "no such machine");
}

static void errors(void)
{
	is_str(parse("[defaults]\nbaord = uno\n"),
		"f:2: unknown key 'baord' in [defaults]; cure: did you mean 'board'?", "a slip");
	is_str(parse("[defaults]\ndry-run = yes\n"),
		"f:2: unknown key 'dry-run' in [defaults]; cure: see boardman.conf(5)",
		"an option that is no default");
	is_str(parse("[defaults]\nkeep = perhaps\n"), "f:2: 'perhaps' is neither yes nor no",
		"a flag");
	is_str(parse("\n\njobs = 4\n"), "f:3: 'jobs' stands before any [section]", "no section");
	is_str(parse("[default]\n"),
		"f:1: unknown section [default]; cure: one of defaults, limits, machines, "
		"machine:NAME",
		"a section's slip");
	is_str(parse("[limits\n"), "f:1: '[limits' has no ']'", "half a section");
	is_str(parse("[limits]\nmax_load\n"), "f:2: 'max_load' has no '='", "half a line");
	is_str(parse("[limits]\nmax_load = -1\n"), "f:2: '-1' is no load; cure: a number as 0.8",
		"a load");
	is_str(parse("[limits]\ncache_max = lots\n"),
		"f:2: 'lots' is no amount; cure: a number, then one of KMGT", "an amount");
	ok(*parse("[limits]\ncachemax = 1G\n"), "a limit's slip");
	is_str(parse("[machines]\n-oProxyCommand=x\n"),
		"f:2: '-oProxyCommand' cannot be a machine's name; cure: letters, digits, '_', "
		"'-', '.'",
		"a name that is an option");
	ok(*parse("[machines]\na/b\n"), "a name with a slash");
	ok(*parse("[machines]\nm = -oProxyCommand=x\n"), "an address that is an option");
	ok(*parse("[machines]\nm = user@-x\n"), "a host that is one");
	ok(*parse("[machines]\nm = u@-oProxyCommand=x\n"), "… behind a user's name");
	ok(*parse("[machines]\nm = $(touch x)\n"), "an address that a shell would run");
	ok(*parse("[machines]\nm = a;x\n"), "… a part of it");
	ok(*parse("[machines]\nm = a/../b\n"), "an address with a slash");
	ok(!*parse("[machines]\nm = u@fe80::1%eth0\nn = [::1]\n"), "IPv6 is an address");
	ok(*parse("[machines]\nm = a b\n"), "an address of two words");
	is_str(parse("[machines]\nlocal\n"),
		"f:2: 'local' is this machine and is not listed; cure: [machine:local]", "local");
	ok(*parse("[machine:local]\ncommand = sh\n"), "local takes no command");
	ok(*parse("[machine:m]\nmax_sketches = -2\n"), "a negative number");
	ok(*parse("[machine:m]\nspeed = 2\n"), "a machine's slip");
	ok(*parse("[machine:]\n"), "a machine without a name");
}

static void files(void)
{
	struct error err = ERROR_INIT;
	char *dir = test_tmpdir(), *path = path_join(dir, "boardman/boardman.conf");
	char *folder = path_join(dir, "boardman");
	unsetenv("BOARDMAN_CONFIG");
	setenv("XDG_CONFIG_HOME", dir, 1);
	config_release(&c);
	is_int(config_load(&c, NULL, &o, &err), 0, "no file is fine");
	ok(!c.path, "and told so");
	char *found = config_path(NULL);
	is_str(found, path, "where it would be");
	free(found);
	is_int(config_load(&c, path, &o, &err), -1, "one that is named must be there");
	fs_mkdirs(folder, &err);
	fs_write(path, "[limits]\ncache_max = 1G\n", 24, &err);
	is_int(config_load(&c, NULL, &o, &err), 0, "it is read");
	ok(c.cache_max == 1ull << 30, "and counts");
	is_str(c.path, path, "from there");
	fs_write(path, "[limits]\n\n!\n", 12, &err);
	is_int(config_load(&c, NULL, &o, &err), -1, "an error in it");
	size_t len = strlen(path);
	ok(!strncmp(err.text, path, len) && !strncmp(err.text + len, ":3: ", 4),
		"has file and line");
	setenv("BOARDMAN_CONFIG", "/nowhere/x", 1);
	is_int(config_load(&c, NULL, &o, &err), -1, "$BOARDMAN_CONFIG must be there too");
	setenv("BOARDMAN_CONFIG", "/dev/null", 1);
	config_release(&c);
	is_int(config_load(&c, NULL, &o, &err), 0, "$BOARDMAN_CONFIG=/dev/null is an empty one");
	ok(!c.path, "which is none");
	is_int(config_load(&c, "/dev/null", &o, &err), 0, "--config /dev/null, too");
	unsetenv("BOARDMAN_CONFIG");
	unsetenv("XDG_CONFIG_HOME");
	found = config_path(NULL);
	is_str(found, "/home/anna/.config/boardman/boardman.conf", "without XDG: at home");
	free(found);
	is_int(config_parse(&c, "[limits]\0x", 10, "f", &o, &err), -1, "a NUL byte is refused");
	free(path);
	free(folder);
}

int main(void)
{
	config_init(&c);
	options_init(&o);
	whole();
	errors();
	files();
	config_release(&c);
	options_release(&o);
	return done_testing();
}
