/* sketch_yaml: reads a sketch project file. Keys that are not ours are passed over; of the profiles
 * only the default one counts. It judges no version and no board: that is for those who have to
 * find them.
 */
#include "sketch/source.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/yaml_file.h"

#define MAX_BYTES (1u << 20)
#define MAX_DEPTH 16
#define MAX_PINS 1000

/* One file being read. */
struct reader {
	yaml_document_t doc;
	const char *dir, *name;
	struct error *err;
};

static int bad(const struct reader *r, const yaml_node_t *at, const char *what)
{
	return error_set(r->err, "%s:%zu: %s", r->name, at->start_mark.line + 1, what);
}

static bool is_text(const yaml_node_t *n)
{
	return n && n->type == YAML_SCALAR_NODE &&
	       !memchr(n->data.scalar.value, '\0', n->data.scalar.length);
}

/* The text under `key`, when there is one, into *out. An empty one and null count as none. */
static int read_text(struct reader *r, const yaml_node_t *map, const char *key, char **out)
{
	const yaml_node_t *n = yaml_file_get(&r->doc, map, key);
	if (!n)
		return 0;
	if (!is_text(n)) {
		char *what = xasprintf("'%s' has to be a text", key);
		bad(r, n, what);
		free(what);
		return -1;
	}
	const char *text = yaml_file_text(n);
	bool plain = n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (*text && !(plain && (strcmp(text, "null") == 0 || strcmp(text, "~") == 0)))
		*out = xstrdup(text);
	return 0;
}

/* "NAME (VERSION)" gives "NAME VERSION", "NAME" itself. NULL for anything else. */
static char *read_pin(const char *text)
{
	const char *open = strstr(text, " (");
	size_t len = strlen(text);
	size_t name = open ? (size_t)(open - text) : len;
	if (!name ||
		strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_ :") <
			name)
		return NULL;
	if (!open)
		return xstrdup(text);
	const char *version = open + 2;
	if (text[len - 1] != ')' || version[0] == ')' || strcspn(version, " ()") != len - name - 3)
		return NULL;
	return xasprintf("%.*s %.*s", (int)name, text, (int)(len - name - 3), version);
}

static int push_pin(struct reader *r, const yaml_node_t *n, struct strv *out)
{
	char *pin = is_text(n) ? read_pin(yaml_file_text(n)) : NULL;
	if (!pin)
		return bad(r, n, "not of the form 'NAME (VERSION)'");
	strv_push_take(out, pin);
	return 0;
}

static int push_platform(struct reader *r, const yaml_node_t *n, struct sketch_yaml *y)
{
	const yaml_node_t *platform = yaml_file_get(&r->doc, n, "platform");
	if (!platform)
		return bad(r, n, "a platform needs the key 'platform'");
	if (push_pin(r, platform, &y->platform_pins) < 0)
		return -1;
	if (!strchr(y->platform_pins.v[y->platform_pins.n - 1], ':'))
		return bad(r, platform, "not of the form 'VENDOR:ARCH (VERSION)'");
	return 0;
}

/* "NAME (VERSION)", {dependency: "NAME (VERSION)"} or {dir: PATH}, which is relative to the
 * sketch. */
static int push_library(struct reader *r, const yaml_node_t *n, struct sketch_yaml *y)
{
	const yaml_node_t *dir = yaml_file_get(&r->doc, n, "dir");
	const yaml_node_t *dependency = yaml_file_get(&r->doc, n, "dependency");
	if (!dir)
		return push_pin(r, dependency ? dependency : n, &y->library_pins);
	if (!is_text(dir) || !*yaml_file_text(dir))
		return bad(r, dir, "'dir' has to be a path");
	char *path = path_join(r->dir, yaml_file_text(dir));
	strv_push_take(&y->library_dirs, path_absolute(path));
	free(path);
	return 0;
}

static int each(struct reader *r, const yaml_node_t *map, const char *key,
	int (*push)(struct reader *, const yaml_node_t *, struct sketch_yaml *),
	struct sketch_yaml *y)
{
	const yaml_node_t *list = yaml_file_get(&r->doc, map, key), *n;
	bool none = list && list->type == YAML_SCALAR_NODE && !*yaml_file_text(list);
	if (!list || none)
		return 0;
	if (list->type != YAML_SEQUENCE_NODE)
		return bad(r, list, "this has to be a list");
	for (size_t i = 0; (n = yaml_file_item(&r->doc, list, i)); i++) {
		if (i == MAX_PINS)
			return bad(r, n, "too many entries");
		if (push(r, n, y) < 0)
			return -1;
	}
	return 0;
}

