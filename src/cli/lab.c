/* lab: see lab.h. */
#include "cli/lab.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "boss/parcel.h"
#include "boss/campaign.h"
#include "boss/link/children.h"
#include "boss/link/conn_command.h"
#include "boss/link/conn_ssh.h"
#include "boss/link/packs.h"
#include "boss/link/remote.h"
#include "boss/machine.h"
#include "cli/plan.h"
#include "cli/prune.h"
#include "cli/sources.h"
#include "cli/verb.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/host.h"
#include "common/proc.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "git/snapshot.h"
#include "sketch/platform_fixes.h"
#include "sketch/props.h"
#include "sketch/toolchain.h"

#define HANDSHAKES 16 /* at once */

/* A machine as the links need it. */
struct far {
	struct lab *lab;
	const struct config_machine *config;
	struct strv command; /* argv instead of SSH */
	char *spool;
	struct noise_sink noise; /* of the run */
};

struct lab {
	uv_loop_t *loop;
	const struct options *options;
	char *worker_options; /* for the command line of each */
	void (*said)(void *ctx, const char *machine, const char *line);
	void *said_ctx;
	char *host, *repo; /* this machine's id; our snapshots */
	char *spool; /* files in transit; NULL: nothing is built */
	struct campaign_machine *machines;
	size_t n;
	struct far *far;
	size_t n_far;
	struct procs *procs; /* for what SSH asks of programs */
	struct ssh_pace *pace;
	struct children *children;
	struct packs *packs;
	struct parcel parcel;
	struct snapshot snapshot; /* keeps the objects of the source */
	bool has_source;
	struct machine_source source;
	char *run, *boss;
	int64_t since; /* the sources are of that time or later */
};

int lab_enter(char *const *argv, struct error *err)
{
	(void)argv;
	(void)err;
	return 0;
}

/* ---- links ---- */

static void on_noise(void *ctx, const char *line)
{
	const struct far *f = ctx;
	if (f->noise.line)
		f->noise.line(f->noise.ctx, line);
	if (f->lab->said)
		f->lab->said(f->lab->said_ctx, f->config->name, line);
	else if (f->lab->options->debug)
		log_quote("[%s] %s", f->config->name, line);
	else
		log_debug("[%s] %s", f->config->name, line);
}

static struct conn *conn_of(const struct far *f)
{
	const struct conn_ssh_config ssh = {
		.loop = f->lab->loop,
		.procs = f->lab->procs,
		.pace = f->lab->pace,
		.target = f->config->target ? f->config->target : f->config->name,
	};
	if (f->command.n)
		return conn_command_new(f->lab->loop, f->lab->children, &f->command);
	return conn_ssh_new(&ssh);
}

/* Each machine's worker builds, unless it is to do something else there. New string; NULL and err. */
static char *options_of(const struct invocation *in, struct error *err)
{
	const struct options *o = &in->options;
	struct prune_limits p;
	if (o->kill_workers)
		return xstrdup(o->force ? " --kill --force" : " --kill");
	if (!o->prune)
		return xstrdup(o->debug ? " -D" : "");
	if (prune_limits(&p, o, in->config.cache_max, err) < 0)
		return NULL;
	return xasprintf(" --prune --max-size %llu --older-than %llus", p.bytes, p.age);
}

static struct link connect_far(void *ctx, const struct campaign_machine *m, struct noise_sink noise)
{
	struct far *f = ctx;
	const struct lab *l = f->lab;
	const struct parcel *b = &l->parcel;
	const char *path = f->config->boardman_path ? f->config->boardman_path
						    : l->options->machines_boardman_path;
	const struct remote_config config = {
		.loop = l->loop,
		.conn = conn_of(f),
		.packs = l->packs,
		.bundle_commit = b->commit,
		.bundle_id = b->id,
		.loader = b->loader,
		.arch = b->arch,
		.glibc = b->glibc,
		.boardman = path,
		.spool = f->spool,
		.options = l->worker_options,
		.noise = on_noise,
		.ctx = f,
	};
	(void)m;
	f->noise = noise;
	return link_remote(&config);
}

/* ---- which machines ---- */

static int limit_of(const struct config_machine *m)
{
	return m && m->max_sketches > 0 ? (int)m->max_sketches : 0;
}

