/* config: see config.h. One reader for all sections: a line is blank, a comment, [section], `key = value`, or in
 * [machines] a bare name. A '#' after white space begins a comment. What it does not know is an error, so that a
 * slip does not turn into silence.
 */
#include "cli/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "cli/nearest.h"
#include "cli/options.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

#define MAX_FILE (1u << 20)
#define NO_FILE "/dev/null" /* how one says that none is to be read */
#define MAX_MACHINES 10000

struct reader {
	struct config *config;
	struct options *options;
	char *section; /* NULL before the first */
	struct config_machine *machine; /* of [machine:NAME] */
};

void config_init(struct config *c)
{
	*c = (struct config){
		.max_load = 0.8,
		.min_disk = 1000ull << 20,
		.min_memory = 512ull << 20,
		.cache_max = 10ull << 30,
	};
}

void config_release(struct config *c)
{
	for (size_t i = 0; i < c->n_machines; i++) {
		free(c->machines[i].name);
		free(c->machines[i].target);
		free(c->machines[i].command);
		free(c->machines[i].boardman_path);
	}
	free(c->machines);
	free(c->path);
	config_init(c);
}

/* ---- machines ---- */

/* Names go into paths and command lines. */
static bool machine_name_ok(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len <= 64 && (isalnum((unsigned char)*name) || *name == '_') &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       len;
}

static struct config_machine *find_machine(struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_machines; i++)
		if (!strcmp(c->machines[i].name, name))
			return &c->machines[i];
	return NULL;
}

const struct config_machine *config_machine(const struct config *c, const char *name)
{
	return find_machine((struct config *)c, name);
}

static struct config_machine *get_machine(struct config *c, const char *name, struct error *err)
{
	struct config_machine *m = find_machine(c, name);
	if (m)
		return m;
	if (!machine_name_ok(name) || c->n_machines == MAX_MACHINES) {
		error_set(err,
			"'%s' cannot be a machine's name; cure: letters, digits, '_', '-', '.'",
			name);
		return NULL;
	}
	GROW(c->machines, c->n_machines, c->cap_machines);
	m = &c->machines[c->n_machines++];
	*m = (struct config_machine){.name = xstrdup(name), .max_sketches = -1};
	return m;
}

/* Nothing that ssh would take for an option, or a shell, which ssh may give it to in a ProxyCommand, for anything but a word. */
static bool target_ok(const char *target)
{
	return *target && *target != '-' && !strstr(target, "@-") &&
	       strspn(target,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+@:%[]") ==
		       strlen(target);
}

static int list_machine(struct reader *r, const char *name, const char *target, struct error *err)
{
	if (!strcmp(name, CONFIG_LOCAL))
		return error_set(err, "'%s' is this machine and is not listed; cure: [machine:%s]",
			name, name);
	struct config_machine *m = get_machine(r->config, name, err);
	if (!m || !target)
		return m ? 0 : -1;
	if (!target_ok(target))
		return error_set(err,
			"'%s' cannot be a machine's address; cure: user@host, or a Host of "
			"~/.ssh/config",
			target);
	free(m->target);
	m->target = xstrdup(target);
	return 0;
}

/* ---- keys ---- */

/* Of the options' values only paths begin so. New string. */
static char *expand_home(const char *value)
{
	const char *home = getenv("HOME");
	const char *at = *value == '@' ? "@" : "", *path = value + strlen(at);
	if (!home || path[0] != '~' || (path[1] && path[1] != '/'))
		return xstrdup(value);
	return xasprintf("%s%s%s", at, home, path + 1);
}

static int unknown_key(const char *section, const char *key, const char *near, struct error *err)
{
	if (near)
		return error_set(err, "unknown key '%s' in [%s]; cure: did you mean '%s'?", key,
			section, near);
	return error_set(err, "unknown key '%s' in [%s]; cure: see boardman.conf(5)", key, section);
}

static int set_default(struct reader *r, const char *key, const char *value, struct error *err)
{
	const char *names[256];
	size_t n, found = 0;
	const struct option_row *t = options_table(&n);
	const char *name = !strcmp(key, "boards") ? "board" : key;
	const struct option_row *row = options_find(name, strlen(name), VERB_COMPILE);
	if (row && !row->no_config) {
		char *expanded = expand_home(value);
		int ret = option_set_default(r->options, row, expanded, err);
		free(expanded);
		return ret;
	}
	for (size_t i = 0; i < n && found < ARRAY_LEN(names); i++)
		if ((t[i].verbs & VERB_COMPILE) && !t[i].no_config)
			names[found++] = t[i].name;
	return unknown_key("defaults", key, nearest(key, names, found), err);
}

static int set_limit(struct reader *r, const char *key, const char *value, struct error *err)
{
	struct config *c = r->config;
	static const char *const names[] = {"max_load", "min_disk", "min_memory", "cache_max"};
	unsigned long long *const sizes[] = {NULL, &c->min_disk, &c->min_memory, &c->cache_max};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(key, names[i]) != 0)
			continue;
		if (sizes[i])
			return parse_size(value, sizes[i], err);
		char *end;
		double load = strtod(value, &end);
		if (!*value || *end || !(load > 0 && load < 1e6))
			return error_set(err, "'%s' is no load; cure: a number as 0.8", value);
		c->max_load = load;
		return 0;
	}
	return unknown_key("limits", key, nearest(key, names, ARRAY_LEN(names)), err);
}

