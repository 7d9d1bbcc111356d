/* board_props: merges a board's build properties in arduino-cli's order. Per-sketch keys
 * (build.path and its like) and the user's own properties are not its business.
 */
#include "sketch/board_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

static char *upper(char *text)
{
	for (char *s = text; *s; s++)
		*s = (char)toupper((unsigned char)*s);
	return text;
}

/* The board's own properties with its options applied. New. */
static struct props *own_props(
	const struct board *b, const struct fqbn *f, bool menu_defaults, struct error *err)
{
	struct props *own = props_subtree(b->platform->boards, b->id);
	char *arch = upper(xstrdup(b->platform->arch));

	props_set(own, "_id", b->id);
	props_set(own, "build.fqbn", b->fqbn);
	props_set(own, "build.arch", arch);
	free(arch);
	if (menu_apply(own, f, menu_defaults, err) == 0)
		return own;
	props_free(own);
	return NULL;
}

/* "vendor:name" or "name" of build.core and build.variant. */
struct reference {
	char *vendor; /* NULL: the board's own platform */
	char *name;
};

static struct reference reference(const struct props *own, const char *key)
{
	char *text = props_expand(own, NULL, props_str(own, key), false);
	char *colon = strchr(text, ':');
	struct reference r = {.name = text};

	if (!colon)
		return r;
	r.vendor = xstrndup(text, (size_t)(colon - text));
	r.name = xstrndup(colon + 1, strcspn(colon + 1, ":"));
	free(text);
	return r;
}

static void reference_release(struct reference *r)
{
	free(r->vendor);
	free(r->name);
}

static struct platform *referenced(const struct board *b, struct platforms *ps,
	const struct reference *r, const char *what, struct error *err)
{
	struct platform *p;

	if (!r->vendor)
		return b->platform;
	p = platforms_find(ps, r->vendor, b->platform->arch, err);
	if (!p)
		error_prefix(err, "board '%s' takes its %s from another platform", b->fqbn, what);
	return p;
}

static void set_platform_paths(struct props *p, const struct board *b)
{
	char *hardware = path_dir(b->platform->dir);
	char *system = path_join(b->core_platform->dir, "system");

	props_set(p, "runtime.platform.path", b->platform->dir);
	props_set(p, "runtime.hardware.path", hardware);
	props_set(p, "build.board.platform.path", b->platform->dir);
	props_set(p, "build.core.platform.path", b->core_platform->dir);
	props_set(p, "build.core.path", b->core_dir);
	props_set(p, "build.system.path", system);
	if (!strcmp(props_str(p, "runtime.use_core_platform_path_for_runtime_platform_path"),
		    "true"))
		props_set(p, "runtime.platform.path", b->core_platform->dir);
	free(system);
	free(hardware);
}

static void set_runtime(struct props *p, const struct board *b, struct platforms *ps)
{
	struct props *tools = tools_props(ps, b->platform, b->core_platform);

	props_merge(p, tools);
	props_free(tools);
	if (!props_get(p, "runtime.ide.path"))
		props_set(p, "runtime.ide.path", platforms_system_dir(ps));
	props_set(p, "runtime.os", "linux");
	props_set(p, "build.library_discovery_phase", "0");
	if (!*props_str(p, "build.board")) {
		char *name = upper(xasprintf("%s_%s", b->platform->arch, b->id));

		props_set(p, "build.board", name);
		free(name);
	}
	props_set(p, "ide_version", "10607");
	props_set(p, "runtime.ide.version", "10607");
	if (!props_get(p, "software"))
		props_set(p, "software", "ARDUINO");
}

static int merge_all(struct board *b, struct platforms *ps, const struct props *own,
	const struct platform *variant_platform, const char *variant, struct error *err)
{
	const struct props *global = platforms_global(ps, err);
	char *dir = *variant ? xasprintf("%s/variants/%s", variant_platform->dir, variant) : NULL;

	if (!global) {
		free(dir);
		return -1;
	}
	b->props = props_clone(variant_platform->props);
	props_merge(b->props, b->core_platform->props);
	props_merge(b->props, b->platform->props);
	props_merge(b->props, own);
	set_platform_paths(b->props, b);
	props_set(b->props, "build.variant.path", dir ? dir : "");
	set_runtime(b->props, b, ps);
	props_merge(b->props, global);
	if (props_get(b->props, "compiler.optimization_flags.release"))
		props_set(b->props, "compiler.optimization_flags",
			props_str(b->props, "compiler.optimization_flags.release"));
	if (dir && fs_is_dir(dir))
		b->variant_dir = xstrdup(dir);
	free(dir);
	return 0;
}

