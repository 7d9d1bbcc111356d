/* lstat_floor: the least a no-op run can do: read every result's `done`, and lstat each file that their `deps` name, once.
 * usage: lstat_floor OUT/current
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS (1u << 16)

struct seen {
	char *path;
	struct seen *next;
};

static struct seen *table[BUCKETS];
static unsigned long files, results;

static char *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	char *text = malloc((size_t)st.st_size + 1);
	ssize_t n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n < 0)
		n = 0;
	text[n] = '\0';
	*len = (size_t)n;
	return text;
}

static void look(char *path)
{
	unsigned h = 5381;
	struct stat st;
	for (const char *p = path; *p; p++)
		h = h * 33 + (unsigned char)*p;
	for (struct seen *s = table[h % BUCKETS]; s; s = s->next)
		if (!strcmp(s->path, path))
			return;
	struct seen *s = malloc(sizeof *s);
	s->path = path;
	s->next = table[h % BUCKETS];
	table[h % BUCKETS] = s;
	if (lstat(path, &st) == 0)
		files++;
}

/* Rows "root\tpath\tdigest". */
static void look_at_rows(char *text)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		char *path = strchr(line, '\t'), *end;
		if (!path || path[1] != '/' || !(end = strchr(path + 1, '\t')))
			continue;
		*end = '\0';
		look(path + 1);
	}
}

static void result(const char *dir)
{
	char path[4096];
	size_t len;
	snprintf(path, sizeof path, "%s/done", dir);
	if (!slurp(path, &len))
		return;
	results++;
	snprintf(path, sizeof path, "%s/deps", dir);
	char *deps = slurp(path, &len);
	if (deps)
		look_at_rows(deps);
}

static void each(const char *dir, void (*fn)(const char *))
{
	DIR *d = opendir(dir);
	char path[4096];
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		fn(path);
	}
	if (d)
		closedir(d);
}

static void board(const char *dir)
{
	each(dir, result);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: lstat_floor OUT/current\n", stderr);
		return 2;
	}
	each(argv[1], board);
	printf("%lu results, %lu files\n", results, files);
	return results ? 0 : 1;
}
