/* main: runs every file of a corpus through a fuzz target once, as part of 'make check'.
 *
 * The corpus is $srcdir/fuzz/corpus/NAME for a program called check_NAME, or the files and directories
 * given as arguments. One TAP line per file: a target fails by crashing, so the name is printed first.
 * It makes no new inputs; that is libFuzzer's work.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int tests;

static void die(const char *path)
{
	perror(path);
	exit(99);
}

static void run_bytes(const uint8_t *data, size_t size, const char *name)
{
	printf("# %s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	printf("ok %d - %s\n", ++tests, name);
}

static void run_file(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	if (!f || fstat(fileno(f), &st) < 0)
		die(path);
	/* The exact size, so that a sanitizer sees a read of one byte too many. */
	uint8_t *data = malloc((size_t)st.st_size + !st.st_size);
	if (!data || fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		die(path);
	fclose(f);
	const char *name = strrchr(path, '/');
	run_bytes(data, (size_t)st.st_size, name ? name + 1 : path);
	free(data);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void run_path(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		die(path);
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	struct dirent **list;
	int n = scandir(path, &list, visible, alphasort);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		char *file;
		if (asprintf(&file, "%s/%s", path, list[i]->d_name) < 0)
			die(path);
		run_path(file);
		free(file);
		free(list[i]);
	}
	free(list);
}

static char *default_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir");
	const char *base = strrchr(program, '/');
	base = base ? base + 1 : program;
	const char *name = strstr(base, "check_");
	char *path;
	if (asprintf(&path, "%s/fuzz/corpus/%s", srcdir ? srcdir : ".",
		    name ? name + strlen("check_") : base) < 0)
		die(program);
	return path;
}

int main(int argc, char **argv)
{
	run_bytes((const uint8_t *)"", 0, "empty input");
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			run_path(argv[i]);
	} else {
		char *corpus = default_corpus(argv[0]);
		run_path(corpus);
		free(corpus);
	}
	printf("1..%d\n", tests);
	return 0;
}