int board_merge(struct board *b, struct platforms *ps, const struct fqbn *f, bool menu_defaults,
	struct error *err)
{
	struct props *own = own_props(b, f, menu_defaults, err);
	struct reference core = {0}, variant = {0};
	struct platform *variant_platform;
	int rc = -1;

	if (!own)
		return -1;
	core = reference(own, "build.core");
	variant = reference(own, "build.variant");
	b->core_platform = referenced(b, ps, &core, "core", err);
	if (!b->core_platform)
		goto out;
	variant_platform = referenced(b, ps, &variant, "variant", err);
	if (!variant_platform)
		goto out;
	b->core_dir = xasprintf("%s/cores/%s", b->core_platform->dir, core.name);
	if (!*core.name || !fs_is_dir(b->core_dir)) {
		error_set(err, "board '%s': its core '%s' is not there; cure: %s", b->fqbn,
			*core.name ? b->core_dir : "build.core",
			*core.name ? "install its platform again"
				   : "choose the board's options, see 'boardman boards'");
		goto out;
	}
	rc = merge_all(b, ps, own, variant_platform, variant.name, err);
out:
	reference_release(&core);
	reference_release(&variant);
	props_free(own);
	return rc;
}

static bool is_lto(const char *word, size_t len)
{
	static const char *const words[] = {
		"-flto", "-fno-fat-lto-objects", "-ffat-lto-objects", "-fuse-linker-plugin"};

	if (len > 6 && strncmp(word, "-flto=", 6) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (len == strlen(words[i]) && memcmp(word, words[i], len) == 0)
			return true;
	}
	return false;
}

/* The value without its LTO words; NULL when it has none. New. */
static char *without_lto(const char *value)
{
	struct buf out = BUF_INIT;
	bool dropped = false;

	for (const char *s = value; *s;) {
		size_t spaces = strspn(s, " "), word = strcspn(s + spaces, " ");

		if (is_lto(s + spaces, word))
			dropped = true;
		else
			buf_add(&out, s, spaces + word);
		s += spaces + word;
	}
	if (dropped)
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}

static void collect_lto(void *ctx, const char *key, const char *value)
{
	char *changed = without_lto(value);

	if (changed)
		props_set(ctx, key, changed);
	free(changed);
}

void props_drop_lto(struct props *p)
{
	struct props *changed = props_new();

	props_each(p, collect_lto, changed);
	props_merge(p, changed);
	props_free(changed);
}

struct time_search {
	const struct props *props;
	char *key; /* first recipe that wants the time */
};

static void find_time(void *ctx, const char *key, const char *value)
{
	struct time_search *s = ctx;
	char *text;

	if (s->key || strncmp(key, "recipe.", 7) != 0)
		return;
	text = props_expand(s->props, NULL, value, false);
	if (strstr(text, "{extra.time."))
		s->key = xstrdup(key);
	free(text);
}

static void set_if_unset(struct props *p, const char *key, long long value)
{
	if (!props_get(p, key))
		props_setf(p, key, "%lld", value);
}

void props_set_time(struct board *b)
{
	struct time_search s = {.props = b->props};
	time_t now = time(NULL);
	struct tm local;
	long dst;

	props_each(b->props, find_time, &s);
	if (!s.key)
		return;
	localtime_r(&now, &local);
	dst = local.tm_isdst > 0 ? 3600 : 0;
	set_if_unset(b->props, "extra.time.utc", now);
	set_if_unset(b->props, "extra.time.local", now + local.tm_gmtoff);
	set_if_unset(b->props, "extra.time.zone", local.tm_gmtoff - dst);
	set_if_unset(b->props, "extra.time.dst", dst);
	strv_pushf(&b->notes,
		"%s puts the time of the build into its firmware (%s), so results are not reused; "
		"cure: --build-property extra.time.local=0 (and .utc, .zone, .dst)",
		b->fqbn, s.key);
	free(s.key);
}
