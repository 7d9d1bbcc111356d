/* toolchain_probe: asks a driver which files its runs read, role by role. A tool that does not answer -print-prog-name is
 * taken as its own file alone. Nothing is guessed from version numbers or names, but for gcc-ar and its kin, which answer no
 * questions themselves.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/fileindex.h"
#include "sketch/path_clean.h"
#include "sketch/toolchain_internal.h"

/* A directory with more libraries than this is the machine's own (/usr/lib/…): only what a link names is taken from it. */
#define MAX_LIBRARIES 512

struct probe {
	struct tool_facts *f;
	struct file_index *ix;
	const char *tool;
	const struct strv *argv;
	struct strv flags;
	struct strv libraries; /* names that a link of this kind asks for: "c", "gcc", … */
	bool asked_link;
};

static bool is_program(const char *path)
{
	return fs_is_file(path) && access(path, X_OK) == 0;
}

char *toolchain_in_path(const char *name)
{
	struct strv dirs = STRV_INIT;
	char *found = NULL;
	if (strchr(name, '/'))
		return is_program(name) ? path_absolute(name) : NULL;
	const char *path = getenv("PATH");
	strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ":");
	for (size_t i = 0; i < dirs.n && !found; i++) {
		char *file = path_join(dirs.v[i], name);
		if (is_program(file))
			found = path_absolute(file);
		free(file);
	}
	strv_release(&dirs);
	return found;
}

static bool takes_value(const char *arg)
{
	return !strcmp(arg, "-B") || !strcmp(arg, "--sysroot") || !strcmp(arg, "-isysroot") ||
	       !strcmp(arg, "-target") || !strcmp(arg, "-specs") || !strcmp(arg, "--specs");
}

