/* tools: the compilers and helpers under packages/<vendor>/tools, and which version a platform
 * gets.
 *
 * arduino-cli's order: the version its installed.json (or the package index) names; else by
 * vendor (the platform's own, its core's), then the newest, then the vendor's name. Those files
 * are read only where more than one version is there to choose from.
 */
#include "sketch/platform_internal.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/props.h"
#include "sketch/yaml_file.h"

enum { MAX_INDEX = 16 << 20, MAX_TOOLS = 2000 };

static void add_versions(
	struct platforms *ps, const char *vendor, const char *name, const char *dir)
{
	struct fs_list list = {0};

	if (fs_list(dir, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n && ps->n_tools < MAX_TOOLS; i++) {
		if (list.v[i].type != 'd' || list.v[i].name[0] == '.')
			continue;
		GROW(ps->tools, ps->n_tools, ps->cap_tools);
		ps->tools[ps->n_tools++] = (struct tool){
			.vendor = xstrdup(vendor),
			.name = xstrdup(name),
			.version = xstrdup(list.v[i].name),
			.dir = path_join(dir, list.v[i].name),
		};
	}
	fs_list_release(&list);
}

static void read_tools(struct platforms *ps)
{
	ps->tools_read = true;
	for (size_t i = 0; i < ps->tool_dirs.n; i++) {
		struct fs_list names = {0};
		struct error err = ERROR_INIT;

		if (fs_list(ps->tool_dirs.v[i], &names, &err) < 0)
			log_warning("%s; its tools are left out", err.text);
		for (size_t k = 0; k < names.n; k++) {
			char *dir = path_join(ps->tool_dirs.v[i], names.v[k].name);

			if (names.v[k].type == 'd' && names.v[k].name[0] != '.')
				add_versions(ps, ps->tool_vendors.v[i], names.v[k].name, dir);
			free(dir);
		}
		fs_list_release(&names);
	}
}

void tools_release(struct platforms *ps)
{
	for (size_t i = 0; i < ps->n_tools; i++) {
		free(ps->tools[i].vendor);
		free(ps->tools[i].name);
		free(ps->tools[i].version);
		free(ps->tools[i].dir);
	}
	free(ps->tools);
	strv_release(&ps->tool_vendors);
	strv_release(&ps->tool_dirs);
}

const struct tool *tools_owner(const struct platforms *ps, const char *file)
{
	for (size_t i = 0; i < ps->n_tools; i++) {
		if (path_beneath(file, ps->tools[i].dir))
			return &ps->tools[i];
	}
	return NULL;
}

/* Sets the key with the version, and with `plain` the one without. */
static void set_paths(struct props *out, const struct tool *t, bool plain)
{
	char *key = xasprintf("runtime.tools.%s-%s.path", t->name, t->version);

	props_set(out, key, t->dir);
	free(key);
	if (!plain)
		return;
	key = xasprintf("runtime.tools.%s.path", t->name);
	props_set(out, key, t->dir);
	free(key);
}

/* Tools that an index names for a platform. */
struct named {
	const struct tool **v;
	size_t n, cap;
};

static bool is_named(const struct named *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i]->name, name) == 0)
			return true;
	}
	return false;
}

static const struct tool *find_tool(
	const struct platforms *ps, const char *vendor, const char *name, const char *version)
{
	for (size_t i = 0; i < ps->n_tools; i++) {
		const struct tool *t = &ps->tools[i];

		if (!strcmp(t->vendor, vendor) && !strcmp(t->name, name) &&
			version_compare(t->version, version) == 0)
			return t;
	}
	return NULL;
}

static void add_named(const struct platforms *ps, yaml_document_t *doc, const yaml_node_t *deps,
	struct named *out)
{
	const yaml_node_t *dep;

	for (size_t i = 0; (dep = yaml_file_item(doc, deps, i)) && i < MAX_TOOLS; i++) {
		const struct tool *t =
			find_tool(ps, yaml_file_text(yaml_file_get(doc, dep, "packager")),
				yaml_file_text(yaml_file_get(doc, dep, "name")),
				yaml_file_text(yaml_file_get(doc, dep, "version")));

		if (!t)
			continue;
		GROW(out->v, out->n, out->cap);
		out->v[out->n++] = t;
	}
}

static bool is_text(
	yaml_document_t *doc, const yaml_node_t *node, const char *key, const char *want)
{
	return strcmp(yaml_file_text(yaml_file_get(doc, node, key)), want) == 0;
}

