/* tool_env: see tool_env.h. */
#include "sketch/tool_env.h"

#include <stdlib.h>
#include <string.h>
#include "common/strv.h"
#include "common/xalloc.h"

void tool_env(struct strv *env, bool reproducible)
{
	static const char *const allowed[] = {
		"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TZ", "SOURCE_DATE_EPOCH"};
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		const char *v = getenv(allowed[i]);
		if (v)
			strv_pushf(env, "%s=%s", allowed[i], v);
	}
	if (reproducible && !getenv("SOURCE_DATE_EPOCH"))
		strv_push(env, "SOURCE_DATE_EPOCH=0");
	strv_push(env, "LC_ALL=C");
}
