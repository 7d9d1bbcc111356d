/* fuzz_record: `done`, as a repository may bring it along. What is taken names nothing outside of its directory, and can be written and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "boss/record.h"
#include "common/buf.h"
#include "common/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r, again;
	struct error err = ERROR_INIT;
	struct buf once = BUF_INIT, twice = BUF_INIT;
	if (record_parse(&r, size ? (const char *)data : "", size, &err) < 0) {
		assert(*err.text);
		return 0;
	}
	for (size_t i = 0; i < r.n_files; i++) {
		assert(artifact_name_ok(r.files[i].name));
		assert(strlen(r.files[i].sha256) == DIGEST_HEX_LEN);
	}
	record_print(&r, &once);
	assert(record_parse(&again, once.data, once.len, &err) == 0);
	record_print(&again, &twice);
	assert(!strcmp(once.data, twice.data));
	record_release(&r);
	record_release(&again);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
