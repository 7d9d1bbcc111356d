/* rules: see rules.h. A rule that cannot be read or answered skips nothing and is told once. */
#include "cli/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "cli/filter.h"
#include "cli/options.h"
#include "cli/plan_boards.h"
#include "cli/select.h"
#include "cli/setup.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/source.h"

#define MAX_SKETCH (8u << 20)

struct sketch_rules {
	struct filter *filter; /* NULL none */
	struct sketch_yaml yaml;
	size_t own_board; /* index of the only board it is built for; SIZE_MAX any */
	const struct strv *architectures; /* of the library it lies in; NULL any */
};

struct rules {
	struct setup *setup;
	const struct selection *selection;
	bool use_filter;
	struct sketch_rules *v;
	struct strmap libraries; /* directory to struct strv: its architectures */
	struct plan_board *const *boards;
	size_t n_boards;
	bool own_boards; /* a sketch goes with the board it asks for */
	struct strv told;
};

/* ---- reading ---- */

static void free_strv(void *p)
{
	strv_release(p);
	free(p);
}

static struct strv *read_architectures(const char *library)
{
	struct strv *list = xcalloc(1, sizeof *list);
	struct props *p = props_new();
	char *path = path_join(library, "library.properties");
	struct error err = ERROR_INIT;
	if (props_load(p, path, &err) < 0)
		log_warning("%s; it skips nothing", err.text);
	else
		strv_split(list, props_str(p, "architectures"), ", \t");
	props_free(p);
	free(path);
	return list;
}

static const struct strv *architectures_of(struct rules *r, const struct matrix_sketch *s)
{
	/* The library of the current directory says nothing of sketches that lie elsewhere. */
	if (!s->tree_library || !path_beneath(s->dir, s->tree_library))
		return NULL;
	struct strv *list = strmap_get(&r->libraries, s->tree_library);
	if (!list) {
		list = read_architectures(s->tree_library);
		strmap_set(&r->libraries, s->tree_library, list);
	}
	return list->n && !strv_contains(list, "*") ? list : NULL;
}

static void read_filter(struct sketch_rules *v, const struct matrix_sketch *s)
{
	struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	char *path = xasprintf("%s/%s.ino", s->dir, path_base(s->dir));
	if (fs_read(path, MAX_SKETCH, &text, NULL) == 0 && text.len) {
		if (filter_parse(text.data, text.len, &v->filter, &err) < 0)
			log_warning("%s: %s; it is built for every board", s->name, err.text);
		else if (v->filter && filter_is_first_of_many(v->filter))
			log_warning("%s: more than one @filter; only the first counts: %s", s->name,
				filter_text(v->filter));
	}
	buf_release(&text);
	free(path);
}

static int read_yaml(struct sketch_yaml *y, const struct selection *sel,
	const struct matrix_sketch *s, struct error *err)
{
	if (strmap_get(&sel->bare, s->dir))
		return 0;
	if (sketch_yaml_load(y, s->dir, err) < 0)
		return -1;
	for (size_t i = 0; i < y->library_dirs.n; i++)
		if (!fs_is_dir(y->library_dirs.v[i]))
			return error_set(err,
				"sketch.yaml of '%s': library '%s' is not a directory", s->name,
				y->library_dirs.v[i]);
	if (!y->library_dirs.n)
		return 0;
	struct libraries *ls =
		libraries_open(&(struct library_search){.given = &y->library_dirs}, err);
	if (!ls)
		return error_prefix(err, "sketch.yaml of '%s'", s->name);
	libraries_free(ls);
	return 0;
}

struct rules *rules_open(
	struct setup *s, const struct selection *sel, bool filter, struct error *err)
{
	struct rules *r = xcalloc(1, sizeof *r);
	r->setup = s;
	r->selection = sel;
	r->use_filter = filter;
	r->libraries.free_value = free_strv;
	r->v = xcalloc(sel->n + 1, sizeof *r->v);
	for (size_t i = 0; i < sel->n; i++) {
		r->v[i].own_board = SIZE_MAX;
		if (read_yaml(&r->v[i].yaml, sel, &sel->v[i], err) < 0) {
			rules_free(r);
			return NULL;
		}
		if (!filter)
			continue;
		read_filter(&r->v[i], &sel->v[i]);
		r->v[i].architectures = architectures_of(r, &sel->v[i]);
	}
	return r;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->selection->n; i++) {
		filter_free(r->v[i].filter);
		sketch_yaml_release(&r->v[i].yaml);
	}
	free(r->v);
	strmap_release(&r->libraries);
	strv_release(&r->told);
	free(r);
}

