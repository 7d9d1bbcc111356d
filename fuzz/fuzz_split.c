/* fuzz_split: an expanded recipe taken apart into arguments: none empty, none longer than what it came from. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/props.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup(data ? (const char *)data : "", size);
	struct strv argv = STRV_INIT;
	struct error err = ERROR_INIT;
	size_t left = strlen(text);

	if (recipe_split(text, &argv, &err) < 0)
		assert(argv.n == 0 && *err.text);
	for (size_t i = 0; i < argv.n; i++) {
		size_t n = strlen(argv.v[i]);

		assert(n > 0 && n <= left);
		left -= n;
	}
	strv_release(&argv);
	free(text);
	return 0;
}
