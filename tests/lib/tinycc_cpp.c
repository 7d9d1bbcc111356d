/* tinycc_cpp: reads a source and what it includes: #include, #define, conditionals, #line, #pragma once, #error. Macros count
 * in conditions and computed includes only; they are not expanded in the text. Messages look like gcc's. What is left out
 * for good: line splices in code, raw strings, function-like macros' bodies.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "tinycc.h"

enum { MAX_NESTED_IFS = 64 };

struct macro {
	const char *name, *text;
	struct macro *next;
};

struct condition {
	bool outer; /* the text around it counts */
	bool active, taken;
};

/* A file being read; `from` is the one that includes it. */
struct file {
	const char *path; /* where it is */
	const char *shown; /* what #line says */
	int line;
	bool system;
	bool in_comment;
	const struct file *from;
	struct condition ifs[MAX_NESTED_IFS];
	int n_ifs;
};

struct cpp {
	struct unit *u;
	struct macro *macros;
	struct list once;
	struct file *file;
	int depth;
};

struct found {
	const char *path;
	bool system;
};

static void read_file(struct cpp *c, const char *path, bool system, const char *text);

static const char *macro_text(void *ctx, const char *name)
{
	const struct cpp *c = ctx;
	for (const struct macro *m = c->macros; m; m = m->next)
		if (strcmp(m->name, name) == 0)
			return m->text;
	return NULL;
}

static void define(struct cpp *c, const char *name, const char *text)
{
	struct macro *m = malloc(sizeof(*m));
	if (!m)
		die("out of memory");
	*m = (struct macro){.name = name, .text = text, .next = c->macros};
	c->macros = m;
}

/* A definition by -D (NAME or NAME=TEXT) or by a #define line (NAME TEXT). */
static void define_line(struct cpp *c, const char *line)
{
	size_t n = 0;
	while (isalnum((unsigned char)line[n]) || line[n] == '_')
		n++;
	const char *text = line + n;
	if (*text == '(')
		text = "0";
	else if (*text == '=')
		text++;
	else
		text = *text ? text + strspn(text, " \t") : "";
	define(c, format("%.*s", (int)n, line), text);
}

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static bool find_in(const struct list *dirs, const char *name, const char * not, struct found *out)
{
	for (size_t i = 0; i < dirs->n; i++) {
		char *path = format("%s/%s", dirs->v[i], name);
		if (is_file(path) && (!not || strcmp(path, not ) != 0)) {
			out->path = path;
			return true;
		}
	}
	return false;
}

/* `next`: an #include_next, which never finds the file that says it. */
static bool find_header(
	const struct cpp *c, const char *name, bool quoted, bool next, struct found *out)
{
	const struct options *opt = c->u->opt;
	const char *not = next ? c->file->path : NULL;
	*out = (struct found){.path = name, .system = c->file->system};
	if (name[0] == '/')
		return is_file(name);
	if (quoted && !next) {
		size_t dir = (size_t)(last_part(c->file->path) - c->file->path);
		out->path = format("%.*s%s", (int)dir, c->file->path, name);
		if (is_file(out->path))
			return true;
	}
	if (quoted && find_in(&opt->quote_dirs, name, not, out))
		return true;
	if (find_in(&opt->dirs, name, not, out))
		return true;
	out->system = true;
	return find_in(&opt->system_dirs, name, not, out);
}

static bool header_exists(void *ctx, const char *name, bool quoted)
{
	struct found f;
	return find_header(ctx, name, quoted, false, &f);
}

static void print_stack(const struct cpp *c)
{
	const char *lead = "In file included from";
	for (const struct file *f = c->file->from; f; f = f->from) {
		fprintf(stderr, "%s %s:%d%s\n", lead, f->shown, f->line, f->from ? "," : ":");
		lead = "                 from";
	}
}

