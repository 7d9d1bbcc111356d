/* platform: finds the installed platforms and reads those that are asked for.
 *
 * Opening lists directories only, three levels deep; property files are read when a platform is
 * first needed. Both layouts are known: vendor/arch (sketchbook, Debian) and
 * vendor/hardware/arch/version (packages). Hidden directories and "tools" are no platforms.
 */
#include "sketch/platform.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

enum { MAX_FOUND = 4096, MAX_BOARDS_TXT = 8 << 20 };

static struct found *winner_of(const struct platforms *ps, const char *vendor, const char *arch)
{
	for (size_t i = 0; i < ps->n; i++) {
		struct found *f = &ps->v[i];

		if (f->winner && !strcmp(f->platform.vendor, vendor) &&
			!strcmp(f->platform.arch, arch))
			return f;
	}
	return NULL;
}

/* Takes `dir`. */
static void add_found(struct platforms *ps, const char *place, const char *vendor, const char *arch,
	char *dir, const char *version)
{
	bool winner = !winner_of(ps, vendor, arch);

	if (ps->n == MAX_FOUND) {
		free(dir);
		return;
	}
	GROW(ps->v, ps->n, ps->cap);
	ps->v[ps->n++] = (struct found){
		.platform = {.vendor = xstrdup(vendor), .arch = xstrdup(arch), .dir = dir},
		.folder_version = version ? xstrdup(version) : NULL,
		.place = xstrdup(place),
		.winner = winner,
	};
}

static bool has_file(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	bool yes = fs_is_file(path);

	free(path);
	return yes;
}

/* Subdirectories of `dir` in bytewise order, without hidden ones and "tools". An unreadable
 * directory is warned about. */
static void list_dirs(const char *dir, struct strv *out)
{
	struct fs_list list = {0};
	struct error err = ERROR_INIT;

	if (fs_list(dir, &list, &err) < 0) {
		log_warning("%s; its platforms are left out", err.text);
		return;
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct fs_entry *e = &list.v[i];

		if (e->type == 'd' && e->name[0] != '.' && strcmp(e->name, "tools") != 0)
			strv_push(out, e->name);
	}
	fs_list_release(&list);
}

static int newest_first(const void *a, const void *b)
{
	return version_compare(*(char *const *)b, *(char *const *)a);
}

/* `dir` is an architecture's: it holds boards.txt, or a directory per version. */
static void scan_arch(struct platforms *ps, const char *place, const char *vendor, const char *arch,
	const char *dir)
{
	struct strv versions = STRV_INIT;

	if (has_file(dir, "boards.txt")) {
		add_found(ps, place, vendor, arch, xstrdup(dir), NULL);
		return;
	}
	list_dirs(dir, &versions);
	if (versions.n > 1)
		qsort(versions.v, versions.n, sizeof *versions.v, newest_first);
	for (size_t i = 0; i < versions.n; i++) {
		char *path = path_join(dir, versions.v[i]);

		if (has_file(path, "boards.txt"))
			add_found(ps, place, vendor, arch, path, versions.v[i]);
		else
			free(path);
	}
	strv_release(&versions);
}

static void scan_vendor(
	struct platforms *ps, const char *place, const char *vendor, const char *dir)
{
	char *hardware = path_join(dir, "hardware");
	char *tools = path_join(dir, "tools");
	const char *parent = fs_is_dir(hardware) ? hardware : dir;
	struct strv archs = STRV_INIT;

	if (fs_is_dir(tools)) {
		strv_push(&ps->tool_vendors, vendor);
		strv_push(&ps->tool_dirs, tools);
	}
	list_dirs(parent, &archs);
	for (size_t i = 0; i < archs.n; i++) {
		char *path = path_join(parent, archs.v[i]);

		scan_arch(ps, place, vendor, archs.v[i], path);
		free(path);
	}
	strv_release(&archs);
	free(tools);
	free(hardware);
}

/* `dir` holds vendors; `place` is its name for the user. */
static void scan_place(struct platforms *ps, const char *dir, const char *place)
{
	struct strv vendors = STRV_INIT;

	if (!fs_is_dir(dir))
		return;
	if (has_file(dir, "platform.txt"))
		strv_push_take(&ps->global_files, path_join(dir, "platform.txt"));
	list_dirs(dir, &vendors);
	for (size_t i = 0; i < vendors.n; i++) {
		char *path = path_join(dir, vendors.v[i]);

		scan_vendor(ps, place, vendors.v[i], path);
		free(path);
	}
	strv_release(&vendors);
}

static void scan_below(struct platforms *ps, const char *dir, const char *below, bool name_whole)
{
	char *path = path_join(dir, below);

	scan_place(ps, path, name_whole ? path : dir);
	free(path);
}

struct platforms *platforms_open(const struct arduino_dirs *dirs, struct error *err)
{
	struct platforms *ps = xcalloc(1, sizeof *ps);

	for (size_t i = 0; i < dirs->platform_dirs.n; i++)
		scan_place(ps, dirs->platform_dirs.v[i], dirs->platform_dirs.v[i]);
	if (dirs->user_dir)
		scan_below(ps, dirs->user_dir, "hardware", true);
	if (dirs->data_dir)
		scan_below(ps, dirs->data_dir, "packages", false);
	if (dirs->system_hardware)
		scan_place(ps, dirs->system_hardware, dirs->system_hardware);
	ps->data_dir = dirs->data_dir ? xstrdup(dirs->data_dir) : NULL;
	ps->system_dir = dirs->system_hardware ? path_dir(dirs->system_hardware) : NULL;
	if (ps->n < MAX_FOUND)
		return ps;
	error_set(err, "more than %d platforms; cure: name fewer directories", MAX_FOUND - 1);
	platforms_free(ps);
	return NULL;
}

