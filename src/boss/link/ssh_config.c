/* ssh_config: see ssh_config.h. `ssh -G` answers with one line per option, "name value", names in small letters, files of known hosts
 * without quotes between blanks: such a file with a blank in its name can't be told. Most tokens (%h, ~, ${X}) are left for us to expand.
 */
#include "boss/link/ssh_config.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"

#define MAX_TARGET 255
#define DEFAULT_PORT "22"

static bool is_sane_word(const char *s, size_t len)
{
	if (!len || s[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr("._-:%+", s[i]))
			return false;
	}
	return true;
}

static const char *host_of(const char *target)
{
	const char *at = strrchr(target, '@');
	return at ? at + 1 : target;
}

bool ssh_target_is_sane(const char *target)
{
	const char *host = host_of(target);
	if (strlen(target) > MAX_TARGET || !is_sane_word(host, strlen(host)))
		return false;
	return host == target || is_sane_word(target, (size_t)(host - target - 1));
}

static void push_ssh(struct strv *argv, const char *config_file)
{
	strv_push(argv, "ssh");
	if (config_file) {
		strv_push(argv, "-F");
		strv_push(argv, config_file);
	}
}

void ssh_config_argv(struct strv *argv, const char *target, const char *config_file)
{
	push_ssh(argv, config_file);
	strv_push(argv, "-G");
	strv_push(argv, "--");
	strv_push(argv, target);
}

/* Tokens */

/* As ssh does, which doesn't ask $HOME. free() it. */
static char *home_of(const char *user)
{
	const struct passwd *pw = user ? getpwnam(user) : getpwuid(getuid());
	return pw ? xstrdup(pw->pw_dir) : NULL;
}

static void add_home(struct buf *out, const char *user)
{
	char *home = home_of(user);
	if (home)
		buf_addstr(out, home);
	free(home);
}

static void add_local_user(struct buf *out)
{
	const struct passwd *pw = getpwuid(getuid());
	if (pw)
		buf_addstr(out, pw->pw_name);
}

static void add_local_host(struct buf *out, bool is_short)
{
	char name[256] = "";
	gethostname(name, sizeof name - 1);
	buf_add(out, name, is_short ? strcspn(name, ".") : strlen(name));
}

static int add_token(const struct ssh_settings *s, char token, struct buf *out)
{
	switch (token) {
	case '%': buf_addch(out, '%'); return 0;
	case 'h': buf_addstr(out, s->hostname); return 0;
	case 'n': buf_addstr(out, s->host); return 0;
	case 'p': buf_addstr(out, s->port); return 0;
	case 'r': buf_addstr(out, s->user); return 0;
	case 'd': add_home(out, NULL); return 0;
	case 'u': add_local_user(out); return 0;
	case 'i': buf_addf(out, "%lu", (unsigned long)getuid()); return 0;
	case 'l': add_local_host(out, false); return 0;
	case 'L': add_local_host(out, true); return 0;
	case 'k': buf_addstr(out, s->key_name ? s->key_name : s->host); return 0;
	default: return -1;
	}
}

static int expand_tokens(
	const struct ssh_settings *s, const char *text, struct buf *out, struct error *err)
{
	for (; *text; text++) {
		if (*text != '%') {
			buf_addch(out, *text);
			continue;
		}
		text++;
		if (add_token(s, *text, out) < 0)
			return error_set(err,
				"the ssh configuration of '%s' uses '%%%.1s', which boardman does "
				"not know",
				s->host, text);
	}
	return 0;
}

/* "${NAME}" of the environment; an unset one is nothing. */
static void expand_environment(const char *text, struct buf *out)
{
	const char *end;
	while (*text) {
		if (text[0] == '$' && text[1] == '{' && (end = strchr(text, '}'))) {
			char *name = xstrndup(text + 2, (size_t)(end - text - 2));
			const char *value = getenv(name);
			buf_addstr(out, value ? value : "");
			free(name);
			text = end + 1;
		} else {
			buf_addch(out, *text++);
		}
	}
}

