/* tinycc_bin: the tiny tool chain's files and the tools that handle them: objects, archives, programs, .hex.
 *
 * An object is lines: "tiny object", "source NAME", "text N", "data N", "bss N", "hash FLAGS CODE", then "link …",
 * "gives SYMBOL", "needs SYMBOL". An archive is "tiny archive" and members, each "member NAME LENGTH" and its bytes. A
 * program is "tiny program" and the objects' lines. No line holds a path, so places do not change bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tinycc.h"

static const char object_mark[] = "tiny object\n";
static const char archive_mark[] = "tiny archive\n";
static const char program_mark[] = "tiny program\n";

struct member {
	const char *name, *data;
	size_t len;
};

struct members {
	struct member v[MAX_ITEMS];
	size_t n;
};

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		die("cannot write '%s': %s", path, strerror(errno));
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

void write_object(const struct unit *u, const char *path, const char *source)
{
	FILE *f = fopen(path, "wb");
	if (!f)
		die("cannot write '%s': %s", path, strerror(errno));
	fprintf(f, "%ssource %s\n", object_mark, last_part(source));
	fprintf(f, "text %ld\ndata %ld\nbss %ld\n", u->text_bytes, u->data_bytes, u->bss_bytes);
	fprintf(f, "hash %016llx %016llx\n", (unsigned long long)u->opt->flags,
		(unsigned long long)u->hash);
	long len = ftell(u->notes);
	char *notes = malloc((size_t)len + 1);
	rewind(u->notes);
	if (!notes || fread(notes, 1, (size_t)len, u->notes) != (size_t)len ||
		fwrite(notes, 1, (size_t)len, f) != (size_t)len || fclose(f) != 0)
		die("cannot write '%s': %s", path, strerror(errno));
}

/* Adds a member; one of the same name gives way when `replace`. */
static void add_member(struct members *m, struct member new, bool replace)
{
	for (size_t i = 0; replace && i < m->n; i++) {
		if (strcmp(m->v[i].name, new.name) == 0) {
			m->v[i] = new;
			return;
		}
	}
	if (m->n == MAX_ITEMS)
		die("too many objects");
	m->v[m->n++] = new;
}

static void read_archive(struct members *m, const char *path, const char *text)
{
	const char *p = text + strlen(archive_mark);
	while (*p) {
		const char *end = strchr(p, '\n');
		const char *space = end;
		while (space && space > p && *space != ' ')
			space--;
		if (!end || !starts(p, "member "))
			die("%s: malformed archive", path);
		p += strlen("member ");
		struct member new = {.name = format("%.*s", (int)(space - p), p),
			.data = end + 1,
			.len = (size_t)atol(space)};
		add_member(m, new, false);
		p = new.data + new.len;
	}
}

static void read_objects(struct members *m, const char *tool, const char *path)
{
	size_t len;
	const char *text = slurp(path, &len);
	if (!text) {
		fprintf(stderr, "%s: error: %s: No such file or directory\n", tool, path);
		exit(1);
	}
	if (starts(text, archive_mark))
		read_archive(m, path, text);
	else if (starts(text, object_mark))
		add_member(m, (struct member){.name = last_part(path), .data = text, .len = len},
			false);
	else {
		fprintf(stderr, "%s: file not recognized: file format not recognized\n", path);
		exit(1);
	}
}

/* The next line of an object or NULL; *p moves on. */
static char *next_line(const char **p, const char *end)
{
	if (*p >= end)
		return NULL;
	const char *nl = memchr(*p, '\n', (size_t)(end - *p));
	size_t n = (size_t)((nl ? nl : end) - *p);
	char *line = format("%.*s", (int)n, *p);
	*p += n + 1;
	return line;
}

/* Obeys an object's link directives and collects its symbols and sizes. */
static void link_member(
	struct unit *u, const struct member *m, struct list *gives, struct list *needs, FILE *out)
{
	const char *p = m->data;
	struct place at = {.file = m->name, .line = 1, .column = 1};
	for (char *line; (line = next_line(&p, m->data + m->len)); at.line++) {
		if (starts(line, "text "))
			u->text_bytes += atol(line + 5);
		else if (starts(line, "data "))
			u->data_bytes += atol(line + 5);
		else if (starts(line, "bss "))
			u->bss_bytes += atol(line + 4);
		else if (starts(line, "link "))
			obey(u, line, MODE_LINK, at);
		else if (starts(line, "gives "))
			push(gives, line + 6);
		else if (starts(line, "needs "))
			push(needs, format("%s\t%s", line + 6, m->name));
	}
	fwrite(m->data, 1, m->len, out);
}

static int check_symbols(const struct list *gives, const struct list *needs)
{
	int errors = 0;
	for (size_t i = 0; i < needs->n; i++) {
		char *symbol = format("%s", needs->v[i]);
		char *object = strchr(symbol, '\t');
		*object++ = '\0';
		if (has(gives, symbol))
			continue;
		fprintf(stderr, "%s: undefined reference to `%s'\n", object, symbol);
		errors++;
	}
	return errors;
}