static int read_profile(struct reader *r, const yaml_node_t *root, struct sketch_yaml *y)
{
	const yaml_node_t *profiles = yaml_file_get(&r->doc, root, "profiles");
	const yaml_node_t *profile = yaml_file_get(&r->doc, profiles, y->profile);
	if (!profile)
		return error_set(r->err, "%s: default_profile '%s' is not among the profiles",
			r->name, y->profile);
	if (profile->type != YAML_MAPPING_NODE)
		return bad(r, profile, "a profile has to be a mapping");
	if (read_text(r, profile, "fqbn", &y->profile_fqbn) < 0)
		return -1;
	if (each(r, profile, "platforms", push_platform, y) < 0)
		return -1;
	return each(r, profile, "libraries", push_library, y);
}

static int read_root(struct reader *r, struct sketch_yaml *y)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	/* Nothing but comments. */
	if (!root || (root->type == YAML_SCALAR_NODE && !*yaml_file_text(root)))
		return 0;
	if (root->type != YAML_MAPPING_NODE)
		return bad(r, root, "the file has to be a mapping");
	if (read_text(r, root, "default_fqbn", &y->default_fqbn) < 0 ||
		read_text(r, root, "default_profile", &y->profile) < 0)
		return -1;
	return y->profile ? read_profile(r, root, y) : 0;
}

static int parse_error(const yaml_parser_t *p, const char *name, struct error *err)
{
	return error_set(err, "%s:%zu: %s", name, p->problem_mark.line + 1,
		p->problem ? p->problem : "not YAML");
}

/* Goes through the first document once without keeping anything: what nests too deeply is never
 * loaded. */
static int check_depth(const char *text, size_t len, const char *name, struct error *err)
{
	yaml_parser_t p;
	yaml_event_t e;
	int depth = 0, rc = 0;
	bool more = true;
	if (!yaml_parser_initialize(&p))
		return error_set(err, "%s: no memory to read it", name);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	while (more && rc == 0) {
		if (!yaml_parser_parse(&p, &e)) {
			rc = parse_error(&p, name, err);
			break;
		}
		depth += e.type == YAML_MAPPING_START_EVENT || e.type == YAML_SEQUENCE_START_EVENT;
		depth -= e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
		more = e.type != YAML_STREAM_END_EVENT && e.type != YAML_DOCUMENT_END_EVENT;
		if (depth > MAX_DEPTH)
			rc = error_set(err, "%s:%zu: nested deeper than %d levels", name,
				e.start_mark.line + 1, MAX_DEPTH);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return rc;
}

static int load(struct reader *r, const char *text, size_t len)
{
	yaml_parser_t p;
	if (!yaml_parser_initialize(&p))
		return error_set(r->err, "%s: no memory to read it", r->name);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	int rc = yaml_parser_load(&p, &r->doc) ? 0 : parse_error(&p, r->name, r->err);
	yaml_parser_delete(&p);
	return rc;
}

int sketch_yaml_parse(struct sketch_yaml *y, const char *text, size_t len, const char *dir,
	const char *name, struct error *err)
{
	struct reader r = {.dir = dir, .name = name, .err = err};
	struct sketch_yaml made = {0};
	if (len > MAX_BYTES)
		return error_set(err, "%s: larger than %u bytes", name, MAX_BYTES);
	if (check_depth(text, len, name, err) < 0 || load(&r, text, len) < 0)
		return -1;
	int rc = read_root(&r, &made);
	yaml_document_delete(&r.doc);
	if (rc < 0) {
		sketch_yaml_release(&made);
		return -1;
	}
	*y = made;
	return 0;
}

int sketch_yaml_load(struct sketch_yaml *y, const char *dir, struct error *err)
{
	struct buf text = BUF_INIT;
	char *path = path_join(dir, "sketch.yaml");
	int rc = 0;
	if (!fs_exists(path)) {
		free(path);
		path = path_join(dir, "sketch.yml");
	}
	if (!fs_exists(path))
		*y = (struct sketch_yaml){0};
	else if ((rc = fs_read(path, MAX_BYTES, &text, err)) == 0)
		rc = sketch_yaml_parse(y, buf_str(&text), text.len, dir, path, err);
	buf_release(&text);
	free(path);
	return rc;
}

void sketch_yaml_release(struct sketch_yaml *y)
{
	free(y->default_fqbn);
	free(y->profile);
	free(y->profile_fqbn);
	strv_release(&y->platform_pins);
	strv_release(&y->library_pins);
	strv_release(&y->library_dirs);
	*y = (struct sketch_yaml){0};
}