static int add_far(struct lab *l, const struct config_machine *m, struct error *err)
{
	struct far *f = &l->far[l->n_far++];
	*f = (struct far){.lab = l, .config = m};
	if (m->command && recipe_split(m->command, &f->command, err) < 0)
		return error_prefix(err, "[machine:%s] command", m->name);
	l->machines[l->n++] = (struct campaign_machine){
		.name = m->name,
		.max_sketches = limit_of(m),
		.connect = connect_far,
		.ctx = f,
	};
	return 0;
}

static bool is_listed(const struct config_machine *m)
{
	return strcmp(m->name, CONFIG_LOCAL) != 0 && m->max_sketches != 0;
}

static int check_name(const struct config *c, const char *name, struct error *err)
{
	if (!strcmp(name, CONFIG_LOCAL))
		return error_set(err,
			"'%s' is this machine, which is there anyway; cure: name others",
			CONFIG_LOCAL);
	if (!config_machine(c, name))
		return error_set(err, "no machine '%s'; cure: list it in [machines] of %s", name,
			c->path ? c->path : "boardman.conf");
	return 0;
}

static int check_names(const struct config *c, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (check_name(c, names->v[i], err) < 0)
			return -1;
	return 0;
}

int lab_names(
	const struct invocation *in, const struct strv *names, struct strv *out, struct error *err)
{
	const struct config *c = &in->config;
	const struct strv *given = names && names->n ? names : &in->options.use_machines;
	struct strv use = STRV_INIT;
	for (size_t i = 0; i < given->n; i++)
		strv_split(&use, given->v[i], ",");
	int ret = check_names(c, &use, err);
	for (size_t i = 0; !given->n && i < c->n_machines; i++)
		if (is_listed(&c->machines[i]))
			strv_push(&use, c->machines[i].name);
	if (!use.n)
		ret = error_set(err,
			"no machine is configured; cure: list some in [machines] of %s",
			c->path ? c->path : "~/.config/boardman/boardman.conf");
	if (ret == 0)
		strv_push_all(out, &use);
	strv_release(&use);
	return ret;
}

static int add_machines(
	struct lab *l, const struct invocation *in, const struct strv *names, struct error *err)
{
	struct strv use = STRV_INIT;
	int ret = lab_names(in, names, &use, err);
	l->machines = xcalloc(use.n + 1, sizeof *l->machines);
	l->far = xcalloc(use.n + 1, sizeof *l->far);
	l->n = 1; /* the first place is the local machine's */
	for (size_t i = 0; ret == 0 && i < use.n; i++)
		ret = add_far(l, config_machine(&in->config, use.v[i]), err);
	strv_release(&use);
	return ret;
}

/* ---- what they are sent ---- */

static int pack_boardman(struct lab *l, struct error *err)
{
	char *ctags = toolchain_in_path("arduino-ctags"), *fixes = platform_fixes_path();
	int ret = 0;
	if (!l->options->no_send_worker)
		ret = parcel_make(
			&l->parcel, l->repo, fs_is_file(fixes) ? fixes : NULL, ctags, err);
	free(ctags);
	free(fixes);
	return ret;
}

static void name_run(struct lab *l)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "";
	gethostname(host, sizeof host - 1);
	l->boss = xasprintf("%s@%s", pw ? pw->pw_name : "somebody", *host ? host : "somewhere");
	/* Sorts by time. */
	l->run = xasprintf("%010llx-%lx", (unsigned long long)time(NULL), (unsigned long)getpid());
}

static void set_source(struct lab *l, const struct snapshot *s, struct sources *from)
{
	struct machine_source *m = &l->source;
	*m = (struct machine_source){
		.run = l->run,
		.boss = l->boss,
		.commit_id = xstrdup(s->commit),
		.commit =
			{
				.id = xstrdup("current"),
				.tree = xstrdup(s->tree),
				.ref = xasprintf("refs/bm/%s/%s", l->host, l->run),
				.roots = xcalloc(s->dirs.n + 1, sizeof *m->commit.roots),
				.n_roots = s->dirs.n,
			},
	};
	for (size_t i = 0; i < s->dirs.n; i++)
		m->commit.roots[i] =
			(struct root){xstrdup(s->dirs.v[i]), xstrdup(from->roots.v[i])};
	strv_push_all(&m->empty, &from->empty);
	m->links = xcalloc(from->n_links + 1, sizeof *m->links);
	for (; m->n_links < from->n_links; m->n_links++)
		m->links[m->n_links] = (struct path_link){xstrdup(from->links[m->n_links].path),
			xstrdup(from->links[m->n_links].target)};
	l->has_source = true;
}