int link_objects(const struct options *opt)
{
	static struct members members;
	static struct list gives, needs;
	char *objects, *text;
	size_t objects_len, len;
	struct unit u = {.opt = opt, .notes = tmpfile()};

	for (size_t i = 0; i < opt->inputs.n; i++)
		read_objects(&members, opt->tool, opt->inputs.v[i]);
	FILE *out = open_memstream(&objects, &objects_len);
	if (!out || !u.notes)
		die("out of memory");
	for (size_t i = 0; i < members.n; i++)
		link_member(&u, &members.v[i], &gives, &needs, out);
	fclose(out);
	if (u.errors + check_symbols(&gives, &needs) > 0) {
		fprintf(stderr, "collect2: error: ld returned 1 exit status\n");
		return 1;
	}
	out = open_memstream(&text, &len);
	if (!out)
		die("out of memory");
	fprintf(out, "%ssize %ld %ld %ld\n", program_mark, u.text_bytes, u.data_bytes, u.bss_bytes);
	fwrite(objects, 1, objects_len, out);
	fclose(out);
	write_file(opt->output ? opt->output : "a.out", text, len);
	return 0;
}

int run_ar(int argc, char **argv)
{
	static struct members members;
	if (argc < 3)
		die("usage: %s rcs ARCHIVE OBJECT…", argv[0]);
	log_start("ar", argv[2]);
	const char *old = slurp(argv[2], NULL);
	if (old && starts(old, archive_mark))
		read_archive(&members, argv[2], old);
	for (int i = 3; i < argc; i++) {
		struct member new = {.name = last_part(argv[i])};
		new.data = slurp(argv[i], &new.len);
		if (!new.data) {
			fprintf(stderr, "%s: %s: No such file or directory\n", last_part(argv[0]),
				argv[i]);
			return 1;
		}
		add_member(&members, new, true);
	}
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		die("out of memory");
	fputs(archive_mark, out);
	for (size_t i = 0; i < members.n; i++) {
		fprintf(out, "member %s %zu\n", members.v[i].name, members.v[i].len);
		fwrite(members.v[i].data, 1, members.v[i].len, out);
	}
	fclose(out);
	write_file(argv[2], text, len);
	return 0;
}

static const char *read_program(const char *path, size_t *len)
{
	const char *text = slurp(path, len);
	if (!text || !starts(text, program_mark)) {
		fprintf(stderr, "'%s': %s\n", path, text ? "not a program" : "No such file");
		exit(1);
	}
	return text;
}

static void print_ihex(FILE *f, const char *data, size_t len)
{
	for (size_t at = 0; at < len; at += 16) {
		unsigned n = len - at < 16 ? (unsigned)(len - at) : 16;
		unsigned sum = n + (unsigned)(at >> 8 & 255) + (unsigned)(at & 255);
		fprintf(f, ":%02X%04X00", n, (unsigned)(at & 0xffff));
		for (size_t i = 0; i < n; i++) {
			unsigned byte = (unsigned char)data[at + i];
			sum += byte;
			fprintf(f, "%02X", byte);
		}
		fprintf(f, "%02X\r\n", -sum & 255);
	}
	fputs(":00000001FF\r\n", f);
}

/* objcopy -O ihex|binary [-j .eeprom …] IN OUT */
int run_objcopy(int argc, char **argv)
{
	bool binary = false, eeprom = false;
	if (argc < 3)
		die("usage: %s -O FORMAT IN OUT", argv[0]);
	log_start("objcopy", argv[argc - 1]);
	for (int i = 1; i < argc - 2; i++) {
		binary = binary || strcmp(argv[i], "binary") == 0;
		eeprom = eeprom || (strcmp(argv[i], "-j") == 0 && starts(argv[i + 1], ".eeprom"));
	}
	size_t len;
	const char *data = read_program(argv[argc - 2], &len);
	FILE *f = fopen(argv[argc - 1], "wb");
	if (!f)
		die("cannot write '%s': %s", argv[argc - 1], strerror(errno));
	if (binary)
		fwrite(data, 1, eeprom ? 0 : len, f);
	else
		print_ihex(f, data, eeprom ? 0 : len);
	return fclose(f) == 0 ? 0 : 1;
}

int run_size(int argc, char **argv)
{
	if (argc < 2)
		die("usage: %s -A PROGRAM", argv[0]);
	const char *path = argv[argc - 1];
	log_start("size", path);
	size_t len;
	const char *text = read_program(path, &len);
	long size[3];
	if (sscanf(text + strlen(program_mark), "size %ld %ld %ld", &size[0], &size[1], &size[2]) !=
		3)
		die("'%s': no sizes", path);
	printf("%s  :\nsection     size      addr\n", path);
	printf(".data %11ld   8388864\n.text %11ld         0\n.bss %12ld   8388864\n", size[1],
		size[0], size[2]);
	printf("Total %11ld\n", size[0] + size[1] + size[2]);
	return 0;
}
