/* fuzz_facts: what a machine's shell says of itself before there is a boardman. What is taken is judged, and refused with a cure or good. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "boss/link/scripts.h"
#include "common/buf.h"
#include "common/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct facts f;
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;
	buf_add(&text, data, size);
	if (facts_parse(&f, buf_str(&text), &err) == 0) {
		assert(f.system && f.arch && f.glibc && f.git);
		if (facts_check(&f, "x86_64", "2.36", &err) < 0)
			assert(strstr(err.text, "cure: ") ||
				strlen(err.text) == sizeof err.text - 1);
		else
			assert(f.dir && !f.unwritable);
		facts_release(&f);
	} else {
		assert(*err.text);
	}
	buf_release(&text);
	return 0;
}