static void missing(const struct cpp *c, const char *name, const char *line)
{
	size_t column = strcspn(line, "\"<");
	print_stack(c);
	fprintf(stderr, "%s:%d:%zu: fatal error: %s: No such file or directory\n", c->file->shown,
		c->file->line, column + 1, name);
	fprintf(stderr, "%5d | %s\n      | %*s^", c->file->line, line, (int)column, "");
	for (size_t i = 0; i < strlen(name) + 1; i++)
		fputc('~', stderr);
	fputs("\ncompilation terminated.\n", stderr);
	exit(1);
}

static bool active(const struct file *f)
{
	return f->n_ifs == 0 || f->ifs[f->n_ifs - 1].active;
}

static void marker(const struct cpp *c, int line, const char *flag)
{
	fprintf(c->u->text, "# %d \"", line);
	for (const char *p = c->file->shown; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', c->u->text);
		fputc(*p, c->u->text);
	}
	fprintf(c->u->text, "\"%s\n", flag);
}

static void include_path(struct cpp *c, const struct found *f)
{
	const struct options *opt = c->u->opt;
	if (has(&c->once, f->path))
		return;
	char *text = slurp(f->path, NULL);
	if (!text)
		die("cannot read '%s'", f->path);
	bool hidden = f->system && opt->deps_without_system;
	if (!hidden && !has(&c->u->deps, f->path))
		push(&c->u->deps, f->path);
	read_file(c, f->path, f->system, text);
	if (c->file)
		marker(c, c->file->line + 1, " 2");
}

static void include_line(struct cpp *c, const char *rest, bool next, const char *line)
{
	for (int i = 0; i < 10 && rest[0] != '"' && rest[0] != '<'; i++) {
		const char *text = macro_text(c, format("%.*s", (int)strcspn(rest, " \t/"), rest));
		if (!text)
			break;
		rest = text;
	}
	bool quoted = rest[0] == '"';
	if (!quoted && rest[0] != '<')
		die("%s:%d: #include expects \"FILENAME\" or <FILENAME>", c->file->shown,
			c->file->line);
	size_t n = strcspn(rest + 1, quoted ? "\"" : ">");
	char *name = format("%.*s", (int)n, rest + 1);
	struct found f;
	if (find_header(c, name, quoted, next, &f)) {
		include_path(c, &f);
		return;
	}
	if (c->u->opt->mode != MODE_DEPS || !c->u->opt->missing_is_generated)
		missing(c, name, line);
	if (!has(&c->u->deps, name))
		push(&c->u->deps, name);
}

static void open_if(struct file *f, bool value)
{
	if (f->n_ifs == MAX_NESTED_IFS)
		die("%s:%d: too many nested conditions", f->shown, f->line);
	bool outer = active(f);
	bool on = outer && value;
	f->ifs[f->n_ifs++] = (struct condition){.outer = outer, .active = on, .taken = on};
}

static bool condition(struct cpp *c, const char *text)
{
	struct lookup look = {.macro = macro_text, .header = header_exists, .ctx = c};
	return if_value(text, &look) != 0;
}

static void else_branch(struct cpp *c, const char *text, bool has_condition)
{
	struct file *f = c->file;
	if (f->n_ifs == 0)
		die("%s:%d: #else or #elif without #if", f->shown, f->line);
	struct condition *k = &f->ifs[f->n_ifs - 1];
	k->active = k->outer && !k->taken && (!has_condition || condition(c, text));
	k->taken = k->taken || k->active;
}

/* Handles the lines that open and close conditions; false for any other. */
static bool conditional(struct cpp *c, const char *name, const char *rest)
{
	struct file *f = c->file;
	if (strcmp(name, "ifdef") == 0 || strcmp(name, "ifndef") == 0) {
		size_t n = strcspn(rest, " \t/");
		bool defined = macro_text(c, format("%.*s", (int)n, rest)) != NULL;
		open_if(f, defined == (name[2] == 'd'));
	} else if (strcmp(name, "if") == 0) {
		open_if(f, active(f) && condition(c, rest));
	} else if (strcmp(name, "elif") == 0) {
		else_branch(c, rest, true);
	} else if (strcmp(name, "else") == 0) {
		else_branch(c, rest, false);
	} else if (strcmp(name, "endif") == 0) {
		if (f->n_ifs == 0)
			die("%s:%d: #endif without #if", f->shown, f->line);
		f->n_ifs--;
	} else {
		return false;
	}
	return true;
}

