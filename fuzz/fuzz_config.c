/* fuzz_config: boardman.conf. Whatever it says, a machine that is taken has a name that fits a path and an address that is one word for a shell. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cli/config.h"
#include "cli/options.h"
#include "common/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct config_machine *m)
{
	assert(*m->name && *m->name != '-' && *m->name != '.' && strlen(m->name) <= 64);
	assert(!strpbrk(m->name, "/ \t\n'\"$`;&|<>()\\*?"));
	assert(!m->target || (*m->target && *m->target != '-'));
	assert(!m->target || !strpbrk(m->target, "/ \t\n'\"$`;&|<>()\\*?"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c;
	struct options o = {0};
	struct error err = ERROR_INIT;
	config_init(&c);
	if (config_parse(&c, size ? (const char *)data : "", size, "f", &o, &err) < 0)
		assert(!strncmp(err.text, "f:", 2));
	for (size_t i = 0; i < c.n_machines; i++)
		check(&c.machines[i]);
	config_release(&c);
	options_release(&o);
	return 0;
}
