/* library: one library's directory: layout, library.properties, headers. Two directories are listed and one small file is read,
 * nothing else. It does not judge whether a library fits a board.
 */
#include "sketch/library.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/library_internal.h"
#include "sketch/props.h"

static char *trimmed(const char *s)
{
	s += strspn(s, " \t\r\n");
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return xstrndup(s, n);
}

static void split_commas(struct strv *out, const char *s)
{
	struct strv raw = STRV_INIT;
	strv_split(&raw, s, ",");
	for (size_t i = 0; i < raw.n; i++) {
		char *piece = trimmed(raw.v[i]);
		if (*piece)
			strv_push(out, piece);
		free(piece);
	}
	strv_release(&raw);
}

/* "Adafruit BusIO (>=1.0), Wire" names two libraries; the versions are not ours to judge. */
static void split_depends(struct strv *out, const char *s)
{
	struct strv all = STRV_INIT;
	split_commas(&all, s);
	for (size_t i = 0; i < all.n; i++) {
		all.v[i][strcspn(all.v[i], "(")] = '\0';
		char *name = trimmed(all.v[i]);
		if (*name)
			strv_push(out, name);
		free(name);
	}
	strv_release(&all);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);
	return n >= t && strcmp(s + n - t, tail) == 0;
}

static bool is_header(const struct fs_entry *e)
{
	return e->type != 'd' && (ends_with(e->name, ".h") || ends_with(e->name, ".hpp") ||
					 ends_with(e->name, ".hh"));
}

static char type_in(const struct fs_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].name, name) == 0)
			return l->v[i].type;
	}
	return '\0';
}

static void take_headers(struct library_entry *e, const struct fs_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (is_header(&l->v[i]))
			strv_push(&e->headers, l->v[i].name);
	}
}

static void take_properties(struct library *lib)
{
	const struct props *p = lib->props;
	char *name = trimmed(props_str(p, "name"));
	if (*name) {
		free(lib->name);
		lib->name = name;
	} else {
		free(name);
	}
	lib->version = trimmed(props_str(p, "version"));
	lib->ldflags = trimmed(props_str(p, "ldflags"));
	lib->dot_a_linkage = strcmp(props_str(p, "dot_a_linkage"), "true") == 0;
	lib->precompiled_full = strcmp(props_str(p, "precompiled"), "full") == 0;
	lib->precompiled =
		lib->precompiled_full || strcmp(props_str(p, "precompiled"), "true") == 0;
	split_commas(&lib->architectures, props_str(p, "architectures"));
	split_depends(&lib->depends, props_str(p, "depends"));
	if (!lib->architectures.n)
		strv_push(&lib->architectures, "*");
}

static int take_layout(struct library_entry *e, const struct fs_list *root, bool has_properties)
{
	struct library *lib = &e->lib;
	if (has_properties && type_in(root, "src") == 'd') {
		struct fs_list src;
		lib->recursive = true;
		lib->src_dir = path_join(lib->dir, "src");
		if (fs_list(lib->src_dir, &src, NULL) < 0)
			return 0; /* unreadable: it offers nothing */
		take_headers(e, &src);
		fs_list_release(&src);
		return 0;
	}
	lib->src_dir = xstrdup(lib->dir);
	if (type_in(root, "utility") == 'd')
		lib->utility_dir = path_join(lib->dir, "utility");
	take_headers(e, root);
	return has_properties || e->headers.n ? 0 : -1;
}

char *library_key_name(const char *name)
{
	struct buf out = BUF_INIT;
	const unsigned char *s = (const unsigned char *)name;
	for (size_t i = 0; s[i] && out.len < 64; i++) {
		bool plain = s[i] < 0x80 && (isalnum(s[i]) || (i && (s[i] == '-' || s[i] == '.')));
		/* One '_' for a character, not for each byte of it. */
		if ((s[i] & 0xC0) == 0x80)
			continue;
		buf_addch(&out, plain ? (char)tolower(s[i]) : '_');
	}
	return buf_detach(&out);
}

static enum library_loaded load_into(
	struct library_entry *e, const struct fs_list *root, struct error *err)
{
	struct library *lib = &e->lib;
	bool has_properties = type_in(root, "library.properties") == 'f';
	if (take_layout(e, root, has_properties) < 0)
		return LIBRARY_NONE;
	if (has_properties) {
		char *path = path_join(lib->dir, "library.properties");
		int r = props_load(lib->props, path, err);
		free(path);
		if (r < 0)
			return LIBRARY_BROKEN;
	}
	take_properties(lib);
	/* arduino-cli gives a nameless library the name "-", which matters for the bonus for names. */
	bool nameless = has_properties && !*props_str(lib->props, "name");
	e->key_name = library_key_name(nameless ? "-" : lib->name);
	e->key_folder = library_key_name(lib->folder);
	return LIBRARY_LOADED;
}

enum library_loaded library_load(const char *real, const char *folder, enum library_place place,
	struct library_entry **out, struct error *err)
{
	struct fs_list root;
	if (fs_list(real, &root, err) < 0)
		return LIBRARY_NONE;
	struct library_entry *e = xcalloc(1, sizeof *e);
	e->lib.dir = xstrdup(real);
	e->lib.folder = xstrdup(folder);
	e->lib.name = xstrdup(folder);
	e->lib.place = place;
	e->lib.props = props_new();
	enum library_loaded r = load_into(e, &root, err);
	fs_list_release(&root);
	if (r != LIBRARY_LOADED) {
		library_entry_free(e);
		return r;
	}
	*out = e;
	return r;
}

void library_entry_free(struct library_entry *e)
{
	if (!e)
		return;
	struct library *lib = &e->lib;
	free(lib->name);
	free(lib->folder);
	free(lib->dir);
	free(lib->src_dir);
	free(lib->utility_dir);
	free(lib->version);
	free(lib->ldflags);
	props_free(lib->props);
	strv_release(&lib->architectures);
	strv_release(&lib->depends);
	free(e->key_name);
	free(e->key_folder);
	strv_release(&e->headers);
	strv_release(&e->sources);
	strv_release(&e->queue);
	free(e);
}
