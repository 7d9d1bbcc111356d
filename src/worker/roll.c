/* roll: see roll.h. A process is known by its number and its start time (proc(5), /proc/PID/stat, field 22): a number alone may have
 * gone to somebody else.
 */
#include "worker/roll.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"

#define MAX_RECORD 65536
#define START_FIELD 22

struct roll {
	char *path;
};

/* In clock ticks since the boot; 0 when there is no such process. */
static uint64_t start_of(pid_t pid)
{
	struct buf text = BUF_INIT;
	char *path = xasprintf("/proc/%ld/stat", (long)pid);
	uint64_t start = 0;
	const char *p = NULL;
	if (fs_read(path, 0, &text, NULL) == 0)
		p = strrchr(buf_str(&text), ')'); /* the name, field 2, may hold anything */
	for (int field = 2; p && field < START_FIELD; field++)
		p = strchr(p + 1, ' ');
	if (p)
		start = strtoull(p + 1, NULL, 10);
	buf_release(&text);
	free(path);
	return start;
}

static int write_record(const char *path, const char *run, const char *boss, struct error *err)
{
	struct buf text = BUF_INIT;
	struct json *v = json_object();
	json_add_int(v, "pid", getpid());
	json_add_int(v, "start", (int64_t)start_of(getpid()));
	json_add_str(v, "run", run);
	json_add_str(v, "boss", boss);
	json_print(v, &text);
	json_free(v);
	int ret = fs_write(path, text.data, text.len, err);
	buf_release(&text);
	return ret;
}

struct roll *roll_sign(const char *dir, struct error *err)
{
	char *workers = path_join(dir, "workers");
	struct roll *r = xcalloc(1, sizeof *r);
	r->path = xasprintf("%s/%ld", workers, (long)getpid());
	int ret = fs_mkdirs(workers, err);
	if (ret == 0)
		ret = write_record(r->path, NULL, NULL, err);
	free(workers);
	if (ret == 0)
		return r;
	roll_leave(r);
	return NULL;
}

int roll_tell(struct roll *r, const char *run, const char *boss, struct error *err)
{
	return write_record(r->path, run, boss, err);
}

void roll_leave(struct roll *r)
{
	if (!r)
		return;
	unlink(r->path);
	roll_abandon(r);
}

void roll_abandon(struct roll *r)
{
	free(r->path);
	free(r);
}

/* ---- looking ---- */

/* The record's process, if it lives; 0 else. Fills run and boss of `w`. */
static pid_t read_record(const char *path, struct roll_worker *w)
{
	struct buf text = BUF_INIT;
	struct json *v = NULL;
	pid_t pid = 0;
	if (fs_read(path, MAX_RECORD, &text, NULL) == 0)
		v = json_parse(text.data, text.len, NULL);
	if (v && json_int(v, "pid", 0) > 1 &&
		(uint64_t)json_int(v, "start", 0) == start_of((pid_t)json_int(v, "pid", 0))) {
		pid = (pid_t)json_int(v, "pid", 0);
		w->run = xstrdup(json_str(v, "run", NULL));
		w->boss = xstrdup(json_str(v, "boss", NULL));
	}
	json_free(v);
	buf_release(&text);
	w->pid = pid;
	return pid;
}

/* Calls `each` for every record. */
static void for_each(const char *dir,
	void (*each)(void *ctx, const char *path, struct roll_worker *w), void *ctx)
{
	char *workers = path_join(dir, "workers");
	struct fs_list l = {0};
	if (fs_list(workers, &l, NULL) == 0) {
		for (size_t i = 0; i < l.n; i++) {
			struct roll_worker w = {0};
			char *path = path_join(workers, l.v[i].name);
			read_record(path, &w);
			each(ctx, path, &w);
			free(w.run);
			free(w.boss);
			free(path);
		}
	}
	fs_list_release(&l);
	free(workers);
}

static void sweep(void *ctx, const char *path, struct roll_worker *w)
{
	if (w->pid)
		return;
	char *run = xasprintf("%s/run/%s", (const char *)ctx, path_base(path));
	fs_remove_tree(run, NULL);
	unlink(path);
	free(run);
}

void roll_sweep(const char *dir)
{
	for_each(dir, sweep, (void *)dir);
}

struct list {
	struct roll_worker *v;
	size_t n;
};

static void collect(void *ctx, const char *path, struct roll_worker *w)
{
	struct list *l = ctx;
	(void)path;
	if (!w->pid || w->pid == getpid())
		return;
	l->v = xreallocarray(l->v, l->n + 1, sizeof *l->v);
	l->v[l->n++] = *w;
	w->run = w->boss = NULL;
}

size_t roll_list(const char *dir, struct roll_worker **out)
{
	struct list l = {0};
	for_each(dir, collect, &l);
	*out = l.v;
	return l.n;
}

void roll_list_free(struct roll_worker *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].run);
		free(v[i].boss);
	}
	free(v);
}

bool roll_signal(const char *dir, pid_t pid, int sig)
{
	struct roll_worker w = {0};
	char *path = xasprintf("%s/workers/%ld", dir, (long)pid);
	bool sent = read_record(path, &w) == pid && pid > 1 && kill(pid, sig) == 0;
	free(w.run);
	free(w.boss);
	free(path);
	return sent;
}
