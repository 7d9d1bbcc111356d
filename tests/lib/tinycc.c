/* tinycc: see tinycc.h. By the name it is called with: …ar, …objcopy, …size, and the compiler for any other.
 *
 * Every start is one line, "ROLE<tab>FILE<tab>PID", in the file that TINY_LOG names, or that the first line of a file
 * tiny.log-path beside the program names; and in the file tiny.starts of the home directory, where there is one. Tests count them. Questions (-dumpversion, -print-…) it does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tinycc.h"

static const uint64_t hash_start = 14695981039346656037U;

void push(struct list *l, const char *s)
{
	if (l->n == MAX_ITEMS)
		die("too many of something: '%s'", s);
	l->v[l->n++] = s;
}

bool has(const struct list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *s;
	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	return s;
}

void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("tinycc: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

char *slurp(const char *path, size_t *len)
{
	char *text, part[8192];
	size_t n, size;
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	FILE *out = open_memstream(&text, &size);
	while (out && (n = fread(part, 1, sizeof(part), f)) > 0)
		fwrite(part, 1, n, out);
	if (!out || fclose(out) != 0 || ferror(f))
		die("cannot read '%s'", path);
	fclose(f);
	if (len)
		*len = size;
	return text;
}

const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211U;
	return h;
}

static const char *log_path(void)
{
	char self[PATH_MAX];
	const char *path = getenv("TINY_LOG");
	if (path && *path)
		return path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return NULL;
	self[n] = '\0';
	int dir = (int)(last_part(self) - self);
	char *text = slurp(format("%.*stiny.log-path", dir, self), NULL);
	if (!text)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void log_to(const char *path, int flags, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666);
	size_t len = strlen(line);
	if (fd < 0 && !flags)
		return;
	if (fd < 0 || write(fd, line, len) != (ssize_t)len)
		die("cannot write the log '%s'", path);
	close(fd);
}

void log_start(const char *role, const char *what)
{
	const char *path = log_path(), *home = getenv("HOME");
	char *line = format("%s\t%s\t%ld\n", role, what, (long)getpid());
	if (path)
		log_to(path, O_CREAT, line);
	if (home)
		log_to(format("%s/tiny.starts", home), 0, line);
}

/* One write per unit of words: NULL separates. */
static void hash_flag(struct options *o, const char *flag)
{
	o->flags = hash_bytes(o->flags, flag, strlen(flag) + 1);
}

static const struct valued {
	const char *name;
	bool joined; /* the value may stand in the same word */
	bool counts; /* for the object */
} valued[] = {
	{"-o", true, false},
	{"-I", true, false},
	{"-D", true, true},
	{"-U", true, true},
	{"-L", true, false},
	{"-x", true, true},
	{"-include", false, true},
	{"-iquote", false, false},
	{"-isystem", false, false},
	{"-MF", true, false},
	{"-MT", true, false},
	{"-MQ", true, false},
};

static void set_valued(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "-o") == 0)
		o->output = value;
	else if (strcmp(name, "-I") == 0)
		push(&o->dirs, value);
	else if (strcmp(name, "-D") == 0)
		push(&o->defines, value);
	else if (strcmp(name, "-U") == 0)
		push(&o->defines, format("-%s", value));
	else if (strcmp(name, "-include") == 0)
		push(&o->forced, value);
	else if (strcmp(name, "-iquote") == 0)
		push(&o->quote_dirs, value);
	else if (strcmp(name, "-isystem") == 0)
		push(&o->system_dirs, value);
	else if (strcmp(name, "-MF") == 0)
		o->deps_file = value;
	else if (name[1] == 'M')
		o->deps_target = value, o->quote_target = name[2] == 'Q';
}

