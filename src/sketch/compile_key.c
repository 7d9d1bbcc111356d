/* compile_key: what is known of a compile before it runs, as one digest: toolchain, command without the shared -I list and
 * without paths that say nothing, argument files by content, source. Whatever it does not understand counts as it is written.
 */
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/store_internal.h"

/* Placeholders: no argument of a recipe begins with this byte. */
#define SOURCE "\001source"
#define OBJECT "\001object"
#define BUILD "\001build"
#define MAX_NESTING 8
#define MAX_ARGUMENT_FILE ((size_t)1 << 20)

struct key_maker {
	struct store *st;
	struct compile_view *v;
	const struct strv *argv;
	size_t i;
	size_t next_dir; /* of the include list: argv mostly has them in its order */
	struct strv search; /* other directories that are searched */
	char *prefix; /* of -iprefix */
};

static const char *const search_options[] = {"-isystem", "-iquote", "-idirafter",
	"-iwithprefixbefore", "-iwithprefix", "-iprefix", "-I"};

static bool in_list(struct key_maker *k, const char *dir)
{
	const struct strv *dirs = include_list_dirs(k->v->in->includes);
	for (size_t n = 0; n < dirs->n; n++) {
		size_t at = (k->next_dir + n) % dirs->n;
		if (!strcmp(dirs->v[at], dir)) {
			k->next_dir = at + 1;
			return true;
		}
	}
	return false;
}

static bool is_boundary(char c)
{
	return !c || strchr("/,:;=\"' ", c);
}

/* The argument with build_dir taken out. */
static void add_replaced(struct key_maker *k, const char *arg)
{
	const char *dir = k->v->in->build_dir, *p = arg, *at;
	size_t n = dir ? strlen(dir) : 0;
	struct digester *d = k->st->d;
	while (n && (at = strstr(p, dir))) {
		bool whole = is_boundary(at[n]);
		digester_add(d, p, (size_t)(at - p) + (whole ? 0 : n));
		if (whole)
			digester_add(d, BUILD, sizeof BUILD - 1);
		p = at + n;
	}
	digester_addstr(d, p);
}

static bool is_define(const char *arg)
{
	return !strncmp(arg, "-D", 2);
}

/* A file that an option names counts with its content: -fplugin=, -specs=, a profile. */
static void add_named_file(struct key_maker *k, const char *arg)
{
	const char *eq = strchr(arg, '=');
	if (arg[0] != '-' || is_define(arg) || !eq || eq[1] != '/')
		return;
	const struct file_facts *f = file_index_get(k->st->ix, eq + 1);
	if (!f || (f->flags & FILE_IS_DIR))
		return;
	digester_add_digest(k->st->d, &f->digest);
	strv_push(&k->v->files, eq + 1);
}

static void add_search(struct key_maker *k, const char *option, const char *dir)
{
	if (!strcmp(option, "-iprefix")) {
		free(k->prefix);
		k->prefix = xstrdup(dir);
		return;
	}
	if (strncmp(option, "-iwith", 6)) {
		strv_push(&k->search, dir);
		return;
	}
	strv_push_take(&k->search, xasprintf("%s%s", k->prefix ? k->prefix : "", dir));
}

/* True when `arg` is a search option; *value is its directory, in the same argument or (*separate) the next one. */
static bool is_search(
	const char *arg, const char *next, const char **option, const char **value, bool *separate)
{
	for (size_t i = 0; i < ARRAY_LEN(search_options); i++) {
		size_t n = strlen(search_options[i]);
		if (strncmp(arg, search_options[i], n))
			continue;
		*option = search_options[i];
		*separate = !arg[n];
		*value = arg[n] ? arg + n : next;
		return *value != NULL;
	}
	return false;
}

static void scan_file(struct key_maker *k, const char *name, int depth);

/* The words of an argument file: search directories, and further argument files. Quotes and backslashes as gcc has them. */
static void scan_words(struct key_maker *k, const char *p, int depth)
{
	struct strv words = STRV_INIT;
	struct buf word = BUF_INIT;
	const char *option, *value;
	bool separate;
	while (*(p += strspn(p, " \t\r\n\v\f"))) {
		char quote = '\0';
		buf_clear(&word);
		for (; *p && (quote || !strchr(" \t\r\n\v\f", *p)); p++) {
			if (*p == quote)
				quote = '\0';
			else if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else if (*p == '\\' && p[1])
				buf_addch(&word, *++p);
			else
				buf_addch(&word, *p);
		}
		strv_push(&words, buf_str(&word));
	}
	for (size_t i = 0; i < words.n; i++) {
		const char *w = words.v[i];
		if (*w == '@')
			scan_file(k, w + 1, depth + 1);
		else if (is_search(w, words.v[i + 1], &option, &value, &separate)) {
			add_search(k, option, value);
			i += separate;
		}
	}
	strv_release(&words);
	buf_release(&word);
}

