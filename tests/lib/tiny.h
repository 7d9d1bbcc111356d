/* tiny: the tiny platform for C tests: a private copy of it, and how often its tools were started. Needs the environment
 * that 'make check' gives ($srcdir, $builddir).
 */
#ifndef TESTS_LIB_TINY_H
#define TESTS_LIB_TINY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Installs the platform in `dir`: dir/hardware, dir/libraries, dir/starts. Ends the program when it can't. */
static inline void tiny_install(const char *dir)
{
	const char *srcdir = getenv("srcdir"), *builddir = getenv("builddir");
	char command[8192];
	if (!srcdir || !builddir) {
		printf("Bail out! srcdir and builddir must be set\n");
		exit(99);
	}
	snprintf(command, sizeof(command), "'%s/tests/lib/tiny-install' '%s' '%s/tests/lib/tinycc'",
		srcdir, dir, builddir);
	if (system(command) != 0) {
		printf("Bail out! cannot install the tiny platform\n");
		exit(99);
	}
}

/* How often a tool was started as `role` (compile, preproc, deps, link, ar, objcopy, size, ask) on a file whose name has
 * `part` in it; NULL is any. */
static inline int tiny_starts(const char *dir, const char *role, const char *part)
{
	char path[8192], line[8192];
	int n = 0;
	snprintf(path, sizeof(path), "%s/starts", dir);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *file = strchr(line, '\t');
		char *pid = file ? strchr(file + 1, '\t') : NULL;
		if (!pid)
			continue;
		*file++ = '\0';
		*pid = '\0';
		n += (!role || strcmp(role, line) == 0) && (!part || strstr(file, part));
	}
	if (f)
		fclose(f);
	return n;
}

/* Forgets the starts so far. */
static inline void tiny_forget(const char *dir)
{
	char path[8192];
	snprintf(path, sizeof(path), "%s/starts", dir);
	FILE *f = fopen(path, "w");
	if (f)
		fclose(f);
}

#endif