static void found_release(struct found *f)
{
	struct platform *p = &f->platform;

	free(p->vendor);
	free(p->arch);
	free(p->dir);
	free(p->version);
	free(p->name);
	props_free(p->props);
	props_free(p->boards);
	props_free(p->tools);
	free(f->folder_version);
	free(f->place);
}

void platforms_free(struct platforms *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < ps->n; i++)
		found_release(&ps->v[i]);
	free(ps->v);
	free(ps->data_dir);
	free(ps->system_dir);
	strv_release(&ps->global_files);
	props_free(ps->global);
	tools_release(ps);
	free(ps);
}

static int load_if_there(struct props *p, const char *dir, const char *name, struct error *err)
{
	char *path = path_join(dir, name);
	int rc = fs_exists(path) ? props_load(p, path, err) : 0;

	free(path);
	return rc;
}

/* Reads a platform's files once; afterwards only its error, if any, is told again. */
static struct platform *read_found(struct platforms *ps, struct found *f, struct error *err)
{
	struct platform *p = &f->platform;
	const char *version;

	if (!f->read) {
		f->read = true;
		p->props = props_new();
		p->boards = props_new();
		if (load_if_there(p->props, p->dir, "platform.txt", &f->error) < 0 ||
			load_if_there(p->props, p->dir, "platform.local.txt", &f->error) < 0 ||
			load_if_there(p->boards, p->dir, "boards.txt", &f->error) < 0 ||
			load_if_there(p->boards, p->dir, "boards.local.txt", &f->error) < 0)
			error_prefix(&f->error, "platform '%s:%s' is broken", p->vendor, p->arch);
		version = props_get(p->props, "version");
		if (!version)
			version = f->folder_version ? f->folder_version : "";
		p->version = props_expand(p->props, NULL, version, false);
		p->name = xstrdup(props_str(p->props, "name"));
		p->tools = tools_props(ps, p, p);
	}
	if (!*f->error.text)
		return p;
	error_set(err, "%s", f->error.text);
	return NULL;
}

static void installed_names(const struct platforms *ps, struct buf *out)
{
	for (size_t i = 0, told = 0; i < ps->n; i++) {
		const struct platform *p = &ps->v[i].platform;

		if (!ps->v[i].winner)
			continue;
		if (told == 12) {
			buf_addstr(out, ", …");
			return;
		}
		buf_addf(out, "%s%s:%s", told++ ? ", " : "", p->vendor, p->arch);
	}
	if (out->len == 0)
		buf_addstr(out, "none");
}

struct platform *platforms_find(
	struct platforms *ps, const char *vendor, const char *arch, struct error *err)
{
	struct found *f = winner_of(ps, vendor, arch);
	struct buf names = BUF_INIT;

	if (f)
		return read_found(ps, f, err);
	installed_names(ps, &names);
	error_set(err,
		"no platform '%s:%s'; installed: %s; cure: run 'arduino-cli core install %s:%s', "
		"or name its folder with --platforms",
		vendor, arch, buf_str(&names), vendor, arch);
	buf_release(&names);
	return NULL;
}

static struct found *winner_at(const struct platforms *ps, size_t i)
{
	for (size_t k = 0; k < ps->n; k++) {
		if (ps->v[k].winner && i-- == 0)
			return &ps->v[k];
	}
	return NULL;
}

size_t platforms_count(const struct platforms *ps)
{
	size_t n = 0;

	while (winner_at(ps, n))
		n++;
	return n;
}

struct platform *platforms_peek(struct platforms *ps, size_t i, bool read, struct error *err)
{
	struct found *f = winner_at(ps, i);

	return read ? read_found(ps, f, err) : &f->platform;
}

struct platform *platforms_at(struct platforms *ps, size_t i)
{
	for (size_t k = 0; k < ps->n; k++) {
		struct found *f = &ps->v[k];
		struct error err = ERROR_INIT;
		bool first_time = !f->read;
		struct platform *p;

		if (!f->winner)
			continue;
		p = read_found(ps, f, &err);
		if (p && i-- == 0)
			return p;
		if (!p && first_time)
			log_warning("%s", err.text);
	}
	return NULL;
}

static bool mentions(const char *dir, const char *name, const char *id)
{
	char *path = path_join(dir, name), *prefix = xasprintf("%s.", id);
	struct buf text = BUF_INIT;
	bool yes = fs_exists(path) && (fs_read(path, MAX_BOARDS_TXT, &text, NULL) < 0 ||
					      strstr(buf_str(&text), prefix));

	buf_release(&text);
	free(prefix);
	free(path);
	return yes;
}

bool platforms_may_have(const struct platforms *ps, size_t i, const char *id)
{
	const struct found *f = winner_at(ps, i);

	return f->read || mentions(f->platform.dir, "boards.txt", id) ||
	       mentions(f->platform.dir, "boards.local.txt", id);
}

const struct props *platforms_global(struct platforms *ps, struct error *err)
{
	struct props *p;

	if (ps->global)
		return ps->global;
	p = props_new();
	for (size_t i = 0; i < ps->global_files.n; i++) {
		if (props_load(p, ps->global_files.v[i], err) < 0) {
			props_free(p);
			return NULL;
		}
	}
	ps->global = p;
	return p;
}

const char *platforms_system_dir(const struct platforms *ps)
{
	return ps->system_dir ? ps->system_dir : "";
}
