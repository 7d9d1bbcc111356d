/* Tests of boss/link/ssh_config: answers of `ssh -G`, read. */
#include "boss/link/ssh_config.h"

#include <pwd.h>
#include <sys/socket.h>

#include "common/error.h"
#include "tap.h"

static struct ssh_settings s;
static struct error err;

static int parse(const char *target, const char *answer)
{
	ssh_settings_release(&s);
	err = (struct error)ERROR_INIT;
	return ssh_settings_parse(&s, target, "/etc/c", answer, &err);
}

static char *joined(const struct strv *sv)
{
	static char text[1000];
	text[0] = '\0';
	for (size_t i = 0; i < sv->n; i++) {
		strcat(text, i ? "|" : "");
		strcat(text, sv->v[i]);
	}
	return text;
}

static void test_plain(void)
{
	ok(parse("bob@ohau", "host ohau\nuser bob\nhostname Ohau.Lab\nport 22\n") == 0,
		"the least there is: %s", err.text);
	is_str(s.host, "ohau", "the host without its user");
	is_str(s.key_name, "ohau.lab", "known hosts are in small letters");
	is_str(s.key_name_portless, NULL, "and have no second name on the usual port");
	ok(!s.agent && !s.proxy_command && !s.proxy_argv.n && !s.identities_only &&
			s.family == AF_UNSPEC,
		"nothing else");
	parse("ohau", "user bob\nhostname h\nport 2200\naddressfamily inet6\nidentitiesonly yes\n");
	is_str(s.key_name, "[h]:2200", "the name with another port");
	is_str(s.key_name_portless, "h", "and without");
	ok(s.family == AF_INET6 && s.identities_only, "family, identities only");
	parse("ohau", "user bob\nhostname h\nport 2200\nhostkeyalias x\n");
	is_str(s.key_name, "x", "an alias takes no port");
	is_str(s.key_name_portless, NULL, "and no second name");
	ok(parse("ohau", "garbage\n") < 0 && err.text[0], "no answer: %s", err.text);
}

static void test_files(void)
{
	const char *home = getpwuid(getuid())->pw_dir;
	char want[5000];
	setenv("XX", "yy", 1);
	parse("ohau", "user bob\nhostname h\nport 22\nidentityfile ~/.ssh/%r@%h:%p%%\nidentityfile "
		      "none\nidentityfile /a b/${XX}%n\n"
		      "globalknownhostsfile /g1 /g2\nuserknownhostsfile /u1 none /u2\n");
	snprintf(want, sizeof want, "%s/.ssh/bob@h:22%%|/a b/yyohau", home);
	is_str(joined(&s.identities), want, "key files, expanded");
	is_str(joined(&s.known_hosts), "/u1|/u2|/g1|/g2", "files of known hosts, the user's first");
	ok(parse("ohau", "user bob\nhostname h\nport 22\nidentityfile %Z\n") < 0 &&
			strstr(err.text, "%Z"),
		"a token that is not known: %s", err.text);
	ok(parse("ohau", "user bob\nhostname h\nport 22\nidentityfile x%\n") < 0, "half a token");
}

static void test_agent(void)
{
	unsetenv("SSH_AUTH_SOCK");
	setenv("OTHER", "/o", 1);
	parse("m", "user u\nhostname h\nport 22\nidentityagent $OTHER\n");
	is_str(s.agent, "/o", "another variable names the agent");
	setenv("SSH_AUTH_SOCK", "/s", 1);
	parse("m", "user u\nhostname h\nport 22\n");
	is_str(s.agent, "/s", "the agent of the environment");
	parse("m", "user u\nhostname h\nport 22\nidentityagent none\n");
	is_str(s.agent, NULL, "none at all");
	parse("m", "user u\nhostname h\nport 22\nidentityagent /a/%u\n");
	ok(s.agent && !strncmp(s.agent, "/a/", 3) && s.agent[3] != '%', "a path");
}

static void test_proxies(void)
{
	parse("m", "user u\nhostname h\nport 2200\nproxycommand nc %h %p '%%'\n");
	is_str(s.proxy_command, "nc h 2200 '%'", "a proxy command");
	parse("m", "user u\nhostname h\nport 22\nproxycommand none\n");
	is_str(s.proxy_command, NULL, "none");
	parse("m", "user u\nhostname h\nport 22\nproxyjump a,bob@b:23\n");
	const char *argv = joined(&s.proxy_argv);
	ok(!strncmp(argv, "ssh|-F|/etc/c|", 14) &&
			strstr(argv, "|-W|[h]:22|-J|a|--|ssh://bob@b:23") &&
			strstr(argv, "BatchMode=yes"),
		"jump hosts: %s", argv);
	ok(parse("m", "user u\nhostname h\nport 22\nproxyusefdpass yes\n") < 0,
		"what can't be done: %s", err.text);
}

static void test_argv(void)
{
	struct strv argv = STRV_INIT;
	ssh_config_argv(&argv, "a@b", NULL);
	is_str(joined(&argv), "ssh|-G|--|a@b", "the question");
	strv_clear(&argv);
	ssh_config_argv(&argv, "a@b", "/c");
	is_str(joined(&argv), "ssh|-F|/c|-G|--|a@b", "with another configuration");
	strv_release(&argv);
}

int main(void)
{
	unsetenv("SSH_AUTH_SOCK");
	test_plain();
	test_files();
	test_agent();
	test_proxies();
	test_argv();
	ssh_settings_release(&s);
	return done_testing();
}
