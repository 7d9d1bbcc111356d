/* cgroup: see cgroup.h. Control groups are looked for where all systems mount them.
 */
#include "common/cgroup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

/* What lies outside of what we see begins with "/..". */
static void walk_up(const char *top, const char *group, struct strv *out)
{
	size_t top_len = strlen(top);
	bool is_top = !strcmp(group, "/") || strstr(group, "/..");
	char *dir = is_top ? xstrdup(top) : xasprintf("%s%s", top, group);
	for (size_t len = strlen(dir); len >= top_len; len--) {
		if (dir[len] && dir[len] != '/')
			continue;
		dir[len] = '\0';
		strv_push_unique(out, dir);
	}
	free(dir);
}

/* `controllers` as in /proc/self/cgroup: names with commas, none for version 2. */
static void add(const char *root, const char *controllers, const char *group,
	const char *controller, struct strv *out)
{
	struct strv names = STRV_INIT;
	strv_split(&names, controllers, ",");
	bool is_v2 = names.n == 0;
	if (is_v2 || strv_contains(&names, controller)) {
		char *top = xasprintf(
			"%s/sys/fs/cgroup%s%s", root, is_v2 ? "" : "/", is_v2 ? "" : controller);
		walk_up(top, group, out);
		free(top);
	}
	strv_release(&names);
}

void cgroup_dirs(const char *root, const char *controller, struct strv *out)
{
	struct buf b = BUF_INIT;
	char *path = xasprintf("%s/proc/self/cgroup", root);
	if (fs_read(path, 0, &b, NULL) < 0)
		buf_addstr(&b, "0::/\n");
	char *text = buf_detach(&b), *rest = text, *line;
	while ((line = strsep(&rest, "\n"))) {
		strsep(&line, ":");
		const char *controllers = strsep(&line, ":");
		if (line)
			add(root, controllers, line, controller, out);
	}
	free(path);
	free(text);
}
