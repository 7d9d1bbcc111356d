/* fuzz_props: property files and their expansion. The first line is what is expanded, the rest is the file. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/props.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pair(void *ctx, const char *key, const char *value)
{
	const struct props *p = ctx;

	assert(props_get(p, key) == value);
}

static void check_level(const struct props *p)
{
	struct strv names = STRV_INIT;

	props_first_level(p, &names);
	for (size_t i = 0; i < names.n && i < 8; i++)
		props_free(props_subtree(p, names.v[i]));
	strv_release(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *newline = size ? memchr(data, '\n', size) : NULL;
	size_t line = newline ? (size_t)(newline - text) : size;
	struct props *p = props_new();
	struct error err = ERROR_INIT;

	if (newline && props_parse(p, newline + 1, size - line - 1, "fuzz", &err) < 0)
		assert(*err.text);
	props_each(p, check_pair, p);
	check_level(p);
	char *pattern = xstrndup(text ? text : "", line);
	char *all = props_expand(p, NULL, pattern, false);
	char *dropped = props_expand(p, NULL, pattern, true);
	assert(strlen(dropped) <= strlen(all));
	free(dropped);
	free(all);
	free(pattern);
	props_free(p);
	return 0;
}