static bool is_flag(const char *arg)
{
	static const char *const prefixes[] = {"-m", "-specs=", "--specs=", "-B",
		"--sysroot=", "--target=", "-isysroot", "-nostdinc",
		"-stdlib=", "-fuse-ld=", "--gcc-toolchain=", "-frtti", "-fno-rtti", "-fexceptions",
		"-fno-exceptions", "-fpic", "-fPIC", "-fpie", "-fPIE", "-fshort-", "-pthread"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (!strncmp(arg, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

void toolchain_flags(const struct strv *argv, struct strv *out)
{
	for (size_t i = 1; i < argv->n; i++) {
		if (takes_value(argv->v[i]) && argv->v[i + 1]) {
			strv_push(out, argv->v[i]);
			strv_push(out, argv->v[++i]);
		} else if (is_flag(argv->v[i])) {
			strv_push(out, argv->v[i]);
		}
	}
}

void tool_facts_add_file(struct tool_facts *f, char *path)
{
	if (!strv_contains(&f->files, path))
		strv_push(&f->files, path);
	free(path);
}

void tool_facts_watch(struct tool_facts *f, struct file_index *ix, const char *dir)
{
	if (strv_contains(&f->dirs, dir))
		return;
	const struct file_facts *facts = file_index_get(ix, dir);
	size_t n = f->dirs.n;
	f->listings = xreallocarray(f->listings, n + 1, sizeof *f->listings);
	f->listed = xreallocarray(f->listed, n + 1, sizeof *f->listed);
	f->listed[n] = facts != NULL;
	f->listings[n] = facts ? facts->digest : (struct digest){0};
	strv_push(&f->dirs, dir);
}

static void add_existing(struct probe *p, const char *path)
{
	if (path[0] == '/' && fs_is_file(path))
		tool_facts_add_file(p->f, path_clean(path));
}

/* ---- questions ---- */

/* tool flags… question…; false unless it ends well. */
static bool ask(struct probe *p, const char *const *question, size_t n, struct buf *out,
	struct buf *messages)
{
	struct strv argv = STRV_INIT;
	strv_push(&argv, p->tool);
	strv_push_all(&argv, &p->flags);
	for (size_t i = 0; i < n; i++)
		strv_push(&argv, question[i]);
	int r = toolchain_ask(&argv, out, messages);
	strv_release(&argv);
	return r == 0;
}

/* The one line that answers `question`; NULL when there is none. */
static char *ask_line(struct probe *p, const char *question)
{
	struct buf out = BUF_INIT;
	char *line = NULL;
	if (ask(p, &question, 1, &out, NULL) && out.len > 1 && out.data[out.len - 1] == '\n') {
		buf_truncate(&out, out.len - 1);
		if (!strchr(out.data, '\n') && !strchr(out.data, '\t'))
			line = buf_detach(&out);
	}
	buf_release(&out);
	return line;
}

/* A program that the driver runs. A bare name is left to PATH. */
static void add_program(struct probe *p, const char *name)
{
	char *question = xasprintf("-print-prog-name=%s", name);
	char *answer = ask_line(p, question);
	if (answer && strchr(answer, '/')) {
		add_existing(p, answer);
	} else if (answer && *answer) {
		char *found = toolchain_in_path(answer);
		strv_push(&p->f->names, answer);
		strv_push(&p->f->resolved, found ? found : "");
		if (found)
			add_existing(p, found);
		free(found);
	}
	free(answer);
	free(question);
}

static void add_programs(struct probe *p, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_program(p, names[i]);
}

/* A file of the installation, when the driver finds it. */
static void add_installed(struct probe *p, const char *name)
{
	char *question = xasprintf("-print-file-name=%s", name);
	char *answer = ask_line(p, question);
	if (answer)
		add_existing(p, answer);
	free(answer);
	free(question);
}

/* The value of "key: =a:b" in the answer to -print-search-dirs, split. */
static void search_dirs(const char *answer, const char *key, struct strv *out)
{
	struct strv raw = STRV_INIT;
	const char *at = strstr(answer, key);
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, " =");
	char *value = xstrndup(at, strcspn(at, "\n"));
	strv_split(&raw, value, ":");
	for (size_t i = 0; i < raw.n; i++) {
		char *dir = path_clean(raw.v[i]);
		strv_push_unique(out, dir);
		free(dir);
	}
	free(value);
	strv_release(&raw);
}

/* Directories that gcc adds of its own, "-v" tells: " dir" lines after the mark. Spec files are told too. */
static void read_verbose(struct probe *p, char *text)
{
	static const char specs[] = "Reading specs from ";
	bool in_list = false;
	for (char *line; (line = strsep(&text, "\n"));) {
		if (!strncmp(line, specs, sizeof specs - 1))
			add_existing(p, line + sizeof specs - 1);
		else if (!strncmp(line, "#include <...>", 14))
			in_list = true;
		else if (!strncmp(line, "End of search list", 18))
			in_list = false;
		else if (in_list && line[0] == ' ') {
			char *dir = path_clean(line + 1);
			strv_push_unique(&p->f->system_dirs, dir);
			free(dir);
		}
	}
}

static void add_verbose(struct probe *p, const char *language)
{
	const char *question[] = {"-E", "-v", "-x", language, "/dev/null"};
	struct buf messages = BUF_INIT;
	if (ask(p, question, ARRAY_LEN(question), NULL, &messages) && messages.len)
		read_verbose(p, messages.data);
	buf_release(&messages);
}

/* Directories in which the driver looks for programs: a new file there may be run instead. */
static void watch_programs(struct probe *p, const char *answer)
{
	struct strv dirs = STRV_INIT;
	search_dirs(answer, "programs:", &dirs);
	for (size_t i = 0; i < dirs.n; i++)
		tool_facts_watch(p->f, p->ix, dirs.v[i]);
	strv_release(&dirs);
}

/* ---- libraries ---- */

static bool is_library(const char *name)
{
	const char *ext = path_ext(name);
	return !strcmp(ext, ".a") || !strcmp(ext, ".o") || !strcmp(ext, ".ld") ||
	       !strcmp(ext, ".specs") || !strcmp(name, "specs") || !strncmp(ext, ".x", 2) ||
	       strstr(name, ".so");
}

/* What a link of this kind asks for by itself: -lNAME words. */
static void ask_link(struct probe *p)
{
	static const char *const kept[] = {"-static", "-shared", "-nostdlib", "-nolibc",
		"-nodefaultlibs", "-nostartfiles", "-l", "-pie", "-no-pie", "-rdynamic"};
	struct buf messages = BUF_INIT;
	size_t flags = p->flags.n;
	if (p->asked_link)
		return;
	p->asked_link = true;
	for (size_t i = 1; i < p->argv->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(kept); k++)
			if (!strncmp(p->argv->v[i], kept[k], strlen(kept[k])))
				strv_push(&p->flags, p->argv->v[i]);
	const char *question[] = {"-###", "-o", "/dev/null", "/dev/null"};
	if (ask(p, question, ARRAY_LEN(question), NULL, &messages)) {
		struct strv words = STRV_INIT;
		strv_split(&words, buf_str(&messages), " \n\"");
		for (size_t i = 0; i < words.n; i++)
			if (!strncmp(words.v[i], "-l", 2))
				strv_push_unique(&p->libraries, words.v[i] + 2);
		strv_release(&words);
	}
	while (p->flags.n > flags)
		free(strv_take(&p->flags, p->flags.n - 1));
	buf_release(&messages);
}

static bool is_asked_for(const struct probe *p, const char *name)
{
	if (!strcmp(path_ext(name), ".o") || !strncmp(name, "ld-linux", 8))
		return true;
	if (strncmp(name, "lib", 3))
		return false;
	for (size_t i = 0; i < p->libraries.n; i++) {
		size_t n = strlen(p->libraries.v[i]);
		const char *rest = name + 3 + n;
		if (!strncmp(name + 3, p->libraries.v[i], n) &&
			(*rest == '.' || !strncmp(rest, "_nonshared.", 11)))
			return true;
	}
	return false;
}

static void add_library_dir(struct probe *p, const char *dir)
{
	struct fs_list l = {0};
	size_t n = 0;
	tool_facts_watch(p->f, p->ix, dir);
	if (fs_list(dir, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		n += l.v[i].type == 'f' && is_library(l.v[i].name);
	if (n > MAX_LIBRARIES)
		ask_link(p);
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].type != 'f' || !is_library(l.v[i].name) ||
			(n > MAX_LIBRARIES && !is_asked_for(p, l.v[i].name)))
			continue;
		tool_facts_add_file(p->f, path_join(dir, l.v[i].name));
	}
	fs_list_release(&l);
}

static void add_scripts(struct probe *p, const char *dir, const char *name)
{
	char *path = path_join(dir, name), *scripts = path_clean(path);
	if (fs_is_dir(scripts))
		add_library_dir(p, scripts);
	free(scripts);
	free(path);
}

static void add_libraries(struct probe *p, const char *answer)
{
	struct strv dirs = STRV_INIT;
	search_dirs(answer, "libraries:", &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		add_library_dir(p, dirs.v[i]);
		add_scripts(p, dirs.v[i], "ldscripts");
	}
	char *ld = ask_line(p, "-print-prog-name=ld");
	if (ld && strchr(ld, '/')) {
		char *dir = path_dir(ld);
		add_scripts(p, dir, "../lib/ldscripts");
		free(dir);
	}
	free(ld);
	strv_release(&dirs);
}

/* Files that the command itself names (-T, -Wl,…), and the libraries where its -L points. */
static void add_named(struct probe *p, bool link)
{
	for (size_t i = 1; i < p->argv->n; i++) {
		const char *arg = p->argv->v[i];
		struct strv pieces = STRV_INIT;
		if (link && !strncmp(arg, "-L", 2) && arg[2] == '/' && fs_is_dir(arg + 2))
			add_library_dir(p, arg + 2);
		strv_split(&pieces, !strncmp(arg, "-T/", 3) ? arg + 2 : arg, ",=@");
		for (size_t k = 0; k < pieces.n; k++)
			add_existing(p, pieces.v[k]);
		strv_release(&pieces);
	}
}

/* ---- roles ---- */

static void probe_compile(struct probe *p, enum tool_role role, const char *dirs)
{
	static const char *const c[] = {"cc1", "as"}, *const cxx[] = {"cc1plus", "as"};
	add_programs(p, role == TOOL_CXX ? cxx : c, 2);
	watch_programs(p, dirs);
	add_verbose(p, role == TOOL_CXX ? "c++" : role == TOOL_C ? "c" : "assembler-with-cpp");
}

static void add_chosen_linker(struct probe *p)
{
	for (size_t i = 0; i < p->flags.n; i++) {
		if (strncmp(p->flags.v[i], "-fuse-ld=", 9))
			continue;
		char *name = xasprintf("ld.%s", p->flags.v[i] + 9);
		add_program(p, name);
		free(name);
	}
}

static void probe_link(struct probe *p, const char *dirs)
{
	static const char *const names[] = {"collect2", "ld", "as", "lto1", "lto-wrapper"};
	add_programs(p, names, ARRAY_LEN(names));
	add_chosen_linker(p);
	add_installed(p, "liblto_plugin.so");
	watch_programs(p, dirs);
	add_verbose(p, "c");
	strv_clear(&p->f->system_dirs);
	add_libraries(p, dirs);
	char *libgcc = ask_line(p, "-print-libgcc-file-name");
	if (libgcc)
		add_existing(p, libgcc);
	free(libgcc);
}

/* gcc-ar runs the real ar with the driver's plugin. */
static void probe_wrapped(struct probe *p)
{
	static const char *const kinds[] = {"ar", "nm", "ranlib"};
	const char *base = path_base(p->tool), *at = strstr(base, "gcc-");
	for (size_t i = 0; at && i < ARRAY_LEN(kinds); i++) {
		const char *kind = kinds[i];
		if (strncmp(at + 4, kind, strlen(kind)))
			continue;
		char *driver =
			xasprintf("%.*sgcc%s", (int)(at - p->tool), p->tool, at + 4 + strlen(kind));
		char *plain = xasprintf("%.*s%s", (int)(at - p->tool), p->tool, kind);
		add_existing(p, plain);
		if (is_program(driver)) {
			p->tool = driver;
			add_program(p, kind);
			add_installed(p, "liblto_plugin.so");
		}
		free(plain);
		free(driver);
		return;
	}
}

static void start(struct probe *p, struct tool_facts *f, struct file_index *ix, const char *tool)
{
	const struct file_facts *facts = file_index_get(ix, tool);
	*p = (struct probe){.f = f, .ix = ix, .tool = tool};
	if (facts)
		f->tool = facts->digest;
	tool_facts_add_file(f, xstrdup(tool));
}

int toolchain_probe(struct tool_facts *f, struct file_index *ix, const char *tool,
	const struct strv *argv, enum tool_role role, struct error *err)
{
	struct probe p;
	struct buf dirs = BUF_INIT;
	const char *question = "-print-search-dirs";
	start(&p, f, ix, tool);
	if (!file_index_get(ix, tool))
		return error_set(err, "cannot read '%s'; cure: reinstall the toolchain", tool);
	p.argv = argv;
	toolchain_flags(argv, &p.flags);
	if (role == TOOL_OTHER)
		probe_wrapped(&p);
	else if (ask(&p, &question, 1, &dirs, NULL) && strstr(buf_str(&dirs), "programs:"))
		role == TOOL_LINK ? probe_link(&p, buf_str(&dirs))
				  : probe_compile(&p, role, buf_str(&dirs));
	if (role == TOOL_LINK || role == TOOL_OTHER)
		add_named(&p, role == TOOL_LINK);
	strv_release(&p.flags);
	strv_release(&p.libraries);
	buf_release(&dirs);
	return 0;
}

void toolchain_probe_version(struct tool_facts *f, struct file_index *ix, const char *tool)
{
	static const char *const questions[] = {"-dumpfullversion", "-dumpversion"};
	struct probe p;
	start(&p, f, ix, tool);
	for (size_t i = 0; i < ARRAY_LEN(questions) && !f->version; i++)
		f->version = ask_line(&p, questions[i]);
	if (!f->version)
		f->version = xstrdup("");
}