static const char *expand_tilde(const char *text, struct buf *out)
{
	if (text[0] != '~')
		return text;
	size_t len = strcspn(text, "/");
	char *user = len > 1 ? xstrndup(text + 1, len - 1) : NULL;
	add_home(out, user);
	free(user);
	return text + len;
}

/* A file's name; NULL and err. free() it. */
static char *expand_path(const struct ssh_settings *s, const char *text, struct error *err)
{
	struct buf plain = BUF_INIT, out = BUF_INIT;
	expand_environment(text, &plain);
	int ret = expand_tokens(s, expand_tilde(buf_str(&plain), &out), &out, err);
	buf_release(&plain);
	if (ret == 0)
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}

/* Options */

static bool is_none(const char *value)
{
	return !*value || strcasecmp(value, "none") == 0;
}

static int push_path(struct ssh_settings *s, struct strv *to, const char *value, struct error *err)
{
	if (is_none(value))
		return 0;
	char *path = expand_path(s, value, err);
	if (!path)
		return -1;
	strv_push_take(to, path);
	return 0;
}

static int add_identity(struct ssh_settings *s, const char *value, struct error *err)
{
	return push_path(s, &s->identities, value, err);
}

static int add_known_hosts(struct ssh_settings *s, const char *value, struct error *err)
{
	struct strv files = STRV_INIT;
	int ret = 0;
	strv_split(&files, value, " ");
	for (size_t i = 0; i < files.n && ret == 0; i++)
		ret = push_path(s, &s->known_hosts, files.v[i], err);
	strv_release(&files);
	return ret;
}

static int set_agent(struct ssh_settings *s, const char *value, struct error *err)
{
	const char *path = value;
	free(s->agent);
	s->agent = NULL;
	if (strcmp(value, "SSH_AUTH_SOCK") == 0)
		path = getenv("SSH_AUTH_SOCK");
	else if (value[0] == '$' && value[1] != '{')
		path = getenv(value + 1);
	if (!path || is_none(path))
		return 0;
	s->agent = expand_path(s, path, err);
	return s->agent ? 0 : -1;
}

static int set_proxy_command(struct ssh_settings *s, const char *value, struct error *err)
{
	struct buf out = BUF_INIT;
	if (is_none(value))
		return 0;
	int ret = expand_tokens(s, value, &out, err);
	if (ret == 0)
		s->proxy_command = buf_detach(&out);
	buf_release(&out);
	return ret;
}

static int refuse_fd_pass(struct ssh_settings *s, const char *value, struct error *err)
{
	if (strcmp(value, "yes") != 0)
		return 0;
	return error_set(err,
		"the ssh configuration of '%s' has ProxyUseFdpass, which boardman cannot do",
		s->host);
}

static int set_only(struct ssh_settings *s, const char *value, struct error *err)
{
	(void)err;
	s->identities_only = strcmp(value, "yes") == 0;
	return 0;
}

static int set_family(struct ssh_settings *s, const char *value, struct error *err)
{
	(void)err;
	s->family = strcmp(value, "inet") == 0	  ? AF_INET
		    : strcmp(value, "inet6") == 0 ? AF_INET6
						  : AF_UNSPEC;
	return 0;
}

/* With the other options known, since their values are tokens here. */
static const struct {
	const char *name;
	int (*set)(struct ssh_settings *s, const char *value, struct error *err);
} options[] = {
	{"addressfamily", set_family},
	{"globalknownhostsfile", add_known_hosts},
	{"identitiesonly", set_only},
	{"identityagent", set_agent},
	{"identityfile", add_identity},
	{"proxycommand", set_proxy_command},
	{"proxyusefdpass", refuse_fd_pass},
};

/* The first value of an option, free() it; NULL none. */
static char *value_of(const struct strv *lines, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < lines->n; i++) {
		if (strncmp(lines->v[i], name, len) == 0 && lines->v[i][len] == ' ')
			return xstrdup(lines->v[i] + len + 1);
	}
	return NULL;
}