static void line_line(struct cpp *c, const char *rest)
{
	char *end;
	c->file->line = (int)strtol(rest, &end, 10) - 1;
	end += strspn(end, " \t");
	if (*end == '"') {
		char *name = format("%s", end + 1);
		char *to = name;
		for (const char *p = name; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			*to++ = *p;
		}
		*to = '\0';
		c->file->shown = name;
	}
	marker(c, c->file->line + 1, "");
}

static void undefine(struct cpp *c, const char *name)
{
	for (struct macro **m = &c->macros; *m;) {
		if (strcmp((*m)->name, name) == 0)
			*m = (*m)->next;
		else
			m = &(*m)->next;
	}
}

static void command(struct cpp *c, const char *code, const char *line)
{
	code += strspn(code, " \t");
	size_t n = strspn(code, "abcdefghijklmnopqrstuvwxyz_");
	const char *name = format("%.*s", (int)n, code);
	const char *rest = code + n + strspn(code + n, " \t");
	if (conditional(c, name, rest) || !active(c->file))
		return;
	if (strcmp(name, "include") == 0 || strcmp(name, "include_next") == 0)
		include_line(c, rest, name[strlen("include")] != '\0', line);
	else if (strcmp(name, "define") == 0)
		define_line(c, rest);
	else if (strcmp(name, "undef") == 0)
		undefine(c, format("%.*s", (int)strcspn(rest, " \t"), rest));
	else if (strcmp(name, "line") == 0)
		line_line(c, rest);
	else if (strcmp(name, "pragma") == 0 && strncmp(rest, "once", 4) == 0)
		push(&c->once, c->file->path);
	else if (strcmp(name, "error") == 0) {
		print_stack(c);
		fprintf(stderr, "%s:%d:2: error: #error %s\n", c->file->shown, c->file->line, rest);
		c->u->errors++;
	}
}

static void directive(struct cpp *c, const char *comment, int column)
{
	comment += strspn(comment, " \t");
	if (strncmp(comment, "tiny:", 5) != 0 || !active(c->file) || c->u->opt->mode == MODE_DEPS)
		return;
	struct place at = {.file = c->file->shown, .line = c->file->line, .column = column};
	comment += 5;
	obey(c->u, comment + strspn(comment, " \t"), c->u->opt->mode, at);
}

/* Copies a quoted text to `out` and returns its end. */
static const char *copy_quoted(const char *p, char **out)
{
	char quote = *p;
	*(*out)++ = *p++;
	while (*p && *p != quote) {
		if (*p == '\\' && p[1])
			*(*out)++ = *p++;
		*(*out)++ = *p++;
	}
	if (*p)
		*(*out)++ = *p++;
	return p;
}

/* The line without its comments; a line comment is offered as directive. */
static char *strip_comments(struct cpp *c, const char *line)
{
	char *code = malloc(strlen(line) + 2);
	if (!code)
		die("out of memory");
	char *to = code;
	for (const char *p = line; *p;) {
		if (c->file->in_comment) {
			const char *end = strstr(p, "*/");
			c->file->in_comment = !end;
			p = end ? end + 2 : p + strlen(p);
			*to++ = ' ';
		} else if (p[0] == '/' && p[1] == '/') {
			directive(c, p + 2, (int)(p - line) + 1);
			break;
		} else if (p[0] == '/' && p[1] == '*') {
			c->file->in_comment = true;
			p += 2;
		} else if (*p == '"' || *p == '\'') {
			p = copy_quoted(p, &to);
		} else {
			*to++ = *p++;
		}
	}
	while (to > code && isspace((unsigned char)to[-1]))
		to--;
	*to = '\0';
	return code;
}

