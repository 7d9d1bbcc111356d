/* forgive: see forgive.h. A name need not be configured any more. */
#include "cli/forgive.h"

#include <stdlib.h>
#include <string.h>
#include "boss/quarantine.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/xalloc.h"

char *forgive_dir(struct error *err)
{
	char *state = host_state_dir(err);
	char *dir = state ? path_join(state, "quarantine") : NULL;
	free(state);
	return dir;
}

static void find_all(const char *dir, struct strv *out)
{
	struct fs_list l = {0};
	if (!fs_exists(dir) || fs_list(dir, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		strv_push(out, l.v[i].name);
	fs_list_release(&l);
}

static enum exit_status forgive(const char *dir, const char *name)
{
	struct error err = ERROR_INIT;
	int was = strchr(name, '/') ? 0 : quarantine_forgive(dir, name, &err);
	if (was < 0)
		log_error("%s", err.text);
	else
		log_note("%s: %s", name, was ? "forgiven" : "it was not in quarantine");
	return was < 0 ? STATUS_INCOMPLETE : STATUS_OK;
}

enum exit_status forgive_run(const struct strv *names)
{
	struct error err = ERROR_INIT;
	struct strv all = STRV_INIT;
	enum exit_status status = STATUS_OK;
	char *dir = forgive_dir(&err);
	if (!dir) {
		log_error("%s", err.text);
		return STATUS_USAGE;
	}
	if (names->n)
		strv_push_all(&all, names);
	else
		find_all(dir, &all);
	for (size_t i = 0; i < all.n; i++)
		if (forgive(dir, all.v[i]) != STATUS_OK)
			status = STATUS_INCOMPLETE;
	strv_release(&all);
	free(dir);
	return status;
}
