/* fuzz_sketch_yaml: a sketch project file from anywhere. */
#include <stdint.h>
#include <stdlib.h>

#include "common/error.h"
#include "sketch/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sketch_yaml y = {0};
	struct error err = ERROR_INIT;
	if (sketch_yaml_parse(&y, (const char *)data, size, "/s", "sketch.yaml", &err) < 0 &&
		!err.text[0])
		abort();
	sketch_yaml_release(&y);
	return 0;
}