static int set_machine(struct reader *r, const char *key, const char *value, struct error *err)
{
	static const char *const names[] = {
		"max_sketches", "max_boards", "command", "boardman_path"};
	struct config_machine *m = r->machine;
	bool is_command = !strcmp(key, "command");
	if (is_command || !strcmp(key, "boardman_path")) {
		char **text = is_command ? &m->command : &m->boardman_path;
		if (!strcmp(m->name, CONFIG_LOCAL))
			return error_set(err, "[machine:%s] takes no %s", m->name, key);
		free(*text);
		*text = xstrdup(value);
		return 0;
	}
	if (strcmp(key, names[0]) != 0 && strcmp(key, names[1]) != 0)
		return unknown_key(r->section, key, nearest(key, names, ARRAY_LEN(names)), err);
	char *end;
	long n = strtol(value, &end, 10);
	if (!*value || *end || n < 0 || n > 65536)
		return error_set(err, "%s '%s' is not a whole number", key, value);
	m->max_sketches = n;
	return 0;
}

/* ---- lines ---- */

static char *trim(char *s)
{
	s += strspn(s, " \t");
	size_t len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

static void cut_comment(char *line)
{
	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || p[-1] == ' ' || p[-1] == '\t'))
			*p = '\0';
}

static int begin_section(struct reader *r, char *line, struct error *err)
{
	static const char *const known[] = {"defaults", "limits", "machines"};
	size_t len = strlen(line);
	if (line[len - 1] != ']')
		return error_set(err, "'%s' has no ']'", line);
	line[len - 1] = '\0';
	char *name = trim(line + 1);
	free(r->section);
	r->section = xstrdup(name);
	r->machine = NULL;
	if (!strncmp(name, "machine:", 8))
		return (r->machine = get_machine(r->config, trim(name + 8), err)) ? 0 : -1;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(name, known[i]))
			return 0;
	return error_set(err,
		"unknown section [%s]; cure: one of defaults, limits, machines, machine:NAME",
		name);
}

static int set_key(struct reader *r, const char *key, const char *value, struct error *err)
{
	if (!r->section)
		return error_set(err, "'%s' stands before any [section]", key);
	if (r->machine)
		return set_machine(r, key, value, err);
	if (!strcmp(r->section, "machines"))
		return list_machine(r, key, value, err);
	if (!strcmp(r->section, "limits"))
		return set_limit(r, key, value, err);
	return set_default(r, key, value, err);
}

static int read_line(struct reader *r, char *line, struct error *err)
{
	cut_comment(line);
	line = trim(line);
	if (!*line)
		return 0;
	if (*line == '[')
		return begin_section(r, line, err);
	char *equals = strchr(line, '=');
	if (!equals) {
		if (r->section && !strcmp(r->section, "machines"))
			return list_machine(r, line, NULL, err);
		return error_set(err, "'%s' has no '='", line);
	}
	*equals = '\0';
	return set_key(r, trim(line), trim(equals + 1), err);
}

int config_parse(struct config *c, const char *text, size_t len, const char *name,
	struct options *o, struct error *err)
{
	struct reader r = {.config = c, .options = o};
	if (memchr(text, '\0', len))
		return error_set(err, "%s: there is a NUL byte in it", name);
	char *copy = xstrndup(text, len), *rest = copy;
	int ret = 0, number = 0;
	for (char *line; ret == 0 && (line = strsep(&rest, "\n"));) {
		number++;
		if ((ret = read_line(&r, line, err)) < 0)
			error_prefix(err, "%s:%d", name, number);
	}
	free(r.section);
	free(copy);
	return ret;
}

/* ---- the file ---- */

char *config_path(const char *given)
{
	const char *from = given ? given : getenv("BOARDMAN_CONFIG");
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (from && *from)
		return path_absolute(from);
	if (xdg && *xdg == '/')
		return xasprintf("%s/boardman/boardman.conf", xdg);
	return home && *home ? xasprintf("%s/.config/boardman/boardman.conf", home) : NULL;
}

int config_load(struct config *c, const char *given, struct options *o, struct error *err)
{
	struct buf text = BUF_INIT;
	const char *env = getenv("BOARDMAN_CONFIG");
	char *path = config_path(given);
	int ret = 0;
	if (!path || !strcmp(path, NO_FILE) || (!given && !(env && *env) && !fs_exists(path)))
		goto out;
	ret = fs_read(path, MAX_FILE, &text, err);
	if (ret == 0)
		ret = config_parse(c, buf_str(&text), text.len, path, o, err);
	free(c->path);
	c->path = xstrdup(path);
out:
	buf_release(&text);
	free(path);
	return ret;
}