/* Takes an option with a value; returns how many words it had, 0 when it is none of them. */
static int take_valued(struct options *o, char **argv)
{
	for (size_t i = 0; i < sizeof(valued) / sizeof(*valued); i++) {
		const struct valued *v = &valued[i];
		size_t n = strlen(v->name);
		bool alone = strcmp(argv[0], v->name) == 0;
		if (!alone && !(v->joined && strncmp(argv[0], v->name, n) == 0))
			continue;
		const char *value = alone ? argv[1] : argv[0] + n;
		if (!value)
			die("missing argument to '%s'", v->name);
		set_valued(o, v->name, value);
		if (v->counts)
			hash_flag(o, format("%s%s", v->name, value));
		return alone ? 2 : 1;
	}
	return 0;
}

/* Options that change what is done, not what an object holds. */
static bool take_switch(struct options *o, const char *arg)
{
	if (strcmp(arg, "-c") == 0)
		o->mode = o->mode == MODE_LINK ? MODE_COMPILE : o->mode;
	else if (strcmp(arg, "-E") == 0)
		o->mode = MODE_PREPROCESS;
	else if (strcmp(arg, "-M") == 0 || strcmp(arg, "-MM") == 0)
		o->mode = MODE_DEPS, o->deps_without_system = arg[2] != '\0';
	else if (strcmp(arg, "-MD") == 0 || strcmp(arg, "-MMD") == 0)
		o->write_deps = true, o->deps_without_system = arg[2] == 'M';
	else if (strcmp(arg, "-MG") == 0)
		o->missing_is_generated = true;
	else if (strcmp(arg, "-MP") == 0)
		o->phony = true;
	else if (strcmp(arg, "-C") == 0 || strcmp(arg, "-CC") == 0)
		o->keep_comments = true;
	else if (strcmp(arg, "-w") == 0)
		o->no_warnings = true;
	else if (strcmp(arg, "-Werror") == 0)
		o->warnings_are_errors = true;
	else
		return strncmp(arg, "-W", 2) == 0 || strncmp(arg, "-l", 2) == 0 ||
		       strstr(arg, "-prefix-map=");
	return true;
}

static bool is_question(const char *arg)
{
	return strncmp(arg, "-dump", 5) == 0 || strncmp(arg, "-print-", 7) == 0 ||
	       strncmp(arg, "--", 2) == 0 || strcmp(arg, "-v") == 0 || strcmp(arg, "-###") == 0;
}

static void parse(struct options *o, char **argv);

/* An @file's words: separated by white space, quotes of either kind, backslash. */
static void parse_file(struct options *o, const char *path)
{
	char *text = slurp(path, NULL);
	char **words = calloc(MAX_ITEMS + 1, sizeof(*words));
	size_t n = 0;
	if (!text || !words)
		die("cannot read '@%s'", path);
	for (char *p = text; n < MAX_ITEMS;) {
		p += strspn(p, " \t\r\n");
		if (!*p)
			break;
		char *to = p, quote = '\0';
		words[n++] = to;
		for (; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
			if (*p == quote)
				quote = '\0';
			else if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else
				*to++ = *p == '\\' && p[1] ? *++p : *p;
		}
		bool more = *p != '\0';
		*to = '\0';
		p += more;
	}
	parse(o, words);
}

static void parse(struct options *o, char **argv)
{
	while (*argv) {
		int taken = take_valued(o, argv);
		if (taken == 0) {
			const char *arg = *argv;
			if (arg[0] == '@')
				parse_file(o, arg + 1);
			else if (arg[0] != '-' || !arg[1])
				push(&o->inputs, arg);
			else if (is_question(arg)) {
				log_start("ask", arg);
				die("no answer to '%s'", arg);
			} else if (!take_switch(o, arg))
				hash_flag(o, arg);
			taken = 1;
		}
		argv += taken;
	}
}

/* `path` with its last part's suffix replaced; without its directory when `here`. */
static char *with_suffix(const char *path, const char *suffix, bool here)
{
	const char *name = last_part(path);
	const char *dot = strrchr(name, '.');
	const char *from = here ? name : path;
	size_t n = (size_t)((dot && dot > name ? dot : name + strlen(name)) - from);
	return format("%.*s%s", (int)n, from, suffix);
}