static int apply_line(struct ssh_settings *s, char *line, struct error *err)
{
	char *value = strchr(line, ' ');
	if (!value)
		return 0;
	size_t len = (size_t)(value - line);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strlen(options[i].name) == len && strncmp(options[i].name, line, len) == 0)
			return options[i].set(s, value + 1, err);
	}
	return 0;
}

static void set_key_names(struct ssh_settings *s, const struct strv *lines)
{
	s->key_name = value_of(lines, "hostkeyalias");
	if (s->key_name && !is_none(s->key_name))
		return;
	free(s->key_name);
	char *name = xstrdup(s->hostname);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(s->port, DEFAULT_PORT) == 0) {
		s->key_name = name;
	} else {
		s->key_name = xasprintf("[%s]:%s", name, s->port);
		s->key_name_portless = name;
	}
}

/* `ssh -W` on the last host of "a,b,c", by way of the others. */
static void set_jump(struct ssh_settings *s, const char *jump, const char *config_file)
{
	struct strv *argv = &s->proxy_argv;
	const char *comma = strrchr(jump, ',');
	const char *last = comma ? comma + 1 : jump;
	push_ssh(argv, config_file);
	/* It asks nobody, forwards nothing, and notices a cut link by itself. */
	const char *fixed[] = {"-a", "-x", "-T", "-o", "BatchMode=yes", "-o",
		"ServerAliveInterval=3", "-o", "ServerAliveCountMax=2", "-o", "LogLevel=ERROR"};
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		strv_push(argv, fixed[i]);
	strv_push(argv, "-W");
	strv_pushf(argv, "[%s]:%s", s->hostname, s->port);
	if (comma) {
		strv_push(argv, "-J");
		strv_push_take(argv, xstrndup(jump, (size_t)(comma - jump)));
	}
	strv_push(argv, "--");
	/* So that its port is read as one. */
	strv_pushf(argv, "%s%s", strncmp(last, "ssh://", 6) == 0 ? "" : "ssh://", last);
}

static int parse(struct ssh_settings *s, const struct strv *lines, const char *config_file,
	struct error *err)
{
	s->hostname = value_of(lines, "hostname");
	s->port = value_of(lines, "port");
	s->user = value_of(lines, "user");
	if (!s->hostname || !s->port || !s->user)
		return error_set(err,
			"cannot read the answer of 'ssh -G %s': no host name, port or user in it",
			s->host);
	set_key_names(s, lines);
	/* The user's files come first, whatever the order of the lines. */
	char *files = value_of(lines, "userknownhostsfile");
	int ret = files ? add_known_hosts(s, files, err) : 0;
	free(files);
	for (size_t i = 0; i < lines->n && ret == 0; i++)
		ret = apply_line(s, lines->v[i], err);
	if (ret < 0)
		return ret;
	char *jump = value_of(lines, "proxyjump");
	if (jump && !is_none(jump))
		set_jump(s, jump, config_file);
	free(jump);
	return 0;
}

int ssh_settings_parse(struct ssh_settings *s, const char *target, const char *config_file,
	const char *answer, struct error *err)
{
	struct strv lines = STRV_INIT;
	struct ssh_settings new = {.host = xstrdup(host_of(target))};
	const char *agent = getenv("SSH_AUTH_SOCK");
	new.agent = agent &&*agent ? xstrdup(agent) : NULL;
	strv_split(&lines, answer, "\n");
	int ret = parse(&new, &lines, config_file, err);
	strv_release(&lines);
	if (ret < 0)
		ssh_settings_release(&new);
	else
		*s = new;
	return ret;
}

void ssh_settings_release(struct ssh_settings *s)
{
	free(s->host);
	free(s->hostname);
	free(s->port);
	free(s->user);
	free(s->key_name);
	free(s->key_name_portless);
	free(s->agent);
	free(s->proxy_command);
	strv_release(&s->known_hosts);
	strv_release(&s->identities);
	strv_release(&s->proxy_argv);
	*s = (struct ssh_settings){0};
}