static void scan_file(struct key_maker *k, const char *name, int depth)
{
	struct buf text = BUF_INIT;
	const struct file_facts *f = file_index_get(k->st->ix, name);
	if (!f || (f->flags & FILE_IS_DIR) || depth > MAX_NESTING) {
		digester_addstr(k->st->d, NULL);
		return;
	}
	digester_add_digest(k->st->d, &f->digest);
	strv_push(&k->v->files, name);
	if (fs_read(name, MAX_ARGUMENT_FILE, &text, NULL) == 0)
		scan_words(k, buf_str(&text), depth);
	buf_release(&text);
}

/* Options whose value names an output. */
static bool takes_output(const char *arg)
{
	return !strcmp(arg, "-o") || !strcmp(arg, "-MF") || !strcmp(arg, "-MT") ||
	       !strcmp(arg, "-MQ");
}

static bool joins_output(const char *arg)
{
	return arg[0] == '-' && arg[1] == 'M' && arg[2] && strchr("FTQ", arg[2]) && arg[3];
}

/* One argument, and the next one where they belong together. */
static void add_argument(struct key_maker *k)
{
	struct digester *d = k->st->d;
	const struct compile_input *in = k->v->in;
	const char *arg = k->argv->v[k->i], *next = k->argv->v[k->i + 1], *option, *value;
	bool separate;
	if (!strcmp(arg, in->source)) {
		digester_addstr(d, SOURCE);
	} else if (!strcmp(arg, in->object) ||
		   (!strncmp(arg, "-o", 2) && !strcmp(arg + 2, in->object))) {
		digester_addstr(d, OBJECT);
	} else if (takes_output(arg)) {
		digester_addstr(d, arg);
		k->i += next != NULL;
	} else if (joins_output(arg)) {
		digester_add(d, arg, 3);
	} else if (!strncmp(arg, "-D", 2)) {
		digester_addstr(d, arg);
		if (!arg[2] && next)
			digester_addstr(d, k->argv->v[++k->i]);
	} else if (arg[0] == '@') {
		scan_file(k, arg + 1, 0);
	} else if (is_search(arg, next, &option, &value, &separate)) {
		bool shared = !strcmp(option, "-I") && in_list(k, value);
		if (!shared) {
			add_search(k, option, value);
			digester_addstr(d, option);
			add_replaced(k, value);
		}
		k->i += separate;
	} else {
		add_replaced(k, arg);
		add_named_file(k, arg);
	}
}

static bool add_source(struct key_maker *k)
{
	const struct compile_input *in = k->v->in;
	const struct file_facts *f = file_index_get(k->st->ix, in->source);
	if (!f || (f->flags & FILE_IS_DIR))
		return false;
	digester_addstr(k->st->d, in->source_form ? "form" : "content");
	digester_add_digest(k->st->d, in->source_form ? in->source_form : &f->digest);
	digester_addstr(k->st->d, path_ext(in->source));
	return true;
}

bool compile_view_init(struct compile_view *v, struct store *st, const struct compile_input *in)
{
	struct key_maker k = {.st = st, .v = v, .argv = in->argv, .i = 1};
	*v = (struct compile_view){.in = in};
	digester_addstr(st->d, "compile 1");
	digester_add_digest(st->d, &st->environment);
	digester_add_digest(st->d, in->toolchain);
	/* The headers of a compiler that tells no directories go by their absolute names: a copy of it has its own. */
	if (!in->system_dirs || !in->system_dirs->n)
		digester_addstr(st->d, in->argv->v[0]);
	bool there = add_source(&k);
	for (; there && k.i < in->argv->n; k.i++)
		add_argument(&k);
	digester_finish(st->d, &v->key);
	v->system = store_list(st, in->system_dirs);
	if (k.search.n)
		v->extra = store_list(st, &k.search);
	strv_release(&k.search);
	free(k.prefix);
	return there;
}

void compile_view_release(struct compile_view *v)
{
	strv_release(&v->files);
}