static void put_name(FILE *f, const char *name)
{
	for (; *name; name++) {
		if (*name == ' ' || *name == '#')
			fputc('\\', f);
		else if (*name == '$')
			fputc('$', f);
		fputc(*name, f);
	}
}

static void print_deps(const struct unit *u, FILE *f, const char *object)
{
	const char *target = u->opt->deps_target;
	if (target && !u->opt->quote_target)
		fputs(target, f);
	else
		put_name(f, target ? target : object);
	fputc(':', f);
	for (size_t i = 0; i < u->deps.n; i++) {
		fputs(i ? " \\\n  " : " ", f);
		put_name(f, u->deps.v[i]);
	}
	fputc('\n', f);
	for (size_t i = 1; u->opt->phony && i < u->deps.n; i++) {
		put_name(f, u->deps.v[i]);
		fputs(":\n", f);
	}
}

static void write_deps(const struct unit *u, const char *source, const char *object)
{
	const struct options *o = u->opt;
	const char *path = o->deps_file;
	if (!path)
		path = o->output ? with_suffix(o->output, ".d", false)
				 : with_suffix(source, ".d", true);
	FILE *f = fopen(path, "w");
	if (!f)
		die("cannot write '%s': %s", path, strerror(errno));
	print_deps(u, f, object);
	if (fclose(f) != 0)
		die("cannot write '%s': %s", path, strerror(errno));
}

static void write_result(struct unit *u, const char *source, const char *text, size_t len)
{
	const struct options *o = u->opt;
	const char *object = o->output ? o->output : with_suffix(source, ".o", true);
	if (o->write_deps)
		write_deps(u, source, object);
	if (o->mode == MODE_COMPILE) {
		write_object(u, object, source);
		return;
	}
	const char *path = o->mode == MODE_DEPS && o->deps_file ? o->deps_file : o->output;
	FILE *f = path ? fopen(path, "w") : stdout;
	if (!f)
		die("cannot write '%s': %s", path, strerror(errno));
	if (o->mode == MODE_DEPS)
		print_deps(u, f, with_suffix(source, ".o", true));
	else
		fwrite(text, 1, len, f);
	if (fflush(f) != 0)
		die("cannot write '%s': %s", path ? path : "standard output", strerror(errno));
}

static int compile(const struct options *o)
{
	static const char *const roles[] = {"link", "compile", "preproc", "deps"};
	static struct unit u;
	char *text;
	size_t len;
	if (o->inputs.n != 1)
		die("wants one source, got %zu", o->inputs.n);
	const char *source = o->inputs.v[0];
	log_start(roles[o->mode], source);
	u = (struct unit){.opt = o, .hash = hash_start, .text_bytes = 100};
	u.text = open_memstream(&text, &len);
	u.notes = tmpfile();
	if (!u.text || !u.notes)
		die("out of memory");
	preprocess(&u, source);
	fclose(u.text);
	if (u.errors > 0)
		return 1;
	write_result(&u, source, text, len);
	return 0;
}

static int run_compiler(char **argv)
{
	static struct options o;
	char self[PATH_MAX];
	o.tool = last_part(argv[0]);
	o.flags = hash_start;
	parse(&o, argv + 1);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0)
		push(&o.system_dirs, format("%.*s../include", (int)(last_part(self) - self), self));
	if (o.inputs.n == 0) {
		fprintf(stderr, "%s: fatal error: no input files\ncompilation terminated.\n",
			o.tool);
		return 1;
	}
	if (o.mode != MODE_LINK)
		return compile(&o);
	log_start("link", o.output ? o.output : "a.out");
	return link_objects(&o);
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);
	return n >= k && strcmp(s + n - k, with) == 0;
}

int main(int argc, char **argv)
{
	if (ends(argv[0], "-ar"))
		return run_ar(argc, argv);
	if (ends(argv[0], "-objcopy"))
		return run_objcopy(argc, argv);
	if (ends(argv[0], "-size"))
		return run_size(argc, argv);
	return run_compiler(argv);
}
