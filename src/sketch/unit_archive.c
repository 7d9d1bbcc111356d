/* unit_archive: core.a, or the one archive of a library that wants to be linked so: a kept one, or the platform's archiver.
 */
#include <stdlib.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/archive.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/unit.h"
#include "sketch/unit_internal.h"

static size_t archived(const struct unit *u, struct tu ***out)
{
	size_t from = u->library ? 0 : u->n_variant, n = 0;
	*out = xcalloc(u->group.n + 1, sizeof **out);
	for (size_t i = from; i < u->group.n; i++)
		(*out)[n++] = &u->group.v[i];
	return n;
}

static char *archive_name(const struct unit *u)
{
	if (!u->library)
		return xstrdup("core/core.a");
	return xasprintf("libraries/%s/%s.a", u->library->folder, u->library->folder);
}

static bool take_archive(struct unit *u)
{
	struct bundle b = {0};
	if (!store_find_bundle(u->context->shared->store, &u->archive_key, &b))
		return false;
	bool found = b.n == 1;
	if (found) {
		char *name = archive_name(u);
		unit_add_file(u, name, b.v[0].path, &b.v[0].digest);
		free(name);
	}
	bundle_release(&b);
	return found;
}

static void keep_archive(struct unit *u)
{
	struct strv names = STRV_INIT, paths = STRV_INIT;
	struct error err = ERROR_INIT;
	struct digest d;
	char *name = archive_name(u), *path = path_join(u->scratch, name);
	strv_push(&names, "archive.a");
	strv_push(&paths, path);
	if (digest_file(&d, path, &err) < 0) {
		unit_fail(u, true, xasprintf("%s: %s", unit_name(u), err.text));
	} else {
		if (store_keep_bundle(
			    u->context->shared->store, &u->archive_key, &names, &paths, &err) < 0)
			log_debug("%s", err.text);
		unit_add_file(u, name, path, &d);
		unit_ready(u);
	}
	strv_release(&names);
	strv_release(&paths);
	free(name);
	free(path);
}

static void next_archive_command(struct unit *u);

static void on_archived(void *ctx, const struct proc_result *r, const char *why)
{
	struct unit *u = ctx;
	if (!r || r->exit_status) {
		char *fault = r ? task_fault(u->context->shared->tasks,
					  &u->commands[u->next_command - 1], r)
				: xstrdup(why);
		if (r)
			buf_add(&u->err, r->err.data, r->err.len);
		u->timed_out = r && r->timed_out;
		unit_fail(u, fault != NULL,
			xasprintf("%s %s%s%s", unit_name(u),
				u->timed_out ? "takes too long to archive" : "cannot be archived",
				fault ? ": " : "", fault ? fault : ""));
		free(fault);
		return;
	}
	next_archive_command(u);
}

static void next_archive_command(struct unit *u)
{
	if (u->next_command == u->n_commands) {
		keep_archive(u);
		return;
	}
	struct task_spec spec = {
		.argv = &u->commands[u->next_command++],
		.stage = STAGE_FRAMEWORK,
		.timeout = u->context->shared->config.timeout,
	};
	task_submit(u->context->shared->tasks, &spec, on_archived, u);
}

static void make_archive(struct unit *u)
{
	struct error err = ERROR_INIT;
	struct tu **objects;
	size_t n = archived(u, &objects);
	char *name = archive_name(u), *path = path_join(u->scratch, name), *dir = path_dir(path);
	struct props *over = context_overlay(u->group.build_dir, "", "");
	u->reused = false;
	u->state = UNIT_ARCHIVING;
	u->lost = fs_mkdirs(dir, &err) < 0 || archive_commands(u->context, over, objects, n, path,
						      &u->commands, &u->n_commands, &err) < 0;
	if (u->lost)
		unit_fail(u, true, xasprintf("%s: %s", unit_name(u), err.text));
	else
		next_archive_command(u);
	free(objects);
	free(dir);
	props_free(over);
	free(name);
	free(path);
}

static void take_or_make(struct unit *u)
{
	if (unit_is_orphan(u))
		unit_fail(u, true, xstrdup("cancelled"));
	else if (u->group.lookup && take_archive(u))
		unit_ready(u);
	else
		make_archive(u);
}

/* Where its objects are kept already, who made them may be archiving them now. */
void unit_archive(struct unit *u)
{
	struct tu **objects;
	size_t n = archived(u, &objects);
	archive_key(u->context, objects, n, &u->archive_key);
	free(objects);
	if (u->group.lookup && take_archive(u))
		unit_ready(u);
	else if (u->lock < 0)
		unit_lock(u, take_or_make);
	else
		make_archive(u);
}