static void hash_code(struct unit *u, const char *code, const struct file *f)
{
	u->hash = hash_bytes(u->hash, code, strlen(code) + 1);
	if (strstr(code, "__FILE__"))
		u->hash = hash_bytes(u->hash, f->shown, strlen(f->shown));
	if (strstr(code, "__LINE__"))
		u->hash = hash_bytes(u->hash, &f->line, sizeof(f->line));
	if (strstr(code, "__DATE__") || strstr(code, "__TIME__")) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		u->hash = hash_bytes(u->hash, &now.tv_sec, sizeof(now.tv_sec));
		u->hash = hash_bytes(u->hash, &now.tv_nsec, sizeof(now.tv_nsec));
	}
}

static void read_line(struct cpp *c, const char *line)
{
	bool was_in_comment = c->file->in_comment;
	const char *code = strip_comments(c, line);
	const char *start = code + strspn(code, " \t");
	if (*start == '#' && !was_in_comment) {
		fputc('\n', c->u->text);
		command(c, start + 1, line);
		return;
	}
	if (active(c->file)) {
		if (*start)
			hash_code(c->u, start, c->file);
		fputs(c->u->opt->keep_comments ? line : code, c->u->text);
	}
	fputc('\n', c->u->text);
}

/* Reads `text` as the file `path`; splices end in lines that begin with '#' only. */
static void read_file(struct cpp *c, const char *path, bool system, const char *text)
{
	struct file f = {.path = path, .shown = path, .system = system, .from = c->file};
	if (++c->depth > MAX_DEPTH)
		die("%s: #include nested too deeply", path);
	c->file = &f;
	marker(c, 1, f.from ? " 1" : "");
	while (*text) {
		size_t n = strcspn(text, "\n");
		const char *next = text[n] ? text + n + 1 : text + n;
		char *line = format("%.*s", (int)(n && text[n - 1] == '\r' ? n - 1 : n), text);
		int spliced = 0;
		while (line[strspn(line, " \t")] == '#' && line[0] &&
			line[strlen(line) - 1] == '\\' && *next) {
			n = strcspn(next, "\n");
			line = format("%.*s%.*s", (int)strlen(line) - 1, line, (int)n, next);
			next = next[n] ? next + n + 1 : next + n;
			spliced++;
		}
		for (int i = 0; i < spliced; i++)
			fputc('\n', c->u->text);
		f.line += 1 + spliced;
		read_line(c, line);
		text = next;
	}
	if (f.n_ifs > 0)
		die("%s: unterminated #if", path);
	c->file = (struct file *)f.from;
	c->depth--;
}

static void predefine(struct cpp *c)
{
	const struct list *d = &c->u->opt->defines;
	define(c, "__TINY__", "1");
	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i][0] == '-')
			undefine(c, d->v[i] + 1);
		else
			define_line(c, strchr(d->v[i], '=') ? d->v[i] : format("%s=1", d->v[i]));
	}
}

void preprocess(struct unit *u, const char *source)
{
	struct cpp c = {.u = u};
	const struct list *forced = &u->opt->forced;
	char *text = slurp(strcmp(source, "-") == 0 ? "/dev/stdin" : source, NULL);
	if (!text) {
		fprintf(stderr,
			"%s: error: %s: No such file or directory\n%s: fatal error: no input "
			"files\n"
			"compilation terminated.\n",
			u->opt->tool, source, u->opt->tool);
		exit(1);
	}
	push(&u->deps, source);
	predefine(&c);
	if (forced->n > 0) {
		FILE *lines;
		char *p;
		size_t n;
		lines = open_memstream(&p, &n);
		for (size_t i = 0; lines && i < forced->n; i++)
			fprintf(lines, "#include \"%s\"\n", forced->v[i]);
		if (!lines || fclose(lines) != 0)
			die("out of memory");
		read_file(&c, "<command-line>", false, p);
	}
	read_file(&c, source, false, text);
}