/* ---- boards ---- */

static size_t index_of(const struct strv *sv, const char *text)
{
	size_t i = 0;
	while (i < sv->n && strcmp(sv->v[i], text) != 0)
		i++;
	return i;
}

int rules_default_boards(struct rules *r, struct strv *out, struct error *err)
{
	for (size_t i = 0; i < r->selection->n; i++) {
		const struct sketch_yaml *y = &r->v[i].yaml;
		const char *fqbn = y->profile_fqbn ? y->profile_fqbn : y->default_fqbn;
		if (!fqbn)
			return error_set(err,
				"no board given, and '%s' asks for none; cure: -b vendor:arch:id, "
				"or "
				"default_fqbn in its sketch.yaml",
				r->selection->v[i].name);
		strv_push_unique(out, fqbn);
		r->v[i].own_board = index_of(out, fqbn);
	}
	r->own_boards = true;
	return 0;
}

const char *rules_asker(const struct rules *r, size_t i)
{
	size_t k = 0;
	while (k < r->selection->n && r->v[k].own_board != i)
		k++;
	return k < r->selection->n ? r->selection->v[k].name : "?";
}

void rules_library_dirs(const struct rules *r, size_t sketch, struct strv *out)
{
	const struct strv *dirs = &r->v[sketch].yaml.library_dirs;
	for (size_t i = 0; i < dirs->n; i++)
		strv_push_unique(out, dirs->v[i]);
}

void rules_set_boards(
	struct rules *r, struct plan_board *const *boards, size_t n, const size_t *place)
{
	r->boards = boards;
	r->n_boards = n;
	for (size_t i = 0; i < r->selection->n; i++)
		if (r->v[i].own_board != SIZE_MAX)
			r->v[i].own_board = place[r->v[i].own_board];
}

/* ---- asking ---- */

static void tell(struct rules *r, const char *line)
{
	if (strv_push_unique(&r->told, line))
		log_warning("%s", line);
}

#define ARCHITECTURES "its library's architectures: "
#define FILTER "@filter "

bool rules_is_filter(const char *why)
{
	return !strncmp(why, ARCHITECTURES, strlen(ARCHITECTURES)) ||
	       !strncmp(why, FILTER, strlen(FILTER));
}

static char *ask_architectures(const struct strv *list, const struct plan_board *b)
{
	struct buf text = BUF_INIT;
	if (!list || strv_contains(list, b->arch))
		return NULL;
	buf_addstr(&text, ARCHITECTURES);
	for (size_t i = 0; i < list->n; i++)
		buf_addf(&text, "%s%s", i ? ", " : "", list->v[i]);
	return buf_detach(&text);
}

static char *ask_filter(struct rules *r, const struct filter *f, const struct plan_board *b)
{
	struct error err = ERROR_INIT;
	const struct filter_board facts = {
		.vendor = b->vendor,
		.arch = b->arch,
		.id = b->id,
		.build_board = b->facts.build_board,
		.mcu = b->facts.mcu,
		.flags = b->facts.defines,
		.ram = b->facts.ram,
	};
	enum filter_answer answer = filter_ask(f, &facts, &err);
	if (answer == FILTER_UNKNOWN) {
		char *line = xasprintf("@filter %s on %s: %s; built all the same", filter_text(f),
			b->fqbn, err.text);
		tell(r, line);
		free(line);
	}
	return answer == FILTER_SKIP ? xasprintf(FILTER "%s", filter_text(f)) : NULL;
}