/* On the disk where results go, so that they need not be copied. The output directory is held by one run at a time: what is there was left by one
 * that died. */
static int open_spool(struct lab *l, const char *out_dir, struct error *err)
{
	l->spool = path_join(out_dir, "incoming");
	for (size_t i = 0; i < l->n_far; i++)
		l->far[i].spool = path_join(l->spool, l->far[i].config->name);
	return fs_remove_tree(l->spool, err);
}

int lab_take_sources(struct lab *l, const struct plan *p, const char *out_dir, struct error *err)
{
	struct sources from = {0};
	struct snapshot *s = &l->snapshot;
	struct snapshot_root *roots = NULL;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the clock that stamps files */
	l->since = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	int ret = open_spool(l, out_dir, err) < 0 ? -1 : sources_find(&from, p, out_dir, err);
	for (size_t i = 0; i < from.notes.n; i++)
		log_note("%s", from.notes.v[i]);
	if (ret == 0) {
		roots = xcalloc(from.roots.n + 1, sizeof *roots);
		for (size_t i = 0; i < from.roots.n; i++)
			roots[i] = (struct snapshot_root){
				from.roots.v[i], &from.needed, &from.needed_tops};
		const struct snapshot_config config = {
			.repo = l->repo,
			.roots = roots,
			.n_roots = from.roots.n,
			.excluded = &from.excluded,
		};
		ret = snapshot_make(s, &config, err);
	}
	for (size_t i = 0; ret == 0 && i < s->notes.n; i++)
		log_note("%s", s->notes.v[i]);
	if (ret == 0)
		set_source(l, s, &from);
	free(roots);
	sources_release(&from);
	return ret;
}

/* ---- life ---- */

struct lab *lab_new(
	uv_loop_t *loop, const struct invocation *in, const struct strv *names, struct error *err)
{
	struct lab *l = xcalloc(1, sizeof *l);
	char *cache = host_cache_dir(err);
	l->loop = loop;
	l->options = &in->options;
	l->pace = ssh_pace_new(HANDSHAKES);
	l->children = children_new(loop);
	name_run(l);
	l->host = host_id();
	if (!cache || host_dir_make(cache, err) < 0) {
		free(cache);
		goto fail;
	}
	l->repo = path_join(cache, "snapshots");
	free(cache);
	l->packs = packs_new(loop, l->repo);
	l->procs = procs_new(loop, err);
	l->worker_options = options_of(in, err);
	if (!l->procs || !l->worker_options || add_machines(l, in, names, err) < 0 ||
		pack_boardman(l, err) < 0)
		goto fail;
	return l;
fail:
	lab_delete(l);
	return NULL;
}

void lab_listen(
	struct lab *l, void (*said)(void *ctx, const char *machine, const char *line), void *ctx)
{
	l->said = said;
	l->said_ctx = ctx;
}

void lab_add_local(struct lab *l, const struct campaign_machine *m)
{
	l->machines[0] = *m;
}

void lab_delete(struct lab *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_far; i++) {
		strv_release(&l->far[i].command);
		free(l->far[i].spool);
	}
	packs_free(l->packs);
	ssh_pace_free(l->pace);
	children_free(l->children);
	if (l->procs)
		procs_free(l->procs);
	parcel_release(&l->parcel);
	snapshot_release(&l->snapshot);
	commit_release(&l->source.commit);
	strv_release(&l->source.empty);
	for (size_t i = 0; i < l->source.n_links; i++) {
		free(l->source.links[i].path);
		free(l->source.links[i].target);
	}
	free(l->source.links);
	free((char *)l->source.commit_id);
	if (l->spool)
		fs_remove_tree(l->spool, NULL);
	free(l->worker_options);
	free(l->host);
	free(l->repo);
	free(l->spool);
	free(l->run);
	free(l->boss);
	free(l->machines);
	free(l->far);
	free(l);
}

const struct campaign_machine *lab_machines(const struct lab *l, size_t *n)
{
	size_t skip = l->machines[0].connect ? 0 : 1;
	*n = l->n - skip;
	return l->machines + skip;
}

const struct machine_source *lab_source(const struct lab *l)
{
	return l->has_source ? &l->source : NULL;
}

int64_t lab_since(const struct lab *l)
{
	return l->since;
}
