/* slots: see slots.h. flock(2) on a file per slot; its content is the user's name, for people. A file that cannot be
 * opened or locked counts as held: others' mistakes must not start compilers.
 */
#include "worker/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "wire/job.h"

#define MAX_USER 32 /* bytes of a name that are shown */

struct slots {
	char *dir;
	int n;
	int *fds; /* by slot; -1 not opened yet */
	bool *held;
	int hint; /* where the search begins: not all begin at the same file */
	int waiting; /* the file that those who wait hold a shared lock on; -1 */
	char user[MAX_USER + 1];
};

/* ---- the directory ---- */

/* It must let everybody make files and nobody remove another's. */
static bool is_shared(const char *dir)
{
	struct stat st;
	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) &&
	       (st.st_mode & S_IWOTH);
}

/* Under another name first: a directory that is not yet everybody's looks like a wrong one to whoever comes meanwhile. An empty one that came
 * meanwhile is replaced, which nobody notices; one in use cannot be. */
static bool make_shared(const char *dir)
{
	struct stat st;
	if (lstat(dir, &st) == 0)
		return is_shared(dir);
	char *temp = xasprintf("%s.XXXXXX", dir);
	bool begun = mkdtemp(temp) != NULL;
	bool made = begun && chmod(temp, 01777) == 0 && rename(temp, dir) == 0;
	if (begun && !made)
		rmdir(temp);
	free(temp);
	return made || is_shared(dir);
}

static char *find_dir(struct error *err)
{
	static const char *const places[] = {"/run/lock", "/var/tmp", "/tmp"};
	const char *given = getenv("BOARDMAN_SLOTS_DIR");
	if (given && *given) {
		if (make_shared(given))
			return xstrdup(given);
		error_set(err,
			"'%s' is no directory that all can write; cure: mode 1777, or another "
			"BOARDMAN_SLOTS_DIR",
			given);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *dir = xasprintf("%s/boardman-slots", places[i]);
		if (make_shared(dir))
			return dir;
		free(dir);
	}
	error_set(err, "no place for the locks that boardman's workers share on this machine");
	return NULL;
}

/* Without O_CREAT first: a sticky directory may refuse to "create" another user's file (fs.protected_regular). */
static int open_lock(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags);
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, flags | O_CREAT | O_EXCL, 0600);
		if (fd >= 0)
			fchmod(fd, 0666);
		else if (errno == EEXIST)
			fd = open(path, flags);
	}
	free(path);
	return fd;
}

static int open_slot(const struct slots *s, int slot)
{
	char name[16];
	snprintf(name, sizeof name, "%d", slot);
	return open_lock(s->dir, name);
}

/* ---- life ---- */

static void find_user(char user[MAX_USER + 1])
{
	const struct passwd *pw = getpwuid(getuid());
	if (pw)
		snprintf(user, MAX_USER + 1, "%.*s", MAX_USER, pw->pw_name);
	else
		snprintf(user, MAX_USER + 1, "%u", (unsigned)getuid());
}

struct slots *slots_open(int n, struct error *err)
{
	char *dir = find_dir(err);
	if (!dir)
		return NULL;
	struct slots *s = xcalloc(1, sizeof *s);
	s->dir = dir;
	s->n = n;
	s->fds = xcalloc((size_t)n, sizeof *s->fds);
	s->held = xcalloc((size_t)n, sizeof *s->held);
	for (int i = 0; i < n; i++)
		s->fds[i] = -1;
	s->hint = (int)(getpid() % n);
	s->waiting = open_lock(dir, "waiting");
	find_user(s->user);
	return s;
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	if (s->waiting >= 0)
		close(s->waiting);
	free(s->fds);
	free(s->held);
	free(s->dir);
	free(s);
}

/* ---- taking ---- */

static bool take(struct slots *s, int slot)
{
	if (s->held[slot])
		return false;
	if (s->fds[slot] < 0)
		s->fds[slot] = open_slot(s, slot);
	if (s->fds[slot] < 0 || flock(s->fds[slot], LOCK_EX | LOCK_NB) < 0)
		return false;
	if (ftruncate(s->fds[slot], 0) < 0 || pwrite(s->fds[slot], s->user, strlen(s->user), 0) < 0)
		errno = 0; /* the name is for people: a full disk takes no slot away */
	s->held[slot] = true;
	return true;
}

int slots_take(struct slots *s)
{
	for (int i = 0; i < s->n; i++) {
		int slot = (s->hint + i) % s->n;
		if (take(s, slot)) {
			s->hint = (slot + 1) % s->n;
			return slot;
		}
	}
	return -1;
}

void slots_put(struct slots *s, int slot)
{
	s->held[slot] = false;
	flock(s->fds[slot], LOCK_UN);
}

/* A lock that belongs to the open file and can be asked for without being taken, so that no asker is in another's way. */
static bool lock_waiting(struct slots *s, int command, short type, struct flock *l)
{
	*l = (struct flock){.l_type = type, .l_whence = SEEK_SET};
	return s->waiting >= 0 && fcntl(s->waiting, command, l) == 0;
}

void slots_wait(struct slots *s, bool waits)
{
	struct flock l;
	lock_waiting(s, F_OFD_SETLK, waits ? F_RDLCK : F_UNLCK, &l);
}

bool slots_wanted(struct slots *s)
{
	struct flock l;
	return lock_waiting(s, F_OFD_GETLK, F_WRLCK, &l) && l.l_type != F_UNLCK;
}

/* ---- looking ---- */

static void add_holder(struct probe *p, const char *user)
{
	for (size_t i = 0; i < p->n_held; i++) {
		if (!strcmp(p->held[i].user, user)) {
			p->held[i].slots++;
			return;
		}
	}
	p->held = xreallocarray(p->held, p->n_held + 1, sizeof *p->held);
	p->held[p->n_held++] = (struct probe_held){xstrdup(user), 1};
}

void slots_holders(struct slots *s, struct probe *p)
{
	for (int i = 0; i < s->n; i++) {
		char user[MAX_USER + 1] = "";
		int fd = open_slot(s, i);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
			ssize_t len = pread(fd, user, MAX_USER, 0);
			user[len > 0 ? len : 0] = '\0';
			user[strcspn(user, "\n\r\t\033")] = '\0';
			add_holder(p, *user ? user : "somebody");
		}
		close(fd);
	}
}