/* The "toolsDependencies" of platform `p` in an index, or NULL. */
static const yaml_node_t *dependencies(yaml_document_t *doc, const struct platform *p)
{
	const yaml_node_t *packages =
		yaml_file_get(doc, yaml_document_get_root_node(doc), "packages");
	const yaml_node_t *package, *release;

	for (size_t i = 0; (package = yaml_file_item(doc, packages, i)); i++) {
		const yaml_node_t *releases = yaml_file_get(doc, package, "platforms");

		if (!is_text(doc, package, "name", p->vendor))
			continue;
		for (size_t k = 0; (release = yaml_file_item(doc, releases, k)); k++) {
			if (is_text(doc, release, "architecture", p->arch) &&
				(is_text(doc, release, "version", p->version) ||
					is_text(doc, release, "version", path_base(p->dir))))
				return yaml_file_get(doc, release, "toolsDependencies");
		}
	}
	return NULL;
}

/* True when the index at `path` knows platform `p`. An unreadable one is warned about. */
static bool read_index(
	const struct platforms *ps, const char *path, const struct platform *p, struct named *out)
{
	struct error err = ERROR_INIT;
	const yaml_node_t *deps;
	yaml_document_t doc;

	if (!fs_exists(path))
		return false;
	if (yaml_file_load(&doc, path, MAX_INDEX, &err) < 0) {
		log_warning("%s; tools are chosen without it", err.text);
		return false;
	}
	deps = dependencies(&doc, p);
	if (deps)
		add_named(ps, &doc, deps, out);
	yaml_document_delete(&doc);
	return deps != NULL;
}

static int older_first(const void *a, const void *b)
{
	return version_compare((*(const struct tool *const *)a)->version,
		(*(const struct tool *const *)b)->version);
}

static void read_named(const struct platforms *ps, const struct platform *p, struct named *out)
{
	struct fs_list list = {0};
	char *path = path_join(p->dir, "installed.json");
	bool known = read_index(ps, path, p, out);

	free(path);
	if (!known && ps->data_dir && path_beneath(p->dir, ps->data_dir) &&
		fs_list(ps->data_dir, &list, NULL) == 0) {
		for (size_t i = 0; i < list.n && !known; i++) {
			if (fnmatch("package_*index.json", list.v[i].name, 0) != 0)
				continue;
			path = path_join(ps->data_dir, list.v[i].name);
			known = read_index(ps, path, p, out);
			free(path);
		}
		fs_list_release(&list);
	}
	/* a platform may name two versions of one tool: the newer one gets the plain key */
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, older_first);
}

static int rank(const struct tool *t, const struct platform *p, const struct platform *core)
{
	return strcmp(t->vendor, p->vendor) == 0 ? 2 : strcmp(t->vendor, core->vendor) == 0;
}

static bool is_better(const struct tool *a, const struct tool *b, const struct platform *p,
	const struct platform *core)
{
	int by_rank = rank(a, p, core) - rank(b, p, core);
	int by_version = version_compare(a->version, b->version);

	if (by_rank)
		return by_rank > 0;
	return by_version ? by_version > 0 : strcmp(a->vendor, b->vendor) < 0;
}

static bool is_best(const struct platforms *ps, const struct tool *t, const struct platform *p,
	const struct platform *core)
{
	for (size_t i = 0; i < ps->n_tools; i++) {
		if (!strcmp(ps->tools[i].name, t->name) && is_better(&ps->tools[i], t, p, core))
			return false;
	}
	return true;
}

static bool has_choice(const struct platforms *ps)
{
	for (size_t i = 0; i < ps->n_tools; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(ps->tools[i].name, ps->tools[k].name) == 0)
				return true;
		}
	}
	return false;
}

struct props *tools_props(
	struct platforms *ps, const struct platform *p, const struct platform *core)
{
	struct props *out = props_new();
	struct named named = {0};

	if (!ps->tools_read)
		read_tools(ps);
	if (has_choice(ps))
		read_named(ps, p, &named);
	for (size_t i = 0; i < ps->n_tools; i++)
		set_paths(out, &ps->tools[i], false);
	for (size_t i = 0; i < ps->n_tools; i++) {
		const struct tool *t = &ps->tools[i];

		if (!is_named(&named, t->name) && is_best(ps, t, p, core))
			set_paths(out, t, true);
	}
	for (size_t i = 0; i < named.n; i++)
		set_paths(out, named.v[i], true);
	free(named.v);
	return out;
}
