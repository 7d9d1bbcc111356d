/* quarantine: see quarantine.h. Names of machines are plain file names: the configuration takes no others. */
#include "boss/quarantine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/timing.h"
#include "common/xalloc.h"

#define MAX_REASON 4096 /* bytes that are read of it */

static int64_t period(void)
{
	return timing_ms(TIMING_QUARANTINE) / 1000;
}

char *quarantine_text(const char *machine, const char *why)
{
	return xasprintf("quarantined for a day: %s; cure: mend it, then run 'boardman machines "
			 "--forgive %s'",
		why, machine);
}

/* A clock that was wrong then must not keep it for ever. */
static bool is_over(const struct stat *st, time_t now)
{
	int64_t age = (int64_t)now - st->st_mtime;
	return age >= period() || age < -period();
}

char *quarantine_trouble(const char *dir, const char *machine, time_t now)
{
	struct buf why = BUF_INIT;
	struct stat st;
	char *path = path_join(dir, machine), *text = NULL;
	if (stat(path, &st) == 0 && !is_over(&st, now)) {
		if (fs_read(path, MAX_REASON, &why, NULL) < 0)
			buf_addstr(&why, "its reason cannot be read");
		buf_truncate(&why, strcspn(buf_str(&why), "\n"));
		text = quarantine_text(machine, buf_str(&why));
	}
	buf_release(&why);
	free(path);
	return text;
}

int quarantine_add(const char *dir, const char *machine, const char *why, struct error *err)
{
	char *path = path_join(dir, machine), *line = xasprintf("%s\n", why);
	char *state = path_dir(dir);
	int ret = host_dir_make(state, err);
	if (ret == 0)
		ret = fs_mkdirs(dir, err);
	if (ret == 0)
		ret = fs_write(path, line, strlen(line), err);
	free(state);
	free(line);
	free(path);
	return ret;
}

int quarantine_forgive(const char *dir, const char *machine, struct error *err)
{
	char *path = path_join(dir, machine);
	int ret = 1;
	if (unlink(path) < 0)
		ret = errno == ENOENT ? 0 : error_errno(err, "cannot remove '%s'", path);
	free(path);
	return ret;
}
