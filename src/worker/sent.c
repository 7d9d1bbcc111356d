/* sent: see sent.h. A directory's own time tells when it was last used. One that goes while a worker of it runs does that worker no harm:
 * all that it needs of it is open, but for data that it reads when it starts.
 */
#include "worker/sent.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "common/error.h"
#include "common/fs.h"

#define MAX_IDLE (14 * 24 * 3600) /* seconds */

static bool is_idle(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && st.st_mtime < time(NULL) - MAX_IDLE;
}

void sent_use(const char *dir)
{
	struct fs_list list = {0};
	char *all = path_dir(dir);
	utimensat(AT_FDCWD, dir, NULL, 0);
	if (fs_list(all, &list, NULL) == 0) {
		for (size_t i = 0; i < list.n; i++) {
			char *path = path_join(all, list.v[i].name);
			if (strcmp(list.v[i].name, path_base(dir)) != 0 && is_idle(path))
				fs_remove_tree(path, NULL);
			free(path);
		}
		fs_list_release(&list);
	}
	free(all);
}