/* The version that the profile pins the platform to; "" any. */
static const char *pinned_version(const struct sketch_yaml *y, const char *platform)
{
	size_t n = strlen(platform);
	for (size_t i = 0; i < y->platform_pins.n; i++)
		if (!strncmp(y->platform_pins.v[i], platform, n) && y->platform_pins.v[i][n] == ' ')
			return y->platform_pins.v[i] + n + 1;
	return "";
}

/* Its own board is of a platform that is not installed. */
static char *missing_platform(const struct sketch_yaml *y)
{
	const char *fqbn = y->profile_fqbn ? y->profile_fqbn : y->default_fqbn;
	const char *colon = strchr(fqbn, ':');
	size_t len = (size_t)(colon + 1 - fqbn) + strcspn(colon + 1, ":");
	char *platform = xstrndup(fqbn, len);
	const char *version = pinned_version(y, platform);
	char *why = xasprintf("%s%s wants %s%s%s, which is not installed; cure: run 'arduino-cli "
			      "core install %s%s%s'",
		y->profile_fqbn ? "profile " : "sketch.yaml", y->profile_fqbn ? y->profile : "",
		platform, *version ? " " : "", version, platform, *version ? "@" : "", version);
	free(platform);
	return why;
}

/* "arduino:avr 1.8.4" against the platform in use. */
static char *ask_platform_pin(
	const struct sketch_yaml *y, const char *pin, const struct plan_board *b)
{
	char *name = xasprintf("%s:%s ", b->vendor, b->arch);
	const char *version = b->facts.platform_version;
	bool differs = !strncmp(pin, name, strlen(name)) && version &&
		       strcmp(pin + strlen(name), version) != 0;
	free(name);
	return differs ? xasprintf("profile %s wants %s", y->profile, pin) : NULL;
}

/* A library that may come with a platform which is not here. */
static void tell_unseen(struct rules *r, const struct sketch_yaml *y, const char *pin)
{
	char *line = xasprintf("profile %s wants %s, which other machines may have with the "
			       "platform; built all the same",
		y->profile, pin);
	tell(r, line);
	free(line);
}

/* "FastLED 3.9.0" against the libraries that the board sees. */
static char *ask_library_pins(struct rules *r, size_t sketch, const struct plan_board *b)
{
	const struct sketch_yaml *y = &r->v[sketch].yaml;
	const char *tree = r->selection->v[sketch].tree_library;
	struct libraries *ls = setup_libraries(r->setup, b->here, tree, &y->library_dirs, NULL);
	char *why = NULL;
	for (size_t i = 0; ls && !why && i < y->library_pins.n; i++) {
		const char *pin = y->library_pins.v[i], *space = strrchr(pin, ' ');
		char *name = xstrndup(pin, space ? (size_t)(space - pin) : strlen(pin));
		const struct library *l = libraries_by_name(ls, name);
		if (!l && !b->here)
			tell_unseen(r, y, pin);
		else if (!l || (space && strcmp(l->version, space + 1) != 0))
			why = xasprintf("profile %s wants %s", y->profile, pin);
		free(name);
	}
	libraries_free(ls);
	return why;
}

static char *ask_profile(struct rules *r, size_t sketch, const struct plan_board *b)
{
	const struct sketch_yaml *y = &r->v[sketch].yaml;
	char *why = NULL;
	if (!y->profile)
		return NULL;
	for (size_t i = 0; !why && i < y->platform_pins.n; i++)
		why = ask_platform_pin(y, y->platform_pins.v[i], b);
	return why || !y->library_pins.n ? why : ask_library_pins(r, sketch, b);
}

enum matrix_answer rules_ask(void *rules, size_t board, size_t sketch, char **why)
{
	struct rules *r = rules;
	const struct sketch_rules *v = &r->v[sketch];
	if (r->own_boards && v->own_board != board)
		return MATRIX_LEAVE_OUT;
	if (board >= r->n_boards) {
		*why = missing_platform(&v->yaml);
		return MATRIX_SKIP;
	}
	const struct plan_board *b = r->boards[board];
	*why = ask_profile(r, sketch, b);
	if (!*why)
		*why = ask_architectures(v->architectures, b);
	if (!*why && v->filter)
		*why = ask_filter(r, v->filter, b);
	return *why ? MATRIX_SKIP : MATRIX_BUILD;
}
