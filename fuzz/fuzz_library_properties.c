/* fuzz_library_properties: a library whose library.properties is the input, loaded, indexed and resolved. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The library's directory; made at the first call, removed at the end. */
static char dir[256];

static void remove_dir(void)
{
	fs_remove_tree(dir, NULL);
}

static void make_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/boardman-fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		exit(99);
	atexit(remove_dir);
	char *header = path_join(dir, "Some_Header.h");
	if (fs_write(header, "", 0, NULL) < 0)
		exit(99);
	free(header);
	log_set_level(LOG_LEVEL_ERROR);
}

static void check(struct libraries *ls)
{
	const struct library **losers;
	size_t n;
	const struct library *l = libraries_resolve(ls, "Some_Header.h", &losers, &n);
	assert(l && n == 0 && !losers);
	assert(*l->name && l->version && l->ldflags && l->architectures.n);
	assert(l->precompiled || !l->precompiled_full);
	assert(libraries_by_name(ls, l->name) == l);
	for (size_t i = 0; i < l->architectures.n; i++)
		assert(*l->architectures.v[i]);
	for (size_t i = 0; i < l->depends.n; i++)
		libraries_by_name(ls, l->depends.v[i]);
	assert(library_sources(ls, l, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct strv given = STRV_INIT;
	if (!*dir)
		make_dir();
	char *path = path_join(dir, "library.properties");
	if (fs_write(path, data, size, NULL) < 0)
		exit(99);
	free(path);
	strv_push(&given, dir);
	for (int builder = 0; builder < 2; builder++) {
		struct library_search s = {
			.given = &given, .arch = "avr", .builder_compat = builder};
		struct libraries *ls = libraries_open(&s, &err);
		if (ls)
			check(ls);
		else
			assert(*err.text);
		libraries_free(ls);
	}
	strv_release(&given);
	return 0;
}
